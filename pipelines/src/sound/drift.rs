//! Brings the samples of one card onto the grid of numbered blocks, although the card's clock is not the host's.
//!
//! A [`Follower`] learns from the arrival times which moment of media time each sample belongs to, and bends the reading
//! speed by a few hundred parts per million at most; an [`Aligner`] resamples accordingly. Pure: time comes in as a
//! parameter. Not here: waiting, and what is heard where samples are missing (`join`).

use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, MediaTime, SAMPLE_RATE};
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use super::Block;

const RATE: f64 = SAMPLE_RATE as f64;
const BLOCK_SECONDS: f64 = BLOCK_NS as f64 / 1e9;

/// Spread of arrival times, in seconds.
const JITTER: f64 = 2e-3;
/// A first time stamp may be wrong by this much (seconds), a card's clock by this much (ratio).
const FIRST_OFFSET: f64 = 5e-3;
const FIRST_SKEW: f64 = 3e-4;
/// How fast a card's offset and speed wander (per square root of a second): a crystal that warms up.
const OFFSET_WANDER: f64 = 1e-5;
const SKEW_WANDER: f64 = 3e-7;
/// One late arrival says little: it counts as this late at most, in seconds.
const OUTLIER: f64 = 8e-3;
/// Beyond this (seconds), on this many arrivals in a row, the card has lost or repeated samples.
const JUMP: f64 = 0.1;
const JUMP_ARRIVALS: u32 = 3;
/// A smaller step is believed once it has lasted for this many arrivals.
const STEP: f64 = 0.015;
const STEP_ARRIVALS: u32 = 60;
/// Time in which the reader makes up for a difference, in seconds, and the most it bends the pitch for it.
const CATCH_UP: f64 = 2.0;
const MOST_BEND: f64 = 4e-4;
/// A card that is further off than this is not followed: nothing sold is.
const MOST_SKEW: f64 = 2e-3;

/// A discontinuity that was resynchronised, in seconds: positive where samples were missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jump(pub(crate) f64);

/// Which moment each sample of a card belongs to: a Kalman filter over offset and speed.
#[derive(Clone, Debug)]
pub(crate) struct Follower {
    /// Sample that `moment` is the estimate for.
    index: u64,
    /// Media time of that sample, in seconds.
    moment: f64,
    /// Seconds of media time per second of card time, less one.
    skew: f64,
    variance: [f64; 3],
    /// Arrivals in a row that lay far off on the same side, and where the last of them lay.
    far: u32,
    steps: u32,
    last_error: f64,
}

impl Follower {
    pub(crate) fn new(index: u64, at: f64) -> Self {
        Self {
            index,
            moment: at,
            skew: 0.0,
            variance: [FIRST_OFFSET * FIRST_OFFSET, 0.0, FIRST_SKEW * FIRST_SKEW],
            far: 0,
            steps: 0,
            last_error: 0.0,
        }
    }

    /// Learns that sample `index` arrived stamped `at` (seconds of media time).
    pub(crate) fn observe(&mut self, index: u64, at: f64) -> Option<Jump> {
        let elapsed = index.saturating_sub(self.index) as f64 / RATE;
        self.index = index;
        self.moment += elapsed * (1.0 + self.skew);
        let [p00, p01, p11] = self.variance;
        let p00 = p00 + 2.0 * elapsed * p01 + elapsed * elapsed * p11 + OFFSET_WANDER * OFFSET_WANDER * elapsed;
        let p01 = p01 + elapsed * p11;
        let p11 = p11 + SKEW_WANDER * SKEW_WANDER * elapsed;

        let error = at - self.moment;
        if let Some(jump) = self.judge(error) {
            self.moment = at;
            self.variance = [FIRST_OFFSET * FIRST_OFFSET, 0.0, p11];
            return Some(jump);
        }
        let sum = p00 + JITTER * JITTER;
        let (k0, k1) = (p00 / sum, p01 / sum);
        let error = error.clamp(-OUTLIER, OUTLIER);
        self.moment += k0 * error;
        self.skew = (self.skew + k1 * error).clamp(-MOST_SKEW, MOST_SKEW);
        self.variance = [(1.0 - k0) * p00, (1.0 - k0) * p01, p11 - k1 * p01];
        None
    }

    /// Whether the arrivals tell of a jump, not of jitter.
    fn judge(&mut self, error: f64) -> Option<Jump> {
        let same_side = error.signum() == self.last_error.signum();
        let agrees = (error - self.last_error).abs() < STEP;
        self.far = if error.abs() <= JUMP { 0 } else { 1 + if agrees { self.far } else { 0 } };
        self.steps = if error.abs() <= STEP { 0 } else { 1 + if same_side { self.steps } else { 0 } };
        self.last_error = error;
        if self.far < JUMP_ARRIVALS && self.steps < STEP_ARRIVALS {
            return None;
        }
        (self.far, self.steps, self.last_error) = (0, 0, 0.0);
        Some(Jump(error))
    }

    /// The (fractional) sample that belongs to `moment`, in seconds.
    fn sample_at(&self, moment: f64) -> f64 {
        self.index as f64 + (moment - self.moment) / (1.0 + self.skew) * RATE
    }

    /// How many samples of the card go into one of the host's, for the block that begins at `moment` while the reader stands at
    /// sample `position`.
    pub(crate) fn step(&self, moment: f64, position: f64) -> f64 {
        let behind = (self.sample_at(moment) - position) / RATE;
        let bend = (behind / CATCH_UP).clamp(-MOST_BEND, MOST_BEND);
        1.0 / (1.0 + self.skew) + bend
    }
}

/// Length of the interpolation filter, in samples: passes 19 kHz, cheap enough for a small processor.
const FILTER: usize = 64;
/// Samples by which what comes out of the filter lags behind what went in.
const FILTER_LAG: u64 = FILTER as u64 / 2 - 1;

/// Numbered blocks out of stamped chunks of samples.
pub(crate) struct Aligner {
    resampler: Async<f32>,
    follower: Option<Follower>,
    /// Samples received in all.
    received: u64,
    /// Samples not yet read; the first of them has number `received - pending.len()`.
    pending: Vec<f32>,
    reader: Option<Reader>,
    /// No block below this number is wanted any more.
    earliest: u64,
}

/// Where the reader stands.
struct Reader {
    block: u64,
    /// Sample that the next block begins with.
    position: f64,
    begun: Begun,
}

/// How far a reader has come since it began anew.
#[derive(Clone, Copy, PartialEq)]
enum Begun {
    /// The filter is empty: its first block rises from nothing and is not passed on.
    Filling,
    /// The next block does not join the one before.
    Fresh,
    Running,
}

/// A block of one microphone on the grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) samples: Block,
    /// Does not join the block before (the first one, or after a jump).
    pub(crate) fresh: bool,
}

impl Aligner {
    pub(crate) fn new() -> Self {
        let filter = SincInterpolationParameters::new(FILTER, WindowFunction::Blackman2)
            .oversampling_factor(512)
            .interpolation(SincInterpolationType::Linear);
        let resampler = Async::new_sinc(1.0, 1.01, &filter, BLOCK_SAMPLES, 1, FixedAsync::Output)
            .expect("the filter's parameters are constant and valid");
        Self { resampler, follower: None, received: 0, pending: Vec::new(), reader: None, earliest: 0 }
    }

    /// Takes samples of which the first belongs to media time `at`.
    pub(crate) fn push(&mut self, at: MediaTime, samples: &[f32]) -> Option<Jump> {
        let jump = match &mut self.follower {
            None => {
                self.follower = Some(Follower::new(self.received, at.seconds()));
                None
            }
            Some(follower) => follower.observe(self.received, at.seconds()),
        };
        if jump.is_some() {
            self.pending.clear();
            self.reader = None;
        }
        self.pending.extend_from_slice(samples);
        self.received += samples.len() as u64;
        jump
    }

    /// Forgets the card: the next samples come from another one. What was read stays read.
    pub(crate) fn restart(&mut self) {
        self.follower = None;
        self.reader = None;
        self.pending.clear();
    }

    /// The next block, if all its samples are there.
    pub(crate) fn pop(&mut self) -> Option<Numbered> {
        loop {
            let block = self.read()?;
            if let Some(block) = block {
                return Some(block);
            }
        }
    }

    /// `None`: there is not enough to read; `Some(None)`: what was read only filled the filter.
    fn read(&mut self) -> Option<Option<Numbered>> {
        let follower = self.follower.as_ref()?;
        let first = self.received - self.pending.len() as u64;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let moment = follower.moment + (first as f64 - follower.index as f64) / RATE * (1.0 + follower.skew);
                let block = ((moment / BLOCK_SECONDS - 1e-6).ceil().max(0.0) as u64).max(self.earliest);
                let begin = follower.sample_at(block as f64 * BLOCK_SECONDS).round().max(0.0) as u64;
                let skip = (begin + FILTER_LAG).saturating_sub(first) as usize;
                if skip > self.pending.len() {
                    return None;
                }
                self.pending.drain(..skip);
                self.resampler.reset();
                self.reader.insert(Reader { block, position: begin as f64, begun: Begun::Filling })
            }
        };

        let step = follower.step(reader.block as f64 * BLOCK_SECONDS, reader.position);
        self.resampler.set_resample_ratio(1.0 / step, false).expect("the bend is far below the limit");
        let wanted = self.resampler.input_frames_next();
        if self.pending.len() < wanted {
            return None;
        }
        let mut samples = [0.0; BLOCK_SAMPLES];
        let input = SequentialSlice::new(&self.pending, 1, self.pending.len()).expect("one channel fills the slice");
        let mut output = SequentialSlice::new_mut(&mut samples, 1, BLOCK_SAMPLES).expect("one channel fills the slice");
        self.resampler
            .process_into_buffer(&input, &mut output, None)
            .expect("as many samples as it asked for, and room for a block");
        self.pending.drain(..wanted);
        let begun = reader.begun;
        let block = Numbered { number: reader.block, samples, fresh: begun == Begun::Fresh };
        reader.begun = if begun == Begun::Filling { Begun::Fresh } else { Begun::Running };
        reader.position += step * BLOCK_SAMPLES as f64;
        reader.block += 1;
        self.earliest = reader.block;
        Some((begun != Begun::Filling).then_some(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeatable numbers in 0..1.
    struct Dice(u64);
    impl Dice {
        fn roll(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// Follows a card for `seconds`; worst distance between a block's place and the truth after `settle` seconds.
    fn worst_offset(ppm: impl Fn(f64) -> f64, seconds: f64, settle: f64) -> f64 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut truth = 3.0;
        let mut follower = Follower::new(0, truth + 2e-3);
        let mut position = f64::NAN;
        let mut worst: f64 = 0.0;
        for arrival in 1u64.. {
            truth += BLOCK_SECONDS / (1.0 + ppm(truth) * 1e-6);
            if truth > seconds {
                break;
            }
            let late = dice.roll() * 4e-3 + if dice.roll() < 0.002 { dice.roll() * 0.06 } else { 0.0 };
            assert_eq!(follower.observe(arrival * 480, truth + late), None, "at {truth} s");
            let moment = truth - 0.02;
            if position.is_nan() {
                position = follower.sample_at(moment).round();
            }
            position += follower.step(moment, position) * BLOCK_SAMPLES as f64 / (1.0 + ppm(truth) * 1e-6);
            let next = truth - 0.02 + BLOCK_SECONDS / (1.0 + ppm(truth) * 1e-6);
            let read = truth + (position - arrival as f64 * 480.0) / (RATE * (1.0 + ppm(truth) * 1e-6));
            if truth > settle {
                worst = worst.max((read - next).abs());
            }
        }
        worst
    }

    const DAY: f64 = 86_400.0;

    #[test]
    fn a_day_of_a_card_that_is_off_stays_within_a_few_milliseconds() {
        for ppm in [-500.0, -100.0, 0.0, 100.0, 500.0] {
            let worst = worst_offset(|_| ppm, DAY, 0.0);
            println!("{ppm} ppm: worst offset of a day {:.2} ms", worst * 1e3);
            assert!(worst < 6e-3, "{ppm} ppm: {} ms", worst * 1e3);
        }
    }

    #[test]
    fn a_card_that_warms_up_is_followed() {
        let worst = worst_offset(|t| 100.0 + 40.0 * (t / 1800.0).sin(), DAY, 0.0);
        println!("a wandering card: worst offset of a day {:.2} ms", worst * 1e3);
        assert!(worst < 6e-3, "{} ms", worst * 1e3);
    }

    /// Feeds `seconds` of a card that is `ppm` off and hears `sound` (of true time, in seconds).
    fn hear(ppm: f64, seconds: f64, mut sound: impl FnMut(f64) -> f32) -> Vec<Numbered> {
        let mut aligner = Aligner::new();
        let mut blocks = Vec::new();
        let rate = RATE * (1.0 + ppm * 1e-6);
        for chunk in 0..(seconds * 100.0) as u64 {
            let at = 1.0 + chunk as f64 * 480.0 / rate;
            let samples: Vec<f32> = (0..480).map(|i| sound(at + i as f64 / rate)).collect();
            assert_eq!(aligner.push(MediaTime::from_seconds(at), &samples), None);
            blocks.extend(std::iter::from_fn(|| aligner.pop()));
        }
        blocks
    }

    #[test]
    fn a_click_stays_at_its_true_sample() {
        let blocks = hear(0.0, 1.0, |t| if (t - 1.5).abs() < 1e-6 { 1.0 } else { 0.0 });
        let block = blocks.iter().find(|block| block.number == 150).expect("block 150");
        assert!(block.samples[0] > 0.8, "{:?}", &block.samples[..3]);
        assert_eq!(blocks[0].number, 101);
        assert!(blocks.windows(2).all(|pair| pair[1].number == pair[0].number + 1));
    }

    #[test]
    fn silence_stays_silence() {
        assert!(hear(100.0, 2.0, |_| 0.0).iter().all(|block| block.samples.iter().all(|&sample| sample == 0.0)));
    }

    #[test]
    fn a_tone_keeps_its_phase_and_is_clean_whatever_the_card() {
        let tone = |t: f64| (t * 1000.0 * std::f64::consts::TAU).sin();
        // Left to itself, sound of a card that is 100 ppm off would be 45 ms late after seven and a half minutes.
        for (ppm, seconds) in [(0.0, 60.0), (-100.0, 60.0), (100.0, 450.0), (500.0, 60.0)] {
            let blocks = hear(ppm, seconds, |t| 0.5 * tone(t) as f32);
            let reached = blocks.last().map_or(0.0, |block| block.number as f64 * BLOCK_SECONDS);
            assert!(reached > seconds, "every second of it is heard: {reached}");
            let (mut worst, mut noise, mut count): (f64, f64, u32) = (0.0, 0.0, 0);
            for block in blocks.iter().filter(|block| block.number > 4000).step_by(if seconds > 60.0 { 10 } else { 1 })
            {
                let begin = block.number as f64 * BLOCK_SECONDS;
                let part = |quarter: f64| -> f64 {
                    let wave = |i: usize| tone(begin + i as f64 / RATE + quarter);
                    block.samples.iter().enumerate().map(|(i, &s)| f64::from(s) * wave(i)).sum::<f64>() / 120.0
                };
                let (sine, cosine) = (part(0.0), part(0.00025));
                worst = worst.max((cosine.atan2(sine) / std::f64::consts::TAU / 1000.0).abs());
                assert!((sine.hypot(cosine) - 1.0).abs() < 0.01);
                let fitted = |i: usize| {
                    let t = begin + i as f64 / RATE;
                    0.5 * (sine * tone(t) + cosine * tone(t + 0.00025))
                };
                noise +=
                    block.samples.iter().enumerate().map(|(i, &s)| (f64::from(s) - fitted(i)).powi(2)).sum::<f64>();
                count += 480;
            }
            let noise = 10.0 * (noise / f64::from(count) / 0.125).log10();
            println!("{ppm} ppm: worst phase {:.1} µs, noise {noise:.0} dB", worst * 1e6);
            assert!(worst < 2e-4, "{ppm} ppm: {} µs", worst * 1e6);
            assert!(noise < -60.0, "{ppm} ppm: {noise} dB");
        }
    }

    #[test]
    fn a_jump_is_resynchronised_at_once_and_reported() {
        for gap in [0.25, -0.25, 0.05] {
            let mut aligner = Aligner::new();
            let mut jumps = Vec::new();
            let mut blocks = Vec::new();
            let mut told = None;
            for chunk in 0..400 {
                let at = 1.0 + f64::from(chunk) * 0.01 + if chunk < 200 { 0.0 } else { gap };
                let jump = aligner.push(MediaTime::from_seconds(at), &[at as f32; 480]);
                if jump.is_some() {
                    told = Some(chunk - 200);
                }
                jumps.extend(jump);
                blocks.extend(std::iter::from_fn(|| aligner.pop()));
            }
            assert_eq!(jumps.len(), 1, "{gap}");
            assert!((jumps[0].0 - gap).abs() < 0.01, "{jumps:?}");
            assert!(told.expect("a jump") < if gap.abs() > JUMP { 4 } else { 80 });
            assert!(blocks.windows(2).all(|pair| pair[1].number > pair[0].number));
            assert_eq!(blocks.iter().filter(|block| block.fresh).count(), 2);
            let last = blocks.last().expect("blocks");
            assert!((f64::from(last.samples[200]) - last.number as f64 * BLOCK_SECONDS).abs() < 0.012);
        }
    }
}
