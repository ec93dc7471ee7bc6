//! Lessons that a person deletes and takes back (JX-22).

use std::fs;

use jiff::{SignedDuration, Timestamp};
use ketang_lesson::retention::{Policy, TRASH_KEPT};
use ketang_protocol::lesson::{Lesson, LessonId, Outcome};
use ketangd::folder::{DataDir, StoreError};
use ketangd::ledger::{Ledger, Place, Report};
use ketangd::storage::Storage;

use crate::{HOST, after, data, lesson, put, start};

fn open(data: &DataDir) -> (Ledger, Storage, Report) {
    let storage = Storage::open(data, Policy { reserve: 0, ..Policy::default() }).unwrap();
    let (mut ledger, report) = Ledger::open(data, HOST, start()).unwrap();
    storage.settle(&mut ledger).unwrap();
    (ledger, storage, report)
}

fn place(ledger: &Ledger, id: &LessonId) -> Place {
    ledger.row(id).unwrap().unwrap().place
}

/// When the lessons here are deleted.
fn noon() -> Timestamp {
    after(3600)
}

#[test]
fn the_newest_lesson_of_this_host_that_is_not_deleted_tells_the_least_that_its_clock_can_show() {
    let (_dir, data) = data();
    let (mut ledger, storage, _) = open(&data);
    assert_eq!(ledger.recorded_until().unwrap(), None);
    let foreign = Lesson { host: "room-101".into(), ..lesson(9, Outcome::Kept) };
    let [old, newest] = [lesson(1, Outcome::Kept), lesson(2, Outcome::Kept)];
    for lesson in [&old, &newest, &foreign] {
        ledger.save(lesson, put(&data, lesson, b"mdat").bytes()).unwrap();
    }
    assert_eq!(ledger.recorded_until().unwrap(), newest.ended);
    storage.put_into_trash(&mut ledger, &newest.id, true, noon()).unwrap();
    assert_eq!(ledger.recorded_until().unwrap(), old.ended, "one that a wrong clock dated is deleted");
    let running = lesson(3, Outcome::Recording);
    ledger.save(&running, put(&data, &running, b"mdat").bytes()).unwrap();
    assert_eq!(ledger.recorded_until().unwrap(), Some(running.started));
}

#[test]
fn a_deleted_lesson_is_out_of_sight_and_comes_back_as_it_was() {
    let (_dir, data) = data();
    let kept = lesson(1, Outcome::Kept);
    let folder = put(&data, &kept, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    let bytes = folder.bytes();

    storage.put_into_trash(&mut ledger, &kept.id, true, noon()).unwrap();
    assert!(data.ids().unwrap().is_empty());
    assert_eq!(place(&ledger, &kept.id), Place::Trash(noon()));
    let error = data.lesson(&kept.id).unwrap_err().to_string();
    assert!(error.contains("was deleted: until 2026-11-29"), "{error}");
    assert!(error.contains(&format!("`ketangctl restore {}`", kept.id)), "{error}");
    let again = storage.put_into_trash(&mut ledger, &kept.id, true, noon());
    assert!(matches!(again, Err(StoreError::InTrash { .. })), "{again:?}");

    // A restart knows it, and finds nothing out of order.
    drop((ledger, storage));
    let (mut ledger, storage, report) = open(&data);
    assert!(report.taken_from_folders.is_empty() && report.alarms().is_empty(), "{report:?}");
    assert_eq!(place(&ledger, &kept.id), Place::Trash(noon()));

    storage.restore(&mut ledger, &kept.id).unwrap();
    assert_eq!((folder.read().unwrap(), folder.bytes()), (kept.clone(), bytes));
    assert_eq!(fs::read(folder.path().join("programme-0001.mp4")).unwrap(), b"mdat");
    assert_eq!(place(&ledger, &kept.id), Place::Here);
    assert!(data.trash().unwrap().is_empty());
    let again = storage.restore(&mut ledger, &kept.id);
    assert!(matches!(again, Err(StoreError::NotInTrash { .. })), "{again:?}");
}

#[test]
fn what_may_not_go_stays_where_it_is() {
    let (_dir, data) = data();
    let unconfirmed = lesson(1, Outcome::Kept);
    let running = lesson(2, Outcome::Recording);
    let foreign = Lesson { host: "room-101".into(), ..lesson(3, Outcome::Kept) };
    for lesson in [&unconfirmed, &running, &foreign] {
        put(&data, lesson, b"mdat");
    }
    let (mut ledger, storage, _) = open(&data);
    let mut delete = |id: &LessonId, insists| storage.put_into_trash(&mut ledger, id, insists, noon()).unwrap_err();
    let only_copy = delete(&unconfirmed.id, false);
    assert!(matches!(only_copy, StoreError::OnlyCopy { minutes: 1, .. }), "{only_copy:?}");
    assert!(only_copy.to_string().contains("insist with `--unconfirmed`"), "{only_copy}");
    assert!(matches!(delete(&running.id, true), StoreError::NotEnded { state: "recording", .. }));
    assert!(matches!(delete(&foreign.id, true), StoreError::Foreign { .. }));
    assert!(matches!(delete(&LessonId::new(after(9), 99), true), StoreError::Unknown { .. }));
    assert_eq!(data.ids().unwrap(), [unconfirmed.id.clone(), running.id, foreign.id]);

    ledger.confirm(&unconfirmed.id).unwrap();
    storage.put_into_trash(&mut ledger, &unconfirmed.id, false, noon()).unwrap();
    assert_eq!(data.trash().unwrap().len(), 1);
}

/// The rename of the folder is all that happens before a crash, one way or the other.
#[test]
fn what_a_crash_cuts_off_is_known_at_the_next_start() {
    let (_dir, data) = data();
    let kept = lesson(1, Outcome::Kept);
    let folder = put(&data, &kept, b"mdat");
    drop(open(&data));
    let trash = data.lessons_dir().join(format!(".trash-20261122-091500-{}", kept.id));

    fs::rename(folder.path(), &trash).unwrap();
    let (ledger, _, report) = open(&data);
    assert!(report.newly_missing.is_empty() && report.alarms().is_empty(), "{report:?}");
    assert_eq!(place(&ledger, &kept.id), Place::Trash(noon()));
    drop(ledger);

    fs::rename(&trash, folder.path()).unwrap();
    let (ledger, _, report) = open(&data);
    assert!(report.alarms().is_empty(), "{report:?}");
    assert_eq!(place(&ledger, &kept.id), Place::Here);
    drop(ledger);

    // The same where its record cannot be read.
    fs::rename(folder.path(), &trash).unwrap();
    fs::write(trash.join("lesson.json"), "").unwrap();
    let (ledger, _, report) = open(&data);
    assert_eq!((report.newly_missing.len(), report.unreadable.len()), (0, 1), "{report:?}");
    assert_eq!(place(&ledger, &kept.id), Place::Trash(noon()));
    drop(ledger);

    // Removed by hand, it is gone and nobody misses it.
    fs::remove_dir_all(&trash).unwrap();
    let (ledger, _, report) = open(&data);
    assert!(report.newly_missing.is_empty(), "{report:?}");
    assert_eq!(place(&ledger, &kept.id), Place::Deleted);
}

#[test]
fn a_ledger_that_is_lost_is_rebuilt_with_the_trash() {
    let (_dir, data) = data();
    let [deleted, kept] = [41, 1].map(|number| lesson(number, Outcome::Kept));
    put(&data, &deleted, b"mdat");
    put(&data, &kept, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    storage.put_into_trash(&mut ledger, &deleted.id, true, noon()).unwrap();
    drop((ledger, storage));
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(data.root().join(file));
    }
    let (mut ledger, storage, _) = open(&data);
    assert_eq!((place(&ledger, &deleted.id), place(&ledger, &kept.id)), (Place::Trash(noon()), Place::Here));
    assert_eq!(ledger.next_number().unwrap(), 42, "a name is not given again because its lesson is in the trash");
    storage.restore(&mut ledger, &deleted.id).unwrap();
    assert_eq!(data.folder(&deleted.id).unwrap().read().unwrap(), deleted);
}

#[test]
fn the_trash_gives_its_room_first_and_then_is_gone() {
    let (_dir, data) = data();
    let old = Lesson { confirmed_upstream: true, ..lesson(1, Outcome::Kept) };
    let deleted = lesson(2, Outcome::Kept);
    put(&data, &old, b"mdat");
    let folder = put(&data, &deleted, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    storage.put_into_trash(&mut ledger, &deleted.id, true, noon()).unwrap();
    let month_later = start() + SignedDuration::from_hours(30 * 24);
    let gone = storage.make_room(&mut ledger, u64::MAX, month_later).unwrap();
    assert_eq!(gone, [deleted.id.clone(), old.id], "younger, but a person said so");
    assert!(data.trash().unwrap().is_empty() && !folder.exists());
    assert_eq!(place(&ledger, &deleted.id), Place::Deleted);
    let late = storage.restore(&mut ledger, &deleted.id);
    assert!(matches!(late, Err(StoreError::NotInTrash { .. })), "{late:?}");
}

#[test]
fn a_deletion_for_good_that_was_cut_off_is_completed_at_the_next_start() {
    let (_dir, data) = data();
    let deleted = lesson(1, Outcome::Kept);
    put(&data, &deleted, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    storage.put_into_trash(&mut ledger, &deleted.id, true, noon()).unwrap();
    drop((ledger, storage));
    let deleting = data.lessons_dir().join(format!(".deleting-{}", deleted.id));
    fs::rename(data.trash().unwrap()[0].folder.path(), &deleting).unwrap();
    let (ledger, _, report) = open(&data);
    assert!(report.newly_missing.is_empty() && !deleting.exists());
    assert_eq!(place(&ledger, &deleted.id), Place::Deleted);
}

#[test]
fn the_platform_may_confirm_what_is_in_the_trash() {
    let (_dir, data) = data();
    let deleted = lesson(1, Outcome::Kept);
    put(&data, &deleted, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    storage.put_into_trash(&mut ledger, &deleted.id, true, noon()).unwrap();
    ledger.confirm(&deleted.id).unwrap();
    storage.restore(&mut ledger, &deleted.id).unwrap();
    assert!(data.folder(&deleted.id).unwrap().read().unwrap().confirmed_upstream);
    assert_eq!(data.trash().unwrap().len(), 0);
    assert_eq!(TRASH_KEPT.as_secs(), 7 * 24 * 3600, "what people are told everywhere");
}

#[test]
fn what_the_ledger_cannot_note_is_not_done() {
    let (_dir, data) = data();
    let [kept, deleted] = [1, 2].map(|number| lesson(number, Outcome::Kept));
    put(&data, &kept, b"mdat");
    put(&data, &deleted, b"mdat");
    let (mut ledger, storage, _) = open(&data);
    storage.put_into_trash(&mut ledger, &deleted.id, true, noon()).unwrap();
    // The ledger takes no rows.
    let other = rusqlite::Connection::open(data.ledger_file()).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER no_update BEFORE UPDATE ON lessons BEGIN SELECT RAISE(ABORT, 'no'); END;
             CREATE TRIGGER no_insert BEFORE INSERT ON lessons BEGIN SELECT RAISE(ABORT, 'no'); END;",
        )
        .unwrap();
    let not_deleted = storage.put_into_trash(&mut ledger, &kept.id, true, noon());
    assert!(matches!(not_deleted, Err(StoreError::Ledger { .. })), "{not_deleted:?}");
    let not_restored = storage.restore(&mut ledger, &deleted.id);
    assert!(matches!(not_restored, Err(StoreError::Ledger { .. })), "{not_restored:?}");
    other.execute_batch("DROP TRIGGER no_update; DROP TRIGGER no_insert;").unwrap();
    assert_eq!((place(&ledger, &kept.id), place(&ledger, &deleted.id)), (Place::Here, Place::Trash(noon())));
    assert!(data.folder(&kept.id).unwrap().exists());
    assert_eq!(data.trash().unwrap()[0].folder.id(), &deleted.id);
    storage.restore(&mut ledger, &deleted.id).unwrap();
}
