//! Listens to decoded sound: silence, level, clipping, loudness, beeps; each channel for itself.

use ebur128::{EbuR128, Mode};
use ketang_hal::figures::{ChannelFigures, DBFS_FLOOR, Stretch};

use super::MeasureSettings;
use super::beep::Beeps;
use super::stretches::Stretches;

/// Silence is judged on blocks of so many a second.
const BLOCKS_A_SECOND: u32 = 100;
/// A sample is at full scale from here on (one step of 16 bits below), and clipped where so many follow each other.
const FULL_SCALE: f32 = 0.9999;
const CLIPPED_IN_A_ROW: u64 = 3;

/// What all sound of a file told.
pub(super) struct Sounds {
    pub(super) rate: u32,
    channels: Vec<Channel>,
    silence: Stretches,
    silent_below: f64,
    silence_seconds: f64,
    loudness: Option<EbuR128>,
    /// Samples of the open block, and when it began.
    filled: u32,
    block_at: f64,
    ends: f64,
}

struct Channel {
    power: f64,
    silence: Stretches,
    total_power: f64,
    samples: u64,
    peak: f32,
    full_run: u64,
    clipped: u64,
    clipped_longest: u64,
    beeps: Beeps,
}

impl Channel {
    fn new(rate: u32, silence_seconds: f64) -> Self {
        Self {
            power: 0.0,
            silence: Stretches::of(silence_seconds),
            total_power: 0.0,
            samples: 0,
            peak: 0.0,
            full_run: 0,
            clipped: 0,
            clipped_longest: 0,
            beeps: Beeps::new(rate),
        }
    }

    fn hear(&mut self, sample: f32, at: f64) {
        self.power += f64::from(sample) * f64::from(sample);
        self.samples += 1;
        self.peak = self.peak.max(sample.abs());
        if sample.abs() >= FULL_SCALE {
            self.full_run += 1;
        } else if self.full_run > 0 {
            self.end_full_run();
        }
        self.beeps.hear(sample, at);
    }

    fn end_full_run(&mut self) {
        let run = std::mem::take(&mut self.full_run);
        if run >= CLIPPED_IN_A_ROW {
            self.clipped += run;
            self.clipped_longest = self.clipped_longest.max(run);
        }
    }

    fn finish(mut self, end: f64) -> ChannelFigures {
        self.end_full_run();
        let samples = (self.samples as f64).max(1.0);
        ChannelFigures {
            peak_dbfs: dbfs(f64::from(self.peak)),
            rms_dbfs: dbfs((self.total_power / samples).sqrt()),
            silence: self.silence.finish(end),
            clipped_share: self.clipped as f64 / samples,
            clipped_longest: self.clipped_longest,
        }
    }
}

fn dbfs(amplitude: f64) -> f64 {
    (20.0 * amplitude.log10()).max(DBFS_FLOOR)
}

/// The figures that [`Sounds`] ends in.
pub(super) struct Heard {
    pub(super) silence: Vec<Stretch>,
    pub(super) loudness_lufs: Option<f64>,
    pub(super) by_channel: Vec<ChannelFigures>,
    /// The beeps of the channel that has most of them.
    pub(super) beeps: Vec<f64>,
}

impl Sounds {
    pub(super) fn new(settings: &MeasureSettings) -> Self {
        Self {
            rate: 0,
            channels: Vec::new(),
            silence: Stretches::of(settings.silence_seconds),
            silent_below: 10f64.powf(settings.silence_dbfs / 10.0),
            silence_seconds: settings.silence_seconds,
            loudness: None,
            filled: 0,
            block_at: 0.0,
            ends: 0.0,
        }
    }

    pub(super) fn channels(&self) -> u32 {
        self.channels.len() as u32
    }

    /// Interleaved samples, the first of them heard `at` seconds.
    pub(super) fn hear(&mut self, rate: u32, channels: u32, samples: &[f32], at: f64) {
        if rate == 0 || channels == 0 {
            return;
        }
        // Only the first format counts; a stream that changes it in the middle is not ours.
        if self.rate == 0 {
            self.rate = rate;
            self.channels = (0..channels).map(|_| Channel::new(rate, self.silence_seconds)).collect();
            self.loudness = EbuR128::new(channels, rate, Mode::I | Mode::HISTOGRAM).ok();
        }
        if (rate, channels) != (self.rate, self.channels()) {
            return;
        }
        if let Some(loudness) = &mut self.loudness
            && loudness.add_frames_f32(samples).is_err()
        {
            self.loudness = None;
        }
        let block = (rate / BLOCKS_A_SECOND).max(1);
        for (n, frame) in samples.chunks_exact(channels as usize).enumerate() {
            let at = at + n as f64 / f64::from(rate);
            if self.filled == 0 {
                self.block_at = at;
            }
            for (channel, &sample) in self.channels.iter_mut().zip(frame) {
                channel.hear(if sample.is_finite() { sample } else { 0.0 }, at);
            }
            self.filled += 1;
            if self.filled == block {
                self.end_block();
            }
        }
        self.ends = at + samples.len() as f64 / f64::from(channels) / f64::from(rate);
    }

    fn end_block(&mut self) {
        let samples = f64::from(std::mem::take(&mut self.filled));
        let mut all = true;
        for channel in &mut self.channels {
            let power = std::mem::take(&mut channel.power);
            channel.total_power += power;
            let silent = power / samples <= self.silent_below;
            channel.silence.see(self.block_at, silent);
            all &= silent;
        }
        self.silence.see(self.block_at, all);
    }

    pub(super) fn finish(mut self) -> Heard {
        if self.filled > 0 {
            self.end_block();
        }
        let most = self.channels.iter().map(|channel| &channel.beeps.found).max_by_key(|beeps| beeps.len());
        Heard {
            beeps: most.cloned().unwrap_or_default(),
            silence: self.silence.finish(self.ends),
            loudness_lufs: self.loudness.and_then(|meter| meter.loudness_global().ok()).filter(|lufs| lufs.is_finite()),
            by_channel: self.channels.into_iter().map(|channel| channel.finish(self.ends)).collect(),
        }
    }
}
