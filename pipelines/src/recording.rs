//! A recording: every track of a lesson at once, from the lanes through encoders to files.
//!
//! ```text
//!  programme ─► gate ─► H.264 encoder ─┐
//!  lane ──────► gate ─► H.264 encoder ─┼─► recording thread: media time → lesson time ─► one TrackWriter a track
//!  network camera's own H.264 ─────────┤
//!  sound desk: mixed, roles, fallback ─┘
//! ```
//!
//! All tracks begin, pause, go on and end at the same slot. A track that fails ends alone.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ketang_hal::time::{MediaTime, Slot};

use crate::MediaError;
use crate::coded::{Coded, CodedBus, CodedFormat};
use crate::encode::{EncoderCounts, H264Encoder};
use crate::lane::FrameSink;
use crate::record::{PartWritten, TrackEvent, TrackSettings, TrackWriter};
use crate::sound::{CodedSubscription, SoundDesk, Variant};
use crate::studio::Studio;
use crate::timeline::Timeline;
use crate::tracks::{TrackMaking, TrackName, TrackPlan};

/// Encoders need a moment to open: the first slot of a recording lies at least this far ahead.
pub const LEAD_SLOTS: u64 = 10;
/// Lanes of network cameras are late by their jitter buffer; after this long the end is taken as it is.
const LAST_FRAMES_WITHIN: Duration = Duration::from_secs(5);
/// An encoder holds a few frames; a stuck one is left after this long.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// How often progress is published.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Encoded frames kept while a track's formats are not all known yet: 10 s of picture and sound.
const PENDING: usize = 800;

/// What is to be recorded.
pub struct RecordingSettings {
    /// The lesson's folder; it exists.
    pub folder: PathBuf,
    pub tracks: Vec<TrackPlan>,
    pub part_limit_bytes: u64,
    /// The sound that goes with pictures.
    pub picture_sound: Variant,
    /// The first slot that is recorded; [`LEAD_SLOTS`] ahead of now.
    pub from: Slot,
    /// Lesson time of the first frame, in nanoseconds: not 0 where a lesson goes on after a power cut.
    pub begins_at_ns: u64,
    /// The number of each track's first file; 1 where absent.
    pub first_parts: BTreeMap<TrackName, u32>,
}

/// What happens in a recording.
#[derive(Clone, Debug)]
pub enum RecordingEvent {
    Track {
        track: TrackName,
        event: TrackEvent,
    },
    /// The track could not be begun, or its encoder failed.
    TrackFailed {
        track: TrackName,
        why: String,
    },
    /// Everything is on the disk.
    Ended {
        tracks: BTreeMap<TrackName, Vec<PartWritten>>,
        lesson_ns: u64,
    },
}

/// Called on the recording's threads; it must return at once.
pub type RecordingEvents = Arc<dyn Fn(RecordingEvent) + Send + Sync>;

/// How far a track is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackProgress {
    pub bytes: u64,
    pub counts: EncoderCounts,
    pub running: bool,
}

enum Message {
    Picture(TrackName, Coded, CodedFormat),
    Sound(Variant, Coded),
    EndTrack(TrackName),
    End,
}

/// A running recording. Dropping it ends it as `end` does, but waits.
pub struct Recording {
    messages: Sender<Message>,
    shared: Arc<Shared>,
    clock: crate::clock::MediaClock,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    timeline: RwLock<Timeline>,
    progress: RwLock<BTreeMap<TrackName, TrackProgress>>,
}

impl Shared {
    fn place(&self, time: MediaTime) -> Option<crate::timeline::Placed> {
        self.timeline.read().unwrap_or_else(PoisonError::into_inner).place(time)
    }

    fn end(&self) -> Option<Slot> {
        self.timeline.read().unwrap_or_else(PoisonError::into_inner).end()
    }
}

impl Recording {
    /// Opens every encoder, then begins all tracks at one slot. A track that cannot be begun is reported and left out; it is an
    /// error if none can.
    pub fn begin(
        studio: &Studio,
        desk: &SoundDesk,
        settings: RecordingSettings,
        events: RecordingEvents,
    ) -> Result<Self, MediaError> {
        let (messages, inbox) = mpsc::channel();
        let clock = studio.clock().clone();
        let sounds = begin_sounds(desk, &settings)?;
        let mut encoders = BTreeMap::new();
        let mut tracks = BTreeMap::new();
        for plan in &settings.tracks {
            if let TrackMaking::Encode(encode) = &plan.making {
                let first = plan.name == TrackName::Programme;
                match H264Encoder::open(plan.name.as_str(), &clock, studio.size(), encode, first) {
                    Ok(encoder) => {
                        let complete = Arc::new(AtomicBool::new(false));
                        encoders.insert(plan.name, Encoder { encoder: Arc::new(encoder), complete })
                    }
                    Err(error) => {
                        events(RecordingEvent::TrackFailed { track: plan.name, why: error.to_string() });
                        continue;
                    }
                };
            }
            tracks.insert(plan.name, TrackState::new(&plan.making, variant_of(plan.name, settings.picture_sound)));
        }
        if tracks.is_empty() {
            return Err(MediaError::Invalid("no track of the lesson could be begun: see the log for each".into()));
        }
        let shared = Arc::new(Shared {
            timeline: RwLock::new(Timeline::begin(settings.from, settings.begins_at_ns)),
            progress: RwLock::new(tracks.keys().map(|&name| (name, TrackProgress::default())).collect()),
        });
        for (&name, encoder) in &encoders {
            connect_encoder(studio, name, encoder, &shared, &messages);
        }
        for plan in settings.tracks.iter().filter(|plan| plan.making == TrackMaking::AsItComes) {
            if let TrackName::Input(role) = plan.name
                && let Some(coded) = studio.coded_input(role)
            {
                send_pictures(&coded, plan.name, &messages);
            }
        }
        for (variant, subscription) in sounds {
            for track in tracks.values_mut().filter(|track| track.sound_variant == variant) {
                track.sound = Some(subscription.format().clone());
            }
            pump_sound(variant, subscription, Arc::downgrade(&shared), messages.clone())?;
        }
        let recorder =
            Recorder { settings, encoders, tracks, shared: shared.clone(), events, written: BTreeMap::new() };
        let thread = std::thread::Builder::new()
            .name("recording".into())
            .spawn(move || recorder.run(&inbox))
            .map_err(|error| MediaError::Missing { what: "a thread to record with".into(), why: error.to_string() })?;
        Ok(Self { messages, shared, clock, thread: Some(thread) })
    }

    /// Pauses before slot `at`.
    pub fn pause(&self, at: Slot) {
        self.shared.timeline.write().unwrap_or_else(PoisonError::into_inner).pause(at);
    }

    /// Goes on with slot `at`.
    pub fn resume(&self, at: Slot) {
        self.shared.timeline.write().unwrap_or_else(PoisonError::into_inner).resume(at);
    }

    /// Ends one track and lets the others go on.
    pub fn end_track(&self, track: TrackName) {
        let _ = self.messages.send(Message::EndTrack(track));
    }

    /// Ends before slot `at`. Returns at once; [`RecordingEvent::Ended`] comes when everything is on the disk.
    pub fn end(&self, at: Slot) {
        self.pause(at);
        let _ = self.messages.send(Message::End);
    }

    /// Lesson time recorded so far, in nanoseconds.
    pub fn recorded_ns(&self) -> u64 {
        self.shared.timeline.read().unwrap_or_else(PoisonError::into_inner).recorded(self.clock.now())
    }

    /// When the frame was taken that lies `lesson_ns` into the lesson.
    pub fn media_time(&self, lesson_ns: u64) -> MediaTime {
        self.shared.timeline.read().unwrap_or_else(PoisonError::into_inner).media(lesson_ns)
    }

    /// Lesson time of a media time, in nanoseconds; that of the moment before where nothing was recorded.
    pub fn lesson_ns(&self, time: MediaTime) -> u64 {
        self.shared.timeline.read().unwrap_or_else(PoisonError::into_inner).recorded(time)
    }

    pub fn progress(&self) -> BTreeMap<TrackName, TrackProgress> {
        self.shared.progress.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.end(self.clock.now().slot().next());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts the encoders of all mixes at the same time: each takes a good part of the lead.
fn begin_sounds(
    desk: &SoundDesk,
    settings: &RecordingSettings,
) -> Result<Vec<(Variant, CodedSubscription)>, MediaError> {
    let variants: HashSet<_> =
        settings.tracks.iter().map(|plan| variant_of(plan.name, settings.picture_sound)).collect();
    std::thread::scope(|scope| {
        let starting: Vec<_> =
            variants.into_iter().map(|variant| (variant, scope.spawn(move || desk.encode(variant)))).collect();
        let started = starting.into_iter().map(|(variant, thread)| {
            let encoder =
                thread.join().map_err(|_| MediaError::Invalid("a sound encoder could not be started".into()))?;
            Ok((variant, encoder?))
        });
        started.collect()
    })
}

/// Which sound goes with a track.
fn variant_of(track: TrackName, with_pictures: Variant) -> Variant {
    match track {
        TrackName::Programme | TrackName::Input(_) => with_pictures,
        TrackName::Sound => Variant::Roles,
        TrackName::SoundFallback => Variant::Fallback,
    }
}

/// An encoder and what its gate tells of it.
struct Encoder {
    encoder: Arc<H264Encoder>,
    /// The gate has seen a frame beyond the recording's end: nothing more comes.
    complete: Arc<AtomicBool>,
}

fn connect_encoder(
    studio: &Studio,
    name: TrackName,
    encoder: &Encoder,
    shared: &Arc<Shared>,
    messages: &Sender<Message>,
) {
    send_pictures(&encoder.encoder.output, name, messages);
    let sink = gate(encoder, shared.clone());
    match name {
        TrackName::Input(role) => studio.take_input(role, sink),
        _ => studio.take_programme(sink),
    }
}

/// Brings a mix to the recording as long as that lives.
fn pump_sound(
    variant: Variant,
    subscription: CodedSubscription,
    recording: Weak<Shared>,
    messages: Sender<Message>,
) -> Result<(), MediaError> {
    let pump = move || {
        while recording.strong_count() > 0 {
            match subscription.next(LOOK_EVERY) {
                Ok(coded) => {
                    if messages.send(Message::Sound(variant, coded)).is_err() {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    };
    let thread = std::thread::Builder::new().name(format!("sound {}", variant.as_str())).spawn(pump);
    thread.map(drop).map_err(|error| MediaError::Missing { what: "a thread for sound".into(), why: error.to_string() })
}

fn send_pictures(coded: &CodedBus, name: TrackName, messages: &Sender<Message>) {
    let messages = messages.clone();
    coded.subscribe(Box::new(move |coded, format| {
        messages.send(Message::Picture(name, coded.clone(), format.clone())).is_ok()
    }));
}

/// Lets those frames through to the encoder that belong to the recording; each stretch begins with a key frame.
fn gate(encoder: &Encoder, shared: Arc<Shared>) -> FrameSink {
    let mut into_encoder = encoder.encoder.sink();
    let encoder_of_gate = Arc::downgrade(&encoder.encoder);
    let complete = encoder.complete.clone();
    let mut stretch = 0;
    Box::new(move |frame| {
        let Some(encoder) = encoder_of_gate.upgrade() else { return false };
        let Some(placed) = shared.place(frame.slot.start()) else {
            if shared.end().is_some_and(|end| frame.slot >= end) {
                complete.store(true, Ordering::Release);
            }
            return true;
        };
        if placed.stretch != stretch {
            stretch = placed.stretch;
            complete.store(false, Ordering::Release);
            encoder.force_key_frame();
        }
        into_encoder(frame)
    })
}

/// One track while it is recorded.
struct TrackState {
    sound_variant: Variant,
    needs_picture: bool,
    picture: Option<CodedFormat>,
    sound: Option<CodedFormat>,
    /// What came before the writer could begin.
    pending: Vec<Arrival>,
    writer: Option<TrackWriter>,
    /// The stretch of the lesson whose first key frame has come.
    stretch: Option<usize>,
}

enum Arrival {
    Picture(Coded),
    Sound(Coded),
}

impl TrackState {
    fn new(making: &TrackMaking, sound_variant: Variant) -> Self {
        Self {
            sound_variant,
            needs_picture: *making != TrackMaking::SoundOnly,
            picture: None,
            sound: None,
            pending: Vec::new(),
            writer: None,
            stretch: None,
        }
    }

    fn ready(&self) -> bool {
        self.sound.is_some() && (self.picture.is_some() || !self.needs_picture)
    }

    fn take(&mut self, arrival: Arrival) {
        match (&self.writer, arrival) {
            (Some(writer), Arrival::Picture(picture)) => writer.picture(picture),
            (Some(writer), Arrival::Sound(sound)) => writer.sound(sound),
            (None, arrival) if self.pending.len() < PENDING => self.pending.push(arrival),
            (None, _) => {}
        }
    }
}

/// The recording thread's own.
struct Recorder {
    settings: RecordingSettings,
    encoders: BTreeMap<TrackName, Encoder>,
    tracks: BTreeMap<TrackName, TrackState>,
    shared: Arc<Shared>,
    events: RecordingEvents,
    written: BTreeMap<TrackName, Vec<PartWritten>>,
}

impl Recorder {
    fn run(mut self, inbox: &Receiver<Message>) {
        let mut last_look = Instant::now();
        loop {
            match inbox.recv_timeout(LOOK_EVERY) {
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if last_look.elapsed() >= LOOK_EVERY {
                last_look = Instant::now();
                self.publish_progress();
            }
        }
        self.end(inbox);
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Picture(name, coded, format) => self.picture(name, coded, format),
            Message::Sound(variant, coded) => self.sound(variant, &coded),
            Message::EndTrack(name) => self.end_track(name),
            Message::End => {}
        }
    }

    fn picture(&mut self, name: TrackName, coded: Coded, format: CodedFormat) {
        let Some(placed) = self.shared.place(MediaTime(coded.pts)) else { return };
        let Some(track) = self.tracks.get_mut(&name) else { return };
        if track.stretch != Some(placed.stretch) {
            if !coded.key {
                return;
            }
            track.stretch = Some(placed.stretch);
        }
        if !track.picture.get_or_insert_with(|| format.clone()).decodes_like(&format) {
            let why = "the camera encodes in another way since it came back".to_owned();
            (self.events)(RecordingEvent::TrackFailed { track: name, why });
            self.end_track(name);
            return;
        }
        let moved = coded.on_lesson_time(placed.lesson_ns);
        track.take(Arrival::Picture(moved));
        self.begin_when_ready(name);
    }

    fn sound(&mut self, variant: Variant, coded: &Coded) {
        let Some(placed) = self.shared.place(MediaTime(coded.pts)) else { return };
        let names: Vec<_> =
            self.tracks.iter().filter(|(_, track)| track.sound_variant == variant).map(|(name, _)| *name).collect();
        for name in names {
            if let Some(track) = self.tracks.get_mut(&name) {
                track.take(Arrival::Sound(coded.clone().on_lesson_time(placed.lesson_ns)));
                self.begin_when_ready(name);
            }
        }
    }

    fn begin_when_ready(&mut self, name: TrackName) {
        let Some(track) = self.tracks.get_mut(&name) else { return };
        if track.writer.is_some() || !track.ready() {
            return;
        }
        let settings = TrackSettings {
            folder: self.settings.folder.clone(),
            name: name.as_str().to_owned(),
            first_part: self.settings.first_parts.get(&name).copied().unwrap_or(1),
            part_limit_bytes: self.settings.part_limit_bytes,
            picture: track.picture.clone(),
            sound: track.sound.clone(),
        };
        let events = self.events.clone();
        match TrackWriter::begin(settings, move |event| events(RecordingEvent::Track { track: name, event })) {
            Ok(writer) => {
                track.writer = Some(writer);
                for arrival in std::mem::take(&mut track.pending) {
                    track.take(arrival);
                }
            }
            Err(error) => {
                (self.events)(RecordingEvent::TrackFailed { track: name, why: error.to_string() });
                self.end_track(name);
            }
        }
    }

    /// Ends one track; its encoder is let go, its file is closed.
    fn end_track(&mut self, name: TrackName) {
        self.encoders.remove(&name);
        if let Some(writer) = self.tracks.remove(&name).and_then(|track| track.writer) {
            self.close(name, writer);
        }
    }

    fn close(&mut self, name: TrackName, writer: TrackWriter) {
        match writer.finish() {
            Ok(parts) => {
                self.written.insert(name, parts);
            }
            Err(error) => (self.events)(RecordingEvent::TrackFailed { track: name, why: error.to_string() }),
        }
    }

    fn publish_progress(&self) {
        let mut progress = self.shared.progress.write().unwrap_or_else(PoisonError::into_inner);
        for (name, told) in progress.iter_mut() {
            let writer = self.tracks.get(name).and_then(|track| track.writer.as_ref());
            told.running = self.tracks.contains_key(name);
            told.bytes = writer.map_or(told.bytes, TrackWriter::bytes_written);
            told.counts = self.encoders.get(name).map_or(told.counts, |encoder| encoder.encoder.counts());
        }
    }

    /// Takes the last frames of every track, then closes the files.
    fn end(mut self, inbox: &Receiver<Message>) {
        let until = Instant::now() + LAST_FRAMES_WITHIN;
        while Instant::now() < until && !self.encoders.values().all(|encoder| encoder.complete.load(Ordering::Acquire))
        {
            if let Ok(message) = inbox.recv_timeout(LOOK_EVERY / 10) {
                self.handle(message);
            }
        }
        for (name, encoder) in std::mem::take(&mut self.encoders) {
            if let Err(error) = encoder.encoder.drain(DRAIN_LIMIT) {
                tracing::warn!(track = %name, %error, "an encoder did not finish; its last frames may be missing");
            }
        }
        let end = self.shared.end().unwrap_or_default().start();
        let until = Instant::now() + LAST_FRAMES_WITHIN;
        let mut heard = MediaTime(0);
        while let Ok(message) = inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if let Message::Sound(_, coded) = &message {
                heard = MediaTime(coded.pts + coded.duration);
            }
            self.handle(message);
            if heard >= end {
                break;
            }
        }
        for (name, track) in std::mem::take(&mut self.tracks) {
            if let Some(writer) = track.writer {
                self.close(name, writer);
            }
        }
        let lesson_ns = self.shared.timeline.read().unwrap_or_else(PoisonError::into_inner).recorded(end);
        (self.events)(RecordingEvent::Ended { tracks: self.written, lesson_ns });
    }
}
