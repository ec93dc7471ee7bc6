//! Finds the encoder to use: the first of a ranked list that really encodes, and how fast it is.

use std::time::Duration;

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::time::FRAMES_PER_SECOND;

use super::h264::{H264Settings, encoder_chain};
use crate::MediaError;
use crate::graph::{Graph, exists, make, nv12_caps};

/// Enough frames to get past an encoder's first, slow ones.
const PROBE_FRAMES: u32 = 50;
/// An encoder that takes longer than this for two seconds of picture is of no use here.
const PROBE_LIMIT: Duration = Duration::from_secs(20);

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
    pub const RANKED: [Self; 6] =
        [Self::RockchipMpp, Self::Va, Self::Vaapi, Self::V4l2M2m, Self::X264, Self::OpenH264];

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

/// Tries the encoders in order (or only `wanted`) and measures the first that works.
pub fn probe(wanted: Option<&str>) -> Result<EncoderSpeed, MediaError> {
    let mut tried = Vec::new();
    let candidates = EncoderKind::RANKED.into_iter().filter(|kind| wanted.is_none_or(|name| name == kind.element()));
    for kind in candidates {
        if !exists(kind.element()) {
            tried.push(format!("{} is not installed", kind.element()));
            continue;
        }
        match measure(kind) {
            Ok(cores_full_hd) => return Ok(EncoderSpeed { kind, cores_full_hd }),
            Err(error) => tried.push(error.to_string()),
        }
    }
    let what = wanted.map_or("an H.264 encoder".to_owned(), |name| format!("the H.264 encoder `{name}`"));
    let why = if tried.is_empty() { "ketang does not know it".to_owned() } else { tried.join("; ") };
    Err(MediaError::Missing { what, why })
}

/// CPU cores that encoding takes: the process's CPU clock while test pictures are encoded, less that of drawing them.
fn measure(kind: EncoderKind) -> Result<f64, MediaError> {
    let settings = H264Settings { kind, size: Size::FULL_HD, kbit_s: 4000, floor_kbit_s: None };
    let encoding = cpu_of(encoder_chain(&settings, Size::FULL_HD)?)?;
    let drawing = cpu_of(Vec::new())?;
    let seconds = f64::from(PROBE_FRAMES) / FRAMES_PER_SECOND as f64;
    Ok(encoding.saturating_sub(drawing).as_secs_f64() / seconds)
}

/// CPU time that this process uses to draw test pictures and send them through `chain`.
fn cpu_of(chain: Vec<gst::Element>) -> Result<Duration, MediaError> {
    let graph = Graph::new("probe");
    let source = make("videotestsrc")?;
    source.set_property("num-buffers", PROBE_FRAMES as i32);
    source.set_property_from_str("pattern", "smpte75");
    source.set_property("horizontal-speed", 4i32);
    let filter = make("capsfilter")?;
    filter.set_property("caps", nv12_caps(Size::FULL_HD));
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    graph.chain([source, filter].iter().chain(&chain).chain([&sink]))?;
    let before = process_cpu();
    graph.play()?;
    graph.finish(PROBE_LIMIT)?;
    Ok(process_cpu().saturating_sub(before))
}

/// CPU time that this process has used.
fn process_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
