//! What is done to one microphone before it is mixed: rumble, echo and noise are taken away.
//!
//! Whatever is switched on, a block comes out [`DELAY`] samples later than it went in, so that microphones stay in step.

use std::collections::VecDeque;
use std::f64::consts::{PI, SQRT_2};

use ketang_hal::time::{BLOCK_SAMPLES, SAMPLE_RATE};
use nnnoiseless::DenoiseState;

use super::Block;
use super::echo::EchoCanceller;
use super::loudness::{LOOK_AHEAD, gain};
use crate::MediaError;

/// Blocks by which what leaves the limiter is older than what came from the card: 30 ms.
pub(crate) const DELAY_BLOCKS: u64 = 3;
/// Delay of every chain, in samples. With the limiter's look-ahead it makes [`DELAY_BLOCKS`] whole blocks.
pub(crate) const DELAY: usize = DELAY_BLOCKS as usize * BLOCK_SAMPLES - LOOK_AHEAD;
/// Below this there is no speech, only steps and traffic, in hertz.
const RUMBLE_HZ: f64 = 80.0;
/// Samples by which the noise suppressor lags.
const DENOISE_DELAY: usize = BLOCK_SAMPLES;

/// How one microphone is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Treatment {
    /// Fixed gain before all else, in decibels.
    pub gain_db: f32,
    /// Takes away what lies below 80 Hz.
    pub high_pass: bool,
    /// How much of the noise is taken away: 0 switches suppression off (and saves its work), 1 leaves none.
    pub noise_suppression: f32,
    /// Takes the computer's sound out, where there is a line-in.
    pub echo_cancellation: bool,
    /// Lets the echo canceller level the speech as well. Off, since the mix is levelled anyway.
    pub gain_control: bool,
    /// Brings speech slowly to one loudness.
    pub steady: bool,
}

impl Treatment {
    /// For speech close to the microphone.
    pub const SPEAKER: Self = Self {
        gain_db: 0.0,
        high_pass: true,
        noise_suppression: 0.9,
        echo_cancellation: true,
        gain_control: false,
        steady: true,
    };
    /// For a microphone that hears a whole room: what the loudspeakers play belongs to it.
    pub const ROOM: Self = Self { noise_suppression: 0.0, echo_cancellation: false, ..Self::SPEAKER };
    /// For sound that was made elsewhere.
    pub const LINE: Self = Self { high_pass: false, ..Self::ROOM };
    /// For sound that must pass as it is.
    pub const NONE: Self = Self { steady: false, ..Self::LINE };
}

/// The chain of one microphone.
pub(crate) struct Chain {
    gain: f32,
    high_pass: Option<HighPass>,
    echo: Option<EchoCanceller>,
    denoise: Option<Denoiser>,
    pad: VecDeque<f32>,
}

impl Chain {
    /// `reference`: there is a line-in whose sound is played in the room. A chain whose echo canceller cannot be had works without,
    /// and the error says so.
    pub(crate) fn new(treatment: &Treatment, reference: bool) -> (Self, Option<MediaError>) {
        let (mut echo, mut complaint) = (None, None);
        if reference && treatment.echo_cancellation {
            match EchoCanceller::new(treatment.gain_control) {
                Ok(canceller) if canceller.delay <= DELAY - DENOISE_DELAY => echo = Some(canceller),
                Ok(canceller) => complaint = Some(too_slow(canceller.delay)),
                Err(error) => complaint = Some(error),
            }
        }
        let denoise = (treatment.noise_suppression > 0.0).then(|| Denoiser::new(treatment.noise_suppression.min(1.0)));
        let delay = echo.as_ref().map_or(0, |echo| echo.delay) + denoise.as_ref().map_or(0, |_| DENOISE_DELAY);
        let chain = Self {
            gain: gain(treatment.gain_db),
            high_pass: treatment.high_pass.then(HighPass::new),
            echo,
            denoise,
            pad: VecDeque::from(vec![0.0; DELAY - delay]),
        };
        (chain, complaint)
    }

    /// Treats one block; `reference` is the block of the same number that was played in the room.
    pub(crate) fn process(&mut self, block: &mut Block, reference: &Block) -> Result<(), MediaError> {
        block.iter_mut().for_each(|sample| *sample = if sample.is_finite() { *sample * self.gain } else { 0.0 });
        if let Some(high_pass) = &mut self.high_pass {
            high_pass.process(block);
        }
        let echo = match &mut self.echo {
            Some(echo) => echo.process(block, reference),
            None => Ok(()),
        };
        if let Some(denoise) = &mut self.denoise {
            denoise.process(block);
        }
        self.pad.extend(block.iter());
        block.iter_mut().zip(self.pad.drain(..BLOCK_SAMPLES)).for_each(|(to, from)| *to = from);
        echo
    }
}

fn too_slow(delay: usize) -> MediaError {
    let why = format!("it delays by {delay} samples, more than there is room for");
    MediaError::Graph { graph: "echo canceller".into(), why }
}

/// A Butterworth high-pass of second order.
struct HighPass {
    b: f64,
    a1: f64,
    a2: f64,
    z1: f64,
    z2: f64,
}

impl HighPass {
    fn new() -> Self {
        let k = (PI * RUMBLE_HZ / f64::from(SAMPLE_RATE)).tan();
        let norm = 1.0 / (1.0 + SQRT_2 * k + k * k);
        Self { b: norm, a1: 2.0 * (k * k - 1.0) * norm, a2: (1.0 - SQRT_2 * k + k * k) * norm, z1: 0.0, z2: 0.0 }
    }

    fn process(&mut self, block: &mut Block) {
        for sample in block.iter_mut() {
            let x = f64::from(*sample);
            let y = self.b * x + self.z1;
            self.z1 = -2.0 * self.b * x - self.a1 * y + self.z2;
            self.z2 = self.b * x - self.a2 * y;
            *sample = y as f32;
        }
        // A tail that fades for ever costs processors much time.
        if self.z1.abs() + self.z2.abs() < 1e-12 {
            (self.z1, self.z2) = (0.0, 0.0);
        }
    }
}

/// RNNoise, of which a part is mixed with the sound as it was.
struct Denoiser {
    state: Box<DenoiseState<'static>>,
    wet: f32,
    before: Block,
}

impl Denoiser {
    fn new(wet: f32) -> Self {
        Self { state: DenoiseState::new(), wet, before: [0.0; BLOCK_SAMPLES] }
    }

    fn process(&mut self, block: &mut Block) {
        // RNNoise takes samples of the size of 16-bit numbers.
        let input = block.map(|sample| sample * 32768.0);
        let mut output = [0.0; BLOCK_SAMPLES];
        self.state.process_frame(&mut output, &input);
        let dry = std::mem::replace(&mut self.before, *block);
        for ((sample, wet), dry) in block.iter_mut().zip(output).zip(dry) {
            *sample = self.wet * wet / 32768.0 + (1.0 - self.wet) * dry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::levels::{mean_square, power_db};
    use crate::sound::testing::labelled_speech;
    use std::f32::consts::TAU;

    const SILENCE: Block = [0.0; BLOCK_SAMPLES];

    fn run(treatment: &Treatment, samples: &[f32]) -> Vec<f32> {
        let (mut chain, complaint) = Chain::new(treatment, false);
        assert!(complaint.is_none());
        let mut out = Vec::new();
        for block in samples.as_chunks().0 {
            let mut block = *block;
            chain.process(&mut block, &SILENCE).unwrap();
            out.extend(block);
        }
        out
    }

    #[test]
    fn without_treatment_samples_pass_exactly() {
        let samples: Vec<f32> = (0..48_000).map(|i| (i as f32 * 0.01).sin() * 0.3).collect();
        let out = run(&Treatment::NONE, &samples);
        assert_eq!(out[DELAY..], samples[..samples.len() - DELAY]);
    }

    #[test]
    fn rumble_goes_and_speech_stays() {
        let high_pass = Treatment { high_pass: true, ..Treatment::NONE };
        for (hertz, low, high) in [(20.0, -60.0, -20.0), (300.0, -0.3, 0.1), (3000.0, -0.1, 0.1)] {
            let samples: Vec<f32> = (0..96_000).map(|i| (i as f32 / 48_000.0 * hertz * TAU).sin() * 0.5).collect();
            let out = run(&high_pass, &samples);
            let power = |samples: &[f32]| power_db(samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32);
            let change = power(&out[48_000..]) - power(&samples[48_000..]);
            assert!((low..high).contains(&change), "{hertz} Hz: {change} dB");
        }
    }

    /// A steady noise as of a fan: hiss without its highs.
    fn fan(length: usize) -> Vec<f32> {
        let (mut seed, mut low) = (3u32, 0.0);
        let hiss = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            low += 0.2 * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0 - low);
            low * 0.02
        });
        hiss.take(length).collect()
    }

    #[test]
    fn steady_noise_goes_in_pauses_and_speech_stays_in_its_place() {
        let Some((speech, labels)) = labelled_speech(1) else {
            println!("skipped: no recordings here");
            return;
        };
        let noisy: Vec<f32> = speech.iter().zip(fan(speech.len())).map(|(speech, noise)| speech + noise).collect();
        let out = run(&Treatment { echo_cancellation: false, ..Treatment::SPEAKER }, &noisy);
        let power = |samples: &[f32], delay: usize, speaking: bool| {
            let blocks =
                labels.iter().filter(|label| label.2 == speaking && label.0 > 1.0).flat_map(|(from, to, _)| {
                    let edge = if speaking { 0.0 } else { 0.1 };
                    let range = ((from + edge) * 48_000.0) as usize + delay..((to - edge) * 48_000.0) as usize + delay;
                    samples.get(range).unwrap_or(&[]).as_chunks().0
                });
            let (sum, count) = blocks.fold((0.0, 0.0), |(sum, count), block| (sum + mean_square(block), count + 1.0));
            power_db(sum / count)
        };
        let pauses = power(&noisy, 0, false) - power(&out, DELAY, false);
        let spoken = power(&out, DELAY, true) - power(&noisy, 0, true);
        println!("noise in pauses reduced by {pauses:.1} dB, speech changed by {spoken:+.1} dB");
        assert!(pauses > 10.0, "{pauses} dB");
        assert!(spoken.abs() < 3.0, "{spoken} dB");

        let fits = |lag: usize| -> f32 { out[lag..].iter().zip(&speech).map(|(a, b)| a * b).sum() };
        let best = (DELAY - 300..DELAY + 300).max_by(|&a, &b| fits(a).total_cmp(&fits(b))).unwrap();
        assert!(best.abs_diff(DELAY) < 8, "speech comes out {best} samples later, not {DELAY}");
    }
}
