//! The seconds in which the end of a lesson can be taken back. It is still recorded meanwhile.

use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Look, Painter};
use crate::seen::Seen;
use crate::shape::Filled;
use crate::view::{Screen, UNDO, View};

pub(super) fn shown(view: &View) -> bool {
    view.stops_at.is_some()
}

/// On a screen that is not the lesson's own, the lock's too: no stop is sent that nobody can see and take back. Returns what is
/// left above it.
pub(super) fn elsewhere(p: &mut Painter, mut rest: Rectangle, seen: &Seen, view: &View) -> Rectangle {
    if shown(view) && (view.screen != Screen::Home || view.lock.is_shut()) {
        rest.cut_bottom(p.sizes.gap);
        let bar = rest.cut_bottom(p.sizes.button);
        draw(p, bar.inset(p.sizes.pad, 0), seen, view);
    }
    rest
}

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let left = view.stops_at.map_or(0.0, |at| at.saturating_sub(seen.now).as_secs_f32());
    let mut inside = area;
    let undo = inside.cut_right(area.size.width * 2 / 5);
    inside.cut_right(p.sizes.gap);
    p.card(inside, c.record_soft);
    let look = Look { fill: c.accent, ink: c.on_accent, ground: c.ground };
    p.button_of(undo, Action::GoOn, look, Some(Icon::Undo2), p.pick("撤销，继续上课", "Undo, go on"), p.sizes.title);
    let mut inside = inside.inset(p.sizes.gap, 0);
    let ring = inside.cut_left(p.sizes.button * 3 / 4);
    let radius = p.sizes.button as f32 * 0.3;
    let width = radius / 4.0;
    p.draw(&Filled::ring(ring.center(), radius, width, 1.0, c.edge, c.record_soft));
    p.draw(&Filled::ring(ring.center(), radius, width, left / UNDO.as_secs_f32(), c.record, c.record_soft));
    let seconds = left.ceil() as u32;
    p.say(ring, &seconds.to_string(), p.bold(p.sizes.body, c.ink, c.record_soft), Align::Centre);
    inside.cut_left(p.sizes.gap);
    let words = p.pick(format!("{seconds} 秒后下课并保存"), format!("Ends and saves in {seconds} s"));
    p.say(inside, &words, p.bold(p.sizes.title, c.ink, c.record_soft), Align::Left);
}
