//! Files that people on the host's pages replace whole, and the name of the state that somebody saw of one: nobody writes over
//! what they have not seen.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ketang_protocol::command::{Refusal, RefusalCode};
use serde::Serialize;

use crate::folder::{self, At, StoreError};

/// The version of what nobody has made yet.
pub(crate) const NONE: &str = "none";

/// A text as it lies on the disk.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) text: String,
    pub(crate) version: String,
}

impl Default for Saved {
    fn default() -> Self {
        Self { text: String::new(), version: NONE.into() }
    }
}

/// Reads a file, where there is one. What is no text is shown as such, and is no TOML.
pub(crate) fn read(path: &Path) -> io::Result<Option<Saved>> {
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let meta = file.metadata()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(Saved { text: String::from_utf8_lossy(&bytes).into_owned(), version: version_of(&meta) }))
}

/// Each is a new file, made while the one before was there. To be renamed changes none of these.
pub(crate) fn version_of(meta: &fs::Metadata) -> String {
    format!("{:x}-{:x}-{:x}", meta.ino(), meta.mtime(), meta.mtime_nsec())
}

/// Renames a file that cannot be used to `NAME.broken-N.toml`, which nothing has, and tells that name.
pub(crate) fn put_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut names = (1_u32..).map(|number| path.with_file_name(format!("{name}.broken-{number}.toml")));
    let aside = names.find(|path| !path.exists()).expect("a directory holds fewer files");
    rename(path, &aside)?;
    Ok(aside)
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).at(from, "cannot rename")?;
    to.parent().map_or(Ok(()), folder::sync_dir)
}

/// A file that could not be read at the start, and was put aside.
#[derive(Debug)]
pub struct PutAside {
    pub file: PathBuf,
    pub why: String,
}

/// What stands in a file that is replaced whole, for who acts on it and who changes it.
#[derive(Debug)]
pub(crate) struct Whole<T> {
    path: PathBuf,
    mode: u32,
    now: Mutex<Arc<T>>,
    /// Held by who replaces it, from the look at what is there until the new one is.
    turn: Mutex<()>,
}

impl<T: Default + Serialize> Whole<T> {
    /// Reads what lies there. What is not `understood` is put aside, and nothing is there.
    pub(crate) fn open(
        path: PathBuf,
        mode: u32,
        understood: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<(Self, Option<PutAside>), StoreError> {
        let saved = saved(&path)?;
        let (now, aside) = match understood(&saved.text) {
            Ok(now) => (now, None),
            Err(why) => (T::default(), Some(PutAside { file: put_aside(&path)?, why })),
        };
        Ok((Self { path, mode, now: Mutex::new(Arc::new(now)), turn: Mutex::default() }, aside))
    }

    /// What holds.
    pub(crate) fn now(&self) -> Arc<T> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What holds, and its version.
    pub(crate) fn told(&self) -> Result<(Arc<T>, String), Refusal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((self.now(), saved(&self.path).map_err(|error| refused(&error))?.version))
    }

    /// Replaces what was `seen` by what `make` makes of it, which has plain values only; refuses with `changed` where another one is there
    /// by now.
    pub(crate) fn replace(
        &self,
        seen: &str,
        changed: (&str, &str),
        make: impl FnOnce(&T) -> Result<T, Refusal>,
    ) -> Result<(), Refusal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if saved(&self.path).map_err(|error| refused(&error))?.version != seen {
            return Err(Refusal::new(RefusalCode::ChangedMeanwhile, changed.0, changed.1));
        }
        let new = make(&self.now())?;
        let text = toml::to_string(&new).expect("there are plain values only");
        folder::replace(&self.path, text.as_bytes(), self.mode).map_err(|error| refused(&error))?;
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }
}

fn saved(path: &Path) -> Result<Saved, StoreError> {
    Ok(read(path).at(path, "cannot read")?.unwrap_or_default())
}

fn refused(error: &StoreError) -> Refusal {
    let code = match error {
        StoreError::Full { .. } => RefusalCode::NoSpace,
        _ => RefusalCode::Failed,
    };
    Refusal::new(code, error.chinese(), error.to_string())
}
