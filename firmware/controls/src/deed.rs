//! What a button or key does, as a configuration writes it, and the command that it means in what the host does now.

use std::str::FromStr;

use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Ptz, PtzAction, Shot, Start};
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::turning::Way;

use crate::press::Pressed;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// Starts, or goes on after a pause; held, stops.
    StartStop,
    Start,
    /// When held.
    Stop,
    /// Pauses, or goes on.
    Pause,
    Direct(Mode),
    Scene(String),
    Layout(Shot),
    /// Sends a camera to a preset.
    Preset {
        input: PictureRole,
        preset: String,
    },
    /// Turns a camera, as long as it is held.
    Turn {
        input: PictureRole,
        way: Way,
    },
    /// Nothing: takes a key of the shipped map away.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is nothing that a key does: use start-stop, start, stop, pause, automatic, semi-automatic, manual, scene NAME, \
     layout NAME INPUT …, ptz INPUT go PRESET, ptz INPUT up (or down, left, right, closer, wider), or none"
)]
pub(crate) struct NotADeed(String);

impl FromStr for Deed {
    type Err = NotADeed;

    fn from_str(text: &str) -> Result<Self, NotADeed> {
        let wrong = || NotADeed(text.into());
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        let deed = match word {
            "scene" if !rest.is_empty() => return Ok(Self::Scene(rest.into())),
            "layout" => {
                let mut words = rest.split_whitespace();
                let layout = words.next().ok_or_else(wrong)?.to_owned();
                let inputs: Vec<PictureRole> =
                    words.map(|role| role.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
                let shot = Shot { layout, inputs };
                return (!shot.inputs.is_empty()).then_some(Self::Layout(shot)).ok_or_else(wrong);
            }
            "ptz" => {
                let (input, what) = rest.split_once(' ').ok_or_else(wrong)?;
                let (input, what) = (input.parse().map_err(|_| wrong())?, what.trim());
                return match (what.strip_prefix("go "), Way::named(what)) {
                    (Some(preset), _) => Ok(Self::Preset { input, preset: preset.trim().into() }),
                    (None, Some(way)) => Ok(Self::Turn { input, way }),
                    (None, None) => Err(wrong()),
                };
            }
            "start-stop" => Self::StartStop,
            "start" => Self::Start,
            "stop" => Self::Stop,
            "pause" => Self::Pause,
            "automatic" => Self::Direct(Mode::Automatic),
            "semi-automatic" => Self::Direct(Mode::SemiAutomatic),
            "manual" => Self::Direct(Mode::Manual),
            "none" => Self::Nothing,
            _ => return Err(wrong()),
        };
        if rest.is_empty() { Ok(deed) } else { Err(wrong()) }
    }
}

/// What the host does, as far as a button cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The host does not answer.
    Unreachable,
    /// No lesson, or one that is over.
    Idle,
    Recording,
    Paused,
}

impl Stage {
    pub(crate) fn of(snapshot: Option<&Snapshot>) -> Self {
        let Some(snapshot) = snapshot else { return Self::Unreachable };
        match snapshot.lesson.as_ref().map(|lesson| &lesson.outcome) {
            Some(Outcome::Recording) => Self::Recording,
            Some(Outcome::Paused) => Self::Paused,
            _ => Self::Idle,
        }
    }
}

impl Deed {
    /// Whether it waits to see how long the key is pressed.
    pub(crate) fn can_be_held(&self) -> bool {
        matches!(self, Self::StartStop | Self::Stop)
    }

    /// The command that it means now; a lesson ends by what is held alone.
    pub(crate) fn command(&self, pressed: Pressed, stage: Stage) -> Option<Command> {
        match (self, pressed, stage) {
            (Self::StartStop | Self::Stop, Pressed::Long, Stage::Recording | Stage::Paused) => Some(Command::Stop {}),
            (Self::StartStop | Self::Start, _, Stage::Idle) => Some(Command::Start(Start::default())),
            (Self::StartStop | Self::Start | Self::Pause, _, Stage::Paused) => Some(Command::Resume {}),
            (Self::Pause, _, Stage::Recording) => Some(Command::Pause {}),
            (Self::Direct(mode), ..) => Some(Command::Direct { mode: *mode }),
            (Self::Scene(scene), ..) => Some(Command::Scene { scene: scene.clone() }),
            (Self::Layout(shot), ..) => Some(Command::Layout(shot.clone())),
            (Self::Preset { input, preset }, ..) => {
                Some(Command::Ptz(Ptz { input: *input, action: PtzAction::Go { preset: preset.clone() } }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_does_is_written_as_ketangctl_says_it() {
        let shot = Shot { layout: "side-by-side".into(), inputs: vec![PictureRole::Hdmi, PictureRole::TeacherCloseup] };
        for (text, deed) in [
            ("start-stop", Deed::StartStop),
            (" pause ", Deed::Pause),
            ("manual", Deed::Direct(Mode::Manual)),
            ("scene Group work", Deed::Scene("Group work".into())),
            ("layout side-by-side hdmi  teacher-closeup", Deed::Layout(shot)),
            (
                "ptz teacher-closeup go Left board",
                Deed::Preset { input: PictureRole::TeacherCloseup, preset: "Left board".into() },
            ),
            ("ptz students-closeup wider", Deed::Turn { input: PictureRole::StudentsCloseup, way: Way::Wider }),
            ("none", Deed::Nothing),
        ] {
            assert_eq!(text.parse(), Ok(deed), "{text}");
        }
        for wrong in [
            "",
            "go",
            "stop now",
            "scene",
            "layout",
            "layout single",
            "layout single camera-3",
            "ptz",
            "ptz teacher-closeup",
            "ptz teacher-closeup go",
            "ptz teacher-closeup round",
            "ptz camera-3 up",
        ] {
            assert_eq!(wrong.parse::<Deed>(), Err(NotADeed(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn a_lesson_ends_by_what_is_held_alone() {
        use Pressed::{Long, Short};
        use Stage::{Idle, Paused, Recording, Unreachable};
        let (start, resume) = (Command::Start(Start::default()), Command::Resume {});
        for (deed, pressed, stage, command) in [
            (Deed::StartStop, Short, Idle, Some(start.clone())),
            (Deed::StartStop, Long, Idle, Some(start.clone())),
            (Deed::StartStop, Short, Recording, None),
            (Deed::StartStop, Long, Recording, Some(Command::Stop {})),
            (Deed::StartStop, Short, Paused, Some(resume.clone())),
            (Deed::StartStop, Long, Paused, Some(Command::Stop {})),
            (Deed::StartStop, Long, Unreachable, None),
            (Deed::Stop, Short, Recording, None),
            (Deed::Stop, Long, Recording, Some(Command::Stop {})),
            (Deed::Stop, Long, Idle, None),
            (Deed::Start, Short, Recording, None),
            (Deed::Start, Short, Paused, Some(resume.clone())),
            (Deed::Pause, Short, Recording, Some(Command::Pause {})),
            (Deed::Pause, Short, Paused, Some(resume)),
            (Deed::Pause, Short, Idle, None),
            (Deed::Nothing, Long, Recording, None),
        ] {
            assert_eq!(deed.command(pressed, stage), command, "{deed:?} {pressed:?} {stage:?}");
        }
    }
}
