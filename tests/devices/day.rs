//! A school day of lessons, lived through in the guest with idle time skipped (`scripts/devices --time-travel`).
//!
//! It finds what only time brings: clocks that drift apart, counters that run over, memory and files that pile up.

use std::time::{Duration, Instant};

use ketang_protocol::command::Start;
use ketang_protocol::lesson::Outcome;
use ketang_tests::{HostSettings, TestHost};

use crate::{CAMERA, Whistle, inside_the_guest};

/// Lessons of the day, one an hour; `KETANG_DAY_LESSONS` sets another number, `KETANG_DAY_HOUR` other seconds for an hour.
const LESSONS: u64 = 8;
const HOUR: u64 = 3600;
/// Recording takes its time even here: a lesson is shorter than the field's 40 or 45 minutes. `KETANG_DAY_LESSON` sets other seconds.
const LESSON: u64 = 120;
/// Memory that may come and go with caches and threads, in bytes.
const NOISE: usize = 24_000_000;

#[test]
fn a_day_of_lessons_is_kept_and_leaves_nothing_behind() {
    let travels = std::fs::read_to_string("/proc/cmdline").unwrap().contains("time-travel");
    if !inside_the_guest() || !travels {
        eprintln!("skipped: a day takes a day without `scripts/devices --time-travel day`");
        return;
    }
    let number =
        |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse::<u64>().expect("a whole number"));
    let (lessons, seconds) = (number("KETANG_DAY_LESSONS", LESSONS), number("KETANG_DAY_LESSON", LESSON));
    let hour = Duration::from_secs(number("KETANG_DAY_HOUR", HOUR));
    // As the daemon does.
    ketangd::memory::share();
    let _whistle = Whistle::begin();
    let settings = HostSettings::generic()
        .set("board.name", "raspberrypi4")
        .set("programme.output-sound", "none")
        .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
        .set("inputs.teacher-mic.source", "alsa:hw:Loopback,1")
        .set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    let begun = Instant::now();
    let mut held = Vec::new();
    let mut ids = Vec::new();
    for lesson in 1..=lessons {
        let id = host.start_as(Start { planned_seconds: Some(seconds), ..Start::default() });
        host.record_for(seconds as f64);
        host.stop();
        let kept = host.ended(&id);
        assert!(matches!(kept.lesson.outcome, Outcome::Kept | Outcome::KeptWithGaps), "{:#?}", kept.lesson);
        assert_eq!(kept.faults(), Vec::<String>::new());
        held.push(memory());
        eprintln!(
            "lesson {lesson}: {:?}, gaps {:?}, {} bytes of memory",
            kept.lesson.outcome,
            kept.lesson.gaps,
            memory()
        );
        ids.push(id);
        // A break: that time passes is what is tested.
        std::thread::sleep((hour * lesson as u32).saturating_sub(begun.elapsed()));
    }
    let mut listed = host.lessons();
    listed.reverse();
    assert_eq!(listed, ids, "every lesson is in the ledger, in order");
    let (first, last) = (held[0], *held.last().unwrap());
    assert!(last < first + NOISE, "memory grew from hour to hour: {held:?}");
    // The guest's disk is a part of its memory.
    let wrong: Vec<_> = host.snapshot().alarms.iter().filter(|alarm| alarm.alarm != "disk-low").cloned().collect();
    assert_eq!(wrong, [], "nothing is wrong at the end of the day");
}

/// Resident memory of this process, in bytes.
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
