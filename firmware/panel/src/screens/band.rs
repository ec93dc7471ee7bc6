//! The band on top of every screen, the lock's too: whether this room is being recorded, to be read from 3 m, and whether others
//! look on. Red says yes, amber says that it should be and is not.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::targets::PushState;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Look, Painter};
use crate::seen::{Seen, Stage};
use crate::shape::mix;
use crate::view::{Screen, View};
use crate::words::{Language, counter};

/// Draws the band and returns what is left below it.
pub(super) fn draw(p: &mut Painter, whole: Rectangle, seen: &Seen, view: &View) -> Rectangle {
    let mut rest = whole;
    // Motion where it means something: once a second while frames are being written, or should be.
    let beat = seen.now.as_millis() % 1000 < 500;
    match seen.stage() {
        Stage::Recording => {
            let area = rest.cut_top(p.sizes.band);
            running(p, area, seen, view, p.colours.record, beat);
        }
        Stage::Paused => {
            let area = rest.cut_top(p.sizes.band);
            let ground = if beat { p.colours.warn } else { p.colours.warn_deep };
            running(p, area, seen, view, ground, beat);
        }
        stage => {
            let area = rest.cut_top(p.sizes.bar);
            calm(p, area, stage, seen, view);
        }
    }
    rest
}

fn running(
    p: &mut Painter,
    area: Rectangle,
    seen: &Seen,
    view: &View,
    ground: embedded_graphics::pixelcolor::Rgb888,
    beat: bool,
) {
    let (ink, size) = (p.colours.on_state, p.sizes.state);
    p.fill(area, ground);
    let Some(lesson) = seen.lesson() else { return };
    let paused = seen.stage() == Stage::Paused;
    let mut inside = area.inset(p.sizes.pad, 0);
    let look = Look { fill: mix(ink, ground, 44), ink, ground };
    back(p, &mut inside, view, look);
    buttons(p, &mut inside, view, look);

    let mark = inside.cut_left(size * 3 / 4).center();
    if paused {
        p.icon(mark, Icon::Pause, size, ink, ground);
    } else {
        let radius = size as f32 * 0.3;
        p.disc(mark, radius, ink, ground);
        if !beat {
            p.disc(mark, radius * 0.7, ground, ink);
        }
    }
    inside.cut_left(p.sizes.gap);
    let big = p.bold(size, ink, ground);
    let words = if paused { p.pick("已暂停", "Paused") } else { p.pick("正在录制", "Recording") };
    let used = p.say(inside, words, big, Align::Left);
    inside.cut_left(used + p.sizes.pad);
    let used = p.say(inside, &counter(lesson.seconds), big, Align::Left);
    inside.cut_left(used + p.sizes.pad);
    going_out(p, &mut inside, seen, Look { fill: ink, ink: ground, ground });

    let mut facts = Vec::new();
    facts.extend(lesson.title.clone());
    facts.extend(match (lesson.planned_seconds, seen.snapshot.map_or(0, |now| now.longest_seconds)) {
        (Some(planned), _) => Some(remaining(p.language, planned as f64 - lesson.seconds)),
        (None, 0) => None,
        (None, longest) => {
            let length = p.language.span(longest);
            Some(p.pick(format!("不限时 · 最长 {length}"), format!("Open end · {length} at most")))
        }
    });
    let text = inside.inset(0, (area.size.height.saturating_sub(p.sizes.title * 5 / 2)) / 2);
    let rows = text.rows_of(facts.len() as u32, 0);
    for (index, (row, fact)) in rows.into_iter().zip(&facts).enumerate() {
        let how = if index == 0 { p.bold(p.sizes.body, ink, ground) } else { p.regular(p.sizes.small, ink, ground) };
        if row.size.width > p.sizes.body * 3 {
            p.say(row, fact, how, Align::Left);
        }
    }
    if let Some(planned) = lesson.planned_seconds.filter(|_| !paused) {
        let share = (lesson.seconds / planned as f64).clamp(0.0, 1.0);
        let mut line = area;
        let mut line = line.cut_bottom(p.sizes.gap / 2);
        p.fill(line, mix(ink, ground, 60));
        let passed = line.cut_left((f64::from(area.size.width) * share) as u32);
        p.fill(passed, ink);
    }
}

/// That the programme goes live, or should: whoever is in the room must know that it is seen elsewhere.
fn going_out(p: &mut Painter, inside: &mut Rectangle, seen: &Seen, look: Look) {
    let targets = seen.snapshot.map_or(&[][..], |now| &now.live);
    let any = |is: fn(&PushState) -> bool| targets.iter().any(|target| is(&target.push));
    let (icon, words) = match () {
        () if any(|push| matches!(push, PushState::Live { .. })) => (Icon::Radio, p.pick("直播中", "Live")),
        () if any(|push| matches!(push, PushState::Failing { .. })) => {
            (Icon::TriangleAlert, p.pick("直播中断", "Live fails"))
        }
        () if any(|push| matches!(push, PushState::Connecting)) => (Icon::Loader, p.pick("准备直播", "Going live")),
        () => return,
    };
    let how = p.bold(p.sizes.body, look.ink, look.fill);
    let (mark, gap) = (p.sizes.body * 5 / 4, p.sizes.gap);
    let (alone, wide) = (gap + mark + gap, gap + mark + gap / 2 + p.width(words, how) + gap);
    let fits = inside.size.width >= wide;
    let wide = if fits { wide } else { alone };
    let area = inside.cut_left(wide);
    inside.cut_left(p.sizes.pad);
    let badge = area.middle(Size::new(wide, p.sizes.body * 2));
    p.rounded(badge, p.sizes.body, look.fill, look.ground);
    let mut within = badge.inset(gap, 0);
    p.icon(within.cut_left(mark).center(), icon, mark, look.ink, look.fill);
    within.cut_left(gap / 2);
    if fits {
        p.say(within, words, how, Align::Left);
    }
}

fn remaining(language: Language, seconds: f64) -> String {
    let minutes = (seconds.abs() / 60.0).ceil() as u64;
    match seconds > 0.0 {
        true => language.pick(format!("还有 {minutes} 分钟"), format!("{minutes} min left")),
        false => language.pick(format!("已超时 {minutes} 分钟"), format!("{minutes} min over")),
    }
}

fn calm(p: &mut Painter, area: Rectangle, stage: Stage, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut inside = area.inset(p.sizes.pad, 0);
    let look = p.quiet(c.ground);
    back(p, &mut inside, view, look);
    buttons(p, &mut inside, view, look);
    let (icon, words) = match stage {
        Stage::Unreachable => (Icon::Unplug, p.pick("状态未知", "State unknown")),
        _ => (Icon::Circle, p.pick("未在录制", "Not recording")),
    };
    let place = inside.cut_left(p.sizes.title).center();
    p.icon(place, icon, p.sizes.title, c.muted, c.ground);
    inside.cut_left(p.sizes.gap);
    let used = p.say(inside, words, p.bold(p.sizes.title, c.ink, c.ground), Align::Left);
    inside.cut_left(used + p.sizes.pad);
    going_out(p, &mut inside, seen, Look { fill: c.record, ink: c.on_state, ground: c.ground });
    // Away from the first screen, which has its own, the time stands here.
    if view.screen != Screen::Home || view.lock.is_shut() || stage == Stage::Ended {
        let time = crate::words::clock(seen.wall.time());
        p.say(inside, &time, p.regular(p.sizes.title, c.muted, c.ground), Align::Left);
    } else if let Some(snapshot) = seen.snapshot {
        p.say(inside, &snapshot.host, p.regular(p.sizes.title, c.muted, c.ground), Align::Left);
    }
}

fn back(p: &mut Painter, inside: &mut Rectangle, view: &View, look: Look) {
    if view.screen != Screen::Home && !view.lock.is_shut() {
        let button = inside.cut_left(p.sizes.wide * 3 / 2);
        let button = button.middle(Size::new(button.size.width, p.sizes.button));
        p.button(button, Action::Open(Screen::Home), look, Some(Icon::ArrowLeft), "");
        inside.cut_left(p.sizes.pad);
    }
}

/// The buttons at the right, from the right.
fn buttons(p: &mut Painter, inside: &mut Rectangle, view: &View, look: Look) {
    let square = Size::new_equal(p.sizes.button);
    let mut place = |p: &Painter| {
        let column = inside.cut_right(p.sizes.button);
        inside.cut_right(p.sizes.gap / 2 + p.sizes.gap / 4);
        column.middle(square)
    };
    let other = p.pick(Language::English, Language::Chinese);
    let area = place(p);
    p.button(area, Action::Speak(other), look, None, p.pick("EN", "中文"));
    if view.lock.is_shut() {
        return;
    }
    let mut icons = Vec::new();
    if view.lock.exists() {
        icons.push((Icon::Lock, Action::Lock));
    }
    if view.screen == Screen::Home {
        icons.push((Icon::Settings, Action::Open(Screen::Settings)));
        icons.push((Icon::CalendarDays, Action::Open(Screen::Lessons)));
    }
    for (icon, action) in icons {
        let area = place(p);
        p.button_of(area, action, look, Some(icon), "", p.sizes.title * 4 / 5);
    }
}
