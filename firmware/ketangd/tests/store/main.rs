//! Lessons on disk: folders, ledger, room, and what is made of them after a crash.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod crash;
mod folder;
mod ledger;
mod recovery;
mod storage;
mod trash;

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use ketang_protocol::lesson::{Event, EventKind, Lesson, LessonId, Outcome, Part, Track};
use ketangd::folder::{DataDir, Folder};

const HOST: &str = "room-204";

fn start() -> Timestamp {
    "2026-11-22T08:15:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

/// A data directory in memory where there is such a place: these tests sync thousands of times.
fn data() -> (tempfile::TempDir, DataDir) {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let data = DataDir::open(dir.path()).unwrap();
    (dir, data)
}

fn track(name: &str, parts: &[&str]) -> Track {
    let part = |file: &&str| Part {
        file: (*file).into(),
        begins_at: 0.0,
        seconds: 10.0,
        bytes: 4,
        finished: false,
        ..Part::default()
    };
    let parts = parts.iter().map(part).collect();
    Track {
        name: name.into(),
        codec: "h264".into(),
        width: 1920,
        height: 1080,
        kbit_s: 4000,
        parts,
        ..Track::default()
    }
}

/// The `number`th lesson, which began so many minutes after [`start`].
fn lesson(number: u32, outcome: Outcome) -> Lesson {
    let started = after(60 * i64::from(number));
    Lesson {
        format: 1,
        id: LessonId::new(started, number),
        host: HOST.into(),
        title: Some("代数 7".into()),
        teacher: None,
        started,
        ended: outcome.is_end().then(|| started + SignedDuration::from_secs(10)),
        planned_seconds: Some(2700),
        outcome,
        tracks: vec![track("programme", &["programme-0001.mp4"])],
        gaps: vec![],
        verdict: None,
        confirmed_upstream: false,
    }
}

/// Puts a lesson on disk, with `content` in each of its parts.
fn put(data: &DataDir, lesson: &Lesson, content: &[u8]) -> Folder {
    let folder = data.save(lesson).unwrap();
    for part in lesson.tracks.iter().flat_map(|track| &track.parts) {
        write(&folder, &part.file, content);
    }
    folder
}

fn write(folder: &Folder, file: &str, content: &[u8]) {
    let path = folder.path().join(file);
    fs::write(&path, content).unwrap();
    fs::File::open(&path).unwrap().set_modified(start().into()).unwrap();
}

fn event(at: f64, what: EventKind) -> Event {
    Event { at, time: after(at as i64), what }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
