//! One file of frames that are all to be had: nothing waits in a queue and nothing is let go.

use std::path::PathBuf;

use super::PartWritten;
use super::part::{All, Lane, Part};
use crate::coded::Coded;
use crate::error::MediaError;
use crate::mp4;

/// A part that is written by its caller's thread.
pub(crate) struct PartFile(Part);

impl PartFile {
    /// A new file that begins at a lesson time in nanoseconds. Only what `formats` holds is taken, an empty track each.
    pub(crate) fn new(path: PathBuf, begins_at: u64, formats: &[mp4::Track]) -> Self {
        Self(Part::new(path, Some(begins_at), formats))
    }

    /// Takes a frame in the order of decoding; of sound what belongs to the picture before or earlier.
    pub(crate) fn picture(&mut self, frame: Coded) -> Result<(), MediaError> {
        self.take(Lane::PICTURE, frame)
    }

    pub(crate) fn sound(&mut self, frame: Coded) -> Result<(), MediaError> {
        self.take(Lane::SOUND, frame)
    }

    fn take(&mut self, lane: usize, frame: Coded) -> Result<(), MediaError> {
        self.0.lanes[lane].waiting.push(frame);
        match self.0.due() {
            Some(all) => self.0.write(all).map(drop),
            None => Ok(()),
        }
    }

    /// Writes what is left; `None` where nothing came.
    pub(crate) fn finish(mut self) -> Result<Option<PartWritten>, MediaError> {
        self.0.write(All(true))?;
        Ok(self.0.written(None))
    }
}
