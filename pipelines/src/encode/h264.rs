//! One H.264 encoder: frames of the grid in, access units out.
//!
//! `gst-launch-1.0 appsrc ! videoconvertscale ! x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max=50 !
//! h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink`
//!
//! 25 fps progressive, a key frame every 2 s, no B-frames, variable rate with HB-3's floor.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::time::{FRAMES_PER_SECOND, SLOT_NS};

use super::probe::EncoderKind;
use super::rate_floor::RateFloor;
use crate::MediaError;
use crate::clock::MediaClock;
use crate::coded::{CodedBus, FrameOrder, avc_caps};
use crate::graph::{Ended, Graph, make, nv12_caps};
use crate::lane::FrameSink;
use crate::pool::nv12_bytes;
use crate::priority;

const KEY_FRAME_EVERY: u64 = 2 * FRAMES_PER_SECOND;
/// Frames that may wait for the encoder: 0.8 s. Beyond that the machine is too slow and frames are dropped and counted.
const WAITING_FRAMES: u64 = 20;

/// How much work an encoder in software puts into a picture: more work is a better picture at the same rate. Others go by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    #[default]
    Ultrafast,
    Superfast,
    Veryfast,
}

impl Preset {
    /// x264's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
        }
    }

    /// CPU time in shares of `ultrafast`: see firmware/design/planning.md for where it was measured.
    pub fn cost(self) -> f64 {
        match self {
            Self::Ultrafast => 1.0,
            Self::Superfast => 1.8,
            Self::Veryfast => 3.0,
        }
    }
}

/// What an encoder is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct H264Settings {
    pub kind: EncoderKind,
    pub preset: Preset,
    pub size: Size,
    /// Average rate aimed at, in kbit/s.
    pub kbit_s: u32,
    /// The average never falls below this, in kbit/s (HB-3: 1024).
    pub floor_kbit_s: Option<u32>,
}

/// What an encoder has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncoderCounts {
    pub frames: u64,
    /// Frames that the machine was too slow for.
    pub dropped: u64,
    /// Within so many milliseconds of their capture 99 of 100 frames were encoded (JX-9: 200).
    pub delay_p99_ms: u32,
}

/// Delays are counted by the millisecond up to this.
const LONGEST_DELAY_MS: usize = 500;

struct Counters {
    frames: AtomicU64,
    dropped: AtomicU64,
    /// Frames by their delay from capture to encoded form, in milliseconds; the last counts all longer ones.
    delays: [AtomicU64; LONGEST_DELAY_MS],
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            frames: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            delays: [const { AtomicU64::new(0) }; LONGEST_DELAY_MS],
        }
    }
}

impl Counters {
    fn delay_p99_ms(&self) -> u32 {
        let counts: Vec<u64> = self.delays.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let wanted = counts.iter().sum::<u64>().saturating_mul(99).div_ceil(100);
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.unwrap_or(0) as u32
    }
}

/// A running encoder; dropping it ends it.
pub(crate) struct H264Encoder {
    graph: Graph,
    source: gst_app::AppSrc,
    pub(crate) output: CodedBus,
    counters: Arc<Counters>,
    open: Arc<AtomicBool>,
}

impl H264Encoder {
    /// Starts an encoder for frames of `input` size. Where the machine is full, the `first` one has it.
    pub(crate) fn open(
        name: &str,
        clock: &MediaClock,
        input: Size,
        settings: &H264Settings,
        first: bool,
    ) -> Result<Self, MediaError> {
        let graph = Graph::new(format!("encode {name}"));
        let source = gst_app::AppSrc::builder()
            .caps(&nv12_caps(input))
            .format(gst::Format::Time)
            .is_live(true)
            .block(false)
            .max_bytes(WAITING_FRAMES * nv12_bytes(input) as u64)
            .build();
        let output = CodedBus::default();
        let counters = Arc::new(Counters::default());
        let sink = coded_sink(clock, settings, &output, &counters);
        let chain = encoder_chain(settings, input)?;
        graph.chain([source.upcast_ref()].into_iter().chain(&chain).chain([sink.upcast_ref()]))?;
        clock.drive(&graph.pipeline);
        if first {
            priority::of_graph(&graph.pipeline, priority::of_programme());
        }
        graph.play()?;
        Ok(Self { graph, source, output, counters, open: Arc::new(AtomicBool::new(true)) })
    }

    /// The way in for frames. Never blocks: what the encoder cannot take is dropped and counted.
    pub(crate) fn sink(&self) -> FrameSink {
        let source = self.source.clone();
        let counters = self.counters.clone();
        let open = self.open.clone();
        Box::new(move |frame| {
            if !open.load(Ordering::Relaxed) {
                return false;
            }
            if source.current_level_bytes() >= source.max_bytes() {
                counters.dropped.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            // Copies the frame's description, not its pixels: lanes share the same memory with several encoders.
            let mut buffer = frame.buffer.copy();
            {
                let buffer = buffer.make_mut();
                buffer.set_pts(gst::ClockTime::from_nseconds(frame.slot.start().0));
                buffer.set_dts(gst::ClockTime::NONE);
                buffer.set_duration(gst::ClockTime::from_nseconds(SLOT_NS));
                let captured = gst::ClockTime::from_nseconds(frame.captured.0);
                gst::ReferenceTimestampMeta::add(buffer, &captured_caps(), captured, gst::ClockTime::NONE);
            }
            source.push_buffer(buffer).is_ok()
        })
    }

    /// Asks for a key frame as soon as possible.
    pub(crate) fn force_key_frame(&self) {
        let event = gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build();
        if let Some(pad) =
            self.graph.pipeline.iterate_sinks().next().ok().flatten().and_then(|sink| sink.static_pad("sink"))
        {
            pad.push_event(event);
        }
    }

    #[cfg(test)]
    pub(crate) fn pipeline(&self) -> &gst::Pipeline {
        &self.graph.pipeline
    }

    /// Why it will not give any more frames, if so.
    pub(crate) fn failure(&self) -> Option<String> {
        match self.graph.ended()? {
            Ended::Error(why) => Some(why),
            Ended::EndOfStream => Some("it ended by itself".into()),
        }
    }

    /// Counts so far.
    pub(crate) fn counts(&self) -> EncoderCounts {
        EncoderCounts {
            frames: self.counters.frames.load(Ordering::Relaxed),
            dropped: self.counters.dropped.load(Ordering::Relaxed),
            delay_p99_ms: self.counters.delay_p99_ms(),
        }
    }

    /// Lets the encoder finish what it holds, so that the last frames come out.
    pub(crate) fn drain(&self, limit: std::time::Duration) -> Result<(), MediaError> {
        self.open.store(false, Ordering::Relaxed);
        let _ = self.source.end_of_stream();
        self.graph.finish(limit)
    }
}

impl Drop for H264Encoder {
    fn drop(&mut self) {
        self.open.store(false, Ordering::Relaxed);
    }
}

fn coded_sink(
    clock: &MediaClock,
    settings: &H264Settings,
    output: &CodedBus,
    counters: &Arc<Counters>,
) -> gst_app::AppSink {
    let output = output.clone();
    let counters = counters.clone();
    let clock = clock.clone();
    let mut floor = settings.floor_kbit_s.map(RateFloor::new);
    let encoded = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let sample = match &mut floor {
            Some(floor) => filled_up(sample, floor),
            None => sample,
        };
        if let Some(captured) = sample.buffer().and_then(captured) {
            let waited = clock.now().0.saturating_sub(captured.nseconds());
            let bucket = (waited / 1_000_000).min(LONGEST_DELAY_MS as u64 - 1) as usize;
            counters.delays[bucket].fetch_add(1, Ordering::Relaxed);
        }
        counters.frames.fetch_add(1, Ordering::Relaxed);
        output.publish_sample(&sample, FrameOrder::AsShown);
        Ok(gst::FlowSuccess::Ok)
    };
    gst_app::AppSink::builder()
        .caps(&avc_caps())
        .sync(false)
        .callbacks(gst_app::AppSinkCallbacks::builder().new_sample(encoded).build())
        .build()
}

/// Marks a buffer with the time at which its frame was captured.
fn captured_caps() -> gst::Caps {
    gst::Caps::new_empty_simple("timestamp/x-ketang-captured")
}

fn captured(buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
    let reference = captured_caps();
    let mut metas = buffer.iter_meta::<gst::ReferenceTimestampMeta>();
    metas.find(|meta| meta.reference().is_subset(&reference)).map(|meta| meta.timestamp())
}

fn filled_up(mut sample: gst::Sample, floor: &mut RateFloor) -> gst::Sample {
    let Some(buffer) = sample.buffer() else { return sample };
    let filler = floor.after(buffer.pts().map_or(0, gst::ClockTime::nseconds), buffer.size());
    if !filler.is_empty()
        && let Some(mut buffer) = sample.buffer_owned()
    {
        buffer.make_mut().append_memory(gst::Memory::from_mut_slice(filler));
        sample.make_mut().set_buffer(Some(&buffer));
    }
    sample
}

/// Scaling where the sizes differ, the encoder with its settings, and the parser.
pub(crate) fn encoder_chain(settings: &H264Settings, input: Size) -> Result<Vec<gst::Element>, MediaError> {
    let mut chain = Vec::new();
    if settings.size != input || settings.kind.is_hardware() {
        chain.push(make("videoconvertscale")?);
    }
    if settings.size != input {
        let filter = make("capsfilter")?;
        filter.set_property("caps", nv12_caps(settings.size));
        chain.push(filter);
    }
    chain.push(encoder(settings)?);
    let parse = make("h264parse")?;
    chain.push(parse);
    Ok(chain)
}

fn encoder(settings: &H264Settings) -> Result<gst::Element, MediaError> {
    let encoder = make(settings.kind.element())?;
    let kbit_s = settings.kbit_s;
    match settings.kind {
        EncoderKind::X264 => {
            encoder.set_property_from_str("speed-preset", settings.preset.as_str());
            encoder.set_property_from_str("tune", "zerolatency");
            encoder.set_property("bframes", 0u32);
            encoder.set_property("key-int-max", KEY_FRAME_EVERY as u32);
            encoder.set_property("bitrate", kbit_s);
            encoder.set_property("qp-min", 4u32);
            // Six encoders share the cores; one thread each costs the least.
            encoder.set_property("threads", 1u32);
            encoder.set_property("vbv-buf-capacity", 2000u32);
        }
        EncoderKind::OpenH264 => {
            encoder.set_property("bitrate", kbit_s * 1000);
            encoder.set_property("gop-size", KEY_FRAME_EVERY as u32);
            encoder.set_property_from_str("complexity", "low");
            encoder.set_property_from_str("rate-control", "bitrate");
        }
        EncoderKind::V4l2M2m => {
            let controls = gst::Structure::builder("controls")
                .field("video_bitrate", (kbit_s * 1000) as i32)
                .field("h264_i_frame_period", KEY_FRAME_EVERY as i32)
                .field("video_b_frames", 0i32)
                .build();
            encoder.set_property("extra-controls", controls);
        }
        EncoderKind::Va | EncoderKind::VaLowPower | EncoderKind::Vaapi => {
            encoder.set_property("bitrate", kbit_s);
            let period = if settings.kind == EncoderKind::Vaapi { "keyframe-period" } else { "key-int-max" };
            encoder.set_property(period, KEY_FRAME_EVERY as u32);
        }
        EncoderKind::RockchipMpp => {
            encoder.set_property("bps", kbit_s * 1000);
            encoder.set_property("gop", KEY_FRAME_EVERY as i32);
        }
    }
    Ok(encoder)
}
