//! The uploading of lessons: which is next, when again after a failure, and what becomes of one that the server holds.
//!
//! A lesson waits once it has ended and was checked, the oldest first. Where the server compared each piece with its check sum, a
//! lesson that is there whole is confirmed, and may be deleted when room is needed; else the platform confirms it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use ketang_lesson::retention::Stored;
use ketang_protocol::lesson::{LessonId, Outcome};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::uploads::{self, Uploads};

use super::{Host, library, tell};
use crate::uploads::{Server, UploadError, UploadNews, Uploader, is_whole};

/// After a failure it is tried again after so long, then after twice that, and so on.
const AGAIN: Duration = Duration::from_secs(5);
const AGAIN_AT_MOST: Duration = Duration::from_secs(600);
/// A lesson that the server does not take, or that cannot be read, makes way for the others for so long.
const SET_ASIDE: Duration = Duration::from_secs(600);
/// People are told after so many failures in a row: networks come and go.
const TOLD_AFTER: u32 = 5;

/// What is uploaded, and what waits.
#[derive(Debug, Default)]
pub(super) struct Uploading {
    to: Option<(Server, Uploader)>,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    /// Lessons and their sizes, the oldest first.
    waiting: Vec<(LessonId, u64)>,
    now: Option<OnTheWay>,
    /// In a row.
    failures: u32,
    failing: Option<Sentence>,
    again: Option<Instant>,
    aside: BTreeMap<LessonId, Instant>,
    /// The server holds them, and did not compare them.
    unconfirmed: Vec<LessonId>,
}

#[derive(Debug)]
struct OnTheWay {
    lesson: LessonId,
    sent: u64,
    of: u64,
}

impl Uploading {
    pub(super) fn new(to: Option<(Server, Uploader)>) -> Self {
        Self { to, state: State::default() }
    }

    /// As the snapshot tells of it.
    pub(super) fn told(&self) -> Option<Uploads> {
        self.to.as_ref().map(|_| self.state.told())
    }
}

impl State {
    fn told(&self) -> Uploads {
        let sent = self.now.as_ref().map_or(0, |now| now.sent);
        let all: u64 = self.waiting.iter().map(|(_, bytes)| bytes).sum();
        let progress = |now: &OnTheWay| now.sent as f64 / now.of.max(1) as f64;
        let now = self.now.as_ref().map(|now| (now.lesson.clone(), progress(now)));
        Uploads {
            waiting: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
            bytes: all.saturating_sub(sent),
            now: now.map(|(lesson, progress)| uploads::Uploading { lesson, progress }),
            failing: self.failing.clone(),
        }
    }

    /// Takes note of what lies on the disk.
    fn look(&mut self, stored: &[Stored]) {
        let goes = |lesson: &&Stored| {
            let ended = matches!(lesson.outcome, Outcome::Kept | Outcome::KeptWithGaps | Outcome::Failed { .. });
            ended
                && !lesson.confirmed_upstream
                && !lesson.foreign
                && lesson.deleted.is_none()
                && !self.unconfirmed.contains(&lesson.id)
        };
        let mut waiting: Vec<&Stored> = stored.iter().filter(goes).collect();
        waiting.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        self.waiting = waiting.into_iter().map(|lesson| (lesson.id.clone(), lesson.bytes)).collect();
        self.aside.retain(|id, _| self.waiting.iter().any(|(other, _)| other == id));
        if self.waiting.is_empty() {
            (self.failures, self.failing) = (0, None);
        }
    }

    /// Which lesson is to go now, where none is on its way.
    fn next(&self, now: Instant, free: impl Fn(&LessonId) -> bool) -> Option<LessonId> {
        if self.now.is_some() || self.again.is_some_and(|again| now < again) {
            return None;
        }
        let aside = |id: &LessonId| self.aside.get(id).is_some_and(|until| now < *until);
        self.waiting.iter().map(|(id, _)| id).find(|id| !aside(id) && free(id)).cloned()
    }

    /// `random`, from 0 to 1, spreads the hosts of a school that lost its network.
    fn failed(&mut self, lesson: LessonId, error: &UploadError, now: Instant, random: f64) {
        self.failures = self.failures.saturating_add(1);
        self.failing = Some(error.told());
        if let UploadError::TooLarge { .. } | UploadError::File { .. } = error {
            self.aside.insert(lesson, now + SET_ASIDE);
        }
        let doubled = AGAIN.saturating_mul(1 << (self.failures - 1).min(10));
        self.again = Some(now + doubled.min(AGAIN_AT_MOST).mul_f64(1.0 + random / 2.0));
    }

    fn went_well(&mut self) {
        (self.failures, self.failing, self.again) = (0, None, None);
    }
}

impl Host {
    pub(super) fn look_at_uploads(&mut self) {
        if self.uploading.to.is_none() {
            return;
        }
        match self.lessons.ledger.stored() {
            Ok(stored) => self.uploading.state.look(&stored),
            Err(error) => tracing::warn!(%error, "what is to be uploaded is not known"),
        }
        let free = |id: &LessonId| self.jobs.running_on(id).is_none();
        if let Some(id) = self.uploading.state.next(Instant::now(), free)
            && let Ok(folder) = self.lessons.data.lesson(&id)
            && let Some((_, uploader)) = &self.uploading.to
        {
            uploader.upload(id.clone(), folder.path().to_owned());
            self.uploading.state.now = Some(OnTheWay { lesson: id, sent: 0, of: 0 });
        }
        let state = &self.uploading.state;
        let failing = state.failing.as_ref().filter(|_| state.failures >= TOLD_AFTER);
        let alarm = failing.map(|why| tell::upload_failing(why, &state.told()));
        self.alarms.set(tell::UPLOAD_FAILING, alarm);
    }

    pub(super) fn upload_news(&mut self, news: UploadNews) {
        let state = &mut self.uploading.state;
        match news {
            UploadNews::Progress { lesson, sent, of } => {
                // Something goes: what was wrong is over.
                state.went_well();
                state.now = Some(OnTheWay { lesson, sent, of });
            }
            UploadNews::Ended { lesson, ended: Ok(uploaded) } => {
                state.now = None;
                state.went_well();
                self.is_uploaded(lesson, uploaded.compared);
            }
            UploadNews::Ended { lesson, ended: Err(error) } => {
                state.now = None;
                tracing::warn!(%lesson, %error, "a lesson is not uploaded");
                let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
                state.failed(lesson, &error, Instant::now(), random);
            }
        }
    }

    /// The server holds what was sent. Where the lesson has changed meanwhile, it goes again.
    fn is_uploaded(&mut self, id: LessonId, compared: bool) {
        let Some((server, _)) = &self.uploading.to else { return };
        let Ok(folder) = self.lessons.data.lesson(&id) else { return };
        if self.jobs.running_on(&id).is_some() || !is_whole(folder.path(), &server.address) {
            return;
        }
        if !compared {
            self.uploading.state.unconfirmed.push(id);
            return;
        }
        match self.lessons.ledger.confirm(&id) {
            Ok(lesson) => {
                tracing::info!(lesson = %id, "the lesson is on the server whole");
                self.changed(lesson);
            }
            Err(error) => tracing::warn!(lesson = %id, error = %library::refused(error).english, "not confirmed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn stored(number: u32) -> Stored {
        Stored {
            id: LessonId(format!("20261201-08{number:02}00-{number:04}")),
            started: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(number.into()),
            bytes: 1_000_000,
            confirmed_upstream: false,
            outcome: Outcome::Kept,
            foreign: false,
            deleted: None,
        }
    }

    #[test]
    fn the_oldest_lesson_that_ended_goes_first() {
        let mut state = State::default();
        let (mut confirmed, mut foreign, mut deleted, mut runs) = (stored(1), stored(2), stored(3), stored(4));
        confirmed.confirmed_upstream = true;
        foreign.foreign = true;
        deleted.deleted = Some(Timestamp::UNIX_EPOCH);
        runs.outcome = Outcome::Recording;
        state.look(&[stored(7), confirmed, foreign, deleted, runs, stored(6)]);
        assert_eq!((state.told().waiting, state.told().bytes), (2, 2_000_000));
        let now = Instant::now();
        assert_eq!(state.next(now, |_| true), Some(stored(6).id));
        assert_eq!(state.next(now, |id| *id != stored(6).id), Some(stored(7).id), "a job uses the other");
        state.now = Some(OnTheWay { lesson: stored(6).id, sent: 250_000, of: 1_000_000 });
        assert_eq!(state.next(now, |_| true), None);
        assert_eq!((state.told().bytes, state.told().now.unwrap().progress), (1_750_000, 0.25));
    }

    #[test]
    fn it_is_tried_again_later_each_time_and_one_that_is_not_taken_makes_way() {
        let mut state = State::default();
        state.look(&[stored(1), stored(2)]);
        let (now, away) = (Instant::now(), UploadError::Unreachable("x".into()));
        let mut waits = Vec::new();
        for _ in 0..9 {
            state.failed(stored(1).id, &away, now, 0.0);
            waits.push((state.again.unwrap() - now).as_secs());
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert!(state.failures >= TOLD_AFTER && state.told().failing.is_some());
        state.went_well();
        state.failed(stored(1).id, &UploadError::TooLarge { megabytes: 200 }, now, 1.0);
        assert_eq!(state.again, Some(now + AGAIN.mul_f64(1.5)));
        let later = now + Duration::from_secs(8);
        assert_eq!(state.next(now, |_| true), None);
        assert_eq!(state.next(later, |_| true), Some(stored(2).id));
        assert_eq!(state.next(now + SET_ASIDE, |_| true), Some(stored(1).id));
        state.look(&[]);
        assert_eq!(state.told(), Uploads::default(), "nothing waits, so nothing fails");
    }
}
