//! The timetable of a room: which lessons it has, and which periods (课时) follow from that on a day.
//!
//! Entries are in the room's own time, as they hang beside the door: a period begins at eight whatever summer time does. Who
//! shows or acts on them brings the time zone.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::command::{Refusal, RefusalCode};
use crate::lesson::LessonId;
use crate::sentence::Sentence;

/// More is no room's timetable.
const MOST_ENTRIES: usize = 500;
/// A lesson that starts so long before a period is already that period's.
pub const EARLY: SignedDuration = SignedDuration::from_mins(10);

/// The lessons of a room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timetable {
    pub entries: Vec<Entry>,
    /// Days on which no weekly lesson takes place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<Date>,
}

/// A lesson that is held every week, or once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<String>,
    /// The days of the week; empty where it has a date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// The day on which it is held once, in the place of weekly ones that it overlaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub begins: Time,
    /// On the same day.
    pub ends: Time,
    /// The first and the last day of a weekly one, as of a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    #[serde(default)]
    pub starts: Starts,
}

/// Who starts a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// Somebody taps; the host knows its name and its end.
    #[default]
    ByTap,
    /// The host starts and ends it.
    ByItself,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    pub fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }

    pub fn chinese(self) -> &'static str {
        ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][self as usize]
    }

    pub fn english(self) -> &'static str {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][self as usize]
    }
}

/// A timetable with the name of this very state of it: who replaces it says in `If-Match` which one they saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versioned {
    pub timetable: Timetable,
    pub version: String,
}

/// One time that a lesson is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    pub begins: Timestamp,
    pub ends: Timestamp,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<String>,
    pub starts: Starts,
}

/// A period, and what became of it once it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodState {
    #[serde(flatten)]
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<PeriodOutcome>,
}

/// What became of a period. A lesson has an outcome of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PeriodOutcome {
    Lesson {
        lesson: LessonId,
    },
    /// Nobody tapped.
    NotStarted,
    /// The host could not start it.
    Failed {
        why: Sentence,
    },
}

impl Timetable {
    /// Refuses what cannot be held in one room.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.entries.len() > MOST_ENTRIES {
            return invalid(
                format!("课表最多 {MOST_ENTRIES} 条"),
                format!("a timetable has at most {MOST_ENTRIES} entries"),
            );
        }
        self.entries.iter().try_for_each(Entry::check)?;
        for (index, one) in self.entries.iter().enumerate() {
            if let Some(other) = self.entries[..index].iter().find(|other| one.collides(other)) {
                return invalid(
                    format!("{other} 和 {one} 的时间重叠：请修改其中一条"),
                    format!("{other} and {one} are held at the same time: move one of them"),
                );
            }
        }
        Ok(())
    }

    /// The periods of which some part lies between two times, in order.
    pub fn periods(&self, zone: &TimeZone, from: Timestamp, until: Timestamp) -> Vec<Period> {
        let day = |time: Timestamp| zone.to_datetime(time).date();
        let (mut date, last) = (day(from), day(until));
        let mut periods = Vec::new();
        while date <= last {
            periods.extend(self.on(date).into_iter().filter_map(|entry| entry.period(zone, date)));
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        periods.retain(|period| period.ends > from && period.begins < until);
        periods.sort_by_key(|period| period.begins);
        periods
    }

    /// The entries that are held on a day.
    fn on(&self, date: Date) -> Vec<&Entry> {
        let once: Vec<&Entry> = self.entries.iter().filter(|entry| entry.date == Some(date)).collect();
        let weekly = self.entries.iter().filter(|entry| entry.is_weekly_on(date) && !self.off.contains(&date));
        let free = |entry: &&Entry| !once.iter().any(|other| other.overlaps(entry));
        weekly.filter(free).chain(once.iter().copied()).collect()
    }
}

/// The period that a lesson which starts now is held for: the one that goes on, else one that begins within [`EARLY`].
pub fn at_hand<'a>(
    periods: impl IntoIterator<Item = &'a Period, IntoIter: Clone>,
    now: Timestamp,
) -> Option<&'a Period> {
    let periods = periods.into_iter();
    let goes_on = |period: &&Period| period.begins <= now && now < period.ends;
    let begins_soon = |period: &&Period| period.begins > now && period.begins.duration_since(now) <= EARLY;
    periods.clone().find(goes_on).or_else(|| periods.clone().find(begins_soon))
}

impl Entry {
    fn check(&self) -> Result<(), Refusal> {
        let is_line = |text: &str| text.len() <= 400 && !text.contains(char::is_control);
        if self.title.trim().is_empty() || !is_line(&self.title) || !self.teacher.as_deref().is_none_or(is_line) {
            return invalid(
                "课程名称和教师是一行文字，最长 400 字节；名称不能为空".into(),
                "a title and a teacher are texts of one line, at most 400 bytes long; a title is not empty".into(),
            );
        }
        if self.ends <= self.begins {
            return invalid(
                format!("{self} 的下课时间不晚于上课时间"),
                format!("{self} does not end after it begins, on the same day"),
            );
        }
        if self.days.is_empty() == self.date.is_none() {
            return invalid(
                format!("{self} 要写星期（`days`）或日期（`date`），只写一种"),
                format!("{self} has either days of the week (`days`) or a `date`"),
            );
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| until < from) {
            return invalid(
                format!("{self} 的结束日期早于开始日期"),
                format!("{self} is over before its first day: `until` lies before `from`"),
            );
        }
        Ok(())
    }

    fn is_weekly_on(&self, date: Date) -> bool {
        self.days.contains(&Day::of(date))
            && self.from.is_none_or(|from| from <= date)
            && self.until.is_none_or(|until| date <= until)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.begins < other.ends && other.begins < self.ends
    }

    /// Whether both are held at one time, and none of them takes the other's place.
    fn collides(&self, other: &Self) -> bool {
        let same_day = match (self.date, other.date) {
            (None, None) => {
                let latest_first = self.from.max(other.from);
                let earliest_last = [self.until, other.until].into_iter().flatten().min();
                let share_a_time = earliest_last.is_none_or(|last| latest_first.is_none_or(|first| first <= last));
                share_a_time && self.days.iter().any(|day| other.days.contains(day))
            }
            (one, another) => one.is_some() && one == another,
        };
        same_day && self.overlaps(other)
    }

    /// What it is on a day; nothing where the clocks leap over it.
    fn period(&self, zone: &TimeZone, date: Date) -> Option<Period> {
        let at = |time: Time| zone.to_zoned(date.to_datetime(time)).ok().map(|zoned| zoned.timestamp());
        let (begins, ends) = (at(self.begins)?, at(self.ends)?);
        let (title, teacher) = (self.title.clone(), self.teacher.clone());
        (begins < ends).then_some(Period { begins, ends, title, teacher, starts: self.starts })
    }
}

/// Such as `数学 08:00–08:45`.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begins, ends) = (self.begins.strftime("%H:%M"), self.ends.strftime("%H:%M"));
        write!(f, "{} {begins}–{ends}", self.title.escape_debug())
    }
}

fn invalid(chinese: String, english: String) -> Result<(), Refusal> {
    Err(Refusal::new(RefusalCode::Invalid, chinese, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(title: &str, days: &[Day], begins: &str, ends: &str) -> Entry {
        Entry {
            title: title.into(),
            teacher: None,
            days: days.to_vec(),
            date: None,
            begins: begins.parse().unwrap(),
            ends: ends.parse().unwrap(),
            from: None,
            until: None,
            starts: Starts::ByTap,
        }
    }

    fn once(title: &str, date: &str, begins: &str, ends: &str) -> Entry {
        Entry { date: Some(date.parse().unwrap()), ..entry(title, &[], begins, ends) }
    }

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    fn told(timetable: &Timetable, from: &str, until: &str) -> Vec<String> {
        let periods = timetable.periods(&zone(), from.parse().unwrap(), until.parse().unwrap());
        let told =
            |period: &Period| format!("{} {}", zone().to_datetime(period.begins).strftime("%d %H:%M"), period.title);
        periods.iter().map(told).collect()
    }

    #[test]
    fn a_week_has_its_lessons_and_a_single_one_takes_the_place_of_others() {
        let mut timetable = Timetable {
            entries: vec![
                entry("英语", &[Day::Mon, Day::Wed], "09:00", "09:45"),
                entry("数学", &[Day::Mon], "08:00", "08:45"),
                once("公开课", "2026-11-30", "08:30", "09:00"),
            ],
            off: vec![],
        };
        timetable.check().unwrap();
        // 30 November 2026 is a Monday. Midnight there is 16:00 UTC of the day before.
        let week = ("2026-11-29T16:00:00Z", "2026-12-06T16:00:00Z");
        assert_eq!(told(&timetable, week.0, week.1), ["30 08:30 公开课", "30 09:00 英语", "02 09:00 英语"]);
        timetable.off = vec!["2026-11-30".parse().unwrap()];
        assert_eq!(told(&timetable, week.0, week.1), ["30 08:30 公开课", "02 09:00 英语"]);
        timetable.entries[0].until = Some("2026-12-01".parse().unwrap());
        assert_eq!(told(&timetable, week.0, week.1), ["30 08:30 公开课"]);
        // One that goes on counts, one that has just ended does not.
        assert_eq!(told(&timetable, "2026-11-30T00:45:00Z", "2026-11-30T00:46:00Z"), ["30 08:30 公开课"]);
        assert_eq!(told(&timetable, "2026-11-30T01:00:00Z", "2026-11-30T02:00:00Z"), [""; 0]);
    }

    #[test]
    fn what_one_room_cannot_hold_is_refused() {
        let monday = || entry("数学", &[Day::Mon], "08:00", "08:45");
        let dated = |from: &str, until: &str| Entry {
            from: Some(from.parse().unwrap()),
            until: Some(until.parse().unwrap()),
            ..monday()
        };
        let wrong = [
            ("the same time", vec![monday(), entry("英语", &[Day::Sun, Day::Mon], "08:44", "09:00")]),
            (
                "the same time",
                vec![once("a", "2026-11-30", "08:00", "09:00"), once("b", "2026-11-30", "08:00", "09:00")],
            ),
            ("does not end after", vec![entry("数学", &[Day::Mon], "08:00", "08:00")]),
            ("either days", vec![entry("数学", &[], "08:00", "08:45")]),
            ("either days", vec![Entry { days: vec![Day::Mon], ..once("a", "2026-11-30", "08:00", "09:00") }]),
            ("one line", vec![entry(" ", &[Day::Mon], "08:00", "08:45")]),
            ("one line", vec![entry("a\nb", &[Day::Mon], "08:00", "08:45")]),
            ("before its first day", vec![dated("2026-12-01", "2026-11-01")]),
            ("at most", vec![monday(); MOST_ENTRIES + 1]),
        ];
        for (why, entries) in wrong {
            let refusal = Timetable { entries, off: vec![] }.check().unwrap_err();
            assert!(refusal.english.contains(why), "{why}: {}", refusal.english);
        }
        let right = [
            vec![monday(), entry("英语", &[Day::Mon], "08:45", "09:30"), entry("b", &[Day::Tue], "08:00", "08:45")],
            vec![dated("2026-09-01", "2027-01-20"), dated("2027-02-20", "2027-07-10")],
            vec![monday(), once("公开课", "2026-11-30", "08:00", "09:00")],
        ];
        for entries in right {
            Timetable { entries, off: vec![] }.check().unwrap();
        }
    }

    #[test]
    fn what_starts_now_is_for_the_period_that_goes_on_or_comes_next() {
        let timetable = Timetable {
            entries: vec![entry("a", &Day::ALL, "08:00", "08:45"), entry("b", &Day::ALL, "08:50", "09:35")],
            off: vec![],
        };
        let periods = timetable.periods(
            &zone(),
            "2026-11-29T23:00:00Z".parse().unwrap(),
            "2026-11-30T10:00:00Z".parse().unwrap(),
        );
        let at = |time: &str| {
            at_hand(&periods, format!("2026-11-30T{time}:00Z").parse().unwrap()).map(|period| &period.title[..])
        };
        let rows =
            [("00:00", Some("a")), ("00:44", Some("a")), ("00:45", Some("b")), ("01:35", None), ("00:50", Some("b"))];
        for (time, title) in rows {
            assert_eq!(at(time), title, "{time}");
        }
        assert_eq!(at_hand(&periods, "2026-11-29T23:49:00Z".parse().unwrap()), None);
        assert!(at_hand(&periods, "2026-11-29T23:50:00Z".parse().unwrap()).is_some());
    }

    #[test]
    fn it_is_written_as_people_write_it_and_unknown_keys_are_refused() {
        let text = r#"{"entries": [{"title": "数学", "days": ["mon", "fri"], "begins": "08:00", "ends": "08:45", "starts": "by-itself"}]}"#;
        let wanted = Entry { starts: Starts::ByItself, ..entry("数学", &[Day::Mon, Day::Fri], "08:00", "08:45") };
        let read: Timetable = serde_json::from_str(text).unwrap();
        assert_eq!(read.entries, [wanted]);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Timetable>(&written).unwrap(), read);
        assert!(serde_json::from_str::<Timetable>(&text.replace("days", "day")).is_err());
        assert!(serde_json::from_str::<Timetable>(&text.replace("08:45", "quarter to nine")).is_err());
    }
}
