//! What gives way when disk or machine are too small for a lesson: the tracks of least value, before the programme loses anything.

use ketang_lesson::{Moment, What, retention};
use ketang_pipelines::recording::Recording;
use ketang_pipelines::tracks::TrackName;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::sentence::Sentence;

use super::{Host, tell};
use crate::folder::StoreError;

/// Lessons of a school day: less room than that is told of. The timetable will know better.
const LESSONS_A_DAY: u64 = 7;
/// A machine that drops frames of tracks for so many seconds in a row has more to do than it can: a track is ended. A second in
/// which the programme loses frames counts for three.
const SLOW_SECONDS: u32 = 5;
const PROGRAMME_COUNTS: u32 = 3;

impl Host {
    /// Frames that the machine was too slow for are gaps; where that goes on, the least valuable track ends.
    pub(super) fn account_for_dropped(&mut self, id: &LessonId, now: Moment) {
        let Some(lesson) = self.lessons.in_hand.get_mut(id) else { return };
        let Some(recording) = &lesson.recording else { return };
        let progress = recording.progress();
        let mut dropped = Vec::new();
        for (track, progress) in &progress {
            let known = lesson.dropped.entry(*track).or_default();
            if progress.counts.dropped > *known {
                dropped.push((*track, progress.counts.dropped - *known));
                *known = progress.counts.dropped;
            }
        }
        let programme = dropped.iter().any(|(track, _)| *track == TrackName::Programme);
        lesson.slow_seconds = match (dropped.is_empty(), programme) {
            (true, _) => 0,
            (_, true) => lesson.slow_seconds + PROGRAMME_COUNTS,
            (_, false) => lesson.slow_seconds + 1,
        };
        let too_slow = lesson.slow_seconds >= SLOW_SECONDS;
        if too_slow {
            lesson.slow_seconds = 0;
        }
        for (track, frames) in dropped {
            self.step_logged(id, now, What::FramesDropped { track: track.to_string(), frames });
        }
        let order = &self.lessons.storage.policy().lowest_value_first;
        let encoded =
            progress.iter().filter(|(name, progress)| progress.running && matches!(name, TrackName::Input(_)));
        let value = |name: &TrackName| order.iter().position(|other| other == name.as_str()).unwrap_or(usize::MAX);
        let least = encoded.map(|(name, _)| *name).min_by_key(value);
        if let Some(track) = least.filter(|_| too_slow) {
            self.alarms.raise(tell::too_slow(track.as_str()));
            self.with_recording(id, |recording| recording.end_track(track));
            let why = Sentence::new("主机来不及录制所有轨道", "the host was too slow for all tracks");
            self.step_logged(id, now, What::TrackEnded { track: track.to_string(), why });
        }
    }

    /// Room for one more lesson, as far as policy gives it.
    pub(super) fn make_room_for_lesson(&mut self) -> Result<(), Refusal> {
        let failed = |error: StoreError| super::library::refused(error);
        let lessons = &mut self.lessons;
        let stored = lessons.ledger.stored().map_err(failed)?;
        let needed = retention::usual_bytes(&stored, lessons.storage.policy());
        // Copies go before any lesson does.
        if lessons.storage.space().map_err(failed)?.free < needed + lessons.storage.policy().reserve {
            lessons.storage.clear_all_exports().map_err(failed)?;
        }
        let deleted = lessons.storage.make_room(&mut lessons.ledger, needed, self.clock.wall()).map_err(failed)?;
        for id in deleted {
            tracing::info!(lesson = %id, "deleted for good, because room was needed");
        }
        let space = lessons.storage.space().map_err(failed)?;
        if space.free <= lessons.storage.policy().reserve {
            let chinese = "磁盘已满：请等课程上传并确认，或更换更大的磁盘";
            let english = "the disk is full: let lessons be uploaded and confirmed, or fit a larger disk";
            return Err(Refusal::new(RefusalCode::NoSpace, chinese, english));
        }
        Ok(())
    }

    /// Refuses a copy into the host's own data that would take the room of the next lesson.
    pub(super) fn has_room_for_copy(&self, bytes: u64) -> Result<(), Refusal> {
        let failed = |error: StoreError| super::library::refused(error);
        let lessons = &self.lessons;
        let stored = lessons.ledger.stored().map_err(failed)?;
        let policy = lessons.storage.policy();
        let kept = retention::usual_bytes(&stored, policy) + policy.reserve;
        if lessons.storage.space().map_err(failed)?.free >= bytes.saturating_add(kept) {
            return Ok(());
        }
        let chinese = "磁盘空间不够再放一份拷贝：请下载分段文件，或先腾出空间";
        let english = "the disk has no room for another copy: download the parts, or make room first";
        Err(Refusal::new(RefusalCode::NoSpace, chinese, english))
    }

    /// Deletes for good what was in the trash for long enough. A lesson that runs has the disk for itself.
    fn clear_trash(&mut self, expired: &[LessonId]) {
        let lessons = &mut self.lessons;
        for id in expired {
            match lessons.storage.delete(&mut lessons.ledger, id, self.clock.wall()) {
                Ok(()) => tracing::info!(lesson = %id, "deleted for good, a week after a person deleted it"),
                Err(error) => tracing::warn!(lesson = %id, %error, "the trash could not be cleared"),
            }
        }
    }

    /// Once a second: alarms before a lesson, fewer tracks in it, and the trash.
    pub(super) fn look_at_disk(&mut self) {
        let now = self.clock.wall();
        let (Ok(space), Ok(stored)) = (self.lessons.storage.space(), self.lessons.ledger.stored()) else {
            return;
        };
        let policy = self.lessons.storage.policy();
        let left = retention::lessons_left(&stored, space, policy, now);
        let Some((id, lesson)) = self.lessons.running() else {
            let alarm = retention::alarm_before(left, LESSONS_A_DAY);
            for name in [ketang_lesson::alarms::DISK_FULL, ketang_lesson::alarms::DISK_LOW] {
                self.alarms.set(name, alarm.clone().filter(|alarm| alarm.alarm == name));
            }
            self.clear_trash(&retention::expired(&stored, now));
            if let Err(error) = self.lessons.storage.clear_old_exports(now) {
                tracing::warn!(%error, "old files for download could not be cleared away");
            }
            return;
        };
        let all: Vec<_> = lesson.tracks.iter().map(|track| track.name.to_string()).collect();
        let progress = lesson.recording.as_ref().map(Recording::progress).unwrap_or_default();
        let running: Vec<_> =
            progress.iter().filter(|(_, track)| track.running).map(|(name, _)| name.to_string()).collect();
        let to_end = retention::tracks_to_end(space, &all, &running, policy);
        // Copies go before any track does: the next look tells whether that was enough.
        if to_end.is_empty() || self.lessons.storage.clear_all_exports().is_ok_and(|gone| gone > 0) {
            return;
        }
        let id = id.clone();
        let names: Vec<_> = lesson.tracks.iter().map(|track| track.name).collect();
        self.alarms.raise(ketang_lesson::alarms::disk_ends_tracks(&to_end));
        let (_, moment) = self.clock.border(0);
        for track in names.into_iter().filter(|name| to_end.iter().any(|other| other == name.as_str())) {
            self.with_recording(&id, |recording| recording.end_track(track));
            let why = Sentence::new("磁盘快满了", "the disk is nearly full");
            self.step_logged(&id, moment, What::TrackEnded { track: track.to_string(), why });
        }
    }
}
