use std::fs;
use std::io::Write;

use ketang_protocol::lesson::{EventKind, LessonId, Outcome};
use ketangd::folder::{DataDir, StoreError};

use crate::{data, event, lesson, put};

#[test]
fn a_lesson_is_read_as_it_was_written() {
    let (_dir, data) = data();
    let mut lesson = lesson(1, Outcome::Recording);
    let folder = put(&data, &lesson, b"mdat");
    assert_eq!(folder.read().unwrap(), lesson);
    lesson.outcome = Outcome::Failed { why: "没有编码器".into() };
    data.save(&lesson).unwrap();
    assert_eq!(folder.read().unwrap(), lesson);
    assert_eq!(data.ids().unwrap(), [lesson.id]);
    assert_eq!(folder.parts().unwrap().len(), 1);
}

#[test]
fn events_survive_a_torn_last_line() {
    let (_dir, data) = data();
    let folder = put(&data, &lesson(1, Outcome::Recording), b"mdat");
    let [first, second] = [event(0.0, EventKind::Started), event(9.5, EventKind::Paused)];
    folder.log().unwrap().append(&first).unwrap();
    let path = folder.path().join("events.jsonl");
    fs::File::options().append(true).open(&path).unwrap().write_all(b"{\"at\": 4.0, \"ti\xff").unwrap();
    assert_eq!((folder.events().unwrap().list, folder.events().unwrap().unreadable), (vec![first.clone()], 1));
    folder.log().unwrap().append(&second).unwrap();
    let events = folder.events().unwrap();
    assert_eq!((events.list, events.unreadable), (vec![first, second], 1));
}

#[test]
fn what_is_no_lesson_is_told_apart_and_left_alone() {
    let (_dir, data) = data();
    let whole = serde_json::to_string(&lesson(1, Outcome::Kept)).unwrap();
    let half = &whole[..whole.len() / 2];
    let newer = whole.replace("\"format\":1", "\"format\":7");
    let other = whole.replace("20261122-081600-0001", "20261122-081600-0009");
    let table = [
        ("", "restart the host"),
        ("\0\0\0\0", "restart the host"),
        (half, "restart the host"),
        ("{\"format\": 1}", "restart the host"),
        ("{}", "names no format"),
        ("[1, 2]", "names no format"),
        (newer.as_str(), "update this host"),
        (other.as_str(), "give the folder that name"),
    ];
    let folder = put(&data, &lesson(1, Outcome::Kept), b"mdat");
    for (text, remedy) in table {
        fs::write(folder.path().join("lesson.json"), text).unwrap();
        let error = folder.read().unwrap_err().to_string();
        assert!(error.contains(remedy), "{text}: {error}");
    }
    fs::remove_file(folder.path().join("lesson.json")).unwrap();
    assert!(folder.read().unwrap_err().to_string().contains("it has no lesson.json"));
}

#[test]
fn a_name_from_outside_does_not_leave_the_data_directory() {
    let (_dir, data) = data();
    for name in ["../../etc", "..", "", ".deleting-x", "a/b"] {
        assert!(matches!(data.folder(&LessonId(name.into())), Err(StoreError::Unknown { .. })), "{name}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_written_is_refused_with_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data");
    fs::write(&file, "not a directory").unwrap();
    let error = DataDir::open(&file).unwrap_err().to_string();
    assert!(error.contains("check that the disk is mounted"), "{error}");
    let read_only = DataDir::open(std::path::Path::new("/proc/ketang")).unwrap_err().to_string();
    assert!(read_only.contains("check that the disk is mounted"), "{read_only}");
}

#[test]
fn the_trash_is_known_by_the_names_in_it() {
    let (_dir, data) = data();
    let id = LessonId("20261122-081600-0001".into());
    let table = [
        (".trash-20261129-100000-20261122-081600-0001", Some(id.clone())),
        (".trash-20261129-100000-school-7", Some(LessonId("school-7".into()))),
        (".trash-20261129-100000-", None),
        (".trash-20261129-100000-../x", None),
        (".trash-20261399-100000-20261122-081600-0001", None),
        (".trash-20261122-081600", None),
        (".trash-", None),
        (".trash-课-课-课", None),
        ("20261129-100000-20261122-081600-0001", None),
    ];
    for (name, wanted) in table {
        let path = data.lessons_dir().join(name);
        if fs::create_dir(&path).is_err() {
            continue;
        }
        let trash = data.trash().unwrap();
        assert_eq!(trash.first().map(|trashed| trashed.folder.id().clone()), wanted, "{name}");
        assert!(trash.iter().all(|trashed| trashed.deleted.to_string() == "2026-11-29T10:00:00Z"), "{trash:?}");
        fs::remove_dir(path).unwrap();
    }
}

#[test]
fn a_folder_that_was_only_begun_is_gone_at_the_next_start() {
    let (dir, data) = data();
    fs::create_dir(data.lessons_dir().join(".new-20261122-081600-0001")).unwrap();
    assert!(data.ids().unwrap().is_empty());
    DataDir::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(data.lessons_dir()).unwrap().count(), 0);
}
