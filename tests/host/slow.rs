//! A machine that turns out too slow in mid-lesson: the track gives way, in a part of less cost, and the lesson says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use ketang_protocol::lesson::{EventKind, PartSize};
use ketang_tests::{HostSettings, TestHost};

/// Other work on the same machine, much more than it has cores.
struct OtherWork {
    goes_on: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl OtherWork {
    fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let goes_on = Arc::new(AtomicBool::new(true));
        let busy = |_| {
            let goes_on = goes_on.clone();
            std::thread::spawn(move || while goes_on.load(Ordering::Relaxed) {})
        };
        let threads = (0..cores * 24).map(busy).collect();
        Self { goes_on, threads }
    }
}

impl Drop for OtherWork {
    fn drop(&mut self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().expect("it does nothing that could fail"));
    }
}

#[test]
fn a_track_is_lowered_in_mid_lesson_before_any_ends() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("recording.tracks", "[\"teacher-panorama\"]")
        .set("recording.fit-machine", false);
    let host = TestHost::open(&settings);
    let id = host.start();
    host.record_for(2.0);
    let work = OtherWork::begin();
    let now = host.wait("the track is lowered", |now| {
        let tracks = now.lesson.iter().flat_map(|lesson| &lesson.tracks);
        tracks.into_iter().any(|track| track.name == "teacher-panorama" && (track.width, track.height) == (1280, 720))
    });
    drop(work);
    let alarm = now.alarms.iter().find(|alarm| alarm.alarm == "too-slow").expect("people are told");
    assert!(alarm.english.contains("was lowered"), "{alarm:?}");
    host.record_for(2.0);
    host.stop();

    let kept = host.ended(&id);
    let track = kept.track("teacher-panorama");
    let sizes: Vec<_> = track.parts.iter().map(|part| part.size).collect();
    assert_eq!(sizes, [None, Some(PartSize { width: 1280, height: 720 })], "{track:#?}");
    assert!(track.lowered.is_some(), "{track:#?}");
    assert_eq!(
        kept.count(|event| matches!(event, EventKind::TrackLowered { track, .. } if track == "teacher-panorama")),
        1
    );
    assert_eq!(kept.count(|event| matches!(event, EventKind::TrackEnded { .. })), 0);
    let measured = kept.figures("teacher-panorama").parts;
    let heights: Vec<_> = measured.iter().map(|part| part.as_ref().unwrap().video.as_ref().unwrap().height).collect();
    assert_eq!(heights, [1080, 720]);
    assert_eq!(kept.track("programme").parts.len(), 1, "the programme is as it was");
}
