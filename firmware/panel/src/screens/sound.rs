//! The microphones' levels, and the warning of one that gives no sound. A touch mutes one, and another opens it again.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::primitives::Rectangle;
use ketang_hal::role::SoundRole;
use ketang_protocol::snapshot::{Snapshot, SoundState};
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::sound_name;
use crate::painter::{Align, Look, Painter};
use crate::seen::Seen;
use crate::shape::mix;
use crate::view::View;

/// The meter's left end; its right end is 0 dBFS.
const LEAST_DBFS: f32 = -60.0;
/// From here on sound is near being cut off.
const LOUD_DBFS: f32 = -6.0;
const STEPS: u32 = 24;

/// The height of the row of meters.
pub(super) fn height(p: &Painter) -> u32 {
    (p.sizes.small * 2 + p.sizes.gap * 2).max(p.sizes.touch)
}

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let columns = area.columns(snapshot.sounds.len() as u32, p.sizes.gap);
    for (column, sound) in columns.into_iter().zip(&snapshot.sounds) {
        meter(p, column, sound, view.is_silent(sound.role, seen.now));
    }
}

fn meter(p: &mut Painter, area: Rectangle, sound: &SoundState, silent: bool) {
    let c = p.colours;
    let (fill, ink, mark) = match (sound.muted, silent || !sound.live) {
        (true, _) => (c.warn, c.on_state, c.on_state),
        (false, true) => (c.warn_soft, c.ink, c.warn_ink),
        (false, false) => (c.surface, c.ink, c.muted),
    };
    let action = Action::Mute { role: sound.role, muted: !sound.muted };
    let fill = p.touchable(area, action, Look { fill, ink, ground: c.ground });
    let mut inside = area.inset(p.sizes.gap, p.sizes.gap * 2 / 3);
    let bar_area = inside.cut_bottom(p.sizes.gap);
    inside.cut_bottom(p.sizes.gap / 3);
    let off = sound.muted || silent || !sound.live;
    let place = inside.cut_left(p.sizes.body).center();
    p.icon(place, icon(sound.role, off), p.sizes.body, mark, fill);
    inside.cut_left(p.sizes.gap / 2);
    let words = match (sound.muted, sound.live, silent) {
        (true, ..) => p.pick("已静音", "Muted"),
        (_, false, _) => p.pick("断开", "Lost"),
        (_, true, true) => p.pick("没有声音", "Silent"),
        _ => "",
    };
    let how = p.bold(p.sizes.small, ink, fill);
    let width = p.width(words, how);
    let right = inside.cut_right(width);
    p.say(right, words, how, Align::Right);
    let name = p.regular(p.sizes.small, ink, fill);
    p.say(inside, short_name(sound.role, p), name, Align::Left);
    bar(p, bar_area, sound, if sound.muted { mix(ink, fill, 90) } else { c.edge });
}

/// A microphone's sign; `off`: nothing is heard of it.
pub(super) fn icon(role: SoundRole, off: bool) -> Icon {
    match (off, role) {
        (true, SoundRole::LineIn) => Icon::VolumeX,
        (true, _) => Icon::MicOff,
        (false, SoundRole::LineIn) => Icon::Volume2,
        (false, _) => Icon::Mic,
    }
}

/// The level as a row of lights, of which those that are out have the colour `dark`.
pub(super) fn bar(p: &mut Painter, area: Rectangle, sound: &SoundState, dark: Rgb888) {
    let c = p.colours;
    let level = |dbfs: f32| ((dbfs - LEAST_DBFS) / -LEAST_DBFS).clamp(0.0, 1.0) * STEPS as f32;
    let lit = if sound.live { level(sound.level_dbfs) } else { 0.0 };
    let peak = if sound.live { level(sound.peak_dbfs) as u32 } else { 0 };
    for (step, piece) in area.columns(STEPS, 3).into_iter().enumerate() {
        let step = step as u32;
        let on = (step as f32) < lit || (step + 1 == peak && peak > 0);
        let colour = match on {
            true if step as f32 >= level(LOUD_DBFS) => c.record,
            true => c.accent,
            false => dark,
        };
        p.fill(piece, colour);
    }
}

/// The name without what its icon says already.
fn short_name(role: SoundRole, p: &Painter) -> &'static str {
    match role {
        SoundRole::TeacherMic => p.pick(sound_name(role, p.language), "Teacher"),
        SoundRole::RoomMic => p.pick(sound_name(role, p.language), "Room"),
        SoundRole::LineIn => p.pick(sound_name(role, p.language), "Computer"),
    }
}
