//! What the timetable asks of a host now, so that every period ends in one explained outcome: which lesson is to be started or
//! ended, and which periods went by without one.

use jiff::Timestamp;
use ketang_protocol::lesson::LessonId;
use ketang_protocol::timetable::{EARLY, Period, Starts};

/// A lesson as the timetable sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub lesson: LessonId,
    pub started: Timestamp,
    /// Absent while it is recorded.
    pub ended: Option<Timestamp>,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// The period whose lesson the host is to start.
    pub start: Option<Period>,
    /// Periods that are over and had no lesson.
    pub missed: Vec<Period>,
}

/// The lesson that was held in a period: the first that was started for it, else one that took up half of it.
pub fn held_in<'a>(period: &Period, periods: &[Period], held: &'a [Held], now: Timestamp) -> Option<&'a Held> {
    let is_for = |lesson: &&Held| {
        let goes_on = period.begins <= lesson.started && lesson.started < period.ends;
        // Who starts early starts the next one, unless another still goes on or it is over before the period begins.
        let is_early = lesson.started < period.begins
            && lesson.ended.is_none_or(|ended| ended > period.begins)
            && period.begins.duration_since(lesson.started) <= EARLY
            && !periods.iter().any(|other| other.begins <= lesson.started && lesson.started < other.ends);
        goes_on || is_early
    };
    let takes_half = |lesson: &&Held| {
        let (from, until) = (lesson.started.max(period.begins), lesson.ended.unwrap_or(now).min(period.ends));
        until.duration_since(from) * 2 >= period.ends.duration_since(period.begins)
    };
    held.iter().find(is_for).or_else(|| held.iter().find(takes_half))
}

/// What is due `now`. The periods that ended until `accounted` have their outcome already; `recording` is whether a lesson runs.
pub fn due(periods: &[Period], held: &[Held], accounted: Timestamp, recording: bool, now: Timestamp) -> Due {
    let without = |period: &&Period| held_in(period, periods, held, now).is_none();
    let is_over = |period: &&Period| accounted < period.ends && period.ends <= now;
    let goes_on = |period: &&Period| period.begins <= now && now < period.ends && period.starts == Starts::ByItself;
    Due {
        start: periods.iter().filter(goes_on).find(without).filter(|_| !recording).cloned(),
        missed: periods.iter().filter(is_over).filter(without).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_796_000_000 + minute * 60).unwrap()
    }

    fn period(begins: i64, ends: i64, starts: Starts) -> Period {
        Period { begins: at(begins), ends: at(ends), title: format!("{begins}"), teacher: None, starts }
    }

    fn held(started: i64, ended: Option<i64>) -> Held {
        Held { lesson: LessonId::new(at(started), 1), started: at(started), ended: ended.map(at) }
    }

    #[test]
    fn lessons_are_started_once_in_their_period_and_what_had_none_is_told_once() {
        use Starts::{ByItself, ByTap};
        let periods = [period(0, 45, ByItself), period(55, 100, ByTap), period(110, 155, ByItself)];
        // Lessons, what is accounted for, whether one runs, now; what is started, what was missed.
        type Row<'a> = (&'a [Held], i64, bool, i64, Option<i64>, &'a [i64]);
        let rows: [Row<'_>; 14] = [
            (&[], -60, false, -1, None, &[]),
            (&[], -60, false, 0, Some(0), &[]),
            (&[], -60, true, 0, None, &[]),
            (&[held(0, None)], -60, true, 1, None, &[]),
            // Somebody stopped it: it is not started again.
            (&[held(0, Some(3))], -60, false, 4, None, &[]),
            // The host comes up in the middle, or the lesson before went on into it.
            (&[], -60, false, 44, Some(0), &[]),
            (&[], -60, false, 45, None, &[0]),
            (&[], 45, false, 50, None, &[]),
            // Somebody came early: for the second, not for the first, whose lesson is missed.
            (&[held(46, None)], -60, true, 100, None, &[0]),
            (&[held(0, Some(45))], -60, false, 100, None, &[55]),
            // A double lesson is that of both.
            (&[held(-5, Some(98))], -60, false, 100, None, &[]),
            (&[held(0, Some(60)), held(60, Some(112))], -60, false, 113, Some(110), &[]),
            // A trial before school is nobody's lesson.
            (&[held(-8, Some(-6))], -60, false, 1, Some(0), &[]),
            (&[], -60, false, 300, None, &[0, 55, 110]),
        ];
        for (index, (held, accounted, recording, now, start, missed)) in rows.into_iter().enumerate() {
            let due = due(&periods, held, at(accounted), recording, at(now));
            assert_eq!(due.start.map(|period| period.begins), start.map(at), "row {index}");
            let told: Vec<_> = due.missed.iter().map(|period| period.begins).collect();
            assert_eq!(told, missed.iter().map(|minute| at(*minute)).collect::<Vec<_>>(), "row {index}");
        }
    }
}
