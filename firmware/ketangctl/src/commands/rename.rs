//! `ketangctl rename`: gives a lesson that is over another title or teacher.

use ketang_protocol::command::{Command, Rename};
use ketang_protocol::lesson::LessonId;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Gives a lesson that is over another title or teacher
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// The new title; "" takes it away
    #[arg(long, required_unless_present = "teacher")]
    title: Option<String>,
    /// Who teaches; "" takes it away
    #[arg(long)]
    teacher: Option<String>,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let rename = Rename { lesson: LessonId(args.lesson), title: args.title, teacher: args.teacher };
    let id = rename.lesson.to_string();
    simple(host, Command::Rename(rename), |lang| lang.pick(format!("{id} 已改名"), format!("{id} is renamed"))).await
}
