//! What anybody may ask of a host, and what it answers.

use std::path::PathBuf;

use ketang_hal::ptz::Steer;
use ketang_hal::role::{PictureRole, SoundRole};
use serde::{Deserialize, Serialize};

use crate::directing::Mode;
use crate::lesson::LessonId;
use crate::update::UpdateAction;

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
    /// Plans the lesson that runs for longer: from its planned end, or from now where that is over.
    Extend {
        minutes: u32,
    },
    /// Begins a chapter of the lesson that runs.
    Chapter {
        #[serde(default)]
        title: Option<String>,
    },
    /// Shows a scene by its name.
    Scene {
        scene: String,
    },
    /// Shows inputs in a layout, filling its panes in order.
    Layout(Shot),
    /// Who cuts from now on (JX-6). Any shot by hand starts a countdown, after which the host directs again.
    Direct {
        mode: Mode,
    },
    /// Turns a camera (JX-6). Answers when the host has taken it; what came of it is in the snapshot and the lesson's events.
    Ptz(Ptz),
    /// How loud a microphone is in every mix, and whether it is heard at all (JX-10). What is absent stays as it is.
    Sound(Sound),
    /// Sets a control of a microphone's sound card, such as a capture switch that is off.
    SoundCard(SoundCard),
    /// Checks a lesson again. Answers at once with a job.
    Verify {
        lesson: LessonId,
    },
    /// Checks a lesson's folder that the host has not recorded itself, such as one on a disk of another host. Answers at
    /// once with a job; the verdict is written into the folder's `lesson.json`.
    VerifyFolder {
        folder: PathBuf,
    },
    /// Copies a lesson, or a piece of it, to a folder. Answers at once with a job.
    Export(Export),
    /// Makes the programme of a lesson that is over anew, from its tracks and what the director was told. Answers at once with
    /// a job.
    Recut(Recut),
    /// Says that the platform holds this lesson whole, so that it may be deleted when room is needed.
    Confirm {
        lesson: LessonId,
    },
    /// Gives a lesson that is over another title or teacher.
    Rename(Rename),
    /// Puts a lesson that is over into the trash: out of sight at once, kept for a while, and the first to go when room is needed.
    Delete {
        lesson: LessonId,
        /// Insists, where the platform does not hold the lesson.
        #[serde(default)]
        unconfirmed: bool,
    },
    /// Takes a lesson back from the trash.
    Restore {
        lesson: LessonId,
    },
    /// Updates the system around the host. Answers when the host has taken it; what came of it is in the snapshot.
    Update {
        action: UpdateAction,
    },
    /// Pushes the programme to a live target, until it is ended or the lesson is.
    LiveStart {
        target: String,
    },
    /// Ends that.
    LiveStop {
        target: String,
    },
    /// Pushes to a target for a moment, to see whether it works; what came of it is in the snapshot.
    LiveTest {
        target: String,
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
    /// Without a planned end, rather than with the host's usual length: it runs until somebody stops it, or for the host's longest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub open_end: bool,
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

/// What a camera that turns is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ptz {
    /// The input whose camera it is.
    pub input: PictureRole,
    pub action: PtzAction,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PtzAction {
    /// Turns on, as a joystick does: say it again at least every second, or the camera stops by itself.
    Steer(Steer),
    Stop {},
    /// Goes to a preset; the picture is not shown live on the way.
    Go {
        preset: String,
    },
    /// Stores where it looks now as a preset.
    Set {
        preset: String,
    },
    /// What it has in the middle of its picture stands at this point of the panorama: one of the points that calibrate it.
    Calibrate(Point),
    /// Forgets every such point.
    Uncalibrate {},
    /// As `calibrate`, but to be compared with what is known: how far off is it?
    Check(Point),
    /// Turns so that a point of the panorama is in the middle of its picture.
    Look(Point),
    /// The host turns it by itself again, now.
    Follow {},
}

/// A point of a picture, in shares of its width and height from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    fn is_inside(&self) -> bool {
        [self.x, self.y].iter().all(|share| (0.0..=1.0).contains(share))
    }
}

/// The volume of a microphone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sound {
    pub role: SoundRole,
    /// In decibels, from [`Self::LEAST_DB`] to [`Self::MOST_DB`]; 0 is how the host mixes it. Kept over restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_db: Option<f32>,
    /// Until the next lesson begins, or the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
}

/// A control of a sound card's capture side, by the name that the card gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundCard {
    pub role: SoundRole,
    pub control: String,
    /// Of its range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
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

/// How to make a programme anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recut {
    pub lesson: LessonId,
    /// The name of a rule set that ships, or the absolute path of a file of rules; as the lesson was directed where absent.
    #[serde(default)]
    pub rules: Option<String>,
    /// The file to write; where absent the new programme takes the place of the lesson's.
    #[serde(default)]
    pub to: Option<PathBuf>,
    /// Leaves out the room's own rules, which are laid over the others otherwise.
    #[serde(default)]
    pub without_room_rules: bool,
}

/// What a lesson is to be called. What is absent stays as it is; an empty text takes it away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    pub lesson: LessonId,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub teacher: Option<String>,
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

/// Why a command was not carried out, with the remedy, in both languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: RefusalCode,
    pub chinese: String,
    pub english: String,
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
    /// Somebody else has changed the same thing meanwhile.
    ChangedMeanwhile,
    /// No room is left on the disk.
    NoSpace,
    /// Something that the command needs failed.
    Failed,
    /// The host is starting or stopping, or does not answer.
    Unavailable,
}

impl Refusal {
    pub fn new(code: RefusalCode, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { code, chinese: chinese.into(), english: english.into() }
    }
}

fn invalid(chinese: &str, english: &str) -> Result<(), Refusal> {
    Err(Refusal::new(RefusalCode::Invalid, chinese, english))
}

fn relative(key: &str) -> Result<(), Refusal> {
    invalid(
        &format!("`{key}` 要写绝对路径：主机不知道您的当前目录"),
        &format!("`{key}` is an absolute path: the host does not know where you are"),
    )
}

fn one_line(key: &str, text: Option<&str>) -> Result<(), Refusal> {
    if text.is_some_and(|text| text.len() > 400 || text.contains(char::is_control)) {
        return invalid(
            &format!("`{key}` 是一行文字，最长 400 字节"),
            &format!("`{key}` is a text of one line, at most 400 bytes long"),
        );
    }
    Ok(())
}

impl Request {
    /// Refuses values that make no sense in any state of any host. Every surface asks this before it hands a request on.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.from.is_empty() || self.from.len() > 64 || self.from.contains(char::is_control) {
            return invalid(
                "`from` 说明由谁发出命令，长度为 1 到 64 个字符",
                "`from` names who sends the command, in 1 to 64 characters",
            );
        }
        match &self.command {
            Command::Start(start) => start.check(),
            Command::Extend { minutes: 0 } => {
                invalid("延长的时间必须大于 0 分钟", "a lesson is extended by more than 0 min")
            }
            Command::Chapter { title } => one_line("title", title.as_deref()),
            Command::LiveStart { target } | Command::LiveStop { target } | Command::LiveTest { target } => {
                one_line("target", Some(target))
            }
            Command::Layout(shot) if shot.inputs.is_empty() => {
                invalid("`inputs` 至少要写一个画面输入", "`inputs` names at least one picture input")
            }
            Command::Verify { lesson }
            | Command::Confirm { lesson }
            | Command::Delete { lesson, .. }
            | Command::Restore { lesson } => lesson.check(),
            Command::Rename(rename) => rename.check(),
            Command::VerifyFolder { folder } if folder.is_relative() => relative("folder"),
            Command::Update { action } if action.bundle().is_some_and(std::path::Path::is_relative) => {
                relative("bundle")
            }
            Command::Export(export) => export.check(),
            Command::Recut(recut) => recut.check(),
            Command::Sound(sound) => sound.check(),
            Command::SoundCard(card) => card.check(),
            Command::Ptz(Ptz { action: PtzAction::Steer(steer), .. }) if *steer != steer.bounded() => invalid(
                "`pan`、`tilt`、`zoom` 都是最快速度的份额，从 −1 到 1",
                "`pan`, `tilt` and `zoom` are shares of the greatest speed, from -1 to 1",
            ),
            Command::Ptz(Ptz {
                action: PtzAction::Calibrate(point) | PtzAction::Check(point) | PtzAction::Look(point),
                ..
            }) if !point.is_inside() => invalid(
                "`x`、`y` 是全景画面宽、高的份额，从左上角算起，0 至 1",
                "`x` and `y` are shares of the panorama's width and height from its top left corner, 0 to 1",
            ),
            _ => Ok(()),
        }
    }
}

impl Start {
    fn check(&self) -> Result<(), Refusal> {
        one_line("title", self.title.as_deref())?;
        one_line("teacher", self.teacher.as_deref())?;
        match self.planned_seconds {
            Some(0) => invalid(
                "课程时长必须大于 0 秒：请写更长的时间，或不写 `planned_seconds`",
                "a lesson lasts longer than 0 s: plan more, or leave `planned_seconds` out",
            ),
            Some(_) if self.open_end => invalid(
                "`open_end` 表示不限时：不要同时写 `planned_seconds`",
                "`open_end` is a lesson without a planned end: leave `planned_seconds` out",
            ),
            _ => Ok(()),
        }
    }
}

impl Sound {
    pub const LEAST_DB: f32 = -60.0;
    pub const MOST_DB: f32 = 20.0;

    fn check(&self) -> Result<(), Refusal> {
        if self.gain_db.is_none() && self.muted.is_none() {
            return invalid("请给出 `gain_db` 或 `muted`", "name a `gain_db` or `muted`");
        }
        if self.gain_db.is_some_and(|gain| !(Self::LEAST_DB..=Self::MOST_DB).contains(&gain)) {
            return invalid("`gain_db` 从 −60 到 20，单位分贝", "`gain_db` is from -60 to 20, in decibels");
        }
        Ok(())
    }
}

impl SoundCard {
    fn check(&self) -> Result<(), Refusal> {
        one_line("control", Some(&self.control))?;
        if self.percent.is_none() && self.on.is_none() {
            return invalid("请给出 `percent` 或 `on`", "name a `percent` or `on`");
        }
        if self.percent.is_some_and(|percent| percent > 100) {
            return invalid("`percent` 从 0 到 100", "`percent` is from 0 to 100");
        }
        Ok(())
    }
}

impl Rename {
    fn check(&self) -> Result<(), Refusal> {
        self.lesson.check()?;
        if self.title.is_none() && self.teacher.is_none() {
            return invalid("请给出新的 `title` 或 `teacher`", "name a new `title` or `teacher`");
        }
        one_line("title", self.title.as_deref())?;
        one_line("teacher", self.teacher.as_deref())
    }
}

impl Recut {
    fn check(&self) -> Result<(), Refusal> {
        self.lesson.check()?;
        if self.to.as_ref().is_some_and(|to| to.is_relative()) { relative("to") } else { Ok(()) }
    }
}

impl Export {
    fn check(&self) -> Result<(), Refusal> {
        self.lesson.check()?;
        if self.to.is_relative() {
            return relative("to");
        }
        let (from, to) = (self.from_seconds.unwrap_or(0.0), self.to_seconds.unwrap_or(f64::MAX));
        if !(from.is_finite() && to.is_finite() && from >= 0.0 && from < to) {
            return invalid(
                "片段的结束早于开始：`from_seconds` 不能为负，并且要小于 `to_seconds`",
                "the piece ends before it begins: `from_seconds` is not negative and less than `to_seconds`",
            );
        }
        Ok(())
    }
}

impl LessonId {
    /// Refuses what cannot be a lesson's name, so that an id never leads out of the lessons' directory.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.is_well_formed() {
            return Ok(());
        }
        let chinese = format!("`{}` 不是课程编号（例如 20261122-081500-0042）：可用 `lessons` 列出", self.0);
        let english = format!("`{}` is not a lesson's id, such as 20261122-081500-0042: `lessons` lists them", self.0);
        Err(Refusal::new(RefusalCode::NotFound, chinese, english))
    }
}
