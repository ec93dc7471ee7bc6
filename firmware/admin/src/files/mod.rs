//! The media files that people manage (JX-22): one folder of this program's own. Lessons are not in it; they are copied into
//! it. Nothing is overwritten, and what is deleted can be taken back.
//!
//! ```text
//! files/…            what people see
//! files/.trash/ID/   what.json and the thing that was deleted, for a week
//! files/.uploads/    ID.json and ID.part of an upload that is not whole yet
//! files/.works/ID/   a copy that is not whole yet
//! ```

mod area;
mod kind;
mod path;
mod send;
mod trash;
mod uploads;
mod works;

use std::path::PathBuf;

pub(crate) use area::{Area, Entry};
pub(crate) use kind::{Kind, Medium};
pub(crate) use path::{FilePath, name_of};
pub(crate) use send::{segments, send};
pub(crate) use trash::Deleted;
pub(crate) use uploads::{Uploads, routes as upload_routes};
pub(crate) use works::{WorkState, Works, begin_copy};

/// The folder of media files cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the media files in {path} cannot be used ({source}): check the disk and the folder's owner", path = path.display())]
pub struct FilesError {
    path: PathBuf,
    source: std::io::Error,
}
