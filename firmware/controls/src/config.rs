//! What is connected where: `/etc/ketang/controls.toml`, and the keys that ship.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ketang_board::linux::controls::{Pins, is_key};
use ketang_board::linux::{BoardFile, BoardFileError};
use serde::Deserialize;

use crate::deed::{Deed, NotADeed};

const SHIPPED: &str = include_str!("keys.toml");

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("what is connected cannot be read from {path}: {error}")]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{path} says wrongly what is connected: {error}")]
    Wrong { path: PathBuf, error: toml::de::Error },
    #[error(transparent)]
    Board(#[from] BoardFileError),
    #[error("`{0}` is no key of the kernel's: `evtest` shows the names, such as KEY_RECORD")]
    NoKey(String),
    #[error("key {key}: {why}")]
    Key { key: String, why: NotADeed },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    board: Option<String>,
    pins: Option<Pins>,
    remote: Remote,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Remote {
    devices: Vec<String>,
    keys: BTreeMap<String, String>,
}

/// What every key does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KeyMap(BTreeMap<String, Deed>);

#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) pins: Pins,
    /// Remote controls by name or path.
    pub(crate) devices: Vec<String>,
    pub(crate) keys: KeyMap,
}

impl Config {
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| ConfigError::Unreadable { path: path.into(), error })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| ConfigError::Wrong { path: path.into(), error })?;
        let of_board = file.board.as_deref().map(BoardFile::named).transpose()?.map(|board| board.pins);
        let keys = KeyMap::shipped()?.with(&file.remote.keys)?;
        Ok(Self { pins: file.pins.or(of_board).unwrap_or_default(), devices: file.remote.devices, keys })
    }
}

impl KeyMap {
    pub(crate) fn shipped() -> Result<Self, ConfigError> {
        let keys = toml::from_str(SHIPPED).expect("it ships, and a test reads it");
        Self::default().with(&keys)
    }

    fn with(mut self, keys: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        for (key, deed) in keys {
            if !is_key(key) {
                return Err(ConfigError::NoKey(key.clone()));
            }
            let deed = deed.parse().map_err(|why| ConfigError::Key { key: key.clone(), why })?;
            self.0.insert(key.clone(), deed);
        }
        Ok(self)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Deed> {
        let number = || key.strip_prefix("KEY_NUMERIC_").or(key.strip_prefix("KEY_KP"));
        self.0.get(key).or_else(|| self.0.get(&format!("KEY_{}", number()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("controls.toml"), text)
    }

    fn deed(text: &str) -> Deed {
        text.parse().unwrap()
    }

    #[test]
    fn own_keys_lie_over_those_that_ship() {
        let config =
            parse("[remote]\ndevices = ['FLIRC']\n[remote.keys]\nKEY_1 = 'scene exam'\nKEY_KP2 = 'none'").unwrap();
        assert_eq!(config.devices, ["FLIRC"]);
        for (key, does) in [
            ("KEY_1", Some(deed("scene exam"))),
            ("KEY_NUMERIC_1", Some(deed("scene exam"))),
            ("KEY_2", Some(deed("layout single teacher-closeup"))),
            ("KEY_KP2", Some(Deed::Nothing)),
            ("KEY_RECORD", Some(Deed::StartStop)),
            ("KEY_A", None),
            ("KEY_KPENTER", None),
        ] {
            assert_eq!(config.keys.get(key), does.as_ref(), "{key}");
        }
    }

    #[test]
    fn pins_are_the_boards_or_own_ones() {
        assert!(parse("").unwrap().pins.is_empty());
        let button = |text: &str| parse(text).unwrap().pins.button.unwrap().to_string();
        assert_eq!(button("board = 'raspberrypi5'"), "GPIO17");
        let own = "board = 'raspberrypi5'\n[pins]\nbutton = { chip = 'gpiochip2', line = '5', active = 'low' }";
        assert_eq!(button(own), "gpiochip2:5");
        assert!(parse(own).unwrap().pins.lamps.recording.is_none(), "own pins are all there are");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("bord = 'x'", "bord"),
            ("board = 'toaster'", "toaster"),
            ("[pins]\nbutton = { line = 'A', active = 'lo' }", "lo"),
            ("[pins.lamps]\nblue = { line = 'A' }", "blue"),
            ("[remote.keys]\nKEY_RECROD = 'stop'", "KEY_RECROD"),
            ("[remote.keys]\nKEY_1 = 'layout single'", "layout single"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
