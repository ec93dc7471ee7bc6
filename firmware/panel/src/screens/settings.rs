//! What a teacher may set, on three leaves: the screen with what the room's host is, the microphones, and the cameras
//! that turn. A fourth is IT's.

use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use super::{cameras, it, microphones};
use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::theme::Theme;
use crate::view::{Screen, View};
use crate::words::Language;

const LIGHTS: [u8; 5] = [20, 40, 60, 80, 100];

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let mut head = rest.cut_top((p.sizes.head * 8 / 5).max(p.sizes.button));
    let sounds = seen.snapshot.is_some_and(|snapshot| !snapshot.sounds.is_empty());
    let turn = seen.snapshot.is_some_and(|snapshot| cameras::all(snapshot).next().is_some());
    let leaves = [
        (view.it.exists(), Screen::It, Icon::KeyRound, p.pick("管理员", "IT")),
        (turn, Screen::Cameras, Icon::Move, p.pick("云台", "Cameras")),
        (sounds, Screen::Microphones, Icon::Mic, p.pick("话筒", "Microphones")),
        (true, Screen::Settings, Icon::Monitor, p.pick("屏幕", "Screen")),
    ];
    if leaves.iter().filter(|(there, ..)| *there).count() > 1 {
        for (_, screen, icon, words) in leaves.into_iter().filter(|(there, ..)| *there) {
            let width = p.width(words, p.bold(p.sizes.body, c.ink, c.ground)) + p.sizes.body * 4;
            let place = head.cut_right(width.max(p.sizes.wide * 2));
            head.cut_right(p.sizes.gap / 2);
            p.choice(place, Action::Open(screen), view.screen == screen, Some(icon), words, c.ground);
        }
    }
    p.say(head, p.pick("设置", "Settings"), p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    rest.cut_top(p.sizes.gap / 2);
    match seen.snapshot {
        _ if view.screen == Screen::It => it::draw(p, rest, seen),
        Some(snapshot) if view.screen == Screen::Cameras => cameras::draw(p, rest, snapshot, seen, view),
        Some(snapshot) if view.screen == Screen::Microphones => microphones::draw(p, rest, snapshot),
        _ => screen(p, rest, seen, view),
    }
}

fn screen(p: &mut Painter, mut rest: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let high = row_height(p, rest, 3);
    // On a low screen what can be set comes before what the host is.
    let room = rest.size.height.saturating_sub(3 * (high + p.sizes.gap));
    let about = rest.cut_bottom(if room < p.sizes.small * 3 { 0 } else { p.sizes.small * 3 });

    let row = setting(p, &mut rest, high, Icon::Languages, p.pick("语言", "Language"));
    let languages = [(Language::Chinese, "中文"), (Language::English, "English")];
    for (place, (language, words)) in row.columns(2, p.sizes.gap / 2).into_iter().zip(languages) {
        let chosen = view.settings.language == language;
        p.choice(place, Action::Speak(language), chosen, None, words, c.surface);
    }
    let row = setting(p, &mut rest, high, Icon::SunMoon, p.pick("明暗", "Colours"));
    let themes = [(Theme::Day, Icon::Sun, p.pick("白天", "Day")), (Theme::Night, Icon::Moon, p.pick("夜间", "Night"))];
    for (place, (theme, icon, words)) in row.columns(2, p.sizes.gap / 2).into_iter().zip(themes) {
        p.choice(place, Action::Look(theme), view.settings.theme == theme, Some(icon), words, c.surface);
    }
    let row = setting(p, &mut rest, high, Icon::Lightbulb, p.pick("亮度", "Brightness"));
    for (place, percent) in row.columns(LIGHTS.len() as u32, p.sizes.gap / 2).into_iter().zip(LIGHTS) {
        let (chosen, words) = (view.settings.brightness == percent, format!("{percent}%"));
        p.choice(place, Action::Brightness(percent), chosen, None, &words, c.surface);
    }
    if let Some(snapshot) = seen.snapshot
        && about.size.height > 0
    {
        let free = snapshot.storage.free_bytes / 1_000_000_000;
        let disk = p.pick(format!("剩余 {free} GB"), format!("{free} GB free"));
        let words = format!("{}  ·  ketang {}  ·  {}  ·  {disk}", snapshot.host, snapshot.version, snapshot.board);
        p.say(about, &words, p.regular(p.sizes.small, c.muted, c.ground), Align::Left);
    }
}

/// How high each of so many rows is: with air around its choices where there is room for it.
pub(super) fn row_height(p: &Painter, rest: Rectangle, count: u32) -> u32 {
    let share = (rest.size.height + p.sizes.gap) / count.max(1);
    share.saturating_sub(p.sizes.gap).min(p.sizes.button + p.sizes.gap * 2)
}

/// The row of one setting; returns the place of its choices.
pub(super) fn setting(p: &mut Painter, rest: &mut Rectangle, high: u32, icon: Icon, words: &str) -> Rectangle {
    let c = p.colours;
    let row = rest.cut_top(high);
    rest.cut_top(p.sizes.gap);
    p.card(row, c.surface);
    let air = row.size.height.saturating_sub(p.sizes.button) / 2;
    let mut inside = row.inset(p.sizes.pad, air.min(p.sizes.gap));
    let choices = inside.cut_right(inside.size.width * 2 / 3);
    let place = inside.cut_left(p.sizes.title).center();
    p.icon(place, icon, p.sizes.title, c.muted, c.surface);
    inside.cut_left(p.sizes.gap);
    p.say(inside, words, p.bold(p.sizes.title * 7 / 8, c.ink, c.surface), Align::Left);
    choices
}
