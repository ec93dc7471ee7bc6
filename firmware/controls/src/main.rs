//! `ketang-controls`, the ways in beside the touchscreen: a button on the wall, lamps, remote controls and presenters.
//!
//! A process of its own and a client of the host's socket, as the panel is: nothing that happens here touches a recording, and a
//! host without a touchscreen has its button all the same. It ends with an error where only a new start helps.

mod config;
mod deed;
mod desk;
mod lamps;
mod press;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

/// The button, lamps and remote controls of a classroom host.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The host's Unix socket
    #[arg(long, env = "KETANG_SOCKET", default_value = "/run/ketang/ketangd.sock", value_name = "FILE")]
    socket: PathBuf,

    /// What is connected where
    #[arg(long, default_value = "/etc/ketang/controls.toml", value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cli = Cli::parse();
    match run::controls(cli.socket, &cli.config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
