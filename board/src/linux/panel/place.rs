//! Where the panel is shown, as people write it, and the choice of a display where they leave it open.

use std::path::PathBuf;
use std::str::FromStr;

use ketang_hal::HalError;
use ketang_hal::panel::{Display, Rotation};

use super::frame_buffer::FrameBuffer;
use super::kms::{self, KmsDisplay};
use super::turned::Turned;

/// A display as people write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DisplayPlace {
    /// `auto`
    #[default]
    Auto,
    /// `/dev/dri/card1` or `/dev/dri/card1:DSI-1`
    Kms { card: PathBuf, connector: Option<String> },
    /// `/dev/fb0` or `fb0`
    FrameBuffer(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a display: use auto, /dev/dri/cardN, /dev/dri/cardN:CONNECTOR or /dev/fbN")]
pub struct NotADisplay(String);

impl FromStr for DisplayPlace {
    type Err = NotADisplay;

    fn from_str(text: &str) -> Result<Self, NotADisplay> {
        let numbered = |name: &str, what: &str| {
            name.strip_prefix(what)
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        };
        let (path, connector) = match text.split_once(':') {
            Some((path, connector)) if !connector.is_empty() => (path, Some(connector.to_owned())),
            None => (text, None),
            Some(_) => return Err(NotADisplay(text.into())),
        };
        if text == "auto" {
            return Ok(Self::Auto);
        }
        if path.strip_prefix("/dev/dri/").is_some_and(|name| numbered(name, "card") || name.starts_with("by-path/")) {
            return Ok(Self::Kms { card: path.into(), connector });
        }
        match text.strip_prefix("/dev/").unwrap_or(text) {
            name if numbered(name, "fb") => Ok(Self::FrameBuffer(name.into())),
            _ => Err(NotADisplay(text.into())),
        }
    }
}

impl DisplayPlace {
    /// Opens the display, with pictures turned on it.
    pub fn open(&self, rotation: Rotation) -> Result<Box<dyn Display>, HalError> {
        let display: Box<dyn Display> = match self {
            Self::Auto => choose()?,
            Self::Kms { card, connector } => Box::new(KmsDisplay::open(card, connector.as_deref())?),
            Self::FrameBuffer(name) => Box::new(FrameBuffer::open(name)?),
        };
        Ok(Turned::by(rotation, display))
    }
}

/// The first card that has one display. Who shows on one display of a card has the whole card, so where there are two, as one for
/// the programme, the frame buffer leaves room for the other.
fn choose() -> Result<Box<dyn Display>, HalError> {
    for card in kms::cards() {
        if !matches!(kms::connected(&card).as_deref(), Ok([_])) {
            continue;
        }
        match KmsDisplay::open(&card, None) {
            Ok(display) => return Ok(Box::new(display)),
            Err(error) => tracing::info!("not on {} ({error})", card.display()),
        }
    }
    let display = FrameBuffer::open("fb0")?;
    tracing::info!(
        "shown on /dev/fb0, which has one buffer: give a card and its connector where no other program shows on it"
    );
    Ok(Box::new(display))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_written_as_its_device() {
        let kms = |card: &str, connector: Option<&str>| {
            Ok(DisplayPlace::Kms { card: card.into(), connector: connector.map(Into::into) })
        };
        for (text, place) in [
            ("auto", Ok(DisplayPlace::Auto)),
            ("/dev/dri/card1", kms("/dev/dri/card1", None)),
            ("/dev/dri/card0:HDMI-A-1", kms("/dev/dri/card0", Some("HDMI-A-1"))),
            ("/dev/fb0", Ok(DisplayPlace::FrameBuffer("fb0".into()))),
            ("fb1", Ok(DisplayPlace::FrameBuffer("fb1".into()))),
        ] {
            assert_eq!(text.parse(), place, "{text}");
        }
        for wrong in
            ["", "fb", "card0", "/dev/dri/card0:", "/dev/dri/renderD128", "/dev/fb0:x", "/dev/../etc/fb0", "auto:DSI-1"]
        {
            assert_eq!(wrong.parse::<DisplayPlace>(), Err(NotADisplay(wrong.into())), "{wrong}");
        }
    }
}
