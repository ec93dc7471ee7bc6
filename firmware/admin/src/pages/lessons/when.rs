//! Which days of lessons are looked for: today, this week, last week, or a day of one's own. Pure; the day is a parameter.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use maud::{Markup, html};

use crate::lang::Lang;

/// Names in the address, and in both languages.
const NAMED: [(&str, &str, &str); 4] = [
    ("today", "今天", "Today"),
    ("this-week", "本周", "This week"),
    ("last-week", "上周", "Last week"),
    ("this-month", "本月", "This month"),
];

/// Days from the first to the last, both counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// A name, or a day as `2026-11-22`; `None`, which is every day, where it is neither.
    pub(super) fn of(asked: &str, today: Date) -> Option<Self> {
        let weeks_begin = |day: Date| day.saturating_sub(i64::from(day.weekday().since(Weekday::Monday)).days());
        let (first, last) = match asked {
            "today" => (today, today),
            "this-week" => (weeks_begin(today), today),
            "last-week" => {
                let monday = weeks_begin(today);
                (monday.saturating_sub(7.days()), monday.saturating_sub(1.day()))
            }
            "this-month" => (today.first_of_month(), today),
            day => {
                let day = day.parse().ok()?;
                (day, day)
            }
        };
        Some(Self { first, last })
    }

    pub(super) fn hold(self, time: Timestamp) -> bool {
        let day = time.to_zoned(TimeZone::system()).date();
        (self.first..=self.last).contains(&day)
    }
}

/// What can be chosen; what is looked for goes along.
pub(super) fn choices(asked: &str, q: &str, lang: Lang) -> Markup {
    let day = asked.parse::<Date>().map(|day| day.to_string()).unwrap_or_default();
    html! {
        div.when {
            @for (name, chinese, english) in NAMED {
                form method="get" action="/lessons" {
                    input type="hidden" name="q" value=(q);
                    // What is chosen is let go by a second touch.
                    @let chosen = asked == name;
                    input type="hidden" name="when" value=(if chosen { "" } else { name });
                    button.on[chosen] data-when=(name) { (lang.pick(chinese, english)) }
                }
            }
            form method="get" action="/lessons" {
                input type="hidden" name="q" value=(q);
                label { (lang.pick("日期", "Day")) " " input type="date" name="when" value=(day) required; }
                button { (lang.pick("查看", "Show")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        let today: Date = "2026-11-29".parse().unwrap();
        assert_eq!(today.weekday(), Weekday::Sunday);
        let of = |asked| Days::of(asked, today).map(|days| (days.first.to_string(), days.last.to_string()));
        let days = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(of("today"), days("2026-11-29", "2026-11-29"));
        assert_eq!(of("this-week"), days("2026-11-23", "2026-11-29"));
        assert_eq!(of("last-week"), days("2026-11-16", "2026-11-22"));
        assert_eq!(of("this-month"), days("2026-11-01", "2026-11-29"));
        assert_eq!(of("2026-02-28"), days("2026-02-28", "2026-02-28"));
        assert_eq!((of(""), of("2026-02-30"), of("x")), (None, None, None));
        assert_eq!(Days::of("last-week", "2026-11-30".parse().unwrap()).unwrap().last, today);
    }
}
