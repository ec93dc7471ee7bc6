//! Decoded frames of the parts of a track, scaled to one size, by the lesson's time.
//!
//! `filesrc ▸ qtdemux ▸ h264parse ▸ avdec_h264 ▸ videoconvertscale ▸ appsink`, one part after the other.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use gst::prelude::*;
use ketang_hal::picture::Size;

use crate::MediaError;
use crate::graph::{Ended, Graph, make, nv12_caps};
use crate::priority;

/// Frames that may wait to be taken.
const WAITING: u32 = 4;
/// A graph that gives nothing for so long is stuck.
const STUCK: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// A file of a track, and where in the lesson it begins, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedPart {
    pub file: PathBuf,
    pub begins_at_ns: u64,
}

/// The frames of a track.
pub(crate) struct Decoded {
    name: String,
    size: Size,
    parts: VecDeque<DecodedPart>,
    open: Option<(Graph, gst_app::AppSink, u64)>,
}

impl Decoded {
    /// `name`: of the graphs, in errors.
    pub(crate) fn new(name: String, parts: Vec<DecodedPart>, size: Size) -> Self {
        Self { name, size, parts: parts.into(), open: None }
    }

    /// Whether the last frame was given out.
    pub(crate) fn are_over(&self) -> bool {
        self.open.is_none() && self.parts.is_empty()
    }

    /// The next frame and its lesson time; `None` at the end of the last part.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, gst::Buffer)>, MediaError> {
        loop {
            let Some((graph, sink, begins_at)) = &self.open else {
                let Some(part) = self.parts.pop_front() else { return Ok(None) };
                self.open = Some(self.open_part(&part)?);
                continue;
            };
            if let Some(sample) = sink.try_pull_sample(STUCK) {
                let time = sample.buffer().and_then(|buffer| buffer.pts());
                let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
                let running = segment.zip(time).and_then(|(segment, time)| segment.to_running_time(time));
                let Some((buffer, running)) = sample.buffer_owned().zip(running) else { continue };
                return Ok(Some((begins_at + running.nseconds(), buffer)));
            }
            if !sink.is_eos() {
                return Err(match graph.ended() {
                    Some(Ended::Error(why)) => graph.failed(why),
                    _ => graph.failed("it gives no picture any more"),
                });
            }
            self.open = None;
        }
    }

    fn open_part(&self, part: &DecodedPart) -> Result<(Graph, gst_app::AppSink, u64), MediaError> {
        let graph = Graph::new(self.name.clone());
        priority::of_graph(&graph.pipeline, priority::WORK_NICENESS);
        let sink = gst_app::AppSink::builder().caps(&frames_of(self.size)).sync(false).max_buffers(WAITING).build();
        let parse = make("h264parse")?;
        let chain = [make("queue")?, make("avdec_h264")?, make("videoconvertscale")?];
        graph.chain([&parse].into_iter().chain(&chain).chain([sink.upcast_ref()]))?;
        demux(&graph, &part.file, "video", &parse)?;
        graph.play()?;
        Ok((graph, sink, part.begins_at_ns))
    }
}

/// Caps of frames in memory, whatever their rate.
fn frames_of(size: Size) -> gst::Caps {
    let mut caps = nv12_caps(size);
    caps.make_mut().structure_mut(0).expect("they have one").remove_field("framerate");
    caps
}

/// Brings the first stream of a kind out of a file to `to`.
pub(crate) fn demux(graph: &Graph, file: &Path, kind: &'static str, to: &gst::Element) -> Result<(), MediaError> {
    let source = make("filesrc")?;
    source.set_property("location", file);
    let demux = make("qtdemux")?;
    graph.chain([&source, &demux])?;
    let to = to.downgrade();
    demux.connect_pad_added(move |_, pad| {
        let Some(sink) = to.upgrade().and_then(|to| to.static_pad("sink")) else { return };
        if pad.name().starts_with(kind) && !sink.is_linked() {
            // A file whose stream does not fit gives no data, which is noticed.
            let _ = pad.link(&sink);
        }
    });
    Ok(())
}
