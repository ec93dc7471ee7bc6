//! One file that is being recorded: frames wait in it until a fragment is due, then they are written and synced at once.

use super::PartWritten;
use super::track::FRAGMENT_NS;
use crate::coded::Coded;
use crate::error::MediaError;
use crate::mp4::fragment::{Entry, Run, fragment, head};
use crate::mp4::{self, NANOSECONDS, rescale};
use ketang_hal::picture::Size;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Sound that is ahead of the pictures waits for them up to this long, because a part may be going to end between.
const SOUND_WAITS_NS: u64 = 800_000_000;
/// What an ordinary file needs for a frame beyond a fragmented one, and for the rest of its index, in bytes.
const INDEX_A_FRAME: u64 = 8;
const INDEX: u64 = 2048;

/// One stream of a part.
pub(super) struct Lane {
    format: Option<(u32, mp4::Track)>,
    pub(super) waiting: Vec<Coded>,
    /// When the next frame is decoded if it follows without a gap, in ticks from the part's beginning.
    next: Option<i64>,
    /// How many ticks come before the first instant shown.
    hidden: i64,
    /// Lesson time at which what is on the disk ends.
    until: u64,
}

impl Lane {
    pub(super) const PICTURE: usize = 0;
    pub(super) const SOUND: usize = 1;

    fn waiting_ns(&self) -> u64 {
        match (self.waiting.first(), self.waiting.last()) {
            (Some(first), Some(last)) => last.dts.saturating_add(last.duration).saturating_sub(first.dts),
            _ => 0,
        }
    }

    /// Gives the frames their ticks. `begins`: lesson time of the part's beginning.
    fn run(&mut self, begins: u64, frames: &[Coded]) -> Option<Run> {
        let (track_id, track) = self.format.as_ref()?;
        let scale = track.timescale;
        let ticks = |ns: u64| rescale(ns as i64 - begins as i64, NANOSECONDS, scale);
        let times: Vec<(i64, i64)> = frames
            .iter()
            .map(|frame| {
                let duration = rescale(frame.duration as i64, NANOSECONDS, scale);
                let mut dts = ticks(frame.dts);
                if let Some(next) = self.next {
                    // Sound is continuous as long as its timestamps say so to half a frame; nothing goes back in time.
                    let continuous = !track.is_picture() && (dts - next).abs() < duration / 2;
                    let earliest = if track.is_picture() { next - duration + 1 } else { next };
                    dts = if continuous { next } else { dts.max(earliest) };
                }
                dts = dts.max(-self.hidden);
                self.next = Some(dts + duration);
                (dts, duration)
            })
            .collect();
        let entries = frames.iter().enumerate().map(|(index, frame)| {
            let (dts, duration) = times[index];
            let duration = times.get(index + 1).map_or(duration, |(next, _)| next - dts);
            let shown_after = if track.is_picture() { ticks(frame.pts) - dts } else { 0 };
            Entry {
                size: frame.len() as u32,
                duration: u32::try_from(duration).unwrap_or_default(),
                shown_after: i32::try_from(shown_after).unwrap_or_default(),
                key: frame.key,
            }
        });
        let begins = u64::try_from(times.first()?.0 + self.hidden).unwrap_or_default();
        Some(Run { track_id: *track_id, begins, entries: entries.collect() })
    }
}

/// Whether sound that is ahead of the pictures is written too.
#[derive(Clone, Copy)]
pub(super) struct All(pub(super) bool);

pub(super) struct Part {
    path: PathBuf,
    file: Option<File>,
    /// Lesson time of the first instant shown; of a first part known when something is written.
    begins_at: Option<u64>,
    pub(super) lanes: [Lane; 2],
    fragments: u32,
    frames: u64,
    /// Length up to which the file is whole and synced.
    whole: u64,
}

impl Part {
    pub(super) fn new(path: PathBuf, begins_at: Option<u64>, formats: &[mp4::Track]) -> Self {
        let lane = |picture: bool| {
            let format = (1..).zip(formats).find(|(_, format)| format.is_picture() == picture);
            let format = format.map(|(id, format)| (id, format.clone()));
            Lane { format, waiting: Vec::new(), next: None, hidden: 0, until: 0 }
        };
        Self { path, file: None, begins_at, lanes: [lane(true), lane(false)], fragments: 0, frames: 0, whole: 0 }
    }

    pub(super) fn file(&self) -> &Path {
        &self.path
    }

    pub(super) fn begins_at(&self) -> Option<u64> {
        self.begins_at
    }

    /// How much of it is safe on the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.whole
    }

    /// Lesson time up to which it can be played; of the pictures where there are any.
    pub(super) fn until(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.until).find(|&until| until > 0).unwrap_or_default()
    }

    /// Of its pictures, where it has any.
    pub(super) fn picture_size(&self) -> Option<Size> {
        self.lanes[Lane::PICTURE].format.as_ref().and_then(|(_, track)| track.size())
    }

    /// Whether anything of this lane came in.
    pub(super) fn holds(&self, lane: usize) -> bool {
        self.lanes[lane].next.is_some() || !self.lanes[lane].waiting.is_empty()
    }

    pub(super) fn pending_bytes(&self) -> u64 {
        self.lanes.iter().flat_map(|lane| &lane.waiting).map(|frame| frame.len() as u64).sum()
    }

    /// At most how large it is when it ends now and is finished.
    pub(super) fn finished_bytes(&self) -> u64 {
        let waiting = self.lanes.iter().map(|lane| lane.waiting.len() as u64).sum::<u64>();
        let written = self.whole + self.frames * INDEX_A_FRAME;
        written + self.pending_bytes() + waiting * (16 + INDEX_A_FRAME) + INDEX
    }

    /// Whether it is time to write, and then whether everything.
    pub(super) fn due(&self) -> Option<All> {
        let [picture, sound] = &self.lanes;
        let patience = if picture.format.is_some() { SOUND_WAITS_NS } else { FRAGMENT_NS };
        if sound.waiting_ns() >= patience {
            return Some(All(true));
        }
        (picture.waiting_ns() >= FRAGMENT_NS).then_some(All(false))
    }

    /// Takes back the sound that belongs to the part that begins at `from`.
    pub(super) fn take_sound_from(&mut self, from: u64) -> Vec<Coded> {
        let waiting = &mut self.lanes[Lane::SOUND].waiting;
        let kept = waiting.partition_point(|sound| sound.pts < from);
        waiting.split_off(kept)
    }

    /// Writes what is waiting and syncs it; `false` when there was nothing.
    pub(super) fn write(&mut self, All(all): All) -> Result<bool, MediaError> {
        let mut frames = [Vec::new(), Vec::new()];
        let horizon = self.lanes[Lane::PICTURE].waiting.iter().map(Coded::end).max();
        let horizon = horizon.unwrap_or(self.lanes[Lane::PICTURE].until);
        for (lane, frames) in self.lanes.iter_mut().zip(&mut frames) {
            *frames = std::mem::take(&mut lane.waiting);
        }
        if !all {
            let [_, sound] = &mut frames;
            let ahead = sound.partition_point(|sound| sound.pts < horizon);
            self.lanes[Lane::SOUND].waiting = sound.split_off(ahead);
        }
        let Some(first) = frames.iter().flatten().map(|frame| frame.pts).min() else { return Ok(false) };
        let begins = *self.begins_at.get_or_insert(first);
        // Sound from before the file begins came too late to be in it.
        frames[Lane::SOUND].retain(|sound| sound.end() > begins);
        let mut bytes = Vec::new();
        if self.file.is_none() {
            bytes = self.head(begins, &frames).map_err(|error| self.strange(&error))?;
        }
        let runs: Vec<Run> =
            self.lanes.iter_mut().zip(&frames).filter_map(|(lane, frames)| lane.run(begins, frames)).collect();
        if runs.is_empty() {
            return Ok(false);
        }
        bytes.extend(fragment(self.fragments + 1, &runs).map_err(|error| self.strange(&error))?);
        for frame in frames.iter().flatten() {
            let map = frame.buffer.map_readable().map_err(|error| self.strange(&error))?;
            bytes.extend_from_slice(&map);
        }
        self.append(&bytes).map_err(|error| MediaError::io(&self.path, error))?;
        self.fragments += 1;
        self.frames += frames.iter().map(|frames| frames.len() as u64).sum::<u64>();
        for (lane, frames) in self.lanes.iter_mut().zip(&frames) {
            lane.until = frames.iter().map(Coded::end).fold(lane.until, u64::max);
        }
        Ok(true)
    }

    fn head(&mut self, begins: u64, frames: &[Vec<Coded>; 2]) -> Result<Vec<u8>, mp4_atom::Error> {
        for (lane, frames) in self.lanes.iter_mut().zip(frames) {
            if let (Some((_, track)), Some(first)) = (&lane.format, frames.first()) {
                lane.hidden = rescale(begins as i64 - first.dts as i64, NANOSECONDS, track.timescale).max(0);
            }
        }
        let present: Vec<_> =
            self.lanes.iter().filter_map(|lane| Some((&lane.format.as_ref()?.1, lane.hidden as u64))).collect();
        let (tracks, hidden): (Vec<_>, Vec<_>) = present.into_iter().unzip();
        head(begins, &tracks, &hidden)
    }

    /// Brings `bytes` to the disk, or leaves the file as long as it was.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::options().write(true).create_new(true).open(&self.path)?),
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        let written = written.and_then(|()| if self.whole == 0 { sync_folder(&self.path) } else { Ok(()) });
        match written {
            Ok(()) => self.whole += bytes.len() as u64,
            Err(_) if self.whole == 0 => {
                // What cannot be removed is an empty part, which finishing reports as such.
                let _ = std::fs::remove_file(&self.path);
            }
            Err(_) => {
                // What cannot be cut off is half a fragment, which players and finishing pass over.
                let _ = file.set_len(self.whole).and_then(|()| file.sync_data());
            }
        }
        written
    }

    fn strange(&self, error: &dyn std::fmt::Display) -> MediaError {
        MediaError::Graph { graph: format!("recording of {}", self.path.display()), why: error.to_string() }
    }

    /// What is on the disk, if anything. `ends`: lesson time at which the next part begins.
    pub(super) fn written(self, ends: Option<u64>) -> Option<PartWritten> {
        let begins_at_ns = self.begins_at.filter(|_| self.whole > 0)?;
        let duration_ns = ends.unwrap_or(self.until()).saturating_sub(begins_at_ns);
        Some(PartWritten { duration_ns, begins_at_ns, bytes: self.whole, file: self.path })
    }
}

/// Makes the name of a new file as durable as the file.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(file.parent().unwrap_or(Path::new("/")))?.sync_all()
}
