//! The first page: what the host does, whether it is ready, what is wrong and how to mend it.

use std::sync::Arc;

use axum::extract::{Extension, State};
use jiff::Timestamp;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::names;
use ketang_protocol::snapshot::{JobState, LessonState, Snapshot};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, icon, page, place, ready};
use crate::lang::{Lang, bytes, counter, local_exact};
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

/// So many alarms of the past are shown.
const PAST: u32 = 12;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let fragments = fragments(&site, &person, site.snapshots.borrow().as_deref());
    let [state, ready, alarms, work] = &fragments;
    page(
        &site,
        &person,
        "/",
        lang.pick("概览", "Overview"),
        "overview",
        &html! {
            div.columns {
                section.card.wide { (place(state)) }
                section.card {
                    h2 { (lang.pick("现在开课会录到什么", "If a lesson began now")) }
                    (place(ready))
                }
                section.card {
                    h2 { (lang.pick("告警", "Alarms")) }
                    (place(alarms))
                    h2 { (lang.pick("正在处理", "Under way")) }
                    (place(work))
                }
            }
        },
    )
}

pub(crate) fn fragments(site: &Site, person: &Person, snapshot: Option<&Snapshot>) -> [Fragment; 4] {
    let lang = person.lang;
    let Some(snapshot) = snapshot else {
        return [("lesson", away(lang)), ("ready", html! {}), ("alarms", past(site, lang)), ("work", html! {})];
    };
    [
        ("lesson", lesson(snapshot, person)),
        ("ready", ready::drawn(&ready::checks(snapshot, lang))),
        ("alarms", html! { (alarms(snapshot, lang)) (past(site, lang)) }),
        ("work", work(snapshot, lang)),
    ]
}

pub(crate) fn away(lang: Lang) -> Markup {
    html! {
        div.big.away { (icon(Icon::Unplug)) (lang.pick("录播主机没有应答", "The recording host does not answer")) }
        p { (lang.pick(
            "它可能正在重启。若一分钟后仍如此，请登录主机运行 systemctl status ketangd。",
            "It may be starting. If this lasts a minute, look at systemctl status ketangd on the host."
        )) }
    }
}

/// What is recorded, with the buttons of who may press them.
pub(crate) fn lesson(snapshot: &Snapshot, person: &Person) -> Markup {
    let lang = person.lang;
    match snapshot.lesson.as_ref().filter(|lesson| !lesson.outcome.is_end()) {
        Some(lesson) => running(lesson, person),
        None => html! {
            div.big.idle { (icon(Icon::CircleDot)) (lang.pick("空闲，没有在录课", "Idle: nothing is recorded")) }
            @if let Some(last) = &snapshot.lesson {
                p { (lang.pick("上一节：", "The last: ")) a href={ "/lessons/" (last.id) } { (last.title.as_deref().unwrap_or(&last.id.0)) } " — " (lang.outcome(&last.outcome)) }
            }
        },
    }
}

fn running(lesson: &LessonState, person: &Person) -> Markup {
    let lang = person.lang;
    let class = match lesson.outcome {
        Outcome::Recording => "recording",
        Outcome::Paused => "paused",
        _ => "busy",
    };
    html! {
        div class={ "big " (class) } {
            span.dot {}
            (lang.outcome(&lesson.outcome))
            span.counter { (counter(lesson.seconds)) }
        }
        p {
            b { (lesson.title.as_deref().unwrap_or_else(|| lang.pick("未命名课程", "Untitled lesson"))) }
            @if let Some(planned) = lesson.planned_seconds { " · " (lang.pick("计划 ", "planned ")) (lang.length(planned as f64)) }
            @if lesson.gaps > 0 { " · " (lang.pick(format!("{} 处缺口", lesson.gaps), format!("{} gaps", lesson.gaps))) }
            @if let Some(seconds) = lesson.resumes_in_seconds { " · " (lang.pick(format!("{seconds} 秒后自动继续"), format!("goes on by itself in {seconds} s"))) }
        }
        table.tracks {
            @for track in &lesson.tracks {
                tr.ended[!track.running] {
                    td { (lang.track(&track.name)) }
                    td { @if track.width > 0 { (track.width) "×" (track.height) } }
                    td.number { (bytes(track.bytes)) }
                    td.number { @if track.dropped > 0 { (lang.pick(format!("丢 {} 帧", track.dropped), format!("{} frames lost", track.dropped))) } }
                }
            }
        }
        @if person.may(Role::Directing) { p { a.button href="/console" { (icon(Icon::SlidersHorizontal)) (lang.pick("打开导播台", "Open the console")) } } }
    }
}

fn alarms(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        @if snapshot.alarms.is_empty() { p.calm { (icon(Icon::ShieldCheck)) (lang.pick("没有告警", "No alarms")) } }
        ul.alarms {
            @for alarm in &snapshot.alarms {
                li.calm[alarm.for_it] data-alarm=(alarm.alarm) {
                    (icon(if alarm.for_it { Icon::Wrench } else { Icon::TriangleAlert }))
                    span { (lang.alarm(alarm)) @if alarm.for_it { " " b { (lang.pick("（不影响录课）", "(lessons are not affected)")) } } }
                }
            }
        }
    }
}

/// Alarms that came and went.
fn past(site: &Site, lang: Lang) -> Markup {
    let lines = site.store.alarms(PAST).unwrap_or_default();
    let time = |seconds: i64| Timestamp::from_second(seconds).map(local_exact).unwrap_or_default();
    html! {
        @if lines.iter().any(|line| line.cleared.is_some()) {
            details {
                summary { (lang.pick("已消除的告警", "Alarms that have cleared")) }
                ul.past {
                    @for (line, cleared) in lines.iter().filter_map(|line| Some((line, line.cleared?))) {
                        li data-cleared=(line.alarm.alarm) {
                            span.muted { (time(line.raised)) " – " (time(cleared)) }
                            span { (lang.alarm(&line.alarm)) }
                        }
                    }
                }
            }
        }
    }
}

fn work(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        @if snapshot.settings_wait {
            p.warn #settings-wait { (lang.pick("设置有改动，课程和工作结束后主机自己重新启动", "Settings were changed: the host begins anew with them when the lesson and all work have ended")) }
        }
        @if snapshot.jobs.is_empty() { p.muted { (lang.pick("无", "Nothing")) } }
        ul.jobs {
            @for job in &snapshot.jobs {
                li {
                    span { (lang.say(&names::job(&job.what))) " " a href={ "/lessons/" (job.lesson) } { (job.lesson) } }
                    @match &job.state {
                        JobState::Running => progress max="100" value=((job.progress * 100.0) as u32) {},
                        JobState::Done => span.muted { (lang.pick("完成", "Done")) },
                        JobState::Failed { why } => span.warn { (why) },
                    }
                }
            }
        }
    }
}
