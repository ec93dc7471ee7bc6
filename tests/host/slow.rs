//! A machine that is too small for all tracks, or turns out too slow in mid-lesson: a track gives way, in parts of less cost, and the
//! lesson says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ketang_protocol::lesson::{EventKind, Outcome, PartSize};
use ketang_tests::{Daemon, HostSettings, TestHost};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A host that is let run for a part of each of these only.
const TURN: Duration = Duration::from_millis(40);
/// It gets a tenth less in each of these: at some time it is too little, on any machine.
const SLOWER_EVERY: Duration = Duration::from_secs(1);

/// A machine that becomes slower and slower for one process, and is for that one as it was when this is dropped.
struct Slowness {
    goes_on: Arc<AtomicBool>,
    turns: Option<JoinHandle<()>>,
}

impl Slowness {
    fn of(process: Pid) -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        let wanted = goes_on.clone();
        let turns = std::thread::spawn(move || {
            let begun = Instant::now();
            while wanted.load(Ordering::Relaxed) {
                let share = 0.9_f64.powf(begun.elapsed().div_duration_f64(SLOWER_EVERY));
                kill(process, Signal::SIGCONT).expect("it runs");
                std::thread::sleep(TURN.mul_f64(share));
                kill(process, Signal::SIGSTOP).expect("it runs");
                std::thread::sleep(TURN.mul_f64(1.0 - share));
            }
            kill(process, Signal::SIGCONT).expect("it runs");
        });
        Self { goes_on, turns: Some(turns) }
    }
}

impl Drop for Slowness {
    fn drop(&mut self) {
        self.goes_on.store(false, Ordering::Relaxed);
        if let Some(turns) = self.turns.take() {
            turns.join().expect("the process runs until this is dropped");
        }
    }
}

#[test]
fn a_track_is_lowered_in_mid_lesson_before_any_ends() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("recording.tracks", "[\"teacher-panorama\"]")
        .set("recording.fit-machine", false);
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&[]);
    daemon.record_until(2.0);
    let slowness = Slowness::of(daemon.pid());
    daemon.wait("the host finds itself too slow", |now| now.alarms.iter().any(|alarm| alarm.alarm == "too-slow"));
    drop(slowness);
    let now = daemon.wait("the track is lowered", |now| {
        let tracks = now.lesson.iter().flat_map(|lesson| &lesson.tracks);
        tracks.into_iter().any(|track| track.name == "teacher-panorama" && (track.width, track.height) == (1280, 720))
    });
    let alarm = now.alarms.iter().find(|alarm| alarm.alarm == "too-slow").expect("people are told");
    assert!(alarm.english.contains("was lowered"), "{alarm:?}");
    daemon.record_until(now.lesson.map_or(0.0, |lesson| lesson.seconds) + 2.0);
    assert_eq!(daemon.ctl(&["stop"]).code, 0);

    let kept = daemon.ended(&id);
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

/// Whatever this thread starts from now on has one processor.
fn on_one_processor() {
    let this_thread = Pid::from_raw(0);
    let all = sched_getaffinity(this_thread).unwrap();
    let first = (0..CpuSet::count()).find(|cpu| all.is_set(*cpu).unwrap()).unwrap();
    let mut one = CpuSet::new();
    one.set(first).unwrap();
    sched_setaffinity(this_thread, &one).unwrap();
}

#[test]
fn what_a_small_machine_cannot_carry_is_lowered_before_the_lesson_which_says_what_and_why() {
    let pictures = ["teacher-panorama", "teacher-closeup", "students-panorama", "students-closeup", "hdmi"];
    let settings =
        pictures.iter().fold(HostSettings::generic().set("inputs.teacher-mic.source", "pattern"), |set, role| {
            set.set(format!("inputs.{role}.source"), "pattern")
        });
    on_one_processor();
    let host = TestHost::open(&settings);
    let kept = host.record_lesson(3.0);

    kept.assert_outcome(Outcome::Kept);
    assert!(kept.track("programme").lowered.is_none(), "it is the last to give way");
    let lowered: BTreeMap<_, _> = kept
        .events
        .iter()
        .filter_map(|event| match &event.what {
            EventKind::TrackLowered { track, why } => Some((track.as_str(), why)),
            _ => None,
        })
        .collect();
    if lowered.is_empty() {
        eprintln!("skipped: one processor of this machine carries five tracks and the programme");
        return;
    }
    for (track, why) in &lowered {
        assert!(
            why.english.contains("cores are there for encoding") && why.chinese.contains("个核"),
            "{track}: {why:?}"
        );
    }
    for role in pictures {
        let Some(track) = kept.lesson.tracks.iter().find(|track| track.name == role) else {
            assert!(lowered[role].english.starts_with("not recorded"), "{role}: {lowered:#?}");
            continue;
        };
        assert_eq!(track.lowered.is_some(), lowered.contains_key(role) && track.height < 1080, "{track:#?}");
        let part = kept.figures(role).parts[0].clone().unwrap();
        assert_eq!(part.video.unwrap().height, track.height, "{role}");
    }
}
