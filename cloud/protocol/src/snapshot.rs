//! What a host tells of itself: one value, complete, sent whenever it changes.

use ketang_hal::role::{PictureRole, Role, SoundRole};
use serde::{Deserialize, Serialize};

use crate::command::Shot;
use crate::lesson::{LessonId, Outcome};

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
    pub jobs: Vec<Job>,
    /// What needs a person, worst first.
    pub alarms: Vec<Alarm>,
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
    pub running: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    pub shot: Shot,
    pub scenes: Vec<String>,
    pub layouts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureState {
    pub role: PictureRole,
    pub address: String,
    pub live: bool,
    /// In words: the mode while live, the reason while lost.
    pub detail: String,
    /// Losses since the daemon started.
    pub losses: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundState {
    pub role: SoundRole,
    pub address: String,
    pub live: bool,
    pub detail: String,
    /// Root mean square over the last 100 ms, in dBFS.
    pub level_dbfs: f32,
    pub peak_dbfs: f32,
    /// Somebody speaks.
    pub speech: bool,
    pub losses: u64,
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
    /// `finish`, `verify` or `export`.
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
}
