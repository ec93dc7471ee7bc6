//! `ketangctl resume`.

use ketang_protocol::command::Command;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Goes on with a paused lesson
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, host: &Host) -> Result<(), Error> {
    simple(host, Command::Resume {}, |lang| lang.pick("继续录制", "Recording goes on").into()).await
}
