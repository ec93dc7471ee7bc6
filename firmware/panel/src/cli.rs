//! The flags of the program.

use std::path::PathBuf;

use clap::Parser;

/// The touchscreen of a classroom host.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// The host's Unix socket
    #[arg(long, env = "KETANG_SOCKET", default_value = "/run/ketang/ketangd.sock", value_name = "FILE")]
    pub(crate) socket: PathBuf,

    /// The frame buffer that is drawn on
    #[arg(long, default_value = "fb0", value_name = "NAME")]
    pub(crate) display: String,

    /// The touchscreen's event device [default: the first that is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) touch: Option<PathBuf>,

    /// Where the teacher's choices are kept
    #[arg(long, default_value = "/var/lib/ketang/panel.toml", value_name = "FILE")]
    pub(crate) settings: PathBuf,

    /// A file with a PIN of 4 to 8 digits; without it there is no lock
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,

    /// A Chinese font [default: Noto Sans CJK where the system has it]
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Option<PathBuf>,
}
