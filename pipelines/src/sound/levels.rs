//! How loud a microphone is. Whether somebody speaks into it is heard in `ear`.
//!
//! Measures and says; what follows from it (gain, the room's microphone coming up) is decided in `loudness` and `mix`.

use ketang_hal::role::SoundRole;
use ketang_hal::time::{BLOCK_SAMPLES, MediaTime};

use super::Block;
use super::decimate::dot;
use super::volume::Volume;

/// What is written for digital silence, in dBFS.
pub const SILENCE_DB: f32 = -100.0;
/// Levels are published once in this many blocks (50 ms).
pub(crate) const PERIOD_BLOCKS: u64 = 5;

/// One microphone over the last 50 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    pub role: SoundRole,
    /// Samples arrive. A microphone that is not live has silence.
    pub live: bool,
    /// As it comes from the card, before all processing: in dBFS, [`SILENCE_DB`] at the lowest. A full-scale sine has −3.
    pub rms_db: f32,
    /// Likewise; 0 is full scale: it clips.
    pub peak_db: f32,
    /// Somebody speaks into it (after echo and noise were taken away). Of a muted one that is not told.
    pub speech: bool,
    /// How loud people want it.
    pub volume: Volume,
}

impl Level {
    /// RMS and peak as they go into the mixes, in dBFS.
    pub fn heard_db(&self) -> (f32, f32) {
        (self.volume.of_level(self.rms_db), self.volume.of_level(self.peak_db))
    }
}

/// All microphones at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// End of the 50 ms.
    pub at: MediaTime,
    pub microphones: Vec<Level>,
}

/// Power or amplitude as decibels.
pub(crate) fn power_db(mean_square: f32) -> f32 {
    (10.0 * mean_square.max(1e-12).log10()).max(SILENCE_DB)
}

pub(crate) fn mean_square(block: &Block) -> f32 {
    dot(block, block) / BLOCK_SAMPLES as f32
}

/// Sums up blocks until it is read.
#[derive(Default)]
pub(crate) struct Meter {
    power: f32,
    peak: f32,
    blocks: u32,
}

impl Meter {
    pub(crate) fn add(&mut self, block: &Block) {
        self.power += mean_square(block);
        self.peak = block.iter().fold(self.peak, |peak, sample| peak.max(sample.abs()));
        self.blocks += 1;
    }

    /// RMS and peak in dBFS since the last reading.
    pub(crate) fn read(&mut self) -> (f32, f32) {
        let sum = std::mem::take(self);
        (power_db(sum.power / sum.blocks.max(1) as f32), power_db(sum.peak * sum.peak))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::PI;

    #[test]
    fn a_full_scale_sine_reads_minus_three_and_silence_the_floor() {
        let mut meter = Meter::default();
        let sine = std::array::from_fn(|i| (i as f32 * 2.0 * PI / 48.0).sin());
        meter.add(&sine);
        let (rms, peak) = meter.read();
        assert!((rms + 3.01).abs() < 0.02 && peak.abs() < 0.02, "{rms} {peak}");
        meter.add(&[0.0; BLOCK_SAMPLES]);
        assert_eq!(meter.read(), (SILENCE_DB, SILENCE_DB));
    }
}
