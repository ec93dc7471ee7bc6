//! The graph of a sound card.
//!
//! ```text
//!  alsasrc ─► audioconvert ─► audioresample ─► appsink (mono, 48 kHz, f32)
//! ```
//! `gst-launch-1.0 alsasrc device=hw:1,0 provide-clock=false slave-method=re-timestamp latency-time=20000 ! audioconvert !
//! audioresample ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! fakesink`
//!
//! Samples carry the time at which they were recorded, as the driver tells it (the host's clock is the monotonic one, so alsasrc
//! uses the driver's stamps), else the time of the reading less what was read (`re-timestamp`). The other methods of alsasrc would drop
//! or repeat samples (`skew`) or count card time as if it were the host's (`none`): the correction belongs to `drift`, which does it
//! without a click.

use std::sync::mpsc::Sender;

use gst::prelude::*;
use ketang_hal::time::{BLOCK_NS, MediaTime, SAMPLE_RATE};

use super::capture::Word;
use crate::MediaError;
use crate::clock::MediaClock;

/// A card is read when it has so many blocks: each reading wakes half a dozen threads.
pub(super) const READ_BLOCKS: u64 = 2;
const READ_US: i64 = (READ_BLOCKS * BLOCK_NS / 1000) as i64;
/// The card keeps this much for a host that is late, in microseconds. It adds no delay.
const KEEP_US: i64 = 200_000;

pub(super) struct Card {
    pipeline: gst::Pipeline,
}

impl Card {
    /// Opens the card; samples, and the reason of an end, go to `words`.
    pub(super) fn open(
        clock: &MediaClock,
        device: &str,
        rate: u32,
        channels: u32,
        words: &Sender<Word>,
    ) -> Result<Self, MediaError> {
        let failed = |why: String| MediaError::Graph { graph: format!("sound card {device}"), why };
        let missing = |error: gst::glib::BoolError| MediaError::Missing {
            what: "ALSA in GStreamer".into(),
            why: error.to_string(),
        };
        let source = gst::ElementFactory::make("alsasrc")
            .property("device", device)
            .property("provide-clock", false)
            .property_from_str("slave-method", "re-timestamp")
            .property("latency-time", READ_US)
            .property("buffer-time", KEEP_US)
            .build()
            .map_err(missing)?;
        let convert = gst::ElementFactory::make("audioconvert").build().map_err(missing)?;
        let resample = gst::ElementFactory::make("audioresample").build().map_err(missing)?;
        let sink = gst_app::AppSink::builder().sync(false).caps(&mono()).callbacks(hear(words.clone())).build();

        let card = Self { pipeline: gst::Pipeline::new() };
        let elements = [&source, &convert, &resample, sink.upcast_ref()];
        card.pipeline.add_many(elements).map_err(|error| failed(error.to_string()))?;
        let native =
            gst::Caps::builder("audio/x-raw").field("rate", rate as i32).field("channels", channels as i32).build();
        source.link_filtered(&convert, &native).map_err(|error| failed(error.to_string()))?;
        gst::Element::link_many(&elements[1..]).map_err(|error| failed(error.to_string()))?;
        clock.drive(&card.pipeline);
        let words = words.clone();
        let bus = card.pipeline.bus().expect("a pipeline has a bus");
        bus.set_sync_handler(move |_, message| {
            match message.view() {
                // Nobody listens any more only while the graph is being closed.
                gst::MessageView::Error(error) => drop(words.send(Word::Failed(error.error().to_string()))),
                gst::MessageView::Eos(_) => drop(words.send(Word::Failed("the card ended its stream".into()))),
                _ => {}
            }
            gst::BusSyncReply::Drop
        });
        card.pipeline.set_state(gst::State::Playing).map_err(|_| failed("it cannot be opened".into()))?;
        Ok(card)
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "a sound card did not close");
        }
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// What every source is converted to.
pub(super) fn mono() -> gst::Caps {
    gst_audio::AudioInfo::builder(gst_audio::AudioFormat::F32le, SAMPLE_RATE, 1)
        .build()
        .and_then(|info| info.to_caps())
        .expect("a format that GStreamer knows")
}

/// The samples of a buffer of [`mono`] sound.
pub(super) fn samples(buffer: &gst::BufferRef) -> Vec<f32> {
    buffer
        .map_readable()
        .map(|map| map.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        .unwrap_or_default()
}

fn hear(words: Sender<Word>) -> gst_app::AppSinkCallbacks {
    gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let (Some(buffer), Some(segment)) = (sample.buffer(), sample.segment()) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            let time =
                segment.downcast_ref::<gst::ClockTime>().and_then(|segment| segment.to_running_time(buffer.pts()));
            if let Some(time) = time {
                let word = Word::Samples { at: MediaTime(time.nseconds()), samples: samples(buffer) };
                words.send(word).map_err(|_| gst::FlowError::Eos)?;
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build()
}
