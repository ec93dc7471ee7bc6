use std::fs;
use std::path::Path;

use ketang_lesson::resume::Decision;
use ketang_lesson::{Settings, What};
use ketang_protocol::command::{Command, Start};
use ketang_protocol::lesson::{EventKind, Lesson, Outcome};
use ketangd::folder::DataDir;
use ketangd::ledger::Ledger;
use ketangd::recovery::{Plan, plan};

use crate::{HOST, after, copy_folder, data, event, lesson, put, track, write};

fn plan_at(data: &DataDir, seconds: i64) -> Plan {
    let (ledger, _) = Ledger::open(data, HOST, after(seconds)).unwrap();
    plan(data, &ledger, after(seconds), &Settings::default()).unwrap()
}

/// A file's length in seconds is its number of bytes.
fn bytes_as_seconds(path: &Path) -> Result<f64, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    if text.starts_with(b"torn") { Err("no moov box".into()) } else { Ok(text.len() as f64) }
}

#[test]
fn each_lesson_that_was_left_behind_gets_its_decision() {
    let (_dir, data) = data();
    for (number, outcome) in
        [(1, Outcome::Kept), (2, Outcome::Finishing), (3, Outcome::Recording), (4, Outcome::Recording)]
    {
        put(&data, &lesson(number, outcome), b"mdat");
    }
    let foreign = Lesson { host: "room-101".into(), ..lesson(5, Outcome::Recording) };
    put(&data, &foreign, b"mdat");
    let decisions = |plan: &Plan| -> Vec<(u32, Decision)> {
        plan.lessons.iter().map(|found| (found.lesson.id.number().unwrap(), found.decision)).collect()
    };
    let inside = plan_at(&data, 590);
    let wanted = [(2, Decision::Finish), (3, Decision::Finish), (4, Decision::Continue)];
    assert_eq!(decisions(&inside), wanted, "two at once cannot go on");
    assert_eq!(inside.foreign, [foreign.id]);
    let outside = plan_at(&data, 4 * 60 + 2700);
    assert_eq!(decisions(&outside), [2, 3, 4].map(|number| (number, Decision::Finish)));
}

#[test]
fn a_lesson_without_a_plan_goes_on_while_its_files_are_fresh() {
    let (_dir, data) = data();
    let lesson = Lesson { planned_seconds: None, ..lesson(1, Outcome::Recording) };
    let folder = put(&data, &lesson, b"mdat");
    folder.log().unwrap().append(&event(60.0, EventKind::Started)).unwrap();
    let file = fs::File::open(folder.path().join("programme-0001.mp4")).unwrap();
    // The last event is an hour old, the last fragment 9 or 11 minutes.
    for (age, wanted) in [(540, Decision::Continue), (660, Decision::Finish)] {
        file.set_modified(after(3660 - age).into()).unwrap();
        assert_eq!(plan_at(&data, 3660).lessons[0].decision, wanted, "{age} s");
    }
}

#[test]
fn parts_on_disk_are_found_measured_and_placed() {
    let (_dir, data) = data();
    let lesson = Lesson {
        tracks: vec![track("programme", &["programme-0001.mp4"]), track("hdmi", &["hdmi-0001.mp4", "hdmi-0002.mp4"])],
        ..lesson(1, Outcome::Recording)
    };
    let folder = put(&data, &lesson, b"mdat");
    fs::remove_file(folder.path().join("hdmi-0002.mp4")).unwrap();
    write(&folder, "programme-0002.mp4", b"1234567");
    write(&folder, "programme-0003.mp4", b"123");
    write(&folder, "programme-0004.mp4", b"");
    write(&folder, "hdmi-0003.mp4", b"torn");
    write(&folder, "board-0001.mp4", b"12345");
    write(&folder, "notes.txt", b"hello");
    let mut log = folder.log().unwrap();
    let (track, file) = ("programme".to_owned(), "programme-0002.mp4".to_owned());
    log.append(&event(12.5, EventKind::PartBegun { track, file })).unwrap();

    let mut found = plan_at(&data, 600).lessons.remove(0);
    let next: Vec<(&str, u32)> = found.next_parts.iter().map(|(track, next)| (track.as_str(), *next)).collect();
    assert_eq!(next, [("board", 2), ("hdmi", 4), ("programme", 5)]);
    found.measure(bytes_as_seconds);
    found.tidy(after(600)).unwrap();
    let parts: Vec<(&str, f64, f64)> = (found.lesson.tracks.iter())
        .flat_map(|track| &track.parts)
        .map(|part| (part.file.as_str(), part.begins_at, part.seconds))
        .collect();
    let wanted = [
        ("programme-0001.mp4", 0.0, 10.0),
        ("programme-0002.mp4", 12.5, 7.0),
        ("programme-0003.mp4", 19.5, 3.0),
        ("hdmi-0001.mp4", 0.0, 10.0),
        ("board-0001.mp4", 0.0, 5.0),
    ];
    assert_eq!(parts, wanted);
    let dropped = |what| match what {
        EventKind::PartDropped { file, why, .. } => Some(format!("{file}: {why}")),
        _ => None,
    };
    let events = folder.events().unwrap().list;
    let dropped: Vec<String> = events.into_iter().filter_map(|event| dropped(event.what)).collect();
    let wanted =
        ["hdmi-0002.mp4: it is not there any more", "programme-0004.mp4: it is empty", "hdmi-0003.mp4: no moov box"];
    assert_eq!(dropped, wanted);
    assert!(!folder.path().join("programme-0004.mp4").exists());
    assert!(folder.path().join("hdmi-0003.mp4").exists(), "what is not empty is kept for a person to look at");
    let What::Continue(found) = found.what() else { panic!("it is inside its time") };
    assert_eq!(found.recorded.as_secs_f64(), 22.5);
}

#[test]
fn a_lesson_whose_record_was_lost_is_pieced_together_and_finished() {
    for record in [None, Some(""), Some("{\"format\": 1, \"id\"")] {
        let (_dir, data) = data();
        let lesson = lesson(1, Outcome::Recording);
        let folder = put(&data, &lesson, b"mdat");
        let start = Start { title: lesson.title.clone(), ..Start::default() };
        let (from, command) = ("panel".to_owned(), Command::Start(start));
        folder.log().unwrap().append(&event(60.0, EventKind::Command { from, command })).unwrap();
        match record {
            Some(text) => fs::write(folder.path().join("lesson.json"), text).unwrap(),
            None => fs::remove_file(folder.path().join("lesson.json")).unwrap(),
        }
        let mut found = plan_at(&data, 70).lessons.remove(0);
        assert!(found.salvaged);
        assert_eq!(found.decision, Decision::Finish);
        found.measure(bytes_as_seconds);
        found.tidy(after(70)).unwrap();
        let read = folder.read().unwrap();
        assert_eq!((&read.id, &read.title, read.started), (&lesson.id, &lesson.title, lesson.started));
        assert_eq!(read.tracks[0].parts[0].seconds, 4.0);
        assert_eq!(folder.path().join("lesson.json.broken").exists(), record.is_some());
    }
}

#[test]
fn a_lost_record_that_the_ledger_knows_comes_from_there() {
    let (_dir, data) = data();
    let kept = lesson(1, Outcome::Kept);
    let folder = put(&data, &kept, b"mdat");
    let (ledger, _) = Ledger::open(&data, HOST, after(0)).unwrap();
    fs::write(folder.path().join("lesson.json"), "{").unwrap();
    let plan = plan(&data, &ledger, after(99), &Settings::default()).unwrap();
    plan.lessons[0].tidy(after(99)).unwrap();
    let read = folder.read().unwrap();
    assert_eq!((read.outcome, read.title, plan.lessons[0].decision), (Outcome::Kept, kept.title, Decision::Leave));
}

#[test]
fn what_is_no_lesson_is_reported_and_left_alone() {
    let (_dir, data) = data();
    fs::create_dir(data.lessons_dir().join("holiday-photos")).unwrap();
    fs::write(data.lessons_dir().join("holiday-photos/1.jpg"), "x").unwrap();
    fs::create_dir(data.lessons_dir().join("20261122-081600-0001")).unwrap();
    let plan = plan_at(&data, 0);
    assert!(plan.lessons.is_empty());
    assert_eq!(plan.unreadable.len(), 2);
    assert!(data.lessons_dir().join("holiday-photos/1.jpg").exists());
}

#[test]
fn an_unfinished_lesson_from_another_disk_is_left_as_it_is() {
    let (_there, there) = data();
    let (_here, here) = data();
    let lesson = Lesson { host: "room-101".into(), ..lesson(7, Outcome::Recording) };
    let from = put(&there, &lesson, b"mdat");
    let folder = here.folder(&lesson.id).unwrap();
    copy_folder(from.path(), folder.path());
    let plan = plan_at(&here, 430);
    assert!(plan.lessons.is_empty());
    assert_eq!(plan.foreign, std::slice::from_ref(&lesson.id));
    assert_eq!(folder.read().unwrap(), lesson);
}
