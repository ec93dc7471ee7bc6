//! The roles of inputs. The same names stand in configuration, file names, commands and on screens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a picture input shows (JX-2, JX-3, JX-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PictureRole {
    TeacherPanorama,
    TeacherCloseup,
    StudentsPanorama,
    StudentsCloseup,
    /// The computer: HDMI or VGA in.
    Hdmi,
    /// A camera of its own on the blackboard, where a room has one.
    Board,
}

impl PictureRole {
    pub const ALL: [Self; 6] = [
        Self::TeacherPanorama,
        Self::TeacherCloseup,
        Self::StudentsPanorama,
        Self::StudentsCloseup,
        Self::Hdmi,
        Self::Board,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TeacherPanorama => "teacher-panorama",
            Self::TeacherCloseup => "teacher-closeup",
            Self::StudentsPanorama => "students-panorama",
            Self::StudentsCloseup => "students-closeup",
            Self::Hdmi => "hdmi",
            Self::Board => "board",
        }
    }

    /// The role's name as a Chinese screen shows it.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::TeacherPanorama => "教师全景",
            Self::TeacherCloseup => "教师特写",
            Self::StudentsPanorama => "学生全景",
            Self::StudentsCloseup => "学生特写",
            Self::Hdmi => "电脑画面",
            Self::Board => "板书",
        }
    }

    /// The role's name as an English screen shows it.
    pub fn english(self) -> &'static str {
        match self {
            Self::TeacherPanorama => "Teacher panorama",
            Self::TeacherCloseup => "Teacher close-up",
            Self::StudentsPanorama => "Students panorama",
            Self::StudentsCloseup => "Students close-up",
            Self::Hdmi => "Computer",
            Self::Board => "Board",
        }
    }
}

/// What a microphone or sound line hears (JX-10, HB-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundRole {
    TeacherMic,
    RoomMic,
    /// The computer's sound.
    LineIn,
}

impl SoundRole {
    pub const ALL: [Self; 3] = [Self::TeacherMic, Self::RoomMic, Self::LineIn];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TeacherMic => "teacher-mic",
            Self::RoomMic => "room-mic",
            Self::LineIn => "line-in",
        }
    }

    /// The role's name as a Chinese screen shows it.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::TeacherMic => "教师话筒",
            Self::RoomMic => "教室拾音",
            Self::LineIn => "电脑声音",
        }
    }

    /// The role's name as an English screen shows it.
    pub fn english(self) -> &'static str {
        match self {
            Self::TeacherMic => "Teacher microphone",
            Self::RoomMic => "Room microphone",
            Self::LineIn => "Computer sound",
        }
    }
}

/// Any input, picture or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Role {
    Picture(PictureRole),
    Sound(SoundRole),
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picture(role) => role.as_str(),
            Self::Sound(role) => role.as_str(),
        }
    }

    pub fn chinese(self) -> &'static str {
        match self {
            Self::Picture(role) => role.chinese(),
            Self::Sound(role) => role.chinese(),
        }
    }

    pub fn english(self) -> &'static str {
        match self {
            Self::Picture(role) => role.english(),
            Self::Sound(role) => role.english(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a role: use teacher-panorama, teacher-closeup, students-panorama, students-closeup, hdmi, board, teacher-mic, room-mic or line-in"
)]
pub struct NotARole(String);

impl FromStr for PictureRole {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| NotARole(text.to_owned()))
    }
}

impl FromStr for SoundRole {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| NotARole(text.to_owned()))
    }
}

impl FromStr for Role {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        text.parse().map(Self::Picture).or_else(|_| text.parse().map(Self::Sound))
    }
}

impl From<PictureRole> for Role {
    fn from(role: PictureRole) -> Self {
        Self::Picture(role)
    }
}

impl From<SoundRole> for Role {
    fn from(role: SoundRole) -> Self {
        Self::Sound(role)
    }
}

impl fmt::Display for PictureRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for SoundRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
