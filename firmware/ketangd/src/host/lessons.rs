//! The lessons in hand: the one that is recorded, and those that are still being finished. Carries out what their machines decide.

use std::collections::BTreeMap;

use ketang_hal::picture::Size;
use ketang_hal::time::Slot;
use ketang_lesson::outcome::Content;
use ketang_lesson::record::Plan;
use ketang_lesson::retention;
use ketang_lesson::{Action, Input, LessonMachine, Moment, Settings, State, What};
use ketang_pipelines::encode::H264Settings;
use ketang_pipelines::plan::{self, Capacity, Wish};
use ketang_pipelines::record::TrackEvent;
use ketang_pipelines::recording::{LEAD_SLOTS, Recording, RecordingEvent, RecordingSettings};
use ketang_pipelines::sound::Variant;
use ketang_pipelines::tracks::{TrackMaking, TrackName, TrackPlan};
use ketang_protocol::command::{Refusal, RefusalCode, Start};
use ketang_protocol::lesson::{Event, EventKind, Lesson, LessonId, Track};

use super::jobs::{Brought, JobNews};
use super::{Host, Message, tell, work};
use crate::config::rule::RecordedSound;
use crate::folder::{DataDir, EventLog, StoreError};
use crate::ledger::Ledger;
use crate::recovery;
use crate::storage::Storage;

/// Lessons of a school day: less room than that is told of. The timetable will know better.
const LESSONS_A_DAY: u64 = 7;
/// What was told of the last lesson and says nothing about the next.
const LAST_LESSONS_ALARMS: [&str; 3] =
    [tell::TOO_SLOW, ketang_lesson::alarms::DISK_ENDS_TRACKS, ketang_lesson::alarms::STOPPED_BY_ITSELF];
/// A machine that drops frames for so many seconds in a row has more to do than it can: a track is ended.
const SLOW_SECONDS: u32 = 5;

/// A lesson that is in hand.
pub(super) struct InHand {
    pub(super) machine: LessonMachine,
    pub(super) recording: Option<Recording>,
    log: Option<EventLog>,
    tracks: Vec<TrackPlan>,
    /// Free part numbers, where the lesson goes on after a crash.
    next_parts: BTreeMap<String, u32>,
    /// Frames that were dropped and are already accounted for.
    dropped: BTreeMap<TrackName, u64>,
    /// Seconds in a row in which frames were dropped.
    slow_seconds: u32,
    /// What was seen and heard in the room.
    content: Content,
}

/// All lessons in hand, with the places they are kept in.
pub(super) struct Lessons {
    pub(super) data: DataDir,
    pub(super) ledger: Ledger,
    pub(super) storage: Storage,
    settings: Settings,
    pub(super) in_hand: BTreeMap<LessonId, InHand>,
    /// The lesson that is recorded or paused, or was last.
    pub(super) current: Option<LessonId>,
}

impl Lessons {
    pub(super) fn new(data: DataDir, ledger: Ledger, storage: Storage, settings: Settings) -> Self {
        Self { data, ledger, storage, settings, in_hand: BTreeMap::new(), current: None }
    }

    /// Whether any lesson's files are still open.
    pub(super) fn any_open(&self) -> bool {
        self.in_hand.values().any(|lesson| lesson.recording.is_some())
    }

    /// The lesson that is recorded or paused.
    pub(super) fn running(&self) -> Option<(&LessonId, &InHand)> {
        let (id, lesson) = self.in_hand.get_key_value(self.current.as_ref()?)?;
        matches!(lesson.machine.state(), State::Recording { .. } | State::Paused { .. }).then_some((id, lesson))
    }

    pub(super) fn state(&self, id: &LessonId) -> Option<&State> {
        self.in_hand.get(id).map(|lesson| lesson.machine.state())
    }
}

impl Host {
    /// Starts a lesson.
    pub(super) fn start_lesson(&mut self, start: Start) -> Result<LessonId, Refusal> {
        if let Some((id, _)) = self.lessons.running() {
            let message = format!("lesson {id} is being recorded: stop it first (`ketangctl stop`)");
            return Err(Refusal::new(RefusalCode::WrongState, message));
        }
        let planned = start.planned_seconds.unwrap_or(self.config.lesson.planned.get().as_secs());
        let longest = self.config.lesson.longest.get().as_secs();
        if planned > longest {
            let message =
                format!("{planned} s is more than `lesson.longest` ({longest} s): plan less, or raise that key");
            return Err(Refusal::new(RefusalCode::Invalid, message));
        }
        for alarm in LAST_LESSONS_ALARMS {
            self.alarms.clear(alarm, None);
        }
        let failed = |error: StoreError| super::library::refused(error);
        self.make_room_for_lesson()?;
        let number = self.lessons.ledger.next_number().map_err(failed)?;
        let (_, moment) = self.clock.border(LEAD_SLOTS);
        let id = LessonId::new(moment.wall, number);
        let tracks = self.plan_tracks();
        let plan = Plan {
            id: id.clone(),
            host: self.config.host.name.as_str().to_owned(),
            title: start.title,
            teacher: start.teacher,
            planned_seconds: Some(planned),
            tracks: tracks.iter().map(|plan| self.track_record(plan)).collect(),
        };
        let left_out = self.left_out(&tracks);
        self.take_in_hand(id.clone(), tracks, BTreeMap::new());
        self.lessons.current = Some(id.clone());
        self.step(&id, moment, What::Start(plan))?;
        for (track, why) in left_out {
            self.step(&id, moment, What::Note(EventKind::TrackLowered { track, why }))?;
        }
        self.note_lost_inputs(&id, moment);
        Ok(id)
    }

    /// Inputs that are lost at the start are gaps from the start.
    fn note_lost_inputs(&mut self, id: &LessonId, moment: Moment) {
        for (input, why) in self.inputs.all_lost() {
            self.step_logged(id, moment, What::InputLost { input, why });
        }
    }

    fn take_in_hand(&mut self, id: LessonId, tracks: Vec<TrackPlan>, next_parts: BTreeMap<String, u32>) {
        // The last lesson's end is told of until the next begins.
        self.lessons.in_hand.retain(|_, lesson| !matches!(lesson.machine.state(), State::Ended { .. }));
        let lesson = InHand {
            machine: LessonMachine::new(self.lessons.settings.clone()),
            recording: None,
            log: None,
            tracks,
            next_parts,
            dropped: BTreeMap::new(),
            slow_seconds: 0,
            content: Content::default(),
        };
        self.lessons.in_hand.insert(id, lesson);
    }

    fn capacity(&self) -> Capacity {
        let cores = if self.config.recording.fit_machine { self.machine.free_cores() } else { f64::INFINITY };
        Capacity { cores, encoder: self.encoder }
    }

    fn wish(&self) -> Wish {
        let recording = &self.config.recording;
        let order = self.lessons.storage.policy().lowest_value_first.clone();
        let value = |role: &str| order.iter().position(|name| name == role).unwrap_or(0);
        let mut inputs: Vec<_> = self.studio.roles().filter(|role| recording.tracks.holds(*role)).collect();
        inputs.sort_by_key(|role| std::cmp::Reverse(value(role.as_str())));
        Wish {
            programme: recording.programme,
            as_it_comes: inputs.iter().copied().filter(|role| self.studio.comes_fit_to_record(*role)).collect(),
            inputs,
            size: smaller(self.config.programme.size.into(), self.studio.size()),
            programme_kbit_s: recording.programme_kbit.get(),
            track_kbit_s: recording.track_kbit.get(),
        }
    }

    fn plan_tracks(&self) -> Vec<TrackPlan> {
        plan::plan(&self.wish(), self.capacity())
    }

    /// A planned track as `lesson.json` tells of it.
    fn track_record(&self, plan: &TrackPlan) -> Track {
        let (codec, size, kbit_s) = match (&plan.making, plan.name) {
            (TrackMaking::Encode(settings), _) => ("h264", Some(settings.size), settings.kbit_s),
            (TrackMaking::AsItComes, TrackName::Input(role)) => ("h264", self.studio.own_size(role), 0),
            (TrackMaking::AsItComes, _) => ("h264", None, 0),
            (TrackMaking::SoundOnly, _) => ("aac", None, 128),
        };
        Track {
            name: plan.name.to_string(),
            codec: codec.into(),
            width: size.map_or(0, |size| size.width),
            height: size.map_or(0, |size| size.height),
            kbit_s,
            as_it_comes: plan.making == TrackMaking::AsItComes,
            lowered: plan.lowered.clone(),
            parts: Vec::new(),
        }
    }

    /// The tracks of a lesson that goes on: those that it had, made as they were, but for those that had ended.
    fn planned_before(&self, lesson: &Lesson) -> Vec<TrackPlan> {
        let running = ketang_lesson::record::running_tracks(lesson);
        let again = |track: &Track| {
            let name = TrackName::named(&track.name)?;
            let making = match name {
                TrackName::Sound | TrackName::SoundFallback => TrackMaking::SoundOnly,
                _ if track.as_it_comes => TrackMaking::AsItComes,
                _ => TrackMaking::Encode(H264Settings {
                    kind: self.encoder.kind,
                    size: Size { width: track.width, height: track.height },
                    kbit_s: track.kbit_s,
                    floor_kbit_s: Some(plan::FLOOR_KBIT_S),
                }),
            };
            running.contains(&track.name).then(|| TrackPlan { name, making, lowered: track.lowered.clone() })
        };
        let again: Vec<_> = lesson.tracks.iter().filter_map(again).collect();
        let complete = again.iter().all(|plan| !matches!(&plan.making, TrackMaking::Encode(made) if made.kbit_s == 0));
        // A record that was pieced together does not know how its tracks were made.
        if complete && !again.is_empty() { again } else { self.plan_tracks() }
    }

    fn left_out(&self, tracks: &[TrackPlan]) -> Vec<(String, String)> {
        let left_out = plan::left_out(&self.wish(), tracks, self.capacity());
        left_out.into_iter().map(|(role, why)| (role.to_string(), format!("not recorded: {why}"))).collect()
    }

    /// Takes up what a crash or power cut left behind.
    pub(super) fn take_up_lessons(&mut self) -> Result<(), StoreError> {
        let now = self.clock.wall();
        let plan = recovery::plan(&self.lessons.data, &self.lessons.ledger, now, &self.lessons.settings)?;
        for error in plan.unreadable {
            tracing::warn!(%error, "a folder is left as it is");
        }
        for mut recovered in plan.lessons {
            recovered.measure(work::seconds_of);
            if let Err(error) = recovered.tidy(now) {
                tracing::warn!(%error, "a lesson's folder could not be put in order");
            }
            let id = recovered.lesson.id.clone();
            let next_parts = recovered.next_parts.clone();
            let tracks = self.planned_before(&recovered.lesson);
            self.take_in_hand(id.clone(), tracks, next_parts);
            self.lessons.current = Some(id.clone());
            let (_, moment) = self.clock.border(LEAD_SLOTS);
            self.step_logged(&id, moment, recovered.what());
            if self.lessons.running().is_some() {
                // No input is open yet: the lesson goes on with slates until they are.
                self.note_lost_inputs(&id, moment);
            }
        }
        Ok(())
    }

    /// Tells a lesson's machine what happened, and carries out what it decides. The first refusal is the answer.
    pub(super) fn step(&mut self, id: &LessonId, now: Moment, what: What) -> Result<(), Refusal> {
        let Some(lesson) = self.lessons.in_hand.get_mut(id) else {
            let message = format!("lesson {id} is not in hand: `ketangctl lessons` lists what there is");
            return Err(Refusal::new(RefusalCode::NotFound, message));
        };
        let actions = lesson.machine.step(Input { now, what });
        let mut refusal = Ok(());
        for action in actions {
            let carried_out = self.act(id, now, action);
            if refusal.is_ok() {
                refusal = carried_out;
            }
        }
        refusal
    }

    /// As [`Host::step`], where nobody waits for an answer.
    pub(super) fn step_logged(&mut self, id: &LessonId, now: Moment, what: What) {
        if let Err(refusal) = self.step(id, now, what) {
            tracing::error!(lesson = %id, refusal.message, "a lesson could not go on as it should");
        }
    }

    fn act(&mut self, id: &LessonId, now: Moment, action: Action) -> Result<(), Refusal> {
        match action {
            Action::Save => self.save(id).map_err(super::library::refused)?,
            Action::Note(event) => self.note(id, &event),
            Action::OpenTracks => self.open_tracks(id, now),
            Action::PauseTracks => self.with_recording(id, |recording| recording.pause(now.media.slot())),
            Action::ResumeTracks => self.with_recording(id, |recording| recording.resume(now.media.slot())),
            Action::CloseTracks => self.close_tracks(id, now),
            Action::MakeFiles => self.begin_making(id),
            Action::Verify => self.begin_verifying(id),
            Action::Raise(alarm) => {
                self.alarms.raise(alarm);
            }
            Action::Clear(alarm) => {
                self.alarms.clear(alarm, None);
            }
            Action::Refuse(refusal) => return Err(refusal),
        }
        Ok(())
    }

    fn save(&mut self, id: &LessonId) -> Result<(), StoreError> {
        let Some(lesson) = self.lessons.in_hand.get(id).and_then(|lesson| lesson.machine.state().lesson()) else {
            return Ok(());
        };
        let folder = self.lessons.data.save(lesson)?;
        let bytes = lesson.tracks.iter().flat_map(|track| &track.parts).map(|part| part.bytes).sum();
        self.lessons.ledger.save(lesson, bytes)?;
        if let Some(lesson) = self.lessons.in_hand.get_mut(id)
            && lesson.log.is_none()
        {
            lesson.log = Some(folder.log()?);
        }
        Ok(())
    }

    fn note(&mut self, id: &LessonId, event: &Event) {
        if let Some(log) = self.lessons.in_hand.get_mut(id).and_then(|lesson| lesson.log.as_mut())
            && let Err(error) = log.append(event)
        {
            tracing::error!(lesson = %id, %error, "an event could not be written");
        }
        // Nobody may be listening.
        let _ = self.events.send(event.clone());
    }

    fn with_recording(&self, id: &LessonId, order: impl FnOnce(&Recording)) {
        if let Some(recording) = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref()) {
            order(recording);
        }
    }

    fn open_tracks(&mut self, id: &LessonId, now: Moment) {
        match self.begin_recording(id, now.media.slot()) {
            Ok(recording) => {
                if let Some(lesson) = self.lessons.in_hand.get_mut(id) {
                    lesson.recording = Some(recording);
                }
            }
            Err(why) => self.step_logged(id, now, What::TracksFailed { why }),
        }
    }

    fn begin_recording(&mut self, id: &LessonId, from: Slot) -> Result<Recording, String> {
        let Some(lesson) = self.lessons.in_hand.get(id) else { return Err("it is not in hand".into()) };
        let folder = self.lessons.data.folder(id).map_err(|error| error.to_string())?;
        let record = lesson.machine.state().record();
        let begins_at = record.map_or(0, |record| record.timeline().at(from.start()).as_nanos() as u64);
        let first_part = |name: TrackName| lesson.next_parts.get(name.as_str()).map(|&number| (name, number));
        let settings = RecordingSettings {
            folder: folder.path().to_owned(),
            tracks: lesson.tracks.clone(),
            part_limit_bytes: u64::from(self.config.recording.part_limit_mb.get()) * 1_000_000,
            picture_sound: match self.config.recording.sound {
                RecordedSound::Mixed => Variant::Mixed,
                RecordedSound::Split => Variant::Roles,
            },
            from,
            begins_at_ns: begins_at,
            first_parts: lesson.tracks.iter().filter_map(|track| first_part(track.name)).collect(),
        };
        let news = self.news.clone();
        let of = id.clone();
        let told = move |event| {
            let _ = news.send(Message::Recording(of.clone(), event));
        };
        Recording::begin(&self.studio, &self.desk, settings, std::sync::Arc::new(told))
            .map_err(|error| error.to_string())
    }

    fn close_tracks(&mut self, id: &LessonId, now: Moment) {
        let lesson = self.lessons.in_hand.get(id);
        match lesson.and_then(|lesson| lesson.recording.as_ref()) {
            Some(recording) => recording.end(now.media.slot()),
            None => self.step_logged(id, now, What::TracksClosed),
        }
    }

    fn begin_making(&mut self, id: &LessonId) {
        let Some((folder, lesson)) = self.folder_and_lesson(id) else { return };
        self.jobs.begin("finish", id.clone(), move |progress| {
            Ok(Brought::FilesMade(work::make_files(&folder, lesson.tracks, progress)))
        });
    }

    fn begin_verifying(&mut self, id: &LessonId) {
        let Some((folder, lesson)) = self.folder_and_lesson(id) else { return };
        let now = self.clock.wall();
        self.jobs.begin("verify", id.clone(), move |progress| {
            Ok(Brought::Verified(work::verify(&folder, &lesson, now, progress)))
        });
    }

    fn folder_and_lesson(&self, id: &LessonId) -> Option<(std::path::PathBuf, Lesson)> {
        let folder = self.lessons.data.folder(id).ok()?;
        Some((folder.path().to_owned(), self.lessons.state(id)?.lesson()?.clone()))
    }

    pub(super) fn job_news(&mut self, news: JobNews) {
        self.jobs.note(&news);
        let JobNews::Ended { lesson: id, brought, .. } = news else { return };
        let now = self.clock.now();
        match brought {
            Ok(Brought::FilesMade(tracks)) => self.step_logged(&id, now, What::FilesMade { tracks }),
            Ok(Brought::Verified(verdict)) => {
                let content = self.lessons.in_hand.get(&id).map(|lesson| lesson.content).unwrap_or_default();
                self.step_logged(&id, now, What::Verified { verdict, content });
            }
            Ok(Brought::VerifiedAgain(lesson, folder)) => self.keep_verdict(*lesson, &folder),
            Ok(Brought::Exported) => {}
            Err(why) if self.lessons.in_hand.contains_key(&id) => {
                self.step_logged(&id, now, What::FinishFailed { why });
            }
            Err(why) => tracing::warn!(lesson = %id, why, "a job failed"),
        }
    }

    pub(super) fn recording_event(&mut self, id: &LessonId, event: RecordingEvent) {
        let now = self.clock.now();
        match event {
            RecordingEvent::Track { track, event } => self.track_event(id, track, event),
            RecordingEvent::TrackFailed { track, why } => {
                self.step_logged(id, now, What::TrackEnded { track: track.to_string(), why });
            }
            RecordingEvent::Ended { .. } => {
                let recording = self.lessons.in_hand.get_mut(id).and_then(|lesson| lesson.recording.take());
                drop(recording);
                self.step_logged(id, now, What::TracksClosed);
            }
        }
    }

    fn track_event(&mut self, id: &LessonId, track: TrackName, event: TrackEvent) {
        let now = self.clock.now();
        let name = track.to_string();
        match event {
            TrackEvent::PartBegun { file, begins_at_ns } => {
                let recording = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref());
                let media = recording.map_or(now.media, |recording| recording.media_time(begins_at_ns));
                let what = What::PartBegun { track: name, file: file_name(&file) };
                self.step_logged(id, Moment { media, ..now }, what);
            }
            TrackEvent::PartClosed(part) => {
                let what = What::PartClosed {
                    track: name,
                    file: file_name(&part.file),
                    seconds: part.duration_ns as f64 / 1e9,
                    bytes: part.bytes,
                };
                self.step_logged(id, now, what);
            }
            TrackEvent::Synced { .. } => {}
            TrackEvent::Stalled { .. } => tracing::warn!(lesson = %id, track = name, "the disk has stalled"),
            TrackEvent::Resumed { lost_from_ns, lost_until_ns } => {
                let frames = (lost_until_ns - lost_from_ns) / ketang_hal::time::SLOT_NS;
                self.step_logged(id, now, What::FramesDropped { track: name, frames });
            }
            TrackEvent::Failed { why, no_space } => {
                if no_space && let Err(error) = self.lessons.storage.release_reserve() {
                    tracing::error!(%error, "the reserve could not be given up");
                }
                self.with_recording(id, |recording| recording.end_track(track));
                self.step_logged(id, now, What::TrackEnded { track: name, why });
            }
        }
    }

    /// Once a second: time limits, frames that were dropped, speech, movement.
    pub(super) fn tick_lessons(&mut self, moved: Option<bool>) {
        let (_, moment) = self.clock.border(0);
        let ids: Vec<_> = self.lessons.in_hand.keys().cloned().collect();
        for id in ids {
            self.step_logged(&id, moment, What::Tick);
        }
        let levels = self.desk.levels();
        let spoke = levels.microphones.iter().filter(|level| level.live).map(|level| level.speech).reduce(|a, b| a | b);
        let Some(id) = self.lessons.running().map(|(id, _)| id.clone()) else { return };
        if let Some(lesson) = self.lessons.in_hand.get_mut(&id) {
            count(&mut lesson.content.speech_seconds, spoke);
            count(&mut lesson.content.movement_seconds, moved);
        }
        self.account_for_dropped(&id, moment);
    }

    /// Frames that the machine was too slow for are gaps; where that goes on, the least valuable track ends.
    fn account_for_dropped(&mut self, id: &LessonId, now: Moment) {
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
        lesson.slow_seconds = if dropped.is_empty() { 0 } else { lesson.slow_seconds + 1 };
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
            let why = "the host was too slow for all tracks".to_owned();
            self.step_logged(id, now, What::TrackEnded { track: track.to_string(), why });
        }
    }

    /// Room for one more lesson, as far as policy gives it.
    fn make_room_for_lesson(&mut self) -> Result<(), Refusal> {
        let failed = |error: StoreError| super::library::refused(error);
        let lessons = &mut self.lessons;
        let stored = lessons.ledger.stored().map_err(failed)?;
        let needed = retention::usual_bytes(&stored, lessons.storage.policy());
        let deleted = lessons.storage.make_room(&mut lessons.ledger, needed, self.clock.wall()).map_err(failed)?;
        for id in deleted {
            tracing::info!(lesson = %id, "deleted, because room was needed and the platform holds it");
        }
        let space = lessons.storage.space().map_err(failed)?;
        if space.free <= lessons.storage.policy().reserve {
            let message = "the disk is full: let lessons be uploaded and confirmed, or fit a larger disk";
            return Err(Refusal::new(RefusalCode::NoSpace, message));
        }
        Ok(())
    }

    /// Once a second: alarms before a lesson, fewer tracks in it.
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
            return;
        };
        let all: Vec<_> = lesson.tracks.iter().map(|track| track.name.to_string()).collect();
        let progress = lesson.recording.as_ref().map(Recording::progress).unwrap_or_default();
        let running: Vec<_> =
            progress.iter().filter(|(_, track)| track.running).map(|(name, _)| name.to_string()).collect();
        let to_end = retention::tracks_to_end(space, &all, &running, policy);
        if to_end.is_empty() {
            return;
        }
        let id = id.clone();
        let names: Vec<_> = lesson.tracks.iter().map(|track| track.name).collect();
        self.alarms.raise(ketang_lesson::alarms::disk_ends_tracks(&to_end));
        let (_, moment) = self.clock.border(0);
        for track in names.into_iter().filter(|name| to_end.iter().any(|other| other == name.as_str())) {
            self.with_recording(&id, |recording| recording.end_track(track));
            let why = "the disk is nearly full".to_owned();
            self.step_logged(&id, moment, What::TrackEnded { track: track.to_string(), why });
        }
    }

    /// Tells the lesson that is recorded that an input was lost or is back.
    pub(super) fn lesson_input(&mut self, now: Moment, what: What) {
        if let Some(id) = self.lessons.running().map(|(id, _)| id.clone()) {
            self.step_logged(&id, now, what);
        }
    }

    /// Puts something into the events of the lesson that is recorded.
    pub(super) fn note_in_lesson(&mut self, now: Moment, what: EventKind) {
        if let Some(id) = self.lessons.running().map(|(id, _)| id.clone()) {
            self.step_logged(&id, now, What::Note(what));
        }
    }

    /// Closes the tracks of the lesson in hand and leaves it as it is: the next start takes it up.
    pub(super) fn stop_for_shutdown(&mut self) {
        let (slot, _) = self.clock.border(0);
        for lesson in self.lessons.in_hand.values() {
            if let Some(recording) = &lesson.recording {
                recording.end(slot);
            }
        }
    }
}

/// Counts a second in which something was so; a second that could not tell counts for nothing.
fn count(seconds: &mut Option<f64>, was_so: Option<bool>) {
    if let Some(was_so) = was_so {
        *seconds = Some(seconds.unwrap_or(0.0) + f64::from(u8::from(was_so)));
    }
}

/// The smaller of two sizes: pictures are never scaled up.
fn smaller(wanted: Size, there: Size) -> Size {
    if wanted.height > there.height { there } else { wanted }
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
