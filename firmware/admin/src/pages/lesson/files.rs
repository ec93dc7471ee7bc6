//! The lesson's files: the programme as one file, another track or a piece, and the parts as they were recorded.

use std::path::Path;

use ketang_protocol::lesson::{Lesson, LessonId, Track};
use ketang_protocol::snapshot::{JobState, Snapshot};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::address;
use crate::downloads::made;
use crate::lang::{Lang, bytes, counter};
use crate::pages::{Fragment, icon};
use crate::store::Role;
use crate::who::Person;

/// Ways to have the lesson as one file.
pub(super) fn download(lesson: &Lesson, person: &Person) -> Markup {
    let lang = person.lang;
    let tracks: Vec<&Track> = lesson.tracks.iter().filter(|track| !track.parts.is_empty()).collect();
    let best = tracks.iter().find(|track| track.width > 0).or(tracks.first());
    let Some(best) = best.filter(|_| lesson.outcome.is_end()) else { return html! {} };
    let whole: u64 = best.parts.iter().map(|part| part.bytes).sum();
    let action = format!("/do/download/{}", lesson.id);
    html! {
        @if let [part] = best.parts.as_slice() {
            p { a.button.primary #download href={ (address(&lesson.id, &part.file)) "?download" } download { (icon(Icon::Download)) (words(best, whole, lang)) } }
        } @else if person.may(Role::Directing) {
            form #download method="post" action=(action) {
                input type="hidden" name="track" value=(best.name);
                button.primary { (icon(Icon::Download)) (words(best, whole, lang)) }
            }
        }
        @if person.may(Role::Directing) {
            details #piece {
                summary { (icon(Icon::Scissors)) " " (lang.pick("下载其他轨道或片段", "Another track, or a piece")) }
                form.fields method="post" action=(action) {
                    label { (lang.pick("轨道", "Track")) select name="track" { @for track in &tracks { option value=(track.name) { (lang.track(&track.name)) } } } }
                    label { (lang.pick("从（可不填）", "From (or leave empty)")) input name="from" maxlength="9" placeholder="5:00"; }
                    label { (lang.pick("到（可不填）", "Until (or leave empty)")) input name="until" maxlength="9" placeholder="12:30"; }
                    button { (lang.pick("生成文件", "Make the file")) }
                }
            }
        }
    }
}

fn words(track: &Track, size: u64, lang: Lang) -> String {
    let (name, size) = (lang.track(&track.name), bytes(size));
    lang.pick(format!("下载整节课（{name}，{size}）"), format!("Download the whole lesson ({name}, {size})"))
}

/// The files that are being made of a lesson, and those that are there.
pub(crate) fn downloads(data: &Path, lesson: &LessonId, snapshot: Option<&Snapshot>, lang: Lang) -> Fragment {
    let jobs = snapshot.iter().flat_map(|now| &now.jobs).filter(|job| job.what == "export" && job.lesson == *lesson);
    let jobs: Vec<_> = jobs.filter(|job| job.state != JobState::Done).collect();
    let files = made(data, lesson);
    let content = html! {
        ul.jobs {
            @for job in jobs {
                li {
                    @match &job.state {
                        JobState::Failed { why } => span.warn { (lang.pick("没有做成：", "It was not made: ")) (why) },
                        _ => { span { (lang.pick("正在合成一个文件…", "One file is made…")) } progress max="1" value=(job.progress) {} },
                    }
                }
            }
        }
        @if !files.is_empty() {
            ul.rows {
                @for file in &files {
                    li {
                        a.row href={ (file.address()) "?download" } download data-made=(file.piece.track) {
                            (icon(Icon::FileDown))
                            span.main {
                                b { (lang.track(&file.piece.track)) }
                                @if let Some((from, until)) = file.piece.range { " " (counter(from as f64)) "–" (counter(until as f64)) }
                                small { (bytes(file.bytes)) " · " (lang.pick("点此下载；保留一天", "Touch to download; kept for a day")) }
                            }
                        }
                    }
                }
            }
        }
    };
    ("downloads", content)
}

/// The parts of a track as they were recorded.
pub(super) fn parts(id: &LessonId, track: &Track, lang: Lang) -> Markup {
    html! {
        h3 {
            (lang.track(&track.name))
            small.muted { " " @if track.width > 0 { (track.width) "×" (track.height) " · " } (track.codec) }
        }
        @if let Some(why) = &track.lowered { p.warn { (lang.say(why)) } }
        ul.rows {
            @for part in &track.parts {
                li {
                    a.row href={ (address(id, &part.file)) "?download" } download {
                        (icon(Icon::Download))
                        span.main { (part.file) small { (counter(part.begins_at)) " · " (lang.length(part.seconds)) " · " (bytes(part.bytes)) } }
                    }
                }
            }
        }
    }
}
