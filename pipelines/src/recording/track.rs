//! One track while it is recorded: waits until the formats of picture and sound are known, then gives both to its writer.

use std::ops::Range;

use super::maker::{Maker, TakenOver};
use crate::coded::{Coded, CodedFormat};
use crate::record::TrackWriter;
use crate::sound::Variant;

/// Encoded frames kept while a track's formats are not all known yet: 10 s of picture and sound.
const PENDING: usize = 800;

pub(super) struct TrackState {
    pub(super) sound_variant: Variant,
    /// `None` where there is no picture.
    pub(super) maker: Option<Maker>,
    /// The formats that the track begins with.
    pub(super) picture: Option<CodedFormat>,
    pub(super) sound: Option<CodedFormat>,
    /// What came before the writer could begin.
    pending: Vec<Arrival>,
    pub(super) writer: Option<TrackWriter>,
    /// The stretch of the lesson whose first key frame has come.
    pub(super) stretch: Option<usize>,
    /// The pictures' present format.
    pub(super) format: Option<CodedFormat>,
    /// Who makes the pictures from the next one on, not told of yet.
    pub(super) taken_over: Option<TakenOver>,
    /// Why the sound's encoder was replaced and by which, not told of yet.
    pub(super) sound_replaced: Option<(String, &'static str)>,
    /// Where the pictures and the sound so far end in the lesson, in nanoseconds.
    picture_until: u64,
    sound_until: u64,
}

pub(super) enum Arrival {
    /// Pictures are of this format from the next one on.
    Format(CodedFormat),
    Picture(Coded),
    Sound(Coded),
}

impl TrackState {
    pub(super) fn new(maker: Option<Maker>, sound_variant: Variant, begins_at_ns: u64) -> Self {
        Self {
            sound_variant,
            maker,
            picture: None,
            sound: None,
            pending: Vec::new(),
            writer: None,
            stretch: None,
            format: None,
            taken_over: None,
            sound_replaced: None,
            picture_until: begins_at_ns,
            sound_until: begins_at_ns,
        }
    }

    pub(super) fn ready(&self) -> bool {
        self.sound.is_some() && (self.picture.is_some() || self.maker.is_none())
    }

    /// Begins to write, with what has come so far.
    pub(super) fn write_to(&mut self, writer: TrackWriter) {
        self.writer = Some(writer);
        for arrival in std::mem::take(&mut self.pending) {
            self.take(arrival);
        }
    }

    /// What is missing before `picture`, which is on the lesson's time.
    pub(super) fn missing_before_picture(&self, picture: &Coded) -> Range<u64> {
        self.picture_until.min(picture.pts)..picture.pts
    }

    pub(super) fn missing_before_sound(&self, sound: &Coded) -> Range<u64> {
        self.sound_until.min(sound.pts)..sound.pts
    }

    /// Takes what is on the lesson's time.
    pub(super) fn take(&mut self, arrival: Arrival) {
        match &arrival {
            Arrival::Format(_) => {}
            Arrival::Picture(picture) => self.picture_until = self.picture_until.max(picture.end()),
            Arrival::Sound(sound) => self.sound_until = self.sound_until.max(sound.end()),
        }
        match (&self.writer, arrival) {
            (Some(writer), Arrival::Format(format)) => writer.change_format(format),
            (Some(writer), Arrival::Picture(picture)) => writer.picture(picture),
            (Some(writer), Arrival::Sound(sound)) => writer.sound(sound),
            (None, arrival) if self.pending.len() < PENDING => self.pending.push(arrival),
            (None, _) => {}
        }
    }
}
