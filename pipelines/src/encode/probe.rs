//! Finds the encoder to use: the first of a ranked list that really encodes, and how fast it is.

use std::time::Duration;

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::time::{FRAMES_PER_SECOND, SLOT_NS};

use super::h264::{H264Settings, encoder_chain};
use crate::MediaError;
use crate::graph::{Graph, exists, make, nv12_caps};

/// Enough frames to get past an encoder's first, slow ones.
const PROBE_FRAMES: u64 = 50;
/// Frames that are drawn for it.
const DIFFERENT_FRAMES: usize = 10;
/// An encoder that takes longer than this for two seconds of picture is of no use here.
const PROBE_LIMIT: Duration = Duration::from_secs(60);

/// The encoders that ketang knows, hardware first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncoderKind {
    /// Rockchip's media process platform.
    RockchipMpp,
    /// VA-API, GStreamer 1.22's `va` plug-in.
    Va,
    /// VA-API, the older plug-in.
    Vaapi,
    /// A stateful V4L2 memory-to-memory encoder, such as the Raspberry Pi 4's.
    V4l2M2m,
    X264,
    OpenH264,
}

impl EncoderKind {
    /// In the order in which they are tried.
    pub const RANKED: [Self; 6] = [Self::RockchipMpp, Self::Va, Self::Vaapi, Self::V4l2M2m, Self::X264, Self::OpenH264];

    /// The GStreamer element's name, which also stands in configuration and logs.
    pub fn element(self) -> &'static str {
        match self {
            Self::RockchipMpp => "mpph264enc",
            Self::Va => "vah264enc",
            Self::Vaapi => "vaapih264enc",
            Self::V4l2M2m => "v4l2h264enc",
            Self::X264 => "x264enc",
            Self::OpenH264 => "openh264enc",
        }
    }

    /// The encoder costs no CPU worth counting.
    pub fn is_hardware(self) -> bool {
        !matches!(self, Self::X264 | Self::OpenH264)
    }
}

/// What probing found.
#[derive(Clone, Copy, Debug)]
pub struct EncoderSpeed {
    pub kind: EncoderKind,
    /// CPU seconds of this process for one second of 1920×1080 at 25 fps.
    pub cores_full_hd: f64,
}

/// Tries the encoders, those of `preferred` first, and measures the first that works.
pub fn probe(preferred: &[String]) -> Result<EncoderSpeed, MediaError> {
    let mut tried = Vec::new();
    let wanted =
        preferred.iter().filter_map(|name| EncoderKind::RANKED.into_iter().find(|kind| kind.element() == name));
    for kind in wanted.chain(EncoderKind::RANKED) {
        if !exists(kind.element()) {
            tried.push(format!("{} is not installed", kind.element()));
            continue;
        }
        match measure(kind) {
            Ok(cores_full_hd) => return Ok(EncoderSpeed { kind, cores_full_hd }),
            Err(error) => tried.push(error.to_string()),
        }
    }
    Err(MediaError::Missing { what: "an H.264 encoder".into(), why: tried.join("; ") })
}

/// CPU cores that encoding moving noise takes.
fn measure(kind: EncoderKind) -> Result<f64, MediaError> {
    let settings = H264Settings { kind, size: Size::FULL_HD, kbit_s: 4000, floor_kbit_s: None };
    let frames: Vec<_> = (0..DIFFERENT_FRAMES).map(drifting_noise).collect();
    // Cores that share their inside with another are slower while both work, as they do in a lesson.
    let at_once = if kind.is_hardware() { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let before = process_cpu();
    std::thread::scope(|scope| {
        let one = || scope.spawn(|| encode_all(&settings, frames.clone(), PROBE_FRAMES));
        let all: Vec<_> = (0..at_once).map(|_| one()).collect();
        let stuck = |_| MediaError::Invalid(format!("{} cannot be tried: its thread ended early", kind.element()));
        all.into_iter().try_for_each(|encoding| encoding.join().map_err(stuck)?)
    })?;
    let used = process_cpu().saturating_sub(before).as_secs_f64() / at_once as f64;
    Ok(used * FRAMES_PER_SECOND as f64 / PROBE_FRAMES as f64)
}

/// CPU time of this process while each of `tracks` encodes `count` frames as fast as possible: its own, each NV12 at the
/// settings' size, again and again. All at once, as in a lesson: cores that share caches and memory are slower together.
pub fn cost(tracks: Vec<(H264Settings, Vec<Vec<u8>>)>, count: u64) -> Result<Duration, MediaError> {
    let before = process_cpu();
    std::thread::scope(|scope| {
        let one = |(settings, frames)| scope.spawn(move || encode_all(&settings, frames, count));
        let all: Vec<_> = tracks.into_iter().map(one).collect();
        let stuck = |_| MediaError::Invalid("an encoder's thread ended early".into());
        all.into_iter().try_for_each(|encoding| encoding.join().map_err(stuck)?)
    })?;
    Ok(process_cpu().saturating_sub(before))
}

fn encode_all(settings: &H264Settings, frames: Vec<Vec<u8>>, count: u64) -> Result<(), MediaError> {
    let graph = Graph::new("encode alone");
    let source = gst_app::AppSrc::builder()
        .caps(&nv12_caps(settings.size))
        .format(gst::Format::Time)
        .block(true)
        .max_buffers(4)
        .build();
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    graph.chain([source.upcast_ref()].into_iter().chain(&encoder_chain(settings, settings.size)?).chain([&sink]))?;
    let frames: Vec<_> = frames.into_iter().map(gst::Buffer::from_slice).collect();
    graph.play()?;
    for (number, frame) in (0..count).zip(frames.iter().cycle()) {
        let mut frame = frame.copy();
        frame.make_mut().set_pts(gst::ClockTime::from_nseconds(number * SLOT_NS));
        source.push_buffer(frame).map_err(|error| graph.failed(error))?;
    }
    source.end_of_stream().map_err(|error| graph.failed(error))?;
    graph.finish(PROBE_LIMIT)
}

/// A picture of coarse noise that moves sideways: about as hard to encode as a classroom.
fn drifting_noise(number: usize) -> Vec<u8> {
    const CELL: usize = 24;
    const STEP: usize = 4;
    let (width, height) = (Size::FULL_HD.width as usize, Size::FULL_HD.height as usize);
    let mut frame = vec![128; width * height * 3 / 2];
    for (y, row) in frame[..width * height].chunks_exact_mut(width).enumerate() {
        for (x, luma) in row.iter_mut().enumerate() {
            let cell = ((x + number * STEP) / CELL) * 31 + (y / CELL) * 17;
            *luma = 64 + (cell.wrapping_mul(0x9E37_79B1) >> 7 & 0x7f) as u8;
        }
    }
    frame
}

/// CPU time that this process has used.
fn process_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
