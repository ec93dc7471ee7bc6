//! How much of a lesson is decoded when it is checked: after its stop, in a hurry, and when somebody asks.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::{CheckResult, Outcome};
use ketang_protocol::snapshot::JobState;
use ketang_tests::{HostSettings, Kept, TestHost};

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic"]).set("programme.size", "1280x720")
}

/// Whether every frame of the camera's own track was looked at: only then is it known whether it stood still.
fn camera_is_checked_whole(kept: &Kept) -> bool {
    let verdict = kept.lesson.verdict.as_ref().expect("it was checked");
    let frozen = |track: &str| {
        let check = verdict.checks.iter().find(|check| check.track == track && check.check == "frozen");
        check.expect("it is a check of every picture").result
    };
    assert_eq!(frozen("programme"), CheckResult::Pass, "the programme is always decoded whole");
    match frozen("teacher-panorama") {
        CheckResult::Pass => true,
        CheckResult::Note => false,
        other => panic!("{other:?}: {:?}", kept.faults()),
    }
}

#[test]
fn every_frame_of_every_track_is_checked_where_nothing_is_in_the_way() {
    let host = TestHost::open(&settings());
    let kept = host.record_lesson(2.0);
    kept.assert_outcome(Outcome::Kept);
    assert!(camera_is_checked_whole(&kept));
}

#[test]
fn who_asks_for_a_check_gets_all_of_it() {
    let host = TestHost::open(&settings().set("verify.tracks", "key-frames"));
    let kept = host.record_lesson(2.0);
    kept.assert_outcome(Outcome::Kept);
    assert!(!camera_is_checked_whole(&kept));
    let verify = host.done(Command::Verify { lesson: kept.lesson.id.clone() });
    assert_eq!(host.job(verify.job), JobState::Done);
    assert!(camera_is_checked_whole(&host.lesson(&kept.lesson.id)));
}

#[test]
fn the_next_lesson_ends_the_thorough_check_of_the_last() {
    let host = TestHost::open(&settings());
    let first = host.start();
    host.record_for(10.0);
    host.stop();
    let second = host.start();
    let kept = host.ended(&first);
    kept.assert_outcome(Outcome::Kept);
    assert!(!camera_is_checked_whole(&kept), "the machine belongs to the next lesson");
    host.stop();
    assert!(camera_is_checked_whole(&host.ended(&second)));
}
