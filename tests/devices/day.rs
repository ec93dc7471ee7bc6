//! A school day of lessons, lived through in a guest whose idle time is skipped.
//!
//! It finds what only time brings: clocks that drift apart, counters that run over, memory and files that pile up. In the breaks
//! the room's equipment is switched off, as a main switch by the door does: each lesson begins with everything coming back.

use std::process::Command;
use std::time::{Duration, Instant};

use ketang_protocol::command::Start;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::{Alarm, Snapshot};
use ketang_tests::{HostSettings, TestHost};

use crate::watchdog::WATCHDOG;
use crate::{CAMERA, PulledOut, Unplugged, Whistle, inside_the_guest, time_travels};

/// One a lesson hour.
const LESSONS: u64 = 8;
/// Seconds of a lesson and from one to the next. Even here computing takes its time, so the day of every run is a short one;
/// `KETANG_DAY_LESSON=60 KETANG_DAY_HOUR=3600 KETANG_DEVICES_LIMIT=9000 scripts/devices day` is a whole one.
const LESSON: u64 = 10;
const HOUR: u64 = 90;
/// Memory that may come and go with caches and threads, in bytes.
const NOISE: usize = 24_000_000;

#[test]
fn a_day_of_lessons_is_kept_and_leaves_nothing_behind() {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    let number =
        |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse::<u64>().expect("a whole number"));
    let (lessons, seconds) = (number("KETANG_DAY_LESSONS", LESSONS), number("KETANG_DAY_LESSON", LESSON));
    let hour = Duration::from_secs(number("KETANG_DAY_HOUR", HOUR));
    // As the daemon does.
    ketangd::memory::share();
    let settings = HostSettings::generic()
        .set("board.name", "raspberrypi4")
        // It bites who does not feed it for half a minute, and a lesson comes each minute and a half.
        .set("host.watchdog", format!("{WATCHDOG:?}"))
        .set("programme.output-sound", "none")
        .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
        .set("inputs.teacher-mic.source", "alsa:hw:Loopback,1")
        .set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    let is_there = |there: bool| {
        move |now: &Snapshot| {
            let pictures = now.pictures.iter().map(|picture| picture.live);
            pictures.chain(now.sounds.iter().map(|sound| sound.live)).all(|live| live == there)
        }
    };
    let begun = Instant::now();
    let mut held = Vec::new();
    let mut ids = Vec::new();
    for lesson in 1..=lessons {
        let whistle = Whistle::begin();
        host.wait("the room's equipment is there", is_there(true));
        let id = host.start_as(Start { planned_seconds: Some(seconds), ..Start::default() });
        host.record_for(seconds as f64);
        host.stop();
        let kept = host.ended(&id);
        assert_eq!(kept.faults(), Vec::<String>::new());
        assert_eq!(kept.lesson.outcome, Outcome::Kept, "{:#?}", kept.lesson.gaps);
        held.push(memory());
        eprintln!("lesson {lesson} at {:.0} s: kept, {} bytes of memory", begun.elapsed().as_secs_f64(), memory());
        ids.push(id);
        drop(whistle);
        let (camera, card) = (PulledOut::of(CAMERA), Unplugged::sound_card());
        host.wait("the room's equipment is off", is_there(false));
        std::thread::sleep((hour * lesson as u32).saturating_sub(begun.elapsed()));
        card.plug_in();
        drop(camera);
    }
    let mut listed = host.lessons();
    listed.reverse();
    assert_eq!(listed, ids, "every lesson is in the ledger, in order");
    let (first, last) = (held[0], *held.last().unwrap());
    assert!(last < first + NOISE, "memory grew from hour to hour: {held:?}");
    host.wait("everything is there again", is_there(true));
    // The guest's disk is a part of its memory, and it has neither a network nor a time server.
    let of_the_guest = ["disk-low", "no-network", "clock-unsynchronised"];
    let alarms = host.snapshot().alarms.clone();
    let wrong: Vec<_> = alarms.iter().filter(|alarm| !of_the_guest.contains(&alarm.alarm.as_str())).collect();
    assert_eq!(wrong, [] as [&Alarm; 0], "nothing is wrong at the end of the day");
    eprintln!("{lessons} lessons in {:.2} hours", begun.elapsed().as_secs_f64() / 3600.0);
}

#[test]
fn a_planned_lesson_to_which_nobody_came_is_called_so() {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let silence = folder.path().join("silence.wav");
    let mut make = Command::new("ffmpeg");
    make.args(["-v", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "2"]).arg(&silence);
    assert!(make.status().unwrap().success());
    let settings = HostSettings::generic()
        .set("inputs.teacher-panorama.source", "pattern")
        .set("inputs.teacher-mic.source", format!("file:{}", silence.display()))
        .set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    // A shorter lesson says nothing about whether somebody came.
    host.record_lesson(61.0).assert_ended(Outcome::NobodyCame);
}

/// Resident memory of this process, in bytes.
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
