//! What is known of the room, one subject at a time, as whoever watches it says it. Plain data that is logged with the
//! lesson, one line of JSON each, so that the lesson can be directed again without eyes and ears.
//!
//! Each observation replaces what was known of its subject. Whoever watches repeats it every two seconds or oftener, for
//! what is not renewed is forgotten (`forget-after`). Everything may be unknown: `None` is never a reason for a cut.

use ketang_hal::role::PictureRole;
use serde::{Deserialize, Serialize};

/// Something that was seen, heard or measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum Observation {
    Teacher(Teacher),
    Students(Students),
    Computer(Computer),
    Speech(Speech),
    Input(InputState),
    Camera(CameraState),
}

/// How sure an observer is, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sure(pub u8);

impl Sure {
    pub const QUITE: Sure = Sure(100);

    /// From a share, 0 to 1; what is no number is not sure at all.
    pub fn from_share(share: f32) -> Self {
        Self((share.clamp(0.0, 1.0) * 100.0).round() as u8)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// Where the teacher is; `None` where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// What the teacher stands beside, within about a metre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    /// Writing at the board at this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<bool>,
    /// On the way, rather than standing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walking: Option<bool>,
    /// Whether the teacher's close-up shows the teacher well: found, in frame, not too close by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closeup: Option<bool>,
    pub sure: Sure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// The front of the room but for the board: where lecturing is done.
    Podium,
    Board,
    /// Among the students.
    Students,
    /// Out of every picture.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Near {
    Lectern,
    Board,
    /// The projector's screen or the large display.
    Screen,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Students {
    /// Those who stand, in any order; `None` where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Vec<Student>>,
    /// Those who raise a hand and sit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands: Option<Vec<Student>>,
    /// How many people the class camera shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<u16>,
}

/// One student, known by a number that stays the same while the student is followed, and by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Student {
    pub id: u32,
    /// The head's place in the students' panorama, in thousandths of its width and height from the top left corner.
    pub x: u16,
    pub y: u16,
    pub sure: Sure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computer {
    /// `None` where that cannot be told.
    pub screen: Option<Screen>,
}

/// What the computer's picture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    Unchanged,
    /// The slide changed just now. A moment, not a state: with the next moment it counts as unchanged.
    SlideChanged,
    Video,
    /// Nothing but the pointer moves.
    Pointer,
    /// The computer gives no picture, or a black one.
    NoSignal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<bool>,
    /// Somebody but the teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<bool>,
}

/// Whether a picture comes in. Said when it changes; not forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputState {
    pub input: PictureRole,
    pub live: bool,
}

/// What a camera that turns does. Said when it changes; not forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraState {
    pub input: PictureRole,
    /// It is on its way to a preset, or on a way as far, and so not to be shown.
    pub moving: bool,
    /// Whether it looks at whom it is for: the teacher, or the student who has the word. `None` where nobody turns it by rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_is_one_short_line() {
        let teacher = Teacher { zone: Some(Zone::Board), writing: Some(true), sure: Sure(92), ..Teacher::default() };
        let line = serde_json::to_string(&Observation::Teacher(teacher.clone())).unwrap();
        assert_eq!(line, r#"{"of":"teacher","zone":"board","writing":true,"sure":92}"#);
        assert_eq!(serde_json::from_str::<Observation>(&line).unwrap(), Observation::Teacher(teacher));
        let lost = r#"{"of":"input","input":"hdmi","live":false}"#;
        let read: Observation = serde_json::from_str(lost).unwrap();
        assert_eq!(read, Observation::Input(InputState { input: PictureRole::Hdmi, live: false }));
        assert!(serde_json::from_str::<Observation>(r#"{"of":"teacher","sure":9,"mood":"good"}"#).is_err());
    }

    #[test]
    fn a_share_becomes_percent() {
        assert_eq!([0.0, 0.826, 1.5, f32::NAN].map(Sure::from_share), [Sure(0), Sure(83), Sure(100), Sure(0)]);
    }
}
