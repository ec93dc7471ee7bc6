//! Whether somebody speaks into a microphone: what a small network hears (`earshot`), but for what is as loud all the time and
//! what bangs and dies away, which it takes for speech now and then.
//!
//! Listens and says; what follows from it is decided in `loudness`, `mix` and by the director.

use std::collections::VecDeque;

use earshot::Detector;

use super::Block;
use super::decimate::Decimator;
use super::levels::{mean_square, power_db};

/// Detector's score above which somebody speaks, and blocks (30 ms) for which he then does. At 0.5 as much is right over the
/// labelled recordings of the test below, but a fifth more of the pauses is taken for speech, and applause now and then.
const SPEECH: f32 = 0.55;
const HANG_OVER_BLOCKS: u32 = 3;
/// Nothing below this (dBFS, RMS of a block) is speech, whatever the detector hears in the noise of an open cable.
const SPEECH_FLOOR_DB: f32 = -65.0;

/// The detector works at 16 kHz.
const DECIMATION: usize = 3;
/// Samples at 16 kHz that the detector takes at a time (16 ms).
const FRAME: usize = 256;

/// Whatever keeps its level within so little (dB, standard deviation over so many pieces of 40 ms) is a machine or a tone: for
/// half a second, or a little less exactly for one. Of speech that the detector hears, a hundredth at the most is so steady.
const STEADY: [(usize, f32); 2] = [(13, 0.6), (25, 1.25)];
const STEADY_BLOCKS: usize = 4;

/// A bang comes when nobody has spoken for so many blocks (in speech, words may begin like that). It rises by so much within so
/// many blocks, and then only dies away: it has lost so much after 80 ms, and does not rise by so much again.
const BANG_QUIET_BLOCKS: u32 = 70;
const BANG_RISE_DB: f32 = 25.0;
const BANG_RISE_BLOCKS: usize = 2;
const BANG_LOST_DB: f32 = 6.0;
const BANG_LOST_BLOCKS: u32 = 8;
const BANG_AGAIN_DB: f32 = 4.0;
/// It is at its loudest within so many blocks, and over after so many.
const BANG_PEAK_BLOCKS: u32 = 4;
const BANG_BLOCKS: u32 = 30;

/// Hears whether somebody speaks.
pub struct Ear {
    detector: Box<Detector>,
    decimator: Decimator,
    low: VecDeque<f32>,
    score: f32,
    steady: Steady,
    bang: Bang,
    hang_over: u32,
    /// Blocks since somebody spoke.
    quiet: u32,
}

impl Default for Ear {
    fn default() -> Self {
        Self {
            detector: Detector::default_boxed(),
            decimator: Decimator::new(DECIMATION),
            low: VecDeque::with_capacity(2 * FRAME),
            score: 0.0,
            steady: Steady::default(),
            bang: Bang::default(),
            hang_over: 0,
            quiet: BANG_QUIET_BLOCKS,
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
        let power = mean_square(block);
        let level = power_db(power);
        let (steady, bang) = (self.steady.hear(power), self.bang.hear(level, self.quiet >= BANG_QUIET_BLOCKS));
        if self.score > SPEECH && level > SPEECH_FLOOR_DB && !steady && !bang {
            self.hang_over = HANG_OVER_BLOCKS;
        } else {
            self.hang_over = self.hang_over.saturating_sub(1);
        }
        self.quiet = if self.hang_over > 0 { 0 } else { self.quiet.saturating_add(1) };
        self.hang_over > 0
    }
}

/// Hears whether the level has stayed the same.
#[derive(Default)]
struct Steady {
    power: f32,
    blocks: usize,
    /// The newest first.
    levels: VecDeque<f32>,
    steady: bool,
}

impl Steady {
    fn hear(&mut self, power: f32) -> bool {
        self.power += power;
        self.blocks += 1;
        if self.blocks == STEADY_BLOCKS {
            self.levels.push_front(power_db(self.power / STEADY_BLOCKS as f32));
            self.levels.truncate(STEADY[1].0);
            (self.power, self.blocks) = (0.0, 0);
            self.steady = STEADY.iter().any(|(pieces, most)| self.deviation(*pieces).is_some_and(|by| by < *most));
        }
        self.steady
    }

    /// Standard deviation of the last so many levels, if there are.
    fn deviation(&self, pieces: usize) -> Option<f32> {
        let levels = || self.levels.iter().take(pieces);
        let mean = levels().sum::<f32>() / pieces as f32;
        let variance = levels().map(|level| (level - mean) * (level - mean)).sum::<f32>() / pieces as f32;
        (self.levels.len() >= pieces).then_some(variance.sqrt())
    }
}

/// Hears a sudden sound that only dies away.
#[derive(Default)]
struct Bang {
    before: VecDeque<f32>,
    /// Blocks since it began, if one did; its loudest and its quietest level since.
    blocks: Option<u32>,
    peak: f32,
    quietest: f32,
}

impl Bang {
    /// `possible`: now one may begin.
    fn hear(&mut self, level: f32, possible: bool) -> bool {
        let rises = self.before.iter().any(|before| level - before > BANG_RISE_DB) && level > SPEECH_FLOOR_DB;
        self.before.push_back(level);
        if self.before.len() > BANG_RISE_BLOCKS {
            self.before.pop_front();
        }
        self.blocks = match self.blocks {
            None if rises && possible => {
                (self.peak, self.quietest) = (level, level);
                Some(0)
            }
            None => None,
            Some(blocks) if blocks < BANG_PEAK_BLOCKS => {
                self.peak = self.peak.max(level);
                self.quietest = level;
                Some(blocks + 1)
            }
            Some(BANG_BLOCKS) => None,
            Some(BANG_LOST_BLOCKS) if level > self.peak - BANG_LOST_DB => None,
            Some(_) if level > self.quietest + BANG_AGAIN_DB => None,
            Some(blocks) => {
                self.quietest = self.quietest.min(level);
                Some(blocks + 1)
            }
        };
        self.blocks.is_some()
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

    /// White noise of one seed, −1..1.
    struct Hiss(u32);

    impl Hiss {
        fn next(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
        }
    }

    /// A sample at a time, in seconds, with noise at hand.
    type Sound = fn(f32, &mut Hiss, &mut [f32; 2]) -> f32;

    fn tone(hertz: f32, t: f32) -> f32 {
        (2.0 * PI * hertz * t).sin()
    }

    /// Dies away from each of some moments on, by so many seconds.
    fn after(moments: impl IntoIterator<Item = f32>, t: f32, seconds: f32) -> f32 {
        moments.into_iter().filter(|moment| *moment <= t).map(|moment| ((moment - t) / seconds).exp()).sum()
    }

    /// A low-pass of second order over white noise.
    fn rumble(hiss: &mut Hiss, state: &mut [f32; 2], share: f32) -> f32 {
        state[0] += (hiss.next() - state[0]) * share;
        state[1] += (state[0] - state[1]) * share;
        state[1]
    }

    /// Name, sound, and how much of ten seconds may be taken for speech at the most; the first second is not counted, for so long a
    /// machine takes to be known.
    const NO_SPEECH: [(&str, Sound, f64); 8] = [
        ("fan", |t, hiss, state| 0.5 * rumble(hiss, state, 0.05) + 0.01 * tone(100.0, t), 0.05),
        ("air conditioner", |_, hiss, state| 0.2 * rumble(hiss, state, 0.2), 0.01),
        ("tone in a little hiss", |t, hiss, _| 0.1 * tone(440.0, t) + 0.005 * hiss.next(), 0.01),
        ("pure tone", |t, _, _| 0.1 * tone(440.0, t), 0.01),
        ("buzz", |t, hiss, _| 0.05 * tone(120.0, t).signum() + 0.001 * hiss.next(), 0.01),
        (
            "door",
            |t, hiss, state| {
                let bang = after([2.0, 3.5, 5.0, 7.0, 9.0], t, 0.06);
                0.4 * bang * (tone(90.0, t) + 0.5 * tone(207.0, t) + 4.0 * rumble(hiss, state, 0.1))
                    + 0.001 * hiss.next()
            },
            0.03,
        ),
        (
            "applause",
            |t, hiss, _| {
                // Forty pairs of hands, each at its own pace.
                let hands = (0..40).map(|n| (t + 0.37 * n as f32) % (0.2 + 0.004 * n as f32));
                0.1 * hands.map(|since| (-since / 0.004).exp()).sum::<f32>() * hiss.next()
            },
            0.02,
        ),
        (
            "two who clap",
            |t, hiss, _| {
                let hands = [t % 0.27, (t + 0.11) % 0.31];
                let clap = |since: f32| (-since / 0.004).exp();
                0.3 * hands.into_iter().map(clap).sum::<f32>() * (hiss.next() + tone(1200.0, t)) + 0.0005 * hiss.next()
            },
            0.02,
        ),
    ];

    #[test]
    fn neither_a_machine_nor_a_door_nor_applause_is_speech() {
        for (name, sound, most) in NO_SPEECH {
            let (mut ear, mut hiss, mut state) = (Ear::default(), Hiss(1), [0.0; 2]);
            let heard = (0..1100).filter(|number| {
                let at = |i| (number * BLOCK_SAMPLES + i) as f32 / 48_000.0;
                ear.hear(&std::array::from_fn(|i| sound(at(i), &mut hiss, &mut state))) && *number >= 100
            });
            let share = heard.count() as f64 / 1000.0;
            println!("{name}: {share}");
            assert!(share <= most, "{name}: {share} of the time is taken for speech");
        }
    }

    /// Speech goes on over a machine's noise, and after a bang.
    #[test]
    fn speech_is_heard_over_a_tone() {
        let Some(samples) = recording("zh_aishell_BAC009S0764W0121.wav") else {
            println!("skipped: no recordings here");
            return;
        };
        let heard = |level: f32| {
            let (mut ear, mut hiss) = (Ear::default(), Hiss(1));
            let blocks = samples.as_chunks::<BLOCK_SAMPLES>().0.iter().enumerate();
            let blocks = blocks.filter(|(number, block)| {
                let at = |i| (number * BLOCK_SAMPLES + i) as f32 / 48_000.0;
                ear.hear(&std::array::from_fn(|i| block[i] + level * (tone(440.0, at(i)) + 0.1 * hiss.next())))
            });
            blocks.count()
        };
        let (clean, over) = (heard(0.0), heard(0.01));
        assert!(over * 10 > clean * 8, "{over} of {clean}");
    }
}
