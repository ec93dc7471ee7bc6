//! The PIN pad. The band above goes on telling the state.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::lock::{Door, Lock};
use crate::painter::{Align, Painter};
use crate::seen::Seen;

pub(super) fn draw(p: &mut Painter, area: Rectangle, door: Door, lock: &Lock, seen: &Seen) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, p.sizes.gap);
    let pad = rest.cut_right(rest.size.width / 2);
    words(p, rest, door, lock, seen);

    let gap = p.sizes.gap * 3 / 4;
    let share = |of: u32, count: u32| ((of + gap) / count).saturating_sub(gap);
    // As on a telephone; on a low screen its last row stands at the side.
    let keys = match share(pad.size.height, 4) >= p.sizes.touch {
        true => "123456789 0<".as_bytes().chunks(3),
        false => "123<456 7890".as_bytes().chunks(4),
    };
    let (rows, columns) = (keys.len() as u32, 12 / keys.len() as u32);
    let high = share(pad.size.height, rows).min(p.sizes.wide * 3 / 2);
    let wide = share(pad.size.width, columns).min(high * 3 / 2);
    let size = Size::new(wide * columns + gap * (columns - 1), high * rows + gap * (rows - 1));
    let look = p.quiet(c.ground);
    for (row, keys) in pad.middle(size).rows_of(rows, gap).into_iter().zip(keys) {
        for (place, key) in row.columns(columns, gap).into_iter().zip(keys) {
            match key {
                b'<' => p.button_of(place, Action::Erase, look, Some(Icon::Delete), "", p.sizes.title),
                b'0'..=b'9' => {
                    let digit = key - b'0';
                    p.button_of(place, Action::Digit(digit), look, None, &digit.to_string(), p.sizes.head);
                }
                _ => {}
            }
        }
    }
}

fn words(p: &mut Painter, area: Rectangle, door: Door, lock: &Lock, seen: &Seen) {
    let c = p.colours;
    let waits = lock.waits(seen.now);
    let (icon, title, asked) = match door {
        Door::Panel => (
            Icon::Lock,
            p.pick("面板已锁定", "This panel is locked"),
            p.pick("输入密码解锁", "Enter the PIN to unlock"),
        ),
        Door::It => {
            (Icon::KeyRound, p.pick("管理员设置", "Settings for IT"), p.pick("输入管理员密码", "Enter the PIN of IT"))
        }
    };
    let (words, ink) = match waits {
        Some(left) => {
            let length = p.language.length(left.as_secs_f64().ceil());
            (
                p.pick(format!("密码多次错误，请等 {length}"), format!("Too many wrong PINs: wait {length}")),
                c.record_ink,
            )
        }
        None if lock.was_wrong() => (p.pick("密码不对，请重试", "Wrong PIN, try again").into(), c.record_ink),
        None => (asked.into(), c.muted),
    };
    let mut block = area.middle(Size::new(area.size.width, p.sizes.clock + p.sizes.head * 2 + p.sizes.title * 3));
    let place = block.cut_top(p.sizes.clock).center();
    p.disc(place, p.sizes.clock as f32 * 0.42, c.accent_soft, c.ground);
    p.icon(place, icon, p.sizes.clock * 2 / 5, c.accent, c.accent_soft);
    let row = block.cut_top(p.sizes.head * 2);
    p.say(row, title, p.bold(p.sizes.head, c.ink, c.ground), Align::Centre);
    let row = block.cut_top(p.sizes.title * 3 / 2);
    p.say(row, &words, p.regular(p.sizes.title * 7 / 8, ink, c.ground), Align::Centre);
    let (typed, count) = lock.digits();
    let step = p.sizes.title * 3 / 2;
    let dots = block.middle(Size::new(step * count as u32, step));
    for index in 0..count {
        let centre = dots.top_left + Point::new((step * index as u32 + step / 2) as i32, step as i32 / 2);
        let radius = p.sizes.title as f32 / 3.5;
        p.disc(centre, radius, if index < typed { c.accent } else { c.edge }, c.ground);
    }
}
