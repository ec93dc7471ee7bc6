//! Files that people on the host's pages replace whole, and the name of the state that somebody saw of one: nobody writes over
//! what they have not seen.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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
