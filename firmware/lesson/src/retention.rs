//! What may be deleted, how many lessons fit, what to warn of, and which tracks a filling disk ends.

use std::time::Duration;

use jiff::Timestamp;
use ketang_protocol::lesson::{LessonId, Outcome};
use ketang_protocol::snapshot::Alarm;
use serde::{Deserialize, Serialize};

use crate::timeline::since;
use crate::{alarms, tracks};

/// How long a deleted lesson can be taken back, where nothing needs its room.
pub const TRASH_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The rules of the data partition. The keys of the configuration's `[storage]` table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// A lesson stays at least so many days, even when the platform holds it and room is needed.
    pub keep_days: u32,
    /// Below so much free space a running lesson begins to end tracks, in bytes.
    pub degrade_below: u64,
    /// Room that is held back in order to close every file whole, in bytes. Below it the lesson ends.
    pub reserve: u64,
    /// The size of a lesson while none was recorded yet, in bytes.
    pub usual_lesson: u64,
    /// Which tracks end first when the disk fills.
    pub lowest_value_first: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            keep_days: 7,
            degrade_below: 4 << 30,
            reserve: 512 << 20,
            usual_lesson: 8 << 30,
            lowest_value_first: tracks::LOWEST_VALUE_FIRST.map(str::to_owned).to_vec(),
        }
    }
}

/// What the rules need to know of a lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub id: LessonId,
    pub started: Timestamp,
    pub bytes: u64,
    pub confirmed_upstream: bool,
    pub outcome: Outcome,
    /// Recorded by another host, whose disk this was; only read here.
    pub foreign: bool,
    /// Since when it is in the trash, where a person put it.
    pub deleted: Option<Timestamp>,
}

/// The data partition, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What a program may still write.
    pub free: u64,
    pub total: u64,
}

/// Lessons that may be deleted when room is needed: those in the trash, because a person said so, and then the others, each
/// oldest first.
pub fn deletable<'a>(lessons: &'a [Stored], policy: &Policy, now: Timestamp) -> Vec<&'a Stored> {
    let keep = Duration::from_secs(u64::from(policy.keep_days) * 24 * 3600);
    let may_go = |lesson: &&Stored| {
        let of_itself = lesson.confirmed_upstream && lesson.outcome.is_end() && since(lesson.started, now) >= keep;
        !lesson.foreign && (lesson.deleted.is_some() || of_itself)
    };
    let mut may: Vec<&Stored> = lessons.iter().filter(may_go).collect();
    let order = |lesson: &Stored| (lesson.deleted.is_none(), lesson.deleted.unwrap_or(lesson.started));
    may.sort_by(|a, b| (order(a), &a.id).cmp(&(order(b), &b.id)));
    may
}

/// Lessons that were in the trash for long enough.
pub fn expired(lessons: &[Stored], now: Timestamp) -> Vec<LessonId> {
    let long_enough = |deleted| since(deleted, now) >= TRASH_KEPT;
    let is_over = |lesson: &&Stored| !lesson.foreign && lesson.deleted.is_some_and(long_enough);
    lessons.iter().filter(is_over).map(|lesson| lesson.id.clone()).collect()
}

/// Which lessons to delete so that `needed` bytes are free beside the reserve: as few as will do, oldest first.
pub fn make_room(lessons: &[Stored], space: Space, needed: u64, policy: &Policy, now: Timestamp) -> Vec<LessonId> {
    let wanted = needed.saturating_add(policy.reserve);
    let mut free = space.free;
    let mut delete = Vec::new();
    for lesson in deletable(lessons, policy, now) {
        if free >= wanted {
            break;
        }
        free = free.saturating_add(lesson.bytes);
        delete.push(lesson.id.clone());
    }
    delete
}

/// The size of a lesson as this host records them: the median of the last ten that ended and were not deleted, in bytes.
pub fn usual_bytes(lessons: &[Stored], policy: &Policy) -> u64 {
    const LAST: usize = 10;
    let counts =
        |lesson: &&Stored| lesson.outcome.is_end() && !lesson.foreign && lesson.deleted.is_none() && lesson.bytes > 0;
    let mut ended: Vec<&Stored> = lessons.iter().filter(counts).collect();
    ended.sort_by_key(|lesson| std::cmp::Reverse(lesson.started));
    let mut sizes: Vec<u64> = ended.iter().take(LAST).map(|lesson| lesson.bytes).collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or(policy.usual_lesson).max(1)
}

/// How many more lessons of the usual size fit, those counted as room that may be deleted for them.
pub fn lessons_left(lessons: &[Stored], space: Space, policy: &Policy, now: Timestamp) -> u64 {
    let given_back: u64 = deletable(lessons, policy, now).iter().map(|lesson| lesson.bytes).sum();
    let room = space.free.saturating_add(given_back).min(space.total).saturating_sub(policy.reserve);
    room / usual_bytes(lessons, policy)
}

/// What to warn of before a lesson, where a school day has so many.
pub fn alarm_before(lessons_left: u64, a_day: u64) -> Option<Alarm> {
    match lessons_left {
        0 => Some(alarms::disk_full()),
        fit if fit < a_day => Some(alarms::disk_low(a_day, fit)),
        _ => None,
    }
}

/// Which of a running lesson's tracks to end now, lowest value first.
///
/// Between `degrade_below` and `reserve` the room is shared out evenly: with n tracks, each nth of it that fills costs
/// one. At the reserve nothing is left to write to, so the last one ends too and every file is closed whole.
pub fn tracks_to_end(space: Space, all: &[String], running: &[String], policy: &Policy) -> Vec<String> {
    let count = all.len() as u64;
    let span = policy.degrade_below.saturating_sub(policy.reserve);
    let above = space.free.saturating_sub(policy.reserve);
    let affordable = if space.free >= policy.degrade_below && space.free > policy.reserve {
        count
    } else if above == 0 {
        0
    } else {
        // Rounded up: the first to go leaves when a whole nth is used up, the last one stays until the reserve.
        (u128::from(above) * u128::from(count)).div_ceil(u128::from(span.max(1))).min(u128::from(count)) as u64
    };
    let to_end = (running.len() as u64).saturating_sub(affordable) as usize;
    let sorted = tracks::by_value(running.iter().map(String::as_str), &policy.lowest_value_first);
    sorted.into_iter().take(to_end).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    fn stored(name: &str, days_ago: u64, gib: u64) -> Stored {
        Stored {
            id: LessonId(name.into()),
            started: now() - Duration::from_secs(days_ago * 86_400),
            bytes: gib * GIB,
            confirmed_upstream: true,
            outcome: Outcome::Kept,
            foreign: false,
            deleted: None,
        }
    }

    /// In the trash since then, and neither confirmed nor old.
    fn deleted(name: &str, hours_ago: u64, gib: u64) -> Stored {
        let deleted = now() - Duration::from_secs(hours_ago * 3600);
        Stored { confirmed_upstream: false, deleted: Some(deleted), ..stored(name, 0, gib) }
    }

    fn names(ids: impl IntoIterator<Item = LessonId>) -> Vec<String> {
        ids.into_iter().map(|id| id.0).collect()
    }

    fn shelf() -> Vec<Stored> {
        vec![
            stored("nine", 9, 6),
            stored("thirty", 30, 5),
            Stored { confirmed_upstream: false, ..stored("unconfirmed", 90, 5) },
            Stored { foreign: true, ..stored("foreign", 90, 5) },
            Stored { outcome: Outcome::Finishing, ..stored("finishing", 60, 5) },
            Stored { outcome: Outcome::Recording, ..stored("running", 0, 3) },
            Stored { outcome: Outcome::Failed { why: "x".into() }, ..stored("failed", 20, 4) },
            stored("today", 0, 7),
        ]
    }

    #[test]
    fn only_what_is_confirmed_ended_old_and_ours_may_go() {
        let shelf = shelf();
        let policy = Policy::default();
        let may = |policy: &Policy| names(deletable(&shelf, policy, now()).into_iter().map(|lesson| lesson.id.clone()));
        assert_eq!(may(&policy), ["thirty", "failed", "nine"]);
        assert_eq!(may(&Policy { keep_days: 0, ..policy.clone() }), ["thirty", "failed", "nine", "today"]);
        assert_eq!(may(&Policy { keep_days: 60, ..policy }), [""; 0]);
    }

    #[test]
    fn a_clock_that_was_set_back_deletes_nothing() {
        let long_ago = now() - Duration::from_secs(90 * 86_400);
        assert!(deletable(&shelf(), &Policy::default(), long_ago).is_empty());
    }

    #[test]
    fn room_is_made_with_as_few_as_will_do() {
        let policy = Policy { reserve: GIB, ..Policy::default() };
        let make = |free, needed| {
            let space = Space { free: free * GIB, total: 100 * GIB };
            names(make_room(&shelf(), space, needed * GIB, &policy, now()))
        };
        assert_eq!(make(9, 8), [""; 0]);
        assert_eq!(make(8, 8), ["thirty"]);
        assert_eq!(make(1, 8), ["thirty", "failed"]);
        assert_eq!(make(0, 99), ["thirty", "failed", "nine"]);
    }

    #[test]
    fn what_a_person_deleted_goes_first() {
        let policy = Policy { reserve: GIB, ..Policy::default() };
        let shelf = [shelf(), vec![deleted("noon", 3, 2), deleted("monday", 90, 2)]].concat();
        let table: [(u64, &[&str]); 5] = [
            (0, &[]),
            (1, &["monday"]),
            (3, &["monday", "noon"]),
            (5, &["monday", "noon", "thirty"]),
            (99, &["monday", "noon", "thirty", "failed", "nine"]),
        ];
        for (needed, wanted) in table {
            let space = Space { free: GIB, total: 100 * GIB };
            assert_eq!(names(make_room(&shelf, space, needed * GIB, &policy, now())), wanted, "{needed} GiB");
        }
        // Where confirmed lessons are never deleted of themselves, a person's word still holds.
        let by_hand_alone = Policy { keep_days: u32::MAX, ..policy };
        let may = deletable(&shelf, &by_hand_alone, now());
        assert_eq!(names(may.iter().map(|lesson| lesson.id.clone())), ["monday", "noon"]);
        assert_eq!(lessons_left(&shelf, Space { free: GIB, total: 100 * GIB }, &by_hand_alone, now()), 0);
        assert_eq!(lessons_left(&shelf, Space { free: 2 * GIB, total: 100 * GIB }, &by_hand_alone, now()), 1);
        // Another host's lessons are not ours to delete, however they came into the trash.
        assert!(deletable(&[Stored { foreign: true, ..deleted("guest", 1, 1) }], &by_hand_alone, now()).is_empty());
    }

    #[test]
    fn the_trash_is_kept_for_a_week() {
        const WEEK: u64 = 7 * 24;
        let shelf =
            [deleted("new", 0, 1), deleted("nearly", WEEK - 1, 1), deleted("week", WEEK, 1), stored("not", 90, 1)];
        let guest = Stored { foreign: true, ..deleted("guest", WEEK, 1) };
        let shelf = [&shelf[..], &[guest]].concat();
        assert_eq!(names(expired(&shelf, now())), ["week"]);
        let long_ago = now() - Duration::from_secs(90 * 86_400);
        assert!(expired(&shelf, long_ago).is_empty(), "nor by a clock that was set back");
    }

    #[test]
    fn what_was_deleted_says_nothing_of_the_usual_size() {
        let trials = [deleted("trial", 1, 1), deleted("another", 1, 1), deleted("third", 1, 1), stored("lesson", 1, 8)];
        assert_eq!(usual_bytes(&trials, &Policy::default()), 8 * GIB);
    }

    #[test]
    fn free_space_is_counted_in_lessons() {
        let policy = Policy { reserve: GIB, usual_lesson: 10 * GIB, ..Policy::default() };
        let space = Space { free: 21 * GIB, total: 100 * GIB };
        assert_eq!(lessons_left(&[], space, &policy, now()), 2);
        // Sizes 4, 5, 5, 6, 7: the usual is 5; thirty, failed and nine give 15 back.
        assert_eq!(usual_bytes(&shelf(), &policy), 5 * GIB);
        assert_eq!(lessons_left(&shelf(), space, &policy, now()), 7);
        let name = |left, today| alarm_before(left, today).map(|alarm| alarm.alarm);
        assert_eq!(name(7, 7), None);
        assert_eq!(name(6, 7).as_deref(), Some("disk-low"));
        assert_eq!(name(0, 0).as_deref(), Some("disk-full"));
        let text = alarm_before(6, 7).unwrap();
        assert!(text.chinese.contains("6 节") && text.english.contains("room for 6"), "{text:?}");
    }

    #[test]
    fn a_filling_disk_takes_the_least_valuable_first() {
        let all: Vec<String> = ["programme", "teacher-panorama", "hdmi", "students-closeup"].map(String::from).to_vec();
        let policy = Policy { degrade_below: 10, reserve: 2, ..Policy::default() };
        let end = |free, running: &[String]| tracks_to_end(Space { free, total: 100 }, &all, running, &policy);
        let table: [(u64, &[&str]); 7] = [
            (11, &[]),
            (9, &[]),
            (8, &["students-closeup"]),
            (6, &["students-closeup", "teacher-panorama"]),
            (4, &["students-closeup", "teacher-panorama", "hdmi"]),
            (3, &["students-closeup", "teacher-panorama", "hdmi"]),
            (2, &["students-closeup", "teacher-panorama", "hdmi", "programme"]),
        ];
        for (free, wanted) in table {
            assert_eq!(end(free, &all), wanted, "{free} free");
        }
        assert_eq!(end(7, &all[..3]), [""; 0], "what has ended already counts");
        assert_eq!(end(0, &all[..1]), ["programme"]);
    }

    #[test]
    fn odd_thresholds_end_everything_at_the_reserve_and_nothing_above() {
        let all = ["programme".to_owned(), "hdmi".to_owned()];
        let policy = Policy { degrade_below: 0, reserve: 5, ..Policy::default() };
        let end = |free| tracks_to_end(Space { free, total: 100 }, &all, &all, &policy).len();
        assert_eq!([end(6), end(5), end(0)], [0, 2, 2]);
    }
}
