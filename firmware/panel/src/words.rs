//! The language of the screen, and how it writes times and lengths.

use jiff::civil::{Time, Weekday};
use jiff::{Timestamp, Zoned};
use ketang_protocol::sentence::Sentence;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    pub(crate) fn pick<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    pub(crate) fn say(self, Sentence { chinese, english }: Sentence) -> String {
        self.pick(chinese, english)
    }

    /// Such as `11月22日 星期日`.
    pub(crate) fn date(self, now: &Zoned) -> String {
        let day = match now.weekday() {
            Weekday::Monday => ("一", "Monday"),
            Weekday::Tuesday => ("二", "Tuesday"),
            Weekday::Wednesday => ("三", "Wednesday"),
            Weekday::Thursday => ("四", "Thursday"),
            Weekday::Friday => ("五", "Friday"),
            Weekday::Saturday => ("六", "Saturday"),
            Weekday::Sunday => ("日", "Sunday"),
        };
        match self {
            Self::Chinese => format!("{}月{}日  星期{}", now.month(), now.day(), day.0),
            Self::English => format!("{}, {} {}", day.1, now.day(), now.strftime("%B")),
        }
    }

    /// A length in words, such as `3 分 20 秒`.
    pub(crate) fn length(self, seconds: f64) -> String {
        let seconds = seconds.max(0.0).round() as u64;
        let (minutes, rest) = (seconds / 60, seconds % 60);
        match (minutes, rest) {
            (0, rest) => self.pick(format!("{rest} 秒"), format!("{rest} s")),
            (minutes, 0) => self.pick(format!("{minutes} 分钟"), format!("{minutes} min")),
            (minutes, rest) => self.pick(format!("{minutes} 分 {rest} 秒"), format!("{minutes} min {rest} s")),
        }
    }

    /// A limit in hours and minutes, such as `4 小时`.
    pub(crate) fn span(self, seconds: u64) -> String {
        match (seconds / 3600, seconds / 60 % 60) {
            (0, minutes) => self.pick(format!("{minutes} 分钟"), format!("{minutes} min")),
            (hours, 0) => self.pick(format!("{hours} 小时"), format!("{hours} h")),
            (hours, minutes) => self.pick(format!("{hours} 小时 {minutes} 分钟"), format!("{hours} h {minutes} min")),
        }
    }

    /// A length in whole minutes.
    pub(crate) fn minutes(self, seconds: f64) -> String {
        let minutes = (seconds / 60.0).round() as u64;
        self.pick(format!("{minutes} 分钟"), format!("{minutes} min"))
    }
}

/// Hours, minutes and seconds, as a recorder counts.
pub(crate) fn counter(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The time of day as the wall clock shows it.
pub(crate) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// The time of day at which something happened, where `now` is.
pub(crate) fn at(time: Timestamp, now: &Zoned) -> Zoned {
    time.to_zoned(now.time_zone().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_as_people_say_them() {
        let told = |seconds| (Language::Chinese.length(seconds), Language::English.length(seconds));
        assert_eq!(told(7.4), ("7 秒".into(), "7 s".into()));
        assert_eq!(told(120.0), ("2 分钟".into(), "2 min".into()));
        assert_eq!(told(200.0), ("3 分 20 秒".into(), "3 min 20 s".into()));
        assert_eq!(counter(3723.9), "01:02:03");
    }
}
