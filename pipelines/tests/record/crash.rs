//! Killed, cut off, full, stalled: at most a second is lost, and what is there plays.

use crate::content::{self, Content, FRAME_NS, SECOND_NS, encode, encoders, marks, push_marks, sound_samples};
use crate::{begin, count_up, feed, settings};
use gst::prelude::*;
use ketang_pipelines::MediaError;
use ketang_pipelines::finish::{self, Finished};
use ketang_pipelines::record::{PART_LIMIT, TrackEvent, TrackSettings, TrackWriter};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

const INTO: &str = "KETANG_RECORD_INTO";
const LIVE_FRAMES: u64 = 250;

/// What the recording process said, in its order.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    /// A picture that ends at this lesson time was handed over.
    Picture(u64),
    Sound(u64),
    Synced {
        bytes: u64,
        until: u64,
    },
}

/// Not a test: the process that is killed. Records ten seconds in real time and says what it does.
#[test]
#[ignore = "is run by the tests that kill it"]
fn recording_process() {
    let Ok(folder) = std::env::var(INTO) else { return };
    let pipeline = encoders(LIVE_FRAMES, "bframes=0 tune=zerolatency speed-preset=ultrafast", true);
    push_marks(&pipeline, LIVE_FRAMES);
    pipeline.set_state(gst::State::Playing).unwrap();
    let sink = |name: &str| -> gst_app::AppSink { pipeline.by_name(name).unwrap().downcast().unwrap() };
    let (pictures, sounds) = (sink("pictures"), sink("sounds"));
    let preroll = |sink: &gst_app::AppSink| content::format(&sink.pull_preroll().unwrap());
    let (picture, sound) = (preroll(&pictures), preroll(&sounds));
    let content = Content { picture, sound, pictures: Vec::new(), sounds: Vec::new() };
    let say = |event| {
        if let TrackEvent::Synced { bytes, until_ns, .. } = event {
            println!("synced {bytes} {until_ns}");
        }
    };
    let writer = TrackWriter::begin(settings(Path::new(&folder), &content, PART_LIMIT), say).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(sample) = sounds.pull_sample() {
                let sound = content::coded(&sample, 0);
                let end = sound.pts + sound.duration;
                writer.sound(sound);
                println!("sound {end}");
            }
        });
        while let Ok(sample) = pictures.pull_sample() {
            let picture = content::coded(&sample, 0);
            let end = picture.pts + picture.duration;
            writer.picture(picture);
            println!("picture {end}");
        }
    });
    panic!("it was to be killed before this");
}

/// Lets a process record live into `folder`, kills it when it has handed over `until` of lesson time.
fn recorded_until_killed(folder: &Path, until: u64) -> Vec<Said> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::recording_process", "--nocapture"])
        .env(INTO, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let number = |index: usize| line.split(' ').nth(index).and_then(|word| word.parse().ok());
        match (line.split(' ').next(), number(1), number(2)) {
            (Some("picture"), Some(end), _) => {
                said.push(Said::Picture(end));
                if end >= until {
                    // SIGKILL; what it said before is still read.
                    child.kill().unwrap();
                }
            }
            (Some("sound"), Some(end), _) => said.push(Said::Sound(end)),
            (Some("synced"), Some(bytes), Some(until)) => said.push(Said::Synced { bytes, until }),
            _ => {}
        }
    }
    assert!(!child.wait().unwrap().success());
    said
}

fn finished(file: &Path) -> Option<u64> {
    match finish::part(file, &[], |_, _| ()).unwrap() {
        Finished::Whole(part) => Some(part.duration_ns),
        Finished::Empty => None,
    }
}

#[test]
fn a_kill_loses_less_than_a_second() {
    let folder = tempfile::tempdir().unwrap();
    for until in [3_130_000_000, 4_470_000_000] {
        let sub = folder.path().join(until.to_string());
        fs::create_dir(&sub).unwrap();
        let said = recorded_until_killed(&sub, until);
        let handed = |wanted: fn(&Said) -> Option<u64>| said.iter().filter_map(wanted).max().unwrap();
        let pictures = handed(|said| if let Said::Picture(end) = said { Some(*end) } else { None });
        let sounds = handed(|said| if let Said::Sound(end) = said { Some(*end) } else { None });
        let file = sub.join("programme-0001.mp4");
        let kept = finished(&file).unwrap();
        assert!(kept + SECOND_NS >= pictures, "{kept} of {pictures} ns");
        assert_eq!(marks(&file), count_up(0, kept / FRAME_NS));
        let kept = sound_samples(&file) * SECOND_NS / content::RATE;
        assert!(kept + SECOND_NS >= sounds, "{kept} of {sounds} ns of sound");
    }
}

/// What a disk holds after a power cut is what was synced, and behind it anything.
#[test]
fn a_power_cut_loses_less_than_a_second_at_any_instant() {
    let folder = tempfile::tempdir().unwrap();
    let said = recorded_until_killed(folder.path(), 3_000_000_000);
    let mut synced = 0;
    for said in &said {
        match said {
            Said::Picture(end) | Said::Sound(end) => {
                assert!(end - synced.min(*end) <= SECOND_NS, "{end} of {synced} ns")
            }
            Said::Synced { until, .. } => synced = *until,
        }
    }
    assert!(synced >= 2 * SECOND_NS);
    let whole = fs::read(folder.path().join("programme-0001.mp4")).unwrap();
    let unsynced: [&[u8]; 3] = [&[], &[0; 5000], &whole[700..9000]];
    let file = folder.path().join("after.mp4");
    for (said, behind) in said.iter().flat_map(|said| unsynced.map(|behind| (said, behind))) {
        if let Said::Synced { bytes, until } = said {
            fs::write(&file, [&whole[..*bytes as usize], behind].concat()).unwrap();
            assert_eq!(finished(&file), Some(*until));
            assert_eq!(marks(&file), count_up(0, until / FRAME_NS));
        }
    }
}

/// Records at speed into one part; the file's bytes, and what was synced when.
fn one_part(folder: &Path, content: &Content) -> (Vec<u8>, Vec<(u64, u64)>) {
    let (writer, log) = begin(settings(folder, content, PART_LIMIT));
    feed(&writer, content, 0);
    let parts = writer.finish().unwrap();
    let log = log.lock().unwrap();
    let synced = log.iter().filter_map(|event| match event {
        TrackEvent::Synced { bytes, until_ns, .. } => Some((*bytes, *until_ns)),
        _ => None,
    });
    (fs::read(&parts[0].file).unwrap(), synced.collect())
}

#[test]
fn cut_off_anywhere_every_whole_fragment_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, synced) = one_part(folder.path(), &encode(75, "bframes=0 speed-preset=veryfast", 0));
    assert!(synced.len() >= 6, "{synced:?}");
    let file = folder.path().join("cut-off.mp4");
    for cut in (0..whole.len()).step_by(997) {
        fs::write(&file, &whole[..cut]).unwrap();
        let expected = synced.iter().rfind(|(bytes, _)| *bytes <= cut as u64).map(|(_, until)| *until);
        assert_eq!(finished(&file), expected, "cut off at {cut}");
        if let Some(until) = expected.filter(|_| cut % 50 == 0) {
            assert_eq!(marks(&file), count_up(0, until / FRAME_NS));
        }
    }
}

#[test]
fn a_spoilt_file_is_an_error_or_a_shorter_recording() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, synced) = one_part(folder.path(), &encode(75, "bframes=0 speed-preset=veryfast", 0));
    let file = folder.path().join("spoilt.mp4");
    let longest = synced.last().unwrap().1;
    let head = synced[0].0 as usize;
    let last = synced[synced.len() - 2].0 as usize;
    // Every byte of the head and of the last fragment's, where all the lengths are, then here and there.
    for place in (0..head.min(1500)).chain(last..last + 500).chain((head..whole.len()).step_by(1511)) {
        let mut spoilt = whole.clone();
        spoilt[place] ^= 0xff;
        fs::write(&file, &spoilt).unwrap();
        match finish::part(&file, &[], |_, _| ()) {
            Ok(Finished::Whole(part)) if place > head => assert!(part.duration_ns <= longest, "{place}"),
            Ok(_) => {}
            Err(error) => assert!(matches!(error, MediaError::NotPlayable { .. }), "{place}: {error}"),
        }
    }
}

/// A file system of its own that is soon full; gone with this.
struct Small(PathBuf);

impl Small {
    /// `None` where this process may not mount.
    fn mount(at: &Path, bytes: u64) -> Option<Self> {
        let size = format!("size={bytes}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.into()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().unwrap();
    }
}

#[test]
fn a_full_disk_ends_the_track_with_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Small::mount(folder.path(), 1 << 20) else {
        println!("skipped: mounting a small disk needs root");
        return;
    };
    let content = encode(300, "bframes=0 speed-preset=veryfast", 0);
    // As one part, and when the disk fills up in a later one.
    for limit in [PART_LIMIT, 800_000] {
        let (writer, log) = begin(settings(&disk.0, &content, limit));
        feed(&writer, &content, 0);
        let error = writer.finish().unwrap_err();
        assert!(matches!(error, MediaError::NoSpace { .. }), "{error}");
        let log = log.lock().unwrap();
        let parts: Vec<_> = log
            .iter()
            .filter_map(|event| if let TrackEvent::PartClosed(part) = event { Some(part.clone()) } else { None })
            .collect();
        assert!(matches!(log.last(), Some(TrackEvent::Failed { no_space: true, .. })), "{:?}", log.last());
        let mut next = 0;
        for part in &parts {
            assert_eq!(fs::metadata(&part.file).unwrap().len(), part.bytes);
            let frames = part.duration_ns / FRAME_NS;
            assert_eq!(marks(&part.file), count_up(next, next + frames));
            next += frames;
        }
        assert!(next > 0 && (parts.len() == 1) == (limit == PART_LIMIT), "{parts:?}");
        assert_eq!(fs::read_dir(&disk.0).unwrap().count(), parts.len());
        // No room to finish the largest: it stays as it is.
        let largest = parts.iter().max_by_key(|part| part.bytes).unwrap();
        let before = fs::read(&largest.file).unwrap();
        let error = finish::part(&largest.file, &[], |_, _| ()).unwrap_err();
        assert!(matches!(error, MediaError::NoSpace { .. }), "{error}");
        assert_eq!(fs::read(&largest.file).unwrap(), before);
        assert_eq!(fs::read_dir(&disk.0).unwrap().count(), parts.len());
        parts.iter().for_each(|part| fs::remove_file(&part.file).unwrap());
    }
}

#[test]
fn a_disk_that_stalls_leaves_a_gap_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(800, "bframes=0 speed-preset=ultrafast", 0);
    // The writer's thread waits in here, as it would for the disk.
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (tell, told) = mpsc::channel();
    let events = move |event| {
        if matches!(event, TrackEvent::Synced { .. }) {
            // Open for good when the other end is gone.
            let _ = gate.lock().unwrap().recv();
        }
        tell.send(event).unwrap();
    };
    let settings = TrackSettings { sound: None, ..settings(folder.path(), &content, PART_LIMIT) };
    let writer = TrackWriter::begin(settings, events).unwrap();
    let (stalled, resumed) = content.pictures.split_at(500);
    stalled.iter().for_each(|picture| writer.picture(picture.clone()));
    let from = heard(&told, |event| if let TrackEvent::Stalled { at_ns } = event { Some(at_ns) } else { None });
    assert!(from > 10 * SECOND_NS);
    drop(release);
    heard(&told, |event| matches!(event, TrackEvent::Synced { until_ns, .. } if until_ns == from).then_some(()));
    resumed.iter().for_each(|picture| writer.picture(picture.clone()));
    let gap = heard(&told, |event| match event {
        TrackEvent::Resumed { lost_from_ns, lost_until_ns } => Some((lost_from_ns, lost_until_ns)),
        _ => None,
    });
    let until = 500 * FRAME_NS;
    assert_eq!(gap, (from, until));
    let parts = writer.finish().unwrap();
    assert_eq!(marks(&parts[0].file), [count_up(0, from / FRAME_NS), count_up(until / FRAME_NS, 800)].concat());
}

/// Waits for what is wanted among the events.
fn heard<T>(told: &mpsc::Receiver<TrackEvent>, wanted: impl Fn(TrackEvent) -> Option<T>) -> T {
    loop {
        let event = told.recv_timeout(Duration::from_secs(30)).unwrap();
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}
