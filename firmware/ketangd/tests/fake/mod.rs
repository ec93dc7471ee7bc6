//! A host without media behind the real API: an owner task that keeps the rules of commands, and a library with what it
//! was given. Used by the tests of the API and of `ketangctl`.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a test may panic anywhere and does not use everything"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_hal::system::{Interface, Network};
use ketang_protocol::command::{Command, Refusal, RefusalCode, Rename, Reply, Request, Shot};
use ketang_protocol::lesson::{
    Check, CheckResult, Event, EventKind, Gap, GapKind, Lesson, LessonId, Outcome, Part, Track, Verdict,
};
use ketang_protocol::snapshot::{
    Alarm, Attendance, DeletedLesson, Directing, FoundInput, Job, JobState, LessonState, LessonSummary, PictureState,
    Programme, Snapshot, SoundState, Storage, TrackState,
};
use ketang_protocol::system::Clock;
use ketang_protocol::targets::{PushState, Starts, TargetState};
use ketangd::api::{Asked, HostHandle, Library, Socket, serve};
use ketangd::config::Layer;
use ketangd::settings::Settings;
use ketangd::targets::LiveTargets;
use ketangd::timetable::Timetables;
use ketangd::zones::Zones;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The lesson that is on disk from the beginning.
pub const OLD: &str = "20261121-080000-0001";
/// The lesson that is in the trash.
pub const DELETED: &str = "20261120-080000-0000";
/// The lesson that `start` makes.
pub const NEW: &str = "20261122-081500-0002";

/// The host's own file.
pub const FILE: &str =
    "[board]\nname = \"sim\"\n[inputs.hdmi]\nsource = \"rtsp://10.0.0.2/1\"\nuser = \"it\"\npassword = \"tiger\"\n";

pub struct Fake {
    pub directory: tempfile::TempDir,
    pub socket: PathBuf,
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    pub events: broadcast::Sender<Event>,
    /// What the owner was asked, in order.
    pub requests: Arc<Mutex<Vec<Request>>>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<std::io::Result<()>>>,
    runtime: tokio::runtime::Runtime,
}

impl Fake {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("run/ketangd.sock");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (snapshots, watched) = watch::channel(Arc::new(snapshot()));
        let (events, _) = broadcast::channel(16);
        let (commands, asked) = mpsc::channel(4);
        let requests = Arc::default();
        let library = Arc::new(Shelf::default());
        let owner = Owner {
            snapshots: snapshots.clone(),
            events: events.clone(),
            library: Arc::clone(&library),
            requests: Arc::clone(&requests),
        };
        let file = Layer { path: "ketangd.toml".into(), text: FILE.into() };
        let settings = Arc::new(Settings::beside(directory.path(), file, vec!["sim.seed=7".parse().unwrap()]));
        let targets = Arc::new(LiveTargets::open(directory.path()).unwrap().0);
        let timetables = Arc::new(Timetables::open(directory.path()).unwrap().0);
        let events_of_host = events.clone();
        let live = Arc::default();
        let files = BTreeMap::from([(PictureRole::StudentsPanorama, Default::default())]);
        let zones = Arc::new(Zones::open(directory.path(), files).0);
        let host = HostHandle {
            commands,
            snapshots: watched,
            events: events_of_host,
            library,
            live,
            settings,
            targets,
            timetables,
            zones,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let guard = runtime.enter();
        let bound = Socket::bind(&socket).unwrap();
        let stopped = async {
            let _ = stopped.await;
        };
        let server = runtime.spawn(serve(bound, host, stopped));
        runtime.spawn(owner.run(asked));
        drop(guard);
        Self { directory, socket, snapshots, events, requests, stop: Some(stop), server: Some(server), runtime }
    }

    pub fn commands(&self) -> Vec<Command> {
        self.requests.lock().unwrap().iter().map(|request| request.command.clone()).collect()
    }

    pub fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.snapshots.send_modify(|snapshot| change(Arc::make_mut(snapshot)));
    }

    /// Stops the server and waits until it has ended.
    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.runtime.block_on(self.server.take().unwrap()).unwrap().unwrap();
    }
}

struct Owner {
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    library: Arc<Shelf>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Owner {
    async fn run(self, mut asked: mpsc::Receiver<Asked>) {
        while let Some((request, answer)) = asked.recv().await {
            self.requests.lock().unwrap().push(request.clone());
            let reply = self.carry_out(request.command).unwrap_or_else(Reply::Refused);
            let _ = answer.send(reply);
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        self.snapshots.borrow().lesson.as_ref().map(|lesson| lesson.outcome.clone())
    }

    fn carry_out(&self, command: Command) -> Result<Reply, Refusal> {
        let wrong_state = |chinese: &str, english: &str| Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        let done = Reply::Done { lesson: None, job: None };
        match (command, self.outcome()) {
            (Command::Start(_), Some(Outcome::Recording | Outcome::Paused)) => {
                wrong_state("正在录制课程：请先停止", "a lesson is being recorded: stop it first")
            }
            (Command::Start(start), _) => {
                let state =
                    LessonState { title: start.title, planned_seconds: start.planned_seconds, ..lesson_state() };
                self.change(|snapshot| snapshot.lesson = Some(state));
                let what = EventKind::Started;
                let _ = self.events.send(Event { at: 0.0, time: "2026-11-22T08:15:00Z".parse().unwrap(), what });
                Ok(Reply::Done { lesson: Some(LessonId(NEW.into())), job: None })
            }
            (Command::Stop {}, Some(Outcome::Recording | Outcome::Paused)) => {
                self.set(Outcome::Finishing);
                Ok(Reply::Done { lesson: Some(LessonId(NEW.into())), job: Some(self.job("finish", NEW)) })
            }
            (Command::Pause {}, Some(Outcome::Recording)) => {
                self.set(Outcome::Paused);
                Ok(done)
            }
            (Command::Sound(wanted), _) => {
                self.change(|snapshot| {
                    let mut sounds = snapshot.sounds.iter_mut();
                    let sound = sounds.find(|sound| sound.role == wanted.role).expect("it is in the snapshot");
                    sound.gain_db = wanted.gain_db.unwrap_or(sound.gain_db);
                    sound.muted = wanted.muted.unwrap_or(sound.muted);
                });
                Ok(done)
            }
            (Command::SoundCard(_), _) => Ok(done),
            (Command::Resume {}, Some(Outcome::Paused)) => {
                self.set(Outcome::Recording);
                Ok(done)
            }
            (Command::Extend { minutes }, Some(Outcome::Recording | Outcome::Paused)) => {
                let by = u64::from(minutes) * 60;
                self.change(|snapshot| *snapshot.lesson.as_mut().unwrap().planned_seconds.as_mut().unwrap() += by);
                Ok(done)
            }
            (Command::Chapter { .. }, Some(Outcome::Recording | Outcome::Paused)) => Ok(done),
            (
                Command::Stop {}
                | Command::Pause {}
                | Command::Resume {}
                | Command::Extend { .. }
                | Command::Chapter { .. },
                _,
            ) => wrong_state("没有在录制的课程", "no lesson is being recorded"),
            (Command::Scene { scene }, _) if scene == "hdmi" => Ok(done),
            (Command::Scene { scene }, _) => {
                let english = format!("there is no scene `{scene}`: the scenes are hdmi");
                Err(Refusal::new(RefusalCode::NotFound, format!("没有场景 `{scene}`：可用 hdmi"), english))
            }
            (Command::Delete { lesson, unconfirmed: false }, _) => {
                self.library.lesson(&lesson)?;
                wrong_state("可能只此一份：请加 `--unconfirmed`", "it may be nowhere else: insist with `--unconfirmed`")
            }
            (Command::Rename(Rename { lesson, .. }) | Command::Delete { lesson, .. }, _) => {
                self.library.lesson(&lesson)?;
                Ok(Reply::Done { lesson: Some(lesson), job: None })
            }
            (Command::Restore { lesson }, _) => Ok(Reply::Done { lesson: Some(lesson), job: None }),
            (Command::Verify { lesson } | Command::Confirm { lesson }, _) => {
                self.library.lesson(&lesson)?;
                Ok(Reply::Done { job: Some(self.job("verify", &lesson.0)), lesson: Some(lesson) })
            }
            (Command::VerifyFolder { .. }, _) => Ok(Reply::Done { lesson: None, job: Some(self.job("verify", OLD)) }),
            (Command::Export(export), _) if export.to.starts_with("/full") => {
                Err(Refusal::new(RefusalCode::NoSpace, "磁盘已满：请腾出 200 MB", "the disk is full: free 200 MB"))
            }
            (Command::Export(export), _) => {
                Ok(Reply::Done { job: Some(self.job("export", &export.lesson.0)), lesson: Some(export.lesson) })
            }
            (Command::Layout(_) | Command::Direct { .. } | Command::Ptz(_) | Command::Update { .. }, _) => Ok(done),
            (Command::LiveStart { .. } | Command::LiveStop { .. } | Command::LiveTest { .. }, _) => Ok(done),
            (Command::Recut(recut), _) => {
                Ok(Reply::Done { job: Some(self.job("recut", &recut.lesson.0)), lesson: Some(recut.lesson) })
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.snapshots.send_modify(|snapshot| change(Arc::make_mut(snapshot)));
    }

    fn set(&self, outcome: Outcome) {
        self.change(|snapshot| snapshot.lesson.as_mut().unwrap().outcome = outcome);
    }

    /// Begins a job that goes on by itself and ends well; a `finish` keeps the lesson.
    fn job(&self, what: &str, lesson: &str) -> u64 {
        let id = self.snapshots.borrow().jobs.len() as u64 + 1;
        let job =
            Job { id, what: what.into(), lesson: LessonId(lesson.into()), progress: 0.0, state: JobState::Running };
        self.change(|snapshot| snapshot.jobs.push(job));
        let snapshots = self.snapshots.clone();
        let library = Arc::clone(&self.library);
        let finishes = what == "finish";
        tokio::spawn(async move {
            let change = |change: &dyn Fn(&mut Snapshot)| snapshots.send_modify(|s| change(Arc::make_mut(s)));
            for progress in [0.3, 0.7] {
                change(&|s| s.jobs.iter_mut().find(|job| job.id == id).unwrap().progress = progress);
                tokio::task::yield_now().await;
            }
            if finishes {
                library.0.lock().unwrap().insert(0, Lesson { id: LessonId(NEW.into()), ..lesson_on_disk() });
            }
            change(&|s| {
                let job = s.jobs.iter_mut().find(|job| job.id == id).unwrap();
                (job.progress, job.state) = (1.0, JobState::Done);
                if finishes {
                    s.lesson.as_mut().unwrap().outcome = Outcome::KeptWithGaps;
                }
            });
        });
        id
    }
}

/// The lessons on disk, the newest first.
pub struct Shelf(pub Mutex<Vec<Lesson>>);

impl Default for Shelf {
    fn default() -> Self {
        Self(Mutex::new(vec![lesson_on_disk()]))
    }
}

impl Library for Shelf {
    fn lessons(&self) -> Result<Vec<LessonSummary>, Refusal> {
        Ok(self.0.lock().unwrap().iter().map(LessonSummary::from).collect())
    }

    fn trash(&self) -> Result<Vec<DeletedLesson>, Refusal> {
        Ok(vec![deleted_lesson()])
    }

    fn lesson(&self, id: &LessonId) -> Result<Lesson, Refusal> {
        let lessons = self.0.lock().unwrap();
        let missing = || {
            let english = format!("there is no lesson {id}: `lessons` lists them");
            Refusal::new(RefusalCode::NotFound, format!("没有课程 {id}：可用 `lessons` 列出"), english)
        };
        lessons.iter().find(|lesson| lesson.id == *id).cloned().ok_or_else(missing)
    }

    fn events(&self, id: &LessonId) -> Result<Vec<Event>, Refusal> {
        let what = EventKind::InputBack { input: Role::Picture(PictureRole::Hdmi) };
        Ok(vec![Event { at: 1.5, time: self.lesson(id)?.started, what }])
    }

    fn inputs(&self) -> Result<Vec<FoundInput>, Refusal> {
        let found = |address: &str, name: &str, modes: &[&str]| FoundInput {
            address: address.into(),
            name: name.into(),
            modes: modes.iter().map(|mode| (*mode).to_owned()).collect(),
        };
        Ok(vec![
            found("v4l2:/dev/video4", "HDMI 采集", &["1920×1080 25 fps NV12", "1280×720 50 fps NV12"]),
            found("alsa:hw:1,0", "USB Audio", &["48000 Hz, 2 channels"]),
        ])
    }
}

pub fn snapshot() -> Snapshot {
    let picture = |role, live, detail: &str| PictureState {
        role,
        address: if role == PictureRole::Hdmi { "v4l2:/dev/video4" } else { "rtsp://10.0.0.11/1" }.into(),
        live,
        detail: detail.into(),
        losses: u64::from(!live),
        ptz: None,
        zones: None,
    };
    Snapshot {
        host: "301 教室".into(),
        version: "0.1.0".into(),
        board: "sim".into(),
        lesson: None,
        programme: Programme {
            shot: Shot { layout: "single".into(), inputs: vec![PictureRole::Hdmi] },
            scenes: vec!["hdmi".into()],
            layouts: vec!["single".into(), "side-by-side".into()],
            directing: Directing::default(),
        },
        pictures: vec![
            picture(PictureRole::TeacherPanorama, true, "1920×1080 25 fps"),
            picture(PictureRole::Hdmi, false, "no signal"),
        ],
        sounds: vec![SoundState {
            role: SoundRole::TeacherMic,
            address: "alsa:hw:1,0".into(),
            live: true,
            detail: "48 kHz".into(),
            level_dbfs: -24.0,
            peak_dbfs: -12.0,
            speech: true,
            losses: 0,
            gain_db: 0.0,
            muted: false,
            card: Vec::new(),
        }],
        storage: Storage { free_bytes: 182_000_000_000, total_bytes: 240_000_000_000, lessons_left: 41 },
        jobs: vec![],
        alarms: vec![Alarm {
            alarm: "input-lost".into(),
            input: Some(Role::Picture(PictureRole::Hdmi)),
            chinese: "电脑画面无信号：检查 HDMI 线".into(),
            english: "The computer gives no signal: check the HDMI cable".into(),
            for_it: false,
        }],
        settings_wait: false,
        periods: vec![],
        attendance: Attendance { heads: Some(38), why: None },
        clock: Clock {
            zone: Some("Asia/Shanghai".into()),
            synchronised: Some(true),
            source: Some("chrony".into()),
            wrong: None,
        },
        update: None,
        uploads: None,
        network: Some(Network {
            interfaces: vec![Interface {
                name: "eth0".into(),
                up: true,
                carrier: true,
                addresses: vec![[192, 168, 1, 20].into()],
            }],
            gateway: Some([192, 168, 1, 1].into()),
            name_servers: vec![[192, 168, 1, 1].into()],
        }),
        longest_seconds: 4 * 3600,
        live: vec![TargetState {
            name: "校园网".into(),
            address: "rtmp://live.example/live".into(),
            starts: Starts::WithLessons,
            push: PushState::Live { since: "2026-11-22T08:15:02Z".parse().unwrap() },
            kbit_s: 4210,
            dropped: 50,
            is_slow: false,
            tested: None,
        }],
    }
}

pub fn lesson_state() -> LessonState {
    LessonState {
        id: LessonId(NEW.into()),
        title: None,
        outcome: Outcome::Recording,
        seconds: 754.2,
        planned_seconds: None,
        resumes_in_seconds: None,
        tracks: vec![TrackState {
            name: "programme".into(),
            width: 1920,
            height: 1080,
            bytes: 412_000_000,
            frames: 18_855,
            dropped: 0,
            repeated: 0,
            delay_p99_ms: 0,
            running: true,
        }],
        gaps: 0,
    }
}

pub fn lesson_on_disk() -> Lesson {
    let check = |check: &str, clause: &str, result, finding: &str| Check {
        track: "programme".into(),
        check: check.into(),
        clause: clause.into(),
        result,
        finding: finding.into(),
    };
    Lesson {
        format: ketang_protocol::lesson::FORMAT,
        id: LessonId(OLD.into()),
        host: "301 教室".into(),
        title: Some("分数的意义".into()),
        teacher: Some("李老师".into()),
        started: "2026-11-21T08:00:00Z".parse().unwrap(),
        ended: Some("2026-11-21T08:45:00Z".parse().unwrap()),
        planned_seconds: Some(2700),
        outcome: Outcome::KeptWithGaps,
        tracks: vec![Track {
            name: "programme".into(),
            codec: "h264".into(),
            width: 1920,
            height: 1080,
            kbit_s: 4000,
            parts: vec![Part {
                file: "programme-01.mp4".into(),
                begins_at: 0.0,
                seconds: 372.4,
                bytes: 186_200_000,
                finished: true,
                ..Part::default()
            }],
            ..Track::default()
        }],
        gaps: vec![Gap {
            at: 12.0,
            seconds: Some(3.2),
            what: GapKind::InputLost { input: Role::Picture(PictureRole::Hdmi) },
        }],
        verdict: Some(Verdict {
            checked: "2026-11-21T08:46:00Z".parse().unwrap(),
            ok: true,
            checks: vec![
                check("container", "HB-5", CheckResult::Pass, "MP4, 186.2 MB, index in front"),
                check("black", "HB-1", CheckResult::Explained, "3.2 s slate at 0:12, hdmi was lost"),
            ],
            figures: Default::default(),
        }),
        confirmed_upstream: false,
        attendance: Some(ketang_protocol::lesson::Attendance {
            heads: 37,
            every_seconds: 300,
            curve: vec![Some(37), None],
        }),
        recuts: Vec::new(),
    }
}

pub fn deleted_lesson() -> DeletedLesson {
    let lesson = Lesson { id: LessonId(DELETED.into()), ..lesson_on_disk() };
    DeletedLesson {
        lesson: LessonSummary::from(&lesson),
        deleted: "2026-11-22T10:00:00Z".parse().unwrap(),
        until: "2026-11-29T10:00:00Z".parse().unwrap(),
    }
}

/// A lesson's folder as it lies on a disk, with the id of [`OLD`].
pub fn folder(directory: &Path) -> PathBuf {
    let folder = directory.join(OLD);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("lesson.json"), serde_json::to_vec(&lesson_on_disk()).unwrap()).unwrap();
    folder
}
