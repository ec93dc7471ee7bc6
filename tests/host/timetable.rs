//! The timetable: lessons that start and end by themselves, and an outcome for every period.

use jiff::{ToSpan, Zoned};
use ketang_protocol::command::Command;
use ketang_protocol::lesson::EventKind;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Entry, PeriodOutcome, Starts, Timetable};
use ketang_tests::{HostSettings, TestHost};

/// A lesson of today that begins and ends so many seconds from now.
fn entry(title: &str, begins: i64, ends: i64, starts: Starts) -> Entry {
    let now = Zoned::now();
    let at = |seconds: i64| now.checked_add(seconds.seconds()).unwrap();
    let time = |seconds: i64| at(seconds).time().with().subsec_nanosecond(0).build().unwrap();
    Entry {
        title: title.into(),
        teacher: Some("王老师".into()),
        days: vec![],
        date: Some(at(begins).date()),
        begins: time(begins),
        ends: time(ends),
        from: None,
        until: None,
        starts,
    }
}

fn outcome(now: &Snapshot, title: &str) -> Option<PeriodOutcome> {
    now.periods.iter().find(|state| state.period.title == title)?.outcome.clone()
}

#[test]
fn every_period_has_an_outcome() {
    let soon = Zoned::now().checked_add(5.minutes()).unwrap();
    if soon.date() != Zoned::now().date() {
        eprintln!("skipped: no lesson of the timetable goes on over midnight, and it is near");
        return;
    }
    let settings =
        HostSettings::simulated(&["teacher-panorama", "teacher-mic"]).set("recording.tracks", "[]").beside_others();
    let host = TestHost::open(&settings);
    let set = |host: &TestHost, entries: Vec<Entry>| host.set_timetable(Timetable { entries, off: vec![] });

    set(&host, vec![entry("数学", 2, 8, Starts::ByItself), entry("自习", 9, 11, Starts::ByTap)]);
    let now = host.wait("it starts by itself", |now| now.lesson.is_some());
    let lesson = now.lesson.clone().unwrap();
    assert_eq!(lesson.title.as_deref(), Some("数学"));
    assert!(lesson.planned_seconds.is_some_and(|planned| planned <= 6), "{lesson:?}");
    let kept = host.ended(&lesson.id);
    assert_eq!(kept.lesson.teacher.as_deref(), Some("王老师"));
    let commands = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::Command { from, command } => Some((from.as_str(), command.clone())),
        _ => None,
    });
    let commands: Vec<_> = commands.collect();
    assert!(
        matches!(commands[..], [("timetable", Command::Start(_)), ("timetable", Command::Stop {})]),
        "{commands:?}"
    );
    host.wait("its period has it", |now| {
        outcome(now, "数学") == Some(PeriodOutcome::Lesson { lesson: lesson.id.clone() })
    });
    host.wait("nobody tapped", |now| outcome(now, "自习") == Some(PeriodOutcome::NotStarted));

    // Who taps gets the name and the end of the period; a lesson that somebody has stopped does not start again.
    set(&host, vec![entry("英语", -1, 60, Starts::ByItself)]);
    let id = host.wait("it starts within its period", |now| {
        now.lesson.as_ref().is_some_and(|lesson| lesson.title.as_deref() == Some("英语"))
    });
    let id = id.lesson.clone().unwrap().id;
    host.stop();
    host.ended(&id);
    let by_hand = host.start();
    let title = host.snapshot().lesson.clone().unwrap().title;
    assert_eq!(title.as_deref(), Some("英语"));
    host.stop();
    host.ended(&by_hand);
    assert_eq!(host.lessons().len(), 3);

    let away = entry("物理", 2, 4, Starts::ByItself);
    let over = Zoned::now().checked_add(5.seconds()).unwrap();
    set(&host, vec![away]);
    let host = host.restart_at(&over, &settings);
    let off = host.wait("it is told of", |now| outcome(now, "物理").is_some());
    let Some(PeriodOutcome::Failed { why }) = outcome(&off, "物理") else { panic!("{:?}", off.periods) };
    assert_eq!(why.english, "the host was off");
    // What the ledger knows stays, although the timetable is another.
    set(&host, vec![entry("化学", 120, 180, Starts::ByTap)]);
    host.wait("both are told of", |now| {
        outcome(now, "物理").is_some() && now.periods.last().unwrap().outcome.is_none()
    });
}
