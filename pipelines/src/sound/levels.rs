//! How loud a microphone is and whether somebody speaks into it.
//!
//! Measures and says; what follows from it (gain, the room's microphone coming up) is decided in `loudness` and `mix`.

use std::collections::VecDeque;

use earshot::Detector;
use ketang_hal::role::SoundRole;
use ketang_hal::time::{BLOCK_SAMPLES, MediaTime};

use super::Block;
use super::decimate::{Decimator, dot};

/// What is written for digital silence, in dBFS.
pub const SILENCE_DB: f32 = -100.0;
/// Levels are published once in this many blocks (50 ms).
pub(crate) const PERIOD_BLOCKS: u64 = 5;

/// Detector's score above which somebody speaks, and blocks (30 ms) for which he then does: the best of a search over the
/// labelled recordings of the test below.
const SPEECH: f32 = 0.5;
const HANG_OVER_BLOCKS: u32 = 3;
/// Nothing below this (dBFS, RMS of a block) is speech, whatever the detector hears in the noise of an open cable.
const SPEECH_FLOOR_DB: f32 = -65.0;

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
    /// Somebody speaks into it (after echo and noise were taken away).
    pub speech: bool,
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

/// The detector works at 16 kHz.
const DECIMATION: usize = 3;
/// Samples at 16 kHz that the detector takes at a time (16 ms).
const FRAME: usize = 256;

/// Hears whether somebody speaks.
pub(crate) struct Ear {
    detector: Box<Detector>,
    decimator: Decimator,
    low: VecDeque<f32>,
    score: f32,
    hang_over: u32,
}

impl Ear {
    pub(crate) fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            decimator: Decimator::new(DECIMATION),
            low: VecDeque::with_capacity(2 * FRAME),
            score: 0.0,
            hang_over: 0,
        }
    }

    /// Hears one block; true while somebody speaks.
    pub(crate) fn hear(&mut self, block: &Block) -> bool {
        self.decimator.process(block, |sample| self.low.push_back(sample));
        while self.low.len() >= FRAME {
            let mut frame = [0.0; FRAME];
            frame.iter_mut().zip(self.low.drain(..FRAME)).for_each(|(to, from)| *to = from.clamp(-1.0, 1.0));
            self.score = self.detector.predict_f32(&frame);
        }
        if self.score > SPEECH && power_db(mean_square(block)) > SPEECH_FLOOR_DB {
            self.hang_over = HANG_OVER_BLOCKS;
        } else {
            self.hang_over = self.hang_over.saturating_sub(1);
        }
        self.hang_over > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::testing::{labelled_speech, recording};
    use nnnoiseless::DenoiseState;
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

    /// Share of 10 ms blocks that are judged as the people did who labelled them, and hits and false alarms.
    fn judge(mut is_speech: impl FnMut(&Block) -> bool, mut restart: impl FnMut()) -> Option<(f64, f64, f64)> {
        let (mut right, mut hits, mut alarms, mut speech, mut pauses) = (0u32, 0u32, 0u32, 0u32, 0u32);
        for number in 1..=15 {
            let Some((samples, labels)) = labelled_speech(number) else { continue };
            restart();
            for (i, block) in samples.as_chunks::<BLOCK_SAMPLES>().0.iter().enumerate() {
                let heard = is_speech(block);
                let time = i as f64 * 0.01;
                let Some(&(_, _, truth)) = labels.iter().find(|(from, to, _)| (*from..*to).contains(&time)) else {
                    continue;
                };
                right += u32::from(heard == truth);
                if truth {
                    speech += 1;
                    hits += u32::from(heard);
                } else {
                    pauses += 1;
                    alarms += u32::from(heard);
                }
            }
        }
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        (speech > 0).then(|| (share(right, speech + pauses), share(hits, speech), share(alarms, pauses)))
    }

    /// The choice of the detector: the better one of the two that are at hand.
    #[test]
    fn speech_is_told_from_pauses_as_people_do() {
        let ear = std::cell::RefCell::new(Ear::new());
        let Some(ours) = judge(|block| ear.borrow_mut().hear(block), || *ear.borrow_mut() = Ear::new()) else {
            println!("skipped: no labelled recordings here");
            return;
        };
        let state = std::cell::RefCell::new(DenoiseState::new());
        let other = judge(
            |block| {
                let scaled = block.map(|sample| sample * 32768.0);
                state.borrow_mut().process_frame(&mut [0.0; BLOCK_SAMPLES], &scaled) > 0.5
            },
            || *state.borrow_mut() = DenoiseState::new(),
        );
        println!("(right, hits, false alarms): ear {ours:.3?}, nnnoiseless {other:.3?}");
        assert!(ours.0 > 0.85 && ours.1 > 0.92, "{ours:?}");
        assert!(ours.0 >= other.expect("the same recordings").0);
    }

    #[test]
    fn neither_hum_nor_hiss_is_speech() {
        let mut ear = Ear::new();
        let mut seed = 1u32;
        let mut blocks = 0;
        for number in 0..1000 {
            let block = std::array::from_fn(|i| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
                let t = (number * BLOCK_SAMPLES + i) as f32 / 48_000.0;
                0.01 * hiss + 0.01 * (2.0 * PI * 50.0 * t).sin()
            });
            blocks += u32::from(ear.hear(&block));
        }
        assert!(blocks < 20, "{blocks} of 1000");
    }

    #[test]
    fn speech_is_heard_in_mandarin_too() {
        let Some(samples) = recording("zh_aishell_BAC009S0764W0121.wav") else {
            println!("skipped: no recordings here");
            return;
        };
        let mut ear = Ear::new();
        let (blocks, _) = samples.as_chunks::<BLOCK_SAMPLES>();
        let heard = blocks.iter().filter(|block| ear.hear(block)).count();
        assert!(heard * 2 > blocks.len(), "{heard} of {}", blocks.len());
    }
}
