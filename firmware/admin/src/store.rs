//! What this program remembers: accounts, sessions, tokens, who did what, and alarms that came and went. SQLite.
//!
//! Asked from asynchronous tasks without ado: the file is small, its pages are in memory, and a commit does not wait for
//! the disk (`synchronous = NORMAL`: a power cut may lose the last moments, never the file).

mod accounts;
mod journal;
mod sessions;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

pub(crate) use accounts::{Account, Changed, Role};
pub(crate) use journal::Deed;
pub(crate) use sessions::LONGEST;

/// Each brings the schema from the version of its index to the next. Never change one; add one.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE accounts (
        name     TEXT PRIMARY KEY COLLATE NOCASE,
        role     TEXT NOT NULL,
        password TEXT NOT NULL,
        version  INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE TABLE sessions (
        digest  BLOB PRIMARY KEY,
        account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
        begun   INTEGER NOT NULL,
        seen    INTEGER NOT NULL,
        address TEXT NOT NULL
    ) STRICT;
    CREATE TABLE tokens (
        id      INTEGER PRIMARY KEY,
        digest  BLOB NOT NULL UNIQUE,
        account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
        label   TEXT NOT NULL,
        made    INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE deeds (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,
        who     TEXT NOT NULL,
        address TEXT NOT NULL,
        what    TEXT NOT NULL,
        ok      INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE alarms (
        id      INTEGER PRIMARY KEY,
        alarm   TEXT NOT NULL,
        input   TEXT NOT NULL,
        chinese TEXT NOT NULL,
        english TEXT NOT NULL,
        raised  INTEGER NOT NULL,
        cleared INTEGER
    ) STRICT;
"];

/// The accounts cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error(
    "the accounts in {path} cannot be used ({source}): check the disk; if the file is damaged, move it away and pair anew", path = path.display()
)]
pub struct StoreError {
    path: PathBuf,
    source: rusqlite::Error,
}

/// The database, open. Its one mutex is held for a statement or a transaction, never over anything that waits.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    db: Mutex<Connection>,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let db = connect(path).map_err(|source| StoreError { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), db: Mutex::new(db) })
    }

    fn with<T>(&self, what: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        // Whoever panicked in here has rolled its transaction back.
        let mut db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut db).map_err(|source| StoreError { path: self.path.clone(), source })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let mut db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    let newest = MIGRATIONS.len() as u32;
    let version: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version < newest {
        let change = db.transaction()?;
        for migration in &MIGRATIONS[version as usize..] {
            change.execute_batch(migration)?;
        }
        change.pragma_update(None, "user_version", newest)?;
        change.commit()?;
    }
    // Another program's tables, or those of a newer version, fail here and not at the first sign-in.
    db.prepare("SELECT name, role, password, version FROM accounts")?;
    Ok(db)
}

#[cfg(test)]
pub(crate) fn in_memory() -> Store {
    Store { path: PathBuf::new(), db: Mutex::new(connect(Path::new(":memory:")).unwrap()) }
}
