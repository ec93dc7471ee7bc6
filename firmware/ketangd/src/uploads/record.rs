//! What of a lesson's folder is on the server, so that an upload goes on where it was: `.upload.json` in the folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tus::UploadError;
use crate::folder::{remembered, replace};

const FILE: &str = ".upload.json";
/// Goes last: who has it has the others.
const LAST: &str = "lesson.json";

/// A file of a lesson, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) modified: Timestamp,
}

/// The files of a lesson in the order in which they go. Hidden ones are the host's own.
pub(super) fn pieces(folder: &Path) -> Result<Vec<Piece>, UploadError> {
    let failed =
        |error: std::io::Error| UploadError::File { file: folder.display().to_string(), why: error.to_string() };
    let mut pieces = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let meta = entry.metadata().map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if meta.is_file() && !name.starts_with('.') {
            let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let modified = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
            pieces.push(Piece { name, bytes: meta.len(), modified });
        }
    }
    pieces.sort_by(|a, b| (a.name == LAST, &a.name).cmp(&(b.name == LAST, &b.name)));
    Ok(pieces)
}

/// Where a file is on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) to: String,
    bytes: u64,
    modified: Timestamp,
    /// The server has all of it.
    pub(super) whole: bool,
    /// Each piece of it was compared by its check sum.
    pub(super) compared: bool,
}

impl Sent {
    pub(super) fn begun(to: String, piece: &Piece, compared: bool) -> Self {
        Self { to, bytes: piece.bytes, modified: piece.modified, whole: false, compared }
    }
}

/// By the names of files. What cannot be read is as if nothing had been sent.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    server: String,
    files: BTreeMap<String, Sent>,
}

impl Record {
    pub(super) fn read(folder: &Path, server: &str) -> Self {
        let read: Self = remembered(&folder.join(FILE));
        if read.server == server { read } else { Self { server: server.to_owned(), ..Self::default() } }
    }

    /// What was sent of a file that has not changed since.
    pub(super) fn of(&self, piece: &Piece) -> Option<&Sent> {
        self.files.get(&piece.name).filter(|sent| (sent.bytes, sent.modified) == (piece.bytes, piece.modified))
    }

    pub(super) fn note(&mut self, folder: &Path, piece: &Piece, sent: Sent) -> Result<(), UploadError> {
        self.files.insert(piece.name.clone(), sent);
        let path = folder.join(FILE);
        let failed = |why: String| UploadError::File { file: path.display().to_string(), why };
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.to_string()))?;
        replace(&path, &text, 0o600).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_known_again_until_the_file_or_the_server_is_another() {
        let folder = tempfile::tempdir().unwrap();
        for name in [LAST, "programme-0001.mp4", "events.jsonl", ".hidden"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let all = pieces(folder.path()).unwrap();
        assert_eq!(
            all.iter().map(|piece| piece.name.as_str()).collect::<Vec<_>>(),
            ["events.jsonl", "programme-0001.mp4", LAST]
        );
        let mut record = Record::read(folder.path(), "a");
        let sent = Sent { whole: true, ..Sent::begun("a/1".into(), &all[1], true) };
        record.note(folder.path(), &all[1], sent.clone()).unwrap();

        let again = Record::read(folder.path(), "a");
        assert_eq!((again.of(&all[1]), again.of(&all[0])), (Some(&sent), None));
        assert!(Record::read(folder.path(), "b").of(&all[1]).is_none());
        let changed = Piece { bytes: 99, ..all[1].clone() };
        assert!(again.of(&changed).is_none());
        fs::write(folder.path().join(FILE), "{\"server\": \"a\", \"files\"").unwrap();
        assert!(Record::read(folder.path(), "a").of(&all[1]).is_none());
    }
}
