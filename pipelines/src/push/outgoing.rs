//! The graph that sends the programme to one server.
//!
//! ```text
//!  appsrc (H.264, AVC) ─┐
//!  appsrc (AAC, raw) ───┴─► flvmux ─► rtmp2sink
//! ```
//! `gst-launch-1.0 videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=50 ! h264parse ! flvmux streamable=true name=mux !
//! rtmp2sink location=rtmp://127.0.0.1/live/key audiotestsrc is-live=true ! voaacenc ! mux.`
//!
//! `rtmp2sink` connects once and never again, and holds up those before it while the server takes nothing: what waits then waits in
//! the sources, which never hold up anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gst::prelude::*;

use super::backlog::Backlog;
use super::{Item, PushFault, PushTarget};
use crate::MediaError;
use crate::coded::{Coded, CodedFormat};
use crate::graph::{Graph, make};

/// The name of the element that sends.
pub(super) const SINK: &str = "server";
/// Seconds that a server may take to answer.
const ANSWER_LIMIT: u32 = 8;
/// What the graph holds is sent, and the server told that it is over, within this.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);
/// More sound than this is not kept for a server that takes nothing: pictures wait for 4 s, and up to 2 s for a key frame.
const MOST_SOUND: Duration = Duration::from_secs(8);
/// The sink blocks with its first buffer until the server has taken the stream; with the third at its door it has.
const BUFFERS_WHEN_LIVE: u64 = 3;

/// What has come to the sink.
#[derive(Debug, Default)]
struct Passed {
    buffers: AtomicU64,
    bytes: AtomicU64,
}

pub(super) struct Outgoing {
    graph: Graph,
    picture: gst_app::AppSrc,
    sound: gst_app::AppSrc,
    format: CodedFormat,
    backlog: Backlog,
    passed: Arc<Passed>,
    /// Time of the first picture, in nanoseconds, which is 0 for the server.
    base: u64,
}

impl Outgoing {
    /// Opens the graph for a stream that begins at `base`; it connects by itself.
    pub(super) fn open(
        target: &PushTarget,
        format: &CodedFormat,
        sound: &CodedFormat,
        base: u64,
    ) -> Result<Self, MediaError> {
        let graph = Graph::new("push");
        let source = |format: &CodedFormat| {
            gst_app::AppSrc::builder().caps(&format.caps).format(gst::Format::Time).block(false).max_bytes(0).build()
        };
        let (picture, sounds) = (source(format), source(sound));
        let mux = make("flvmux")?;
        mux.set_property("streamable", true);
        let sink = make("rtmp2sink")?;
        sink.set_property("name", SINK);
        sink.set_property_from_str("scheme", if target.tls { "rtmps" } else { "rtmp" });
        sink.set_property("host", &target.host);
        sink.set_property("port", i32::from(target.port));
        sink.set_property("application", &target.application);
        sink.set_property("stream", &target.key);
        sink.set_property("timeout", ANSWER_LIMIT);
        // It comes in real time already, and late by what encoding took.
        sink.set_property("sync", false);
        graph.chain([&mux, &sink])?;
        for (source, pad) in [(&picture, "video"), (&sounds, "audio")] {
            let source: &gst::Element = source.upcast_ref();
            graph.pipeline.add(source).map_err(|error| graph.failed(error))?;
            source.link_pads(Some("src"), &mux, Some(pad)).map_err(|error| graph.failed(error))?;
        }
        let passed = Arc::new(Passed::default());
        let door = sink.static_pad("sink").ok_or_else(|| graph.failed("`rtmp2sink` takes nothing"))?;
        let counted = passed.clone();
        door.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            // The stream's head passes before anybody has answered.
            if let Some(buffer) = info.buffer().filter(|buffer| !buffer.flags().contains(gst::BufferFlags::HEADER)) {
                counted.buffers.fetch_add(1, Ordering::Relaxed);
                counted.bytes.fetch_add(buffer.size() as u64, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
        graph.play()?;
        let backlog = Backlog::default();
        Ok(Self { graph, picture, sound: sounds, format: format.clone(), backlog, passed, base })
    }

    /// Sends it, or lets it go where too much waits already; how many pictures were let go.
    pub(super) fn send(&mut self, item: &Item) -> u64 {
        match item {
            Item::Picture(coded, format) => {
                let waiting = waiting(&self.picture);
                if !self.backlog.takes(coded.pts, coded.duration, coded.key, waiting) {
                    return 1;
                }
                if !format.decodes_like(&self.format) {
                    self.picture.set_caps(Some(&format.caps));
                    self.format = format.clone();
                }
                self.push(&self.picture, coded);
            }
            Item::Sound(coded, _) if waiting(&self.sound) <= MOST_SOUND => self.push(&self.sound, coded),
            Item::Sound(..) => {}
        }
        0
    }

    fn push(&self, source: &gst_app::AppSrc, coded: &Coded) {
        // What is older than the first picture belongs to none.
        let (Some(pts), Some(dts)) = (coded.pts.checked_sub(self.base), coded.dts.checked_sub(self.base)) else {
            return;
        };
        // Copies the description, not the bytes: others hold them too.
        let mut buffer = coded.buffer.copy();
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(gst::ClockTime::from_nseconds(pts));
            buffer.set_dts(gst::ClockTime::from_nseconds(dts));
            buffer.set_duration(gst::ClockTime::from_nseconds(coded.duration));
        }
        // A graph that has failed tells so on its bus.
        let _ = source.push_buffer(buffer);
    }

    /// Whether the server takes what is sent.
    pub(super) fn is_live(&self) -> bool {
        self.passed() >= BUFFERS_WHEN_LIVE
    }

    /// Buffers that the sink has taken so far.
    pub(super) fn passed(&self) -> u64 {
        self.passed.buffers.load(Ordering::Relaxed)
    }

    /// Bytes likewise.
    pub(super) fn bytes(&self) -> u64 {
        self.passed.bytes.load(Ordering::Relaxed)
    }

    /// Whether anything waits to be sent.
    pub(super) fn is_behind(&self) -> bool {
        self.picture.current_level_bytes() > 0
    }

    /// Why it will not send any more, if so.
    pub(super) fn fault(&self, target: &PushTarget) -> Option<PushFault> {
        let bus = self.graph.pipeline.bus()?;
        let message = bus.pop_filtered(&[gst::MessageType::Error, gst::MessageType::Eos])?;
        Some(match message.view() {
            gst::MessageView::Error(error) => PushFault::of(error, target, self.is_live()),
            _ => PushFault::Lost("it ended by itself".into()),
        })
    }

    /// Sends what is there and tells the server that the stream is over.
    pub(super) fn say_goodbye(self) {
        if !self.is_live() {
            return;
        }
        let _ = self.picture.end_of_stream();
        let _ = self.sound.end_of_stream();
        if let Err(error) = self.graph.finish(GOODBYE_LIMIT) {
            tracing::info!(%error, "the server was not told that the stream is over");
        }
    }
}

fn waiting(source: &gst_app::AppSrc) -> Duration {
    Duration::from_nanos(source.current_level_time().nseconds())
}
