//! The record of a lesson: `lesson.json` and the lines of `events.jsonl`.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use serde::{Deserialize, Serialize};

use crate::command::{Command, Shot};
use crate::directing::Reason;
use crate::sentence::Sentence;

/// The version of `lesson.json` that this code writes.
pub const FORMAT: u32 = 1;

/// A lesson's name on disk and on every wire: the UTC time of its start and the host's counter, such as `20261122-081500-0042`.
///
/// It becomes a folder's name, so what comes over a wire is refused unless it is made of letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LessonId(pub String);

impl LessonId {
    /// The longest name that is accepted, in bytes.
    const LONGEST: usize = 64;
    const TIME: &'static str = "%Y%m%d-%H%M%S";

    /// The name of the lesson that starts at `started` as this host's `number`th.
    pub fn new(started: Timestamp, number: u32) -> Self {
        Self(format!("{}-{number:04}", started.strftime(Self::TIME)))
    }

    /// Whether it may be a folder's name.
    pub fn is_well_formed(&self) -> bool {
        let name = &self.0;
        (1..=Self::LONGEST).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !name.starts_with('-')
    }

    /// The host's counter in the name, where the name is one that [`LessonId::new`] made.
    pub fn number(&self) -> Option<u32> {
        self.started()?;
        self.0.rsplit('-').next()?.parse().ok()
    }

    /// The time of its start as the name tells it, in whole seconds.
    pub fn started(&self) -> Option<Timestamp> {
        let (time, _) = self.0.rsplit_once('-')?;
        let civil = jiff::civil::DateTime::strptime(Self::TIME, time).ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    }
}

impl TryFrom<String> for LessonId {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let id = Self(name);
        if id.is_well_formed() {
            return Ok(id);
        }
        Err(format!("`{}` is not a lesson's name: `ketangctl lessons` lists those that there are", id.0.escape_debug()))
    }
}

impl From<LessonId> for String {
    fn from(id: LessonId) -> String {
        id.0
    }
}

impl fmt::Display for LessonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `lesson.json`. The folder alone is enough to rebuild the host's ledger row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub format: u32,
    pub id: LessonId,
    /// The host that recorded it.
    pub host: String,
    pub title: Option<String>,
    pub teacher: Option<String>,
    pub started: Timestamp,
    /// Absent while it is recorded.
    pub ended: Option<Timestamp>,
    pub planned_seconds: Option<u64>,
    pub outcome: Outcome,
    /// The programme first, then one an input.
    pub tracks: Vec<Track>,
    /// Stretches in which something is missing, in order of time.
    pub gaps: Vec<Gap>,
    /// The last verification.
    pub verdict: Option<Verdict>,
    /// The platform holds the lesson whole; it may be deleted when room is needed.
    pub confirmed_upstream: bool,
    /// How many were there, where that could be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Attendance>,
    /// Each time the programme was made anew after the lesson, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recuts: Vec<RecutNote>,
}

impl Lesson {
    /// How much of it is recorded, as its parts tell it, in seconds of lesson time.
    pub fn recorded_seconds(&self) -> f64 {
        self.tracks.iter().map(Track::ends_at).fold(0.0, f64::max)
    }
}

/// The programme was made anew: the files are those of the latest time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecutNote {
    pub time: Timestamp,
    /// Who wanted it.
    pub from: String,
    /// The rule set's name or the file of the rules; absent: those of the lesson, with what people ordered in it.
    pub rules: Option<String>,
    /// Whether the room's own rules were laid over them.
    pub room_rules: bool,
}

/// How many of the class were there: by number, and nobody by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// The highest number that the count came to rest at.
    pub heads: u16,
    /// The lesson's time from one number of the curve to the next.
    pub every_seconds: u32,
    /// The highest of each of these times, from the lesson's start; `null` where nothing was known.
    pub curve: Vec<Option<u16>>,
}

/// Where a lesson stands. The last four are the explained ends of DESIGN.md §3; nothing comes after them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// Tracks are being written.
    Recording,
    /// Tracks are open and nothing is written to them.
    Paused,
    /// The tracks are made into ordinary files and checked.
    Finishing,
    Kept,
    KeptWithGaps,
    NobodyCame,
    Failed {
        why: Sentence,
    },
}

impl Outcome {
    /// Nothing comes after it.
    pub fn is_end(&self) -> bool {
        !matches!(self, Self::Recording | Self::Paused | Self::Finishing)
    }

    /// The name of the state, as it is written.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Paused => "paused",
            Self::Finishing => "finishing",
            Self::Kept => "kept",
            Self::KeptWithGaps => "kept-with-gaps",
            Self::NobodyCame => "nobody-came",
            Self::Failed { .. } => "failed",
        }
    }
}

/// One track of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// `programme`, or the role of the input.
    pub name: String,
    pub codec: String,
    pub width: u32,
    pub height: u32,
    /// What the encoder was asked for, in kbit/s; 0 where the camera encoded it.
    pub kbit_s: u32,
    /// The camera's own stream, not encoded again: it begins, and goes on after a gap, with the camera's next key frame.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_it_comes: bool,
    /// Why it is less than was configured, if it is.
    pub lowered: Option<Sentence>,
    /// In order; they join without a gap.
    pub parts: Vec<Part>,
}

impl Track {
    /// Width and height of what was recorded last.
    pub fn last_size(&self) -> (u32, u32) {
        let last = self.parts.last().and_then(|part| part.size);
        last.map_or((self.width, self.height), |size| (size.width, size.height))
    }

    /// Where it ends, in seconds of the lesson.
    pub fn ends_at(&self) -> f64 {
        self.parts.iter().map(Part::ends_at).fold(0.0, f64::max)
    }
}

/// One file of a track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The file's name inside the lesson's folder.
    pub file: String,
    /// Where its first frame lies on the lesson's time line, in seconds. Pauses and power cuts do not count as time; gaps tell of them.
    pub begins_at: f64,
    pub seconds: f64,
    pub bytes: u64,
    /// An ordinary MP4 with its index in front, as opposed to fragments as they were written.
    pub finished: bool,
    /// Of its pictures, where that is not the track's: it was lowered, or raised, in mid-lesson.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<PartSize>,
}

impl Part {
    /// Where it ends, in seconds of the lesson.
    pub fn ends_at(&self) -> f64 {
        self.begins_at + self.seconds
    }
}

/// In pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartSize {
    pub width: u32,
    pub height: u32,
}

/// A stretch in which something is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Seconds into the lesson at which it begins.
    pub at: f64,
    /// How long it lasted on the wall clock, in seconds; `None` while it lasts.
    pub seconds: Option<f64>,
    pub what: GapKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GapKind {
    /// An input was lost; a slate or silence stands in its place.
    InputLost { input: Role },
    /// Somebody paused.
    Paused,
    /// The host was off or its program was not running.
    HostDown,
    /// A track was ended before the lesson's end.
    TrackEnded { track: String, why: Sentence },
    /// Frames that the host could not carry.
    FramesDropped { track: String, frames: u64 },
}

/// A line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Seconds into the lesson.
    pub at: f64,
    pub time: Timestamp,
    pub what: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EventKind {
    Started,
    /// After a power cut or crash inside the planned time.
    Continued,
    Paused,
    Resumed,
    Ended,
    Finished,
    /// The programme changed to this shot, and why.
    Cut {
        shot: Shot,
        /// In a sentence.
        reason: String,
        /// As data, where the director made the cut or knew of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Reason>,
    },
    /// Another slide came on the computer's picture: a chapter begins.
    Slide {
        /// A picture of it in the lesson's folder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture: Option<String>,
    },
    /// So many of the class are there: the first number that is known, and another that has lasted.
    Attendance {
        heads: u16,
    },
    /// Somebody marked the beginning of a chapter.
    Chapter {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// The lesson is planned to last this long now.
    Extended {
        planned_seconds: u64,
    },
    InputLost {
        input: Role,
        why: String,
    },
    InputBack {
        input: Role,
    },
    /// What comes in at a socket is something else: `1920x1080`, `none`, `unstable` or `unknown`.
    SignalChanged {
        input: PictureRole,
        signal: String,
    },
    /// A sound card lost so many seconds, or repeated them where negative; picture and sound are together again.
    SoundJumped {
        input: SoundRole,
        seconds: f64,
    },
    /// The computer's sound is not taken out of this microphone, and why.
    WithoutEchoCancellation {
        input: SoundRole,
        why: String,
    },
    /// Told at the end: in so many slots an input that lived gave no frame, and the one before stands there.
    FramesRepeated {
        track: String,
        frames: u64,
    },
    Command {
        from: String,
        command: Command,
    },
    /// A camera that turns is where it was sent.
    CameraArrived {
        input: PictureRole,
        preset: String,
    },
    /// A camera that turns did not do what it was told, and why.
    CameraFailed {
        input: PictureRole,
        why: String,
    },
    /// The host cannot carry what was asked, and takes less.
    TrackLowered {
        track: String,
        why: Sentence,
    },
    TrackEnded {
        track: String,
        why: Sentence,
    },
    /// What made a track, an encoder or the camera itself, has failed; this encoder went on.
    EncoderFailed {
        track: String,
        why: String,
        by: String,
    },
    PartBegun {
        track: String,
        file: String,
    },
    /// A file that turned out empty or is not there, and was taken off the track.
    PartDropped {
        track: String,
        file: String,
        why: String,
    },
    Alarm {
        alarm: String,
        raised: bool,
    },
    /// The programme goes to this live target.
    LiveBegan {
        target: String,
    },
    /// It does not reach it, or no more, and why; the host tries again by itself.
    LiveLost {
        target: String,
        why: Sentence,
    },
    /// It reaches it again.
    LiveBack {
        target: String,
    },
    /// Somebody ended it.
    LiveEnded {
        target: String,
    },
}

/// What verification found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub checked: Timestamp,
    pub ok: bool,
    /// In the order of the tracks.
    pub checks: Vec<Check>,
    /// Measured values by track, such as `kbit_s` or `loudness_lufs`.
    pub figures: BTreeMap<String, BTreeMap<String, f64>>,
}

/// One check of one track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub track: String,
    /// What is checked: `container`, `codec`, `decodes`, `black`, `frozen`, `silence`, …
    pub check: String,
    /// The requirement behind it, such as `HB-3`; empty where it is the project's own.
    pub clause: String,
    pub result: CheckResult,
    /// In words, with the figure.
    pub finding: Sentence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    Pass,
    /// Worth a look; the lesson counts as kept.
    Note,
    /// Accounted for by a gap of the lesson.
    Explained,
    Fail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time_and_number() {
        let started: Timestamp = "2026-11-22T08:15:00.7Z".parse().unwrap();
        let id = LessonId::new(started, 42);
        assert_eq!(id.0, "20261122-081500-0042");
        assert_eq!(id.number(), Some(42));
        assert_eq!(id.started(), Some("2026-11-22T08:15:00Z".parse().unwrap()));
        assert_eq!(LessonId("algebra-7".into()).number(), None);
    }

    #[test]
    fn a_name_that_could_leave_the_folder_is_refused() {
        for name in ["", "..", "../x", "a/b", "-a", ".deleting-x", "a\0b", "课", &"a".repeat(65)] {
            let error = serde_json::from_value::<LessonId>(name.into()).unwrap_err().to_string();
            assert!(error.contains("ketangctl lessons"), "{name}: {error}");
        }
        assert!(serde_json::from_value::<LessonId>("20261122-081500-0042".into()).is_ok());
    }

    #[test]
    fn a_part_of_an_older_host_has_its_tracks_size() {
        let old = r#"{"file": "hdmi-0001.mp4", "begins_at": 0.0, "seconds": 4.0, "bytes": 9, "finished": true}"#;
        let part: Part = serde_json::from_str(old).unwrap();
        assert_eq!(part.size, None);
        let lowered = Part { size: Some(PartSize { width: 1280, height: 720 }), ..part.clone() };
        let track = Track { width: 1920, height: 1080, parts: vec![part.clone()], ..Track::default() };
        assert_eq!(track.last_size(), (1920, 1080));
        assert_eq!(Track { parts: vec![part.clone(), lowered.clone()], ..track }.last_size(), (1280, 720));
        assert_eq!(serde_json::from_str::<Part>(&serde_json::to_string(&lowered).unwrap()).unwrap(), lowered);
        assert!(!serde_json::to_string(&part).unwrap().contains("size"));
    }
}
