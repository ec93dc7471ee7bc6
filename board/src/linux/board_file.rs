//! What differs between boards, one TOML file each. What a board's kernel can tell by itself is not in it.

use std::collections::BTreeMap;

use ketang_hal::board::{BoardEncoder, DisplayOutput};
use ketang_hal::picture::Size;
use serde::Deserialize;

use super::controls::Pins;

/// The boards that are built in: name and file.
const KNOWN: [(&str, &str); 4] = [
    ("generic", include_str!("../../boards/generic.toml")),
    ("raspberrypi4", include_str!("../../boards/raspberrypi4.toml")),
    ("raspberrypi5", include_str!("../../boards/raspberrypi5.toml")),
    ("rk3588", include_str!("../../boards/rk3588.toml")),
];

#[derive(Debug, thiserror::Error)]
pub enum BoardFileError {
    #[error("no board is called `{name}`: use one of {known}")]
    Unknown { name: String, known: String },
    #[error("the board's file is wrong: {0}")]
    Wrong(#[from] toml::de::Error),
    #[error("the board's file says what `{name}` encodes, and has no such encoder: use one of {encoders}")]
    NoEncoder { name: String, encoders: String },
}

/// A board's file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    /// The name that the configuration uses.
    pub name: String,
    /// What the board is, for people.
    pub description: String,
    /// The size that pictures are mixed at.
    pub programme: ProgrammeSize,
    pub display: Display,
    /// H.264 encoders in the order of preference, by the names of their GStreamer elements; one that is not installed is passed over.
    pub encoders: Vec<String>,
    /// How many pixels a second an encoder in hardware encodes in all, by its name; without an entry it is taken to have no limit.
    #[serde(default, rename = "pixels-a-second")]
    pub pixels_a_second: BTreeMap<String, u64>,
    /// The GPIO lines of its button and lamps.
    #[serde(default)]
    pub pins: Pins,
    /// What a person who brings up this board should know.
    #[serde(default)]
    pub notes: String,
}

/// A size in pixels; NV12 needs even numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SizeInFile")]
pub struct ProgrammeSize(pub Size);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeInFile {
    width: u32,
    height: u32,
}

impl TryFrom<SizeInFile> for ProgrammeSize {
    type Error = String;
    fn try_from(SizeInFile { width, height }: SizeInFile) -> Result<Self, String> {
        let fits = |pixels: u32| pixels.is_multiple_of(2) && (160..=7680).contains(&pixels);
        if fits(width) && fits(height) {
            Ok(Self(Size { width, height }))
        } else {
            Err(format!("{width}×{height} is no picture size: use even numbers from 160 to 7680"))
        }
    }
}

/// Where the programme is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", deny_unknown_fields)]
pub enum Display {
    /// A kernel display.
    Kms {
        /// The kernel driver's name; the first display where it is missing.
        driver: Option<String>,
        /// The connector's number; the first connected one where it is missing.
        connector: Option<i32>,
        /// The ALSA device of its loudspeakers.
        sound: Option<String>,
    },
    /// A window on the desktop.
    Window,
    None,
}

impl BoardFile {
    /// The built-in board of this name.
    pub fn named(name: &str) -> Result<Self, BoardFileError> {
        let (_, text) = KNOWN
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| BoardFileError::Unknown { name: name.to_owned(), known: Self::names().join(", ") })?;
        Self::parse(text)
    }

    /// The names of the built-in boards.
    pub fn names() -> [&'static str; KNOWN.len()] {
        KNOWN.map(|(name, _)| name)
    }

    pub fn parse(text: &str) -> Result<Self, BoardFileError> {
        let file: Self = toml::from_str(text)?;
        match file.pixels_a_second.keys().find(|name| !file.encoders.contains(name)) {
            None => Ok(file),
            Some(name) => {
                let (name, encoders) = (name.clone(), file.encoders.join(", "));
                Err(BoardFileError::NoEncoder { name, encoders })
            }
        }
    }

    /// Its H.264 encoders, the best first.
    pub fn encoders(&self) -> Vec<BoardEncoder> {
        let one = |element: &String| BoardEncoder {
            element: element.clone(),
            pixels_a_second: self.pixels_a_second.get(element).copied(),
        };
        self.encoders.iter().map(one).collect()
    }

    /// The ALSA device of the display's loudspeakers.
    pub fn display_sound(&self) -> Option<&str> {
        match &self.display {
            Display::Kms { sound, .. } => sound.as_deref(),
            Display::Window | Display::None => None,
        }
    }

    pub fn display(&self) -> DisplayOutput {
        match &self.display {
            Display::Kms { driver, connector, .. } => {
                DisplayOutput::Kms { driver: driver.clone(), connector: *connector }
            }
            Display::Window => DisplayOutput::Window,
            Display::None => DisplayOutput::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_board_parses_under_its_own_name() {
        for name in BoardFile::names() {
            let board = BoardFile::named(name).unwrap();
            assert_eq!(board.name, name);
            assert!(!board.encoders.is_empty(), "{name}");
            assert_eq!(board.pins.is_empty(), !name.starts_with("raspberrypi"), "{name}");
        }
    }

    #[test]
    fn an_unknown_board_is_answered_with_the_known_ones() {
        let error = BoardFile::named("toaster").unwrap_err().to_string();
        assert_eq!(error, "no board is called `toaster`: use one of generic, raspberrypi4, raspberrypi5, rk3588");
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_key_that_is_wrong() {
        let good = include_str!("../../boards/rk3588.toml");
        BoardFile::parse(good).unwrap();
        for (from, to, named) in [
            ("encoders", "encoder", "encoder"),
            ("kind = \"kms\"", "kind = \"kms\"\nconector = 3", "conector"),
            ("kind = \"kms\"", "kind = \"hdmi\"", "hdmi"),
            ("height = 1080", "height = 1081", "1081"),
            ("height = 1080", "height = 1080\ndepth = 8", "depth"),
            ("height = 1080", "height = -1", "height"),
            ("height = 1080", "", "height"),
            ("mpph264enc = ", "mpph265enc = ", "mpph265enc"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = BoardFile::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(named), "{to}: {error}");
        }
    }
}
