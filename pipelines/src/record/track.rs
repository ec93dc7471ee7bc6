//! The writer's thread: decides which part a frame belongs to, when a fragment is due and when the next part begins.

use super::part::{All, Lane, Part};
use super::{Arrival, Events, PartWritten, PictureFormat, TrackEvent, TrackSettings};
use crate::coded::Coded;
use crate::error::MediaError;
use crate::mp4;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A fragment is written when this much is waiting, or when nothing arrives for as long. Where a part ends and its sound is late, as
/// much waits in the next part too: twice this and what is being gathered is less than a second.
pub(super) const FRAGMENT_NS: u64 = 400_000_000;
/// Frames are taken from the queue together, so often: each alone would wake the writer, and whoever sends it would do the waking.
const GATHER: Duration = Duration::from_millis(80);
/// Sound that ends a part may come this much later than the picture that begins the next one, in nanoseconds.
const LATE_SOUND_NS: u64 = 5_000_000_000;

pub(super) struct Track {
    settings: TrackSettings,
    formats: Vec<mp4::Track>,
    events: Events,
    bytes: Arc<AtomicU64>,
    next_part: u32,
    /// The newest last; the ones before it only wait for the rest of their sound.
    parts: VecDeque<Part>,
    written: Vec<PartWritten>,
    /// The number of the pictures' format, and whether the next part is the first of it.
    format: u32,
    is_other: bool,
    /// Pictures before the first key frame are of no use.
    key_seen: bool,
    /// The most bytes from one key frame to the next, and how many there were in all at the last one.
    largest_group: u64,
    group_began: u64,
    failure: Option<MediaError>,
}

impl Track {
    pub(super) fn new(
        settings: TrackSettings,
        formats: Vec<mp4::Track>,
        events: Events,
        bytes: Arc<AtomicU64>,
    ) -> Self {
        Self {
            next_part: settings.first_part,
            settings,
            formats,
            events,
            bytes,
            parts: VecDeque::new(),
            written: Vec::new(),
            format: 0,
            is_other: false,
            key_seen: false,
            largest_group: 0,
            group_began: 0,
            failure: None,
        }
    }

    /// Until the last sender is gone.
    pub(super) fn run(mut self, arrivals: &Receiver<Arrival>) -> Result<Vec<PartWritten>, MediaError> {
        loop {
            match arrivals.recv_timeout(Duration::from_nanos(FRAGMENT_NS)) {
                Ok(first) => [first].into_iter().chain(arrivals.try_iter()).for_each(|arrival| self.take(arrival)),
                Err(RecvTimeoutError::Timeout) => self.write_all().unwrap_or_else(|error| self.fail(error)),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            std::thread::sleep(GATHER);
        }
        if self.failure.is_none()
            && let Err(error) = self.write_all()
        {
            self.fail(error);
        }
        self.close_all();
        match self.failure {
            None => Ok(self.written),
            Some(error) => Err(error),
        }
    }

    fn take(&mut self, arrival: Arrival) {
        let outcome = match arrival {
            _ if self.failure.is_some() => Ok(()),
            Arrival::Picture(picture, format) => self.picture(picture, &format),
            Arrival::Sound(sound) => self.sound(sound),
        };
        outcome.unwrap_or_else(|error| self.fail(error));
    }

    fn picture(&mut self, picture: Coded, format: &PictureFormat) -> Result<(), MediaError> {
        if self.settings.picture.is_none() || (!self.key_seen && !picture.key) {
            return Ok(());
        }
        self.key_seen = true;
        if format.number != self.format && picture.key {
            let track = format.track.clone().map_err(MediaError::Invalid)?;
            self.formats.iter_mut().filter(|format| format.is_picture()).for_each(|format| *format = track.clone());
            self.format = format.number;
            self.is_other = true;
        }
        let at = picture.pts;
        self.lead(Lane::PICTURE, picture)?;
        // Sound that is this late will not come any more.
        while self.parts.get(1).is_some_and(|next| at > next.begins_at().unwrap_or(0).saturating_add(LATE_SOUND_NS)) {
            self.close_oldest()?;
        }
        Ok(())
    }

    fn sound(&mut self, sound: Coded) -> Result<(), MediaError> {
        if self.settings.sound.is_none() {
            return Ok(());
        }
        if self.settings.picture.is_none() {
            return self.lead(Lane::SOUND, sound);
        }
        // The part before waited for the sound up to its end, which has now come.
        while self.parts.get(1).is_some_and(|next| next.begins_at().is_some_and(|begins| begins <= sound.pts)) {
            self.close_oldest()?;
        }
        if self.parts.is_empty() {
            self.open(None);
        }
        self.push(0, Lane::SOUND, sound)
    }

    /// Takes a frame of the stream that parts begin with.
    fn lead(&mut self, lane: usize, frame: Coded) -> Result<(), MediaError> {
        if frame.key {
            let total = self.bytes.load(Ordering::Relaxed) + self.parts.iter().map(Part::pending_bytes).sum::<u64>();
            self.largest_group = self.largest_group.max(total.saturating_sub(self.group_began));
            self.group_began = total;
            let is_other = std::mem::take(&mut self.is_other);
            if self.parts.back().is_some_and(|part| is_other || (part.holds(lane) && !self.has_room(part))) {
                let begins = frame.pts;
                let ahead = self.parts.back_mut().map(|part| part.take_sound_from(begins)).unwrap_or_default();
                self.open(Some(begins));
                if let Some(part) = self.parts.back_mut() {
                    part.lanes[Lane::SOUND].waiting = ahead;
                }
                let sound_is_through = self.parts.back().is_some_and(|part| part.holds(Lane::SOUND));
                if self.settings.sound.is_none() || lane == Lane::SOUND || sound_is_through {
                    while self.parts.len() > 1 {
                        self.close_oldest()?;
                    }
                }
            }
        }
        if self.parts.is_empty() {
            self.open(None);
        }
        self.push(self.parts.len() - 1, lane, frame)
    }

    /// Whether one more group of pictures fits; twice the largest so far, so that one that is larger still does too.
    fn has_room(&self, part: &Part) -> bool {
        let reserve = 2 * self.largest_group + self.settings.part_limit_bytes / 50;
        part.finished_bytes() + reserve < self.settings.part_limit_bytes
    }

    fn open(&mut self, begins_at: Option<u64>) {
        let file = self.settings.folder.join(format!("{}-{:04}.mp4", self.settings.name, self.next_part));
        self.next_part += 1;
        self.parts.push_back(Part::new(file, begins_at, &self.formats));
    }

    fn push(&mut self, part: usize, lane: usize, frame: Coded) -> Result<(), MediaError> {
        self.parts[part].lanes[lane].waiting.push(frame);
        match self.parts[part].due() {
            Some(all) => self.write(part, all),
            None => Ok(()),
        }
    }

    fn write_all(&mut self) -> Result<(), MediaError> {
        (0..self.parts.len()).try_for_each(|part| self.write(part, All(true)))
    }

    /// Writes what is waiting in a part as one fragment.
    fn write(&mut self, part: usize, all: All) -> Result<(), MediaError> {
        let part = &mut self.parts[part];
        let before = part.bytes();
        if part.write(all)? {
            self.bytes.fetch_add(part.bytes() - before, Ordering::Relaxed);
            let file: PathBuf = part.file().into();
            if before == 0 {
                let begins_at_ns = part.begins_at().unwrap_or_default();
                let size = part.picture_size();
                (self.events)(TrackEvent::PartBegun { file: file.clone(), begins_at_ns, size });
            }
            (self.events)(TrackEvent::Synced { file, bytes: part.bytes(), until_ns: part.until() });
        }
        Ok(())
    }

    fn close_oldest(&mut self) -> Result<(), MediaError> {
        self.write(0, All(true))?;
        self.drop_oldest();
        Ok(())
    }

    /// Forgets the oldest part; what of it is on the disk is whole.
    fn drop_oldest(&mut self) {
        let Some(part) = self.parts.pop_front() else { return };
        let ends = self.parts.front().and_then(Part::begins_at);
        if let Some(written) = part.written(ends) {
            self.written.push(written.clone());
            (self.events)(TrackEvent::PartClosed(written));
        }
    }

    fn close_all(&mut self) {
        while !self.parts.is_empty() {
            self.drop_oldest();
        }
    }

    fn fail(&mut self, error: MediaError) {
        self.close_all();
        let no_space = matches!(error, MediaError::NoSpace { .. });
        tracing::error!(track = self.settings.name, %error, "recording ended");
        (self.events)(TrackEvent::Failed { why: error.to_string(), no_space });
        self.failure = Some(error);
    }
}
