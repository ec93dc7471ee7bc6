//! A pause, which nobody may overlook: it says for how long nothing was recorded, and when that ends by itself.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use super::stopping;
use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, p.sizes.pad);
    let mut bar = rest.cut_bottom(p.sizes.button * 3 / 2);
    rest.cut_bottom(p.sizes.gap);
    p.card(rest, c.warn_soft);
    let lines = [
        (p.pick("现在没有在录制", "Nothing is being recorded").to_owned(), p.bold(p.sizes.state, c.ink, c.warn_soft)),
        (since(p, seen, view), p.regular(p.sizes.title, c.ink, c.warn_soft)),
        (until(p, seen), p.regular(p.sizes.title, c.ink, c.warn_soft)),
    ];
    let high = |size: u32| size * 8 / 5;
    let words = lines.iter().map(|(_, how)| high(how.size)).sum::<u32>();
    let icon = p.sizes.clock.min(rest.size.height.saturating_sub(words + 2 * p.sizes.gap));
    let total = icon + words;
    let mut block = rest.middle(Size::new(rest.size.width.saturating_sub(2 * p.sizes.pad), total));
    let place = block.cut_top(icon).center();
    p.icon(place, Icon::CirclePause, icon * 3 / 4, c.warn_ink, c.warn_soft);
    for (text, how) in lines {
        let row = block.cut_top(high(how.size));
        p.say(row, &text, how, Align::Centre);
    }
    if stopping::shown(view) {
        stopping::draw(p, bar, seen, view);
        return;
    }
    let stop = bar.cut_right(bar.size.width / 4);
    let look = p.quiet(c.ground);
    p.button(stop, Action::Stop, look, Some(Icon::Square), p.pick("下课", "End class"));
    bar.cut_right(p.sizes.gap);
    let look = p.primary(c.ground);
    p.button_of(bar, Action::Resume, look, Some(Icon::Play), p.pick("继续录制", "Go on recording"), p.sizes.head);
}

fn since(p: &Painter, seen: &Seen, view: &View) -> String {
    let seconds = view.paused_since.map_or(0.0, |since| seen.now.saturating_sub(since).as_secs_f64());
    let length = p.language.length(seconds);
    p.pick(format!("已暂停 {length}，这段时间不会出现在录像里"), format!("Paused for {length}, which will be missing"))
}

fn until(p: &Painter, seen: &Seen) -> String {
    match seen.lesson().and_then(|lesson| lesson.resumes_in_seconds) {
        Some(seconds) => {
            let length = p.language.length(seconds as f64);
            p.pick(format!("{length}后自动继续"), format!("Goes on by itself in {length}"))
        }
        None => p.pick("记得点“继续录制”", "Remember to go on").into(),
    }
}
