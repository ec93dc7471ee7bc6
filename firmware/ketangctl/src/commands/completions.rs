//! `ketangctl completions`: what a shell needs to complete our commands. Needs no host.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::host::Host;

/// Prints the completions for a shell, such as: ketangctl completions bash > /etc/bash_completion.d/ketangctl
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<(), Error> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ketangctl", &mut text);
    host.say(&String::from_utf8_lossy(&text))
}
