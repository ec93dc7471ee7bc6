//! A lesson without a planned end: it is open, and ends by itself all the same when somebody forgets it.

use ketang_protocol::command::{Command, Request, Start};
use ketang_protocol::lesson::Outcome;
use ketang_tests::{HostSettings, TestHost};

#[test]
fn an_open_lesson_has_no_planned_end_and_stops_at_the_hosts_longest() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("lesson.planned", "10s")
        .set("lesson.longest", "10s");
    let host = TestHost::open(&settings);
    assert_eq!(host.snapshot().longest_seconds, 10);
    let both = Start { open_end: true, planned_seconds: Some(5), ..Start::default() };
    let refused = Request { from: "test".into(), command: Command::Start(both) }.check().unwrap_err();
    assert!(refused.english.contains("leave `planned_seconds` out"), "{refused:?}");

    let id = host.start_as(Start { open_end: true, ..Start::default() });
    host.wait("it is recorded", |now| {
        now.lesson
            .as_ref()
            .is_some_and(|lesson| lesson.outcome == Outcome::Recording && lesson.planned_seconds.is_none())
    });
    host.wait("it ends by itself", |now| now.alarms.iter().any(|alarm| alarm.alarm == "stopped-by-itself"));
    let kept = host.ended(&id);
    assert_eq!(kept.lesson.planned_seconds, None);
    assert!(kept.seconds("programme") >= 9.0, "it was not cut short");
}
