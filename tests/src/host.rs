//! A whole host inside the test's process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Zoned;
use ketang_board::sim::{Happening, Room, Truth};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Refusal, Reply, Request, Shot, Start};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::{JobState, Snapshot};
use ketang_protocol::targets::{Target, Targets};
use ketang_protocol::timetable::Timetable;
use ketangd::api::HostHandle;
use ketangd::host::{self, Message, OpenError};
use tokio::runtime::Runtime;

use crate::{HostSettings, Kept, LIMIT, Turn};

/// A running host. Dropping it closes it as a signal would.
pub struct TestHost {
    handle: HostHandle,
    news: Sender<Message>,
    room: Option<Room>,
    thread: Option<JoinHandle<()>>,
    runtime: Runtime,
    /// Where its data lie; removed with the last host that uses it.
    folder: Arc<tempfile::TempDir>,
    data: PathBuf,
    _turn: Turn,
}

/// What a command began.
#[derive(Clone, Debug)]
pub struct Done {
    pub lesson: Option<LessonId>,
    pub job: Option<u64>,
}

impl TestHost {
    /// Opens a host on a data directory of its own and waits until every input is live.
    pub fn open(settings: &HostSettings) -> Self {
        let host = Self::open_as_it_is(settings);
        host.wait("every input is live", all_live);
        host
    }

    /// Opens a host and waits for nothing.
    pub fn open_as_it_is(settings: &HostSettings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self::open_in(Arc::new(folder), settings).expect("the host opens")
    }

    /// Opens a host on a folder that may hold something already.
    pub fn open_in(folder: Arc<tempfile::TempDir>, settings: &HostSettings) -> Result<Self, OpenError> {
        let turn = settings.turn();
        let config = settings.config(folder.path());
        let data = config.host.data.as_path().to_owned();
        let saved = Arc::new(settings.saved(folder.path()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be started");
        let (told, opened) = mpsc::channel();
        let tokio = runtime.handle().clone();
        let run = move || match host::open(config, saved) {
            Ok(mut opened) => {
                let way_in = (opened.host.handle(&tokio), opened.host.news(), opened.room.clone());
                let _ = told.send(Ok(way_in));
                // Why it ended is for whoever can start it again.
                let _ = opened.run();
            }
            Err(error) => {
                let _ = told.send(Err(error));
            }
        };
        let thread = std::thread::Builder::new().name("host".into()).spawn(run).expect("a thread can be started");
        let (handle, news, room) = opened.recv_timeout(LIMIT).expect("the host opens within the limit")?;
        Ok(Self { handle, news, room, thread: Some(thread), runtime, folder, data, _turn: turn })
    }

    /// Closes the host and opens another on the same data.
    pub fn restart(self, settings: &HostSettings) -> Self {
        let folder = self.folder.clone();
        drop(self);
        Self::open_in(folder, settings).expect("the host opens again")
    }

    /// The same, where nothing runs until a time on the wall has come.
    pub fn restart_at(self, at: &Zoned, settings: &HostSettings) -> Self {
        let folder = self.folder.clone();
        drop(self);
        // That time passes without a host is what is tested.
        while let Ok(left) = Duration::try_from(at.duration_since(&Zoned::now())) {
            std::thread::sleep(left.max(Duration::from_millis(1)));
        }
        Self::open_in(folder, settings).expect("the host opens again")
    }

    /// Sets the timetable in the place of the one that there is.
    pub fn set_timetable(&self, timetable: Timetable) {
        let now = self.handle.timetables.told().expect("there is a timetable");
        self.handle.timetables.replace(&now.version, timetable).expect("it is right");
    }

    /// Sets the live targets in the place of those that there are.
    pub fn set_targets(&self, targets: Vec<Target>) {
        let now = self.handle.targets.told().expect("there is a list");
        let listed = targets.len();
        self.handle.targets.replace(&now.version, Targets { targets }).expect("they are right");
        self.wait("they are listed", |now| now.live.len() == listed);
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A place for what a test writes itself; removed with the host.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes something happen in the simulated room, now.
    pub fn tell(&self, happening: Happening) {
        let room = self.room.as_ref().expect("the host is on the simulated room");
        room.tell(happening).expect("it can happen in the room");
    }

    /// What is the case in the simulated room, as of the newest picture.
    pub fn truth(&self) -> Truth {
        let room = self.room.as_ref().expect("the host is on the simulated room");
        room.truth(room.seconds())
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.handle.snapshots.borrow().clone()
    }

    /// Waits until a snapshot fulfils `condition`, and gives that one.
    pub fn wait(&self, what: &str, condition: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        self.wait_within(LIMIT, what, condition)
    }

    fn wait_within(&self, limit: Duration, what: &str, mut condition: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.handle.snapshots.clone();
        let seen = self.runtime.block_on(async {
            let seen = tokio::time::timeout(limit, snapshots.wait_for(|now| condition(now))).await;
            seen.map(|seen| seen.expect("the host lives").clone())
        });
        seen.unwrap_or_else(|_| panic!("{what}: not within {limit:?}; the host says {:#?}", self.snapshot()))
    }

    /// Sends a command and gives the answer.
    pub fn ask(&self, command: Command) -> Reply {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let request = Request { from: "test".into(), command };
        self.runtime.block_on(async {
            self.handle.commands.send((request, answer)).await.expect("the host takes commands");
            tokio::time::timeout(LIMIT, answered).await.expect("the host answers").expect("the host answers")
        })
    }

    /// Sends a command that is carried out.
    pub fn done(&self, command: Command) -> Done {
        match self.ask(command.clone()) {
            Reply::Done { lesson, job } => Done { lesson, job },
            Reply::Refused(refusal) => panic!("{command:?} was refused: {}", refusal.english),
        }
    }

    /// Sends a command that is refused.
    pub fn refused(&self, command: Command) -> Refusal {
        match self.ask(command.clone()) {
            Reply::Refused(refusal) => refusal,
            Reply::Done { .. } => panic!("{command:?} was carried out"),
        }
    }

    pub fn start(&self) -> LessonId {
        self.start_as(Start::default())
    }

    pub fn start_as(&self, start: Start) -> LessonId {
        self.done(Command::Start(start)).lesson.expect("a start names its lesson")
    }

    pub fn stop(&self) {
        self.done(Command::Stop {});
    }

    pub fn pause(&self) {
        self.done(Command::Pause {});
    }

    pub fn resume(&self) {
        self.done(Command::Resume {});
    }

    pub fn show(&self, layout: &str, inputs: &[PictureRole]) {
        self.done(Command::Layout(Shot { layout: layout.into(), inputs: inputs.to_vec() }));
    }

    /// Seconds of the lesson that is recorded.
    pub fn recorded(&self) -> f64 {
        self.snapshot().lesson.as_ref().map_or(0.0, |lesson| lesson.seconds)
    }

    /// Waits until so many more seconds of the lesson are recorded.
    pub fn record_for(&self, seconds: f64) {
        let until = self.recorded() + seconds;
        let limit = LIMIT + Duration::from_secs_f64(seconds);
        let recorded = |now: &Snapshot| now.lesson.as_ref().is_some_and(|lesson| lesson.seconds >= until);
        self.wait_within(limit, "the recording goes on", recorded);
    }

    /// Waits until a lesson has its outcome, and gives it as it lies on disk.
    pub fn ended(&self, id: &LessonId) -> Kept {
        self.wait("the lesson has its outcome", |_| {
            self.handle.library.lesson(id).is_ok_and(|lesson| lesson.outcome.is_end())
        });
        self.lesson(id)
    }

    /// A lesson as it lies on disk now.
    pub fn lesson(&self, id: &LessonId) -> Kept {
        let lesson = self.handle.library.lesson(id).expect("the lesson is there");
        let events = self.handle.library.events(id).expect("its events can be read");
        Kept { lesson, events, folder: self.data().join("lessons").join(&id.0) }
    }

    /// All lessons, the newest first.
    pub fn lessons(&self) -> Vec<LessonId> {
        self.handle.library.lessons().expect("lessons are listed").into_iter().map(|lesson| lesson.id).collect()
    }

    /// Starts a lesson, records so many seconds, stops and waits for its outcome.
    pub fn record_lesson(&self, seconds: f64) -> Kept {
        let id = self.start();
        self.record_for(seconds);
        self.stop();
        self.ended(&id)
    }

    /// Waits until a job is over.
    pub fn job(&self, job: Option<u64>) -> JobState {
        let id = job.expect("the command began a job");
        let of = |now: &Snapshot| now.jobs.iter().find(|job| job.id == id).map(|job| job.state.clone());
        let over = |state: Option<JobState>| state.filter(|state| *state != JobState::Running);
        let ended = self.wait("the job ends", |now| over(of(now)).is_some());
        of(&ended).expect("it was there a moment ago")
    }
}

/// Whether every input is live, of a host that has looked at them.
pub(crate) fn all_live(now: &Snapshot) -> bool {
    !now.pictures.is_empty()
        && now.pictures.iter().all(|picture| picture.live)
        && now.sounds.iter().all(|sound| sound.live)
}

impl Drop for TestHost {
    fn drop(&mut self) {
        let _ = self.news.send(Message::Stop);
        let Some(thread) = self.thread.take() else { return };
        if thread.join().is_err() && !std::thread::panicking() {
            panic!("the host panicked");
        }
    }
}
