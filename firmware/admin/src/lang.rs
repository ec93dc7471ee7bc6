//! The language of the pages: Chinese, or English by one tap.

use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ketang_hal::role::{PictureRole, Role};
use ketang_protocol::command::Refusal;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::names;
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;

/// The cookie that remembers the choice.
pub(crate) const COOKIE: &str = "lang";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    #[default]
    Chinese,
    English,
}

impl Lang {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if crate::who::cookie(headers, COOKIE).is_some_and(|lang| lang == "en") { Self::English } else { Self::Chinese }
    }

    pub(crate) fn pick<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    pub(crate) fn role(self, role: Role) -> &'static str {
        match role {
            Role::Picture(role) => self.picture(role),
            Role::Sound(role) => self.pick(role.chinese(), role.english()),
        }
    }

    pub(crate) fn picture(self, role: PictureRole) -> &'static str {
        self.pick(role.chinese(), role.english())
    }

    pub(crate) fn track(self, name: &str) -> String {
        self.say(&names::track(name)).to_owned()
    }

    pub(crate) fn check(self, name: &str) -> String {
        self.say(&names::check(name)).to_owned()
    }

    pub(crate) fn say(self, sentence: &Sentence) -> &str {
        self.pick(&sentence.chinese, &sentence.english)
    }

    pub(crate) fn alarm(self, alarm: &Alarm) -> &str {
        self.pick(&alarm.chinese, &alarm.english)
    }

    pub(crate) fn outcome(self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Recording => self.pick("录制中", "Recording").into(),
            Outcome::Paused => self.pick("已暂停", "Paused").into(),
            Outcome::Finishing => self.pick("整理中", "Finishing").into(),
            Outcome::Kept => self.pick("已保存", "Kept").into(),
            Outcome::KeptWithGaps => self.pick("已保存（有缺口）", "Kept with gaps").into(),
            Outcome::NobodyCame => self.pick("无人上课", "Nobody came").into(),
            Outcome::Failed { why } => self.pick(format!("失败：{}", why.chinese), format!("Failed: {}", why.english)),
        }
    }

    /// What the host says no with.
    pub(crate) fn refusal(self, refusal: &Refusal) -> String {
        self.pick(refusal.chinese.clone(), refusal.english.clone())
    }

    /// A length in words, such as `3 分 20 秒`.
    pub(crate) fn length(self, seconds: f64) -> String {
        let seconds = seconds.max(0.0).round() as u64;
        match (seconds / 60, seconds % 60) {
            (0, rest) => self.pick(format!("{rest} 秒"), format!("{rest} s")),
            (minutes, 0) => self.pick(format!("{minutes} 分钟"), format!("{minutes} min")),
            (minutes, rest) => self.pick(format!("{minutes} 分 {rest} 秒"), format!("{minutes} min {rest} s")),
        }
    }
}

/// Hours, minutes and seconds, as a recorder counts.
pub(crate) fn counter(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A day and time where the host is.
pub(crate) fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same with seconds.
pub(crate) fn local_exact(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `412 MB`, of 10⁶ bytes as disks and HB-5 count.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_people_say_them() {
        assert_eq!([bytes(1), bytes(412_000_000), bytes(1_250_000_000)], ["1 kB", "412 MB", "1.2 GB"]);
        assert_eq!(counter(3723.9), "01:02:03");
        assert_eq!((Lang::Chinese.length(200.0), Lang::English.length(7.4)), ("3 分 20 秒".into(), "7 s".into()));
        assert_eq!(Lang::Chinese.track("hdmi"), "电脑画面");
        assert_eq!(Lang::English.track("something"), "something");
    }
}
