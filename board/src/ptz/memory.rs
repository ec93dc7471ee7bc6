//! Presets of cameras that keep none themselves: a small TOML file, replaced whole.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use ketang_hal::ptz::View;

#[derive(Debug)]
pub(super) struct Memory {
    file: PathBuf,
    /// TOML wants its keys to be text.
    views: BTreeMap<String, View>,
}

impl Memory {
    /// A file that is not there is empty, and so is one that cannot be read; that is logged.
    pub(super) fn open(file: &Path) -> Self {
        let read = match std::fs::read_to_string(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| error.to_string()),
        };
        let views = read.and_then(|text| toml::from_str(&text).map_err(|error| error.to_string()));
        let views = views.unwrap_or_else(|why| {
            tracing::warn!(file = %file.display(), why, "the presets cannot be read: store them again");
            BTreeMap::new()
        });
        Self { file: file.to_owned(), views }
    }

    pub(super) fn get(&self, number: u8) -> Option<View> {
        self.views.get(&number.to_string()).copied()
    }

    pub(super) fn set(&mut self, number: u8, view: View) -> io::Result<()> {
        self.views.insert(number.to_string(), view);
        let text = toml::to_string(&self.views).map_err(io::Error::other)?;
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let new = self.file.with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::File::open(&new)?.sync_all()?;
        std::fs::rename(&new, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ptz/teacher-closeup.toml");
        let mut memory = Memory::open(&file);
        assert_eq!(memory.get(1), None);
        let view = View { pan: -12.5, tilt: 3.0, zoom: 4.0 };
        memory.set(1, View { pan: 0.0, ..view }).unwrap();
        memory.set(1, view).unwrap();
        memory.set(2, View { zoom: 1.0, ..view }).unwrap();
        let again = Memory::open(&file);
        assert_eq!((again.get(1), again.get(2).map(|view| view.zoom), again.get(3)), (Some(view), Some(1.0), None));
    }

    #[test]
    fn a_damaged_file_is_no_reason_to_give_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.toml");
        std::fs::write(&file, b"1 = { pan = ").unwrap();
        let mut memory = Memory::open(&file);
        assert_eq!(memory.get(1), None);
        memory.set(1, View { pan: 1.0, tilt: 1.0, zoom: 1.0 }).unwrap();
        assert!(Memory::open(&file).get(1).is_some());
        assert!(Memory::open(folder.path()).get(1).is_none());
    }
}
