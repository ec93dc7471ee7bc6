//! The tile of an input: its picture, its name, whether it is on air. A touch cuts to it.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::command::Shot;
use ketang_protocol::snapshot::{PictureState, Snapshot};
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::{picture_icon, picture_name};
use crate::painter::{Align, Look, Painter};
use crate::seen::{Feed, Seen};
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
    let mut name = inside.cut_bottom(caption(p)).inset(p.sizes.gap / 2, 0);
    let width = (inside.size.height * 16 / 9).min(inside.size.width);
    let place = inside.middle(Size::new(width, width * 9 / 16));
    let icon = if input.live { picture_icon(input.role) } else { Icon::VideoOff };
    let picture = (seen.thumbnails)(Feed::Input(input.role)).filter(|_| input.live);
    p.picture(place, picture, icon, fill);
    let state = match (input.live, on_air) {
        (false, _) => Some((p.pick("无信号", "No signal"), c.warn)),
        (true, true) => Some((p.pick("播出", "On air"), c.record)),
        _ => None,
    };
    if let Some((words, ink)) = state {
        let ink = if p.is_night() { mix(c.ink, ink, 110) } else { ink };
        let how = p.bold(p.sizes.small, ink, fill);
        let width = p.width(words, how);
        let place = name.cut_right(width);
        p.say(place, words, how, Align::Right);
        name.cut_right(p.sizes.gap / 2);
    }
    p.say(name, picture_name(input.role, p.language), p.bold(p.sizes.small, c.ink, fill), Align::Left);
}
