//! A recording: every track of a lesson at once, from the lanes through encoders to files.
//!
//! ```text
//!  programme ─► gate ─► H.264 encoder ─┐
//!  lane ──────► gate ─► H.264 encoder ─┼─► recording thread: media time → lesson time ─► one TrackWriter a track
//!  network camera's own H.264 ─────────┤
//!  sound desk: mixed, roles, fallback ─┘
//! ```
//!
//! All tracks begin, pause, go on and end at the same slot. A track that fails ends alone. Another encoder may take over a track
//! in mid-lesson, because the first has failed or because the track is to cost less: its frames are a new part.
//!
//! `gate` which frames go to which encoder · `maker` where a track's pictures come from, and who takes over · `track` one track on its
//! way to its file · `sound` the mixes · `recorder` the recording's thread.

mod gate;
mod maker;
mod recorder;
mod sound;
#[cfg(test)]
mod tests;
mod track;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use ketang_hal::time::{MediaTime, Slot};

use crate::MediaError;
use crate::coded::{Coded, CodedFormat};
use crate::encode::{EncoderCounts, EncoderKind, H264Encoder, H264Settings};
use crate::record::{PartWritten, TrackEvent};
use crate::sound::{SoundDesk, Variant};
use crate::studio::Studio;
use crate::timeline::Timeline;
use crate::tracks::{TrackMaking, TrackName, TrackPlan};
use maker::{Maker, Opened, Opener};
use recorder::Recorder;
use track::TrackState;

/// Encoders need a moment to open: the first slot of a recording lies at least this far ahead.
pub const LEAD_SLOTS: u64 = 10;

/// What is to be recorded.
pub struct RecordingSettings {
    /// The lesson's folder; it exists.
    pub folder: PathBuf,
    pub tracks: Vec<TrackPlan>,
    /// Who encodes where an encoder fails, the best first.
    pub encoders: Vec<EncoderKind>,
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
    /// What made the track has failed and something else goes on with it; the stretch of lesson time between, in nanoseconds, is missing.
    MakerReplaced {
        track: TrackName,
        why: String,
        /// The GStreamer name of the encoder that goes on.
        by: &'static str,
        missing: Range<u64>,
    },
    /// From here on the track is made as [`Recording::remake_track`] asked.
    TrackRemade {
        track: TrackName,
        settings: H264Settings,
    },
    /// The track could not be begun, or nothing goes on with it.
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
    /// Frames that the input, though it lived, did not give: the one before stands in their place.
    pub repeated: u64,
    pub running: bool,
    /// How its pictures are encoded now, where the host does it.
    pub encoding: Option<H264Settings>,
    /// Another maker is about to take over.
    pub changes: bool,
}

enum Message {
    /// A picture, and the number of its maker.
    Picture(TrackName, u32, Coded, CodedFormat),
    Sound(Variant, Coded),
    /// Another encoder makes the mix, or none does any more.
    SoundEncoderFailed {
        variant: Variant,
        why: String,
        by: Option<&'static str>,
    },
    Remake(TrackName, H264Settings),
    /// Another encoder is open, or none would.
    Opened(TrackName, Result<Opened, MediaError>),
    /// The gate gives its frames to the maker of this number now.
    TookOver(TrackName, u32),
    /// The encoder before has given all it had.
    Drained(TrackName),
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
        let (clock, size) = (studio.clock().clone(), studio.size());
        let opener = move |name: TrackName, settings: &H264Settings| {
            H264Encoder::open(name.as_str(), &clock, size, settings, name == TrackName::Programme)
        };
        Self::begin_with(studio, desk, settings, events, Arc::new(opener))
    }

    fn begin_with(
        studio: &Studio,
        desk: &SoundDesk,
        settings: RecordingSettings,
        events: RecordingEvents,
        opener: Opener,
    ) -> Result<Self, MediaError> {
        let (messages, inbox) = mpsc::channel();
        let sounds = sound::begin(desk, &settings)?;
        let mut tracks = BTreeMap::new();
        for plan in &settings.tracks {
            let maker = match (&plan.making, plan.name) {
                (TrackMaking::SoundOnly, _) => Ok(None),
                (TrackMaking::Encode(encode), name) => {
                    Maker::encoder(name, encode, &settings.encoders, &opener, &messages).map(Some)
                }
                (TrackMaking::AsItComes(otherwise), name) => {
                    Maker::camera(name, otherwise, studio, &settings.encoders, &opener, &messages).map(Some)
                }
            };
            match maker {
                Ok(maker) => {
                    let sound = sound::variant_of(plan.name, settings.picture_sound);
                    tracks.insert(plan.name, TrackState::new(maker, sound, settings.begins_at_ns));
                }
                Err(error) => events(RecordingEvent::TrackFailed { track: plan.name, why: error.to_string() }),
            }
        }
        if tracks.is_empty() {
            return Err(MediaError::Invalid("no track of the lesson could be begun: see the log for each".into()));
        }
        let shared = Arc::new(Shared {
            timeline: RwLock::new(Timeline::begin(settings.from, settings.begins_at_ns)),
            progress: RwLock::new(tracks.keys().map(|&name| (name, TrackProgress::default())).collect()),
        });
        for (&name, track) in &tracks {
            let Some(maker) = &track.maker else { continue };
            let sink = gate::open(maker.way_in(), shared.clone(), messages.clone(), name);
            match name {
                TrackName::Input(role) => studio.take_input(role, sink),
                _ => studio.take_programme(sink),
            }
        }
        for (variant, subscription) in sounds {
            for track in tracks.values_mut().filter(|track| track.sound_variant == variant) {
                track.sound = Some(subscription.format().clone());
            }
            sound::pump(variant, subscription, Arc::downgrade(&shared), messages.clone())?;
        }
        let recorder = Recorder::new(settings, tracks, shared.clone(), events, studio.recorded_programme().clone());
        let thread = std::thread::Builder::new()
            .name("recording".into())
            .spawn(move || recorder.run(&inbox))
            .map_err(|error| MediaError::Missing { what: "a thread to record with".into(), why: error.to_string() })?;
        Ok(Self { messages, shared, clock: studio.clock().clone(), thread: Some(thread) })
    }

    /// Pauses before slot `at`.
    pub fn pause(&self, at: Slot) {
        self.shared.timeline.write().unwrap_or_else(PoisonError::into_inner).pause(at);
    }

    /// Goes on with slot `at`.
    pub fn resume(&self, at: Slot) {
        self.shared.timeline.write().unwrap_or_else(PoisonError::into_inner).resume(at);
    }

    /// Makes a track's pictures in another way as soon as an encoder for it is open, in a new part and without a slot that is missing
    /// or there twice; [`RecordingEvent::TrackRemade`] tells when. Where none opens the track goes on as it is.
    pub fn remake_track(&self, track: TrackName, settings: H264Settings) {
        let _ = self.messages.send(Message::Remake(track, settings));
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
