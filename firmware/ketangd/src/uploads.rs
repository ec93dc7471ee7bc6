//! Uploads lessons to the platform's server, one after the other, on a thread of its own: the files of a lesson's folder by the tus
//! protocol, `lesson.json` last. Which lesson, and when again after a failure, is the host's business.

mod record;
mod tus;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use ketang_pipelines::priority;
use ketang_protocol::lesson::LessonId;
use ureq::http::Uri;

use record::{Piece, Record, Sent};
pub use tus::UploadError;
use tus::{Abilities, Tus};

/// What goes in one request, in bytes.
const AT_ONCE: u64 = 2 << 20;
/// A piece that arrives mangled so often does so for good.
const TRIES: u32 = 3;
/// How long a limit of the rate is waited for without looking whether the host ends.
const NAP: Duration = Duration::from_millis(200);

/// Where lessons go.
#[derive(Clone, Debug)]
pub struct Server {
    pub address: Uri,
    /// A file with the key, which is sent as `Authorization: Bearer`.
    pub key_file: Option<PathBuf>,
    /// In bytes a second; absent: as fast as it goes.
    pub limit: Option<u64>,
    /// The host's name, which the server is told.
    pub host: String,
}

/// What the uploader tells.
#[derive(Debug)]
pub enum UploadNews {
    /// So many bytes of a lesson's so many are on the server.
    Progress {
        lesson: LessonId,
        sent: u64,
        of: u64,
    },
    Ended {
        lesson: LessonId,
        ended: Result<Uploaded, UploadError>,
    },
}

/// A lesson is on the server whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The server compared each piece with its check sum.
    pub compared: bool,
}

pub type Tell = Box<dyn Fn(UploadNews) + Send>;

/// The way to the uploader. Once it is dropped nothing more is sent than the piece that is on its way.
#[derive(Debug)]
pub struct Uploader {
    lessons: Sender<(LessonId, PathBuf)>,
    ends: Arc<AtomicBool>,
}

impl Uploader {
    pub fn start(server: Server, tell: Tell) -> std::io::Result<Self> {
        let (lessons, wanted) = mpsc::channel::<(LessonId, PathBuf)>();
        let ends = Arc::<AtomicBool>::default();
        let work = Work { server, tell, ends: ends.clone() };
        std::thread::Builder::new().name("uploads".into()).spawn(move || {
            priority::set(priority::WORK_NICENESS);
            for (lesson, folder) in wanted {
                let ended = work.upload(&lesson, &folder);
                (work.tell)(UploadNews::Ended { lesson, ended });
            }
        })?;
        Ok(Self { lessons, ends })
    }

    /// Uploads the lesson in this folder, or what is missing of it; returns at once.
    pub fn upload(&self, lesson: LessonId, folder: PathBuf) {
        // A thread that ended has panicked, which is logged.
        let _ = self.lessons.send((lesson, folder));
    }
}

impl Drop for Uploader {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

struct Work {
    server: Server,
    tell: Tell,
    ends: Arc<AtomicBool>,
}

/// A lesson on its way.
struct OnTheWay<'a> {
    lesson: &'a LessonId,
    folder: &'a Path,
    tus: &'a Tus,
    abilities: Abilities,
    /// In bytes.
    sent: u64,
    of: u64,
    /// What went out since then, for the limit.
    since: Instant,
    out: u64,
}

impl Work {
    fn upload(&self, lesson: &LessonId, folder: &Path) -> Result<Uploaded, UploadError> {
        let tus = Tus::new(self.server.address.clone(), self.key()?);
        let abilities = tus.abilities()?;
        let mut record = Record::read(folder, &self.server.address.to_string());
        let pieces = record::pieces(folder)?;
        let of = pieces.iter().map(|piece| piece.bytes).sum();
        let mut way = OnTheWay { lesson, folder, tus: &tus, abilities, sent: 0, of, since: Instant::now(), out: 0 };
        let mut compared = true;
        for piece in &pieces {
            compared &= self.file(&mut way, &mut record, piece)?;
        }
        Ok(Uploaded { compared })
    }

    fn key(&self) -> Result<Option<String>, UploadError> {
        let Some(file) = &self.server.key_file else { return Ok(None) };
        let failed = |why: String| UploadError::Key { file: file.display().to_string(), why };
        let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        let key = text.trim();
        let plain = !key.is_empty() && key.chars().all(|sign| sign.is_ascii_graphic());
        if plain { Ok(Some(key.to_owned())) } else { Err(failed("one line of plain signs is expected".into())) }
    }

    /// Brings one file to the server; returns whether each piece of it was compared.
    fn file(&self, way: &mut OnTheWay, record: &mut Record, piece: &Piece) -> Result<bool, UploadError> {
        if let Some(sent) = record.of(piece).filter(|sent| sent.whole) {
            way.sent += piece.bytes;
            return Ok(sent.compared);
        }
        if way.abilities.largest.is_some_and(|largest| piece.bytes > largest) {
            return Err(UploadError::TooLarge { megabytes: piece.bytes.div_ceil(1_000_000) });
        }
        let begun = record.of(piece).cloned().and_then(|sent| Some((sent.to.parse().ok()?, sent)));
        let known = match begun {
            Some((to, sent)) => way.tus.offset(&to)?.map(|offset| (to, offset, sent)),
            None => None,
        };
        let (to, mut offset, mut sent) = match known {
            Some(known) => known,
            None => {
                let to = self.create(way, piece)?;
                let sent = Sent::begun(to.to_string(), piece, way.abilities.compares);
                record.note(way.folder, piece, sent.clone())?;
                (to, 0, sent)
            }
        };
        let before = way.sent;
        let mut mangled = 0;
        while offset < piece.bytes {
            way.sent = before + offset;
            (self.tell)(UploadNews::Progress { lesson: way.lesson.clone(), sent: way.sent, of: way.of });
            self.wait_for_the_limit(way)?;
            let bytes = read(&way.folder.join(&piece.name), offset, AT_ONCE.min(piece.bytes - offset))?;
            way.out += bytes.len() as u64;
            offset = match way.tus.send(&to, offset, bytes, way.abilities.compares) {
                Err(UploadError::Mangled) if mangled < TRIES => {
                    mangled += 1;
                    way.tus.offset(&to)?.ok_or(UploadError::Mangled)?
                }
                sent => sent?,
            };
        }
        way.sent = before + piece.bytes;
        // A server that stopped comparing in between has pieces that nobody compared.
        sent.compared &= way.abilities.compares;
        sent.whole = true;
        let compared = sent.compared;
        record.note(way.folder, piece, sent)?;
        Ok(compared)
    }

    fn create(&self, way: &OnTheWay, piece: &Piece) -> Result<Uri, UploadError> {
        let kind = match piece.name.rsplit_once('.').map(|(_, kind)| kind) {
            Some("mp4") => "video/mp4",
            Some("json") => "application/json",
            Some("jsonl") => "application/jsonl",
            Some("png") => "image/png",
            _ => "application/octet-stream",
        };
        let metadata = [
            ("filename", piece.name.as_str()),
            ("filetype", kind),
            ("lesson", way.lesson.0.as_str()),
            ("host", self.server.host.as_str()),
        ];
        way.tus.create(piece.bytes, &metadata)
    }

    /// Waits until what went out is no more than the limit allows by now.
    fn wait_for_the_limit(&self, way: &OnTheWay) -> Result<(), UploadError> {
        loop {
            if self.ends.load(Ordering::Relaxed) {
                return Err(UploadError::Ends);
            }
            let Some(limit) = self.server.limit else { return Ok(()) };
            let due = Duration::from_secs_f64(way.out as f64 / limit.max(1) as f64);
            match due.checked_sub(way.since.elapsed()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(NAP)),
                _ => return Ok(()),
            }
        }
    }
}

/// Whether all that lies in a lesson's folder now was sent to this server whole.
pub fn is_whole(folder: &Path, address: &Uri) -> bool {
    let record = Record::read(folder, &address.to_string());
    record::pieces(folder)
        .is_ok_and(|pieces| pieces.iter().all(|piece| record.of(piece).is_some_and(|sent| sent.whole)))
}

fn read(path: &Path, offset: u64, length: u64) -> Result<Vec<u8>, UploadError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| UploadError::File { file: path.display().to_string(), why: error.to_string() })
}
