//! The mixing desk's decisions: how loud each microphone is in each of the three mixes.
//!
//! ```text
//!  each microphone ─► levelled to one loudness ─► the volume that people set
//!
//!  teacher ─┬──────────────────► mixed (both channels) ─► limiter
//!           └─► roles, channel 1 ─► limiter
//!  room ────┬─► lower; up while the teacher's microphone hears nobody and this one does ─► mixed
//!           ├─► roles, channel 2 ─► limiter
//!           └─► fallback (else the line-in) ─► limiter
//!  line-in ─┴─► mixed, roles channel 2
//! ```
//! What is muted is in none of them, the fallback included. While the teacher's microphone is muted the room's does not come up:
//! who mutes wants to be unheard, not heard from afar.

use ketang_hal::role::SoundRole;
use ketang_hal::time::BLOCK_SAMPLES;

use super::Block;
use super::join::{ROLES, place};
use super::levels::{mean_square, power_db};
use super::loudness::{Leveller, Limiter, apply_gain, gain};
use super::volume::{self, Volume};
use super::{SoundBlock, SoundSettings, Variant};

/// The teacher counts as silent after so many blocks without speech (1 s).
const TEACHER_SILENT_BLOCKS: u32 = 100;
/// The room stays up so many blocks (0.8 s) after somebody there spoke.
const ROOM_HOLD_BLOCKS: u32 = 80;
/// A microphone that stayed below this level (dBFS) for so many blocks (2 s) is no fallback.
const DEAD_DB: f32 = -75.0;
const DEAD_BLOCKS: u32 = 200;
/// Sound from the line is levelled while it is above this, in dBFS.
const LINE_ACTIVE_DB: f32 = -50.0;
/// A fader goes all the way in about so many blocks: quickly up (0.2 s), gently down (1 s).
const FADER_UP: f32 = 1.0 / 20.0;
const FADER_DOWN: f32 = 1.0 / 100.0;

/// What is known of one microphone in one block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) live: bool,
    pub(super) speech: bool,
}

/// A gain that moves evenly, at most so far in a block.
struct Fader {
    now: f32,
}

impl Fader {
    fn apply(&mut self, block: &mut Block, target: f32) {
        let from = self.now;
        self.now += (target - from).clamp(-FADER_DOWN, FADER_UP);
        apply_gain(block, from, self.now);
    }
}

pub(super) struct Mixer {
    line_gain: f32,
    room_gain: f32,
    /// One a role, where its speech is to be levelled.
    levellers: [Option<Leveller>; ROLES],
    /// One a role: behind the leveller, which would undo it.
    volumes: [volume::Fader; ROLES],
    room: Fader,
    fallback_room: Fader,
    fallback_line: Fader,
    teacher_silent: u32,
    room_spoke: u32,
    dead: [u32; ROLES],
    /// Mixed, teacher, effects, fallback.
    limiters: [Limiter; 4],
}

impl Mixer {
    pub(super) fn new(settings: &SoundSettings) -> Self {
        let leveller = |role| settings.treatment(role).steady.then(|| Leveller::new(settings.speech_db));
        Self {
            line_gain: gain(settings.line_db),
            room_gain: gain(settings.room_db),
            levellers: SoundRole::ALL.map(leveller),
            volumes: SoundRole::ALL.map(|_| volume::Fader::new(Volume::default())),
            room: Fader { now: gain(settings.room_db) },
            fallback_room: Fader { now: 1.0 },
            fallback_line: Fader { now: 0.0 },
            teacher_silent: 0,
            room_spoke: ROOM_HOLD_BLOCKS,
            dead: [0; ROLES],
            limiters: std::array::from_fn(|_| Limiter::new()),
        }
    }

    pub(super) fn set_volume(&mut self, role: SoundRole, volume: Volume) {
        self.volumes[place(role)].set(volume);
    }

    pub(super) fn volume(&self, role: SoundRole) -> Volume {
        self.volumes[place(role)].volume()
    }

    /// Mixes the (treated) blocks of one number; every variant in the order of [`Variant::ALL`].
    pub(super) fn mix(&mut self, number: u64, mut blocks: [Block; ROLES], states: [State; ROLES]) -> [SoundBlock; 3] {
        for (i, block) in blocks.iter_mut().enumerate() {
            let power = power_db(mean_square(block));
            self.dead[i] = if power > DEAD_DB { 0 } else { self.dead[i].saturating_add(1) };
            let active = if i == place(SoundRole::LineIn) { power > LINE_ACTIVE_DB } else { states[i].speech };
            if let Some(leveller) = &mut self.levellers[i] {
                leveller.process(block, active);
            }
            self.volumes[i].process(block);
        }
        let [teacher, room, line] = blocks;

        let mut near = room;
        let up = self.room_target(states);
        self.room.apply(&mut near, up);
        let mut computer = line;
        apply_gain(&mut computer, self.line_gain, self.line_gain);
        let mixed = self.limited(0, sum(&[&teacher, &near, &computer]));
        let voice = self.limited(1, teacher);
        let effects = self.limited(2, sum(&[&room, &computer]));

        let (to_room, to_line) = self.fallback_targets(states);
        let (mut first, mut second) = (room, line);
        self.fallback_room.apply(&mut first, to_room);
        self.fallback_line.apply(&mut second, to_line);
        let fallback = self.limited(3, sum(&[&first, &second]));
        Variant::ALL.map(|variant| match variant {
            Variant::Mixed => SoundBlock::new(number, &mixed, &mixed),
            Variant::Roles => SoundBlock::new(number, &voice, &effects),
            Variant::Fallback => SoundBlock::new(number, &fallback, &fallback),
        })
    }

    fn limited(&mut self, bus: usize, mut block: Block) -> Block {
        self.limiters[bus].process(&mut block);
        block
    }

    /// The room's gain in the mix: full where only the room's microphone hears somebody (the teacher's is dead, or a student speaks).
    fn room_target(&mut self, [teacher, room, _]: [State; ROLES]) -> f32 {
        let teacher_heard = teacher.live && teacher.speech;
        self.teacher_silent = if teacher_heard { 0 } else { self.teacher_silent.saturating_add(1) };
        self.room_spoke = if room.speech { 0 } else { self.room_spoke.saturating_add(1) };
        let teacher_missing = !teacher.live || self.teacher_silent > TEACHER_SILENT_BLOCKS;
        let teacher_missing = teacher_missing && !self.volume(SoundRole::TeacherMic).muted;
        if teacher_missing && self.room_spoke < ROOM_HOLD_BLOCKS { 1.0 } else { self.room_gain }
    }

    fn fallback_targets(&self, [_, room, line]: [State; ROLES]) -> (f32, f32) {
        let hears = |role, state: State| state.live && self.dead[place(role)] < DEAD_BLOCKS && !self.volume(role).muted;
        if !hears(SoundRole::RoomMic, room) && hears(SoundRole::LineIn, line) { (0.0, 1.0) } else { (1.0, 0.0) }
    }
}

fn sum(blocks: &[&Block]) -> Block {
    let mut sum = [0.0; BLOCK_SAMPLES];
    for block in blocks {
        sum.iter_mut().zip(*block).for_each(|(sum, sample)| *sum += sample);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALKING: State = State { live: true, speech: true };
    const QUIET: State = State { live: true, speech: false };
    const GONE: State = State { live: false, speech: false };

    fn plain() -> SoundSettings {
        let mut settings = SoundSettings::default();
        settings.teacher.steady = false;
        settings.room.steady = false;
        settings.line.steady = false;
        settings
    }

    /// A quiet steady wave of amplitude 0.1; each microphone has another pitch.
    fn wave(number: u64, period: usize) -> Block {
        std::array::from_fn(|i| {
            let t = (number as usize * BLOCK_SAMPLES + i) % period;
            0.1 * (t as f32 / period as f32 * std::f32::consts::TAU).sin()
        })
    }
    const SILENCE: Block = [0.0; BLOCK_SAMPLES];

    /// Amplitude of each channel after `blocks` blocks.
    fn settle(mixer: &mut Mixer, blocks: u64, sound: impl Fn(u64) -> [Block; 3], states: [State; 3]) -> [[f32; 2]; 3] {
        let mut out = None;
        for number in 0..blocks {
            out = Some(mixer.mix(number, sound(number), states));
        }
        out.expect("at least one block").map(|block| {
            [0, 1].map(|channel| {
                let power: f32 = block.samples.iter().skip(channel).step_by(2).map(|sample| sample * sample).sum();
                (2.0 * power / BLOCK_SAMPLES as f32).sqrt()
            })
        })
    }

    fn close(a: f32, b: f32) -> bool {
        (a - b).abs() < 0.002
    }

    #[test]
    fn each_microphone_has_its_place_in_each_mix() {
        let settings = plain();
        let (room, line) = (0.1 * gain(settings.room_db), 0.1 * gain(settings.line_db));
        let only = |place: usize| {
            let mut mixer = Mixer::new(&plain());
            let sound = |number| std::array::from_fn(|i| if i == place { wave(number, 96) } else { SILENCE });
            settle(&mut mixer, 100, sound, [TALKING, QUIET, QUIET])
        };
        let expected = [
            [[0.1, 0.1], [0.1, 0.0], [0.0, 0.0]],
            [[room, room], [0.0, 0.1], [0.1, 0.1]],
            [[line, line], [0.0, line], [0.0, 0.0]],
        ];
        for (place, expected) in expected.iter().enumerate() {
            let got = only(place);
            let same = got.as_flattened().iter().zip(expected.as_flattened()).all(|(a, b)| close(*a, *b));
            assert!(same, "{place}: {got:?} instead of {expected:?}");
        }
    }

    #[test]
    fn a_dead_or_deaf_teacher_microphone_brings_the_room_up_and_down_again_smoothly() {
        for teacher in [GONE, QUIET] {
            let mut mixer = Mixer::new(&plain());
            let sound = |number| [SILENCE, wave(number, 96), SILENCE];
            let low = 0.1 * gain(plain().room_db);
            let [[before, _], ..] = settle(&mut mixer, 50, sound, [TALKING, TALKING, GONE]);
            assert!(close(before, low), "{before}");
            let [[up, _], ..] = settle(&mut mixer, 200, sound, [teacher, TALKING, GONE]);
            assert!(close(up, 0.1), "{up}");
            let [[pause, _], ..] = settle(&mut mixer, 300, sound, [teacher, QUIET, GONE]);
            assert!(close(pause, low), "a noisy room stays up: {pause}");
            settle(&mut mixer, 200, sound, [teacher, TALKING, GONE]);
            let [[again, _], ..] = settle(&mut mixer, 200, sound, [TALKING, TALKING, GONE]);
            assert!(close(again, low), "{again}");
        }
    }

    #[test]
    fn the_fallback_is_the_next_best_that_hears_anything() {
        let mut mixer = Mixer::new(&plain());
        let both = |number| [SILENCE, wave(number, 96), wave(number, 48)];
        let [_, _, [room, _]] = settle(&mut mixer, 300, both, [GONE, QUIET, QUIET]);
        assert!(close(room, 0.1));
        let deaf = |number| [SILENCE, SILENCE, wave(number, 48)];
        let [_, _, [line, _]] = settle(&mut mixer, 500, deaf, [GONE, QUIET, QUIET]);
        assert!(close(line, 0.1), "{line}");
        let [_, _, [nothing, _]] = settle(&mut mixer, 500, |_| [SILENCE; 3], [GONE; 3]);
        assert!(close(nothing, 0.0));
    }

    #[test]
    fn a_volume_is_not_undone_by_the_leveller() {
        let level = |gain_db| {
            let mut mixer = Mixer::new(&SoundSettings::default());
            mixer.set_volume(SoundRole::TeacherMic, Volume { gain_db, muted: false });
            let sound = |number| [wave(number, 96), SILENCE, SILENCE];
            settle(&mut mixer, 1000, sound, [TALKING, GONE, GONE])[0][0]
        };
        assert!(close(level(-12.0) / gain(-12.0), level(0.0)));
    }

    #[test]
    fn a_muted_teacher_is_not_heard_from_afar_and_a_muted_room_is_no_fallback() {
        let mute = |role| {
            let mut mixer = Mixer::new(&plain());
            mixer.set_volume(role, Volume { gain_db: 0.0, muted: true });
            mixer
        };
        let sound = |number| [wave(number, 77), wave(number, 96), wave(number, 48)];
        let (room, line) = (0.1 * gain(plain().room_db), 0.1 * gain(plain().line_db));
        let only_room = |number| [wave(number, 77), wave(number, 96), SILENCE];
        let [[mixed, _], [teacher, _], [fallback, _]] =
            settle(&mut mute(SoundRole::TeacherMic), 500, only_room, [QUIET, TALKING, QUIET]);
        assert!(close(mixed, room) && teacher == 0.0 && close(fallback, 0.1), "{mixed} {teacher} {fallback}");
        let [_, [_, effects], [fallback, _]] =
            settle(&mut mute(SoundRole::RoomMic), 500, sound, [TALKING, QUIET, QUIET]);
        assert!(close(effects, line) && close(fallback, 0.1), "{effects} {fallback}");
        let mut line_too = mute(SoundRole::RoomMic);
        line_too.set_volume(SoundRole::LineIn, Volume { gain_db: 0.0, muted: true });
        let [_, [_, effects], [fallback, _]] = settle(&mut line_too, 500, sound, [TALKING, QUIET, QUIET]);
        assert!(effects == 0.0 && fallback == 0.0, "{effects} {fallback}");
    }

    #[test]
    fn however_loud_the_microphones_no_sample_passes_the_ceiling() {
        let mut mixer = Mixer::new(&SoundSettings::default());
        for number in 0..300 {
            let loud = |period| wave(number, period).map(|sample| sample * 20.0);
            for block in mixer.mix(number, [loud(96), loud(77), loud(48)], [TALKING; 3]) {
                assert!(block.samples.iter().all(|sample| sample.abs() <= gain(super::super::CEILING_DB)));
            }
        }
    }
}
