//! How long after the line-in its echo reaches a microphone: amplifier, loudspeaker and the way through the room.
//!
//! The echo canceller looks back over some 50 ms only, so its reference is delayed by what is found here. An adaptive filter at
//! 4 kHz models the way; where its largest tap lies is the delay. It only listens: sound never passes through it.

use std::collections::VecDeque;

use super::Block;
use super::decimate::{Decimator, dot};

/// From 48 to 4 kHz.
const FACTOR: usize = 12;
/// The longest delay that is found, in samples at 48 kHz (240 ms).
pub(crate) const MOST_DELAY: usize = TAPS * FACTOR;
const TAPS: usize = 960;
/// How fast the filter adapts.
const ADAPTATION: f32 = 0.2;
/// The line is silent below this power (mean square): nothing to learn.
const SILENT: f32 = 1e-7;
/// A judgement is made this often, in blocks.
const JUDGE_BLOCKS: u32 = 25;
/// So many judgements in a row that agree are believed (0.75 s).
const AGREEING: u32 = 3;
/// Judgements agree within this many taps (2 ms).
const SAME: usize = 8;
/// The largest tap stands out by this factor of power from the average one, else there is no echo.
const OUTSTANDING: f32 = 40.0;
/// The reference stays this far ahead of the echo, in taps (8 ms), since echoes begin before their loudest part.
const MARGIN: usize = 32;
/// The canceller copes with a delay that is this much longer than it was told, in taps (20 ms): it is left in peace.
const TOLERATED: usize = 80;

pub(crate) struct DelayFinder {
    microphone: Decimator,
    line: Decimator,
    heard: Vec<f32>,
    /// The last samples of the line, oldest first.
    played: VecDeque<f32>,
    weights: Vec<f32>,
    blocks: u32,
    last: usize,
    agreeing: u32,
    /// In taps.
    delay: usize,
}

impl DelayFinder {
    pub(crate) fn new() -> Self {
        Self {
            microphone: Decimator::new(FACTOR),
            line: Decimator::new(FACTOR),
            heard: Vec::new(),
            played: VecDeque::from(vec![0.0; TAPS]),
            weights: vec![0.0; TAPS],
            blocks: 0,
            last: 0,
            agreeing: 0,
            delay: 0,
        }
    }

    /// Learns from one block; says by how many samples (at 48 kHz) the reference is to be delayed.
    pub(crate) fn hear(&mut self, microphone: &Block, line: &Block) -> usize {
        let Self { heard, played, .. } = self;
        self.microphone.process(microphone, |sample| heard.push(sample));
        self.line.process(line, |sample| played.push_back(sample));
        self.adapt();
        self.blocks += 1;
        if self.blocks.is_multiple_of(JUDGE_BLOCKS) {
            self.judge();
        }
        self.delay * FACTOR
    }

    fn adapt(&mut self) {
        let played = self.played.make_contiguous();
        let mut power: f32 = played[..TAPS].iter().map(|sample| sample * sample).sum();
        for (i, heard) in self.heard.drain(..).enumerate() {
            power += played[i + TAPS] * played[i + TAPS] - played[i] * played[i];
            if power < SILENT * TAPS as f32 {
                continue;
            }
            // Weight 0 belongs to the oldest sample.
            let window = &played[i + 1..=i + TAPS];
            let expected = dot(window, &self.weights);
            let step = ADAPTATION * (heard - expected) / power;
            self.weights.iter_mut().zip(window).for_each(|(weight, sample)| *weight += step * sample);
        }
        let old = self.played.len() - TAPS;
        self.played.drain(..old);
    }

    fn judge(&mut self) {
        let largest = (0..TAPS).max_by(|&a, &b| self.weights[a].abs().total_cmp(&self.weights[b].abs())).unwrap_or(0);
        let average = self.weights.iter().map(|weight| weight * weight).sum::<f32>() / TAPS as f32;
        let delay = TAPS - 1 - largest;
        let clear = average > 0.0 && self.weights[largest].powi(2) > OUTSTANDING * average;
        self.agreeing = if clear && delay.abs_diff(self.last) <= SAME { self.agreeing + 1 } else { 0 };
        self.last = delay;
        if self.agreeing >= AGREEING && !(self.delay..=self.delay + TOLERATED).contains(&delay) {
            self.delay = delay.saturating_sub(MARGIN);
            tracing::debug!(milliseconds = self.delay * FACTOR / 48, "the echo's delay is found");
        }
    }
}
