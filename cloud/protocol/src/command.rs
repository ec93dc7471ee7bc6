//! What anybody may ask of a host, and what it answers.

use std::path::PathBuf;

use ketang_hal::role::PictureRole;
use serde::{Deserialize, Serialize};

use crate::lesson::LessonId;

/// A command with the name of who sent it, as it goes into the lesson's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The surface that sent it: `ketangctl`, `panel`, `button`, `timetable` …
    pub from: String,
    pub command: Command,
}

/// The commands of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    Start(Start),
    /// Ends the lesson; it is finished and verified afterwards.
    Stop {},
    Pause {},
    Resume {},
    /// Shows a scene by its name.
    Scene {
        scene: String,
    },
    /// Shows inputs in a layout, filling its panes in order.
    Layout(Shot),
    /// Checks a lesson again. Answers at once with a job.
    Verify {
        lesson: LessonId,
    },
    /// Copies a lesson, or a piece of it, to a folder. Answers at once with a job.
    Export(Export),
    /// Says that the platform holds this lesson whole, so that it may be deleted when room is needed.
    Confirm {
        lesson: LessonId,
    },
}

/// How a lesson begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    pub title: Option<String>,
    pub teacher: Option<String>,
    /// How long the lesson is planned to last. After a power cut it goes on only inside this time.
    pub planned_seconds: Option<u64>,
}

/// Which inputs are shown, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shot {
    /// A layout's name, such as `single`, `side-by-side` or `one-and-three`.
    pub layout: String,
    /// The inputs, one a pane.
    pub inputs: Vec<PictureRole>,
}

/// What to copy out of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    pub lesson: LessonId,
    /// The track, such as `programme` or `hdmi`.
    pub track: String,
    /// The file to write; with `parts` the stem of the files.
    pub to: PathBuf,
    /// Seconds into the lesson; the beginning where absent.
    #[serde(default)]
    pub from_seconds: Option<f64>,
    /// Seconds into the lesson; the end where absent.
    #[serde(default)]
    pub to_seconds: Option<f64>,
    /// Several files below the part limit (HB-5) instead of one.
    #[serde(default)]
    pub parts: bool,
}

/// The answer to a command: what was begun, or why not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    Done {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lesson: Option<LessonId>,
        /// The number of the job that now runs; its progress is in the snapshot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<u64>,
    },
    Refused(Refusal),
}

/// Why a command was not carried out, with the remedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: RefusalCode,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The command does not fit the host's state, such as `stop` without a lesson.
    WrongState,
    /// A name is not known: a scene, a layout, an input, a lesson.
    NotFound,
    /// The command's values make no sense.
    Invalid,
    /// No room is left on the disk.
    NoSpace,
    /// Something that the command needs failed.
    Failed,
}
