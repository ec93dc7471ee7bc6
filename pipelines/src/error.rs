//! What can go wrong in a graph, in words that name the remedy.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("{what} is missing ({why}): install the packages that `scripts/setup` names")]
    Missing { what: String, why: String },

    #[error("the {graph} graph failed: {why}")]
    Graph { graph: String, why: String },

    #[error("the {graph} graph did not {what} within {seconds} s")]
    TimedOut { graph: String, what: &'static str, seconds: u64 },

    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },

    #[error("no space left for {path}: free some space on that disk, then try again")]
    NoSpace { path: PathBuf },

    #[error("{path} is not a file that can be played ({why}): check that it is a whole MP4")]
    NotPlayable { path: PathBuf, why: String },

    #[error("{0}")]
    Invalid(String),
}

impl MediaError {
    /// What an operation on `path` failed with.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path: path.into() },
            _ => Self::Io { path: path.into(), source },
        }
    }
}
