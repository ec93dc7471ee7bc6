//! `ketangctl stop`: ends the lesson; with `--wait` tells what became of it.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::{Lesson, Outcome};

use super::reply;
use crate::error::Error;
use crate::host::Host;
use crate::{report, wait};

/// Ends the lesson
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Waits until the lesson is finished and verified, and prints its report
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let begun = host.client.command(Command::Stop {}).await?;
    let Some(id) = begun.lesson.clone().filter(|_| args.wait) else {
        return host.show(&reply(begun), |lang| {
            lang.pick(
                "已停止，正在整理和检查（`ketangctl status` 可查看进度）",
                "Stopped; it is being finished and verified (`ketangctl status` shows how far)",
            )
            .into()
        });
    };
    if let Some(job) = begun.job {
        wait::for_job(host, job).await?;
    }
    wait::for_outcome(host, &id).await?;
    let lesson: Lesson = host.client.get(&format!("/v1/lessons/{id}")).await?;
    host.show(&lesson, |lang| report::lesson(&lesson, lang))?;
    let kept = matches!(lesson.outcome, Outcome::Kept | Outcome::KeptWithGaps);
    if kept && lesson.verdict.is_none_or(|verdict| verdict.ok) { Ok(()) } else { Err(Error::Bad) }
}
