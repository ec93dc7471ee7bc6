//! Parts: files below the limit that join without a gap (HB-5).

use ketang_protocol::lesson::Outcome;
use ketang_tests::{HostSettings, TestHost, assert_consecutive};

/// The smallest limit that may be configured, in bytes.
const LIMIT: u64 = 10_000_000;

#[test]
fn parts_stay_below_the_limit_and_join_without_a_gap() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
        .set("recording.tracks", "[]")
        .set("recording.part-limit-mb", 10)
        .set("recording.programme-kbit", 20_000);
    let host = TestHost::open(&settings);
    let id = host.start();
    host.wait("two parts are full", |now| {
        let tracks = now.lesson.iter().flat_map(|lesson| &lesson.tracks);
        tracks.map(|track| track.bytes).max().unwrap_or_default() > 2 * LIMIT
    });
    host.record_for(1.0);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    let parts = &kept.track("programme").parts;
    assert!(parts.len() >= 3, "{parts:#?}");
    assert!(parts.iter().all(|part| part.bytes < LIMIT), "{parts:#?}");
    assert_consecutive(&kept.numbers("programme"));
    for joint in kept.figures("programme").joints {
        assert!(joint.picture_gap.unwrap().abs() < 0.025 && joint.sound_gap.unwrap().abs() < 0.025, "{joint:?}");
        assert_eq!(joint.frames_missing, Some(0));
    }
    assert_eq!(kept.track("sound").parts.len(), 1, "sound alone is far from the limit");
}
