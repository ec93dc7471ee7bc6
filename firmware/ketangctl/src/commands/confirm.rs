//! `ketangctl confirm`: says that the platform holds a lesson.

use ketang_protocol::command::Command;
use ketang_protocol::lesson::LessonId;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Says that the platform holds a lesson whole, so that the host may delete it when room is needed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let lesson = LessonId(args.lesson);
    let id = lesson.to_string();
    simple(host, Command::Confirm { lesson }, |lang| {
        lang.pick(
            format!("{id} 已确认上传，需要空间时可以删除"),
            format!("{id} is confirmed and may be deleted when room is needed"),
        )
    })
    .await
}
