//! What becomes of a lesson after its end (JX-22): renamed, deleted, taken back; through the real programs.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::{EventKind, Lesson, Outcome};
use ketang_protocol::snapshot::DeletedLesson;
use ketang_tests::{Daemon, HostSettings};

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"]).set("recording.tracks", "[]")
}

/// Runs `ketangctl`, which must be refused in these words.
fn refused(daemon: &Daemon, args: &[&str], words: &[&str]) {
    let ran = daemon.ctl(args);
    assert!(ran.code == 1 && words.iter().all(|words| ran.err.contains(words)), "{args:?}: {ran:?}");
}

fn done(daemon: &Daemon, args: &[&str]) {
    let ran = daemon.ctl(args);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}\n{}", daemon.log());
}

fn trash(daemon: &Daemon) -> Vec<DeletedLesson> {
    daemon.json(&["lessons", "--deleted"])
}

#[test]
fn a_lesson_is_renamed_deleted_and_taken_back_after_a_power_cut() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--title", "Trial"]);
    refused(&daemon, &["delete", &id.0, "--unconfirmed"], &["is recording: wait until it has ended"]);
    refused(&daemon, &["rename", &id.0, "--title", "x"], &["is recording: wait until it has ended"]);
    daemon.record_until(4.0);
    done(&daemon, &["stop", "--wait"]);
    let kept = daemon.ended(&id);
    kept.assert_outcome(Outcome::Kept);
    let numbers = kept.numbers("programme");

    done(&daemon, &["rename", &id.0, "--title", "勾股定理", "--teacher", "李老师"]);
    assert_eq!(daemon.snapshot().lesson.unwrap().title.as_deref(), Some("勾股定理"));
    done(&daemon, &["verify", &id.0, "--wait"]);
    let renamed: Lesson = daemon.json(&["lessons", &id.0]);
    assert_eq!((renamed.title.as_deref(), renamed.teacher.as_deref()), (Some("勾股定理"), Some("李老师")));
    assert!(renamed.verdict.as_ref().unwrap().checked > kept.lesson.verdict.as_ref().unwrap().checked);
    assert_eq!(daemon.lesson(&id).events, kept.events, "its story ended with it");

    refused(&daemon, &["delete", &id.0], &["the platform does not hold lesson", "insist with `--unconfirmed`"]);
    done(&daemon, &["delete", &id.0, "--unconfirmed"]);
    assert!(daemon.lessons().is_empty() && daemon.snapshot().lesson.is_none());
    let back = format!("`ketangctl restore {id}`");
    refused(&daemon, &["lessons", &id.0], &["was deleted: until", &back]);

    let daemon = Daemon::start_in(daemon.kill(), &settings());
    assert!(daemon.lessons().is_empty());
    let deleted = trash(&daemon);
    assert_eq!((deleted.len(), deleted[0].lesson.title.as_deref()), (1, Some("勾股定理")));
    refused(&daemon, &["verify", &id.0], &["was deleted: until", &back]);
    done(&daemon, &["restore", &id.0]);
    assert!(trash(&daemon).is_empty());
    refused(&daemon, &["restore", &id.0], &["is not in the trash"]);
    let restored = daemon.lesson(&id);
    assert_eq!((&restored.lesson, &restored.folder), (&renamed, &kept.folder));
    assert_eq!(restored.numbers("programme"), numbers);
    done(&daemon, &["verify", &id.0, "--wait"]);

    // It is no part of the story of the lesson that runs meanwhile.
    daemon.wait_until_live();
    let next = daemon.start_lesson(&[]);
    done(&daemon, &["rename", &id.0, "--teacher", ""]);
    done(&daemon, &["confirm", &id.0]);
    done(&daemon, &["delete", &id.0]);
    daemon.record_until(1.0);
    done(&daemon, &["stop"]);
    let told = daemon.ended(&next).events;
    let told = told.iter().filter_map(|event| match &event.what {
        EventKind::Command { command, .. } => Some(command.clone()),
        _ => None,
    });
    assert!(matches!(&told.collect::<Vec<_>>()[..], [Command::Start(_), Command::Stop {}]));
    assert_eq!(trash(&daemon)[0].lesson.teacher, None);
}
