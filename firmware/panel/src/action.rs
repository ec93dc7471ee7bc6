//! What a touch can mean, and where on the screen it means it.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::LessonId;
use ketang_protocol::turning::Way;

use crate::theme::Theme;
use crate::view::Screen;
use crate::words::Language;

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Begins a lesson with the chosen name and length.
    Start,
    /// Chooses the name of the lesson to come; the same again takes the choice back.
    Name {
        title: String,
        teacher: Option<String>,
    },
    /// Chooses the length of the lesson to come, in minutes; `None` is an open end.
    Plan(Option<u32>),
    /// Shows a picture or several.
    Show(Shot),
    /// Says who cuts from now on.
    Direct(Mode),
    /// Mutes a microphone, or opens it.
    Mute {
        role: SoundRole,
        muted: bool,
    },
    /// Makes a microphone so loud, in decibels.
    Volume {
        role: SoundRole,
        gain_db: f32,
    },
    /// Chooses the camera that is turned.
    Camera(PictureRole),
    /// Turns a camera, as long as a finger lies on it.
    Turn {
        input: PictureRole,
        way: Way,
    },
    /// Sends a camera to a preset.
    Preset {
        input: PictureRole,
        preset: String,
    },
    Pause,
    Resume,
    /// Opens or closes the rest of a lesson's controls.
    More(bool),
    Chapter,
    /// Plans the lesson for so many minutes more.
    Extend(u32),
    /// Ends the lesson after a few seconds in which it can be undone.
    Stop,
    /// Takes the stop back.
    GoOn,
    Open(Screen),
    Page(usize),
    /// Shows others of the layouts.
    Layouts(usize),
    Speak(Language),
    Look(Theme),
    /// In percent.
    Brightness(u8),
    Lock,
    /// A key of the PIN pad.
    Digit(u8),
    Erase,
    /// Closes the report of an ended lesson.
    Seen(LessonId),
    /// Lets IT's page in.
    BeginAssistance,
    /// Shows IT's page the door.
    EndAssistance,
}

/// A place on the screen that can be touched.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub area: Rectangle,
    pub action: Action,
}

/// The action at a place, if there is one. What was drawn last lies on top.
pub(crate) fn at(targets: &[Target], place: Point) -> Option<&Action> {
    targets.iter().rev().find(|target| target.area.contains(place)).map(|target| &target.action)
}
