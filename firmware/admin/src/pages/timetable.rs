//! The timetable of the room: what becomes of today's periods, the lessons of the week, and how IT changes them. The host checks
//! and keeps it.

use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Day, Entry, PeriodOutcome, PeriodState, Starts, Timetable, Versioned};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{icon, page};
use crate::lang::Lang;
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

const HERE: &str = "/timetable";

type S = State<Arc<Site>>;
type P = Extension<Person>;
type Fields = Form<Vec<(String, String)>>;

pub(crate) async fn get(State(site): S, Extension(person): P) -> Result<Markup, Said> {
    let now: Versioned = site.client.get("/v1/timetable").await?;
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let may_change = person.may(Role::It);
    Ok(page(
        &site,
        &person,
        HERE,
        lang.pick("课表", "Timetable"),
        "none",
        &html! {
            @if let Some(snapshot) = snapshot.as_deref() { (today(snapshot, lang)) }
            section.card #week {
                h2 { (icon(Icon::CalendarDays)) " " (lang.pick("每周的课", "Lessons of the week")) }
                @if now.timetable.entries.is_empty() {
                    p.muted { (lang.pick("还没有课表。", "There is no timetable yet.")) }
                }
                ul.rows { @for (index, entry) in in_order(&now.timetable) { (row(index, entry, &now.version, may_change, lang)) } }
                @if !now.timetable.off.is_empty() {
                    p.muted { (lang.pick("停课日：", "Days off: ")) (list(&now.timetable)) }
                }
            }
            @if may_change { (new_entry(&now.version, lang)) (days_off(&now, lang)) (whole(&now, lang)) }
        },
    ))
}

/// Today's periods and the next, with what became of them.
fn today(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        @if !snapshot.periods.is_empty() {
            section.card #today {
                h2 { (icon(Icon::Clock)) " " (lang.pick("今天和下一节", "Today, and the next")) }
                ul.rows { @for state in &snapshot.periods { (period(state, lang)) } }
            }
        }
    }
}

fn period(state: &PeriodState, lang: Lang) -> Markup {
    let time = |time: jiff::Timestamp| time.to_zoned(TimeZone::system()).strftime("%H:%M").to_string();
    let date = state.period.begins.to_zoned(TimeZone::system()).date();
    html! {
        li {
            span.row {
                span.main {
                    b { (state.period.title) }
                    small { (date) " " (time(state.period.begins)) "–" (time(state.period.ends)) " · " (starts(state.period.starts, lang)) }
                }
                @match &state.outcome {
                    None => {},
                    Some(PeriodOutcome::Lesson { lesson }) => a.button href={ "/lessons/" (lesson) } { (lang.pick("看这节课", "The lesson")) },
                    Some(PeriodOutcome::NotStarted) => span.muted { (lang.pick("无人开始", "Nobody started it")) },
                    Some(PeriodOutcome::Failed { why }) => span.warn { (lang.pick("没有录制：", "Not recorded: ")) (lang.say(why)) },
                }
            }
        }
    }
}

/// The entries with their places in the timetable, as a week reads.
fn in_order(timetable: &Timetable) -> Vec<(usize, &Entry)> {
    let mut entries: Vec<_> = timetable.entries.iter().enumerate().collect();
    entries.sort_by_key(|(_, entry)| (entry.date, entry.days.first().copied(), entry.begins));
    entries
}

fn row(index: usize, entry: &Entry, version: &str, may_change: bool, lang: Lang) -> Markup {
    let day = |day: &Day| lang.pick(day.chinese(), day.english());
    let days = entry.days.iter().map(day).collect::<Vec<_>>().join(lang.pick("、", ", "));
    let term = |date: Option<jiff::civil::Date>| date.map_or_else(|| "…".to_owned(), |date| date.to_string());
    html! {
        li data-entry=(entry.title) {
            span.row {
                span.main {
                    b { (entry.title) @if let Some(teacher) = &entry.teacher { " · " (teacher) } }
                    small {
                        @match entry.date { Some(date) => (date), None => (days) } " "
                        (entry.begins.strftime("%H:%M")) "–" (entry.ends.strftime("%H:%M")) " · " (starts(entry.starts, lang))
                        @if entry.from.is_some() || entry.until.is_some() { " · " (term(entry.from)) " – " (term(entry.until)) }
                    }
                }
                @if may_change {
                    form method="post" action="/timetable/remove" {
                        (seen(version))
                        input type="hidden" name="entry" value=(index);
                        button.plain title=(lang.pick("删除", "Remove")) { (icon(Icon::Trash2)) }
                    }
                }
            }
        }
    }
}

fn seen(version: &str) -> Markup {
    html! { input type="hidden" name="version" value=(version); }
}

fn starts(starts: Starts, lang: Lang) -> &'static str {
    match starts {
        Starts::ByTap => lang.pick("教师点按开始", "a teacher taps"),
        Starts::ByItself => lang.pick("自动开始和结束", "starts and ends by itself"),
    }
}

fn new_entry(version: &str, lang: Lang) -> Markup {
    html! {
        section.card {
            h2 { (icon(Icon::Plus)) " " (lang.pick("添加一节课", "Add a lesson")) }
            form.fields.across #add method="post" action="/timetable/add" autocomplete="off" {
                (seen(version))
                label { (lang.pick("名称", "Title")) input name="title" required maxlength="100"; }
                label { (lang.pick("教师", "Teacher")) input name="teacher" maxlength="100"; }
                fieldset.days {
                    legend { (lang.pick("星期", "Days")) }
                    span.ticks {
                        @for day in Day::ALL {
                            label { input type="checkbox" name="day" value=(day.as_str()); (lang.pick(day.chinese(), day.english())) }
                        }
                    }
                }
                label { (lang.pick("或只在这一天", "Or on this day alone")) input type="date" name="date";
                    small { (lang.pick("当天同一时间的每周课程由它代替", "It takes the place of weekly lessons at that time")) } }
                label { (lang.pick("上课", "Begins")) input type="time" name="begins" required; }
                label { (lang.pick("下课", "Ends")) input type="time" name="ends" required; }
                label { (lang.pick("学期开始", "First day")) input type="date" name="from"; }
                label { (lang.pick("学期结束", "Last day")) input type="date" name="until"; }
                label { (lang.pick("录制", "Recording"))
                    select name="starts" {
                        option value="by-tap" { (starts(Starts::ByTap, lang)) }
                        option value="by-itself" { (starts(Starts::ByItself, lang)) }
                    }
                }
                button.primary { (icon(Icon::Plus)) (lang.pick("添加", "Add")) }
            }
        }
    }
}

fn list(timetable: &Timetable) -> String {
    timetable.off.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn days_off(now: &Versioned, lang: Lang) -> Markup {
    html! {
        section.card {
            h2 { (icon(Icon::CalendarX)) " " (lang.pick("停课日", "Days off")) }
            form.fields.across method="post" action="/timetable/off" autocomplete="off" {
                (seen(&now.version))
                label { (lang.pick("日期，用空格分开", "Dates, with spaces between them"))
                    input name="off" value=(list(&now.timetable)) placeholder="2026-10-01 2026-10-02"; }
                button { (icon(Icon::Save)) (lang.pick("保存", "Save")) }
            }
        }
    }
}

fn whole(now: &Versioned, lang: Lang) -> Markup {
    let text = toml::to_string(&now.timetable).unwrap_or_default();
    html! {
        section.card {
            details {
                summary { (lang.pick("整张课表的文本", "The whole as text")) }
                p.muted { (lang.pick(
                    "TOML 格式，可以复制到其他教室；与 ketangctl timetable --set 相同。",
                    "In TOML, to take to other rooms; the same as ketangctl timetable --set."
                )) }
                form method="post" action="/timetable/text" {
                    (seen(&now.version))
                    textarea name="text" rows="16" spellcheck="false" { (text) }
                    div.buttons { button { (icon(Icon::Save)) (lang.pick("保存", "Save")) } }
                }
            }
        }
    }
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(other, _)| other == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

fn typed<T: std::str::FromStr>(form: &[(String, String)], name: &str) -> Result<Option<T>, Said> {
    let wrong = |text: &str| {
        let chinese = format!("看不懂“{text}”：时间写作 08:00，日期写作 2026-11-30");
        Said::invalid(chinese, format!("“{text}” is not understood: write a time as 08:00, a date as 2026-11-30"))
            .at(HERE)
    };
    field(form, name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

pub(crate) async fn add(State(site): S, Extension(person): P, Form(form): Fields) -> Result<Said, Said> {
    let days =
        Day::ALL.into_iter().filter(|day| form.iter().any(|(name, value)| name == "day" && value == day.as_str()));
    let missing = || Said::invalid("请填写上课和下课时间", "Say when it begins and ends").at(HERE);
    let entry = Entry {
        title: field(&form, "title").unwrap_or_default().to_owned(),
        teacher: field(&form, "teacher").map(str::to_owned),
        days: days.collect(),
        date: typed(&form, "date")?,
        begins: typed(&form, "begins")?.ok_or_else(missing)?,
        ends: typed(&form, "ends")?.ok_or_else(missing)?,
        from: typed(&form, "from")?,
        until: typed(&form, "until")?,
        starts: if field(&form, "starts") == Some("by-itself") { Starts::ByItself } else { Starts::ByTap },
    };
    let what = format!("timetable: added {entry}");
    change(&site, &person, &form, &what, |timetable| {
        timetable.entries.push(entry);
        Ok(())
    })
    .await
}

pub(crate) async fn remove(State(site): S, Extension(person): P, Form(form): Fields) -> Result<Said, Said> {
    let index: Option<usize> = typed(&form, "entry")?;
    change(&site, &person, &form, "timetable: removed a lesson", |timetable| {
        let index = index.filter(|index| *index < timetable.entries.len()).ok_or_else(|| Said::meanwhile().at(HERE))?;
        timetable.entries.remove(index);
        Ok(())
    })
    .await
}

pub(crate) async fn set_off(State(site): S, Extension(person): P, Form(form): Fields) -> Result<Said, Said> {
    let dates = field(&form, "off").unwrap_or_default().split_whitespace();
    let wrong = |text: &str| {
        Said::invalid(
            format!("“{text}”不是日期，写作 2026-11-30"),
            format!("“{text}” is no date: write it as 2026-11-30"),
        )
        .at(HERE)
    };
    let off = dates.map(|text| text.parse().map_err(|_| wrong(text))).collect::<Result<Vec<_>, _>>()?;
    change(&site, &person, &form, "timetable: days off", |timetable| {
        timetable.off = off;
        Ok(())
    })
    .await
}

pub(crate) async fn set_text(State(site): S, Extension(person): P, Form(form): Fields) -> Result<Said, Said> {
    let new: Timetable = toml::from_str(field(&form, "text").unwrap_or_default()).map_err(|error| {
        let chinese = format!("这不是课表（{}）：格式见文本框中原来的内容", error.message());
        Said::invalid(chinese, format!("This is no timetable ({}): the text before shows the form", error.message()))
            .at(HERE)
    })?;
    change(&site, &person, &form, "timetable: set as text", |timetable| {
        *timetable = new;
        Ok(())
    })
    .await
}

/// Makes a change of the timetable that somebody saw, unless another has changed it meanwhile.
async fn change(
    site: &Site,
    person: &Person,
    form: &[(String, String)],
    what: &str,
    change: impl FnOnce(&mut Timetable) -> Result<(), Said>,
) -> Result<Said, Said> {
    let Versioned { mut timetable, version } = site.client.get("/v1/timetable").await?;
    if field(form, "version") != Some(&version) {
        return Err(Said::meanwhile().at(HERE));
    }
    change(&mut timetable)?;
    let replaced = site.client.replace_timetable(&version, &timetable).await;
    site.note(person.name(), person.address, what, replaced.is_ok());
    replaced.map_err(|error| Said::from(error).at(HERE))?;
    Ok(Said::done(HERE, "课表已保存", "The timetable is saved"))
}

/// The timetable as a file, to take to another room.
pub(crate) async fn export(State(site): S) -> Result<Response, Said> {
    let now: Versioned = site.client.get("/v1/timetable").await?;
    let text = toml::to_string(&now.timetable).map_err(|error| Said::failed(&error))?;
    let headers = [
        (CONTENT_TYPE, "application/toml; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=ketang-timetable.toml"),
    ];
    Ok((headers, text).into_response())
}
