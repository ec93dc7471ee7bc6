//! `ketangctl recut`: makes the programme of a lesson anew, into the lesson or into a file.

use std::path::PathBuf;

use ketang_director::Rules;
use ketang_protocol::command::{Command, Recut};
use ketang_protocol::lesson::LessonId;

use super::{goes_on, reply};
use crate::error::Error;
use crate::host::Host;
use crate::wait;

/// Makes the programme of a lesson that is over anew, in the lesson or as a file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// A rule set that ships, such as discussion, or a file of rules; without it as the lesson was directed
    #[arg(long, value_name = "SET|FILE")]
    rules: Option<String>,
    /// The file to write; without it the new programme takes the place of the lesson's
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Leaves out the room's own rules
    #[arg(long)]
    without_room_rules: bool,
    /// Waits until it is done
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let to = args.to.map(std::path::absolute).transpose().map_err(Error::Output)?;
    let rules = match args.rules {
        Some(file) if !Rules::names().any(|name| name == file) => {
            Some(std::path::absolute(file).map_err(Error::Output)?.to_string_lossy().into_owned())
        }
        rules => rules,
    };
    let (lesson, without_room_rules) = (LessonId(args.lesson), args.without_room_rules);
    let recut = Recut { lesson: lesson.clone(), rules, to: to.clone(), without_room_rules };
    let begun = host.client.command(Command::Recut(recut)).await?;
    let Some(job) = begun.job.filter(|_| args.wait) else {
        return host.show(&reply(begun.clone()), |lang| goes_on(&begun, lang));
    };
    let job = wait::for_job(host, job).await?;
    host.show(&job, |lang| match &to {
        Some(to) => lang.pick(format!("已重新导播到 {}", to.display()), format!("Cut anew to {}", to.display())),
        None => lang.pick(format!("课程 {lesson} 的节目已重新导播"), format!("The programme of {lesson} is cut anew")),
    })
}
