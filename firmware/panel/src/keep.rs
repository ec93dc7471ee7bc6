//! What the panel remembers between two runs, the teacher's choices and the lock: a small file each, replaced, never overwritten.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What was kept; the defaults where nothing was, or where it cannot be read.
pub(crate) fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return T::default(),
        Err(error) => {
            tracing::warn!("the panel's settings {} cannot be read ({error}): it begins with its own", path.display());
            return T::default();
        }
    };
    toml::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!("the panel's settings {} are wrong ({error}): it begins with its own", path.display());
        T::default()
    })
}

pub(crate) fn save(path: &Path, settings: &impl Serialize) -> io::Result<()> {
    let text = toml::to_string(settings).map_err(io::Error::other)?;
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use ketang_panel::{Language, Settings, Theme};

    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_what_is_broken_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("panel.toml");
        assert_eq!(load::<Settings>(&path), Settings::default());
        let plan_minutes = Some(90);
        let chosen = Settings { language: Language::English, theme: Theme::Night, brightness: 40, plan_minutes };
        save(&path, &chosen).unwrap();
        assert_eq!(load(&path), chosen);
        let open = Settings { plan_minutes: None, ..chosen };
        save(&path, &open).unwrap();
        assert_eq!(load(&path), open);
        std::fs::write(&path, "language = 7").unwrap();
        assert_eq!(load::<Settings>(&path), Settings::default());
    }
}
