//! `ketangctl delete`: puts a lesson that is over into the trash.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::LessonId;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Deletes a lesson that is over; for a week it can be taken back
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// Deletes it although the platform does not hold it
    #[arg(long)]
    unconfirmed: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let lesson = LessonId(args.lesson);
    let id = lesson.to_string();
    simple(host, Command::Delete { lesson, unconfirmed: args.unconfirmed }, |lang| {
        lang.pick(
            format!("{id} 已删除（7 天内可用 `ketangctl restore {id}` 恢复）"),
            format!("{id} is deleted (for a week `ketangctl restore {id}` takes it back)"),
        )
    })
    .await
}
