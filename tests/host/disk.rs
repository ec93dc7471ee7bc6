//! A disk that fills in mid-lesson: the tracks of least value end first, every file is closed whole, and the host lives on.

use std::path::{Path, PathBuf};
use std::process::Command;

use ketang_protocol::command::{Command as Order, RefusalCode, Start};
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{HostSettings, Kept, TestHost, assert_consecutive};

const MB: u64 = 1_000_000;
/// What the host keeps free; below three times this it begins to end tracks.
const RESERVE_MB: u64 = 8;

/// A small disk in memory, unmounted at the end.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount() -> Option<Self> {
        Self::mount_of(64)
    }

    /// One of so many binary megabytes.
    fn mount_of(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(folder.path());
        let mounted = nix::unistd::geteuid().is_root() && mount.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("skipped: mounting a small disk needs root");
            return None;
        }
        Some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Fills the disk from outside until so much is left, as the host counts it: with its reserve.
    fn leave(&self, bytes: u64) {
        let _ = std::fs::remove_file(self.filler());
        let stat = nix::sys::statvfs::statvfs(self.path()).unwrap();
        let reserve = std::fs::metadata(self.path().join("data/.reserve")).map_or(0, |meta| meta.len());
        let free = stat.blocks_available() * stat.fragment_size() + reserve;
        let filler = std::fs::File::create(self.filler()).unwrap();
        let length = i64::try_from(free.saturating_sub(bytes)).unwrap();
        nix::fcntl::posix_fallocate(&filler, 0, length).unwrap();
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        use std::io::Write;
        let mut filler = std::fs::File::options().append(true).create(true).open(self.filler()).unwrap();
        while filler.write(&[0; 65536]).is_ok_and(|written| written > 0) {}
    }

    fn give_back(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The host may close its last file a moment from now.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn host(disk: &SmallDisk) -> TestHost {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
        .set("host.data", format!("{:?}", disk.path().join("data")))
        .set("storage.reserve-mb", RESERVE_MB);
    TestHost::open(&settings)
}

/// The alarms of a disk that is asked about before a lesson.
fn before_a_lesson(now: &Snapshot) -> Vec<&str> {
    let of_the_disk = now.alarms.iter().filter(|alarm| alarm.alarm.starts_with("disk-"));
    of_the_disk.map(|alarm| alarm.alarm.as_str()).collect()
}

fn ended_tracks(kept: &Kept) -> Vec<&str> {
    let ended = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::TrackEnded { track, .. } => Some(track.as_str()),
        _ => None,
    });
    ended.collect()
}

/// Every file plays, and no frame is missing from what was recorded.
fn assert_whole(kept: &Kept) {
    for track in kept.track_names() {
        kept.figures(track);
    }
    assert_consecutive(&kept.numbers("programme"));
    assert_consecutive(&kept.numbers("teacher-panorama"));
}

/// The reason that the lesson gives for its end.
fn why(kept: &Kept) -> &str {
    match &kept.lesson.outcome {
        Outcome::Failed { why } => &why.english,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tracks_of_least_value_end_first_and_the_programme_last() {
    let Some(disk) = SmallDisk::mount() else { return };
    let host = host(&disk);
    let id = host.start();
    host.record_for(2.0);
    let running = |tracks: usize| {
        host.wait("tracks end", |now| {
            now.lesson
                .as_ref()
                .is_some_and(|lesson| lesson.tracks.iter().filter(|track| track.running).count() == tracks)
        })
    };
    // Four tracks share what lies between 8 and 24 MB.
    disk.leave(19 * MB);
    let now = running(3);
    assert!(now.alarms.iter().any(|alarm| alarm.alarm == "disk-ends-tracks"), "{:#?}", now.alarms);
    disk.leave(11 * MB);
    running(1);
    host.record_for(1.0);
    disk.leave(RESERVE_MB * MB);
    let kept = host.ended(&id);

    let mut ended = ended_tracks(&kept);
    // The two in the middle ended at once.
    ended[1..3].sort_unstable();
    assert_eq!(ended, ["teacher-panorama", "sound", "sound-fallback", "programme"]);
    assert!(why(&kept).contains("disk is nearly full"), "{}", why(&kept));
    assert_whole(&kept);
    assert!(kept.seconds("programme") > kept.seconds("teacher-panorama") + 1.0);

    let refusal = host.refused(Order::Start(Start::default()));
    assert_eq!(refusal.code, RefusalCode::NoSpace, "{}", refusal.english);
    assert!(refusal.english.contains("fit a larger disk"), "{}", refusal.english);
    disk.give_back();
    let next = host.record_lesson(2.0);
    next.assert_outcome(Outcome::Kept);
}

#[test]
fn a_disk_that_is_full_all_at_once_closes_every_file_whole() {
    let Some(disk) = SmallDisk::mount() else { return };
    let host = host(&disk);
    let id = host.start();
    host.record_for(4.0);
    disk.fill();
    let kept = host.ended(&id);

    assert!(why(&kept).contains("disk"), "{}", why(&kept));
    assert_whole(&kept);
    assert!(kept.seconds("programme") > 3.0, "{} s are left", kept.seconds("programme"));
    disk.give_back();
    host.record_lesson(2.0).assert_outcome(Outcome::Kept);
}

#[test]
fn room_is_told_in_lessons_before_one_begins_and_what_was_said_is_taken_back() {
    // Room for a school day of lessons of a minute, some 35 MB each.
    let Some(disk) = SmallDisk::mount_of(400) else { return };
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("host.data", format!("{:?}", disk.path().join("data")))
        .set("storage.reserve-mb", RESERVE_MB)
        .set("storage.lesson-length", "1min");
    let host = TestHost::open(&settings);
    let has = |lessons: std::ops::Range<u64>, alarms: &[&str]| {
        host.wait(&format!("the disk says {alarms:?}"), |now| {
            lessons.contains(&now.storage.lessons_left) && before_a_lesson(now) == alarms
        })
    };
    has(7..100, &[]);
    disk.leave(100 * MB);
    let now = has(1..7, &["disk-low"]);
    let left = now.storage.lessons_left;
    let alarm = now.alarms.iter().find(|alarm| alarm.alarm == "disk-low").unwrap();
    assert!(alarm.english.contains(&format!("room for {left} lessons")), "{alarm:?}");
    assert!(alarm.chinese.contains(&format!("{left} 节")), "{alarm:?}");
    disk.leave(RESERVE_MB * MB);
    has(0..1, &["disk-full"]);
    assert_eq!(host.refused(Order::Start(Start::default())).code, RefusalCode::NoSpace);
    disk.give_back();
    has(7..100, &[]);
    host.record_lesson(2.0).assert_outcome(Outcome::Kept);
}
