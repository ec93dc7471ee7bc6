//! Makes a programme anew from a lesson's tracks and a list of shots, after the lesson.
//!
//! ```text
//! filesrc ▸ qtdemux ▸ h264parse ▸ avdec_h264 ▸ videoconvertscale ▸ appsink     one a track that is shown
//!      ╰─► a frame a slot ─► composer ─► appsrc ▸ x264enc ▸ h264parse ─┐
//! filesrc ▸ qtdemux ▸ aacparse ─────────────────────────────────────► mp4mux ▸ filesink
//! ```
//! Cuts are hard: what dissolved live does not here. Where a track has nothing its slate stands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_hal::time::SLOT_NS;

use crate::MediaError;
use crate::compose::Composer;
pub use crate::decoded::DecodedPart;
use crate::decoded::{Decoded, demux};
use crate::encode::{H264Settings, encoder_chain};
use crate::graph::{Ended, Graph, make, nv12_caps};
use crate::layout::{Layouts, SINGLE};
use crate::priority;
use crate::programme::ProgrammeShot;
use crate::slate;

/// Frames that may wait between decoder, composer and encoder.
const WAITING: u32 = 4;
/// The last frames and the index of a long lesson are written within this.
const FINISH: Duration = Duration::from_secs(120);

/// What is to be made.
#[derive(Debug)]
pub struct Recut<'a> {
    pub tracks: BTreeMap<PictureRole, Vec<DecodedPart>>,
    /// One file whose sound goes with the pictures.
    pub sound: PathBuf,
    pub layouts: &'a Layouts,
    /// Shots from a lesson time in nanoseconds on, the first from 0.
    pub cuts: Vec<(u64, ProgrammeShot)>,
    pub length_ns: u64,
    pub encoder: H264Settings,
}

/// Makes the file `to`; where that fails nothing is left of it. `progress` is told the share that is done.
pub fn recut(wanted: &Recut<'_>, to: &Path, progress: &dyn Fn(f64)) -> Result<(), MediaError> {
    let made = make_file(wanted, to, progress);
    if made.is_err() {
        let _ = std::fs::remove_file(to);
    }
    made
}

fn make_file(wanted: &Recut<'_>, to: &Path, progress: &dyn Fn(f64)) -> Result<(), MediaError> {
    let size = wanted.encoder.size;
    let output = Output::open(wanted, to)?;
    let mut readers = BTreeMap::new();
    for role in wanted.cuts.iter().flat_map(|(_, shot)| &shot.inputs) {
        if !readers.contains_key(role) {
            let parts = wanted.tracks.get(role).cloned().unwrap_or_default();
            readers.insert(*role, Reader::new(*role, parts, size)?);
        }
    }
    let mut cuts = wanted.cuts.iter().peekable();
    let mut on_air: Option<(&ProgrammeShot, Option<Composer>)> = None;
    let slots = wanted.length_ns / SLOT_NS;
    for slot in 0..slots {
        let at = slot * SLOT_NS;
        while let Some((_, shot)) = cuts.next_if(|(from, _)| *from <= at) {
            let layout = wanted.layouts.get(&shot.layout).filter(|_| shot.layout != SINGLE);
            on_air = Some((shot, layout.map(|layout| Composer::new(layout, size)).transpose()?));
        }
        // Every track goes on, so that a cut finds it where it should be.
        let mut frames = BTreeMap::new();
        for (role, reader) in &mut readers {
            frames.insert(*role, reader.at(at)?);
        }
        if !readers.is_empty() && readers.values().all(|reader| reader.is_over(at)) {
            break;
        }
        let Some((shot, composer)) = &on_air else { continue };
        let inputs: Vec<gst::Buffer> = shot.inputs.iter().filter_map(|role| frames.get(role).cloned()).collect();
        let picture = match (composer, inputs.first()) {
            (Some(composer), _) => composer.compose(&inputs)?,
            (None, Some(input)) => input.clone(),
            (None, None) => continue,
        };
        output.push(picture, at)?;
        progress(slot as f64 / slots as f64);
    }
    output.finish()
}

/// Frames of a track, one for every time that is asked for.
struct Reader {
    slate: gst::Buffer,
    frames: Decoded,
    now: Option<(u64, gst::Buffer)>,
    next: Option<(u64, gst::Buffer)>,
}

impl Reader {
    fn new(role: PictureRole, parts: Vec<DecodedPart>, size: Size) -> Result<Self, MediaError> {
        let frames = Decoded::new(format!("recut {role}"), parts, size);
        Ok(Self { slate: slate::draw(role, size)?, frames, now: None, next: None })
    }

    /// The frame of a lesson time: the newest until then.
    fn at(&mut self, at: u64) -> Result<gst::Buffer, MediaError> {
        loop {
            if self.next.is_none() {
                self.next = self.frames.next()?;
            }
            match self.next.take_if(|(time, _)| *time <= at + SLOT_NS / 2) {
                Some(frame) => self.now = Some(frame),
                None => break,
            }
        }
        let now = self.now.as_ref().filter(|_| !self.is_over(at));
        Ok(now.map_or(&self.slate, |(_, frame)| frame).clone())
    }

    /// Whether nothing comes any more, and the last frame has had its slot.
    fn is_over(&self, at: u64) -> bool {
        let last = self.now.as_ref().map_or(0, |(time, _)| *time);
        self.next.is_none() && self.frames.are_over() && at > last + SLOT_NS / 2
    }
}

/// The file that is made.
struct Output {
    graph: Graph,
    source: gst_app::AppSrc,
}

impl Output {
    fn open(wanted: &Recut<'_>, to: &Path) -> Result<Self, MediaError> {
        let size = wanted.encoder.size;
        let graph = Graph::new("recut");
        priority::of_graph(&graph.pipeline, priority::WORK_NICENESS);
        let source = gst_app::AppSrc::builder()
            .caps(&nv12_caps(size))
            .format(gst::Format::Time)
            .block(true)
            .max_buffers(u64::from(WAITING))
            .build();
        let mux = make("mp4mux")?;
        mux.set_property("faststart", true);
        let file = make("filesink")?;
        file.set_property("location", to);
        let encoder = encoder_chain(&wanted.encoder, size)?;
        let queue = make("queue")?;
        graph.chain([source.upcast_ref()].into_iter().chain(&encoder).chain([&queue, &mux, &file]))?;
        let parse = make("aacparse")?;
        let sound_queue = make("queue")?;
        // Sound comes faster than pictures are made.
        for limit in ["max-size-buffers", "max-size-bytes"] {
            sound_queue.set_property(limit, 0u32);
        }
        sound_queue.set_property("max-size-time", 5 * gst::ClockTime::SECOND.nseconds());
        graph.chain([&parse, &sound_queue, &mux])?;
        demux(&graph, &wanted.sound, "audio", &parse)?;
        graph.play()?;
        Ok(Self { graph, source })
    }

    fn push(&self, frame: gst::Buffer, at: u64) -> Result<(), MediaError> {
        let mut frame = frame.copy();
        {
            let frame = frame.make_mut();
            frame.set_pts(gst::ClockTime::from_nseconds(at));
            frame.set_dts(gst::ClockTime::NONE);
            frame.set_duration(gst::ClockTime::from_nseconds(SLOT_NS));
        }
        self.source.push_buffer(frame).map(drop).map_err(|error| match self.graph.ended() {
            Some(Ended::Error(why)) => self.graph.failed(why),
            _ => self.graph.failed(error),
        })
    }

    fn finish(self) -> Result<(), MediaError> {
        let _ = self.source.end_of_stream();
        self.graph.finish(FINISH)
    }
}
