//! Puts the snapshot together: one value that tells everything, published whole.

use std::sync::Arc;

use ketang_hal::role::SoundRole;
use ketang_pipelines::recording::Recording;
use ketang_pipelines::sound::Levels;
use ketang_protocol::command::Shot;
use ketang_protocol::snapshot::{
    Attendance, Directing, LessonState, PictureState, Programme, SILENCE_DBFS, Snapshot, SoundState, Storage,
    TrackState,
};
use ketang_protocol::system::Clock;

use super::Host;
use super::lessons::InHand;
use crate::config::Config;
use crate::config::rule::Name;

/// The snapshot of a host that is being opened.
pub(super) fn empty(config: &Config, board: &str) -> Snapshot {
    Snapshot {
        host: config.host.name.as_str().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        board: board.to_owned(),
        lesson: None,
        programme: Programme {
            shot: Shot { layout: String::new(), inputs: Vec::new() },
            scenes: Vec::new(),
            layouts: Vec::new(),
            directing: Directing::default(),
        },
        pictures: Vec::new(),
        sounds: Vec::new(),
        storage: Storage { free_bytes: 0, total_bytes: 0, lessons_left: 0 },
        jobs: Vec::new(),
        alarms: Vec::new(),
        settings_wait: false,
        periods: Vec::new(),
        attendance: Attendance::default(),
        clock: Clock::default(),
        network: None,
        update: None,
        uploads: None,
        live: Vec::new(),
        longest_seconds: config.lesson.longest.get().as_secs(),
    }
}

impl Host {
    /// Publishes what holds now.
    pub(super) fn publish(&mut self) {
        let snapshot = self.snapshot();
        self.snapshots.send_if_modified(|old| {
            let changed = **old != snapshot;
            if changed {
                *old = Arc::new(snapshot);
            }
            changed
        });
    }

    fn snapshot(&mut self) -> Snapshot {
        let levels = self.desk.levels();
        let storage = self.lessons.storage.snapshot(&self.lessons.ledger, self.clock.wall());
        let before = self.snapshots.borrow().storage.clone();
        Snapshot {
            lesson: self.lesson_state(),
            programme: Programme {
                shot: Shot { layout: self.shot.layout.clone(), inputs: self.shot.inputs.clone() },
                scenes: self.config.scenes.keys().map(|name| Name::as_str(name).to_owned()).collect(),
                layouts: self.layouts.names().map(str::to_owned).collect(),
                directing: self.directing.told(),
            },
            pictures: self.picture_states(),
            sounds: self.sound_states(&levels),
            storage: storage.unwrap_or(before),
            jobs: self.jobs.list(),
            alarms: self.alarms.list(),
            settings_wait: self.settings.are_newer(),
            periods: self.periods.told(),
            attendance: self.attendance(),
            clock: self.system.clock(&self.clock.zone()),
            network: self.system.network().cloned(),
            update: self.updating.told(),
            uploads: self.uploading.told(),
            live: self.live_states(),
            ..empty(&self.config, self.board.name())
        }
    }

    fn lesson_state(&self) -> Option<LessonState> {
        let id = self.lessons.current.as_ref()?;
        let in_hand = self.lessons.in_hand.get(id)?;
        let lesson = in_hand.machine.state().lesson()?;
        let recorded = in_hand.recording.as_ref().map(|recording| recording.recorded_ns() as f64 / 1e9);
        Some(LessonState {
            id: id.clone(),
            title: lesson.title.clone(),
            outcome: lesson.outcome.clone(),
            seconds: recorded.unwrap_or_else(|| lesson.recorded_seconds()),
            planned_seconds: lesson.planned_seconds,
            resumes_in_seconds: in_hand.machine.resumes_in(self.clock.now()).map(|time| time.as_secs()),
            tracks: track_states(in_hand),
            gaps: lesson.gaps.len() as u32,
        })
    }

    fn picture_states(&self) -> Vec<PictureState> {
        let state = |(role, input): (_, &super::inputs::InputState)| PictureState {
            role,
            address: input.address.clone(),
            live: input.live,
            detail: input.detail.clone(),
            losses: input.losses,
            ptz: self.cameras.told(role, self.director_time()),
            zones: self.zones.state(role),
        };
        self.inputs.pictures().map(state).collect()
    }

    fn sound_states(&mut self, levels: &Levels) -> Vec<SoundState> {
        let peaks = self.peaks.take(levels);
        let level = |role: SoundRole| levels.microphones.iter().find(|level| level.role == role);
        let state = |(role, input): (SoundRole, &super::inputs::InputState)| SoundState {
            role,
            address: input.address.clone(),
            live: input.live,
            detail: input.detail.clone(),
            level_dbfs: level(role).map_or(SILENCE_DBFS, |level| level.heard_db().0.max(SILENCE_DBFS)),
            peak_dbfs: peaks.get(&role).map_or(SILENCE_DBFS, |peak| peak.max(SILENCE_DBFS)),
            speech: level(role).is_some_and(|level| level.speech),
            losses: input.losses,
            gain_db: self.sounds.volume(role).gain_db,
            muted: self.sounds.volume(role).muted,
            card: self.sounds.card(role),
        };
        self.inputs.sounds().map(state).collect()
    }
}

fn track_states(in_hand: &InHand) -> Vec<TrackState> {
    let Some(lesson) = in_hand.machine.state().lesson() else { return Vec::new() };
    let progress = in_hand.recording.as_ref().map(Recording::progress).unwrap_or_default();
    let state = |track: &ketang_protocol::lesson::Track| {
        let progress = progress.iter().find(|(name, _)| name.as_str() == track.name).map(|(_, progress)| progress);
        let written = track.parts.iter().map(|part| part.bytes).sum();
        TrackState {
            name: track.name.clone(),
            width: track.last_size().0,
            height: track.last_size().1,
            bytes: progress.map_or(written, |progress| progress.bytes),
            frames: progress.map_or(0, |progress| progress.counts.frames),
            dropped: progress.map_or(0, |progress| progress.counts.dropped),
            repeated: progress.map_or(0, |progress| progress.repeated),
            delay_p99_ms: progress.map_or(0, |progress| progress.counts.delay_p99_ms),
            running: progress.is_some_and(|progress| progress.running),
        }
    };
    lesson.tracks.iter().map(state).collect()
}
