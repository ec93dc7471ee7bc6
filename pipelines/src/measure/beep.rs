//! Finds beeps (1 kHz for 40 ms) in sound, to a fraction of a millisecond.
//!
//! The sound is correlated with 1 kHz in blocks of 1 ms. Where a run of blocks is in phase with each other and holds most of
//! the energy, there is a tone; it begins where its amplitude rises through half of what it reaches.

use std::collections::VecDeque;
use std::f64::consts::TAU;

/// What is looked for, in hertz, and how long it may be heard, in blocks of 1 ms.
const TONE_HZ: f64 = 1000.0;
const SHORTEST: usize = 25;
const LONGEST: usize = 70;
/// Blocks that must be in phase, and the share of their energy that must be tone.
const WINDOW: usize = 8;
const TONE_SHARE: f64 = 0.6;
/// Quieter tones are not heard (−46 dBFS).
const QUIETEST: f64 = 0.005;
/// Blocks that are remembered: the longest beep with its surroundings.
const REMEMBERED: usize = 4 * LONGEST;

#[derive(Clone, Copy, Default)]
struct Block {
    /// When it begins, in seconds.
    at: f64,
    /// Correlation with cosine and sine: amplitude and phase of the tone.
    re: f64,
    im: f64,
    /// Mean square.
    power: f64,
}

impl Block {
    fn amplitude(&self) -> f64 {
        self.re.hypot(self.im)
    }
}

/// Listens to one channel.
pub(super) struct Beeps {
    /// When beeps began, in seconds.
    pub(super) found: Vec<f64>,
    /// Cosine and sine of one whole number of periods.
    table: Vec<(f64, f64)>,
    phase: usize,
    samples_a_block: usize,
    open: Block,
    filled: usize,
    blocks: VecDeque<Block>,
    /// Windows in a row that were tone.
    run: usize,
}

impl Beeps {
    pub(super) fn new(rate: u32) -> Self {
        // The table repeats after so many samples: 48 at 48 kHz, 441 at 44.1 kHz.
        let period = rate / gcd(rate, TONE_HZ as u32);
        let table = (0..period)
            .map(|n| {
                let angle = TAU * TONE_HZ * f64::from(n) / f64::from(rate);
                (angle.cos(), angle.sin())
            })
            .collect();
        Self {
            found: Vec::new(),
            table,
            phase: 0,
            samples_a_block: (rate as usize / 1000).max(1),
            open: Block::default(),
            filled: 0,
            blocks: VecDeque::with_capacity(REMEMBERED),
            run: 0,
        }
    }

    /// The next sample, heard `at` seconds.
    pub(super) fn hear(&mut self, sample: f32, at: f64) {
        if self.filled == 0 {
            self.open = Block { at, ..Block::default() };
        }
        let sample = f64::from(sample);
        let (cos, sin) = self.table[self.phase];
        self.phase = (self.phase + 1) % self.table.len();
        self.open.re += sample * cos;
        self.open.im += sample * sin;
        self.open.power += sample * sample;
        self.filled += 1;
        if self.filled == self.samples_a_block {
            let samples = self.filled as f64;
            self.open.re *= 2.0 / samples;
            self.open.im *= 2.0 / samples;
            self.open.power /= samples;
            self.filled = 0;
            self.step();
        }
    }

    fn step(&mut self) {
        if self.blocks.len() == REMEMBERED {
            self.blocks.pop_front();
        }
        self.blocks.push_back(self.open);
        if self.is_tone() {
            self.run += 1;
        } else {
            let run = std::mem::take(&mut self.run);
            // A beep of n blocks is tone in some n windows: those that hold it more than in part.
            if (SHORTEST..=LONGEST + WINDOW).contains(&run) {
                self.found.extend(self.onset(run));
            }
        }
    }

    /// Whether the last blocks are one tone.
    fn is_tone(&self) -> bool {
        if self.blocks.len() < WINDOW {
            return false;
        }
        let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
        for block in self.blocks.iter().rev().take(WINDOW) {
            re += block.re;
            im += block.im;
            power += block.power;
        }
        let amplitude = re.hypot(im) / WINDOW as f64;
        amplitude > QUIETEST && amplitude * amplitude / 2.0 >= TONE_SHARE * power / WINDOW as f64
    }

    /// When the tone began whose last `run` windows ended one block ago.
    fn onset(&self, run: usize) -> Option<f64> {
        let end = self.blocks.len() - 1;
        let begin = end.checked_sub(run + 2 * WINDOW)?;
        let middle = end - run / 2 - WINDOW / 2;
        let plateau = self.blocks.get(middle)?.amplitude();
        let share = |n: usize| self.blocks.get(n).map_or(0.0, |block| block.amplitude() / plateau);
        let risen = (begin + 1..middle).find(|&n| share(n) >= 0.5)?;
        let length = self.blocks.get(risen + 1)?.at - self.blocks.get(risen)?.at;
        // A block that the tone fills in part has that part of the amplitude.
        let filled = share(risen).min(1.0) + share(risen - 1);
        Some(self.blocks.get(risen)?.at + length * (1.0 - filled))
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(rate: u32, onsets: &[f64], noise: f32) -> Vec<f64> {
        let mut beeps = Beeps::new(rate);
        let mut seed = 1u32;
        for n in 0..rate * 4 {
            let at = f64::from(n) / f64::from(rate);
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (seed >> 8) as f32 / 8_388_608.0 - 1.0;
            let on = onsets.iter().any(|onset| (*onset..*onset + 0.04).contains(&at));
            let tone = if on { 0.4 * (TAU * TONE_HZ * at).sin() as f32 } else { 0.0 };
            beeps.hear(tone + noise * hiss, at);
        }
        beeps.found
    }

    #[test]
    fn beeps_are_found_to_half_a_millisecond() {
        for (rate, noise) in [(48_000, 0.0), (48_000, 0.1), (44_100, 0.05)] {
            let onsets = [0.5, 1.500_37, 2.7118];
            let found = heard(rate, &onsets, noise);
            assert_eq!(found.len(), 3, "{rate} Hz, noise {noise}: {found:?}");
            for (found, onset) in found.iter().zip(onsets) {
                assert!((found - onset).abs() < 0.0005, "{rate} Hz, noise {noise}: {found} for {onset}");
            }
        }
    }

    #[test]
    fn noise_and_long_tones_are_no_beeps() {
        assert_eq!(heard(48_000, &[], 0.5), []);
        let mut beeps = Beeps::new(48_000);
        for n in 0..48_000 {
            let at = f64::from(n) / 48_000.0;
            beeps.hear((TAU * TONE_HZ * at).sin() as f32, at);
        }
        assert_eq!(beeps.found, []);
    }
}
