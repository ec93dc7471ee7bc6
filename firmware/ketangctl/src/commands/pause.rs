//! `ketangctl pause`.

use ketang_protocol::command::Command;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Pauses the lesson
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, host: &Host) -> Result<(), Error> {
    simple(host, Command::Pause {}, |lang| {
        lang.pick("已暂停（`ketangctl resume` 继续）", "Paused (`ketangctl resume` goes on)").into()
    })
    .await
}
