//! The lessons in hand: the one that is recorded, and those that are still being finished. Carries out what their machines decide.

use std::collections::BTreeMap;

use ketang_hal::time::{MediaTime, Slot};
use ketang_lesson::outcome::Content;
use ketang_lesson::record::Plan;
use ketang_lesson::{Action, Input, LessonMachine, Moment, Settings, State, What};
use ketang_pipelines::record::TrackEvent;
use ketang_pipelines::recording::{LEAD_SLOTS, Recording, RecordingEvent, RecordingSettings};
use ketang_pipelines::sound::Variant;
use ketang_pipelines::tracks::{TrackName, TrackPlan};
use ketang_protocol::command::{Refusal, RefusalCode, Start};
use ketang_protocol::lesson::{Event, EventKind, Lesson, LessonId};

use super::checking::Check;
use super::jobs::{Brought, JobNews};
use super::{Host, Message, tell, work};
use crate::config::rule::RecordedSound;
use crate::folder::{DataDir, EventLog, StoreError};
use crate::ledger::Ledger;
use crate::recovery;
use crate::storage::Storage;

/// What was told of the last lesson and says nothing about the next.
const LAST_LESSONS_ALARMS: [&str; 4] = [
    tell::TOO_SLOW,
    tell::NOT_STARTED,
    ketang_lesson::alarms::DISK_ENDS_TRACKS,
    ketang_lesson::alarms::STOPPED_BY_ITSELF,
];
/// A lesson that is in hand.
pub(super) struct InHand {
    pub(super) machine: LessonMachine,
    pub(super) recording: Option<Recording>,
    log: Option<EventLog>,
    pub(super) tracks: Vec<TrackPlan>,
    /// Free part numbers, where the lesson goes on after a crash.
    next_parts: BTreeMap<String, u32>,
    /// Frames that were dropped and are already accounted for.
    pub(super) dropped: BTreeMap<TrackName, u64>,
    /// Seconds in a row in which frames were dropped.
    pub(super) slow_seconds: u32,
    /// What was seen and heard in the room.
    content: Content,
    /// Meaningful while it is checked.
    pub(super) check: Check,
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

    /// Whether every lesson in hand has its outcome.
    pub(super) fn all_ended(&self) -> bool {
        self.in_hand.values().all(|lesson| matches!(lesson.machine.state(), State::Idle | State::Ended { .. }))
    }

    /// The lesson that is recorded or paused.
    pub(super) fn running(&self) -> Option<(&LessonId, &InHand)> {
        let (id, lesson) = self.in_hand.get_key_value(self.current.as_ref()?)?;
        matches!(lesson.machine.state(), State::Recording { .. } | State::Paused { .. }).then_some((id, lesson))
    }

    /// Whether a lesson is recorded, and not paused.
    pub(super) fn is_recording(&self) -> bool {
        self.running().is_some_and(|(_, lesson)| matches!(lesson.machine.state(), State::Recording { .. }))
    }

    pub(super) fn state(&self, id: &LessonId) -> Option<&State> {
        self.in_hand.get(id).map(|lesson| lesson.machine.state())
    }
}

impl Host {
    /// Starts a lesson.
    pub(super) fn start_lesson(&mut self, start: Start) -> Result<LessonId, Refusal> {
        if let Some((id, _)) = self.lessons.running() {
            let chinese = format!("课程 {id} 正在录制：请先停止（`ketangctl stop`）");
            let english = format!("lesson {id} is being recorded: stop it first (`ketangctl stop`)");
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        }
        let start = self.as_the_timetable_has_it(start, self.clock.wall());
        let usual = || self.config.lesson.planned.get().as_secs();
        let planned = (!start.open_end).then(|| start.planned_seconds.unwrap_or_else(usual));
        let longest = self.config.lesson.longest.get().as_secs();
        if let Some(planned) = planned.filter(|planned| *planned > longest) {
            let chinese = format!("{planned} 秒超过了 `lesson.longest`（{longest} 秒）：请缩短计划，或调大这个配置项");
            let english =
                format!("{planned} s is more than `lesson.longest` ({longest} s): plan less, or raise that key");
            return Err(Refusal::new(RefusalCode::Invalid, chinese, english));
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
            planned_seconds: planned,
            tracks: tracks.iter().map(|plan| self.track_record(plan)).collect(),
        };
        let lowered =
            tracks.iter().filter_map(|track| Some((track.name.to_string(), self.track_record(track).lowered?)));
        let lowered: Vec<_> = lowered.chain(self.left_out(&tracks)).collect();
        self.take_in_hand(id.clone(), tracks, BTreeMap::new());
        self.lessons.current = Some(id.clone());
        self.step(&id, moment, What::Start(plan))?;
        for (track, why) in lowered {
            self.step(&id, moment, What::Note(EventKind::TrackLowered { track, why }))?;
        }
        self.note_lost_inputs(&id, moment);
        self.unmute_for_lesson(&id, moment);
        self.eyes.tell_opening_slide();
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
            check: Check::default(),
        };
        self.lessons.in_hand.insert(id, lesson);
    }

    /// Takes up what a crash or power cut left behind.
    pub(super) fn take_up_lessons(&mut self) -> Result<(), StoreError> {
        crate::recut::sweep_all(&self.lessons.data)?;
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
            let chinese = format!("没有在处理课程 {id}：可用 `ketangctl lessons` 列出");
            let english = format!("lesson {id} is not in hand: `ketangctl lessons` lists what there is");
            return Err(Refusal::new(RefusalCode::NotFound, chinese, english));
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
            tracing::error!(lesson = %id, refusal.english, "a lesson could not go on as it should");
        }
    }

    fn act(&mut self, id: &LessonId, now: Moment, action: Action) -> Result<(), Refusal> {
        match action {
            Action::Save => self.save(id).map_err(super::library::refused)?,
            Action::Note(event) => self.note(id, &event),
            Action::OpenTracks => self.open_tracks(id, now),
            Action::PauseTracks => {
                self.with_recording(id, |recording| recording.pause(now.media.slot()));
                self.rest_directing(now.media);
            }
            Action::ResumeTracks => {
                self.with_recording(id, |recording| recording.resume(now.media.slot()));
                let recorded = self.recorded_ms(id);
                self.go_on_directing(now.media, recorded);
            }
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

    pub(super) fn with_recording(&self, id: &LessonId, order: impl FnOnce(&Recording)) {
        if let Some(recording) = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref()) {
            order(recording);
        }
    }

    /// Lesson time that is recorded, in milliseconds.
    pub(super) fn recorded_ms(&self, id: &LessonId) -> u64 {
        let recording = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref());
        recording.map_or(0, |recording| recording.recorded_ns() / 1_000_000)
    }

    fn open_tracks(&mut self, id: &LessonId, now: Moment) {
        match self.begin_recording(id, now.media.slot()) {
            Ok(recording) => {
                let begins_at = recording.lesson_ns(now.media) / 1_000_000;
                self.begin_directing(id, now.media, begins_at);
                if let Some(lesson) = self.lessons.in_hand.get_mut(id) {
                    lesson.recording = Some(recording);
                }
            }
            Err(why) => self.step_logged(id, now, What::TracksFailed { why: why.into() }),
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
            encoders: self.encoders.ranked.clone(),
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
        self.end_directing();
        self.tell_of_repeated(id, now);
        let lesson = self.lessons.in_hand.get(id);
        match lesson.and_then(|lesson| lesson.recording.as_ref()) {
            Some(recording) => recording.end(now.media.slot()),
            None => self.step_logged(id, now, What::TracksClosed),
        }
    }

    fn begin_making(&mut self, id: &LessonId) {
        let Some((folder, lesson)) = self.folder_and_lesson(id) else { return };
        self.jobs.begin("finish", id.clone(), move |job| {
            Ok(Brought::FilesMade(work::make_files(&folder, lesson.tracks, &|share| job.progress(share))))
        });
    }

    pub(super) fn folder_and_lesson(&self, id: &LessonId) -> Option<(std::path::PathBuf, Lesson)> {
        let folder = self.lessons.data.folder(id).ok()?;
        Some((folder.path().to_owned(), self.lessons.state(id)?.lesson()?.clone()))
    }

    pub(super) fn job_news(&mut self, news: JobNews) {
        self.jobs.note(&news);
        let JobNews::Ended { id: job, lesson: id, brought } = news else { return };
        let now = self.clock.now();
        match brought {
            Ok(Brought::FilesMade(tracks)) => self.step_logged(&id, now, What::FilesMade { tracks }),
            Ok(Brought::Verified(verdict)) => {
                let content = self.lessons.in_hand.get(&id).map(|lesson| lesson.content).unwrap_or_default();
                self.step_logged(&id, now, What::Verified { verdict, content });
            }
            Ok(Brought::VerifiedAgain(verdict, folder)) => {
                if let Err(error) = self.keep_verdict(&id, verdict, &folder) {
                    tracing::error!(lesson = %id, %error, "a verdict could not be written");
                    self.jobs.failed(job, error.to_string());
                }
            }
            Ok(Brought::Exported) => {}
            Ok(Brought::Recut(new, note)) => {
                if let Err(error) = self.keep_recut(&id, new, note) {
                    tracing::error!(lesson = %id, %error, "the programme made anew could not take its place");
                    self.jobs.failed(job, error.to_string());
                }
            }
            Err(why) if self.lessons.in_hand.contains_key(&id) => {
                self.step_logged(&id, now, What::FinishFailed { why: why.into() });
            }
            Err(why) => tracing::warn!(lesson = %id, why, "a job failed"),
        }
    }

    pub(super) fn recording_event(&mut self, id: &LessonId, event: RecordingEvent) {
        let now = self.clock.now();
        match event {
            RecordingEvent::Track { track, event } => self.track_event(id, track, event),
            RecordingEvent::MakerReplaced { track, why, by, missing } => {
                self.maker_replaced(id, now, (track, why, by), missing);
            }
            RecordingEvent::TrackRemade { track, settings } => self.track_remade(id, now, track, &settings),
            RecordingEvent::TrackFailed { track, why } => {
                self.step_logged(id, now, What::TrackEnded { track: track.to_string(), why: why.into() });
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
            TrackEvent::PartBegun { file, begins_at_ns, size } => {
                let recording = self.lessons.in_hand.get(id).and_then(|lesson| lesson.recording.as_ref());
                let media = recording.map_or(now.media, |recording| recording.media_time(begins_at_ns));
                let what = What::PartBegun { track: name, file: file_name(&file), size };
                self.step_logged(id, Moment { media, ..now }, what);
            }
            TrackEvent::PartClosed(part) => {
                let what = What::PartClosed {
                    track: name,
                    file: file_name(&part.file),
                    seconds: MediaTime(part.duration_ns).seconds(),
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
                self.step_logged(id, now, What::TrackEnded { track: name, why: why.into() });
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
        self.hurry_checks(moment.media);
        let levels = self.desk.levels();
        let spoke = levels.microphones.iter().filter(|level| level.live).map(|level| level.speech).reduce(|a, b| a | b);
        let Some(id) = self.lessons.running().map(|(id, _)| id.clone()) else { return };
        if let Some(lesson) = self.lessons.in_hand.get_mut(&id) {
            count(&mut lesson.content.speech_seconds, spoke);
            count(&mut lesson.content.movement_seconds, moved);
        }
        self.account_for_dropped(&id, moment);
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

fn file_name(path: &std::path::Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
