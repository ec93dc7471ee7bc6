//! Where an input is, as the configuration writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::HalError;

/// The address of an input: `v4l2:/dev/video0`, `rtsp://camera/stream`, `alsa:hw:1,0`, `file:/clip.mp4`, `pattern` or `sim`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    V4l2(PathBuf),
    /// The whole URL without credentials; those stand in keys of their own.
    Rtsp(String),
    Alsa(String),
    File(PathBuf),
    /// Test bars or a test tone.
    Pattern,
    /// This role's input of the simulated room.
    Sim,
}

impl FromStr for Address {
    type Err = HalError;

    fn from_str(text: &str) -> Result<Self, HalError> {
        let bad = |why: &str| HalError::BadAddress { address: text.to_owned(), why: why.to_owned() };
        match text {
            "sim" => return Ok(Self::Sim),
            "pattern" => return Ok(Self::Pattern),
            _ => {}
        }
        if text.starts_with("rtsp://") || text.starts_with("rtsps://") {
            let authority = text.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            if authority.is_empty() {
                return Err(bad("the host is missing"));
            }
            if authority.contains('@') {
                return Err(bad("the user and password belong in the keys `user` and `password`"));
            }
            return Ok(Self::Rtsp(text.to_owned()));
        }
        match text.split_once(':') {
            Some((_, "")) => Err(bad("nothing follows the colon")),
            Some(("v4l2", device)) => Ok(Self::V4l2(device.into())),
            Some(("alsa", device)) => Ok(Self::Alsa(device.to_owned())),
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some((scheme, _)) => Err(bad(&format!("`{scheme}` is not a kind of input"))),
            None => Err(bad("the kind of input is missing")),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = HalError;
    fn try_from(text: String) -> Result<Self, HalError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4l2(path) => write!(f, "v4l2:{}", path.display()),
            Self::Rtsp(url) => f.write_str(url),
            Self::Alsa(device) => write!(f, "alsa:{device}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Pattern => f.write_str("pattern"),
            Self::Sim => f.write_str("sim"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were_written() {
        for text in ["v4l2:/dev/video0", "rtsp://10.0.0.9/ch1", "alsa:hw:1,0", "file:/a b.mp4", "pattern", "sim"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_address_says_what_to_write() {
        for text in ["", "camera", "v4l2:", "usb:1", "rtsp://", "rtsp://a:b@host/x"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("use v4l2:/dev/videoN"), "{error}");
        }
    }
}
