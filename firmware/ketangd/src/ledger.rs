//! The ledger: one row a lesson in SQLite, for lists and counts that need not open every folder.
//!
//! The folders are the truth and the ledger follows them: it is compared with them at every start, and rebuilt from
//! them when its file is damaged. Only here are the counter for names, the memory of lessons that were deleted, and the
//! periods of the timetable that had no lesson.

mod periods;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ketang_lesson::retention::Stored;
use ketang_protocol::command::Rename;
use ketang_protocol::lesson::{Lesson, LessonId};
use ketang_protocol::snapshot::Alarm;
use rusqlite::{Connection, OptionalExtension, params};

use crate::folder::{At, DataDir, Folder, StoreError, Trashed};

/// Each brings the schema from the version of its index to the next. Never change one; add one.
const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE lessons (
        id        TEXT PRIMARY KEY,
        host      TEXT NOT NULL,
        started   TEXT NOT NULL,
        ended     TEXT,
        title     TEXT,
        teacher   TEXT,
        outcome   TEXT NOT NULL,
        bytes     INTEGER NOT NULL,
        confirmed INTEGER NOT NULL,
        place     TEXT NOT NULL,
        json      TEXT NOT NULL
    ) STRICT;
    CREATE INDEX lessons_started ON lessons (started);
    CREATE TABLE counter (last INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (0);
",
    "ALTER TABLE lessons ADD COLUMN deleted TEXT;",
    periods::MIGRATION,
    "CREATE INDEX lessons_recorded ON lessons (host, place, coalesce(ended, started));",
];

/// Where a lesson's folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Here,
    /// The folder is gone and the host did not delete it.
    Missing,
    /// In the trash, since then: a person deleted it.
    Trash(Timestamp),
    /// Gone for good, as the host's policy or a person wanted it.
    Deleted,
}

impl Place {
    fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Missing => "missing",
            Self::Trash(_) => "trash",
            Self::Deleted => "deleted",
        }
    }

    fn since(self) -> Option<Timestamp> {
        match self {
            Self::Trash(since) => Some(since),
            Self::Here | Self::Missing | Self::Deleted => None,
        }
    }

    fn read(text: &str, since: Option<Timestamp>) -> Self {
        match (text, since) {
            ("here", _) => Self::Here,
            ("deleted", _) => Self::Deleted,
            ("trash", Some(since)) => Self::Trash(since),
            _ => Self::Missing,
        }
    }
}

/// A lesson as the ledger knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub lesson: Lesson,
    pub bytes: u64,
    pub place: Place,
    /// Recorded by another host; only read here.
    pub foreign: bool,
}

/// What was found out of order when the ledger was opened.
#[derive(Debug, Default)]
pub struct Report {
    /// Where the damaged ledger went, and what was wrong with it.
    pub moved_aside: Option<(PathBuf, String)>,
    /// Rows that were added or brought up to date from folders.
    pub taken_from_folders: Vec<LessonId>,
    /// Lessons of other hosts that are seen here for the first time.
    pub adopted: Vec<LessonId>,
    /// Rows whose folder has gone since the last start.
    pub newly_missing: Vec<LessonId>,
    /// Folders that cannot be read as lessons.
    pub unreadable: Vec<StoreError>,
}

impl Report {
    /// What a person should know of it.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let mut say = |alarm: &str, chinese: String, english: String| {
            alarms.push(Alarm { alarm: alarm.into(), input: None, chinese, english, for_it: false });
        };
        if let Some((path, why)) = &self.moved_aside {
            let path = path.display();
            say(
                "ledger-rebuilt",
                format!("课程目录数据库已损坏（{why}），已由课程文件夹重建；旧文件保存为 {path}，请检查磁盘"),
                format!(
                    "The ledger was damaged ({why}) and rebuilt from the folders; it is kept as {path}. Check the disk"
                ),
            );
        }
        if !self.newly_missing.is_empty() {
            let names = list(&self.newly_missing);
            say(
                "lessons-missing",
                format!("以下课程的文件夹不见了：{names}；请检查磁盘或恢复文件夹"),
                format!("The folders of these lessons are gone: {names}. Check the disk or put them back"),
            );
        }
        if !self.unreadable.is_empty() {
            let errors: Vec<String> = self.unreadable.iter().map(ToString::to_string).collect();
            let (count, errors) = (errors.len(), errors.join("; "));
            say(
                "lessons-unreadable",
                format!("有 {count} 个课程文件夹无法读取：{errors}"),
                format!("Unreadable: {errors}"),
            );
        }
        alarms
    }
}

fn list(ids: &[LessonId]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(|id| id.0.as_str()).collect();
    let more = if ids.len() > SHOWN { format!(" … ({})", ids.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// The ledger, open.
#[derive(Debug)]
pub struct Ledger {
    db: Connection,
    data: DataDir,
    host: String,
}

impl Ledger {
    /// Opens the ledger of the host named `host` and brings it into line with the folders. A damaged file is moved
    /// aside, never deleted, and replaced.
    pub fn open(data: &DataDir, host: &str, now: Timestamp) -> Result<(Self, Report), StoreError> {
        let path = data.ledger_file();
        let mut report = Report::default();
        let db = match connect(&path) {
            Err(Unfit::Damaged(why)) => {
                report.moved_aside = Some((move_aside(&path, now)?, why));
                connect(&path)
            }
            other => other,
        };
        let db = db.map_err(|unfit| match unfit {
            Unfit::Unreachable(source) => store_error(&path, source),
            Unfit::Damaged(why) => {
                let source = std::io::Error::other(why);
                StoreError::Io { path: path.clone(), what: "cannot make a new ledger", source }
            }
        })?;
        let mut ledger = Self { db, data: data.clone(), host: host.to_owned() };
        ledger.compare(&mut report)?;
        Ok((ledger, report))
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Writes a lesson's row; on disk on return.
    pub fn save(&mut self, lesson: &Lesson, bytes: u64) -> Result<(), StoreError> {
        self.put(lesson, bytes, Place::Here)
    }

    pub fn row(&self, id: &LessonId) -> Result<Option<Row>, StoreError> {
        let row = |db: &Connection| {
            db.prepare_cached("SELECT json, bytes, place, deleted FROM lessons WHERE id = ?1")?
                .query_row([&id.0], |row| self.parse(row))
                .optional()
        };
        row(&self.db).map_err(|source| self.error(source)).map(Option::flatten)
    }

    /// All rows, newest first, those of lessons that are missing, in the trash or gone too.
    pub fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let rows = |db: &Connection| -> rusqlite::Result<Vec<Option<Row>>> {
            db.prepare_cached("SELECT json, bytes, place, deleted FROM lessons ORDER BY started DESC, id DESC")?
                .query_map([], |row| self.parse(row))?
                .collect()
        };
        rows(&self.db).map_err(|source| self.error(source)).map(|rows| rows.into_iter().flatten().collect())
    }

    /// What the rules of retention look at: the lessons whose folders are here or in the trash.
    pub fn stored(&self) -> Result<Vec<Stored>, StoreError> {
        let stored = self.rows()?.into_iter().filter(|row| matches!(row.place, Place::Here | Place::Trash(_)));
        Ok(stored.map(Stored::from).collect())
    }

    /// Until when the lessons of this host that are here were recorded: a clock that is right shows no earlier time.
    pub fn recorded_until(&self) -> Result<Option<Timestamp>, StoreError> {
        let until: Option<String> = self
            .db
            .prepare_cached("SELECT max(coalesce(ended, started)) FROM lessons WHERE host = ?1 AND place = 'here'")
            .and_then(|mut statement| statement.query_row([&self.host], |row| row.get(0)))
            .map_err(|source| self.error(source))?;
        Ok(until.and_then(|until| until.parse().ok()))
    }

    /// A number that no lesson of this host has had.
    pub fn next_number(&mut self) -> Result<u32, StoreError> {
        self.db
            .query_row("UPDATE counter SET last = last + 1 RETURNING last", [], |row| row.get(0))
            .map_err(|source| self.error(source))
    }

    /// Notes that the platform holds a lesson whole.
    pub fn confirm(&mut self, id: &LessonId) -> Result<Lesson, StoreError> {
        self.change(id, |lesson| lesson.confirmed_upstream = true)
    }

    /// Gives a lesson that is here another title or teacher.
    pub fn rename(&mut self, rename: &Rename) -> Result<Lesson, StoreError> {
        let named = |text: &String| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        self.data.lesson(&rename.lesson)?;
        self.change(&rename.lesson, |lesson| {
            if let Some(title) = &rename.title {
                lesson.title = named(title);
            }
            if let Some(teacher) = &rename.teacher {
                lesson.teacher = named(teacher);
            }
        })
    }

    /// Changes the record of a lesson of this host that has ended. The folder says so first, because it is the truth.
    fn change(&mut self, id: &LessonId, change: impl FnOnce(&mut Lesson)) -> Result<Lesson, StoreError> {
        let row = self.row(id)?.ok_or_else(|| StoreError::Unknown { id: id.clone() })?;
        let folder = match row.place {
            Place::Here => Some(self.data.folder(id)?),
            Place::Trash(_) => self.data.trashed(id)?.map(|trashed| trashed.folder),
            Place::Missing | Place::Deleted => None,
        };
        let mut lesson = match &folder {
            Some(folder) => folder.read()?,
            None => row.lesson,
        };
        self.may_change(&lesson)?;
        change(&mut lesson);
        if let Some(folder) = folder {
            folder.write(&lesson)?;
        }
        self.put(&lesson, row.bytes, row.place)?;
        Ok(lesson)
    }

    /// Refuses to touch what is another host's, or still in hand.
    pub(crate) fn may_change(&self, lesson: &Lesson) -> Result<(), StoreError> {
        let id = lesson.id.clone();
        if lesson.host != self.host {
            return Err(StoreError::Foreign { id, host: lesson.host.clone() });
        }
        if !lesson.outcome.is_end() {
            return Err(StoreError::NotEnded { id, state: lesson.outcome.as_str() });
        }
        Ok(())
    }

    pub(crate) fn move_to(&mut self, id: &LessonId, place: Place) -> Result<(), StoreError> {
        let since = place.since().map(|since| since.to_string());
        self.db
            .execute("UPDATE lessons SET place = ?2, deleted = ?3 WHERE id = ?1", params![id.0, place.as_str(), since])
            .map(|_| ())
            .map_err(|source| self.error(source))
    }

    /// Brings the rows into line with the folders.
    fn compare(&mut self, report: &mut Report) -> Result<(), StoreError> {
        // What is in the trash and here too is here.
        let mut folders: BTreeMap<LessonId, (Folder, Place)> = BTreeMap::new();
        for Trashed { folder, deleted } in self.data.trash()? {
            folders.insert(folder.id().clone(), (folder, Place::Trash(deleted)));
        }
        for id in self.data.ids()? {
            folders.insert(id.clone(), (self.data.folder(&id)?, Place::Here));
        }
        for (id, (folder, place)) in &folders {
            let known = self.row(id)?;
            match folder.read() {
                Ok(lesson) => {
                    let bytes = folder.bytes();
                    let foreign = lesson.host != self.host;
                    let row = Row { lesson, bytes, place: *place, foreign };
                    if known.as_ref() == Some(&row) {
                        continue;
                    }
                    self.put(&row.lesson, bytes, *place)?;
                    report.taken_from_folders.push(id.clone());
                    if foreign && known.is_none() {
                        report.adopted.push(id.clone());
                    }
                }
                Err(error) => {
                    if known.is_some_and(|row| row.place != *place) {
                        self.move_to(id, *place)?;
                    }
                    report.unreadable.push(error);
                }
            }
        }
        let deleting = self.data.deleting()?;
        for row in self.rows()? {
            let id = &row.lesson.id;
            if folders.contains_key(id) {
                continue;
            }
            match row.place {
                Place::Here if !deleting.contains(id) => {
                    self.move_to(id, Place::Missing)?;
                    report.newly_missing.push(id.clone());
                }
                // Nobody misses what a person deleted.
                Place::Here | Place::Trash(_) => self.move_to(id, Place::Deleted)?,
                Place::Missing | Place::Deleted => {}
            }
        }
        // Names are never given twice, whatever became of the file that counted them.
        let numbers = folders.keys().chain(&deleting).filter_map(LessonId::number);
        let highest = numbers.max().unwrap_or(0);
        self.db
            .execute("UPDATE counter SET last = max(last, ?1)", [highest])
            .map(|_| ())
            .map_err(|source| self.error(source))
    }

    fn put(&mut self, lesson: &Lesson, bytes: u64, place: Place) -> Result<(), StoreError> {
        let path = self.data.ledger_file();
        let json = serde_json::to_string(lesson).map_err(std::io::Error::from).at(&path, "cannot put into words")?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let values = params![
            lesson.id.0,
            lesson.host,
            lesson.started.to_string(),
            lesson.ended.map(|time| time.to_string()),
            lesson.title,
            lesson.teacher,
            lesson.outcome.as_str(),
            bytes,
            lesson.confirmed_upstream,
            place.as_str(),
            json,
            place.since().map(|since| since.to_string())
        ];
        self.db
            .prepare_cached("INSERT OR REPLACE INTO lessons VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
            .and_then(|mut statement| statement.execute(values))
            .map(|_| ())
            .map_err(|source| self.error(source))
    }

    /// A row; `None` where its record is not one that this version reads, which the folder then makes good.
    fn parse(&self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Row>> {
        let json: String = row.get(0)?;
        let Ok(lesson) = serde_json::from_str::<Lesson>(&json) else { return Ok(None) };
        let (bytes, place) = (row.get::<_, i64>(1)?, row.get::<_, String>(2)?);
        let since = row.get::<_, Option<String>>(3)?.and_then(|since| since.parse().ok());
        let foreign = lesson.host != self.host;
        let bytes = u64::try_from(bytes).unwrap_or(0);
        Ok(Some(Row { lesson, bytes, place: Place::read(&place, since), foreign }))
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        store_error(&self.data.ledger_file(), source)
    }
}

fn store_error(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full { path },
        _ => StoreError::Ledger { path, source },
    }
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        Self {
            id: row.lesson.id,
            started: row.lesson.started,
            bytes: row.bytes,
            confirmed_upstream: row.lesson.confirmed_upstream,
            outcome: row.lesson.outcome,
            foreign: row.foreign,
            deleted: row.place.since(),
        }
    }
}

/// Why a ledger's file cannot be opened.
enum Unfit {
    /// What it holds is of no use, for this reason.
    Damaged(String),
    /// The disk does not let us; the file may be whole.
    Unreachable(rusqlite::Error),
}

impl From<rusqlite::Error> for Unfit {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(
                CannotOpen | DatabaseBusy | DatabaseLocked | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure,
            ) => Self::Unreachable(error),
            _ => Self::Damaged(error.to_string()),
        }
    }
}

fn connect(path: &Path) -> Result<Connection, Unfit> {
    if path.metadata().is_ok_and(|meta| meta.len() == 0) {
        return Err(Unfit::Damaged("it is empty".into()));
    }
    let newest = MIGRATIONS.len() as u32;
    let mut db = Connection::open(path)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    let check: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(Unfit::Damaged(check));
    }
    let version: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > newest {
        let why = format!("a newer version wrote it: schema {version}, this one knows {newest}");
        return Err(Unfit::Damaged(why));
    }
    let change = db.transaction()?;
    for migration in &MIGRATIONS[version as usize..] {
        change.execute_batch(migration)?;
    }
    // Another program's tables fail here, as they were, and not in mid-lesson.
    change.prepare(
        "SELECT id, host, started, ended, title, teacher, outcome, bytes, confirmed, place, json, deleted FROM lessons",
    )?;
    change.query_row("SELECT last FROM counter", [], |_| Ok(()))?;
    change.prepare("SELECT begins, json, until FROM periods, accounted")?;
    if version < newest {
        change.pragma_update(None, "user_version", newest)?;
        change.commit()?;
    } else {
        change.finish()?;
    }
    // Last, because it writes to the file: one that is not ours is moved aside as it was.
    db.pragma_update(None, "journal_mode", "WAL")?;
    Ok(db)
}

/// Moves the ledger and what SQLite keeps beside it to names that tell the time.
fn move_aside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let time = now.strftime("%Y%m%d-%H%M%S");
    let named = |number: u32| {
        let more = if number == 0 { String::new() } else { format!("-{number}") };
        path.with_file_name(format!("ledger.sqlite.corrupt-{time}{more}"))
    };
    let aside = (0..).map(named).find(|aside| !aside.exists()).expect("some number is free");
    std::fs::rename(path, &aside).at(path, "cannot move aside")?;
    for beside in ["-wal", "-shm"] {
        let with = |base: &Path| PathBuf::from(format!("{}{beside}", base.display()));
        match std::fs::rename(with(path), with(&aside)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).at(&with(path), "cannot move aside");
            }
            _ => {}
        }
    }
    Ok(aside)
}
