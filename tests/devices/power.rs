//! Power that is cut in mid-lesson: `scripts/devices` kills the guest while the lesson is written to its disk, and boots it again.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use ketang_protocol::command::Start;
use ketang_protocol::lesson::{GapKind, LessonId, Outcome};
use ketang_tests::{HostSettings, TestHost};

use crate::{CAMERA, Whistle, disk_and_scratch};

/// Seconds of the lesson before the cut and after it.
const BEFORE: f64 = 8.0;
const AFTER: f64 = 4.0;
/// A snapshot tells of every tenth of a second: what was recorded when the power went is at most this much more.
const TOLD_EVERY: f64 = 0.1;
/// What may be lost (DESIGN: at most a second).
const LOSS: f64 = 1.0;

#[test]
fn a_power_cut_costs_a_second_at_most_and_the_lesson_goes_on() {
    let Some((disk, scratch)) = disk_and_scratch() else { return };
    let settings = HostSettings::generic()
        .set("board.name", "raspberrypi4")
        .set("programme.output-sound", "none")
        .set("host.data", format!("{:?}", disk.join("data")))
        .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
        .set("inputs.teacher-mic.source", "alsa:hw:Loopback,1")
        .set("recording.tracks", "\"all\"");
    let _whistle = Whistle::begin();
    let told = scratch.join("recorded");
    match fs::read_to_string(&told) {
        Err(_) => record_until_the_cut(&settings, &told, &scratch.join("cut-power")),
        Ok(lines) => goes_on(&settings, lines.lines().last().unwrap()),
    }
}

/// Records, telling what is outside how far it is, until that cuts the power as it is asked to.
fn record_until_the_cut(settings: &HostSettings, told: &Path, cut: &Path) {
    let host = TestHost::open(settings);
    let id = host.start_as(Start { planned_seconds: Some(600), ..Start::default() });
    let mut told = File::create(told).unwrap();
    host.wait("the power is cut", |now| {
        let seconds = now.lesson.as_ref().map_or(0.0, |lesson| lesson.seconds);
        writeln!(told, "{} {seconds}", id.0).unwrap();
        if seconds >= BEFORE && !cut.exists() {
            File::create(cut).unwrap();
        }
        false
    });
}

/// The host takes up the lesson that it finds on the disk.
fn goes_on(settings: &HostSettings, told: &str) {
    let (id, seconds) = told.split_once(' ').unwrap();
    let (id, recorded) = (LessonId(id.into()), seconds.parse::<f64>().unwrap() + TOLD_EVERY);
    let host = TestHost::open(settings);
    host.wait("the same lesson goes on", |now| {
        now.lesson.as_ref().is_some_and(|lesson| lesson.id == id && lesson.seconds >= recorded + AFTER)
    });
    host.stop();
    let kept = host.ended(&id);
    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.gaps(|gap| *gap == GapKind::HostDown).len(), 1, "{:#?}", kept.lesson.gaps);
    for track in kept.track_names() {
        let [before, after] = &kept.track(track).parts[..] else { panic!("{track}: {:#?}", kept.track(track)) };
        let lost = (recorded - before.seconds).max(0.0);
        // `scripts/bench lost_by_power_cut_s` reads this.
        eprintln!("{track}: {lost:.2} s of {recorded:.2} s were lost by the power cut");
        assert!(before.finished && after.finished && lost <= LOSS, "{track}: {before:?} of {recorded:.2} s");
        // Every frame of it is decoded.
        kept.figures(track);
    }
}
