//! The states of one lesson, what can happen to it, and what is then to be done. The transitions are in [`step`].
//!
//! ```text
//! Idle ──start──► Recording ⇄ Paused ──stop, limit, tracks failed──► Finishing ──verdict──► Ended
//!   └──found on disk──► Recording, Paused or Finishing                 closing → making → verifying
//! ```
//!
//! One machine is one lesson and never goes back; the next lesson has a machine of its own, so that it can start while
//! this one is still finished. At its start and its stop `Save` comes first: whatever is cut off after it is found on
//! disk and taken up again. A pause comes first and is saved then, so that the tracks follow at once.

use std::time::Duration;

use ketang_hal::picture::Size;
use ketang_hal::role::Role;
use ketang_protocol::command::Refusal;
use ketang_protocol::lesson::{Event, EventKind, Lesson, Track, Verdict};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;

use crate::outcome::Content;
use crate::record::{Found, Plan, Record};
use crate::settings::Settings;
use crate::step::step;
use crate::timeline::Moment;

/// Where a lesson stands. Durations count from the lesson's start, pauses and power cuts included.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Nothing was started yet.
    Idle,
    /// Tracks are being written; `late` once the planned end is over and said so.
    Recording { record: Box<Record>, late: bool },
    /// Tracks are open and nothing is written to them; `nagged` once the wait was long and said so.
    Paused { record: Box<Record>, since: Duration, late: bool, nagged: bool },
    /// Nothing more is recorded; the files are made whole and checked.
    Finishing { record: Box<Record>, stage: Stage, since: Duration },
    /// The lesson has its one outcome.
    Ended { lesson: Box<Lesson> },
}

/// How far a lesson is from its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The tracks' files are being closed.
    Closing,
    /// The files are being made into ordinary ones.
    Making,
    /// The files are being checked.
    Verifying,
}

/// Something happened, at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub now: Moment,
    pub what: What,
}

/// What can happen to a lesson.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Start(Plan),
    /// After a restart, inside the lesson's time: it goes on, paused if it was.
    Continue(Found),
    /// After a restart, past the lesson's time: it is finished as it lies.
    Finish(Found),
    Stop,
    Pause,
    Resume,
    /// It is planned for longer, from its planned end or from now where that is over; never for longer than the longest.
    Extend(Duration),
    /// Time passes; wanted about once a second.
    Tick,
    InputLost {
        input: Role,
        why: String,
    },
    InputBack {
        input: Role,
    },
    /// A track's file was begun; the input's time is that of its first frame.
    PartBegun {
        track: String,
        file: String,
        /// Of its pictures, where it has any.
        size: Option<Size>,
    },
    PartClosed {
        track: String,
        file: String,
        seconds: f64,
        bytes: u64,
    },
    TrackLowered {
        track: String,
        why: Sentence,
    },
    /// A track is over before the lesson; the last one ends the lesson.
    TrackEnded {
        track: String,
        why: Sentence,
    },
    FramesDropped {
        track: String,
        frames: u64,
    },
    /// No track could be begun, or none runs any more.
    TracksFailed {
        why: Sentence,
    },
    /// After [`Action::CloseTracks`].
    TracksClosed,
    /// After [`Action::MakeFiles`], with the tracks as they now are.
    FilesMade {
        tracks: Vec<Track>,
    },
    /// After [`Action::Verify`].
    Verified {
        verdict: Verdict,
        content: Content,
    },
    /// Making the files, or checking them, could not be done.
    FinishFailed {
        why: Sentence,
    },
    /// Something for the log of events alone: a cut, a command, a change of signal.
    Note(EventKind),
}

/// What is to be done now, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Write `lesson.json` and the ledger's row from [`State::lesson`], and do nothing else before that is on disk.
    Save,
    /// Append to `events.jsonl`.
    Note(Event),
    /// Begin to write every track, in part numbers that are free.
    OpenTracks,
    PauseTracks,
    ResumeTracks,
    /// Close every file that is open.
    CloseTracks,
    MakeFiles,
    Verify,
    Raise(Alarm),
    /// Take back the alarm of this name.
    Clear(&'static str),
    /// The command does not fit the state.
    Refuse(Refusal),
}

/// A lesson with its settings: [`step`] with a memory.
#[derive(Clone, Debug)]
pub struct LessonMachine {
    settings: Settings,
    state: State,
}

impl LessonMachine {
    pub fn new(settings: Settings) -> Self {
        Self { settings, state: State::Idle }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn step(&mut self, input: Input) -> Vec<Action> {
        let (state, actions) = step(&self.settings, std::mem::replace(&mut self.state, State::Idle), input);
        self.state = state;
        actions
    }

    /// Takes over the record of a lesson that has ended, as it was changed since: renamed, confirmed, checked again.
    pub fn changed(&mut self, record: Lesson) {
        if let State::Ended { lesson } = &mut self.state {
            **lesson = record;
        }
    }

    /// While paused and where that is configured: time until recording goes on by itself.
    pub fn resumes_in(&self, now: Moment) -> Option<Duration> {
        let State::Paused { record, since, .. } = &self.state else { return None };
        let paused = record.timeline().elapsed(now.media).saturating_sub(*since);
        self.settings.pause_auto_resume.map(|limit| limit.saturating_sub(paused))
    }
}

impl State {
    /// The lesson's record; `None` before its start.
    pub fn lesson(&self) -> Option<&Lesson> {
        match self {
            Self::Idle => None,
            Self::Ended { lesson } => Some(lesson),
            _ => self.record().map(Record::lesson),
        }
    }

    /// The lesson in hand; `None` before its start and after its end.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Recording { record, .. } | Self::Paused { record, .. } | Self::Finishing { record, .. } => {
                Some(record)
            }
            Self::Idle | Self::Ended { .. } => None,
        }
    }
}
