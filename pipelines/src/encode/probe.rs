//! Finds the encoders to use: the first of a ranked list that really encode, and how fast they are.

use std::time::Duration;

use gst::prelude::*;
use ketang_hal::board::BoardEncoder;
use ketang_hal::picture::Size;
use ketang_hal::time::{FRAMES_PER_SECOND, SLOT_NS};

use super::h264::{H264Settings, Preset, encoder_chain};
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
    /// The same on Intel's low-power engine, which is the only one of newer chips.
    VaLowPower,
    /// VA-API, the older plug-in.
    Vaapi,
    /// A stateful V4L2 memory-to-memory encoder, such as the Raspberry Pi 4's.
    V4l2M2m,
    X264,
    OpenH264,
}

impl EncoderKind {
    /// In the order in which they are tried.
    pub const RANKED: [Self; 7] =
        [Self::RockchipMpp, Self::Va, Self::VaLowPower, Self::Vaapi, Self::V4l2M2m, Self::X264, Self::OpenH264];

    /// The encoder whose GStreamer element has this name.
    pub fn named(element: &str) -> Option<Self> {
        Self::RANKED.into_iter().find(|kind| kind.element() == element)
    }

    /// The GStreamer element's name, which also stands in configuration and logs.
    pub fn element(self) -> &'static str {
        match self {
            Self::RockchipMpp => "mpph264enc",
            Self::Va => "vah264enc",
            Self::VaLowPower => "vah264lpenc",
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

/// An encoder that costs no CPU worth counting, and carries so much and no more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hardware {
    pub kind: EncoderKind,
    /// How many pictures of 1920×1080 at 25 fps it encodes at once; infinite where the board's file does not say.
    pub pictures: f64,
}

/// An encoder that runs on the processor's cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Software {
    pub kind: EncoderKind,
    /// CPU seconds of this process for one second of 1920×1080 at 25 fps with the fastest preset.
    pub cores_full_hd: f64,
}

/// What probing found. One of the two is there at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoders {
    /// All that are installed, the best first.
    pub ranked: Vec<EncoderKind>,
    pub hardware: Option<Hardware>,
    pub software: Option<Software>,
}

impl Encoders {
    /// The one that work without haste is given to: in software where there is one, since that can always take one more.
    pub fn for_work(&self) -> EncoderKind {
        let hardware = || self.hardware.map(|hardware| hardware.kind);
        self.software.map(|software| software.kind).or_else(hardware).unwrap_or(EncoderKind::X264)
    }
}

/// Tries the encoders, those that the board's file names first: the first in hardware that works, and the first in software, which is
/// measured. Hardware that is ranked below a working encoder in software is not used but where that fails.
pub fn probe(of_board: &[BoardEncoder]) -> Result<Encoders, MediaError> {
    let (mut hardware, mut software) = (None, None);
    let (mut ranked, mut tried) = (Vec::new(), Vec::new());
    let order = order(of_board)?;
    for kind in order {
        if !exists(kind.element()) {
            tried.push(format!("{} is not installed", kind.element()));
            continue;
        }
        if software.is_some() || (kind.is_hardware() && hardware.is_some()) {
            ranked.push(kind);
            continue;
        }
        match measure(kind) {
            Ok(_) if kind.is_hardware() => hardware = Some(Hardware { kind, pictures: carries(kind, of_board) }),
            Ok(cores_full_hd) => software = Some(Software { kind, cores_full_hd }),
            Err(error) => {
                tried.push(error.to_string());
                continue;
            }
        }
        ranked.push(kind);
    }
    if hardware.is_none() && software.is_none() {
        return Err(MediaError::Missing { what: "an H.264 encoder".into(), why: tried.join("; ") });
    }
    Ok(Encoders { ranked, hardware, software })
}

/// All encoders, those of the board first. A name that nobody knows is a mistake in its file.
fn order(of_board: &[BoardEncoder]) -> Result<Vec<EncoderKind>, MediaError> {
    let named = |encoder: &BoardEncoder| {
        EncoderKind::named(&encoder.element).ok_or_else(|| {
            let known = EncoderKind::RANKED.map(EncoderKind::element).join(", ");
            let name = &encoder.element;
            MediaError::Invalid(format!(
                "the board's file names the unknown H.264 encoder `{name}`: use some of {known}"
            ))
        })
    };
    let mut order = of_board.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    for kind in EncoderKind::RANKED {
        if !order.contains(&kind) {
            order.push(kind);
        }
    }
    Ok(order)
}

fn carries(kind: EncoderKind, of_board: &[BoardEncoder]) -> f64 {
    let full = f64::from(Size::FULL_HD.width * Size::FULL_HD.height) * FRAMES_PER_SECOND as f64;
    let known = of_board.iter().find(|encoder| encoder.element == kind.element());
    known.and_then(|encoder| encoder.pixels_a_second).map_or(f64::INFINITY, |pixels| pixels as f64 / full)
}

/// CPU cores that encoding moving noise takes.
fn measure(kind: EncoderKind) -> Result<f64, MediaError> {
    let settings =
        H264Settings { kind, preset: Preset::Ultrafast, size: Size::FULL_HD, kbit_s: 4000, floor_kbit_s: None };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn board(encoders: &[(&str, Option<u64>)]) -> Vec<BoardEncoder> {
        let one = |&(element, pixels_a_second): &(&str, Option<u64>)| BoardEncoder {
            element: element.into(),
            pixels_a_second,
        };
        encoders.iter().map(one).collect()
    }

    #[test]
    fn the_boards_encoders_come_first_and_each_once() {
        let order = order(&board(&[("v4l2h264enc", None), ("x264enc", None)])).unwrap();
        assert_eq!(order[..2], [EncoderKind::V4l2M2m, EncoderKind::X264]);
        assert_eq!(order.len(), EncoderKind::RANKED.len());
    }

    #[test]
    fn an_encoder_that_nobody_knows_is_refused_with_those_that_are_known() {
        let error = order(&board(&[("x264enc", None), ("h264enc3000", None)])).unwrap_err().to_string();
        for part in ["`h264enc3000`", "use some of", "vah264lpenc", "openh264enc"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn what_hardware_carries_is_what_the_board_says() {
        let board = board(&[("v4l2h264enc", Some(62_208_000)), ("vah264enc", None)]);
        assert_eq!(carries(EncoderKind::V4l2M2m, &board), 1.2);
        assert_eq!(carries(EncoderKind::Va, &board), f64::INFINITY);
        assert_eq!(carries(EncoderKind::RockchipMpp, &board), f64::INFINITY);
    }
}
