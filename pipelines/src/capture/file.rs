//! Capture of a file: played in real time, again and again, as if it were a camera.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use gst::prelude::*;
use ketang_hal::time::{MediaTime, SLOT_NS};

use super::live::any_rate;
use super::{CaptureSettings, Order, Stopped, ordered};
use crate::MediaError;
use crate::graph::{Ended, Graph, file_exists, make};

/// A decoder that gives nothing for this long hangs.
const PULL_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(5);

pub(super) fn run(settings: &CaptureSettings, path: &Path, inbox: &Receiver<Order>) -> Result<Stopped, MediaError> {
    let graph = Graph::new(format!("capture {}", settings.role));
    let source = make("filesrc")?;
    source.set_property("location", file_exists(path)?.to_string_lossy().as_ref());
    let decode = make("decodebin")?;
    let convert = make("videoconvertscale")?;
    let sink = gst_app::AppSink::builder().caps(&any_rate(settings.size)).sync(false).max_buffers(4).build();
    graph.chain([&source, &decode])?;
    graph.chain([&convert, sink.upcast_ref()])?;
    let convert = convert.downgrade();
    decode.connect_pad_added(move |_, pad| {
        let video = pad.current_caps().is_some_and(|caps| caps.to_string().starts_with("video/"));
        if let Some(sink) = convert.upgrade().and_then(|convert| convert.static_pad("sink"))
            && video
            && !sink.is_linked()
        {
            let _ = pad.link(&sink);
        }
    });
    graph.play()?;

    let not_playable = |why: String| MediaError::NotPlayable { path: path.to_owned(), why };
    let mut round_begins = settings.clock.now();
    let mut round_lasts = 0;
    loop {
        let Some(sample) = sink.try_pull_sample(PULL_LIMIT) else {
            match graph.ended() {
                Some(Ended::Error(why)) => return Err(not_playable(why)),
                _ if sink.is_eos() && round_lasts > 0 => {
                    round_begins.0 += round_lasts;
                    round_lasts = 0;
                    graph
                        .pipeline
                        .seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, gst::ClockTime::ZERO)
                        .map_err(|_| not_playable("it cannot be played from the beginning again".into()))?;
                    continue;
                }
                _ => return Err(not_playable("it has no picture".into())),
            }
        };
        let Some(buffer) = sample.buffer_owned() else { continue };
        let offset = sample
            .segment()
            .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
            .and_then(|segment| segment.to_stream_time(buffer.pts()))
            .map_or(round_lasts, gst::ClockTime::nseconds);
        round_lasts = offset + buffer.duration().map_or(SLOT_NS, gst::ClockTime::nseconds);
        let due = MediaTime(round_begins.0 + offset);
        let wait = due.0.saturating_sub(settings.clock.now().0);
        if let Some(stopped) = ordered(inbox, Duration::from_nanos(wait)) {
            return Ok(stopped);
        }
        settings.entry.arrived(buffer, due);
    }
}
