//! The owner of the host: one thread that all commands, events and jobs come to, and that publishes the snapshot.
//!
//! ```text
//!  API ─ commands ─┐                        ┌─► lesson machines ─► actions: files, recording, jobs
//!  studio, desk ───┼─► Message ─► Host::run ┼─► studio, desk: shots, inputs
//!  recording, jobs ┘                        └─► Snapshot, events
//! ```
//!
//! `open` builds everything, `run` reads from top to bottom, `close` ends the lesson in hand and takes everything down.

mod alarms;
mod attendance;
mod calibrating;
mod checking;
mod clock;
mod commands;
mod directing;
mod events;
mod following;
mod inputs;
mod jobs;
mod lessons;
mod library;
mod limits;
mod machine;
mod microphones;
mod open;
mod peaks;
mod planning;
mod pushing;
mod receivers;
mod recut;
mod snapshot;
mod sounds;
mod system;
mod tell;
mod timetable;
mod turning;
mod updating;
mod uploading;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use ketang_hal::board::Board;
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::CaptureControl;
use ketang_hal::system::System;
use ketang_hal::watchdog::Watchdog;
use ketang_pipelines::encode::Encoders;
use ketang_pipelines::layout::Layouts;
use ketang_pipelines::programme::ProgrammeShot;
use ketang_pipelines::recording::RecordingEvent;
use ketang_pipelines::sound::{SoundDesk, SoundEvent};
use ketang_pipelines::studio::{Studio, StudioEvent};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
use tokio::sync::{broadcast, watch};

use crate::api::{Asked, HostHandle};
use crate::config::Config;
use crate::eyes::{Eyes, News};
use crate::live::LivePictures;
use crate::notify;
use crate::ptz::PtzNews;
use crate::settings::Settings;
use crate::targets::LiveTargets;
use crate::timetable::Timetables;
use crate::updates::UpdateNews;
use crate::uploads::UploadNews;
use crate::zones::Zones;
use alarms::Alarms;
use clock::Clock;
use directing::Directing;
use inputs::Inputs;
use jobs::{JobNews, Jobs};
use lessons::Lessons;
use machine::Machine;
use microphones::MicrophoneWatch;
pub use open::{OpenError, Opened, open};
use peaks::Peaks;
pub use pushing::PushNews;
use pushing::Pushes;
use receivers::SignalNews;
use sounds::Sounds;
use system::SystemWatch;
use timetable::Periods;
use turning::Cameras;
use updating::Updating;
use uploading::Uploading;
pub(crate) use work::{chapters, files};

/// How often the snapshot follows what changes by itself, such as sound levels; commands are seen in it at once.
const TICK: Duration = Duration::from_millis(100);
/// How often disk, lessons and dropped frames are looked at.
const SECOND: Duration = Duration::from_secs(1);
/// Seconds without a lesson or other work after which the host may begin anew: whoever waits for its end has then seen it.
const SEEN_SECONDS: u32 = 3;
/// Closing a lesson's files takes a second or two; beyond this the next start finishes it.
const CLOSE_LIMIT: Duration = Duration::from_secs(20);

/// Everything that comes to the owner.
pub enum Message {
    Asked(Asked),
    Studio(StudioEvent),
    Sound(SoundEvent),
    Recording(LessonId, RecordingEvent),
    /// A push to a live target tells of itself.
    Push(PushNews),
    Job(JobNews),
    /// A receiver's signal or a device came or went.
    Signal(SignalNews),
    /// Somebody watches and has seen something.
    Seen(News),
    /// A camera that turns tells of itself.
    Turning(PictureRole, PtzNews),
    /// A camera was told how to make its picture, or refuses something of it.
    PictureSet(PictureRole, Result<(), String>),
    /// The controls of a microphone's sound card.
    Card(SoundRole, Vec<CaptureControl>),
    /// The clock is kept otherwise than before, or the networks are others.
    System(System),
    /// The system's updater tells of itself.
    Update(UpdateNews),
    /// A lesson is on its way to the platform, or there.
    Upload(UploadNews),
    /// End the lesson in hand and return.
    Stop,
}

/// Why a host has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Told,
    /// It is to begin anew with newer settings.
    ForSettings,
}

/// The owner's own state.
pub struct Host {
    config: Config,
    clock: Clock,
    board: Arc<dyn Board>,
    studio: Studio,
    desk: SoundDesk,
    encoders: Encoders,
    machine: Machine,
    layouts: Layouts,
    shot: ProgrammeShot,
    directing: Directing,
    eyes: Eyes,
    /// How many of the class the eyes count, as far as they know.
    heads: Option<u16>,
    inputs: Inputs,
    cameras: Cameras,
    lessons: Lessons,
    jobs: Jobs,
    alarms: Alarms,
    microphones: MicrophoneWatch,
    sounds: Sounds,
    system: SystemWatch,
    updating: Updating,
    uploading: Uploading,
    peaks: Peaks,
    news: Sender<Message>,
    inbox: Receiver<Message>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<ketang_protocol::lesson::Event>,
    library: Arc<library::Shelf>,
    live: Arc<LivePictures>,
    settings: Arc<Settings>,
    pushes: Pushes,
    targets: Arc<LiveTargets>,
    timetables: Arc<Timetables>,
    periods: Periods,
    zones: Arc<Zones>,
    /// For so many seconds nothing was in hand.
    free_seconds: u32,
}

impl Host {
    /// The way in for surfaces, with a task that brings their requests here; `runtime` runs it. What holds is published before
    /// anybody can ask: a host that goes on with a lesson is never seen without it.
    pub fn handle(&mut self, runtime: &tokio::runtime::Handle) -> HostHandle {
        self.publish();
        let (commands, mut asked) = tokio::sync::mpsc::channel::<Asked>(64);
        let news = self.news.clone();
        runtime.spawn(async move {
            while let Some(asked) = asked.recv().await {
                if news.send(Message::Asked(asked)).is_err() {
                    return;
                }
            }
        });
        HostHandle {
            commands,
            snapshots: self.snapshots.subscribe(),
            events: self.events.clone(),
            library: self.library.clone(),
            live: self.live.clone(),
            settings: self.settings.clone(),
            targets: self.targets.clone(),
            timetables: self.timetables.clone(),
            zones: self.zones.clone(),
        }
    }

    /// A way to send messages here, for signals and tests.
    pub fn news(&self) -> Sender<Message> {
        self.news.clone()
    }

    /// Tells people that the host runs without the settings, which were put aside as `file`.
    pub fn settings_were_put_aside(&mut self, file: &Path, why: &str) {
        self.alarms.raise(tell::settings_broken(file, why));
    }

    /// Runs until [`Message::Stop`] or newer settings, then closes everything. The watchdogs are fed from the owner's own loop,
    /// so that it proves that commands are still taken, not just that some thread runs.
    pub fn run(mut self, mut watchdogs: Vec<Box<dyn Watchdog>>) -> Ended {
        let mut next_look = Instant::now();
        let mut next_second = Instant::now();
        let mut next_feed = Instant::now();
        let ended = loop {
            match self.inbox.recv_timeout(next_look.saturating_duration_since(Instant::now())) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break Ended::Told,
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {
                    // By the clock, not by when it came to it: ten a second is ten a second.
                    next_look = (next_look + TICK).max(Instant::now());
                    self.wake_director();
                    self.follow_with_cameras();
                    self.look_at_pushes();
                    self.publish();
                }
            }
            if Instant::now() >= next_second {
                next_second = Instant::now() + SECOND;
                self.every_second();
                if self.settings.are_newer() && self.free_seconds >= SEEN_SECONDS {
                    match self.settings.take_up() {
                        Ok(()) => break Ended::ForSettings,
                        Err(error) => tracing::error!(%error, "newer settings could not be taken up"),
                    }
                }
            }
            if Instant::now() >= next_feed {
                next_feed =
                    Instant::now() + watchdogs.iter().map(|watchdog| watchdog.interval()).min().unwrap_or(SECOND);
                for watchdog in &mut watchdogs {
                    if let Err(error) = watchdog.feed() {
                        tracing::error!(%error, "a watchdog was not fed");
                    }
                }
            }
        };
        // Closing may take longer than a watchdog waits. A service manager has a limit of its own for it.
        drop(watchdogs);
        match ended {
            Ended::Told => notify::stopping(),
            Ended::ForSettings => notify::restarting(),
        }
        self.close();
        ended
    }

    /// Whether no lesson is recorded, paused or being finished, nothing is pushed, and no other work goes on.
    fn has_nothing_in_hand(&self) -> bool {
        self.lessons.all_ended() && !self.jobs.any_runs() && !self.pushes.any_runs()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Asked((request, answer)) => {
                let reply = self.carry_out(request);
                // Before the answer, so that whoever asked sees what it led to.
                self.publish();
                // Whoever asked may have gone; the command is carried out all the same.
                let _ = answer.send(reply);
            }
            Message::Studio(event) => self.studio_event(event),
            Message::Sound(event) => self.sound_event(event),
            Message::Recording(id, event) => self.recording_event(&id, event),
            Message::Push(news) => self.push_news(news),
            Message::Job(news) => self.job_news(news),
            Message::Signal(news) => self.signal_news(news),
            Message::Seen(News::Seen(observation)) => self.seen(observation),
            Message::Seen(News::Slide(slide)) => self.slide_came(slide),
            Message::Seen(News::Failing(input, why)) => self.detector_fails(input, why),
            Message::Seen(News::Heads(heads)) => self.heads = heads,
            Message::Turning(role, news) => self.turning_news(role, news),
            Message::PictureSet(role, set) => self.picture_set(role, set),
            Message::Card(role, controls) => self.card_told(role, controls),
            Message::System(system) => self.system.told(system),
            Message::Update(news) => self.update_news(news),
            Message::Upload(news) => self.upload_news(news),
            Message::Stop => {}
        }
    }

    fn every_second(&mut self) {
        // What live encodes for itself without a lesson is free for the lesson.
        if self.lessons.running().is_none() && !self.pushes.encodes() {
            self.machine.look();
        }
        let moved = self.moved();
        self.tick_lessons(moved);
        self.take_attendance();
        self.look_at_teachers_microphone(moved == Some(true));
        self.look_at_cards();
        self.look_at_disk();
        self.look_at_system();
        self.look_at_timetable();
        self.look_at_inputs();
        self.look_at_updates();
        self.look_at_uploads();
        self.free_seconds = if self.has_nothing_in_hand() { self.free_seconds.saturating_add(1) } else { 0 };
    }

    /// Ends the lesson in hand and waits until its files are closed; finishing goes on at the next start if it must.
    fn close(mut self) {
        self.stop_for_shutdown();
        let until = Instant::now() + CLOSE_LIMIT;
        while self.lessons.any_open() && Instant::now() < until {
            if let Ok(message) = self.inbox.recv_timeout(TICK) {
                self.take(message);
            }
        }
        self.publish();
        self.pushes.end();
        tracing::info!("the host has stopped");
    }
}
