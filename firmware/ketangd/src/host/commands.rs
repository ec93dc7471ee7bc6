//! Carries out commands. Every surface sends the same ones, so this is the only place where they mean something.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ketang_director::Order;
use ketang_lesson::What;
use ketang_pipelines::encode::{H264Settings, Preset};
use ketang_pipelines::measure::MeasureSettings;
use ketang_protocol::command::{Command, Export, Refusal, RefusalCode, Reply, Request, Shot};
use ketang_protocol::lesson::{EventKind, Lesson, LessonId, Verdict};
use ketang_protocol::names;

use super::jobs::Brought;
use super::{Host, library, recut, work};
use crate::config::rule::Name;
use crate::folder::{Folder, StoreError};

/// What a command began.
#[derive(Default)]
pub(super) struct Began {
    pub(super) lesson: Option<LessonId>,
    pub(super) job: Option<u64>,
}

impl Host {
    /// Carries out one request and says what came of it.
    pub(super) fn carry_out(&mut self, request: Request) -> Reply {
        let noted = EventKind::Command { from: request.from.clone(), command: request.command.clone() };
        let goes_on = self.cameras.goes_on(&request.command);
        let before = self.lessons.running().map(|(id, _)| id.clone());
        let result = request.check().and_then(|()| self.command(request.command.clone(), &request.from));
        match result {
            Ok(_) if goes_on => Reply::Done { lesson: None, job: None },
            Ok(began) => {
                tracing::info!(from = request.from, command = ?request.command, "carried out");
                // A start belongs to the lesson that it began, a stop to the one that it ended. What became of a lesson after
                // its end is no part of its story, and none of another's.
                let running = self.lessons.running().map(|(id, _)| id.clone()).or(before);
                if let Some(id) = running.filter(|_| !is_of_the_shelf(&request.command)) {
                    self.step_logged(&id, self.clock.now(), What::Note(noted));
                }
                Reply::Done { lesson: began.lesson, job: began.job }
            }
            Err(refusal) => {
                tracing::info!(from = request.from, command = ?request.command, why = refusal.english, "refused");
                Reply::Refused(refusal)
            }
        }
    }

    fn command(&mut self, command: Command, from: &str) -> Result<Began, Refusal> {
        match command {
            Command::Start(_) if self.updating.restarts() => Err(Refusal::new(
                RefusalCode::Unavailable,
                "主机正在重新启动：请在一两分钟后开始",
                "the machine is about to start anew: begin in a minute or two",
            )),
            Command::Start(start) => {
                self.start_lesson(start).map(|lesson| Began { lesson: Some(lesson), ..Began::default() })
            }
            Command::Stop {} => self.tell_lesson(What::Stop),
            Command::Pause {} => self.tell_lesson(What::Pause),
            Command::Resume {} => self.tell_lesson(What::Resume),
            Command::Extend { minutes } => self.tell_lesson(What::Extend(Duration::from_secs(u64::from(minutes) * 60))),
            Command::Chapter { title } => self.tell_lesson(What::Note(EventKind::Chapter { title })),
            Command::Scene { scene } => self.scene(&scene, from),
            Command::Layout(shot) => self.show(shot, from),
            Command::Direct { mode } => {
                self.order(Order::Mode { mode, from: from.to_owned() }).map(|()| Began::default())
            }
            Command::Ptz(ptz) => self.turn(ptz).map(|()| Began::default()),
            Command::Sound(sound) => self.set_volume(&sound).map(|()| Began::default()),
            Command::SoundCard(card) => self.set_card(card).map(|()| Began::default()),
            Command::LiveStart { target } => self.start_live(&target, false).map(|()| Began::default()),
            Command::LiveStop { target } => self.stop_live(&target).map(|()| Began::default()),
            Command::LiveTest { target } => self.start_live(&target, true).map(|()| Began::default()),
            Command::Verify { lesson } => self.verify(&lesson),
            Command::VerifyFolder { folder } => self.verify_folder(&folder),
            Command::Export(export) => self.export(export),
            Command::Recut(recut) => self.recut(recut, from),
            Command::Confirm { lesson } => {
                let confirmed = self.lessons.ledger.confirm(&lesson).map_err(library::refused)?;
                Ok(self.changed(confirmed))
            }
            Command::Rename(rename) => {
                let renamed = self.lessons.ledger.rename(&rename).map_err(library::refused)?;
                Ok(self.changed(renamed))
            }
            Command::Delete { lesson, unconfirmed } => self.delete(&lesson, unconfirmed),
            Command::Restore { lesson } => {
                let lessons = &mut self.lessons;
                lessons.storage.restore(&mut lessons.ledger, &lesson).map_err(library::refused)?;
                Ok(Began { lesson: Some(lesson), job: None })
            }
            Command::Update { action } => self.update(action, from),
        }
    }

    /// Tells the lesson that runs; the change takes effect at the next frame.
    fn tell_lesson(&mut self, what: What) -> Result<Began, Refusal> {
        let Some(id) = self.lessons.running().map(|(id, _)| id.clone()) else {
            return Err(ketang_lesson::nothing_recorded());
        };
        let (_, moment) = self.clock.border(0);
        self.step(&id, moment, what)?;
        Ok(Began { lesson: Some(id), job: None })
    }

    fn scene(&mut self, name: &str, from: &str) -> Result<Began, Refusal> {
        let scene = self.config.scenes.iter().find(|(known, _)| known.as_str() == name);
        let Some((_, scene)) = scene else {
            let known: Vec<_> = self.config.scenes.keys().map(Name::as_str).collect();
            let chinese = format!("没有场景 `{name}`：可用 {}", known.join("、"));
            let english = format!("there is no scene `{name}`: use {}", known.join(", "));
            return Err(Refusal::new(RefusalCode::NotFound, chinese, english));
        };
        let shot = Shot { layout: scene.layout.as_str().to_owned(), inputs: scene.inputs.clone() };
        self.show(shot, from)
    }

    fn show(&mut self, shot: Shot, from: &str) -> Result<Began, Refusal> {
        self.order(Order::Show { shot, from: from.to_owned() }).map(|()| Began::default())
    }

    fn verify(&mut self, id: &LessonId) -> Result<Began, Refusal> {
        let folder = self.lessons.data.lesson(id).map_err(library::refused)?;
        let lesson = folder.read().map_err(library::refused)?;
        if !lesson.outcome.is_end() {
            let state = lesson.outcome.as_str();
            let chinese = format!("课程 {id} 还没有结束（{state}）：结束后再检查");
            let english = format!("lesson {id} is {state}: verify it when it has ended");
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        }
        self.is_free(id, |job| job == recut::INTO)?;
        Ok(self.begin_verify_again(lesson, folder.path().to_owned()))
    }

    fn verify_folder(&mut self, folder: &Path) -> Result<Began, Refusal> {
        let lesson = Folder::anywhere(folder).and_then(|folder| folder.read()).map_err(library::refused)?;
        Ok(self.begin_verify_again(lesson, folder.to_owned()))
    }

    fn begin_verify_again(&mut self, lesson: Lesson, folder: PathBuf) -> Began {
        let id = lesson.id.clone();
        let now = self.clock.wall();
        let job = self.jobs.begin("verify", id.clone(), move |job| {
            let progress = |share| job.progress(share);
            let verdict = work::verify(&folder, &lesson, &MeasureSettings::default(), now, &progress);
            Ok(Brought::VerifiedAgain(verdict, folder))
        });
        Began { lesson: Some(id), job: Some(job) }
    }

    /// Keeps the verdict of a lesson that was checked again. Its outcome stays as it was decided at its end.
    pub(super) fn keep_verdict(&mut self, id: &LessonId, verdict: Verdict, folder: &Path) -> Result<(), StoreError> {
        let ours = self.lessons.data.folder(id).is_ok_and(|ours| ours.path() == folder);
        let folder = Folder::anywhere(folder)?;
        // As it is now: it may have got another name while it was checked.
        let lesson = Lesson { verdict: Some(verdict), ..folder.read()? };
        folder.write(&lesson)?;
        if ours {
            self.lessons.ledger.save(&lesson, folder.bytes())?;
            self.changed(lesson);
        }
        Ok(())
    }

    /// What the owner remembers of an ended lesson is not older than its file.
    pub(super) fn changed(&mut self, lesson: Lesson) -> Began {
        let id = lesson.id.clone();
        if let Some(in_hand) = self.lessons.in_hand.get_mut(&id) {
            in_hand.machine.changed(lesson);
        }
        Began { lesson: Some(id), job: None }
    }

    fn export(&mut self, wanted: Export) -> Result<Began, Refusal> {
        self.is_free(&wanted.lesson, |job| job == recut::INTO)?;
        let folder = self.lessons.data.lesson(&wanted.lesson).map_err(library::refused)?;
        let lesson = folder.read().map_err(library::refused)?;
        if !lesson.tracks.iter().any(|track| track.name == wanted.track) {
            let names: Vec<_> = lesson.tracks.iter().map(|track| track.name.as_str()).collect();
            let chinese = format!("这节课没有 `{}` 轨：可用 {}", wanted.track, names.join("、"));
            let english = format!("the lesson has no track `{}`: use {}", wanted.track, names.join(", "));
            return Err(Refusal::new(RefusalCode::NotFound, chinese, english));
        }
        if wanted.to.starts_with(self.lessons.data.root()) {
            let of_track = lesson.tracks.iter().filter(|track| track.name == wanted.track);
            self.has_room_for_copy(of_track.flat_map(|track| &track.parts).map(|part| part.bytes).sum())?;
        }
        let id = wanted.lesson.clone();
        let recording = &self.config.recording;
        let part_limit = u64::from(recording.part_limit_mb.get()) * 1_000_000;
        let is_programme = wanted.track == "programme";
        let encoder = H264Settings {
            kind: self.encoders.for_work(),
            preset: Preset::default(),
            size: self.studio.size(),
            kbit_s: if is_programme { recording.programme_kbit.get() } else { recording.track_kbit.get() },
            floor_kbit_s: Some(ketang_pipelines::plan::FLOOR_KBIT_S),
        };
        let path = folder.path().to_owned();
        let job = self.jobs.begin("export", id.clone(), move |job| {
            work::copy_out(&path, &lesson, &wanted, &work::Making { part_limit, encoder }, job)
                .map(|()| Brought::Exported)
                .map_err(|error| error.to_string())
        });
        Ok(Began { lesson: Some(id), job: Some(job) })
    }

    fn delete(&mut self, id: &LessonId, unconfirmed: bool) -> Result<Began, Refusal> {
        if let Some(job) = self.jobs.running_on(id) {
            let (number, what) = (job.id, names::job(&job.what));
            let chinese = format!("课程 {id} 正在使用（{}，工作 {number}）：请等它完成再删除", what.chinese);
            let english =
                format!("lesson {id} is in use ({}, job {number}): delete it when that has ended", what.english);
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        }
        let lessons = &mut self.lessons;
        let now = self.clock.wall();
        lessons.storage.put_into_trash(&mut lessons.ledger, id, unconfirmed, now).map_err(library::refused)?;
        // Nobody is told any longer how it ended.
        lessons.in_hand.remove(id);
        Ok(Began { lesson: Some(id.clone()), job: None })
    }
}

/// Whether it is about a lesson that is over, or about none, whichever one runs.
fn is_of_the_shelf(command: &Command) -> bool {
    matches!(
        command,
        Command::Verify { .. }
            | Command::VerifyFolder { .. }
            | Command::Export(_)
            | Command::Recut(_)
            | Command::Confirm { .. }
            | Command::Rename(_)
            | Command::Delete { .. }
            | Command::Restore { .. }
            | Command::Update { .. }
    )
}
