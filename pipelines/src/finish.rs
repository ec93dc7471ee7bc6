//! Turns a fragmented part, whole or cut off by a crash, into an ordinary MP4 with the index in front. Nothing is encoded,
//! no frame and no timestamp changes.
//!
//! The new file is written beside the old one and takes its name only when it is safe on the disk, so that at every instant
//! one of the two is there. This needs room for one more part; without it the fragmented file stays, which plays as well.

use crate::chapters::Chapter;
use crate::error::MediaError;
use crate::mp4::{ordinary, read};
use crate::record::{PartWritten, sync_folder};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// An ordinary file now, or before already.
    Whole(PartWritten),
    /// Recording ended before the first fragment was on the disk: there is nothing in the file, which stays as it is.
    Empty,
}

/// Finishes the part at `path` in place, with those of the lesson's chapters that lie in it. `progress` is told bytes done and bytes in all.
pub fn part(path: &Path, chapters: &[Chapter], mut progress: impl FnMut(u64, u64)) -> Result<Finished, MediaError> {
    let Some(recording) = read::read(path)? else { return Ok(Finished::Empty) };
    let written = |bytes| PartWritten {
        file: path.into(),
        begins_at_ns: recording.movie.begins_at,
        duration_ns: recording.movie.duration(),
        bytes,
    };
    if recording.finished {
        let length = recording.file.metadata().map_err(|error| MediaError::io(path, error))?.len();
        return Ok(Finished::Whole(written(length)));
    }
    let beside = Beside::of(path);
    let io = |error| MediaError::io(&beside.0, error);
    let mut file = File::create(&beside.0).map_err(io)?;
    let bytes =
        ordinary::write(&recording.movie, chapters, &[&recording.file], &mut file, &mut progress).map_err(io)?;
    file.sync_all().map_err(io)?;
    std::fs::rename(&beside.0, path).map_err(io)?;
    sync_folder(path).map_err(io)?;
    Ok(Finished::Whole(written(bytes)))
}

/// Whether the file is ordinary, with its index in front.
pub fn is_finished(path: &Path) -> Result<bool, MediaError> {
    Ok(read::read(path)?.is_some_and(|recording| recording.finished))
}

/// The new file while it is being written. Goes away with this; one that a crash left is overwritten the next time.
struct Beside(PathBuf);

impl Beside {
    fn of(path: &Path) -> Self {
        let mut name = OsString::from(path);
        name.push(".finishing");
        Self(name.into())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already when it took the part's name.
        let _ = std::fs::remove_file(&self.0);
    }
}
