//! Turning over what does not fit on one page.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::painter::Painter;

/// The buttons up and down at the right of a headline, where there is more than one page.
pub(super) fn turn(p: &mut Painter, head: &mut Rectangle, page: usize, pages: usize) {
    if pages < 2 {
        return;
    }
    let look = p.quiet(p.colours.ground);
    for (icon, to) in
        [(Icon::ChevronDown, (page + 1 < pages).then_some(page + 1)), (Icon::ChevronUp, page.checked_sub(1))]
    {
        let place = head.cut_right(p.sizes.wide * 5 / 4);
        let place = place.middle(Size::new(place.size.width, p.sizes.button.min(place.size.height)));
        match to {
            Some(to) => p.button(place, Action::Page(to), look, Some(icon), ""),
            None => p.icon(place.center(), icon, p.sizes.body * 5 / 4, p.colours.edge, p.colours.ground),
        }
        head.cut_right(p.sizes.gap / 2);
    }
}
