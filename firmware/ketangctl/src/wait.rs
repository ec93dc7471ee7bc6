//! Waiting for work of the host, with a bar for whoever looks on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ketang_protocol::lesson::{LessonId, Outcome};
use ketang_protocol::names;
use ketang_protocol::snapshot::{Job, JobState, Snapshot};
use tokio::time::timeout;

use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;

/// How long a job may take to appear in the snapshot after the host has named it.
const APPEARS_LIMIT: Duration = Duration::from_secs(10);

/// Waits until job `id` has ended, and tells how far it is.
pub(crate) async fn for_job(host: &Host, id: u64) -> Result<Job, Error> {
    let mut watch = host.client.watch().await?;
    let bar = bar(host);
    let find = |snapshot: Snapshot| snapshot.jobs.into_iter().find(|job| job.id == id);
    let appears = async {
        loop {
            if let Some(job) = find(watch.next().await?) {
                return Ok(job);
            }
        }
    };
    let mut job = timeout(APPEARS_LIMIT, appears).await.map_err(|_| Error::JobLost)??;
    loop {
        draw(&bar, &job, host.lang);
        match &job.state {
            JobState::Running => job = find(watch.next().await?).ok_or(Error::JobLost)?,
            JobState::Done => {
                bar.finish_and_clear();
                return Ok(job);
            }
            JobState::Failed { why } => return Err(Error::JobFailed { why: why.clone() }),
        }
    }
}

/// Waits until a lesson that was stopped has its outcome, through whatever jobs lead there.
pub(crate) async fn for_outcome(host: &Host, lesson: &LessonId) -> Result<(), Error> {
    let mut watch = host.client.watch().await?;
    let bar = bar(host);
    loop {
        let snapshot = watch.next().await?;
        let state = snapshot.lesson.filter(|state| state.id == *lesson);
        // Another lesson may have begun meanwhile; then the jobs alone tell.
        let open = match &state {
            Some(state) => matches!(state.outcome, Outcome::Recording | Outcome::Paused | Outcome::Finishing),
            None => snapshot.jobs.iter().any(|job| job.lesson == *lesson && job.state == JobState::Running),
        };
        if !open {
            bar.finish_and_clear();
            return Ok(());
        }
        if let Some(job) = snapshot.jobs.iter().rfind(|job| job.lesson == *lesson && job.state == JobState::Running) {
            draw(&bar, job, host.lang);
        }
    }
}

fn bar(host: &Host) -> ProgressBar {
    // On a terminal only; it draws to standard error.
    let target = if host.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style =
        ProgressStyle::with_template("{msg}  {bar:30}  {percent:>3} %  {elapsed}").expect("the template is right");
    ProgressBar::with_draw_target(Some(1000), target).with_style(style.progress_chars("██·"))
}

fn draw(bar: &ProgressBar, job: &Job, lang: Lang) {
    bar.set_message(lang.say(names::job(&job.what)));
    bar.set_position((job.progress.clamp(0.0, 1.0) * 1000.0) as u64);
}
