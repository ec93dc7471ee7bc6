//! `ketangctl start`: begins a lesson.

use ketang_protocol::command::{Command, Start};

use super::reply;
use crate::error::Error;
use crate::host::Host;
use crate::time::whole_seconds;

/// Begins a lesson
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's title
    #[arg(long)]
    title: Option<String>,
    /// Who teaches
    #[arg(long)]
    teacher: Option<String>,
    /// How long the lesson is planned to last, such as 45min
    #[arg(long = "for", value_name = "TIME", value_parser = whole_seconds)]
    planned: Option<u64>,
    /// Plans no end: the lesson runs until somebody stops it, or for the host's longest
    #[arg(long, conflicts_with = "planned")]
    open: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let start = Start { title: args.title, teacher: args.teacher, planned_seconds: args.planned, open_end: args.open };
    let begun = host.client.command(Command::Start(start)).await?;
    let id = begun.lesson.as_ref().map(ToString::to_string).unwrap_or_default();
    host.show(&reply(begun), |lang| {
        lang.pick(
            format!("开始录制 {id}（`ketangctl stop` 结束）"),
            format!("Recording {id} (`ketangctl stop` ends it)"),
        )
    })
}
