//! Long work beside the recording: finishing files, verifying, exporting. One thread a job, at low priority.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use ketang_pipelines::priority;
use ketang_protocol::lesson::{LessonId, RecutNote, Track, Verdict};
use ketang_protocol::snapshot::{Job, JobState};

use super::Message;
use crate::memory;
use crate::recut::NewProgramme;

/// A job that ended is told of for this long, so that whoever began it learns its end.
const REMEMBERED: Duration = Duration::from_secs(90);
/// Progress is told in steps of this share.
const STEP: f64 = 0.01;

/// What a job brought.
#[derive(Debug)]
pub enum Brought {
    /// Every part was made into an ordinary file.
    FilesMade(Vec<Track>),
    Verified(Verdict),
    /// A lesson was checked again, in this folder.
    VerifiedAgain(Verdict, PathBuf),
    Exported,
    /// A programme made anew, which is to take the place of its lesson's.
    Recut(NewProgramme, RecutNote),
}

/// News of a job.
#[derive(Debug)]
pub enum JobNews {
    Progress(u64, f64),
    /// It turned out to be something else.
    Becomes(u64, &'static str),
    Ended {
        id: u64,
        lesson: LessonId,
        brought: Result<Brought, String>,
    },
}

/// What a job tells of itself while it works.
pub(super) struct Telling {
    id: u64,
    told: Cell<f64>,
    news: Sender<Message>,
}

impl Telling {
    /// How much is done, from 0 to 1.
    pub(super) fn progress(&self, share: f64) {
        if share - self.told.get() >= STEP {
            self.told.set(share);
            let _ = self.news.send(Message::Job(JobNews::Progress(self.id, share)));
        }
    }

    /// What it does, where that is not what it was begun as.
    pub(super) fn becomes(&self, what: &'static str) {
        let _ = self.news.send(Message::Job(JobNews::Becomes(self.id, what)));
    }
}

/// The jobs that run, and those that ended lately.
#[derive(Debug)]
pub(super) struct Jobs {
    last: u64,
    list: Vec<(Job, Option<Instant>)>,
    news: Sender<Message>,
}

impl Jobs {
    pub(super) fn new(news: Sender<Message>) -> Self {
        Self { last: 0, list: Vec::new(), news }
    }

    /// Begins `work`, which is given a way to tell how far it is.
    pub(super) fn begin(
        &mut self,
        what: &str,
        lesson: LessonId,
        work: impl FnOnce(&Telling) -> Result<Brought, String> + Send + 'static,
    ) -> u64 {
        self.last += 1;
        let id = self.last;
        let job = Job { id, what: what.into(), lesson: lesson.clone(), progress: 0.0, state: JobState::Running };
        self.list.push((job, None));
        let news = self.news.clone();
        let thread = std::thread::Builder::new().name(format!("{what} {lesson}"));
        let failed_news = self.news.clone();
        let failed_lesson = lesson.clone();
        let spawned = thread.spawn(move || {
            priority::set(priority::WORK_NICENESS);
            let telling = Telling { id, told: Cell::new(0.0), news };
            let brought = work(&telling);
            memory::give_back();
            let _ = telling.news.send(Message::Job(JobNews::Ended { id, lesson, brought }));
        });
        if let Err(error) = spawned {
            let brought = Err(format!("no thread for it: {error}"));
            let _ = failed_news.send(Message::Job(JobNews::Ended { id, lesson: failed_lesson, brought }));
        }
        id
    }

    /// Takes note of news.
    pub(super) fn note(&mut self, news: &JobNews) {
        let id = match news {
            JobNews::Progress(id, _) | JobNews::Becomes(id, _) | JobNews::Ended { id, .. } => *id,
        };
        let Some((job, ended)) = self.list.iter_mut().find(|(job, _)| job.id == id) else { return };
        match news {
            JobNews::Progress(_, share) => job.progress = share.clamp(0.0, 1.0),
            JobNews::Becomes(_, what) => job.what = (*what).to_owned(),
            JobNews::Ended { brought, .. } => {
                *ended = Some(Instant::now());
                job.state = match brought {
                    Ok(_) => JobState::Done,
                    Err(why) => JobState::Failed { why: why.clone() },
                };
                if job.state == JobState::Done {
                    job.progress = 1.0;
                }
            }
        }
    }

    /// What a job brought could not be kept.
    pub(super) fn failed(&mut self, id: u64, why: String) {
        if let Some((job, _)) = self.list.iter_mut().find(|(job, _)| job.id == id) {
            job.state = JobState::Failed { why };
        }
    }

    /// Whether any has not ended.
    pub(super) fn any_runs(&self) -> bool {
        self.list.iter().any(|(job, _)| job.state == JobState::Running)
    }

    /// A job that has not ended and uses this lesson.
    pub(super) fn running_on(&self, lesson: &LessonId) -> Option<&Job> {
        let mut jobs = self.list.iter().map(|(job, _)| job);
        jobs.find(|job| job.lesson == *lesson && job.state == JobState::Running)
    }

    /// The jobs to tell of.
    pub(super) fn list(&mut self) -> Vec<Job> {
        self.list.retain(|(_, ended)| ended.is_none_or(|ended| ended.elapsed() < REMEMBERED));
        self.list.iter().map(|(job, _)| job.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_lesson_is_in_use_as_long_as_a_job_works_on_it() {
        let (news, inbox) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let mut jobs = Jobs::new(news);
        let [used, other] = ["20261122-081500-0001", "20261122-091500-0002"].map(|id| LessonId(id.into()));
        let id = jobs.begin("export", used.clone(), move |_| {
            let _ = wait.recv();
            Ok(Brought::Exported)
        });
        assert_eq!(jobs.running_on(&used).map(|job| job.id), Some(id));
        assert!(jobs.running_on(&other).is_none());
        drop(go_on);
        let Ok(Message::Job(ended)) = inbox.recv_timeout(Duration::from_secs(60)) else { panic!("no news") };
        jobs.note(&ended);
        assert!(jobs.running_on(&used).is_none(), "it is told of still, and uses nothing");
        assert_eq!(jobs.list().len(), 1);
    }
}
