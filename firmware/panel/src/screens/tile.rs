//! The tile of an input: its picture, its name, whether it is on air. A touch cuts to it.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::command::Shot;
use ketang_protocol::live::Feed;
use ketang_protocol::snapshot::{PictureState, Snapshot};
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::{picture_icon, picture_name};
use crate::painter::{Align, Look, Painter, Type};
use crate::seen::Seen;
use crate::shape::mix;

/// The width of the edge that says "on air".
const EDGE: u32 = 5;

/// The height of a tile's name.
pub(super) fn caption(p: &Painter) -> u32 {
    p.sizes.small * 2
}

pub(super) fn draw(p: &mut Painter, area: Rectangle, input: &PictureState, snapshot: &Snapshot, seen: &Seen) {
    let c = p.colours;
    let on_air = snapshot.programme.shot.inputs.contains(&input.role);
    let action = Action::Show(Shot { layout: "single".into(), inputs: vec![input.role] });
    let pressed = p.target(area, action);
    let base = if input.live { c.surface } else { c.warn_soft };
    let fill = if pressed { mix(c.ink, base, 40) } else { base };
    let edge = if on_air { c.record } else { fill };
    p.edged(area, EDGE, edge, Look { fill, ink: c.ink, ground: c.ground });
    let mut inside = area.inset(EDGE + 3, EDGE + 3);
    let mut name = inside.cut_bottom(caption(p)).inset(p.sizes.gap / 4, 0);
    // Never flatter than a picture of which the middle is left; else its sides stay free.
    let width = inside.size.width.min(inside.size.height * 5 / 2);
    let place = inside.middle(Size::new(width, inside.size.height.min(width * 9 / 16)));
    if input.live {
        p.picture(place, (seen.thumbnails)(Feed::Input(input.role)), picture_icon(input.role), fill);
    } else {
        lost(p, inside, fill);
    }
    let how = p.bold(p.sizes.small, c.ink, fill);
    let words = picture_name(input.role, p.language);
    if on_air {
        let (told, mark) = (p.pick("播出", "On air"), Type { ink: c.record_ink, ..how });
        let width = p.width(told, mark);
        if p.width(words, how) + p.sizes.gap / 2 + width <= name.size.width {
            let place = name.cut_right(width);
            p.say(place, told, mark, Align::Right);
        }
    }
    let size = if p.width(words, how) > name.size.width { p.sizes.small * 7 / 8 } else { p.sizes.small };
    p.say(name, words, Type { size, ..how }, Align::Left);
}

fn lost(p: &mut Painter, area: Rectangle, fill: Rgb888) {
    let c = p.colours;
    let words = p.sizes.small * 3 / 2;
    let size = p.sizes.title.min(area.size.height / 2);
    let mut block = area.middle(Size::new(area.size.width, (size + words).min(area.size.height)));
    // In a low tile the words stand alone.
    if block.size.height == size + words {
        let place = block.cut_top(size).center();
        p.icon(place, Icon::VideoOff, size, c.warn_ink, fill);
    }
    p.say(block, p.pick("无信号", "No signal"), p.bold(p.sizes.small, c.warn_ink, fill), Align::Centre);
}
