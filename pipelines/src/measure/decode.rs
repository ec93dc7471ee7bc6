//! The graph that plays a file as fast as it decodes, and shows every coded and every decoded unit to a [`Tap`].
//!
//! ```text
//!                      ┌─ queue ▸ parser ─▸(coded)─ decoder ▸ videoconvert ▸ appsink (picture)
//! filesrc ▸ qtdemux ───┤
//!                      └─ queue ▸ parser ─▸(coded)─ decoder ▸ audioconvert ▸ appsink (sound)
//! ```
//! `gst-launch-1.0 filesrc location=lesson.mp4 ! qtdemux name=d d.video_0 ! queue ! h264parse ! avdec_h264 ! videoconvert !
//! appsink d.audio_0 ! queue ! aacparse ! avdec_aac ! audioconvert ! appsink`
//!
//! A file that is no MP4 goes into a decodebin instead. An MP4 does not, though that would be shorter: decodebin swallows what a
//! demultiplexer complains of while it is plugged, and holds the whole graph up when one stream decodes to nothing, so that
//! a damaged file would neither play nor fail.
//!
//! Only the first picture and the first sound stream are looked at. Nothing here knows what is measured.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;

use super::faults;
use crate::MediaError;
use crate::priority;

/// How often the bus is looked at, and after how many looks without a single unit the graph counts as stuck (30 s: a slow
/// disk may take some, a decoder that hangs takes for ever).
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(200);
const LOOKS_WITHOUT_PROGRESS: u32 = 150;
const STUCK_SECONDS: u64 = 30;
/// Decoded units between a decoder and its tap: enough to keep both busy, few enough not to fill the memory.
const UNITS_WAITING: u32 = 4;
const MOST_COMPLAINTS: usize = 20;
/// Decoders of libav that tell of faults in the data; those of the hardware do not.
const FAULT_TELLERS: [&str; 3] = ["avdec_h264", "avdec_h265", "avdec_aac"];
/// Formats whose first plane is luma in bytes; others are converted.
const LUMA_FIRST: [&str; 8] = ["I420", "NV12", "YV12", "NV21", "Y42B", "Y444", "Y41B", "GRAY8"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    Sound,
}

/// One coded frame or block on its way into the decoder.
pub(super) struct Unit<'a> {
    pub(super) caps: &'a gst::CapsRef,
    pub(super) bytes: u64,
    pub(super) key: bool,
    /// When it is shown, in nanoseconds; `None` where it is only decoded (outside the edit list).
    pub(super) at: Option<u64>,
    pub(super) duration: Option<u64>,
    /// When it must be decoded, in nanoseconds of the stream.
    pub(super) decode_at: Option<u64>,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    On,
    Stop,
}

/// Whoever looks at a file. Called from the graph's threads, one thread a stream.
pub(super) trait Tap: Send + Sync + 'static {
    /// Says whether the unit is to be decoded.
    fn coded(&self, kind: Kind, unit: &Unit<'_>) -> bool;
    /// A decoded picture, in nanoseconds.
    fn picture(&self, frame: &gst_video::VideoFrameRef<&gst::BufferRef>, at: u64) -> Go;
    /// Decoded sound: interleaved samples, −1..1.
    fn sound(&self, info: &gst_audio::AudioInfo, samples: &[f32], at: u64) -> Go;
}

/// What is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Everything,
    Pictures,
}

/// What the graph told while it ran.
pub(super) struct Played {
    pub(super) complaints: Vec<String>,
    pub(super) picture_faults: faults::Found,
    pub(super) sound_faults: faults::Found,
}

/// State that the callbacks of one run share.
struct Run<T> {
    tap: Arc<T>,
    want: Want,
    units: AtomicU64,
    stopped: AtomicBool,
    /// The streams that are looked at; the first of each kind that shows itself.
    picture: Mutex<Option<String>>,
    sound: Mutex<Option<String>>,
    picture_faults: Arc<faults::Faults>,
    sound_faults: Arc<faults::Faults>,
}

impl<T> Run<T> {
    /// Whether `pad` belongs to the stream of this kind that is looked at.
    fn chosen(&self, kind: Kind, pad: &gst::Pad) -> bool {
        let slot = match kind {
            Kind::Picture => &self.picture,
            Kind::Sound => &self.sound,
        };
        let Some(id) = pad.stream_id() else { return false };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert_with(|| id.to_string()).as_str() == id.as_str()
    }
}

/// Plays `path` into `tap` until its end. `progress` is called now and then with the share that is done.
pub(super) fn play<T: Tap>(
    path: &Path,
    mp4: bool,
    want: Want,
    tap: &Arc<T>,
    progress: &dyn Fn(f64),
) -> Result<Played, MediaError> {
    let run = Arc::new(Run {
        tap: tap.clone(),
        want,
        units: AtomicU64::new(0),
        stopped: AtomicBool::new(false),
        picture: Mutex::default(),
        sound: Mutex::default(),
        picture_faults: Arc::default(),
        sound_faults: Arc::default(),
    });
    faults::listen();
    let pipeline = build(path, mp4, &run)?;
    let outcome = watch(&pipeline, &run, progress);
    // A file is no device: it always comes to a halt.
    let _ = pipeline.set_state(gst::State::Null);
    match outcome {
        Ok(complaints) => Ok(Played {
            complaints,
            picture_faults: run.picture_faults.found(),
            sound_faults: run.sound_faults.found(),
        }),
        Err(Halt::Stuck) => Err(MediaError::TimedOut {
            graph: format!("measuring {}", path.display()),
            what: "decode anything more",
            seconds: STUCK_SECONDS,
        }),
        Err(Halt::NotPlayable(why)) => Err(MediaError::NotPlayable { path: path.to_owned(), why }),
    }
}

enum Halt {
    Stuck,
    NotPlayable(String),
}

fn watch<T: Tap>(pipeline: &gst::Pipeline, run: &Run<T>, progress: &dyn Fn(f64)) -> Result<Vec<String>, Halt> {
    let bus = pipeline.bus().expect("a pipeline always has a bus");
    let mut complaints = Vec::new();
    if pipeline.set_state(gst::State::Playing).is_err() {
        let why = bus.pop_filtered(&[gst::MessageType::Error]).map_or("the graph does not start".into(), |m| words(&m));
        return Err(Halt::NotPlayable(why));
    }
    let (mut seen, mut idle) = (0, 0);
    loop {
        use gst::MessageView::{Eos, Error};
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error, gst::MessageType::Warning];
        let message = bus.timed_pop_filtered(LOOK, &wanted);
        match message.as_ref().map(|message| message.view()) {
            Some(Eos(_)) => break,
            Some(view) => {
                let text = message.as_deref().map(words).unwrap_or_default();
                let fatal = matches!(view, Error(_));
                // A tap that has seen enough stops the flow, which the source calls an error.
                if fatal && run.stopped.load(Ordering::Acquire) {
                    break;
                }
                if fatal && run.units.load(Ordering::Acquire) == 0 {
                    return Err(Halt::NotPlayable(text));
                }
                if complaints.len() < MOST_COMPLAINTS {
                    complaints.push(text);
                }
                if fatal {
                    break;
                }
            }
            None => {
                let units = run.units.load(Ordering::Acquire);
                idle = if units == seen { idle + 1 } else { 0 };
                seen = units;
                if idle > LOOKS_WITHOUT_PROGRESS {
                    return Err(Halt::Stuck);
                }
                let done = pipeline.query_position::<gst::ClockTime>().zip(pipeline.query_duration::<gst::ClockTime>());
                if let Some((position, duration)) = done.filter(|(_, duration)| !duration.is_zero()) {
                    progress((position.nseconds() as f64 / duration.nseconds() as f64).clamp(0.0, 1.0));
                }
            }
        }
        if run.stopped.load(Ordering::Acquire) {
            break;
        }
    }
    if run.units.load(Ordering::Acquire) == 0 {
        return Err(Halt::NotPlayable(complaints.pop().unwrap_or_else(|| "it holds neither picture nor sound".into())));
    }
    progress(1.0);
    Ok(complaints)
}

fn words(message: &gst::MessageRef) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        gst::MessageView::Warning(warning) => warning.error().to_string(),
        _ => String::new(),
    }
}

fn build<T: Tap>(path: &Path, mp4: bool, run: &Arc<Run<T>>) -> Result<gst::Pipeline, MediaError> {
    let pipeline = gst::Pipeline::new();
    priority::of_graph(&pipeline, priority::WORK_NICENESS);
    let source = make("filesrc")?;
    source.set_property("location", path);
    let demux = make(if mp4 { "qtdemux" } else { "decodebin" })?;
    for needed in ["queue", "videoconvert", "audioconvert", "fakesink"] {
        make(needed)?;
    }
    pipeline.add_many([&source, &demux]).expect("the pipeline is new");
    source.link(&demux).expect("a file source links to anything");

    let shared = run.clone();
    pipeline.connect_deep_element_added(move |_, _, element| watch_decoder(element, &shared));
    let stream = if mp4 { decode } else { attach };
    on_pads(&pipeline, &demux, run, stream);
    Ok(pipeline)
}

/// What to do with a new pad.
type OnPad<T> = fn(&gst::Pipeline, &gst::Pad, &Arc<Run<T>>) -> Result<(), gst::glib::BoolError>;

fn on_pads<T: Tap>(pipeline: &gst::Pipeline, element: &gst::Element, run: &Arc<Run<T>>, act: OnPad<T>) {
    let (run, pipeline) = (run.clone(), pipeline.downgrade());
    element.connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        if let Err(error) = act(&pipeline, pad, &run) {
            let text = format!("a stream cannot be shown: {error}");
            gst::element_warning!(pipeline, gst::StreamError::Failed, ("{text}"));
        }
    });
}

/// Leads a stream of an MP4 through a decoder to its tap.
fn decode<T: Tap>(pipeline: &gst::Pipeline, pad: &gst::Pad, run: &Arc<Run<T>>) -> Result<(), gst::glib::BoolError> {
    let name = media(pad);
    let kind = match name.split_once('/') {
        Some(("video", _)) => Some(Kind::Picture),
        Some(("audio", _)) if run.want == Want::Everything => Some(Kind::Sound),
        _ => None,
    };
    let Some(kind) = kind.filter(|&kind| run.chosen(kind, pad)) else { return nowhere(pipeline, pad) };
    let mut elements = vec![gst::ElementFactory::make("queue").build()?];
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let mut coded = caps;
    if let Some((parser, parsed)) = parser(&name, &coded) {
        elements.push(gst::ElementFactory::make(parser).build()?);
        coded = parsed;
    }
    if !name.ends_with("/x-raw") {
        let Some(decoder) = decoder(&coded) else {
            nowhere(pipeline, pad)?;
            return Err(gst::glib::bool_error!("no decoder for {name} is installed"));
        };
        elements.push(decoder);
    }
    elements.extend(tail(kind, run)?);
    lead(pipeline, pad, &elements)
}

/// The parser of a codec, and what comes out of it, in a form or another.
fn parser(name: &str, caps: &gst::Caps) -> Option<(&'static str, gst::Caps)> {
    let version = caps.structure(0).and_then(|caps| caps.get::<i32>("mpegversion").ok());
    let parsed = gst::Caps::builder(name);
    Some(match (name, version) {
        ("video/x-h264", _) => ("h264parse", parsed.build()),
        ("video/x-h265", _) => ("h265parse", parsed.build()),
        ("audio/mpeg", Some(2 | 4)) => ("aacparse", parsed.field("mpegversion", 4).build()),
        // What MP4 holds of MPEG-1 is MP3.
        ("audio/mpeg", _) => ("mpegaudioparse", parsed.field("mpegversion", 1).field("layer", 3).build()),
        _ => return None,
    })
}

/// The best decoder: one that says what it found wrong, else by rank.
fn decoder(caps: &gst::Caps) -> Option<gst::Element> {
    let all = gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    let mut fitting: Vec<_> = all.into_iter().filter(|factory| factory.can_sink_any_caps(caps)).collect();
    let tells = |factory: &gst::ElementFactory| FAULT_TELLERS.contains(&factory.name().as_str());
    fitting.sort_by_key(|factory| (!tells(factory), std::cmp::Reverse(factory.rank())));
    fitting.iter().find_map(|factory| factory.create().build().ok())
}

/// What a stream is: `video/x-h264`, `audio/x-raw` …
fn media(pad: &gst::Pad) -> String {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    caps.structure(0).map_or("", |structure| structure.name().as_str()).to_owned()
}

/// A stream that nobody looks at still has to flow.
fn nowhere(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), gst::glib::BoolError> {
    let sink = gst::ElementFactory::make("fakesink").property("sync", false).property("async", false).build()?;
    lead(pipeline, pad, &[sink])
}

fn make(element: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(element)
        .build()
        .map_err(|error| MediaError::Missing { what: format!("GStreamer's `{element}`"), why: error.to_string() })
}

/// Puts an eye on what goes into a decoder.
fn watch_decoder<T: Tap>(element: &gst::Element, run: &Arc<Run<T>>) {
    let Some(factory) = element.factory() else { return };
    let kind = if factory.has_type(gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_VIDEO) {
        Kind::Picture
    } else if factory.has_type(gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_AUDIO) {
        Kind::Sound
    } else {
        return;
    };
    // One thread a decoder: faults can be told to belong to it, and tracks are measured side by side anyway.
    if element.has_property_with_type("max-threads", i32::static_type()) {
        element.set_property("max-threads", 1i32);
    }
    let Some(pad) = element.static_pad("sink") else { return };
    let run = run.clone();
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else { return gst::PadProbeReturn::Ok };
        if !run.chosen(kind, pad) {
            return gst::PadProbeReturn::Ok;
        }
        let Some(caps) = pad.current_caps() else { return gst::PadProbeReturn::Ok };
        let at = buffer.pts().and_then(|pts| running_time(pad, pts));
        let faults = match kind {
            Kind::Picture => &run.picture_faults,
            Kind::Sound => &run.sound_faults,
        };
        faults::decoding(faults, at.map(|at| at as f64 / 1e9));
        let unit = Unit {
            caps: &caps,
            bytes: buffer.size() as u64,
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            at,
            duration: buffer.duration().map(gst::ClockTime::nseconds),
            decode_at: buffer.dts().map(gst::ClockTime::nseconds),
        };
        run.units.fetch_add(1, Ordering::Release);
        // `Drop` makes GStreamer 1.22 free what the binding has freed already, with a complaint for every frame.
        if run.tap.coded(kind, &unit) { gst::PadProbeReturn::Ok } else { gst::PadProbeReturn::Handled }
    });
}

/// When a timestamp is shown, in nanoseconds; `None` outside the segment.
fn running_time(pad: &gst::Pad, pts: gst::ClockTime) -> Option<u64> {
    let event = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = event.segment().downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(pts).map(gst::ClockTime::nseconds)
}

/// Leads a decoded stream to its tap, or to nowhere.
fn attach<T: Tap>(pipeline: &gst::Pipeline, pad: &gst::Pad, run: &Arc<Run<T>>) -> Result<(), gst::glib::BoolError> {
    let kind = match media(pad).as_str() {
        "video/x-raw" => Some(Kind::Picture),
        "audio/x-raw" if run.want == Want::Everything => Some(Kind::Sound),
        _ => None,
    };
    let Some(kind) = kind.filter(|&kind| run.chosen(kind, pad)) else { return nowhere(pipeline, pad) };
    lead(pipeline, pad, &tail(kind, run)?)
}

/// The end of a stream's line: its tap, and what brings it into the form that the tap reads.
fn tail<T: Tap>(kind: Kind, run: &Arc<Run<T>>) -> Result<[gst::Element; 2], gst::glib::BoolError> {
    let caps = match kind {
        Kind::Picture => gst::Caps::builder("video/x-raw").field("format", gst::List::new(LUMA_FIRST)).build(),
        Kind::Sound => gst_audio::AudioCapsBuilder::new_interleaved().format(gst_audio::AUDIO_FORMAT_F32).build(),
    };
    let shared = run.clone();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(UNITS_WAITING).caps(&caps).build();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                shared.units.fetch_add(1, Ordering::Release);
                if show(kind, &sample, shared.tap.as_ref()) == Some(Go::Stop) {
                    shared.stopped.store(true, Ordering::Release);
                    return Err(gst::FlowError::Eos);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    let convert = match kind {
        Kind::Picture => "videoconvert",
        Kind::Sound => "audioconvert",
    };
    Ok([gst::ElementFactory::make(convert).build()?, sink.upcast()])
}

fn lead(pipeline: &gst::Pipeline, pad: &gst::Pad, elements: &[gst::Element]) -> Result<(), gst::glib::BoolError> {
    pipeline.add_many(elements)?;
    gst::Element::link_many(elements)?;
    for element in elements {
        element.sync_state_with_parent()?;
    }
    let first = elements.first().and_then(|element| element.static_pad("sink"));
    let first = first.ok_or_else(|| gst::glib::bool_error!("no way in"))?;
    pad.link(&first).map(drop).map_err(|error| gst::glib::bool_error!("{error:?}"))
}

/// Hands a sample to the tap; `None` where it cannot be read.
fn show(kind: Kind, sample: &gst::Sample, tap: &impl Tap) -> Option<Go> {
    let (buffer, caps) = (sample.buffer()?, sample.caps()?);
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let at = segment.to_running_time(buffer.pts()?)?.nseconds();
    match kind {
        Kind::Picture => {
            let info = gst_video::VideoInfo::from_caps(caps).ok()?;
            let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).ok()?;
            Some(tap.picture(&frame, at))
        }
        Kind::Sound => {
            let info = gst_audio::AudioInfo::from_caps(caps).ok()?;
            let map = buffer.map_readable().ok()?;
            let samples: Vec<f32> = map.as_chunks::<4>().0.iter().map(|&bytes| f32::from_ne_bytes(bytes)).collect();
            Some(tap.sound(&info, &samples, at))
        }
    }
}
