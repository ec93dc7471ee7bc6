//! Files that were made of lessons to be downloaded: `DATA/exports`. They are copies, so they are the first to go: after a
//! day, and when a lesson needs their room.

use std::fs;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::Storage;
use crate::folder::{At, StoreError};

/// So long such a file is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// A file that is still written begins so; who writes it takes the name off at the end.
const BEGUN: &str = ".";

impl Storage {
    /// Clears away what is older than a day, and what a crash left half-written for as long. Returns how many files went.
    pub fn clear_old_exports(&self, now: Timestamp) -> Result<usize, StoreError> {
        let before = SystemTime::from(now - KEPT);
        self.clear_exports(|_, changed| changed < before)
    }

    /// Clears away all that is whole, because a lesson needs the room.
    pub fn clear_all_exports(&self) -> Result<usize, StoreError> {
        self.clear_exports(|name, _| !name.starts_with(BEGUN))
    }

    fn clear_exports(&self, goes: impl Fn(&str, SystemTime) -> bool) -> Result<usize, StoreError> {
        let folder = self.data.exports_dir();
        let mut gone = 0;
        for entry in fs::read_dir(&folder).at(&folder, "cannot list")?.flatten() {
            let (name, Ok(about)) = (entry.file_name(), entry.metadata()) else { continue };
            let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if about.is_file() && goes(&name.to_string_lossy(), changed) {
                fs::remove_file(entry.path()).at(&entry.path(), "cannot remove")?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}
