//! `ketangctl recut`: makes the programme of a lesson anew, by other rules.

use std::path::PathBuf;

use ketang_director::Rules;
use ketang_protocol::command::{Command, Recut};
use ketang_protocol::lesson::LessonId;

use super::{goes_on, reply};
use crate::error::Error;
use crate::host::Host;
use crate::wait;

/// Makes the programme of a lesson that is over anew, by other rules
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// A rule set that ships, such as discussion, or a file of rules
    #[arg(long, value_name = "SET|FILE")]
    rules: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Waits until the file is written
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let to = std::path::absolute(&args.to).map_err(Error::Output)?;
    let rules = if Rules::names().any(|name| name == args.rules) {
        args.rules
    } else {
        std::path::absolute(&args.rules).map_err(Error::Output)?.to_string_lossy().into_owned()
    };
    let recut = Recut { lesson: LessonId(args.lesson), rules, to: to.clone() };
    let begun = host.client.command(Command::Recut(recut)).await?;
    let Some(job) = begun.job.filter(|_| args.wait) else {
        return host.show(&reply(begun.clone()), |lang| goes_on(&begun, lang));
    };
    let job = wait::for_job(host, job).await?;
    let to = to.display();
    host.show(&job, |lang| lang.pick(format!("已重新导播到 {to}"), format!("Cut anew to {to}")))
}
