//! Records a track: encoded frames in, files out that survive `kill -9` and a power cut with the loss of at most a second.
//!
//! ```text
//!  picture() ┐  bounded queue,       ┌ Track (own thread): which part,  ┌ Part: fragments of 0.4 s, each written
//!  sound()   ┴─ about 12 s of media ─┴ when to begin the next       ────┴ whole, then fdatasync ─► NAME-0001.mp4 …
//! ```
//!
//! Fragments are written here and not by `mp4mux`, which waits for all its inputs: when sound stalls, it keeps the
//! pictures in memory (measured: a camera recorded for 8 s beside a silent input left a file of 0 bytes after a kill).
//! Here each stream is written when it is there, and the length that is safe on the disk is known exactly.
//!
//! Parts are fragmented files; [`crate::finish`] turns them into ordinary ones, [`crate::export`] joins and cuts them.

mod part;
mod part_file;
mod track;

use crate::coded::{Coded, CodedFormat};
use crate::error::MediaError;
use crate::mp4;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use ketang_hal::picture::Size;
pub(crate) use part::sync_folder;
pub(crate) use part_file::PartFile;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use track::Track;

/// HB-5 asks for files below 200 MB, read as the smaller of the two usual meanings, in bytes.
pub const PART_LIMIT: u64 = 200_000_000;
/// How much the queue holds of each stream: 12 s at 25 pictures a second, and of AAC at 48 kHz.
const QUEUED_PICTURES: usize = 300;
const QUEUED_SOUNDS: usize = 563;
/// How long a caller waits for room in a full queue before the disk counts as stalled.
const ROOM: Duration = Duration::from_millis(100);
/// How long [`TrackWriter::finish`] waits for the disk: what is queued is at most some 20 MB.
const FINISH: Duration = Duration::from_secs(30);

/// What is to be recorded, and where.
#[derive(Clone, Debug)]
pub struct TrackSettings {
    /// Exists already.
    pub folder: PathBuf,
    /// Files are called `NAME-0001.mp4` and so on.
    pub name: String,
    /// Number of the first part; more than 1 when a lesson goes on after a crash.
    pub first_part: u32,
    /// Finished files are smaller than this, in bytes; [`PART_LIMIT`] by default.
    pub part_limit_bytes: u64,
    pub picture: Option<CodedFormat>,
    pub sound: Option<CodedFormat>,
}

/// A part that is closed and whole on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWritten {
    pub file: PathBuf,
    /// Lesson time of the first instant shown, in nanoseconds.
    pub begins_at_ns: u64,
    pub duration_ns: u64,
    pub bytes: u64,
}

/// What happens while a track is recorded. Sent from the writer's thread, `Stalled` and `Resumed` from the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackEvent {
    /// A file appeared; its first fragment is safe.
    PartBegun {
        file: PathBuf,
        begins_at_ns: u64,
        /// Of its pictures, where it has any.
        size: Option<Size>,
    },
    /// The first `bytes` of the file are safe on the disk and can be played up to lesson time `until_ns`.
    Synced {
        file: PathBuf,
        bytes: u64,
        until_ns: u64,
    },
    PartClosed(PartWritten),
    /// The disk has taken nothing for more than 10 s: what comes is dropped until it does.
    Stalled {
        at_ns: u64,
    },
    /// The disk takes again; what lay between is missing.
    Resumed {
        lost_from_ns: u64,
        lost_until_ns: u64,
    },
    /// Recording ended by itself. What was written before is whole and was reported by `PartClosed`.
    Failed {
        why: String,
        no_space: bool,
    },
}

impl PictureFormat {
    fn new(number: u32, format: &CodedFormat) -> Self {
        Self { number, track: mp4::Track::of(format).map_err(|error| error.to_string()) }
    }
}

type Events = Arc<dyn Fn(TrackEvent) + Send + Sync>;

/// The format that pictures come in, counted from 0.
#[derive(Clone)]
pub(super) struct PictureFormat {
    number: u32,
    track: Result<mp4::Track, String>,
}

pub(super) enum Arrival {
    /// Each picture tells its format, so that it is known whatever a stalled disk has let go.
    Picture(Coded, Arc<PictureFormat>),
    Sound(Coded),
}

/// Records one track. Dropped without [`TrackWriter::finish`] it still writes what it was given.
pub struct TrackWriter {
    queue: Sender<Arrival>,
    outcome: Receiver<Result<Vec<PartWritten>, MediaError>>,
    events: Events,
    bytes: Arc<AtomicU64>,
    /// The pictures' format now; those are what parts begin with.
    format: Mutex<Option<Arc<PictureFormat>>>,
    stalled: AtomicBool,
    /// Lesson time since which frames were dropped, in nanoseconds; meaningful while stalled.
    lost_from: AtomicU64,
}

impl TrackWriter {
    pub fn begin(
        settings: TrackSettings,
        events: impl Fn(TrackEvent) + Send + Sync + 'static,
    ) -> Result<Self, MediaError> {
        let formats = [&settings.picture, &settings.sound].into_iter().flatten();
        let streams = formats.map(mp4::Track::of).collect::<Result<Vec<_>, _>>()?;
        if streams.is_empty() {
            return Err(MediaError::Invalid(format!("track {}: neither picture nor sound to record", settings.name)));
        }
        if !settings.folder.is_dir() {
            return Err(MediaError::io(&settings.folder, std::io::ErrorKind::NotADirectory.into()));
        }
        let capacity = settings.picture.as_ref().map_or(0, |_| QUEUED_PICTURES)
            + settings.sound.as_ref().map_or(0, |_| QUEUED_SOUNDS);
        let (queue, arrivals) = bounded(capacity);
        let (tell, outcome) = bounded(1);
        let (events, bytes): (Events, _) = (Arc::new(events), Arc::new(AtomicU64::new(0)));
        let name = format!("write {}", settings.name);
        let picture = settings.picture.as_ref().map(|format| Arc::new(PictureFormat::new(0, format)));
        let track = Track::new(settings, streams, events.clone(), bytes.clone());
        std::thread::Builder::new()
            .name(name)
            .spawn(move || {
                // Nobody listens when the writer was dropped; the files are written all the same.
                let _ = tell.send(track.run(&arrivals));
            })
            .map_err(|error| MediaError::Missing { what: "a thread to write with".into(), why: error.to_string() })?;
        let (stalled, lost_from) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { queue, outcome, events, bytes, format: Mutex::new(picture), stalled, lost_from })
    }

    /// Takes an access unit, in the order of decoding. Waits at most 0.1 s.
    pub fn picture(&self, picture: Coded) {
        let Some(format) = self.format() else { return };
        let (at, resumes) = (picture.pts, picture.key);
        self.take(Arrival::Picture(picture, format), at, resumes);
    }

    /// Pictures are of this format from the next one on, which is a key frame: a part begins with it. For a track with pictures.
    pub fn change_format(&self, format: CodedFormat) {
        let mut now = self.format.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.as_ref().map_or(0, |now| now.number + 1);
        *now = Some(Arc::new(PictureFormat::new(number, &format)));
    }

    fn format(&self) -> Option<Arc<PictureFormat>> {
        self.format.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes an AAC frame. Waits at most 0.1 s.
    pub fn sound(&self, sound: Coded) {
        let at = sound.pts;
        self.take(Arrival::Sound(sound), at, self.format().is_none());
    }

    /// How much is safe on the disk, in all parts.
    pub fn bytes_written(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Writes what is queued and closes the last part.
    pub fn finish(self) -> Result<Vec<PartWritten>, MediaError> {
        let Self { queue, outcome, .. } = self;
        drop(queue);
        outcome.recv_timeout(FINISH).unwrap_or(Err(MediaError::TimedOut {
            graph: "recording".into(),
            what: "write what was queued; the disk stalls",
            seconds: FINISH.as_secs(),
        }))
    }

    /// `resumes`: after a gap a decoder can begin here.
    fn take(&self, arrival: Arrival, at: u64, resumes: bool) {
        let stalled = self.stalled.load(Ordering::Relaxed);
        let taken = match arrival {
            _ if stalled && !resumes => return,
            arrival if stalled => !matches!(self.queue.try_send(arrival), Err(TrySendError::Full(_))),
            arrival => !matches!(self.queue.send_timeout(arrival, ROOM), Err(SendTimeoutError::Timeout(_))),
        };
        if !taken && !stalled {
            self.lost_from.store(at, Ordering::Relaxed);
            self.stalled.store(true, Ordering::Relaxed);
            (self.events)(TrackEvent::Stalled { at_ns: at });
        } else if taken && stalled {
            self.stalled.store(false, Ordering::Relaxed);
            let lost_from_ns = self.lost_from.load(Ordering::Relaxed);
            (self.events)(TrackEvent::Resumed { lost_from_ns, lost_until_ns: at });
        }
    }
}
