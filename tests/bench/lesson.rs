//! What a lesson is like: frames, sync, delay, cuts, and what a kill loses.

use std::time::Duration;

use ketang_protocol::lesson::EventKind;
use ketang_tests::{Daemon, HostSettings, Kept};

use crate::Figure;

/// Length of the lesson, in seconds; `KETANG_BENCH_SECONDS` sets another.
const LESSON: f64 = 600.0;
const SLOT: f64 = 0.04;

pub(crate) fn lesson_seconds() -> f64 {
    std::env::var("KETANG_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(LESSON)
}

/// A lesson of all inputs with cuts every ten seconds.
pub(crate) fn measure() -> Vec<Figure> {
    let length = lesson_seconds();
    let daemon = Daemon::start(&HostSettings::room());
    daemon.wait_until_live();
    crate::peers::settle();
    let id = daemon.start_lesson(&["--for", "2h"]);
    let scenes = ["hdmi", "teacher-closeup", "students-panorama", "teacher-panorama"];
    for scene in scenes.iter().cycle() {
        let at = recorded(&daemon);
        if at >= length {
            break;
        }
        daemon.ctl(&["scene", scene]);
        daemon.record_until((at + 10.0).min(length));
    }
    let snapshot = daemon.snapshot();
    daemon.ctl(&["stop"]);
    // Verifying ten minutes takes a while on two cores.
    let kept = daemon.ended_within(&id, Duration::from_secs(1800));
    let what = format!("a lesson of {length:.0} s: {}", tracks(&kept));

    let delay =
        snapshot.lesson.iter().flat_map(|lesson| &lesson.tracks).map(|track| track.delay_p99_ms).max().unwrap_or(0);
    let (wrong, offset, pairs) = measure_tracks(&kept);
    vec![
        Figure::at_most(
            "frames_wrong",
            wrong as f64,
            0.0,
            format!("missing, repeated or unreadable frame numbers in all tracks; {what}"),
        ),
        Figure::at_most(
            "sound_offset_ms",
            offset,
            40.0,
            format!("worst of {pairs} flashes against their beeps; {what}"),
        ),
        Figure::at_most(
            "encode_delay_p99_ms",
            f64::from(delay),
            80.0,
            format!("capture to encoded form, worst track; {what}"),
        ),
        Figure::at_most(
            "cut_frames",
            worst_cut(&kept),
            2.0,
            format!("frames from a command to its cut, worst of {}", kept.cuts().len()),
        ),
    ]
}

pub(crate) fn recorded(daemon: &Daemon) -> f64 {
    daemon.snapshot().lesson.map_or(0.0, |lesson| lesson.seconds)
}

fn tracks(kept: &Kept) -> String {
    let pictures = kept.lesson.tracks.iter().filter(|track| track.width > 0);
    pictures.map(|track| format!("{} {}p", track.name, track.height)).collect::<Vec<_>>().join(", ")
}

/// Frames that are not where they should be, the worst offset of sound in ms, and how many seconds told it.
fn measure_tracks(kept: &Kept) -> (u64, f64, u64) {
    let (mut wrong, mut worst, mut pairs) = (0, 0.0_f64, 0);
    for track in kept.lesson.tracks.iter().filter(|track| track.width > 0) {
        let numbers = kept.numbers(&track.name);
        wrong += numbers
            .windows(2)
            .filter(|pair| !matches!(pair, [Some(before), Some(after)] if *after == before + 1))
            .count() as u64;
        let offset = kept.offset(&track.name);
        worst = worst.max(offset.worst_ms.abs());
        pairs += offset.pairs;
    }
    (wrong, worst, pairs)
}

/// The most frames between a command's arrival and the first frame of its cut.
fn worst_cut(kept: &Kept) -> f64 {
    let mut asked = None;
    let mut worst: f64 = 0.0;
    for event in &kept.events {
        match &event.what {
            EventKind::Command { .. } => asked = Some(event.at),
            EventKind::Cut { .. } => {
                if let Some(asked) = asked.take() {
                    worst = worst.max((event.at - asked) / SLOT);
                }
            }
            _ => {}
        }
    }
    worst
}

/// What `kill -9` in mid-lesson loses: seconds that the host had told of and that are not in the lesson afterwards.
pub(crate) fn measure_kill() -> Vec<Figure> {
    let settings = HostSettings::room();
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "1h"]);
    daemon.record_until(12.0);
    let told = recorded(&daemon);
    let folder = daemon.kill();
    let daemon = Daemon::start_in(folder, &settings);
    daemon.record_until(told + 3.0);
    daemon.ctl(&["stop"]);
    let kept = daemon.ended_within(&id, Duration::from_secs(600));
    let first_part = &kept.track("programme").parts[0];
    let lost = (told - first_part.begins_at - first_part.seconds).max(0.0);
    let how = format!(
        "told {told:.2} s before the kill, {:.2} s are in the part; outcome {}",
        first_part.seconds,
        kept.lesson.outcome.as_str()
    );
    vec![Figure::at_most("lost_by_kill_s", lost, 1.0, how)]
}
