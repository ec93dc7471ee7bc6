//! Lessons one after the other: the next begins while the last is being finished, and nothing piles up.

use ketang_protocol::lesson::{LessonId, Outcome};
use ketang_tests::{Daemon, HostSettings, TestHost, assert_consecutive};

/// Lessons of the soak test; `KETANG_SOAK` sets another count.
const LESSONS: usize = 100;
/// Lessons until everything that is made once has been made.
const WARM: usize = 5;
/// Memory that may come and go with caches and threads, in bytes: far less than a frame a lesson.
const NOISE: usize = 20_000_000;

#[test]
fn the_next_lesson_begins_while_the_last_is_being_finished() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"]).set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    let first = host.start();
    host.record_for(4.0);
    host.stop();
    let second = host.start();
    assert_eq!(host.lesson(&first).lesson.outcome, Outcome::Finishing);
    host.record_for(4.0);
    host.stop();
    let (first, second) = (host.ended(&first), host.ended(&second));

    let mut ends = Vec::new();
    for kept in [&first, &second] {
        kept.assert_outcome(Outcome::Kept);
        let numbers = kept.numbers("programme");
        assert_consecutive(&numbers);
        ends.push((numbers[0].unwrap(), numbers[numbers.len() - 1].unwrap()));
    }
    // Encoders are given 10 slots to open; a busy machine may take the command a few slots late.
    let between = ends[1].0 - ends[0].1;
    assert!(between <= 25, "{between} frames lie between the lessons");
}

/// What a process holds.
#[derive(Debug)]
struct Held {
    threads: usize,
    files: usize,
    /// Resident memory, in bytes.
    memory: usize,
}

fn held(daemon: &Daemon) -> Held {
    let proc = format!("/proc/{}", daemon.pid());
    let count = |folder: &str| std::fs::read_dir(format!("{proc}/{folder}")).unwrap().count();
    let statm = std::fs::read_to_string(format!("{proc}/statm")).unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    Held { threads: count("task"), files: count("fd"), memory: pages * 4096 }
}

/// Short lessons in a row, the last of which is waited for.
fn lessons(daemon: &Daemon, count: usize) -> Vec<LessonId> {
    let ids: Vec<_> = (0..count)
        .map(|_| {
            let id = daemon.start_lesson(&[]);
            daemon.record_until(0.2);
            assert_eq!(daemon.ctl(&["stop"]).code, 0);
            id
        })
        .collect();
    for id in &ids {
        daemon.ended(id);
    }
    ids
}

#[test]
fn starting_and_stopping_leaves_nothing_behind() {
    let count =
        std::env::var("KETANG_SOAK").ok().map_or(LESSONS, |text| text.parse().expect("KETANG_SOAK is a number"));
    // A room that is drawn keeps what it drew, up to a limit, which is no leak of the host's.
    let settings = HostSettings::generic()
        .set("inputs.teacher-panorama.source", "pattern")
        .set("inputs.teacher-mic.source", "pattern")
        .set("recording.tracks", "[]")
        .beside_others();
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    lessons(&daemon, WARM);
    let before = held(&daemon);
    let ids = lessons(&daemon, count);
    let after = held(&daemon);

    assert_eq!(daemon.lessons().len(), WARM + ids.len());
    // Threads of a pool, and connections that are being closed, come and go.
    assert!(after.threads <= before.threads + 4, "{before:?}, then {after:?}");
    assert!(after.files <= before.files + 8, "{before:?}, then {after:?}");
    let grown = after.memory.saturating_sub(before.memory);
    assert!(grown < NOISE, "{before:?}, then {after:?}");
    assert!(daemon.terminate().success());
}
