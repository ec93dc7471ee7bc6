//! `ketangctl extend`.

use ketang_protocol::command::Command;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Plans the lesson for longer
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// By how many minutes
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
}

pub(crate) async fn run(Args { minutes }: Args, host: &Host) -> Result<(), Error> {
    simple(host, Command::Extend { minutes }, |lang| {
        lang.pick(format!("已延长 {minutes} 分钟"), format!("Extended by {minutes} min"))
    })
    .await
}
