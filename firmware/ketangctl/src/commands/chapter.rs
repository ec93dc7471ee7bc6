//! `ketangctl chapter`.

use ketang_protocol::command::Command;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Begins a chapter of the lesson
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The chapter's title
    title: Option<String>,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    simple(host, Command::Chapter { title: args.title }, |lang| {
        lang.pick("已标记新的一章", "A chapter begins here").into()
    })
    .await
}
