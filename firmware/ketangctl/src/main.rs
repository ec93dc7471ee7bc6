//! `ketangctl`, the command line of a running host.
//!
//! It sends the same commands and shows the same snapshot as every other surface; it decides nothing and reads no disk but
//! a folder that it is given. One file a command in `commands/`. Reference: `docs/reference/commands.md`.

mod cli;
mod client;
mod commands;
mod error;
mod help;
mod host;
mod lang;
mod print;
mod report;
mod time;
mod wait;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::Cli;
use crate::client::Client;
use crate::error::{Error, Exit};
use crate::host::Host;
use crate::lang::Lang;

fn main() -> ExitCode {
    let lang = Lang::chosen();
    let cli = help::command(lang).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match cli {
        Ok(cli) => cli,
        Err(error) => return help::explain(&error, lang),
    };
    // A way that leads nowhere is told in the way that was asked for.
    let (client, no_way) = match cli.way() {
        Ok(client) => (client, None),
        Err(error) => (Client::new(cli.socket.clone()), Some(error)),
    };
    let host = Host::new(client, lang, cli.json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match no_way {
        Some(error) => Err(error),
        None => runtime.map_err(Error::Output).and_then(|runtime| runtime.block_on(cli.command.run(&host))),
    };
    match ended {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            host.say_error(&error);
            error.exit().into()
        }
    }
}
