//! The lessons: a list to search, the newest first; for IT the deleted ones too.

mod when;

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use jiff::tz::TimeZone;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::{DeletedLesson, LessonSummary};
use lucide_icons::Icon;
use maud::{Markup, html};
use serde::Deserialize;

use self::when::Days;
use super::{icon, page};
use crate::clock;
use crate::lang::{Lang, bytes, local};
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

/// So many on a page.
const MOST: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    /// The days, as `when.rs` names them.
    #[serde(default)]
    when: String,
    #[serde(default)]
    from: usize,
    /// What was deleted just now.
    #[serde(default)]
    deleted: String,
}

pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Said> {
    let lang = person.lang;
    let all: Vec<LessonSummary> = site.client.get("/v1/lessons").await?;
    let trash: Vec<DeletedLesson> = if person.may(Role::It) { site.client.get("/v1/trash").await? } else { Vec::new() };
    let wanted = asked.q.trim().to_lowercase();
    let days = Days::of(&asked.when, clock::now().to_zoned(TimeZone::system()).date());
    let of_days = |lesson: &&LessonSummary| days.is_none_or(|days| days.hold(lesson.started));
    let found: Vec<_> =
        all.iter().filter(of_days).filter(|lesson| wanted.is_empty() || fits(lesson, &wanted)).collect();
    let shown = found.iter().skip(asked.from).take(MOST);
    Ok(page(
        &site,
        &person,
        "/lessons",
        lang.pick("课程", "Lessons"),
        "none",
        &html! {
            @if let Some(one) = trash.iter().find(|one| one.lesson.id.0 == asked.deleted) { (undo(one, lang)) }
            section.card {
                form.search method="get" action="/lessons" role="search" {
                    input type="hidden" name="when" value=(asked.when);
                    input type="search" name="q" value=(asked.q) placeholder=(lang.pick("课程名称、教师或日期（2026-11-22）", "Title, teacher or day (2026-11-22)")) aria-label=(lang.pick("查找", "Search"));
                    button { (icon(Icon::Search)) (lang.pick("查找", "Search")) }
                }
                (when::choices(&asked.when, &asked.q, lang))
                @if found.is_empty() { p.muted { (lang.pick("没有找到课程", "No lessons found")) } }
                ul.rows {
                    @for lesson in shown { (row(lesson, lang)) }
                }
                @if found.len() > asked.from + MOST {
                    form method="get" action="/lessons" {
                        input type="hidden" name="q" value=(asked.q);
                        input type="hidden" name="when" value=(asked.when);
                        input type="hidden" name="from" value=(asked.from + MOST);
                        button { (lang.pick("更早的课程", "Earlier lessons")) }
                    }
                }
            }
            (deleted(&trash, lang))
        },
    ))
}

fn fits(lesson: &LessonSummary, wanted: &str) -> bool {
    let title = lesson.title.iter().chain(&lesson.teacher).any(|text| text.to_lowercase().contains(wanted));
    title || lesson.id.0.contains(wanted) || local(lesson.started).contains(wanted)
}

/// The colour of an outcome.
pub(crate) fn class_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Recording => "recording",
        Outcome::Paused | Outcome::KeptWithGaps | Outcome::NobodyCame => "paused",
        Outcome::Finishing => "busy",
        Outcome::Kept => "kept",
        Outcome::Failed { .. } => "failed",
    }
}

fn title(lesson: &LessonSummary, lang: Lang) -> &str {
    lesson.title.as_deref().unwrap_or_else(|| lang.pick("未命名课程", "Untitled lesson"))
}

/// What was deleted just now, with the way back.
fn undo(one: &DeletedLesson, lang: Lang) -> Markup {
    let name = title(&one.lesson, lang);
    html! {
        section.card #undo {
            form.inline method="post" action={ "/do/restore/" (one.lesson.id) } {
                span { (lang.pick(format!("已删除“{name}”"), format!("Deleted {name}"))) }
                button.primary { (icon(Icon::Undo2)) (lang.pick("撤销", "Undo")) }
            }
        }
    }
}

fn deleted(trash: &[DeletedLesson], lang: Lang) -> Markup {
    html! {
        @if !trash.is_empty() {
            section.card #trash {
                h2 { (lang.pick("已删除的课程", "Deleted lessons")) }
                p.muted { (lang.pick("保留一周；录课需要空间时，最先清除这些课程。", "Kept for a week, and the first to go when a lesson needs room.")) }
                ul.rows {
                    @for one in trash {
                        li data-deleted=(one.lesson.id) {
                            span.row {
                                (icon(Icon::Trash))
                                span.main {
                                    b { (title(&one.lesson, lang)) }
                                    @if let Some(teacher) = &one.lesson.teacher { " · " (teacher) }
                                    small {
                                        (local(one.lesson.started)) " · " (lang.length(one.lesson.seconds)) " · " (bytes(one.lesson.bytes)) " · "
                                        (lang.pick(format!("可恢复至 {}", local(one.until)), format!("kept until {}", local(one.until))))
                                    }
                                }
                            }
                            form method="post" action={ "/do/restore/" (one.lesson.id) } { button { (icon(Icon::Undo2)) (lang.pick("恢复", "Take back")) } }
                        }
                    }
                }
            }
        }
    }
}

fn row(lesson: &LessonSummary, lang: Lang) -> Markup {
    html! {
        li {
            a.row href={ "/lessons/" (lesson.id) } {
                (icon(Icon::Clapperboard))
                span.main {
                    b { (title(lesson, lang)) }
                    @if let Some(teacher) = &lesson.teacher { " · " (teacher) }
                    small { (local(lesson.started)) " · " (lang.length(lesson.seconds)) " · " (bytes(lesson.bytes)) }
                }
                @if lesson.confirmed_upstream { span.tag title=(lang.pick("平台已确认收到", "The platform holds it")) { (icon(Icon::CloudCheck)) } }
                span class={ "pill " (class_of(&lesson.outcome)) } { (lang.outcome(&lesson.outcome)) }
            }
        }
    }
}
