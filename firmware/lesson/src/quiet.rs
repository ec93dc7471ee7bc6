//! When no lesson is near: what must not meet one, such as an update of the system, begins then.

use jiff::{SignedDuration, Timestamp};
use ketang_protocol::timetable::Period;

/// The first time from `now` on that is no period's and has none within `lead`, and the period that is in the way of now. `busy`
/// is until when a lesson is planned that runs. The periods are in their order.
pub fn quiet(
    now: Timestamp,
    busy: Option<Timestamp>,
    periods: &[Period],
    lead: SignedDuration,
) -> (Timestamp, Option<&Period>) {
    let (mut from, mut first) = (busy.unwrap_or(now).max(now), None);
    for period in periods {
        if period.ends > from && period.begins.duration_since(from) < lead {
            first = first.or(Some(period));
            from = period.ends;
        }
    }
    (from, first)
}

#[cfg(test)]
mod tests {
    use ketang_protocol::timetable::Starts;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_796_000_000 + minute * 60).unwrap()
    }

    #[test]
    fn it_is_quiet_between_lessons_that_are_far_enough_apart() {
        let period = |begins, ends| Period {
            begins: at(begins),
            ends: at(ends),
            title: begins.to_string(),
            teacher: None,
            starts: Starts::ByTap,
        };
        let periods = [period(0, 45), period(55, 100), period(140, 185)];
        // Now, until when a lesson runs; from when it is quiet, and what is in the way.
        let rows = [
            (-31, None, -31, None),
            (-30, None, -30, None),
            (-29, None, 100, Some("0")),
            (0, None, 100, Some("0")),
            (44, None, 100, Some("0")),
            (50, None, 100, Some("55")),
            (100, None, 100, None),
            (110, None, 110, None),
            (111, None, 185, Some("140")),
            (185, None, 185, None),
            // A lesson of nobody's timetable, and one that goes on into the break.
            (-90, Some(-60), -60, None),
            (-90, Some(-10), 100, Some("0")),
            (99, Some(105), 105, None),
            (99, Some(115), 185, Some("140")),
            (300, Some(200), 300, None),
        ];
        for (now, busy, from, first) in rows {
            let (told, because) = quiet(at(now), busy.map(at), &periods, SignedDuration::from_mins(30));
            assert_eq!((told, because.map(|period| period.title.as_str())), (at(from), first), "{now}, {busy:?}");
        }
    }
}
