//! Takes out of a microphone what the room's loudspeakers play: GStreamer's `webrtcdsp` and its echo probe, run as a function.
//!
//! ```text
//!  reference ─► webrtcechoprobe ─► (dropped)
//!                     ┆
//!  microphone ─► webrtcdsp ─► what came out of it
//! ```
//!
//! The two elements are driven by hand, block after block, in the caller's thread: a graph of its own would need four more threads and
//! would leave it to chance which of the two streams comes first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use gst::prelude::*;
use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE};

use super::Block;
use super::echo_delay::{DelayFinder, MOST_DELAY};
use crate::MediaError;

/// Samples of the reference that are kept: the longest delay and a block.
const PLAYED: usize = MOST_DELAY + BLOCK_SAMPLES;
/// Blocks in which the canceller's own delay is found.
const PROBE_BLOCKS: u64 = 20;

/// Distinguishes the probes of one process: `webrtcdsp` finds its probe by name.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// An echo canceller for one microphone.
pub(crate) struct EchoCanceller {
    dsp: Driven,
    probe: Driven,
    block: u64,
    finder: DelayFinder,
    /// The reference of the last quarter of a second: what the loudspeakers play reaches the microphone later.
    played: VecDeque<f32>,
    /// Samples by which what comes out is later than what went in.
    pub(crate) delay: usize,
}

impl EchoCanceller {
    /// `gain_control`: let webrtcdsp level the speech too.
    pub(crate) fn new(gain_control: bool) -> Result<Self, MediaError> {
        // What the filter bank costs depends on the library's version: it is measured with a click, on a canceller of its own.
        let delay = Self::build(false, 0)?.measure_delay()?;
        Self::build(gain_control, delay)
    }

    fn build(gain_control: bool, delay: usize) -> Result<Self, MediaError> {
        let name = format!("ketang-echo-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let probe = make("webrtcechoprobe")?;
        probe.set_property("name", &name);
        let dsp = make("webrtcdsp")?;
        dsp.set_property("probe", &name);
        set(&dsp, "echo-cancel", true);
        set(&dsp, "extended-filter", true);
        set(&dsp, "delay-agnostic", true);
        set(&dsp, "high-pass-filter", false);
        set(&dsp, "noise-suppression", false);
        set(&dsp, "gain-control", gain_control);
        set(&dsp, "limiter", gain_control);
        // More would not take away more of an echo, but of the teacher who speaks over it.
        if dsp.has_property("echo-suppression-level") {
            dsp.set_property_from_str("echo-suppression-level", "low");
        }
        let played = VecDeque::from(vec![0.0; PLAYED]);
        let probe = Driven::start(probe)?;
        probe.output.push_event(gst::event::Latency::new(gst::ClockTime::ZERO));
        Ok(Self { probe, dsp: Driven::start(dsp)?, block: 0, finder: DelayFinder::new(), played, delay })
    }

    /// Takes `reference`, as it is being played, out of `block`.
    pub(crate) fn process(&mut self, block: &mut Block, reference: &Block) -> Result<(), MediaError> {
        self.played.drain(..BLOCK_SAMPLES);
        self.played.extend(reference);
        let from = PLAYED - BLOCK_SAMPLES - self.finder.hear(block, reference);
        let mut reference = [0.0; BLOCK_SAMPLES];
        reference.iter_mut().zip(self.played.range(from..)).for_each(|(to, from)| *to = *from);
        self.probe.run(self.block, &reference)?;
        let out = self.dsp.run(self.block, block)?;
        self.block += 1;
        *block = out.ok_or_else(|| failed("it swallowed a block"))?;
        Ok(())
    }

    fn measure_delay(mut self) -> Result<usize, MediaError> {
        let mut heard = Vec::new();
        for number in 0..PROBE_BLOCKS {
            let mut block = [0.0; BLOCK_SAMPLES];
            if number == PROBE_BLOCKS / 2 {
                block[0] = 0.5;
            }
            self.process(&mut block, &[0.0; BLOCK_SAMPLES])?;
            heard.extend(block);
        }
        let click = (PROBE_BLOCKS / 2) as usize * BLOCK_SAMPLES;
        let loudest = (click..heard.len()).max_by(|&a, &b| heard[a].abs().total_cmp(&heard[b].abs()));
        Ok(loudest.unwrap_or(click) - click)
    }
}

fn failed(why: &str) -> MediaError {
    MediaError::Graph { graph: "echo canceller".into(), why: why.into() }
}

fn make(element: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(element)
        .build()
        .map_err(|error| MediaError::Missing { what: format!("GStreamer's {element}"), why: error.to_string() })
}

/// Sets a property where the installed version still has it.
fn set(element: &gst::Element, property: &str, value: bool) {
    if element.has_property(property) {
        element.set_property(property, value);
    }
}

/// An element that is fed and emptied by hand.
struct Driven {
    element: gst::Element,
    input: gst::Pad,
    output: gst::Pad,
    heard: Receiver<gst::Buffer>,
}

impl Driven {
    fn start(element: gst::Element) -> Result<Self, MediaError> {
        let (sender, heard): (Sender<gst::Buffer>, _) = channel();
        let input = gst::Pad::builder(gst::PadDirection::Src).build();
        let output = gst::Pad::builder(gst::PadDirection::Sink)
            .chain_function(move |_, _, buffer| {
                // The receiver lives as long as the pad: a send that fails is the end.
                sender.send(buffer).map(|()| gst::FlowSuccess::Ok).map_err(|_| gst::FlowError::Eos)
            })
            .build();
        let driven = Self { element, input, output, heard };
        driven.connect().map_err(|error| failed(&error.to_string()))?;
        Ok(driven)
    }

    fn connect(&self) -> Result<(), gst::glib::BoolError> {
        let missing = || gst::glib::bool_error!("the element lacks a pad");
        self.input.set_active(true)?;
        self.output.set_active(true)?;
        self.input.link(&self.element.static_pad("sink").ok_or_else(missing)?).map_err(|_| missing())?;
        self.element.static_pad("src").ok_or_else(missing)?.link(&self.output).map_err(|_| missing())?;
        self.element.set_state(gst::State::Playing).map_err(|_| gst::glib::bool_error!("it did not start"))?;
        let caps = gst_audio::AudioInfo::builder(gst_audio::AudioFormat::S16le, SAMPLE_RATE, 1).build()?.to_caps()?;
        self.input.push_event(gst::event::StreamStart::new("sound"));
        self.input.push_event(gst::event::Caps::new(&caps));
        self.input.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
        Ok(())
    }

    fn run(&self, number: u64, block: &Block) -> Result<Option<Block>, MediaError> {
        let bytes: Vec<u8> = block.iter().flat_map(|&s| ((s * 32768.0).round() as i16).to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let fresh = buffer.get_mut().expect("a new buffer has one owner");
        fresh.set_pts(gst::ClockTime::from_nseconds(number * BLOCK_NS));
        fresh.set_duration(gst::ClockTime::from_nseconds(BLOCK_NS));
        self.input.push(buffer).map_err(|error| failed(&error.to_string()))?;
        let Ok(out) = self.heard.try_recv() else { return Ok(None) };
        let map = out.map_readable().map_err(|error| failed(&error.to_string()))?;
        let (samples, _) = map.as_chunks::<2>();
        let mut block = [0.0; BLOCK_SAMPLES];
        block.iter_mut().zip(samples).for_each(|(to, from)| *to = f32::from(i16::from_le_bytes(*from)) / 32768.0);
        Ok(Some(block))
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        // Nothing runs in it but the caller's own thread, so this neither fails nor waits.
        let _ = self.element.set_state(gst::State::Null);
        let _ = self.input.set_active(false);
        let _ = self.output.set_active(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::levels::{mean_square, power_db};
    use crate::sound::testing::recording;

    /// Power over the blocks of `range` (in seconds), in dBFS.
    fn loudness(samples: &[f32], range: std::ops::Range<f64>) -> f32 {
        let blocks =
            &samples.as_chunks::<BLOCK_SAMPLES>().0[(range.start * 100.0) as usize..(range.end * 100.0) as usize];
        power_db(blocks.iter().map(mean_square).sum::<f32>() / blocks.len() as f32)
    }

    /// What the teacher's microphone hears of the computer's sound: delayed, weaker, with two reflections.
    fn echo(line: &[f32], delay_ms: usize) -> Vec<f32> {
        let at = |i: usize, ms: usize| i.checked_sub(ms * 48).map_or(0.0, |i| line[i]);
        (0..line.len())
            .map(|i| 0.35 * at(i, delay_ms) + 0.12 * at(i, delay_ms + 7) - 0.08 * at(i, delay_ms + 13))
            .collect()
    }

    fn cancel(microphone: &[f32], line: &[f32]) -> (Vec<f32>, usize) {
        let mut canceller = EchoCanceller::new(false).unwrap();
        let mut out = Vec::new();
        for (block, reference) in microphone.as_chunks().0.iter().zip(line.as_chunks().0) {
            let mut block = *block;
            canceller.process(&mut block, reference).unwrap();
            out.extend(block);
        }
        (out, canceller.delay)
    }

    #[test]
    fn the_computers_sound_is_taken_out_and_the_teacher_kept() {
        crate::init().unwrap();
        let (Some(line), Some(speech)) = (recording("silero_test.wav"), recording("en_pyannote_sample.wav")) else {
            println!("skipped: no recordings here");
            return;
        };
        if make("webrtcdsp").is_err() {
            println!("skipped: webrtcdsp is not installed");
            return;
        }
        let line = &line[..30 * 48_000];
        let mut speech = speech[..30 * 48_000].to_vec();
        speech[..20 * 48_000].fill(0.0);
        for delay in [40, 80, 120] {
            let echo = echo(line, delay);
            let (alone, own_delay) = cancel(&echo, line);
            let reduced = loudness(&echo, 10.0..30.0) - loudness(&alone, 10.0..30.0);
            let both: Vec<f32> = echo.iter().zip(&speech).map(|(e, s)| e + s).collect();
            let (cleaned, _) = cancel(&both, line);
            let kept = loudness(&cleaned, 20.0..30.0) - loudness(&speech, 20.0..30.0);
            println!(
                "echo after {delay} ms: reduced by {reduced:.1} dB; speech over it kept at {kept:+.1} dB; delay {own_delay}"
            );
            assert!(reduced > 15.0, "echo after {delay} ms: only {reduced} dB");
            assert!((-5.0..1.0).contains(&kept), "echo after {delay} ms: the teacher changed by {kept} dB");
        }
    }

    #[test]
    fn without_an_echo_the_teacher_passes_unchanged() {
        crate::init().unwrap();
        let Some(speech) = recording("en_pyannote_sample.wav") else {
            println!("skipped: no recordings here");
            return;
        };
        let speech = &speech[..20 * 48_000];
        let (out, delay) = cancel(speech, &vec![0.0; speech.len()]);
        let change = loudness(&out, 8.0..19.0) - loudness(speech, 8.0..19.0);
        let fits = |lag: usize| -> f32 { out[lag..].iter().zip(speech).map(|(a, b)| a * b).sum() };
        let best = (0..900).max_by(|&a, &b| fits(a).total_cmp(&fits(b))).unwrap();
        println!("delay {delay} samples (best fit {best}), change {change:+.2} dB");
        assert!(change.abs() < 0.5, "{change} dB");
        assert!(best.abs_diff(delay) < 24, "the delay {delay} is not the true one");
    }
}
