use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use ketang_lesson::retention::Policy;
use ketang_protocol::lesson::{Lesson, Outcome};
use ketangd::folder::{DataDir, StoreError};
use ketangd::ledger::{Ledger, Place};
use ketangd::storage::Storage;

use crate::{HOST, after, data, lesson, put, start};

const MIB: u64 = 1 << 20;

fn month_later() -> Timestamp {
    start() + SignedDuration::from_hours(30 * 24)
}

fn policy() -> Policy {
    Policy { reserve: 2 * MIB, degrade_below: 4 * MIB, ..Policy::default() }
}

fn open(data: &DataDir) -> (Ledger, Storage) {
    let storage = Storage::open(data, policy()).unwrap();
    let (mut ledger, _) = Ledger::open(data, HOST, start()).unwrap();
    storage.settle(&mut ledger).unwrap();
    (ledger, storage)
}

fn confirmed(number: u32) -> Lesson {
    Lesson { confirmed_upstream: true, ..lesson(number, Outcome::Kept) }
}

#[test]
fn what_policy_does_not_allow_is_not_deleted() {
    let (_dir, data) = data();
    let lessons = [
        confirmed(1),
        lesson(2, Outcome::Kept),
        Lesson { host: "room-101".into(), ..confirmed(3) },
        Lesson { outcome: Outcome::Recording, ..confirmed(4) },
    ];
    lessons.iter().for_each(|lesson| drop(put(&data, lesson, b"mdat")));
    let (mut ledger, storage) = open(&data);
    for lesson in &lessons[1..] {
        let refused = storage.delete(&mut ledger, &lesson.id, month_later());
        assert!(matches!(refused, Err(StoreError::NotAllowed { .. })), "{refused:?}");
        assert!(data.folder(&lesson.id).unwrap().exists());
    }
    let too_young = storage.delete(&mut ledger, &lessons[0].id, after(3600));
    assert!(matches!(too_young, Err(StoreError::NotAllowed { .. })), "{too_young:?}");
    storage.delete(&mut ledger, &lessons[0].id, month_later()).unwrap();
    assert!(!data.folder(&lessons[0].id).unwrap().exists());
    let row = ledger.row(&lessons[0].id).unwrap().unwrap();
    assert_eq!((row.place, row.lesson.outcome), (Place::Deleted, Outcome::Kept), "its outcome is remembered");
    // No amount of need deletes the others.
    assert!(storage.make_room(&mut ledger, u64::MAX, month_later()).unwrap().is_empty());
}

#[test]
fn a_row_that_says_more_than_the_folder_deletes_nothing() {
    let (_dir, data) = data();
    put(&data, &lesson(1, Outcome::Kept), b"mdat");
    let (mut ledger, storage) = open(&data);
    ledger.save(&confirmed(1), 4).unwrap();
    let refused = storage.delete(&mut ledger, &confirmed(1).id, month_later());
    assert!(matches!(refused, Err(StoreError::NotAllowed { .. })), "{refused:?}");
}

#[test]
fn a_deletion_that_was_cut_off_is_completed_at_the_next_start() {
    let (_dir, data) = data();
    let lesson = confirmed(1);
    let folder = put(&data, &lesson, b"mdat");
    drop(open(&data));
    let deleting = data.lessons_dir().join(format!(".deleting-{}", lesson.id));
    fs::rename(folder.path(), &deleting).unwrap();
    let (mut ledger, report) = Ledger::open(&data, HOST, start()).unwrap();
    assert!(report.newly_missing.is_empty(), "it is not missed");
    Storage::open(&data, policy()).unwrap().settle(&mut ledger).unwrap();
    assert!(!deleting.exists());
    assert_eq!(ledger.row(&lesson.id).unwrap().unwrap().place, Place::Deleted);
}

#[test]
fn files_for_downloads_go_after_a_day_or_when_a_lesson_needs_their_room() {
    let (_dir, data) = data();
    let (_ledger, storage) = open(&data);
    let file = |name: &str, changed: Timestamp| {
        let file = fs::File::create(data.exports_dir().join(name)).unwrap();
        file.set_modified(changed.into()).unwrap();
    };
    let left = || {
        let names =
            fs::read_dir(data.exports_dir()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let day = 24 * 3600;
    file("old.mp4", start());
    file(".export-of-a-crash", start());
    file("new.mp4", after(60));
    file(".export-under-way", after(day));
    assert_eq!(storage.clear_old_exports(after(day + 30)).unwrap(), 2);
    assert_eq!(left(), [".export-under-way", "new.mp4"]);
    assert_eq!(storage.clear_all_exports().unwrap(), 1);
    assert_eq!(left(), [".export-under-way"]);
}

/// A small disk of its own; gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(bytes: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        eprintln!("skipped: mounting a tmpfs needs root");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

/// Writes until nothing more goes in.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[7; 4096]).is_ok() {}
}

#[test]
fn on_a_full_disk_nothing_is_lost_and_the_reserve_closes_the_lesson() {
    let Some(disk) = SmallDisk::mount(12 * MIB) else { return };
    let data = DataDir::open(disk.0.path()).unwrap();
    let (mut ledger, storage) = open(&data);
    let space = storage.space().unwrap();
    assert_eq!(space.total, 12 * MIB);
    assert!(space.free > 11 * MIB, "the reserve counts as free: {space:?}");

    let recording = lesson(1, Outcome::Recording);
    let folder = put(&data, &recording, b"mdat");
    ledger.save(&recording, 4).unwrap();
    fill(&folder.path().join("programme-0001.mp4"));
    assert_eq!(storage.space().unwrap().free, MIB, "the reserve alone is left");

    let kept =
        Lesson { outcome: Outcome::Kept, ended: Some(after(900)), title: Some("x".repeat(8192)), ..recording.clone() };
    let error = data.save(&kept).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(folder.read().unwrap(), recording, "the old record is whole");
    drop((ledger, storage));

    // A restart gives the reserve up, reads everything and closes the lesson.
    let data = DataDir::open(disk.0.path()).unwrap();
    let (mut ledger, storage) = open(&data);
    assert!(!disk.0.path().join(".reserve").exists());
    data.save(&kept).unwrap();
    ledger.save(&kept, folder.bytes()).unwrap();
    assert_eq!(folder.read().unwrap(), kept);
    assert_eq!(storage.snapshot(&ledger, after(901)).unwrap().lessons_left, 0);

    // Confirmed and old enough, it makes room for the next, and the reserve is laid in again.
    ledger.confirm(&kept.id).unwrap();
    assert_eq!(storage.make_room(&mut ledger, 8 * MIB, month_later()).unwrap(), [kept.id]);
    assert_eq!(fs::metadata(disk.0.path().join(".reserve")).unwrap().len(), MIB);
}
