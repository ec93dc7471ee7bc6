//! While a lesson is recorded: the programme and why it shows what it shows, every input to cut to, the sound, and the end.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_hal::role::Role;
use ketang_protocol::live::Feed;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;

use super::{controls, sound, stopping, tile};
use crate::action::Action;
use crate::area::Cut;
use crate::checks::{alarm_words, picture_name, silent_words, sound_name, troubles};
use crate::painter::{Align, Look, Painter};
use crate::seen::Seen;
use crate::view::{Screen, View};

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let (pad, gap) = (p.sizes.pad, p.sizes.gap);
    let mut rest = area.inset(pad, gap);
    if let Some((words, more)) = warning(p, snapshot, seen, view) {
        let strip = rest.cut_top(p.sizes.touch);
        warn(p, strip, &words, more);
        rest.cut_top(gap);
    }
    let bar = rest.cut_bottom(p.sizes.button);
    rest.cut_bottom(gap);
    if stopping::shown(view) {
        stopping::draw(p, bar, seen, view);
    } else {
        controls::draw(p, bar, snapshot, view);
    }
    inputs(p, &mut rest, snapshot, seen);
    rest.cut_right(gap);
    programme(p, rest, snapshot, seen, view);
}

/// The worst that a person should mend now, and how much else there is.
fn warning(p: &Painter, snapshot: &Snapshot, seen: &Seen, view: &View) -> Option<(String, usize)> {
    let silent = snapshot.sounds.iter().filter(|sound| view.is_silent(sound.role, seen.now)).map(|sound| {
        let told = snapshot.alarms.iter().find(|alarm| alarm.input == Some(Role::Sound(sound.role)));
        let words = || format!("{}{}", sound_name(sound.role, p.language), p.pick("", ": ")) + silent_words(p.language);
        told.map_or_else(words, |alarm| alarm_words(alarm, p.language).to_owned())
    });
    let told: Vec<String> = silent.collect();
    let of_silent = |input: Option<Role>| match input {
        Some(Role::Sound(role)) => view.is_silent(role, seen.now),
        _ => false,
    };
    let others = troubles(snapshot).filter(|alarm| !of_silent(alarm.input));
    let all: Vec<String> = told.into_iter().chain(others.map(|alarm| alarm_words(alarm, p.language).into())).collect();
    let more = all.len().saturating_sub(1);
    all.into_iter().next().map(|first| (first, more))
}

/// Touched, it tells all of them in full.
fn warn(p: &mut Painter, area: Rectangle, words: &str, more: usize) {
    let c = p.colours;
    let fill =
        p.touchable(area, Action::Open(Screen::Checks), Look { fill: c.warn_soft, ink: c.ink, ground: c.ground });
    let mut inside = area.inset(p.sizes.gap, 0);
    let place = inside.cut_left(p.sizes.title).center();
    p.icon(place, Icon::TriangleAlert, p.sizes.title, c.warn_ink, fill);
    inside.cut_left(p.sizes.gap);
    let chevron = inside.cut_right(p.sizes.title).center();
    p.icon(chevron, Icon::ChevronRight, p.sizes.title, c.muted, fill);
    if more > 0 {
        let text = p.pick(format!("另有 {more} 项"), format!("{more} more"));
        let how = p.regular(p.sizes.small, c.ink, fill);
        let width = p.width(&text, how);
        let place = inside.cut_right(width);
        p.say(place, &text, how, Align::Right);
        inside.cut_right(p.sizes.gap);
    }
    let how = p.bold(p.sizes.body, c.ink, fill);
    let block = inside.middle(Size::new(inside.size.width, p.height(words, how, inside.size.width, 2)));
    p.paragraph(block, words, how, Align::Left, 2);
}

fn inputs(p: &mut Painter, rest: &mut Rectangle, snapshot: &Snapshot, seen: &Seen) {
    let count = snapshot.pictures.len() as u32;
    if count == 0 {
        return;
    }
    let gap = p.sizes.gap * 3 / 4;
    let fits = |rows: u32| (rest.size.height + gap) / rows >= p.sizes.touch + gap;
    let columns = match count {
        0..=3 => 1,
        _ if fits(count.div_ceil(2)) => 2,
        _ => 3,
    };
    let rows = count.div_ceil(columns);
    // Pictures of 16:9 where the height allows, and never so narrow that names are cut.
    let high = (rest.size.height + gap) / rows.max(2) - gap;
    let right = rest.size.width * if columns == 1 { 28 } else { 44 } / 100;
    let most = (right + gap) / columns - gap;
    let wide = (high.saturating_sub(tile::caption(p) + 16) * 16 / 9 + 16).clamp((p.sizes.small * 10).min(most), most);
    let column = rest.cut_right(wide * columns + gap * (columns - 1));
    let lines = column.rows_of(rows, gap);
    for (line, row) in lines.into_iter().zip(snapshot.pictures.chunks(columns as usize)) {
        for (place, input) in line.columns(columns, gap).into_iter().zip(row) {
            tile::draw(p, place, input, snapshot, seen);
        }
    }
}

fn programme(p: &mut Painter, mut rest: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let gap = p.sizes.gap;
    if !snapshot.sounds.is_empty() {
        let meters = rest.cut_bottom(sound::height(p));
        sound::draw(p, meters, snapshot, seen, view);
        rest.cut_bottom(gap * 3 / 4);
    }
    p.card(rest, c.surface);
    let mut inside = rest.inset(8, 8);
    let caption = inside.cut_bottom(p.sizes.body * 2).inset(gap / 2, 0);
    let height = inside.size.height.min(inside.size.width * 9 / 16);
    let place = inside.middle(Size::new(inside.size.width.min(height * 16 / 9), height));
    p.picture(place, (seen.thumbnails)(Feed::Programme), Icon::Tv, c.surface);
    shown(p, caption, snapshot, seen);
}

/// What is on air, and why.
fn shown(p: &mut Painter, mut area: Rectangle, snapshot: &Snapshot, seen: &Seen) {
    let c = p.colours;
    let shot = &snapshot.programme.shot;
    let names: Vec<&str> = shot.inputs.iter().map(|role| picture_name(*role, p.language)).collect();
    let words = names.join(" + ");
    let dot = area.cut_left(p.sizes.body / 2 + 2).center();
    p.disc(dot, p.sizes.body as f32 / 4.0, c.record, c.surface);
    area.cut_left(p.sizes.gap / 2);
    let used = p.say(area, &words, p.bold(p.sizes.body, c.ink, c.surface), Align::Left);
    area.cut_left(used + p.sizes.gap);
    // A panel that has just begun has seen no cut yet; the host remembers the last one's reason.
    let why = seen.cut.filter(|cut| cut.shot == *shot).map(|cut| cut.sentence(p.language));
    let told = || snapshot.programme.directing.why.as_ref();
    let why = why.or_else(|| told().map(|why| p.pick(&why.chinese, &why.english).clone()));
    if let Some(why) = why.filter(|_| area.size.width > p.sizes.body * 4) {
        p.say(area, &why, p.regular(p.sizes.small, c.muted, c.surface), Align::Left);
    }
}
