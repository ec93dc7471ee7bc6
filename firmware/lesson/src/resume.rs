//! After a restart: does the lesson that was being recorded go on, or is it finished?

use std::time::Duration;

use jiff::Timestamp;
use ketang_protocol::lesson::{Lesson, Outcome};

use crate::settings::Settings;
use crate::timeline::since;

/// What to do with a lesson that is found on disk at start-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is inside its time: the same lesson goes on.
    Continue,
    /// Its time is over, or it was stopped already: its files are made whole and checked.
    Finish,
    /// It has its outcome.
    Leave,
}

/// Decides for one lesson. One that has a planned end goes on until then, however long the host was away; one without goes on if it was
/// not away for longer than `lesson.resume-within`. `last_sign` is the time of the last thing known of it, such as its last event.
///
/// A wall clock that stands before that sign is not set yet and tells nothing: the lesson goes on, because an empty
/// recording can be deleted and a missed one cannot be made up for.
pub fn decide(lesson: &Lesson, last_sign: Timestamp, now: Timestamp, settings: &Settings) -> Decision {
    match lesson.outcome {
        Outcome::Recording | Outcome::Paused => {}
        Outcome::Finishing => return Decision::Finish,
        _ => return Decision::Leave,
    }
    let lasted = since(lesson.started, now);
    let goes_on = match lesson.planned_seconds {
        Some(planned) => lasted < Duration::from_secs(planned),
        None => lasted < settings.longest && since(last_sign, now) < settings.resume_within,
    };
    if goes_on { Decision::Continue } else { Decision::Finish }
}
