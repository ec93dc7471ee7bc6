//! A sound card whose clock is wrong: sound stays with the picture. The lesson is short, so the card is ten times as wrong as cards are;
//! what 100 ppm do in minutes, to the sample, and in a day is shown in `pipelines/src/sound/drift.rs`.

use ketang_protocol::lesson::Outcome;
use ketang_tests::{HostSettings, TestHost};

/// Length of the lesson, in seconds.
const LESSON: f64 = 20.0;

#[test]
fn sound_of_a_wrong_clock_stays_with_the_picture() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
        .set("recording.tracks", "[]")
        .set("sim.sound-clock-ppm", 1000);
    let host = TestHost::open(&settings);
    let kept = host.record_lesson(LESSON);

    kept.assert_outcome(Outcome::Kept);
    let figures = kept.figures("programme");
    let sync = figures.parts[0].as_ref().unwrap().sync.unwrap();
    eprintln!("{sync:?}");
    assert!(sync.worst_ms.abs() <= 40.0, "{sync:?}");
    // Left to itself, sound would wander by 20 ms from the lesson's first second to its last.
    assert!((sync.worst_ms - sync.median_ms).abs() < 5.0, "{sync:?}");
}
