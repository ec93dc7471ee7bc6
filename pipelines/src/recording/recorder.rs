//! The recording's thread: brings encoded frames from media time to lesson time and to their tracks.

use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ketang_hal::time::MediaTime;

use super::maker::{DRAIN_LIMIT, Maker, TakenOver, Why, another_way};
use super::track::{Arrival, TrackState};
use super::{Message, RecordingEvent, RecordingEvents, RecordingSettings, Shared};
use crate::coded::{Coded, CodedBus, CodedFormat};
use crate::record::{PartWritten, TrackSettings, TrackWriter};
use crate::sound::Variant;
use crate::tracks::TrackName;

/// Lanes of network cameras are late by their jitter buffer; after this long the end is taken as it is.
const LAST_FRAMES_WITHIN: Duration = Duration::from_secs(5);
/// How often progress is published, and encoders are looked after.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Frames are taken together, so often: each alone would wake this thread, and its encoder would do the waking.
const GATHER: Duration = Duration::from_millis(20);

pub(super) struct Recorder {
    settings: RecordingSettings,
    tracks: BTreeMap<TrackName, TrackState>,
    shared: Arc<Shared>,
    events: RecordingEvents,
    written: BTreeMap<TrackName, Vec<PartWritten>>,
    /// Up to where each mix has come.
    heard: HashMap<Variant, MediaTime>,
    /// Who sends the programme on takes it here.
    programme: CodedBus,
}

impl Recorder {
    pub(super) fn new(
        settings: RecordingSettings,
        tracks: BTreeMap<TrackName, TrackState>,
        shared: Arc<Shared>,
        events: RecordingEvents,
        programme: CodedBus,
    ) -> Self {
        Self { settings, tracks, shared, events, written: BTreeMap::new(), heard: HashMap::new(), programme }
    }

    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        let mut last_look = Instant::now();
        'until_its_end: loop {
            match inbox.recv_timeout(LOOK_EVERY) {
                Ok(first) => {
                    for message in iter::once(first).chain(inbox.try_iter()) {
                        match message {
                            Message::End => break 'until_its_end,
                            message => self.handle(message),
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            std::thread::sleep(GATHER);
            if last_look.elapsed() >= LOOK_EVERY {
                last_look = Instant::now();
                self.makers().for_each(|maker| maker.look(last_look));
                self.publish_progress();
            }
        }
        self.end(inbox);
    }

    fn makers(&mut self) -> impl Iterator<Item = &mut Maker> {
        self.tracks.values_mut().filter_map(|track| track.maker.as_mut())
    }

    fn maker(&mut self, name: TrackName) -> Option<&mut Maker> {
        self.tracks.get_mut(&name)?.maker.as_mut()
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Picture(name, number, coded, format) => {
                if let Some((coded, format)) = self.maker(name).and_then(|maker| maker.sort(number, coded, format)) {
                    self.picture(name, coded, format);
                }
            }
            Message::Sound(variant, coded) => self.sound(variant, &coded),
            Message::SoundEncoderFailed { variant, why, by } => self.sound_encoder_failed(variant, &why, by),
            Message::Remake(name, settings) => {
                if let Some(maker) = self.maker(name) {
                    maker.remake(settings);
                }
            }
            Message::Opened(name, opened) => {
                if let Some(Err(error)) = self.maker(name).map(|maker| maker.opened(opened)) {
                    self.fail_track(name, error.to_string());
                }
            }
            Message::TookOver(name, number) => {
                if let Some(taken_over) = self.maker(name).and_then(|maker| maker.took_over(number)) {
                    self.taken_over(name, taken_over, Vec::new());
                }
            }
            Message::Drained(name) => {
                if let Some((taken_over, held)) = self.maker(name).and_then(Maker::drained) {
                    self.taken_over(name, taken_over, held);
                }
            }
            Message::EndTrack(name) => self.end_track(name),
            Message::End => {}
        }
    }

    fn taken_over(&mut self, name: TrackName, taken_over: TakenOver, held: Vec<(Coded, CodedFormat)>) {
        let Some(track) = self.tracks.get_mut(&name) else { return };
        track.taken_over = Some(taken_over);
        for (coded, format) in held {
            self.picture(name, coded, format);
        }
    }

    fn picture(&mut self, name: TrackName, coded: Coded, format: CodedFormat) {
        if name == TrackName::Programme {
            self.programme.publish(&coded, &format);
        }
        let Some(placed) = self.shared.place(MediaTime(coded.pts)) else { return };
        let Some(track) = self.tracks.get_mut(&name) else { return };
        let is_other = track.format.as_ref().is_some_and(|before| !before.decodes_like(&format));
        if (track.stretch != Some(placed.stretch) || is_other || track.taken_over.is_some()) && !coded.key {
            return;
        }
        track.stretch = Some(placed.stretch);
        if is_other
            && let Some(maker) = &mut track.maker
            && let Err(why) = maker.may_change(&format)
        {
            maker.fail(another_way(why));
            return;
        }
        let moved = coded.on_lesson_time(placed.lesson_ns);
        if track.format.is_some() && (is_other || track.taken_over.is_some()) {
            track.take(Arrival::Format(format.clone()));
        }
        track.picture.get_or_insert_with(|| format.clone());
        track.format = Some(format);
        if let Some(TakenOver { why, settings }) = track.taken_over.take() {
            let missing = track.missing_before_picture(&moved);
            (self.events)(match why {
                Why::Asked => RecordingEvent::TrackRemade { track: name, settings },
                Why::Failed(why) => {
                    RecordingEvent::MakerReplaced { track: name, why, by: settings.kind.element(), missing }
                }
            });
        }
        track.take(Arrival::Picture(moved));
        self.begin_when_ready(name);
    }

    fn with_sound(&self, variant: Variant) -> Vec<TrackName> {
        self.tracks.iter().filter(|(_, track)| track.sound_variant == variant).map(|(name, _)| *name).collect()
    }

    fn sound(&mut self, variant: Variant, coded: &Coded) {
        self.heard.insert(variant, MediaTime(coded.pts + coded.duration));
        let Some(placed) = self.shared.place(MediaTime(coded.pts)) else { return };
        for name in self.with_sound(variant) {
            let Some(track) = self.tracks.get_mut(&name) else { continue };
            let moved = coded.clone().on_lesson_time(placed.lesson_ns);
            if let Some((why, by)) = track.sound_replaced.take() {
                let missing = track.missing_before_sound(&moved);
                (self.events)(RecordingEvent::MakerReplaced { track: name, why, by, missing });
            }
            track.take(Arrival::Sound(moved));
            self.begin_when_ready(name);
        }
    }

    /// Another encoder goes on with the mix; without one, what is sound alone has failed, and pictures go on.
    fn sound_encoder_failed(&mut self, variant: Variant, why: &str, by: Option<&'static str>) {
        if by.is_none() {
            // Nobody waits for it any more.
            self.heard.insert(variant, MediaTime(u64::MAX));
        }
        for name in self.with_sound(variant) {
            let Some(track) = self.tracks.get_mut(&name) else { continue };
            match by {
                Some(by) => track.sound_replaced = Some((why.to_owned(), by)),
                None if track.maker.is_none() => self.fail_track(name, format!("no sound encoder goes on: {why}")),
                None => {}
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
            Ok(writer) => track.write_to(writer),
            Err(error) => self.fail_track(name, error.to_string()),
        }
    }

    fn fail_track(&mut self, name: TrackName, why: String) {
        (self.events)(RecordingEvent::TrackFailed { track: name, why });
        self.end_track(name);
    }

    /// Ends one track; its encoder is let go, its file is closed.
    fn end_track(&mut self, name: TrackName) {
        let Some(TrackState { maker, writer, .. }) = self.tracks.remove(&name) else { return };
        drop(maker);
        if let Some(writer) = writer {
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
            let track = self.tracks.get(name);
            told.running = track.is_some();
            told.bytes = track.and_then(|track| track.writer.as_ref()).map_or(told.bytes, TrackWriter::bytes_written);
            if let Some(maker) = track.and_then(|track| track.maker.as_ref()) {
                maker.tell(told);
            }
        }
    }

    /// Whether every mix has come so far: each has an encoder of its own, and they are not equally fast.
    fn has_heard(&self, end: MediaTime) -> bool {
        self.tracks.values().all(|track| self.heard.get(&track.sound_variant).is_some_and(|heard| *heard >= end))
    }

    /// Takes the last frames of every track, then closes the files.
    fn end(mut self, inbox: &Receiver<Message>) {
        let until = Instant::now() + LAST_FRAMES_WITHIN;
        while Instant::now() < until && !self.makers().all(|maker| maker.is_complete()) {
            if let Ok(message) = inbox.recv_timeout(LOOK_EVERY / 10) {
                self.handle(message);
            }
        }
        for (name, track) in &self.tracks {
            let last = track.maker.as_ref().and_then(Maker::last);
            if let Some(Err(error)) = last.map(|encoder| encoder.drain(DRAIN_LIMIT)) {
                tracing::warn!(track = %name, %error, "an encoder did not finish; its last frames may be missing");
            }
        }
        let end = self.shared.end().unwrap_or_default().start();
        let until = Instant::now() + LAST_FRAMES_WITHIN;
        while !self.has_heard(end)
            && let Ok(message) = inbox.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            self.handle(message);
        }
        for (name, track) in std::mem::take(&mut self.tracks) {
            drop(track.maker);
            if let Some(writer) = track.writer {
                self.close(name, writer);
            }
        }
        let lesson_ns = self.shared.timeline.read().unwrap_or_else(PoisonError::into_inner).recorded(end);
        (self.events)(RecordingEvent::Ended { tracks: self.written, lesson_ns });
    }
}
