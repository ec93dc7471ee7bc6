//! The data partition as files: one folder a lesson, with `lesson.json`, `events.jsonl` and the tracks' parts.
//!
//! ```text
//! DATA/ledger.sqlite                       what is in the folders, for quick answers
//! DATA/exports/                            files made of lessons for downloads, each for a day
//! DATA/lessons/20261122-081500-0042/       one lesson
//!        lesson.json  events.jsonl  programme-0001.mp4  hdmi-0001.mp4 …
//! DATA/lessons/.trash-20261129-100000-20261122-081500-0042/
//!                                          a lesson that a person deleted then; it can be taken back
//! DATA/lessons/.new-…  .deleting-…         on its way in or out; a crash leaves them, the next start removes them
//! ```
//!
//! Whatever stands here is whole: a folder gets its name only with a `lesson.json` in it, and that file is replaced,
//! never overwritten. What the files mean is not known here.

mod trash;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ketang_lesson::tracks::parse_part_file;
use ketang_protocol::lesson::{Event, EventKind, FORMAT, Lesson, LessonId};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use trash::Trashed;

/// What can go wrong with lessons on disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot write to {path} ({source}): check that the disk is mounted, whole, and writable for this user")]
    Unwritable { path: PathBuf, source: io::Error },

    #[error("the disk of {path} is full: let lessons be uploaded and confirmed, or fit a larger disk")]
    Full { path: PathBuf },

    #[error("{path} is not a lesson ({why}): it is left as it is; move it elsewhere if it does not belong there")]
    NotALesson { path: PathBuf, why: String },

    #[error("{path} is damaged or half-written ({why}): restart the host, which rebuilds it from the lesson's files")]
    HalfWritten { path: PathBuf, why: String },

    #[error("{path} was written by a newer version (format {format}, this one knows {FORMAT}): update this host")]
    TooNew { path: PathBuf, format: u64 },

    #[error("there is no lesson `{id}` here: `ketangctl lessons` lists those that there are")]
    Unknown { id: LessonId },

    #[error("lesson {id} was deleted: until {} it can be taken back with `ketangctl restore {id}` or on the page Lessons", local(.until))]
    InTrash { id: LessonId, until: Timestamp },

    #[error("lesson {id} is not in the trash: `ketangctl lessons --deleted` lists what can be taken back")]
    NotInTrash { id: LessonId },

    #[error("lesson {id} was recorded by `{host}` and is only read here: confirm, rename or delete it there")]
    Foreign { id: LessonId, host: String },

    #[error("lesson {id} is {state}: wait until it has ended")]
    NotEnded { id: LessonId, state: &'static str },

    #[error(
        "the platform does not hold lesson {id}, so its {minutes} min ({megabytes} MB) may be nowhere else: let it be uploaded and confirmed, or insist with `--unconfirmed`"
    )]
    OnlyCopy { id: LessonId, minutes: u64, megabytes: u64 },

    #[error("lesson {id} may not be {what} ({why})")]
    NotAllowed { id: LessonId, what: &'static str, why: &'static str },

    #[error("{path} cannot be used ({source}): check the disk; the lessons themselves are in their folders")]
    Ledger { path: PathBuf, source: rusqlite::Error },

    #[error("{path}: {what}: {source}")]
    Io { path: PathBuf, what: &'static str, source: io::Error },
}

impl StoreError {
    /// The same in Chinese. What the system said stands as it is.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unwritable { path, source } => {
                format!("无法写入 {}（{source}）：请检查磁盘是否已挂载、完好、可写", path.display())
            }
            Self::Full { path } => {
                format!("{} 所在磁盘已满：请等课程上传并确认，或更换更大的磁盘", path.display())
            }
            Self::NotALesson { path, why } => {
                format!("{} 不是课程（{why}）：保持原样；如不属于这里，请移到别处", path.display())
            }
            Self::HalfWritten { path, why } => {
                format!("{} 已损坏或没有写完（{why}）：请重启主机，主机会根据课程文件重建", path.display())
            }
            Self::TooNew { path, format } => {
                format!("{} 由更新的版本写成（格式 {format}，本机为 {FORMAT}）：请升级本机", path.display())
            }
            Self::Unknown { id } => format!("这里没有课程 `{id}`：可用 `ketangctl lessons` 列出"),
            Self::InTrash { id, until } => {
                let until = local(until);
                format!("课程 {id} 已被删除：{until} 之前可以用 `ketangctl restore {id}` 或在“课程”页恢复")
            }
            Self::NotInTrash { id } => {
                format!("回收站里没有课程 {id}：可用 `ketangctl lessons --deleted` 列出可以恢复的课程")
            }
            Self::Foreign { id, host } => {
                format!("课程 {id} 由 `{host}` 录制，这里只能读取：请在那台主机上确认、改名或删除")
            }
            Self::NotEnded { id, state } => format!("课程 {id} 还没有结束（{state}）：请等它结束"),
            Self::OnlyCopy { id, minutes, megabytes } => format!(
                "平台还没有确认收到课程 {id}，这 {minutes} 分钟（{megabytes} MB）可能只此一份：请先上传并确认；仍要删除请加 `--unconfirmed`"
            ),
            Self::NotAllowed { id, what, why } => format!("不能这样处理课程 {id}（{what}：{why}）"),
            Self::Ledger { path, source } => {
                format!("{} 无法使用（{source}）：请检查磁盘；课程本身都在各自的文件夹里", path.display())
            }
            Self::Io { path, what, source } => format!("{}：{what}：{source}", path.display()),
        }
    }
}

/// A time as the clock on the wall shows it.
fn local(time: &Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

pub(crate) trait At<T> {
    /// Says what was done to which file when it failed.
    fn at(self, path: &Path, what: &'static str) -> Result<T, StoreError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path: path.into() },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                StoreError::Unwritable { path: path.into(), source }
            }
            _ => StoreError::Io { path: path.into(), what, source },
        })
    }
}

const NEW: &str = ".new-";
const DELETING: &str = ".deleting-";
const RECORD: &str = "lesson.json";
const EVENTS: &str = "events.jsonl";

/// The data partition.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Opens the data directory, makes what is missing in it, and writes a file to see that one can.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let unwritable = |source: io::Error| match source.kind() {
            io::ErrorKind::StorageFull => StoreError::Full { path: root.into() },
            _ => StoreError::Unwritable { path: root.into(), source },
        };
        let data = Self { root: root.to_owned() };
        for dir in [data.lessons_dir(), data.exports_dir()] {
            fs::create_dir_all(dir).map_err(unwritable)?;
        }
        // An empty file needs no room, so a full disk passes: its lessons must stay within reach.
        let probe = data.lessons_dir().join(".probe");
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(unwritable)?;
        for begun in data.named(NEW)? {
            let path = data.lessons_dir().join(format!("{NEW}{begun}"));
            fs::remove_dir_all(&path).at(&path, "cannot remove")?;
        }
        Ok(data)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn lessons_dir(&self) -> PathBuf {
        self.root.join("lessons")
    }

    pub fn exports_dir(&self) -> PathBuf {
        self.root.join("exports")
    }

    pub fn ledger_file(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// The names of all folders that could be lessons, in order of time.
    pub fn ids(&self) -> Result<Vec<LessonId>, StoreError> {
        self.named("")
    }

    /// The lesson of this name, whether or not it exists.
    pub fn folder(&self, id: &LessonId) -> Result<Folder, StoreError> {
        if !id.is_well_formed() {
            return Err(StoreError::Unknown { id: id.clone() });
        }
        Ok(Folder { path: self.lessons_dir().join(&id.0), id: id.clone() })
    }

    /// The lesson of this name, which is here.
    pub fn lesson(&self, id: &LessonId) -> Result<Folder, StoreError> {
        let folder = self.folder(id)?;
        if folder.path.is_dir() {
            return Ok(folder);
        }
        match self.trashed(id)? {
            Some(trashed) => Err(StoreError::InTrash { id: id.clone(), until: trashed.until() }),
            None => Err(StoreError::Unknown { id: id.clone() }),
        }
    }

    /// Writes a lesson's record; makes its folder where it is the first time.
    pub fn save(&self, lesson: &Lesson) -> Result<Folder, StoreError> {
        let folder = self.folder(&lesson.id)?;
        if folder.path.is_dir() {
            folder.write(lesson)?;
            return Ok(folder);
        }
        let new = Folder { path: self.lessons_dir().join(format!("{NEW}{}", lesson.id)), id: lesson.id.clone() };
        fs::create_dir_all(&new.path).at(&new.path, "cannot make the folder")?;
        new.write(lesson)?;
        fs::rename(&new.path, &folder.path).at(&folder.path, "cannot make the folder")?;
        sync_dir(&self.lessons_dir())?;
        Ok(folder)
    }

    /// Takes a lesson out of sight for good, so that what follows may be cut off at any point.
    pub(crate) fn begin_delete(&self, folder: &Folder) -> Result<(), StoreError> {
        fs::rename(&folder.path, self.deleting_path(&folder.id)).at(&folder.path, "cannot delete")?;
        sync_dir(&self.lessons_dir())
    }

    pub(crate) fn finish_delete(&self, id: &LessonId) -> Result<(), StoreError> {
        let path = self.deleting_path(id);
        fs::remove_dir_all(&path).at(&path, "cannot delete")
    }

    /// Lessons whose deletion was begun and not finished.
    pub(crate) fn deleting(&self) -> Result<Vec<LessonId>, StoreError> {
        self.named(DELETING)
    }

    fn deleting_path(&self, id: &LessonId) -> PathBuf {
        self.lessons_dir().join(format!("{DELETING}{id}"))
    }

    /// The lessons whose folders' names begin so.
    fn named(&self, prefix: &str) -> Result<Vec<LessonId>, StoreError> {
        Ok(self.names(prefix)?.into_iter().map(LessonId).filter(LessonId::is_well_formed).collect())
    }

    /// What follows in the folders' names that begin so, sorted.
    fn names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let dir = self.lessons_dir();
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).at(&dir, "cannot list")? {
            let entry = entry.at(&dir, "cannot list")?;
            let name = entry.file_name();
            let name = name.to_str().and_then(|name| name.strip_prefix(prefix));
            names.extend(name.filter(|_| entry.path().is_dir()).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }
}

/// The folder of one lesson.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    id: LessonId,
}

impl Folder {
    /// A lesson's folder that lies anywhere, such as on another host's disk.
    pub fn anywhere(path: &Path) -> Result<Self, StoreError> {
        let not_a_lesson = |why: &str| StoreError::NotALesson { path: path.to_owned(), why: why.to_owned() };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let id = LessonId(name.to_owned());
        if !id.is_well_formed() {
            return Err(not_a_lesson("its name is not a lesson's"));
        }
        if !path.is_dir() {
            return Err(not_a_lesson("there is no such folder"));
        }
        Ok(Self { path: path.to_owned(), id })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn id(&self) -> &LessonId {
        &self.id
    }

    pub fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Reads `lesson.json`.
    pub fn read(&self) -> Result<Lesson, StoreError> {
        let path = self.path.join(RECORD);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NotALesson { path: self.path.clone(), why: format!("it has no {RECORD}") });
            }
            Err(error) => return Err(error).at(&path, "cannot read"),
        };
        let half_written =
            |error: serde_json::Error| StoreError::HalfWritten { path: path.clone(), why: error.to_string() };
        let json: serde_json::Value = serde_json::from_slice(&text).map_err(half_written)?;
        match json.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format > u64::from(FORMAT) => return Err(StoreError::TooNew { path, format }),
            Some(_) => {}
            None => return Err(StoreError::NotALesson { path, why: "it names no format".into() }),
        }
        let lesson: Lesson = serde_json::from_value(json).map_err(half_written)?;
        if lesson.id != self.id {
            let why = format!("it calls itself `{}`; give the folder that name", lesson.id);
            return Err(StoreError::NotALesson { path: self.path.clone(), why });
        }
        Ok(lesson)
    }

    /// Replaces `lesson.json`; after a crash there is either the old one or the new one, whole.
    pub fn write(&self, lesson: &Lesson) -> Result<(), StoreError> {
        let path = self.path.join(RECORD);
        let mut text = serde_json::to_vec_pretty(lesson).map_err(io::Error::from).at(&path, "cannot put into words")?;
        text.push(b'\n');
        replace(&path, &text, 0o666)
    }

    /// Puts an unreadable `lesson.json` aside, for a person to look at.
    pub(crate) fn put_record_aside(&self) -> Result<(), StoreError> {
        let path = self.path.join(RECORD);
        match fs::rename(&path, self.path.join("lesson.json.broken")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(&path, "cannot move aside"),
            _ => Ok(()),
        }
    }

    /// Opens `events.jsonl` for more lines.
    pub fn log(&self) -> Result<EventLog, StoreError> {
        let path = self.path.join(EVENTS);
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
            if file.seek(SeekFrom::End(0))? > 0 {
                // A line that a crash tore gets an end, so that it spoils no other.
                file.seek(SeekFrom::End(-1))?;
                let mut last = [0];
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                }
            }
            Ok(file)
        };
        open().at(&path, "cannot open").map(|file| EventLog { file, path: path.clone() })
    }

    /// Reads `events.jsonl`; no file is no events.
    pub fn events(&self) -> Result<Events, StoreError> {
        let path = self.path.join(EVENTS);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            text => text.at(&path, "cannot read")?,
        };
        let mut events = Events::default();
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(event) => events.list.push(event),
                Err(_) => events.unreadable += 1,
            }
        }
        Ok(events)
    }

    /// Everything in the folder, in bytes; what cannot be read counts nothing.
    pub fn bytes(&self) -> u64 {
        let files = fs::read_dir(&self.path).into_iter().flatten().flatten();
        files.filter_map(|entry| entry.metadata().ok()).map(|meta| meta.len()).sum()
    }

    /// The parts of tracks that lie here, sorted by track and number.
    pub fn parts(&self) -> Result<Vec<PartFile>, StoreError> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(&self.path).at(&self.path, "cannot list")? {
            let entry = entry.at(&self.path, "cannot list")?;
            let name = entry.file_name();
            let Some((file, (track, number))) = name.to_str().and_then(|name| Some((name, parse_part_file(name)?)))
            else {
                continue;
            };
            let meta = entry.metadata().at(&entry.path(), "cannot read")?;
            let written = meta.modified().ok().and_then(|time| time.try_into().ok());
            parts.push(PartFile { track: track.into(), number, file: file.into(), bytes: meta.len(), written });
        }
        parts.sort_by(|a, b| (&a.track, a.number).cmp(&(&b.track, b.number)));
        Ok(parts)
    }
}

/// A part of a track as it lies on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFile {
    pub track: String,
    pub number: u32,
    pub file: String,
    pub bytes: u64,
    /// When it was last written to.
    pub written: Option<jiff::Timestamp>,
}

/// What `events.jsonl` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    pub list: Vec<Event>,
    /// Lines that are not events: one that a crash tore, or those of a newer version.
    pub unreadable: usize,
}

/// `events.jsonl`, open.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    path: PathBuf,
}

impl EventLog {
    /// Appends a line. Those that tell a lesson's story after a crash are on disk on return, the others soon after.
    pub fn append(&mut self, event: &Event) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(event).map_err(io::Error::from).at(&self.path, "cannot put into words")?;
        line.push(b'\n');
        self.file.write_all(&line).at(&self.path, "cannot write")?;
        let important = matches!(
            event.what,
            EventKind::Started
                | EventKind::Continued
                | EventKind::Paused
                | EventKind::Resumed
                | EventKind::Ended
                | EventKind::Finished
                | EventKind::PartBegun { .. }
                | EventKind::TrackLowered { .. }
                | EventKind::TrackEnded { .. }
        );
        if important { self.file.sync_data().at(&self.path, "cannot write") } else { Ok(()) }
    }
}

/// Replaces a file; after a crash there is either the old one or the new one, whole. `mode` is for the new one, less the umask.
pub(crate) fn replace(path: &Path, text: &[u8], mode: u32) -> Result<(), StoreError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().at(path, "cannot write")?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// What was remembered in a small JSON file of the data directory. One that is not there is empty, and so is one that cannot be read;
/// that is logged.
pub(crate) fn remembered<T: Default + DeserializeOwned>(file: &Path) -> T {
    let read = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return T::default(),
        read => read.map_err(|error| error.to_string()),
    };
    let value = read.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
    value.unwrap_or_else(|why| {
        tracing::warn!(file = %file.display(), why, "what was remembered cannot be read");
        T::default()
    })
}

/// Remembers something for the next start. `value` has string keys and no part that fails to be written.
pub(crate) fn remember(file: &Path, value: &impl Serialize, mode: u32) -> Result<(), StoreError> {
    let text = serde_json::to_vec_pretty(value).expect("it has string keys and no failing part");
    replace(file, &text, mode)
}

pub(crate) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).at(path, "cannot write")
}
