//! `ketang-panel`, the program of the touchscreen: shows what the host tells, and sends it what is touched.
//!
//! A process of its own: nothing that happens here touches a recording. It draws with the pure part (`lib.rs`) and is a client
//! of the host's socket, as `ketangctl` is. It ends with an error rather than stand still, and the service manager starts it anew.

mod assistance;
mod browser;
mod cli;
mod clock;
mod devices;
mod follow;
mod keep;
mod run;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run::panel(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
