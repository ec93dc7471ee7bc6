//! What gives way when disk or machine are too small for a lesson: the tracks of least value, before the programme loses anything.

use std::collections::BTreeMap;
use std::ops::Range;

use ketang_hal::picture::Size;
use ketang_hal::time::SLOT_NS;
use ketang_lesson::{Moment, What, retention};
use ketang_pipelines::encode::H264Settings;
use ketang_pipelines::plan::{self, GivesWay};
use ketang_pipelines::recording::{Recording, TrackProgress};
use ketang_pipelines::tracks::TrackName;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::{EventKind, LessonId};
use ketang_protocol::sentence::Sentence;

use super::{Host, tell};
use crate::folder::StoreError;

/// Lessons of a school day where there is no timetable: less room than that is told of.
const LESSONS_A_DAY: u64 = 7;
/// A machine that drops frames of tracks for so many seconds in a row has more to do than it can, and a track gives way: it is
/// lowered, or ends where none can be lowered any more. A second in which the programme loses frames counts for three.
const SLOW_SECONDS: u32 = 5;
const PROGRAMME_COUNTS: u32 = 3;

impl Host {
    /// Frames that the machine was too slow for are gaps; where that goes on, the least valuable tracks give way.
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
        // What gave way helps when it has: until then nothing else does.
        let changes = progress.values().any(|track| track.running && track.changes);
        lesson.slow_seconds = match (dropped.is_empty() || changes, programme) {
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
        if too_slow && let Some(gives_way) = self.gives_way(&progress) {
            self.give_way(id, now, gives_way);
        }
    }

    /// Frames that inputs did not give are no gap, for nothing was lost that was there; but whoever wonders why a picture jerks reads it.
    pub(super) fn tell_of_repeated(&mut self, id: &LessonId, now: Moment) {
        let recording = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref());
        let repeated = recording.map(Recording::progress).unwrap_or_default();
        for (track, frames) in repeated.into_iter().map(|(track, progress)| (track, progress.repeated)) {
            if frames > 0 {
                let event = EventKind::FramesRepeated { track: track.to_string(), frames };
                self.step_logged(id, now, What::Note(event));
            }
        }
    }

    /// What gives way next, of the tracks that the host encodes.
    fn gives_way(&self, progress: &BTreeMap<TrackName, TrackProgress>) -> Option<GivesWay> {
        let order = &self.lessons.storage.policy().lowest_value_first;
        let value = |name: &TrackName| order.iter().position(|other| other == name.as_str());
        let encoded = progress.iter().filter(|(name, track)| track.running && matches!(name, TrackName::Input(_)));
        let mut encoded: Vec<_> = encoded.filter_map(|(name, track)| Some((*name, track.encoding.clone()?))).collect();
        encoded.sort_by_key(|(name, _)| value(name));
        plan::gives_way(&encoded)
    }

    fn give_way(&mut self, id: &LessonId, now: Moment, gives_way: GivesWay) {
        match gives_way {
            GivesWay::Lowered(track, settings) => {
                self.alarms.raise(tell::too_slow_lowered(track.as_str()));
                self.with_recording(id, |recording| recording.remake_track(track, settings));
            }
            GivesWay::Ended(track) => {
                self.alarms.raise(tell::too_slow(track.as_str()));
                self.with_recording(id, |recording| recording.end_track(track));
                let why = Sentence::new("主机来不及录制所有轨道", "the host was too slow for all tracks");
                self.step_logged(id, now, What::TrackEnded { track: track.to_string(), why });
            }
        }
    }

    /// A track is made at less cost from now on, because the host was too slow.
    pub(super) fn track_remade(&mut self, id: &LessonId, now: Moment, track: TrackName, made: &H264Settings) {
        let (Size { width, height }, preset) = (made.size, made.preset.as_str());
        let why = Sentence::new(
            format!("主机来不及录制所有轨道，改为 {width}×{height}（{preset}）"),
            format!("the host was too slow for all tracks: {width}×{height} ({preset}) from now on"),
        );
        self.step_logged(id, now, What::TrackLowered { track: track.to_string(), why });
    }

    /// Another encoder goes on with a track; what is missing between is a gap.
    pub(super) fn maker_replaced(
        &mut self,
        id: &LessonId,
        now: Moment,
        (track, why, by): (TrackName, String, &str),
        missing: Range<u64>,
    ) {
        let recording = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref());
        let began = recording.map_or(now.media, |recording| recording.media_time(missing.start));
        let frames = (missing.end - missing.start).div_ceil(SLOT_NS);
        let track = track.to_string();
        let event = EventKind::EncoderFailed { track: track.clone(), why, by: by.to_owned() };
        self.step_logged(id, now, What::Note(event));
        if frames > 0 {
            self.step_logged(id, Moment { media: began, ..now }, What::FramesDropped { track, frames });
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
            let alarm = retention::alarm_before(left, self.periods.most_a_day.unwrap_or(LESSONS_A_DAY));
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
