//! Cameras that turn: what one sees, keys that turn it as long as they are held, and its presets.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_hal::role::PictureRole;
use ketang_protocol::live::Feed;
use ketang_protocol::snapshot::{PictureState, PtzState, Snapshot};
use ketang_protocol::turning::Way;
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::{picture_icon, picture_name};
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;

pub(super) fn all(snapshot: &Snapshot) -> impl Iterator<Item = (&PictureState, &PtzState)> {
    snapshot.pictures.iter().filter_map(|picture| Some((picture, picture.ptz.as_ref()?)))
}

pub(super) fn draw(p: &mut Painter, mut rest: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let roles: Vec<PictureRole> = all(snapshot).map(|(picture, _)| picture.role).collect();
    let chosen = roles.iter().position(|role| view.camera == Some(*role)).unwrap_or(0);
    let Some((picture, ptz)) = all(snapshot).nth(chosen) else { return };
    let gap = p.sizes.gap;
    let mut row = rest.cut_bottom(p.sizes.button);
    rest.cut_bottom(gap);
    if roles.len() > 1 {
        let (c, name) = (p.colours, picture_name(picture.role, p.language));
        let width = p.width(name, p.bold(p.sizes.body, c.ink, c.surface)) + p.sizes.body * 4;
        let (place, look) = (row.cut_left(width), p.quiet(c.ground));
        row.cut_left(gap);
        let next = roles[(chosen + 1) % roles.len()];
        p.button(place, Action::Camera(next), look, Some(Icon::SwitchCamera), name);
    }
    presets(p, row, picture.role, ptz, view);
    let pad = rest.cut_right(rest.size.width * 9 / 20);
    rest.cut_right(gap);
    sight(p, rest, picture, ptz, snapshot, seen);
    keys(p, pad, picture.role, ptz);
}

/// What the camera sees, and what it does.
fn sight(p: &mut Painter, area: Rectangle, picture: &PictureState, ptz: &PtzState, snapshot: &Snapshot, seen: &Seen) {
    let c = p.colours;
    p.card(area, c.surface);
    let mut inside = area.inset(8, 8);
    let mut caption = inside.cut_bottom(p.sizes.body * 2).inset(p.sizes.gap / 2, 0);
    let height = inside.size.height.min(inside.size.width * 9 / 16);
    let place = inside.middle(Size::new(height * 16 / 9, height));
    let live = (seen.thumbnails)(Feed::Input(picture.role)).filter(|_| picture.live);
    p.picture(place, live, picture_icon(picture.role), c.surface);
    if snapshot.programme.shot.inputs.contains(&picture.role) {
        let (words, how) = (p.pick("播出", "On air"), p.bold(p.sizes.small, c.record_ink, c.surface));
        let width = p.width(words, how);
        let place = caption.cut_right(width);
        p.say(place, words, how, Align::Right);
        caption.cut_right(p.sizes.gap);
    }
    let used =
        p.say(caption, picture_name(picture.role, p.language), p.bold(p.sizes.body, c.ink, c.surface), Align::Left);
    caption.cut_left(used + p.sizes.gap);
    let (words, ink) = state(p, ptz);
    p.say(caption, &words, p.regular(p.sizes.small, ink, c.surface), Align::Left);
}

/// What a camera does now, in words.
fn state(p: &Painter, ptz: &PtzState) -> (String, Rgb888) {
    let c = p.colours;
    let words = match (ptz.live, &ptz.going_to, ptz.returns_in_seconds, &ptz.at) {
        (false, ..) => return (p.pick("云台没有应答", "It does not answer").into(), c.warn_ink),
        (true, Some(preset), ..) => p.pick(format!("正在转到“{preset}”"), format!("On its way to {preset}")),
        (true, None, Some(seconds), _) => {
            p.pick(format!("{seconds} 秒后由主机转动"), format!("The host turns it again in {seconds} s"))
        }
        (true, None, None, Some(preset)) => p.pick(format!("在“{preset}”"), format!("At {preset}")),
        (true, None, None, None) if ptz.follows => p.pick("由主机转动", "The host turns it").into(),
        (true, None, None, None) => String::new(),
    };
    (words, c.muted)
}

/// Arrows as on a keyboard, which everybody knows without looking, and zoom beside them.
fn keys(p: &mut Painter, area: Rectangle, input: PictureRole, ptz: &PtzState) {
    let c = p.colours;
    p.card(area, c.surface);
    let inside = area.inset(p.sizes.gap, p.sizes.gap);
    if !ptz.live {
        let words = p.regular(p.sizes.body, c.ink, c.surface);
        let high = p.height(&ptz.detail, words, inside.size.width, 4);
        let place = inside.middle(Size::new(inside.size.width, high));
        p.paragraph(place, &ptz.detail, words, Align::Centre, 4);
        return;
    }
    let gap = p.sizes.gap * 3 / 4;
    let most = p.sizes.button * 3 / 2;
    let high = ((inside.size.height + gap) / 2 - gap).min(most);
    let wide = ((inside.size.width + gap) / 4 - gap).min(most);
    let block = inside.middle(Size::new(wide * 4 + gap * 3, high * 2 + gap));
    let ways = [
        [Some((Way::Closer, Icon::ZoomIn)), None, Some((Way::Up, Icon::ArrowUp)), None],
        [
            Some((Way::Wider, Icon::ZoomOut)),
            Some((Way::Left, Icon::ArrowLeft)),
            Some((Way::Down, Icon::ArrowDown)),
            Some((Way::Right, Icon::ArrowRight)),
        ],
    ];
    let look = p.quiet(c.surface);
    for (row, ways) in block.rows_of(2, gap).into_iter().zip(ways) {
        for (place, way) in row.columns(4, gap).into_iter().zip(ways) {
            if let Some((way, icon)) = way {
                p.button_of(place, Action::Turn { input, way }, look, Some(icon), "", p.sizes.title);
            }
        }
    }
}

/// The presets; where not all fit, some at a time and a button that leads on, around.
fn presets(p: &mut Painter, mut row: Rectangle, input: PictureRole, ptz: &PtzState, view: &View) {
    let (gap, width) = (p.sizes.gap / 2, p.sizes.wide * 2);
    let fit = |room: u32| ((room + gap) / (width + gap)) as usize;
    let all = fit(row.size.width) >= ptz.presets.len();
    let room = if all { row.size.width } else { row.size.width.saturating_sub(p.sizes.button + gap) };
    let at_once = fit(room).max(1);
    let pages = ptz.presets.len().div_ceil(at_once).max(1);
    let page = view.page % pages;
    for preset in ptz.presets.iter().skip(page * at_once).take(at_once) {
        let place = row.cut_left(width);
        row.cut_left(gap);
        let action = Action::Preset { input, preset: preset.clone() };
        p.choice(place, action, ptz.at.as_ref() == Some(preset), None, preset, p.colours.ground);
    }
    if !all {
        let (place, look) = (row.cut_left(p.sizes.button), p.quiet(p.colours.ground));
        p.button(place, Action::Page((page + 1) % pages), look, Some(Icon::ChevronRight), "");
    }
}
