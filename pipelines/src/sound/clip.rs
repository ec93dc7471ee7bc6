//! The sound of a file, again and again: a microphone's stand-in.
//!
//! ```text
//!  uridecodebin (sound only) ─► audioconvert ─► audioresample ─► appsink (mono, 48 kHz, f32)
//! ```
//! `gst-launch-1.0 uridecodebin uri=file:///… caps=audio/x-raw expose-all-streams=false ! audioconvert ! audioresample !
//! audio/x-raw,format=F32LE,rate=48000,channels=1 ! fakesink`
//!
//! It decodes ahead by a little and waits until it is asked: who asks (`capture`) keeps the time.

use std::collections::VecDeque;
use std::path::Path;

use gst::prelude::*;
use ketang_hal::time::BLOCK_SAMPLES;

use super::Block;
use super::card::{mono, samples};
use crate::MediaError;

/// A file that has not begun to play by then will not; a network disk may take a while.
const OPENING_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(5);
/// A decoder that delivers nothing for so long is stuck.
const DECODING_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(1);
/// Buffers that are decoded ahead.
const AHEAD: u32 = 16;

pub(super) struct Clip {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    pending: VecDeque<f32>,
}

impl Clip {
    pub(super) fn open(path: &Path) -> Result<Self, MediaError> {
        let failed = |why: String| MediaError::NotPlayable { path: path.to_owned(), why };
        let missing = |error: gst::glib::BoolError| MediaError::Missing {
            what: "a GStreamer element".into(),
            why: error.to_string(),
        };
        let path = path.canonicalize().map_err(|source| MediaError::Io { path: path.to_owned(), source })?;
        let uri = gst::glib::filename_to_uri(&path, None).map_err(|error| failed(error.to_string()))?;
        let source = gst::ElementFactory::make("uridecodebin")
            .property("uri", uri.as_str())
            .property("caps", gst::Caps::new_empty_simple("audio/x-raw"))
            .property("expose-all-streams", false)
            .build()
            .map_err(missing)?;
        let convert = gst::ElementFactory::make("audioconvert").build().map_err(missing)?;
        let resample = gst::ElementFactory::make("audioresample").build().map_err(missing)?;
        let sink = gst_app::AppSink::builder().sync(false).max_buffers(AHEAD).caps(&mono()).build();

        let mut clip = Self { pipeline: gst::Pipeline::new(), sink, pending: VecDeque::new() };
        let elements = [&source, &convert, &resample, clip.sink.upcast_ref()];
        clip.pipeline.add_many(elements).map_err(|error| failed(error.to_string()))?;
        gst::Element::link_many(&elements[1..]).map_err(|error| failed(error.to_string()))?;
        let input = convert.static_pad("sink").expect("audioconvert has a sink pad");
        source.connect_pad_added(move |_, pad| {
            // A second sound track finds the pad taken: the first one is played.
            let _ = pad.link(&input);
        });
        clip.pipeline.set_state(gst::State::Playing).map_err(|_| failed(clip.complaint()))?;
        if !clip.pull(OPENING_LIMIT) {
            return Err(failed(clip.complaint()));
        }
        Ok(clip)
    }

    /// The next 10 ms, from the beginning again after the end.
    pub(super) fn fill(&mut self, block: &mut Block) -> Result<(), String> {
        while self.pending.len() < BLOCK_SAMPLES {
            if self.pull(DECODING_LIMIT) {
                continue;
            }
            if !self.sink.is_eos() {
                return Err(self.complaint());
            }
            let again = self.pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO);
            if again.is_err() || !self.pull(OPENING_LIMIT) {
                return Err("the file cannot be played again from its beginning".into());
            }
        }
        block.iter_mut().zip(self.pending.drain(..BLOCK_SAMPLES)).for_each(|(to, from)| *to = from);
        Ok(())
    }

    /// False at the end, and where nothing comes.
    fn pull(&mut self, limit: gst::ClockTime) -> bool {
        let sample = self.sink.try_pull_sample(limit);
        let heard = sample.as_ref().and_then(|sample| sample.buffer()).map(samples);
        heard.map(|samples| self.pending.extend(samples)).is_some()
    }

    fn complaint(&self) -> String {
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        match bus.pop_filtered(&[gst::MessageType::Error]).as_deref().map(gst::MessageRef::view) {
            Some(gst::MessageView::Error(error)) => error.error().to_string(),
            _ => "no sound comes out of it".into(),
        }
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "a clip did not close");
        }
    }
}
