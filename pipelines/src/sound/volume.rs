//! How loud people want a microphone, and whether it is heard at all. Set while sound runs, without a click.

use ketang_hal::time::BLOCK_SAMPLES;

use super::Block;
use super::levels::SILENCE_DB;
use super::loudness::{apply_gain, gain};

/// The volume of one microphone in every mix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Volume {
    /// In decibels; 0 leaves it as the desk mixes it.
    pub gain_db: f32,
    /// Heard in no mix.
    pub muted: bool,
}

impl Volume {
    fn gain(self) -> f32 {
        if self.muted { 0.0 } else { gain(self.gain_db) }
    }

    /// What a level that came from the card is with this volume.
    pub(crate) fn of_level(self, db: f32) -> f32 {
        if self.muted { SILENCE_DB } else { (db + self.gain_db).max(SILENCE_DB) }
    }
}

/// Share of the way to a new volume that is gone in each block: 99.9 % of it in 0.1 s.
const STEP: f32 = 0.5;
/// Nearer than this to what is wanted is there: 80 dB below full scale.
const THERE: f32 = 1e-4;

/// Carries out a volume: glides to a new one.
pub(super) struct Fader {
    now: f32,
    wanted: Volume,
}

impl Fader {
    pub(super) fn new(volume: Volume) -> Self {
        Self { now: volume.gain(), wanted: volume }
    }

    pub(super) fn set(&mut self, volume: Volume) {
        self.wanted = volume;
    }

    pub(super) fn volume(&self) -> Volume {
        self.wanted
    }

    pub(super) fn process(&mut self, block: &mut Block) {
        const { assert!(BLOCK_SAMPLES == 480, "STEP is for blocks of 10 ms") };
        let (from, wanted) = (self.now, self.wanted.gain());
        self.now = if (wanted - from).abs() < THERE { wanted } else { from + (wanted - from) * STEP };
        apply_gain(block, from, self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_reached_without_a_click_and_mute_leaves_nothing() {
        let mut fader = Fader::new(Volume::default());
        let mut out = Vec::new();
        let mut run = |fader: &mut Fader, blocks| {
            for _ in 0..blocks {
                let mut block = [0.1; BLOCK_SAMPLES];
                fader.process(&mut block);
                out.extend(block);
            }
            out.last().copied().unwrap()
        };
        assert_eq!(run(&mut fader, 1), 0.1, "nobody set anything");
        for (volume, expected) in [
            (Volume { gain_db: 20.0, muted: false }, 1.0),
            (Volume { gain_db: 20.0, muted: true }, 0.0),
            (Volume { gain_db: -60.0, muted: false }, 0.0001),
            (Volume::default(), 0.1),
        ] {
            fader.set(volume);
            let reached = run(&mut fader, 20);
            assert!((reached - expected).abs() < 1e-5, "{volume:?}: {reached}");
        }
        fader.set(Volume { gain_db: 0.0, muted: true });
        run(&mut fader, 20);
        assert_eq!(run(&mut fader, 1), 0.0, "mute is digital silence");
        let steepest = out.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        // A sine of 1 kHz at the same loudness is as steep as 0.13 of its amplitude.
        assert!(steepest < 0.002, "a step of {steepest}");
    }

    #[test]
    fn a_level_follows_its_volume() {
        assert_eq!(Volume { gain_db: 6.0, muted: false }.of_level(-30.0), -24.0);
        assert_eq!(Volume { gain_db: -60.0, muted: false }.of_level(-90.0), SILENCE_DB);
        assert_eq!(Volume { gain_db: 6.0, muted: true }.of_level(-30.0), SILENCE_DB);
    }
}
