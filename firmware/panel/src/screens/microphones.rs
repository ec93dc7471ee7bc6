//! How loud each microphone is: a touch makes it louder or quieter in the lesson, another mutes it.

use embedded_graphics::primitives::Rectangle;
use ketang_protocol::command::Sound;
use ketang_protocol::snapshot::{Snapshot, SoundState};
use lucide_icons::Icon;

use super::settings::{row_height, setting};
use super::sound;
use crate::action::Action;
use crate::area::Cut;
use crate::checks::sound_name;
use crate::painter::{Align, Look, Painter};

const STEP_DB: f32 = 3.0;

pub(super) fn draw(p: &mut Painter, mut rest: Rectangle, snapshot: &Snapshot) {
    let high = row_height(p, rest, snapshot.sounds.len() as u32);
    for one in &snapshot.sounds {
        let row = setting(p, &mut rest, high, sound::icon(one.role, one.muted), sound_name(one.role, p.language));
        microphone(p, row, one);
    }
}

fn microphone(p: &mut Painter, mut row: Rectangle, sound: &SoundState) {
    let c = p.colours;
    let gap = p.sizes.gap / 2;
    let mute = row.cut_right(p.sizes.wide * 2);
    row.cut_right(gap * 2);
    let words = if sound.muted { p.pick("已静音", "Muted") } else { p.pick("静音", "Mute") };
    let look = match sound.muted {
        true => Look { fill: c.warn, ink: c.on_state, ground: c.surface },
        false => p.quiet(c.surface),
    };
    let action = Action::Mute { role: sound.role, muted: !sound.muted };
    p.button_of(mute, action, look, Some(sound::icon(sound.role, true)), words, p.sizes.body);

    let louder = row.cut_right(p.sizes.wide * 5 / 4);
    row.cut_right(gap);
    let quieter = row.cut_left(p.sizes.wide * 5 / 4);
    row.cut_left(gap);
    for (place, icon, step) in [(quieter, Icon::Minus, -STEP_DB), (louder, Icon::Plus, STEP_DB)] {
        let gain_db = (sound.gain_db + step).clamp(Sound::LEAST_DB, Sound::MOST_DB);
        if gain_db == sound.gain_db {
            // It goes no further.
            p.rounded(place, p.sizes.radius, c.surface, c.surface);
            p.icon(place.center(), icon, p.sizes.body, c.edge, c.surface);
            continue;
        }
        let look = p.quiet(c.surface);
        p.button_of(place, Action::Volume { role: sound.role, gain_db }, look, Some(icon), "", p.sizes.body);
    }
    let mut middle = row.inset(gap, 0);
    let bar = middle.cut_bottom(p.sizes.gap);
    let words = format!("{:+.0} dB", sound.gain_db).replace("+0", "0").replace("-0 ", "0 ");
    let ink = if sound.muted { c.muted } else { c.ink };
    p.say(middle, &words, p.bold(p.sizes.body, ink, c.surface), Align::Centre);
    sound::bar(p, bar, sound, c.edge);
}
