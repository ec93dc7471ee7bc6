//! What every graph shares: making elements, watching the bus, stopping within a limit.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::MediaError;

/// A state change that takes longer than this will not happen; devices answer within a second or two.
const STATE_CHANGE_LIMIT: Duration = Duration::from_secs(10);

/// What tells that a graph is over.
const ENDS: [gst::MessageType; 2] = [gst::MessageType::Error, gst::MessageType::Eos];

/// Makes an element; an error names the plug-in that lacks.
pub(crate) fn make(factory: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(factory).build().map_err(|error| MediaError::Missing {
        what: format!("the GStreamer element `{factory}`"),
        why: error.to_string(),
    })
}

pub(crate) fn exists(factory: &str) -> bool {
    gst::ElementFactory::find(factory).is_some()
}

/// A pipeline that goes to `Null` when it is dropped, whatever happened before.
pub(crate) struct Graph {
    pub(crate) pipeline: gst::Pipeline,
    name: String,
}

/// Why a graph ended.
#[derive(Debug)]
pub(crate) enum Ended {
    EndOfStream,
    Error(String),
}

impl Graph {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { pipeline: gst::Pipeline::with_name(&name.replace(' ', "-")), name }
    }

    /// Adds elements and links them one after another.
    pub(crate) fn chain<'a>(&self, elements: impl IntoIterator<Item = &'a gst::Element>) -> Result<(), MediaError> {
        let mut before: Option<&gst::Element> = None;
        for element in elements {
            if element.parent().is_none() {
                self.pipeline.add(element).map_err(|error| self.failed(error))?;
            }
            if let Some(before) = before {
                before
                    .link(element)
                    .map_err(|_| self.failed(format!("`{}` does not link to `{}`", before.name(), element.name())))?;
            }
            before = Some(element);
        }
        Ok(())
    }

    pub(crate) fn play(&self) -> Result<(), MediaError> {
        self.pipeline
            .set_state(gst::State::Playing)
            .map_err(|error| self.failed(self.pending_error().unwrap_or_else(|| error.to_string())))?;
        Ok(())
    }

    /// Whether the graph has ended, and why.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.bus().pop_filtered(&ENDS).map(|message| why(&message))
    }

    /// Waits up to `limit` for the graph to end.
    fn wait(&self, limit: Duration) -> Option<Ended> {
        let limit = gst::ClockTime::from_nseconds(limit.as_nanos() as u64);
        self.bus().timed_pop_filtered(limit, &ENDS).map(|message| why(&message))
    }

    fn bus(&self) -> gst::Bus {
        self.pipeline.bus().expect("a pipeline has a bus")
    }

    /// Waits for the end of the stream; a graph that is not through by then is drawn to a file, where
    /// `GST_DEBUG_DUMP_DOT_DIR` says so.
    pub(crate) fn finish(&self, limit: Duration) -> Result<(), MediaError> {
        let until = Instant::now() + limit;
        match self.wait(until.saturating_duration_since(Instant::now())) {
            Some(Ended::EndOfStream) => Ok(()),
            Some(Ended::Error(why)) => Err(self.failed(why)),
            None => {
                self.pipeline.debug_to_dot_file_with_ts(gst::DebugGraphDetails::all(), self.name.as_str());
                Err(MediaError::TimedOut {
                    graph: self.name.clone(),
                    what: "come to its end",
                    seconds: limit.as_secs(),
                })
            }
        }
    }

    pub(crate) fn failed(&self, why: impl ToString) -> MediaError {
        MediaError::Graph { graph: self.name.clone(), why: why.to_string() }
    }

    fn pending_error(&self) -> Option<String> {
        match self.ended()? {
            Ended::Error(why) => Some(why),
            Ended::EndOfStream => None,
        }
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        let _ = self.pipeline.state(gst::ClockTime::from_nseconds(STATE_CHANGE_LIMIT.as_nanos() as u64));
    }
}

fn why(message: &gst::Message) -> Ended {
    match message.view() {
        gst::MessageView::Error(error) => Ended::Error(words(error)),
        _ => Ended::EndOfStream,
    }
}

fn words(error: &gst::message::Error) -> String {
    match error.src() {
        Some(source) => format!("{}: {}", source.name(), error.error()),
        None => error.error().to_string(),
    }
}

/// Caps of raw NV12 at 25 fps, as everything between capture and encoders carries.
pub(crate) fn nv12_caps(size: ketang_hal::picture::Size) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::Nv12)
        .width(size.width as i32)
        .height(size.height as i32)
        .framerate(gst::Fraction::new(ketang_hal::time::FRAMES_PER_SECOND as i32, 1))
        .pixel_aspect_ratio(gst::Fraction::new(1, 1))
        .field("interlace-mode", "progressive")
        .field("colorimetry", "bt709")
        .build()
}

/// The URI of a local file.
pub(crate) fn file_exists(path: &std::path::Path) -> Result<PathBuf, MediaError> {
    path.canonicalize().map_err(|source| MediaError::Io { path: path.to_owned(), source })
}
