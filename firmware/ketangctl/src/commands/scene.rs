//! `ketangctl scene`: shows a scene.

use ketang_protocol::command::Command;

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Shows a scene in the programme
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The scene's name; `ketangctl status` lists them
    name: String,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let name = args.name.clone();
    simple(host, Command::Scene { scene: args.name }, |lang| {
        lang.pick(format!("节目画面：{name}"), format!("The programme shows {name}"))
    })
    .await
}
