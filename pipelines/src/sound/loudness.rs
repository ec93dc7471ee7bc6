//! Steady loudness: the slow gain that brings a microphone's speech to one level, and the limiter at the end of each bus.

use std::collections::VecDeque;

use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES};

use super::Block;
use super::levels::{mean_square, power_db};

/// The slow gain changes by this much at most, either way, in decibels.
const MOST_GAIN_DB: f32 = 12.0;
/// Speech is averaged over about this long, in blocks (1.5 s of speech).
const MEMORY_BLOCKS: f32 = 150.0;
/// The slow gain rises and falls this fast, in decibels a second of speech.
const RISE_DB: f32 = 3.0;
const FALL_DB: f32 = 9.0;
/// Blocks below this carry no speech, even where the detector hangs over a pause, in dBFS.
const PAUSE_DB: f32 = -60.0;

/// Gain from decibels.
pub(crate) fn gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Multiplies a block by a gain that goes evenly from one value to another.
pub(crate) fn apply_gain(block: &mut Block, from: f32, to: f32) {
    if from == 1.0 && to == 1.0 {
        return;
    }
    let step = (to - from) / BLOCK_SAMPLES as f32;
    for (i, sample) in block.iter_mut().enumerate() {
        *sample *= from + step * i as f32;
    }
}

/// Brings the speech of one microphone slowly to one level; holds its gain in pauses, so noise is not pumped up.
pub(crate) struct Leveller {
    target_db: f32,
    power: f32,
    /// Blocks heard, until the memory is full: the first words count at once.
    heard: f32,
    gain_db: f32,
}

impl Leveller {
    /// `target_db`: RMS of speech, in dBFS.
    pub(crate) fn new(target_db: f32) -> Self {
        Self { target_db, power: 0.0, heard: 0.0, gain_db: 0.0 }
    }

    /// Levels one block; `active`: it holds what is to be levelled (speech), not a pause.
    pub(crate) fn process(&mut self, block: &mut Block, active: bool) {
        let before = self.gain_db;
        let power = mean_square(block);
        if active && power_db(power) > PAUSE_DB {
            self.heard = (self.heard + 1.0).min(MEMORY_BLOCKS);
            self.power += (power - self.power) / self.heard;
            let wanted = (self.target_db - power_db(self.power)).clamp(-MOST_GAIN_DB, MOST_GAIN_DB);
            let seconds = BLOCK_NS as f32 / 1e9;
            self.gain_db += (wanted - self.gain_db).clamp(-FALL_DB * seconds, RISE_DB * seconds);
        }
        apply_gain(block, gain(before), gain(self.gain_db));
    }
}

/// No sample leaves the host above this, in dBFS.
pub const CEILING_DB: f32 = -1.0;
/// The limiter sees peaks this many samples ahead (5 ms), and delays by as many.
pub(crate) const LOOK_AHEAD: usize = 240;
/// Share of the missing gain that comes back with each sample: about 100 ms.
const RELEASE: f32 = 1.0 / 4800.0;

/// Keeps one channel below the ceiling without a click: the gain goes down before a peak, evenly, and back slowly after it.
pub(crate) struct Limiter {
    ceiling: f32,
    delayed: VecDeque<f32>,
    /// Gains that the samples of the window ask for: (sample number, gain), rising; the first is the lowest.
    lowest: VecDeque<(u64, f32)>,
    /// Lowest gains with release, over the window, and their sum.
    held: VecDeque<f32>,
    sum: f64,
    last_held: f32,
    /// Samples in a row for which the gain was not touched.
    calm: usize,
    number: u64,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self {
            // A hair below, so that rounding cannot cross it.
            ceiling: gain(CEILING_DB) * 0.9999,
            delayed: VecDeque::from(vec![0.0; LOOK_AHEAD]),
            lowest: VecDeque::new(),
            held: VecDeque::from(vec![1.0; LOOK_AHEAD + 1]),
            sum: (LOOK_AHEAD + 1) as f64,
            last_held: 1.0,
            calm: 0,
            number: 0,
        }
    }

    /// Limits one block; what comes out is [`LOOK_AHEAD`] samples old.
    pub(crate) fn process(&mut self, block: &mut Block) {
        // Nearly always there is nothing to do; what is not a number is not below the ceiling.
        let quiet = block.iter().all(|sample| sample.abs() <= self.ceiling);
        if quiet && self.calm > LOOK_AHEAD {
            self.lowest.clear();
            self.number += BLOCK_SAMPLES as u64;
            self.delayed.extend(block.iter());
            block.iter_mut().zip(self.delayed.drain(..BLOCK_SAMPLES)).for_each(|(to, from)| *to = from);
            return;
        }
        for sample in block.iter_mut() {
            let sample_now = if sample.is_finite() { *sample } else { 0.0 };
            let asked = (self.ceiling / sample_now.abs().max(1e-9)).min(1.0);
            while self.lowest.back().is_some_and(|(_, gain)| *gain >= asked) {
                self.lowest.pop_back();
            }
            self.lowest.push_back((self.number, asked));
            while self.lowest.front().is_some_and(|(number, _)| number + (LOOK_AHEAD as u64) < self.number) {
                self.lowest.pop_front();
            }
            let lowest = self.lowest.front().map_or(1.0, |(_, gain)| *gain);
            self.last_held = lowest.min(self.last_held + (1.0 - self.last_held) * RELEASE);
            if self.last_held > 0.99999 {
                self.last_held = lowest;
            }
            self.calm = if self.last_held == 1.0 { self.calm + 1 } else { 0 };
            self.sum += f64::from(self.last_held) - f64::from(self.held.pop_front().unwrap_or(1.0));
            self.held.push_back(self.last_held);
            self.delayed.push_back(sample_now);
            let gain = (self.sum / (LOOK_AHEAD + 1) as f64) as f32;
            *sample = self.delayed.pop_front().unwrap_or(0.0) * gain;
            self.number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(number: usize, amplitude: f32) -> Block {
        std::array::from_fn(|i| amplitude * ((number * BLOCK_SAMPLES + i) as f32 / 109.0 * TAU).sin())
    }

    #[test]
    fn no_sample_passes_the_ceiling_and_quiet_sound_is_left_as_it_is() {
        let mut limiter = Limiter::new();
        let mut seed = 7u32;
        for number in 0..500 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut block = tone(number, 0.2 + 6.0 * (seed >> 24) as f32 / 256.0);
            block[(seed >> 10) as usize % BLOCK_SAMPLES] = -40.0;
            limiter.process(&mut block);
            let peak = block.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak <= gain(CEILING_DB), "{peak} in block {number}");
        }
        let mut limiter = Limiter::new();
        let blocks: Vec<Block> = (0..20).map(|number| tone(number, 0.5)).collect();
        let mut out = Vec::new();
        for block in &blocks {
            let mut block = *block;
            limiter.process(&mut block);
            out.extend(block);
        }
        assert_eq!(&out[LOOK_AHEAD..], &blocks.concat()[..out.len() - LOOK_AHEAD]);
    }

    #[test]
    fn what_is_not_a_number_is_not_passed_on() {
        let mut limiter = Limiter::new();
        let mut block = [f32::NAN; BLOCK_SAMPLES];
        block[3] = f32::INFINITY;
        limiter.process(&mut block);
        let mut next = [0.1; BLOCK_SAMPLES];
        limiter.process(&mut next);
        assert!(block.iter().chain(&next).all(|sample| sample.is_finite()));
    }

    /// RMS of the last second of ten, of speech that is `db` loud.
    fn levelled(leveller: &mut Leveller, db: f32) -> f32 {
        let power = (0..1000).map(|number| {
            let mut block = tone(number, gain(db) * std::f32::consts::SQRT_2);
            leveller.process(&mut block, true);
            mean_square(&block)
        });
        power_db(power.skip(900).sum::<f32>() / 100.0)
    }

    #[test]
    fn speech_comes_to_one_level_within_its_bounds() {
        let mut leveller = Leveller::new(-23.0);
        for (given, expected) in [(-30.0, -23.0), (-14.0, -23.0), (-34.0, -23.0), (-45.0, -33.0), (-5.0, -17.0)] {
            let got = levelled(&mut leveller, given);
            assert!((got - expected).abs() < 0.7, "{given} dB became {got} dB");
        }
    }

    #[test]
    fn a_pause_is_not_pumped_up() {
        let mut leveller = Leveller::new(-23.0);
        levelled(&mut leveller, -20.0);
        let mut noise = tone(0, 0.003);
        leveller.process(&mut noise, false);
        let first = mean_square(&noise);
        for _ in 0..3000 {
            noise = tone(0, 0.003);
            leveller.process(&mut noise, false);
        }
        assert!((power_db(mean_square(&noise)) - power_db(first)).abs() < 0.01);
    }
}
