//! The PIN pad. The band above goes on telling the state.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, p.sizes.gap);
    let pad = rest.cut_right(rest.size.width / 2);
    words(p, rest, seen, view);

    let gap = p.sizes.gap * 3 / 4;
    let key = ((pad.size.height + gap) / 4 - gap).min(p.sizes.button * 3 / 2);
    let wide = key * 3 / 2;
    let block = pad.middle(Size::new(wide * 3 + gap * 2, key * 4 + gap * 3));
    let digits = [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), Some(8), Some(9), None, Some(0)];
    let mut keys = block.rows_of(4, gap).into_iter().flat_map(|row| row.columns(3, gap));
    for (digit, place) in digits.iter().zip(&mut keys) {
        if let Some(digit) = digit {
            let look = p.quiet(c.ground);
            p.button_of(place, Action::Digit(*digit), look, None, &digit.to_string(), p.sizes.head);
        }
    }
    if let Some(place) = keys.next() {
        let look = p.quiet(c.ground);
        p.button_of(place, Action::Erase, look, Some(Icon::Delete), "", p.sizes.title);
    }
}

fn words(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let waits = view.lock.waits(seen.now);
    let (words, ink) = match waits {
        Some(left) => {
            let length = p.language.length(left.as_secs_f64().ceil());
            (
                p.pick(format!("密码多次错误，请等 {length}"), format!("Too many wrong PINs: wait {length}")),
                c.record_ink,
            )
        }
        None if view.lock.was_wrong() => (p.pick("密码不对，请重试", "Wrong PIN, try again").into(), c.record_ink),
        None => (p.pick("输入密码解锁", "Enter the PIN to unlock").into(), c.muted),
    };
    let mut block = area.middle(Size::new(area.size.width, p.sizes.clock + p.sizes.head * 2 + p.sizes.title * 3));
    let place = block.cut_top(p.sizes.clock).center();
    p.disc(place, p.sizes.clock as f32 * 0.42, c.accent_soft, c.ground);
    p.icon(place, Icon::Lock, p.sizes.clock * 2 / 5, c.accent, c.accent_soft);
    let row = block.cut_top(p.sizes.head * 2);
    p.say(row, p.pick("面板已锁定", "This panel is locked"), p.bold(p.sizes.head, c.ink, c.ground), Align::Centre);
    let row = block.cut_top(p.sizes.title * 3 / 2);
    p.say(row, &words, p.regular(p.sizes.title * 7 / 8, ink, c.ground), Align::Centre);
    let (typed, count) = view.lock.digits();
    let step = p.sizes.title * 3 / 2;
    let dots = block.middle(Size::new(step * count as u32, step));
    for index in 0..count {
        let centre = dots.top_left + Point::new((step * index as u32 + step / 2) as i32, step as i32 / 2);
        let radius = p.sizes.title as f32 / 3.5;
        p.disc(centre, radius, if index < typed { c.accent } else { c.edge }, c.ground);
    }
}
