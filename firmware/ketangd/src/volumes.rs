//! The volumes that people gave the microphones, kept over restarts: a small TOML file in the data directory, replaced whole. What
//! was muted is not kept: one that is forgotten costs a lesson.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ketang_hal::role::SoundRole;
use ketang_protocol::command::Sound;

use crate::folder::{StoreError, replace};

const FILE: &str = "volumes.toml";

/// Decibels by role.
#[derive(Debug)]
pub struct Volumes {
    file: PathBuf,
    gains: BTreeMap<SoundRole, f32>,
}

impl Volumes {
    /// A file that is not there is empty, and so is one that cannot be read; that is logged.
    pub fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        let read = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| error.to_string()),
        };
        let gains = read.and_then(|text| toml::from_str(&text).map_err(|error| error.to_string()));
        let gains = gains.unwrap_or_else(|why| {
            tracing::warn!(file = %file.display(), why, "the volumes cannot be read: set them again");
            BTreeMap::new()
        });
        Self { file, gains }
    }

    pub fn get(&self, role: SoundRole) -> f32 {
        let gain = self.gains.get(&role).copied().filter(|gain| gain.is_finite()).unwrap_or_default();
        gain.clamp(Sound::LEAST_DB, Sound::MOST_DB)
    }

    /// Holds from now on, even where it cannot be kept.
    pub fn set(&mut self, role: SoundRole, gain_db: f32) -> Result<(), StoreError> {
        self.gains.insert(role, gain_db);
        let text = toml::to_string(&self.gains).expect("roles and numbers can be written");
        replace(&self.file, text.as_bytes(), 0o644)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut volumes = Volumes::open(folder.path());
        assert_eq!(volumes.get(SoundRole::RoomMic), 0.0);
        volumes.set(SoundRole::RoomMic, -9.0).unwrap();
        volumes.set(SoundRole::TeacherMic, 3.5).unwrap();
        let again = Volumes::open(folder.path());
        assert_eq!(SoundRole::ALL.map(|role| again.get(role)), [3.5, -9.0, 0.0]);
    }

    #[test]
    fn a_damaged_file_is_no_reason_to_give_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, "room-mic = [").unwrap();
        let mut volumes = Volumes::open(folder.path());
        assert_eq!(volumes.get(SoundRole::RoomMic), 0.0);
        volumes.set(SoundRole::RoomMic, 6.0).unwrap();
        assert_eq!(Volumes::open(folder.path()).get(SoundRole::RoomMic), 6.0);
        std::fs::write(&file, "room-mic = nan\nteacher-mic = 90.0").unwrap();
        let wild = Volumes::open(folder.path());
        assert_eq!((wild.get(SoundRole::RoomMic), wild.get(SoundRole::TeacherMic)), (0.0, 20.0));
    }
}
