use std::fs;

use ketang_protocol::command::Rename;
use ketang_protocol::lesson::{Lesson, LessonId, Outcome};
use ketangd::folder::{DataDir, StoreError};
use ketangd::ledger::{Ledger, Place, Report};

use crate::{HOST, after, copy_folder, data, lesson, put, start};

fn open(data: &DataDir) -> (Ledger, Report) {
    Ledger::open(data, HOST, start()).unwrap()
}

fn rename(lesson: &LessonId, title: Option<&str>, teacher: Option<&str>) -> Rename {
    Rename { lesson: lesson.clone(), title: title.map(str::to_owned), teacher: teacher.map(str::to_owned) }
}

fn places(ledger: &Ledger) -> Vec<(String, Place)> {
    ledger.rows().unwrap().into_iter().map(|row| (row.lesson.id.0, row.place)).collect()
}

#[test]
fn rows_come_back_newest_first() {
    let (_dir, data) = data();
    let (mut ledger, _) = open(&data);
    let (one, two) = (lesson(1, Outcome::Kept), lesson(2, Outcome::Recording));
    for lesson in [&one, &two] {
        ledger.save(lesson, put(&data, lesson, b"mdat").bytes()).unwrap();
    }
    drop(ledger);
    let (ledger, report) = open(&data);
    assert!(report.taken_from_folders.is_empty(), "{report:?}");
    let rows: Vec<Lesson> = ledger.rows().unwrap().into_iter().map(|row| row.lesson).collect();
    assert_eq!(rows, [two, one.clone()]);
    assert_eq!(ledger.row(&one.id).unwrap().unwrap().place, Place::Here);
}

#[test]
fn numbers_are_never_given_twice() {
    let (_dir, data) = data();
    let (mut ledger, _) = open(&data);
    assert_eq!([ledger.next_number().unwrap(), ledger.next_number().unwrap()], [1, 2]);
    put(&data, &lesson(41, Outcome::Kept), b"mdat");
    drop(ledger);
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(data.root().join(file));
    }
    assert_eq!(open(&data).0.next_number().unwrap(), 42, "the folders' names count");
}

#[test]
fn a_damaged_ledger_is_put_aside_and_rebuilt() {
    let intact = {
        let (_dir, data) = data();
        let (mut ledger, _) = open(&data);
        for number in 1..40 {
            ledger.save(&lesson(number, Outcome::Kept), 9).unwrap();
        }
        drop(ledger);
        fs::read(data.ledger_file()).unwrap()
    };
    assert!(intact.len() > 8192);
    let mut scrambled = intact.clone();
    scrambled[4096..8192].fill(0xa5);
    let other_program = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE lessons (name TEXT); PRAGMA user_version = 1").unwrap();
        drop(db);
        fs::read(path).unwrap()
    };
    let newer = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE lessons (name TEXT); PRAGMA user_version = 99").unwrap();
        drop(db);
        fs::read(path).unwrap()
    };
    let table: [(&str, &[u8]); 6] = [
        ("garbage", &[0x5a; 5000]),
        ("truncated", &intact[..intact.len() / 2]),
        ("scrambled", &scrambled),
        ("zero bytes", b""),
        ("another program's", &other_program),
        ("a newer version's", &newer),
    ];
    for (name, content) in table {
        let (_dir, data) = data();
        let kept = lesson(1, Outcome::Kept);
        put(&data, &kept, b"mdat");
        fs::write(data.ledger_file(), content).unwrap();
        let (ledger, report) = open(&data);
        let (aside, why) = report.moved_aside.as_ref().unwrap_or_else(|| panic!("{name}: taken for whole"));
        assert!(fs::read(aside).unwrap() == content, "{name}: not kept as it was");
        assert!(aside.to_string_lossy().contains("ledger.sqlite.corrupt-20261122-081500"), "{aside:?}");
        assert!(report.alarms()[0].english.contains(why), "{name}");
        assert_eq!(ledger.rows().unwrap().into_iter().map(|row| row.lesson).collect::<Vec<_>>(), [kept], "{name}");
        drop(ledger);
        assert!(open(&data).1.moved_aside.is_none(), "{name}: the new one is whole");
    }
}

#[test]
fn folders_are_the_truth() {
    let (_dir, data) = data();
    let (mut ledger, _) = open(&data);
    let [mut changed, gone, new] = [1, 2, 3].map(|number| lesson(number, Outcome::Kept));
    for lesson in [&changed, &gone] {
        ledger.save(lesson, put(&data, lesson, b"mdat").bytes()).unwrap();
    }
    drop(ledger);
    changed.title = Some("改过".into());
    put(&data, &changed, b"mdat");
    put(&data, &new, b"mdat");
    let away = data.root().join("away");
    fs::rename(data.folder(&gone.id).unwrap().path(), &away).unwrap();

    let (ledger, report) = open(&data);
    assert_eq!(report.taken_from_folders, [changed.id.clone(), new.id.clone()]);
    assert_eq!(report.newly_missing, std::slice::from_ref(&gone.id));
    assert!(report.alarms()[0].english.contains(&gone.id.0));
    let here = |lesson: &Lesson| (lesson.id.0.clone(), Place::Here);
    let missing = (gone.id.0.clone(), Place::Missing);
    assert_eq!(places(&ledger), [here(&new), missing, here(&changed)]);
    assert_eq!(ledger.row(&changed.id).unwrap().unwrap().lesson, changed);
    drop(ledger);

    fs::rename(&away, data.folder(&gone.id).unwrap().path()).unwrap();
    let (ledger, report) = open(&data);
    assert!(report.newly_missing.is_empty());
    assert_eq!(places(&ledger), [here(&new), here(&gone), here(&changed)]);
}

#[test]
fn a_lesson_from_another_host_is_read_and_not_touched() {
    let (_there, there) = data();
    let (_here, here) = data();
    let lesson = Lesson { host: "room-101".into(), ..lesson(7, Outcome::KeptWithGaps) };
    let from = put(&there, &lesson, b"mdat");
    copy_folder(from.path(), here.folder(&lesson.id).unwrap().path());
    let (mut ledger, report) = open(&here);
    assert_eq!(report.adopted, std::slice::from_ref(&lesson.id));
    let row = ledger.row(&lesson.id).unwrap().unwrap();
    assert!(row.foreign);
    assert_eq!(row.lesson, lesson);
    for refused in [ledger.confirm(&lesson.id), ledger.rename(&rename(&lesson.id, Some("x"), None))] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("room-101"), "{error}");
    }
    assert_eq!(here.folder(&lesson.id).unwrap().read().unwrap(), lesson);
    drop(ledger);
    assert!(open(&here).1.adopted.is_empty(), "it is new only once");
}

#[test]
fn a_confirmation_is_in_the_folder_and_in_the_row() {
    let (_dir, data) = data();
    let [kept, running] = [lesson(1, Outcome::Kept), lesson(2, Outcome::Recording)];
    put(&data, &kept, b"mdat");
    put(&data, &running, b"mdat");
    let (mut ledger, _) = open(&data);
    ledger.confirm(&kept.id).unwrap();
    assert!(data.folder(&kept.id).unwrap().read().unwrap().confirmed_upstream);
    assert!(ledger.row(&kept.id).unwrap().unwrap().lesson.confirmed_upstream);
    assert!(matches!(ledger.confirm(&running.id), Err(StoreError::NotEnded { .. })));
    let unknown = LessonId::new(after(9), 99);
    assert!(matches!(ledger.confirm(&unknown), Err(StoreError::Unknown { .. })));
}

#[test]
fn a_lesson_gets_another_name_in_its_folder_and_in_its_row() {
    let (_dir, data) = data();
    let [kept, running] = [lesson(1, Outcome::Kept), lesson(2, Outcome::Recording)];
    put(&data, &kept, b"mdat");
    put(&data, &running, b"mdat");
    let (mut ledger, _) = open(&data);
    // What the folder says beyond the row stays.
    let folder = data.folder(&kept.id).unwrap();
    folder.write(&Lesson { planned_seconds: Some(60), ..kept.clone() }).unwrap();
    let table: [[Option<&str>; 4]; 4] = [
        [Some(" 几何 "), None, Some("几何"), None],
        [None, Some("李老师"), Some("几何"), Some("李老师")],
        [Some(""), Some("王老师"), None, Some("王老师")],
        [Some("代数"), Some("  "), Some("代数"), None],
    ];
    for [title, teacher, titled, taught] in table {
        let renamed = ledger.rename(&rename(&kept.id, title, teacher)).unwrap();
        let (title, teacher) = (titled.map(str::to_owned), taught.map(str::to_owned));
        assert_eq!(renamed, Lesson { title, teacher, planned_seconds: Some(60), ..kept.clone() });
        assert_eq!(folder.read().unwrap(), renamed);
        assert_eq!(ledger.row(&kept.id).unwrap().unwrap().lesson, renamed);
    }
    let not_ended = ledger.rename(&rename(&running.id, Some("x"), None));
    assert!(matches!(not_ended, Err(StoreError::NotEnded { .. })), "{not_ended:?}");
    let unknown = ledger.rename(&rename(&LessonId::new(after(9), 99), Some("x"), None));
    assert!(matches!(unknown, Err(StoreError::Unknown { .. })), "{unknown:?}");
}

#[test]
fn a_ledger_of_the_first_version_is_brought_up_to_date() {
    let (_dir, data) = data();
    let kept = lesson(1, Outcome::Kept);
    put(&data, &kept, b"mdat");
    let db = rusqlite::Connection::open(data.ledger_file()).unwrap();
    db.execute_batch(
        "CREATE TABLE lessons (id TEXT PRIMARY KEY, host TEXT NOT NULL, started TEXT NOT NULL, ended TEXT, title TEXT,
             teacher TEXT, outcome TEXT NOT NULL, bytes INTEGER NOT NULL, confirmed INTEGER NOT NULL, place TEXT NOT NULL,
             json TEXT NOT NULL) STRICT;
         CREATE TABLE counter (last INTEGER NOT NULL) STRICT;
         INSERT INTO counter VALUES (7);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(db);
    let (mut ledger, report) = open(&data);
    assert!(report.moved_aside.is_none(), "{report:?}");
    assert_eq!(places(&ledger), [(kept.id.0, Place::Here)]);
    assert_eq!(ledger.next_number().unwrap(), 8);
}
