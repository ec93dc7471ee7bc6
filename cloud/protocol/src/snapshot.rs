//! What a host tells of itself: one value, complete, sent whenever it changes.

use jiff::Timestamp;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_hal::system::Network;
use serde::{Deserialize, Serialize};

use crate::command::Shot;
use crate::directing::Mode;
use crate::lesson::{Lesson, LessonId, Outcome};
use crate::sentence::Sentence;
use crate::system::Clock;
use crate::targets::TargetState;
use crate::timetable::PeriodState;
use crate::update::UpdateState;
use crate::uploads::Uploads;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub host: String,
    pub version: String,
    pub board: String,
    /// The lesson that is recorded or paused now, or that was last.
    pub lesson: Option<LessonState>,
    pub programme: Programme,
    pub pictures: Vec<PictureState>,
    pub sounds: Vec<SoundState>,
    pub storage: Storage,
    /// Those that run, and those that ended within the last minute at least, so that whoever began one learns its end.
    pub jobs: Vec<Job>,
    /// What needs a person, the oldest first.
    pub alarms: Vec<Alarm>,
    /// Whether settings were changed that the host takes up when the lesson, or the work that is in hand, has ended.
    #[serde(default)]
    pub settings_wait: bool,
    /// Today's periods of the timetable, with what became of them, and after them the next, whatever day it is on.
    #[serde(default)]
    pub periods: Vec<PeriodState>,
    /// After so many seconds the host ends any lesson by itself; 0 from a host that does not tell.
    #[serde(default)]
    pub longest_seconds: u64,
    #[serde(default)]
    pub attendance: Attendance,
    #[serde(default)]
    pub clock: Clock,
    /// Absent where the board does not tell.
    #[serde(default)]
    pub network: Option<Network>,
    /// Absent where the system around the host is updated some other way.
    #[serde(default)]
    pub update: Option<UpdateState>,
    /// Absent where lessons are uploaded nowhere.
    #[serde(default)]
    pub uploads: Option<Uploads>,
    /// The live targets, in the order in which they are listed.
    #[serde(default)]
    pub live: Vec<TargetState>,
}

/// How many of the class are there now (JX-12).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attendance {
    /// Absent where it is not known.
    pub heads: Option<u16>,
    /// Why it is not known.
    pub why: Option<Sentence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LessonState {
    pub id: LessonId,
    pub title: Option<String>,
    pub outcome: Outcome,
    /// Recorded so far, pauses not counted.
    pub seconds: f64,
    pub planned_seconds: Option<u64>,
    /// While paused: seconds until recording goes on by itself, where that is configured.
    pub resumes_in_seconds: Option<u64>,
    pub tracks: Vec<TrackState>,
    pub gaps: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackState {
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    pub frames: u64,
    pub dropped: u64,
    /// Frames that the input, though it lived, did not give: the one before stands in their place.
    #[serde(default)]
    pub repeated: u64,
    /// Within so many milliseconds of their capture 99 of 100 frames were encoded (JX-9).
    pub delay_p99_ms: u32,
    pub running: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    pub shot: Shot,
    pub scenes: Vec<String>,
    pub layouts: Vec<String>,
    #[serde(default)]
    pub directing: Directing,
}

/// Who cuts, and why this shot (JX-6).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Directing {
    pub mode: Mode,
    /// The rule set's name.
    pub rules: String,
    /// The rule that what is shown stands for; absent for a shot by hand.
    pub rule: Option<String>,
    /// Why what is shown was put on air.
    pub why: Option<Sentence>,
    /// Seconds until the rules take over again, while a countdown after a cut by hand runs.
    pub returns_in_seconds: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureState {
    pub role: PictureRole,
    pub address: String,
    pub live: bool,
    /// In words, the reason while lost; empty while live.
    pub detail: String,
    /// Losses since the daemon started.
    pub losses: u64,
    /// Where its camera turns: absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ptz: Option<PtzState>,
    /// By what it is watched for people: absent where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<ZonesState>,
}

/// Zones and masks of a camera, by number; the outlines themselves are at `/v1/zones/{input}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZonesState {
    pub zones: u32,
    pub masks: u32,
    /// Drawn on the pages, rather than the host's file.
    pub drawn: bool,
    /// Whoever watches the picture looks by them.
    pub in_use: bool,
}

/// A camera that turns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PtzState {
    pub address: String,
    /// Whether the camera answers.
    pub live: bool,
    /// In words: what it calls itself while live, the reason while lost.
    pub detail: String,
    /// Degrees, degrees and a factor, rounded; absent until it has told.
    pub pan: Option<f64>,
    pub tilt: Option<f64>,
    pub zoom: Option<f64>,
    /// The preset that it is on its way to: its picture is not shown live.
    pub going_to: Option<String>,
    /// The preset at which it has stood since.
    pub at: Option<String>,
    /// The presets' names.
    pub presets: Vec<String>,
    #[serde(default)]
    pub calibration: PtzCalibration,
    /// Whether the host turns it by itself now.
    #[serde(default)]
    pub follows: bool,
    /// Seconds until the host turns it by itself again, while a countdown after a hand runs.
    #[serde(default)]
    pub returns_in_seconds: Option<u64>,
}

/// How well it is known where a camera must look to see a point of the panorama.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PtzCalibration {
    /// The panorama; absent where the room has none for this camera.
    pub panorama: Option<PictureRole>,
    /// Points that were shown so far; four make a calibration.
    pub points: u32,
    /// Calibrated: by so many degrees the points are off, in the middle.
    pub off_degrees: Option<f64>,
    /// In words, where it cannot be used: why, with the remedy.
    pub fault: Option<Sentence>,
    /// By so many degrees it was off when it was checked last.
    pub checked_degrees: Option<f64>,
}

/// The level that stands for silence: JSON has no infinity.
pub const SILENCE_DBFS: f32 = -120.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundState {
    pub role: SoundRole,
    pub address: String,
    pub live: bool,
    pub detail: String,
    /// Root mean square over the last 50 ms with its gain, in dBFS, never below [`SILENCE_DBFS`], which it is while muted.
    pub level_dbfs: f32,
    /// The greatest since the snapshot before, likewise.
    pub peak_dbfs: f32,
    /// Somebody speaks; not told of a muted one.
    pub speech: bool,
    pub losses: u64,
    /// How loud people want it, in decibels; 0 is how the host mixes it.
    #[serde(default)]
    pub gain_db: f32,
    /// It is heard in no mix.
    #[serde(default)]
    pub muted: bool,
    /// The capture side of its sound card, where it has one with controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub card: Vec<CardControl>,
}

/// A control of a sound card's capture side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardControl {
    /// What the card calls it: `Mic`, `Capture` …
    pub name: String,
    /// Of its range; absent where it has no volume.
    pub percent: Option<u8>,
    /// Absent where it has no switch.
    pub on: Option<bool>,
}

impl CardControl {
    /// Whether nothing can come through it.
    pub fn is_shut(&self) -> bool {
        self.on == Some(false) || self.percent == Some(0)
    }
}

impl From<ketang_hal::sound::CaptureControl> for CardControl {
    fn from(control: ketang_hal::sound::CaptureControl) -> Self {
        let ketang_hal::sound::CaptureControl { name, percent, on } = control;
        Self { name, percent, on }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    pub free_bytes: u64,
    pub total_bytes: u64,
    /// How many more lessons of the usual length fit.
    pub lessons_left: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: u64,
    /// `finish`, `verify`, `export`, `export-encoded` (an export that turned out to need encoding), `recut` into a file or
    /// `recut-into` its lesson.
    pub what: String,
    pub lesson: LessonId,
    /// 0 to 1.
    pub progress: f64,
    pub state: JobState,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    Running,
    Done,
    Failed { why: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// A stable name, such as `disk-low`.
    pub alarm: String,
    pub input: Option<Role>,
    /// What is wrong and what to do, in both languages.
    pub chinese: String,
    pub english: String,
    /// For IT alone: no lesson suffers from it, and no teacher can mend it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_it: bool,
}

/// A lesson as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LessonSummary {
    pub id: LessonId,
    pub title: Option<String>,
    pub teacher: Option<String>,
    pub started: Timestamp,
    /// Recorded length of its longest track, in seconds.
    pub seconds: f64,
    /// Of all its files.
    pub bytes: u64,
    pub outcome: Outcome,
    pub gaps: u32,
    /// Whether the last verification was passed; absent before one.
    pub verified: Option<bool>,
    pub confirmed_upstream: bool,
    /// How many were there at most, where that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<u16>,
}

impl From<&Lesson> for LessonSummary {
    fn from(lesson: &Lesson) -> Self {
        let parts = || lesson.tracks.iter().flat_map(|track| &track.parts);
        Self {
            id: lesson.id.clone(),
            title: lesson.title.clone(),
            teacher: lesson.teacher.clone(),
            started: lesson.started,
            seconds: lesson.recorded_seconds(),
            bytes: parts().map(|part| part.bytes).sum(),
            outcome: lesson.outcome.clone(),
            gaps: u32::try_from(lesson.gaps.len()).unwrap_or(u32::MAX),
            verified: lesson.verdict.as_ref().map(|verdict| verdict.ok),
            confirmed_upstream: lesson.confirmed_upstream,
            heads: lesson.attendance.as_ref().map(|attendance| attendance.heads),
        }
    }
}

/// A lesson in the trash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletedLesson {
    pub lesson: LessonSummary,
    pub deleted: Timestamp,
    /// It can be taken back until then, unless a lesson needs its room before.
    pub until: Timestamp,
}

/// An input that the host can see, whether it is configured or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundInput {
    /// As the configuration writes it.
    pub address: String,
    /// What the device calls itself.
    pub name: String,
    /// What it can deliver, in words, best first.
    pub modes: Vec<String>,
}

impl From<ketang_hal::board::FoundInput> for FoundInput {
    fn from(found: ketang_hal::board::FoundInput) -> Self {
        Self { address: found.address.to_string(), name: found.name, modes: found.modes }
    }
}
