//! Where inputs come from and which are meant.

use std::fmt;

use ketang_hal::address::Address;
use ketang_hal::ptz::PtzAddress;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Unexpected, Visitor};

use super::{Rule, read_by_rule};

read_by_rule! {
    PictureAddress;
    SoundAddress;
    PtzPlace;
    Output;
    OutputSound;
    RoleName<R> where (R);
}

/// Where a picture may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureAddress {
    /// What the board opens.
    Board(Address),
    /// The part of this panorama in which somebody is followed: the digital close-up.
    CloseUp(PictureRole),
}

/// Where sound may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundAddress(pub(in crate::config) Address);

/// What may be followed by a digital close-up: who watches these knows people.
const WATCHED: [PictureRole; 2] = [PictureRole::TeacherPanorama, PictureRole::StudentsPanorama];

impl fmt::Display for PictureAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board(address) => address.fmt(f),
            Self::CloseUp(of) => write!(f, "closeup:{of}"),
        }
    }
}

impl SoundAddress {
    pub fn get(&self) -> &Address {
        &self.0
    }
}

impl Rule for PictureAddress {
    fn expected() -> String {
        "the address of a picture: v4l2:/dev/videoN, rtsp://…, file:/…, closeup:teacher-panorama, pattern or sim".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        if let Some(of) = text.strip_prefix("closeup:") {
            let watched = of.parse().ok().filter(|of| WATCHED.contains(of));
            let why = || format!("a close-up is of {} or {}, and not of `{of}`", WATCHED[0], WATCHED[1]);
            return watched.map(Self::CloseUp).ok_or_else(|| Some(why()));
        }
        match text.parse() {
            Ok(Address::Alsa(_)) => Err(Some(format!("`{text}` is a sound card"))),
            Ok(address) => Ok(Self::Board(address)),
            Err(error) => Err(Some(error.to_string())),
        }
    }
}

impl Rule for SoundAddress {
    fn expected() -> String {
        "the address of a sound: alsa:hw:N, file:/…, pattern or sim".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        match text.parse() {
            Ok(Address::V4l2(_) | Address::Rtsp(_)) => Err(Some(format!("`{text}` is a camera"))),
            Ok(address) => Ok(Self(address)),
            Err(error) => Err(Some(error.to_string())),
        }
    }
}

/// How a camera is turned.
#[derive(Clone, Debug, PartialEq)]
pub struct PtzPlace(PtzAddress);

impl PtzPlace {
    pub fn get(&self) -> &PtzAddress {
        &self.0
    }
}

impl Rule for PtzPlace {
    fn expected() -> String {
        "the address of a camera that turns".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        text.parse().map(Self).map_err(|error: ketang_hal::ptz::PtzError| Some(error.to_string()))
    }
}

/// Where the programme is shown in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// On the display that the board names.
    #[default]
    Board,
    /// On the display of this kernel driver, or on the first of the drivers that are widely used.
    Kms(Option<String>),
    /// In a window on the desktop.
    Window,
    /// Nowhere.
    None,
}

impl Rule for Output {
    fn expected() -> String {
        "one of \"board\", \"kms\", \"kms:DRIVER\", \"window\", \"none\"".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        match text.split_once(':') {
            Some(("kms", driver)) if !driver.is_empty() => Ok(Self::Kms(Some(driver.to_owned()))),
            None if text == "board" => Ok(Self::Board),
            None if text == "kms" => Ok(Self::Kms(None)),
            None if text == "window" => Ok(Self::Window),
            None if text == "none" => Ok(Self::None),
            _ => Err(None),
        }
    }
}

/// Where the programme is heard in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OutputSound {
    /// On the display that the board names.
    #[default]
    Board,
    /// Nowhere.
    None,
    /// On an ALSA device, by its ALSA name.
    Alsa(String),
}

impl Rule for OutputSound {
    fn expected() -> String {
        "\"board\", \"none\" or a sound card: alsa:hw:N".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        match (text, text.parse()) {
            ("board", _) => Ok(Self::Board),
            ("none", _) => Ok(Self::None),
            (_, Ok(Address::Alsa(device))) => Ok(Self::Alsa(device)),
            _ => Err(None),
        }
    }
}

/// A role inside a list.
pub(in crate::config) struct RoleName<R>(R);

impl Rule for RoleName<PictureRole> {
    fn expected() -> String {
        format!("one of {}", PictureRole::ALL.map(PictureRole::as_str).join(", "))
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        text.parse().map(Self).map_err(|_| None)
    }
}

impl Rule for RoleName<Role> {
    fn expected() -> String {
        format!("{}, {}", RoleName::<PictureRole>::expected(), SoundRole::ALL.map(SoundRole::as_str).join(", "))
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        text.parse().map(Self).map_err(|_| None)
    }
}

/// Reads a list of roles.
pub(in crate::config) fn roles<'de, D: Deserializer<'de>, R>(deserializer: D) -> Result<Vec<R>, D::Error>
where
    RoleName<R>: Rule,
{
    let names: Vec<RoleName<R>> = Deserialize::deserialize(deserializer)?;
    Ok(names.into_iter().map(|name| name.0).collect())
}

/// Which inputs are recorded as tracks of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tracks {
    /// Every picture input.
    #[default]
    All,
    Only(Vec<PictureRole>),
}

impl Tracks {
    pub fn holds(&self, role: PictureRole) -> bool {
        match self {
            Self::All => true,
            Self::Only(roles) => roles.contains(&role),
        }
    }
}

impl<'de> Deserialize<'de> for Tracks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TracksVisitor;
        impl<'de> Visitor<'de> for TracksVisitor {
            type Value = Tracks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"all\" or a list of picture roles, such as [\"teacher-panorama\", \"hdmi\"]")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tracks, E> {
                if text == "all" { Ok(Tracks::All) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut roles: A) -> Result<Tracks, A::Error> {
                let mut only = Vec::new();
                while let Some(RoleName(role)) = roles.next_element()? {
                    only.push(role);
                }
                Ok(Tracks::Only(only))
            }
        }
        deserializer.deserialize_any(TracksVisitor)
    }
}
