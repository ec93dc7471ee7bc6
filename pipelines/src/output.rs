//! The programme in the room: its picture on a display, its sound through loudspeakers (JX-13).
//!
//! ```text
//!  programme ─► appsrc ─► queue, leaky ─► videoconvertscale ─► kmssink
//!  desk, mixed ─► appsrc ─► audioconvert ─► audioresample ─► alsasink
//! ```
//! `gst-launch-1.0 videotestsrc is-live=true ! queue leaky=downstream ! videoconvertscale ! kmssink`
//!
//! Both are opened again for ever: a display that is switched off, or was never there, must not touch the lesson.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use gst::prelude::*;
use ketang_hal::board::DisplayOutput;
use ketang_hal::picture::Size;
use ketang_hal::time::BLOCK_NS;

use crate::MediaError;
use crate::clock::MediaClock;
use crate::graph::{Ended, Graph, make, nv12_caps};
use crate::sound::{BlockSubscription, SoundDesk, Variant};
use crate::studio::Studio;

/// From the moment that a frame and its sound were taken to the moment that they are seen and heard: what mixing both takes at
/// most, and the sound card's buffer.
const DELAY: gst::ClockTime = gst::ClockTime::from_mseconds(160);
const CARD_BUFFER_US: i64 = 60_000;
/// Frames that may wait for the display; older ones are let go, so that the room sees what is now.
const WAITING_FRAMES: u32 = 5;
/// Sound that may wait for the loudspeakers, in nanoseconds.
const WAITING_SOUND_NS: u64 = 200_000_000;
/// A display or sound card that failed is opened again after this long.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// How often a running graph is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The running outputs; dropping this ends them.
pub struct Output {
    _picture: Option<Supervised>,
    _sound: Option<Supervised>,
}

impl Output {
    /// Shows the programme on `display` and lets it be heard on the ALSA device `sound`, as soon as they can be opened.
    pub fn open(studio: &Studio, desk: &SoundDesk, display: DisplayOutput, sound: Option<String>) -> Self {
        let picture = (display != DisplayOutput::None).then(|| picture(studio, display));
        let sound = sound.map(|device| heard(studio.clock().clone(), desk.subscribe(Variant::Mixed), device));
        Self { _picture: picture, _sound: sound }
    }
}

fn picture(studio: &Studio, display: DisplayOutput) -> Supervised {
    let (clock, size) = (studio.clock().clone(), studio.size());
    let inlet = Inlet::default();
    let into = inlet.clone();
    let shown = Supervised::start("programme out", inlet, move || show(&clock, size, &display));
    let goes_on = shown.alive();
    studio.take_programme(Box::new(move |frame| {
        let mut buffer = frame.buffer.copy();
        buffer.make_mut().set_pts(gst::ClockTime::from_nseconds(frame.slot.start().0));
        into.push(buffer);
        goes_on.strong_count() > 0
    }));
    shown
}

fn heard(clock: MediaClock, blocks: BlockSubscription, device: String) -> Supervised {
    let inlet = Inlet::default();
    let into = inlet.clone();
    let heard = Supervised::start("programme sound out", inlet, move || play(&clock, &device));
    let goes_on = heard.alive();
    let pump = move || {
        while goes_on.strong_count() > 0 {
            match blocks.next(LOOK_EVERY) {
                Ok(block) => {
                    let bytes: Vec<u8> = block.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                    let mut buffer = gst::Buffer::from_mut_slice(bytes);
                    let writable = buffer.get_mut().expect("a new buffer has one owner");
                    writable.set_pts(gst::ClockTime::from_nseconds(block.start().0));
                    writable.set_duration(gst::ClockTime::from_nseconds(BLOCK_NS));
                    into.push(buffer);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    };
    spawn("loudspeakers", pump);
    heard
}

/// The graph of the picture, playing.
fn show(clock: &MediaClock, size: Size, display: &DisplayOutput) -> Result<(Graph, gst_app::AppSrc), MediaError> {
    let graph = Graph::new("programme out");
    let source = gst_app::AppSrc::builder().caps(&nv12_caps(size)).format(gst::Format::Time).is_live(true).build();
    let queue = leaky_queue()?;
    queue.set_property("max-size-buffers", WAITING_FRAMES);
    queue.set_property("max-size-time", 0u64);
    let convert = make("videoconvertscale")?;
    convert.set_property("add-borders", true);
    let fit = make("capsfilter")?;
    let sink = match display {
        DisplayOutput::None => return Err(graph.failed("there is no display")),
        DisplayOutput::Window => window()?,
        DisplayOutput::Kms { driver, connector } => {
            let sink = make("kmssink")?;
            if let Some(driver) = driver {
                sink.set_property("driver-name", driver);
            }
            if let Some(connector) = connector {
                sink.set_property("connector-id", connector);
            }
            sink
        }
    };
    graph.chain([source.upcast_ref(), &queue, &convert, &fit, &sink])?;
    if matches!(display, DisplayOutput::Kms { .. }) {
        fit.set_property("caps", display_caps(&graph, &sink)?);
    }
    begin(clock, &graph)?;
    Ok((graph, source))
}

fn begin(clock: &MediaClock, graph: &Graph) -> Result<(), MediaError> {
    clock.drive(&graph.pipeline);
    graph.pipeline.set_latency(DELAY);
    graph.play()
}

/// Pictures of the display's own size: not every display driver can scale.
fn display_caps(graph: &Graph, sink: &gst::Element) -> Result<gst::Caps, MediaError> {
    sink.set_state(gst::State::Ready).map_err(|_| graph.failed("no display can be opened: is one connected?"))?;
    let pixels = |property: &str| sink.property::<i32>(property);
    let (width, height) = (pixels("display-width"), pixels("display-height"));
    let caps = gst::Caps::builder("video/x-raw");
    Ok(if width > 0 && height > 0 { caps.field("width", width).field("height", height).build() } else { caps.build() })
}

/// A window on whichever desktop this is.
fn window() -> Result<gst::Element, MediaError> {
    let desktop = |variable: &str| std::env::var_os(variable).is_some_and(|name| !name.is_empty());
    // `autovideosink` tries every plug-in there is, and some of those crash where they are not at home.
    match (desktop("WAYLAND_DISPLAY"), desktop("DISPLAY")) {
        (true, _) => make("waylandsink"),
        (false, true) => make("ximagesink"),
        (false, false) => Err(MediaError::Missing {
            what: "a desktop to show the programme on".into(),
            why: "neither WAYLAND_DISPLAY nor DISPLAY is set; set `programme.output` to \"kms\" or \"none\"".into(),
        }),
    }
}

/// The graph of the sound, playing.
fn play(clock: &MediaClock, device: &str) -> Result<(Graph, gst_app::AppSrc), MediaError> {
    let graph = Graph::new("programme sound out");
    let caps = gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AudioFormat::F32le)
        .rate(ketang_hal::time::SAMPLE_RATE as i32)
        .channels(2)
        .build();
    let source = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).is_live(true).build();
    let queue = leaky_queue()?;
    queue.set_property("max-size-buffers", 0u32);
    queue.set_property("max-size-time", WAITING_SOUND_NS);
    let convert = make("audioconvert")?;
    let resample = make("audioresample")?;
    let sink = make("alsasink")?;
    sink.set_property("device", device);
    sink.set_property("buffer-time", CARD_BUFFER_US);
    graph.chain([source.upcast_ref(), &queue, &convert, &resample, &sink])?;
    begin(clock, &graph)?;
    Ok((graph, source))
}

fn leaky_queue() -> Result<gst::Element, MediaError> {
    let queue = make("queue")?;
    queue.set_property("max-size-bytes", 0u32);
    queue.set_property_from_str("leaky", "downstream");
    Ok(queue)
}

/// The way into the graph that runs at the moment, if one does.
#[derive(Clone, Default)]
struct Inlet {
    source: Arc<Mutex<Option<gst_app::AppSrc>>>,
}

impl Inlet {
    fn push(&self, buffer: gst::Buffer) {
        if let Some(source) = &*self.source.lock().unwrap_or_else(PoisonError::into_inner) {
            // A graph that is going down takes nothing any more; its successor will.
            let _ = source.push_buffer(buffer);
        }
    }

    fn lead_to(&self, source: Option<gst_app::AppSrc>) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
    }
}

/// A graph that is opened again whenever it ends.
struct Supervised {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    alive: Arc<()>,
}

impl Supervised {
    fn start(
        name: &'static str,
        inlet: Inlet,
        open: impl Fn() -> Result<(Graph, gst_app::AppSrc), MediaError> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = spawn(name, move || supervise(name, &inlet, open, &stopped));
        Self { stop: Some(stop), thread: Some(thread), alive: Arc::new(()) }
    }

    /// Holds as long as this output lives.
    fn alive(&self) -> Weak<()> {
        Arc::downgrade(&self.alive)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn supervise(
    name: &str,
    inlet: &Inlet,
    open: impl Fn() -> Result<(Graph, gst_app::AppSrc), MediaError>,
    stopped: &Receiver<()>,
) {
    let goes_on = |limit| stopped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
    let mut told = None;
    loop {
        let why = match open() {
            Ok((graph, source)) => {
                tracing::info!(output = name, "the programme goes out");
                told = None;
                inlet.lead_to(Some(source));
                let why = loop {
                    if !goes_on(LOOK_EVERY) {
                        break None;
                    }
                    match graph.ended() {
                        None => {}
                        Some(Ended::EndOfStream) => break Some("it ended".to_owned()),
                        Some(Ended::Error(why)) => break Some(why),
                    }
                };
                inlet.lead_to(None);
                match why {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(error) => error.to_string(),
        };
        if told.as_ref() != Some(&why) {
            tracing::warn!(output = name, why, "the programme does not go out; it is tried again");
            told = Some(why);
        }
        if !goes_on(RETRY_AFTER) {
            return;
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).expect("the system can start a thread")
}
