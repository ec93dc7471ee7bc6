//! How much of a lesson is decoded when it is checked: after its stop, in a hurry, and when somebody asks; and one on another disk.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::{CheckResult, Lesson, Outcome, Verdict};
use ketang_protocol::snapshot::JobState;
use ketang_tests::{Daemon, HostSettings, Kept, TestHost};

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
fn a_lesson_on_another_disk_is_checked_where_it_lies() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let id = daemon.start_lesson(&[]);
    daemon.record_until(2.0);
    assert_eq!(daemon.ctl(&["stop", "--wait"]).code, 0);
    let kept = daemon.ended(&id);
    // As it comes from a host that lost its power before it could check.
    let stick = daemon.folder().path().join("stick").join(&id.0);
    std::fs::create_dir_all(&stick).unwrap();
    for name in kept.sizes().keys() {
        std::fs::copy(kept.folder.join(name), stick.join(name)).unwrap();
    }
    let unchecked = Lesson { verdict: None, ..kept.lesson.clone() };
    std::fs::write(stick.join("lesson.json"), serde_json::to_vec(&unchecked).unwrap()).unwrap();
    let verify = ["verify", stick.to_str().unwrap(), "--wait"];

    let verdict: Verdict = daemon.json(&verify);
    assert!(verdict.ok && verdict.checks.iter().any(|check| check.track == "teacher-panorama"), "{verdict:#?}");
    assert_eq!(Kept::read(&stick).lesson.verdict, Some(verdict), "it is kept beside the lesson");
    assert_eq!(daemon.lesson(&id).lesson, kept.lesson, "the host's own is as it was");

    std::fs::write(stick.join(&kept.track("programme").parts[0].file), "not a film").unwrap();
    let checked = daemon.ctl(&verify);
    assert!(checked.code != 0 && checked.out.contains("programme"), "{checked:?}");
    assert_eq!(daemon.lessons().len(), 1);
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
    // A check takes no longer than its lesson lasted.
    host.record_for(4.0);
    host.stop();
    assert!(camera_is_checked_whole(&host.ended(&second)));
}
