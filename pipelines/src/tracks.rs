//! What is recorded: the names of tracks and how each is made.

use std::fmt;

use ketang_hal::role::PictureRole;
use serde::{Deserialize, Serialize};

use crate::encode::H264Settings;
use crate::plan::Shortage;

/// A track of a lesson. Names files and lines of the lesson's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TrackName {
    /// The mixed picture with the mixed sound (电影模式).
    Programme,
    /// One input's picture with the mixed sound (资源模式).
    Input(PictureRole),
    /// Sound alone: the teacher on channel 1, the room on channel 2 (HB-2).
    Sound,
    /// Sound alone, of the next best microphone, whatever happens to the teacher's.
    SoundFallback,
}

impl TrackName {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Input(role) => role.as_str(),
            Self::Sound => "sound",
            Self::SoundFallback => "sound-fallback",
        }
    }
}

impl TrackName {
    /// The track of this name.
    pub fn named(name: &str) -> Option<Self> {
        let inputs = PictureRole::ALL.map(Self::Input);
        [Self::Programme, Self::Sound, Self::SoundFallback]
            .into_iter()
            .chain(inputs)
            .find(|track| track.as_str() == name)
    }
}

impl fmt::Display for TrackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a track is made.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackMaking {
    /// The host encodes the picture.
    Encode(H264Settings),
    /// The network camera's own H.264 is recorded as it comes. Where that becomes unfit for it, the host encodes the picture like this.
    AsItComes(H264Settings),
    /// There is no picture.
    SoundOnly,
}

/// A track that is to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackPlan {
    pub name: TrackName,
    pub making: TrackMaking,
    /// Why it is less than was asked for, if it is.
    pub lowered: Option<Shortage>,
}
