//! `ketangctl restore`: takes a deleted lesson back.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::LessonId;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Takes a deleted lesson back
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons --deleted` lists them
    lesson: String,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let lesson = LessonId(args.lesson);
    let id = lesson.to_string();
    simple(host, Command::Restore { lesson }, |lang| lang.pick(format!("{id} 已恢复"), format!("{id} is back"))).await
}
