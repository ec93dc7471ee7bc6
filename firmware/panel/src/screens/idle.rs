//! Before the lesson: the clock, whether all is ready, and one big button.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::pairing::PairingCode;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Day, Period, Starts};
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::{State, checks};
use crate::painter::{Align, Look, Painter};
use crate::seen::Seen;
use crate::view::{Screen, View};
use crate::words::{at, clock};

/// The lengths on offer, in minutes; `None` is an open end.
const PLANS: [Option<u32>; 4] = [Some(40), Some(45), Some(90), None];

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let right = rest.cut_right(rest.size.width * 43 / 100);
    rest.cut_right(p.sizes.pad);
    time(p, &mut rest, snapshot, seen, view);
    start(p, right, seen, view);
}

fn time(p: &mut Painter, left: &mut Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let tile = left.cut_bottom(p.sizes.button * 2);
    ready(p, tile, snapshot, seen, view);
    left.cut_bottom(p.sizes.gap);
    if let Some(code) = view.pairing(seen) {
        let line = left.cut_bottom(p.sizes.button);
        first_access(p, line, code);
        left.cut_bottom(p.sizes.gap);
    }
    let timetable = timetable(p, seen);
    let line = if timetable.is_some() { p.sizes.title * 2 } else { 0 };
    let block = left.middle(Size::new(left.size.width, p.sizes.clock + p.sizes.head + line));
    let mut block = block;
    let mut row = block.cut_top(p.sizes.clock);
    // Large digits have wide margins of their own.
    row.top_left.x -= p.sizes.clock as i32 / 24;
    p.say(row, &clock(seen.wall.time()), p.regular(p.sizes.clock, c.ink, c.ground), Align::Left);
    let row = block.cut_top(p.sizes.head);
    p.say(row, &p.language.date(seen.wall), p.regular(p.sizes.title, c.muted, c.ground), Align::Left);
    if let Some(words) = timetable {
        p.say(block, &words, p.bold(p.sizes.title, c.ink, c.ground), Align::Left);
    }
}

/// What the timetable says of now, or of what comes next.
fn timetable(p: &Painter, seen: &Seen) -> Option<String> {
    let time = |time| clock(at(time, seen.wall).time());
    let named = |period: &Period| match &period.teacher {
        Some(teacher) => format!("{} · {teacher}", period.title),
        None => period.title.clone(),
    };
    if let Some(period) = seen.at_hand() {
        let (begins, ends, named) = (time(period.begins), time(period.ends), named(period));
        return Some(p.pick(format!("本节 {begins}–{ends}  {named}"), format!("Now {begins}–{ends}  {named}")));
    }
    let period = seen.next_period()?;
    let begins = at(period.begins, seen.wall);
    let day = match begins.date() == seen.wall.date() {
        true => String::new(),
        false => {
            let day = Day::of(begins.date());
            format!("{} ", p.language.pick(day.chinese(), day.english()))
        }
    };
    let how = match period.starts {
        Starts::ByTap => "",
        Starts::ByItself => p.pick("（自动录制）", " (by itself)"),
    };
    let (begins, named) = (time(period.begins), named(period));
    Some(p.pick(format!("下一节 {day}{begins}  {named}{how}"), format!("Next {day}{begins}  {named}{how}")))
}

/// Pre-flight as one tile: green, or red with what to do first.
fn ready(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let all = checks(snapshot, seen, view);
    let bad: Vec<_> = all.iter().filter(|check| check.state == State::Bad).collect();
    let (fill, strong, icon) = match bad.is_empty() {
        true => (c.accent_soft, c.accent, Icon::Check),
        false => (c.record_soft, c.record, Icon::TriangleAlert),
    };
    let look = Look { fill, ink: c.ink, ground: c.ground };
    let ground = p.touchable(area, Action::Open(Screen::Checks), look);
    let mut inside = area.inset(p.sizes.pad, p.sizes.gap);
    let chevron = inside.cut_right(p.sizes.title).center();
    p.icon(chevron, Icon::ChevronRight, p.sizes.title, c.muted, ground);
    let mark = inside.cut_left(p.sizes.head * 3 / 2).center();
    let radius = p.sizes.head * 3 / 4;
    p.disc(mark, radius as f32, strong, ground);
    let on = if bad.is_empty() { c.on_accent } else { c.on_state };
    p.icon(mark, icon, radius, on, strong);
    inside.cut_left(p.sizes.pad);
    let (headline, words) = match bad.first() {
        None => {
            let left = snapshot.storage.lessons_left;
            let headline = p.pick("一切就绪", "All is ready");
            let inputs = snapshot.pictures.len() + snapshot.sounds.len();
            let zh = format!("{inputs} 路输入正常，还能录 {left} 节课");
            (headline.to_owned(), p.pick(zh, format!("{inputs} inputs work, room for {left} lessons")))
        }
        Some(first) => {
            let count = bad.len();
            let several = p.pick(format!("{count} 项需要处理"), format!("{count} things need a hand"));
            let headline = if count == 1 { first.name.clone() } else { several };
            let words = match count {
                1 => first.words.clone(),
                _ => format!("{}{}{}", first.name, p.pick("：", ": "), first.words),
            };
            (headline, words)
        }
    };
    let body = p.regular(p.sizes.body, c.ink, ground);
    let high = p.height(&words, body, inside.size.width, 2);
    let mut block = inside.middle(Size::new(inside.size.width, p.sizes.title * 3 / 2 + high));
    let row = block.cut_top(p.sizes.title * 3 / 2);
    p.say(row, &headline, p.bold(p.sizes.title, c.ink, ground), Align::Left);
    p.paragraph(block, &words, body, Align::Left, 2);
}

/// The way in for IT, quietly, and in both languages: who comes to a new host has not chosen one yet.
fn first_access(p: &mut Painter, area: Rectangle, code: &PairingCode) {
    let c = p.colours;
    let look = p.quiet(c.ground);
    let fill = p.touchable(area, Action::Open(Screen::Pairing), look);
    let mut inside = area.inset(p.sizes.pad, 0);
    let chevron = inside.cut_right(p.sizes.title).center();
    p.icon(chevron, Icon::ChevronRight, p.sizes.title, c.muted, fill);
    inside.cut_right(p.sizes.gap);
    let mark = inside.cut_left(p.sizes.head * 3 / 2).center();
    p.icon(mark, Icon::KeyRound, p.sizes.title, c.muted, fill);
    inside.cut_left(p.sizes.pad);
    let (small, strong) = (p.regular(p.sizes.small, c.muted, fill), p.bold(p.sizes.body, c.ink, fill));
    let mut block = inside.middle(Size::new(inside.size.width, (small.size + strong.size) * 3 / 2));
    let row = block.cut_top(small.size * 3 / 2);
    p.say(row, "管理员首次访问 · First access for IT", small, Align::Left);
    // A long address gives way to the code.
    let typed = code.in_two();
    let width = p.width(&typed, strong);
    let place = block.cut_right(width);
    p.say(place, &typed, strong, Align::Right);
    block.cut_right(p.sizes.gap);
    p.say(block, &code.address, p.regular(p.sizes.body, c.ink, fill), Align::Left);
}

fn start(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    p.card(area, c.surface);
    let mut inside = area.inset(p.sizes.pad, p.sizes.pad);
    // The big button stays big: on a low screen names give way to it.
    let name = p.sizes.button.min(76).max(p.sizes.touch) + p.sizes.gap / 2;
    let others = 4 * p.sizes.small
        + p.sizes.gap / 2
        + p.sizes.button.min(80).max(p.sizes.touch)
        + p.sizes.pad
        + p.sizes.button * 3 / 2;
    let period = seen.at_hand();
    let names = likely(seen, inside.size.height.saturating_sub(others) / name);
    if !names.is_empty() {
        let words = match period {
            Some(_) => p.pick("课表上的课（可改选）", "By the timetable (or choose)"),
            None => p.pick("这节课叫（可不选）", "Name it (or do not)"),
        };
        heading(p, &mut inside, words);
        for (title, teacher) in names {
            let by_timetable = period.is_some_and(|period| period.title == title);
            let chosen = view.name.as_ref().map_or(by_timetable, |(of, _)| *of == title);
            let words = teacher.as_ref().map_or(title.clone(), |teacher| format!("{title} · {teacher}"));
            let row = inside.cut_top(p.sizes.button.min(76).max(p.sizes.touch));
            p.choice(row, Action::Name { title, teacher }, chosen, None, &words, c.surface);
            inside.cut_top(p.sizes.gap / 2);
        }
        inside.cut_top(p.sizes.gap / 2);
    }
    match period {
        Some(period) => until(p, &mut inside, period, seen),
        None => plans(p, &mut inside, seen, view),
    }
    inside.cut_top(p.sizes.pad);
    let look = p.primary(c.surface);
    let (icon, words) = match view.waits() {
        true => (Icon::Loader, p.pick("正在开始…", "Starting…")),
        false => (Icon::Video, p.pick("开始上课", "Start class")),
    };
    let size = p.sizes.state.min(inside.size.height / 2).min(p.sizes.head * 5 / 4);
    p.button_of(inside, Action::Start, look, Some(icon), words, size);
}

/// The end that the timetable plans; who needs longer extends the lesson.
fn until(p: &mut Painter, inside: &mut Rectangle, period: &Period, seen: &Seen) {
    let c = p.colours;
    heading(p, inside, p.pick("计划下课", "Planned end"));
    let row = inside.cut_top(p.sizes.button.min(80).max(p.sizes.touch));
    let ends = clock(at(period.ends, seen.wall).time());
    let words = p.pick(format!("{ends}（按课表，可延长）"), format!("{ends} (by the timetable, can be extended)"));
    p.say(row, &words, p.bold(p.sizes.title, c.ink, c.surface), Align::Left);
}

fn plans(p: &mut Painter, inside: &mut Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    // A lesson without a planned end ends all the same, should it be forgotten.
    let longest = seen.snapshot.map(|now| now.longest_seconds).filter(|longest| *longest > 0);
    let words = match longest.filter(|_| view.settings.plan_minutes.is_none()) {
        Some(longest) => {
            let length = p.language.span(longest);
            p.pick(format!("计划时长（不限：最长 {length}）"), format!("Planned length (open: at most {length})"))
        }
        None => p.pick("计划时长", "Planned length").into(),
    };
    heading(p, inside, &words);
    let row = inside.cut_top(p.sizes.button.min(80).max(p.sizes.touch));
    for (column, plan) in row.columns(PLANS.len() as u32, p.sizes.gap / 2).into_iter().zip(PLANS) {
        let words = match plan {
            Some(minutes) => p.pick(format!("{minutes} 分"), format!("{minutes} min")),
            None => p.pick("不限", "Open").into(),
        };
        p.choice(column, Action::Plan(plan), view.settings.plan_minutes == plan, None, &words, c.surface);
    }
}

fn heading(p: &mut Painter, inside: &mut Rectangle, words: &str) {
    let row = inside.cut_top(p.sizes.small * 2);
    p.say(row, words, p.regular(p.sizes.small, p.colours.muted, p.colours.surface), Align::Left);
}

/// The names that the next lesson is likely to have: that of the timetable, then those of the last lessons, each once; two, or
/// as many as `fit`.
fn likely(seen: &Seen, fit: u32) -> Vec<(String, Option<String>)> {
    let period = seen.at_hand().filter(|_| fit > 0);
    let mut names: Vec<_> = period.map(|period| (period.title.clone(), period.teacher.clone())).into_iter().collect();
    for lesson in seen.lessons {
        if let Some(title) = &lesson.title
            && names.len() < fit.min(2) as usize
            && names.iter().all(|(of, _)| of != title)
        {
            names.push((title.clone(), lesson.teacher.clone()));
        }
    }
    names
}
