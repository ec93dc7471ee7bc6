//! The check of a lesson after its stop, and when it must be done soon.
//!
//! The programme is always decoded frame by frame. The tracks of the inputs are too (`verify.tracks`), unless the next
//! lesson begins meanwhile, which needs the machine, or the check has taken as long as the lesson lasted: then of what is left
//! the key frames are decoded, and the verdict says so. `ketangctl verify` looks at everything whenever it is asked.

use std::time::Duration;

use ketang_hal::time::MediaTime;
use ketang_pipelines::measure::{Hurry, MeasureSettings};
use ketang_protocol::lesson::LessonId;

use super::jobs::Brought;
use super::{Host, work};
use crate::config::rule::VerifiedTracks;

/// How a lesson is being checked.
#[derive(Default)]
pub(super) struct Check {
    hurry: Hurry,
    /// No longer than until then; `None` before it has begun.
    until: Option<MediaTime>,
}

impl Host {
    pub(super) fn begin_verifying(&mut self, id: &LessonId) {
        let Some((folder, lesson)) = self.folder_and_lesson(id) else { return };
        let now = self.clock.now();
        let lasts = Duration::from_secs_f64(lesson.recorded_seconds().min(1e6));
        let until = MediaTime(now.media.0 + lasts.as_nanos() as u64);
        let check = Check { hurry: Hurry::default(), until: Some(until) };
        let others = MeasureSettings {
            key_frames_only: self.config.verify.tracks == VerifiedTracks::KeyFrames,
            hurry: check.hurry.clone(),
            ..MeasureSettings::default()
        };
        if let Some(lesson) = self.lessons.in_hand.get_mut(id) {
            lesson.check = check;
        }
        self.hurry_checks(now.media);
        self.jobs.begin("verify", id.clone(), move |job| {
            let progress = |share| job.progress(share);
            Ok(Brought::Verified(work::verify(&folder, &lesson, &others, now.wall, &progress)))
        });
    }

    /// Once a second: what must give way to the next lesson, or has taken long enough.
    pub(super) fn hurry_checks(&self, now: MediaTime) {
        let another_runs = self.lessons.running().is_some();
        let checks = self.lessons.in_hand.values().map(|lesson| &lesson.check);
        for check in checks.filter(|check| check.until.is_some_and(|until| another_runs || now >= until)) {
            check.hurry.up();
        }
    }
}
