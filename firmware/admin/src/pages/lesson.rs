//! One lesson: played in the page, its files to download, what is missing in it, what the check found, and why it was cut.

mod files;
mod play;

use std::sync::Arc;

use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;
use ketang_protocol::lesson::{
    Attendance, CheckResult, Event, EventKind, GapKind, Lesson, LessonId, Outcome, RecutNote,
};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{icon, lessons, page, place};
use crate::files::{segments, send};
use crate::lang::{Lang, counter, local};
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

pub(crate) use files::downloads;

/// So many events are listed.
const MOST: usize = 300;

fn id_of(text: &str) -> Result<LessonId, Said> {
    LessonId::try_from(text.to_owned()).map_err(|_| Said::not_found("没有这节课", "There is no such lesson"))
}

pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Result<Markup, Said> {
    let (lang, id) = (person.lang, id_of(&id)?);
    let lesson: Lesson = site.client.get(&format!("/v1/lessons/{id}")).await?;
    let events: Vec<Event> = site.client.get(&format!("/v1/lessons/{id}/events")).await?;
    let title = lesson.title.clone().unwrap_or_else(|| lang.pick("未命名课程", "Untitled lesson").into());
    let snapshot = site.snapshots.borrow().clone();
    let downloads = downloads(&site.cli.data, &id, snapshot.as_deref(), lang);
    Ok(page(
        &site,
        &person,
        "/lessons",
        &title,
        &format!("lesson-{id}"),
        &html! {
            p.muted {
                span class={ "pill " (lessons::class_of(&lesson.outcome)) } { (lang.outcome(&lesson.outcome)) }
                " " (local(lesson.started))
                @if let Some(teacher) = &lesson.teacher { " · " (teacher) }
                " · " (lesson.id)
            }
            @for note in &lesson.recuts { p.muted { (icon(Icon::Clapperboard)) " " (recut(note, lang)) } }
            div.columns {
                section.card.wide { (play::player(&lesson, lang)) (play::chapter_list(&id, &events, lang)) }
                section.card {
                    h2 { (lang.pick("下载", "Download")) }
                    (files::download(&lesson, &person))
                    (place(&downloads))
                    details {
                        summary { (lang.pick("录制的分段文件", "The parts as they were recorded")) }
                        @for track in &lesson.tracks { (files::parts(&id, track, lang)) }
                    }
                    (buttons(&lesson, &person))
                }
                section.card { (report(&lesson, lang)) }
                section.card { (attendance(lesson.attendance.as_ref(), lang)) }
                section.card.wide { (story(&events, lang)) }
            }
        },
    ))
}

/// A file of a lesson, as the lesson's own record names it.
pub(crate) async fn file(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Said> {
    let rest = segments(&request, "/media/")?.into_owned();
    let (id, name) = rest.split_once('/').ok_or_else(|| Said::not_found("没有这个文件", "There is no such file"))?;
    let id = id_of(id)?;
    let ordinary =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) && !name.starts_with('.');
    if !ordinary || name.is_empty() {
        return Err(Said::not_found("没有这个文件", "There is no such file"));
    }
    send(&site.cli.data.join("lessons").join(&id.0).join(name), name, request).await
}

fn address(id: &LessonId, file: &str) -> String {
    format!("/media/{id}/{file}")
}

fn recut(note: &RecutNote, lang: Lang) -> String {
    let (when, who) = (local(note.time), &note.from);
    match &note.rules {
        Some(rules) => lang.pick(
            format!("{when} 由 {who} 按规则 {rules} 重新导播"),
            format!("{who} had the programme cut anew by the rules {rules}, {when}"),
        ),
        None => lang.pick(
            format!("{when} 由 {who} 恢复为当时的导播"),
            format!("{who} had the programme cut again as it was directed, {when}"),
        ),
    }
}

fn buttons(lesson: &Lesson, person: &Person) -> Markup {
    let lang = person.lang;
    html! {
        @if lesson.outcome.is_end() {
            div.buttons {
                @if person.may(Role::It) {
                    form method="post" action={ "/do/keep/" (lesson.id) } { button { (icon(Icon::FolderInput)) (lang.pick("复制到媒体文件", "Copy to the media files")) } }
                    @if !lesson.confirmed_upstream {
                        form method="post" action={ "/do/confirm/" (lesson.id) } { button { (icon(Icon::CloudCheck)) (lang.pick("确认已上传平台", "The platform holds it")) } }
                    }
                }
                @if person.may(Role::Directing) {
                    form method="post" action={ "/do/verify/" (lesson.id) } { button { (icon(Icon::ShieldCheck)) (lang.pick("重新检查", "Check again")) } }
                }
            }
            @if person.may(Role::It) && !lesson.confirmed_upstream {
                p.muted { (lang.pick("确认之前主机绝不自行删除这节课；确认后只在需要空间时删除。", "Before that the host never deletes this lesson of itself; after it, only when room is needed.")) }
            }
            @if person.may(Role::Directing) { (rename(lesson, lang)) }
            @if person.may(Role::It) { (delete(lesson, lang)) }
        }
    }
}

fn rename(lesson: &Lesson, lang: Lang) -> Markup {
    html! {
        details #rename {
            summary { (icon(Icon::Pencil)) " " (lang.pick("改名", "Rename")) }
            form.fields method="post" action={ "/do/rename/" (lesson.id) } {
                label { (lang.pick("课程名称", "Title")) input name="title" maxlength="100" value=[&lesson.title]; }
                label { (lang.pick("教师", "Teacher")) input name="teacher" maxlength="60" value=[&lesson.teacher]; }
                button.primary { (lang.pick("保存", "Save")) }
            }
        }
    }
}

fn delete(lesson: &Lesson, lang: Lang) -> Markup {
    html! {
        details #delete {
            summary { (icon(Icon::Trash2)) " " (lang.pick("删除", "Delete")) }
            p.muted { (lang.pick("一周内可以在“课程”页恢复；需要空间录课时会提前清除。", "For a week it can be taken back on the page Lessons; less where a lesson needs its room.")) }
            form.fields method="post" action={ "/do/delete/" (lesson.id) } {
                @if !lesson.confirmed_upstream {
                    label.tick {
                        input type="checkbox" name="unconfirmed" value="yes" required;
                        (lang.pick("平台还没有确认收到这节课，可能只此一份，仍要删除", "The platform does not hold this lesson, so this may be all there is of it: delete it all the same"))
                    }
                }
                button.record { (icon(Icon::Trash2)) (lang.pick("删除这节课", "Delete this lesson")) }
            }
        }
    }
}

fn report(lesson: &Lesson, lang: Lang) -> Markup {
    html! {
        @if let Outcome::Failed { why } = &lesson.outcome { p.warn { (lang.say(why)) } }
        h2 { (lang.pick("缺口", "Gaps")) }
        @if lesson.gaps.is_empty() { p.calm { (icon(Icon::CircleCheck)) (lang.pick("没有缺口", "None")) } }
        ul.plain {
            @for gap in &lesson.gaps {
                li { b { (counter(gap.at)) } " " (gap_words(&gap.what, lang)) @if let Some(seconds) = gap.seconds { " · " (lang.length(seconds)) } }
            }
        }
        h2 { (lang.pick("质量检查", "The check")) }
        @match &lesson.verdict {
            None => p.muted { (lang.pick("还没有检查", "Not checked yet")) },
            Some(verdict) => {
                p { (icon(if verdict.ok { Icon::CircleCheck } else { Icon::CircleAlert })) (lang.pick(if verdict.ok { "通过" } else { "未通过" }, if verdict.ok { "Passed" } else { "Not passed" })) " · " (local(verdict.checked)) }
                ul.plain {
                    @for check in verdict.checks.iter().filter(|check| check.result != CheckResult::Pass) {
                        li.warn[check.result == CheckResult::Fail] { b { (lang.track(&check.track)) } " " (lang.check(&check.check)) " — " (lang.say(&check.finding)) @if !check.clause.is_empty() { " (" (check.clause) ")" } }
                    }
                }
                details {
                    summary { (lang.pick(format!("全部 {} 项", verdict.checks.len()), format!("All {} checks", verdict.checks.len()))) }
                    ul.plain {
                        @for check in &verdict.checks { li { b { (lang.track(&check.track)) } " " (lang.check(&check.check)) " — " (lang.say(&check.finding)) } }
                    }
                }
            },
        }
    }
}

/// How many were there, and how that went, as bars.
fn attendance(attendance: Option<&Attendance>, lang: Lang) -> Markup {
    html! {
        h2 { (icon(Icon::Users)) " " (lang.pick("到课人数", "Attendance")) }
        @match attendance {
            None => p.muted { (lang.pick("未知：没有学生全景摄像机，或没有识别人的模型", "Not known: there was no camera on the whole class, or no models that find people")) },
            Some(Attendance { heads, every_seconds, curve }) => {
                p { b { (heads) } " " (lang.pick("人（最多时）", "at most")) }
                div.curve {
                    @for (index, number) in (0_u32..).zip(curve) {
                        span { (counter(f64::from(index * every_seconds))) }
                        @match number {
                            Some(number) => { meter min="0" max=(heads) value=(number) {} b { (number) } },
                            None => { span {} span.muted { "–" } },
                        }
                    }
                }
                p.muted { (lang.pick(format!("每 {} 分钟一个数，只记人数，不认人", every_seconds / 60), format!("One number for {} min each. It is a number alone: nobody is known by name", every_seconds / 60))) }
            },
        }
    }
}

fn gap_words(gap: &GapKind, lang: Lang) -> String {
    match gap {
        GapKind::InputLost { input } => {
            lang.pick(format!("{}无信号", lang.role(*input)), format!("{} had no signal", lang.role(*input)))
        }
        GapKind::Paused => lang.pick("暂停", "Paused").into(),
        GapKind::HostDown => lang.pick("主机断电或重启", "The host was down").into(),
        GapKind::TrackEnded { track, why } => {
            let track = lang.track(track);
            lang.pick(format!("{track}提前结束：{}", why.chinese), format!("{track} ended early: {}", why.english))
        }
        GapKind::FramesDropped { track, frames } => lang.pick(
            format!("{}丢 {frames} 帧", lang.track(track)),
            format!("{} lost {frames} frames", lang.track(track)),
        ),
    }
}

/// What happened, in order; cuts with their reason.
fn story(events: &[Event], lang: Lang) -> Markup {
    let lines = events.iter().filter_map(|event| Some((event.at, words(&event.what, lang)?)));
    html! {
        details {
            summary { (lang.pick("这节课的经过", "What happened")) }
            ul.story {
                @for (at, words) in lines.take(MOST) {
                    li { button.plain type="button" data-seek=(at) { (counter(at)) } span { (words) } }
                }
            }
        }
    }
}

fn words(event: &EventKind, lang: Lang) -> Option<String> {
    let text = match event {
        EventKind::Started => lang.pick("开始录制", "Began").into(),
        EventKind::Continued => lang.pick("断电后继续", "Went on after a power cut").into(),
        EventKind::Paused => lang.pick("暂停", "Paused").into(),
        EventKind::Resumed => lang.pick("继续", "Went on").into(),
        EventKind::Ended => lang.pick("结束", "Ended").into(),
        EventKind::Finished => lang.pick("整理完成", "Finished").into(),
        EventKind::Cut { shot, reason, .. } => {
            let inputs: Vec<&str> = shot.inputs.iter().map(|role| lang.picture(*role)).collect();
            format!("{}：{reason}", inputs.join(" + "))
        }
        EventKind::InputLost { input, why } => {
            lang.pick(format!("{}无信号：{why}", lang.role(*input)), format!("{} lost: {why}", lang.role(*input)))
        }
        EventKind::InputBack { input } => {
            lang.pick(format!("{}恢复", lang.role(*input)), format!("{} is back", lang.role(*input)))
        }
        EventKind::Command { from, command } => {
            let name = serde_json::to_value(command).ok()?["name"].as_str()?.to_owned();
            format!("{from}: {name}")
        }
        EventKind::TrackLowered { track, why } | EventKind::TrackEnded { track, why } => lang
            .pick(format!("{}：{}", lang.track(track), why.chinese), format!("{}: {}", lang.track(track), why.english)),
        EventKind::EncoderFailed { track, why, by } => lang.pick(
            format!("{}的编码器失效（{why}），由 {by} 接替", lang.track(track)),
            format!("{}: its encoder failed ({why}), {by} went on", lang.track(track)),
        ),
        EventKind::FramesRepeated { track, frames } => lang.pick(
            format!("{}的信号源少给了 {frames} 帧，以前一帧代替", lang.track(track)),
            format!("{}: its input did not give {frames} frames, the ones before stand there", lang.track(track)),
        ),
        EventKind::SoundJumped { input, seconds } => lang.pick(
            format!("{}的声卡跳了 {seconds:.2} 秒，已重新对齐", lang.role((*input).into())),
            format!("{}: its card jumped by {seconds:.2} s and was aligned again", lang.role((*input).into())),
        ),
        EventKind::WithoutEchoCancellation { input, why } => lang.pick(
            format!("{}没有回声消除：{why}", lang.role((*input).into())),
            format!("{} is without echo cancellation: {why}", lang.role((*input).into())),
        ),
        EventKind::LiveBegan { target } => lang.pick(format!("“{target}”开始直播"), format!("{target} went live")),
        EventKind::LiveLost { target, why } => lang.pick(
            format!("“{target}”的直播没有播出：{}", why.chinese),
            format!("live to {target} does not go out: {}", why.english),
        ),
        EventKind::LiveBack { target } => lang.pick(format!("“{target}”恢复直播"), format!("{target} is live again")),
        EventKind::LiveEnded { target } => {
            lang.pick(format!("“{target}”停止直播"), format!("live to {target} was ended"))
        }
        EventKind::Slide { .. } => lang.pick("新的一页课件", "Another slide").into(),
        EventKind::Attendance { heads } => lang.pick(format!("到课 {heads} 人"), format!("{heads} are there")),
        EventKind::Chapter { title: Some(title) } => lang.pick(format!("章节：{title}"), format!("Chapter: {title}")),
        EventKind::Chapter { title: None } => lang.pick("标记章节", "A chapter was marked").into(),
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use ketang_protocol::lesson::FORMAT;

    use super::*;
    use crate::store::Account;
    use crate::who::Proof;

    fn person(role: Role) -> Person {
        let account = Account { name: "li".into(), role, password: String::new(), version: 0 };
        let address = IpAddr::from([127, 0, 0, 1]);
        Person { account, proof: Proof::Token(Vec::new()), address, lang: Lang::English, notice: None }
    }

    fn lesson(outcome: Outcome, confirmed_upstream: bool) -> Lesson {
        Lesson {
            format: FORMAT,
            id: LessonId("20261122-081500-0001".into()),
            host: "room".into(),
            title: Some("Brüche \"2\"".into()),
            teacher: None,
            started: "2026-11-22T08:15:00Z".parse().unwrap(),
            ended: None,
            planned_seconds: None,
            outcome,
            tracks: Vec::new(),
            gaps: Vec::new(),
            verdict: None,
            confirmed_upstream,
            attendance: None,
            recuts: Vec::new(),
        }
    }

    #[test]
    fn who_may_rename_and_delete_finds_the_forms() {
        const ALL: [&str; 3] = ["/do/rename/", "/do/delete/", "name=\"unconfirmed\""];
        let table: [(Role, Outcome, bool, &[&str]); 5] = [
            (Role::Viewer, Outcome::Kept, false, &[]),
            (Role::Directing, Outcome::Kept, false, &ALL[..1]),
            (Role::It, Outcome::Kept, true, &ALL[..2]),
            (Role::It, Outcome::Kept, false, &ALL),
            (Role::It, Outcome::Recording, false, &[]),
        ];
        for (role, outcome, confirmed, wanted) in table {
            let forms = buttons(&lesson(outcome.clone(), confirmed), &person(role)).into_string();
            let found: Vec<&str> = ALL.into_iter().filter(|form| forms.contains(form)).collect();
            assert_eq!(found, wanted, "{role:?} {outcome:?} {confirmed}: {forms}");
        }
        let forms = buttons(&lesson(Outcome::Kept, false), &person(Role::It)).into_string();
        assert!(forms.contains("value=\"Brüche &quot;2&quot;\""), "what it is called stands in the field: {forms}");
    }
}
