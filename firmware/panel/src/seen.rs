//! All that the panel sees when it draws: what the host tells, small pictures, and the time.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Zoned;
use ketang_director::explain::{self, explain};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Reason};
use ketang_protocol::lesson::{Lesson, Outcome};
use ketang_protocol::live::Feed;
use ketang_protocol::pairing::{Pages, PairingCode};
use ketang_protocol::snapshot::{LessonState, LessonSummary, Snapshot};
use ketang_protocol::timetable::{Period, at_hand};

use crate::words::Language;

/// A small frame, XRGB8888 without padding.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    pub width: u32,
    pub height: u32,
    pub pixels: &'a [u32],
}

/// The last cut of the programme.
#[derive(Clone, Debug, PartialEq)]
pub struct LastCut {
    pub shot: Shot,
    /// In a sentence, where there is no `why`.
    pub reason: String,
    pub why: Option<Reason>,
}

#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// `None` while the host does not answer.
    pub snapshot: Option<&'a Snapshot>,
    /// The newest first, as the host lists them.
    pub lessons: &'a [LessonSummary],
    /// The record of the lesson that ended last.
    pub ended: Option<&'a Lesson>,
    pub cut: Option<&'a LastCut>,
    /// The code for IT's first access, while nobody may make accounts.
    pub pairing: Option<&'a PairingCode>,
    /// Where the host's pages are, while they are served.
    pub pages: Option<&'a Pages>,
    /// Where IT's page is served, while it is let in.
    pub assistance: Option<SocketAddr>,
    /// Whether IT looks on from there.
    pub assisted: bool,
    /// How large the panel is in millimetres, where that is known.
    pub millimetres: Option<ketang_hal::picture::Size>,
    pub thumbnails: &'a dyn Fn(Feed) -> Option<Picture<'a>>,
    /// Since some instant that stays the same.
    pub now: Duration,
    /// For people: the clock on the wall.
    pub wall: &'a Zoned,
}

/// What the host does, as far as the panel cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody answers: nothing is known.
    Unreachable,
    Idle,
    Recording,
    Paused,
    /// Being finished and checked, or ended.
    Ended,
}

impl Seen<'_> {
    pub fn stage(&self) -> Stage {
        let Some(snapshot) = self.snapshot else { return Stage::Unreachable };
        match snapshot.lesson.as_ref().map(|lesson| &lesson.outcome) {
            None => Stage::Idle,
            Some(Outcome::Recording) => Stage::Recording,
            Some(Outcome::Paused) => Stage::Paused,
            Some(_) => Stage::Ended,
        }
    }

    /// The period of the timetable that a lesson which starts now is held for.
    pub(crate) fn at_hand(&self) -> Option<&Period> {
        at_hand(self.snapshot?.periods.iter().map(|state| &state.period), self.wall.timestamp())
    }

    /// The period that begins next, whatever day it is on.
    pub(crate) fn next_period(&self) -> Option<&Period> {
        let now = self.wall.timestamp();
        self.snapshot?.periods.iter().map(|state| &state.period).find(|period| period.begins > now)
    }

    pub(crate) fn lesson(&self) -> Option<&LessonState> {
        self.snapshot?.lesson.as_ref()
    }
}

impl LastCut {
    /// Why, as briefly as a glance allows: neither the rule's name nor what came second.
    pub(crate) fn sentence(&self, language: Language) -> String {
        let Some(why) = &self.why else { return self.reason.clone() };
        let otherwise = matches!(why.cause, Cause::Maximum {}).then(|| why.otherwise.clone()).flatten();
        let brief = Reason { rule: None, otherwise, below_minimum: false, ..why.clone() };
        let sentence =
            explain("", &self.shot, &brief, language.pick(explain::Language::Chinese, explain::Language::English));
        // The shot itself is told in front already.
        let because = sentence.split_once(language.pick('：', ',')).map(|(_, because)| because.trim().to_owned());
        because.unwrap_or(sentence)
    }
}
