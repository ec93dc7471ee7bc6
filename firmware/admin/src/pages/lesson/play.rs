//! The lesson, played in the page whole: its parts one after the other, its chapters to jump to. `player.js` does it.

use ketang_protocol::chapters::chapters;
use ketang_protocol::lesson::{Event, Lesson, LessonId};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::address;
use crate::lang::{Lang, counter};
use crate::pages::icon;

/// The picture, the place in the lesson, and the parts of every track.
pub(super) fn player(lesson: &Lesson, lang: Lang) -> Markup {
    let best = lesson.tracks.iter().find(|track| track.width > 0 && !track.parts.is_empty());
    let Some(best) = best else {
        return html! { p.muted { (lang.pick("还没有可以播放的画面", "There is no picture to play yet")) } };
    };
    let length = best.ends_at();
    // What is played first comes first.
    let others = lesson.tracks.iter().filter(|track| track.name != best.name && !track.parts.is_empty());
    html! {
        video #player controls preload="metadata" playsinline src=(address(&lesson.id, &best.parts[0].file)) {}
        div.place {
            output #place { (counter(0.0)) }
            input #along type="range" min="0" max=(length) step="any" value="0" aria-label=(lang.pick("整节课的位置", "Place in the lesson"));
            span { (counter(length)) }
        }
        div.parts {
            @for track in std::iter::once(best).chain(others) {
                span.muted { (lang.track(&track.name)) }
                @for (number, part) in (1..).zip(&track.parts) {
                    button type="button" data-plays=(address(&lesson.id, &part.file)) data-track=(track.name) data-begins=(part.begins_at) data-seconds=(part.seconds) {
                        (number) " · " (counter(part.begins_at))
                    }
                }
            }
        }
    }
}

pub(super) fn chapter_list(id: &LessonId, events: &[Event], lang: Lang) -> Markup {
    let chapters = chapters(events);
    html! {
        @if !chapters.is_empty() {
            h2 { (lang.pick("章节", "Chapters")) }
            div.chapters {
                @for chapter in chapters {
                    button type="button" data-seek=(chapter.at) {
                        @match chapter.picture {
                            Some(picture) => { img loading="lazy" src=(address(id, picture)) alt=""; }
                            None => (icon(Icon::Bookmark)),
                        }
                        small { (counter(chapter.at)) " " (lang.say(&chapter.title)) }
                    }
                }
            }
        }
    }
}
