//! While IT looks on from a page: told below the band of every screen, the lock's too, and in both languages, with the way to
//! end it.

use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Look, Painter};
use crate::seen::{Seen, Stage};
use crate::shape::mix;
use crate::view::View;

/// Draws the sign, where there is cause for it, and returns what is left below.
pub(super) fn draw(p: &mut Painter, mut rest: Rectangle, seen: &Seen, view: &View) -> Rectangle {
    if !seen.assisted {
        return rest;
    }
    let (ink, ground) = (p.colours.ground, p.colours.ink);
    let strip = rest.cut_top(p.sizes.button);
    p.fill(strip, ground);
    let mut inside = strip.inset(p.sizes.pad, 0);
    // The lock keeps pupils from this button too.
    if !view.lock.is_shut() {
        let words = p.pick("结束协助", "End assistance");
        let size = p.sizes.body;
        let width = p.width(words, p.bold(size, ink, ground)) + 4 * size;
        let button = inside.cut_right(width);
        let look = Look { fill: mix(ink, ground, 44), ink, ground };
        p.button_of(button, Action::EndAssistance, look, Some(Icon::X), words, size);
        inside.cut_right(p.sizes.gap);
    }
    let size = p.sizes.title;
    let mark = inside.cut_left(size).center();
    p.icon(mark, Icon::ScreenShare, size, ink, ground);
    inside.cut_left(p.sizes.gap);
    p.say(inside, "管理员正在远程协助 · IT is assisting remotely", p.bold(size, ink, ground), Align::Left);
    // Without a lesson, screens begin right below the band, which has air of its own.
    if !matches!(seen.stage(), Stage::Recording | Stage::Paused) {
        rest.cut_top(p.sizes.gap);
    }
    rest
}
