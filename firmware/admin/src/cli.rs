//! The flags of the program.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// The pages of a classroom host for IT staff and for directing.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The host's Unix socket
    #[arg(long, env = "KETANG_SOCKET", default_value = "/run/ketang/ketangd.sock", value_name = "FILE")]
    pub socket: PathBuf,

    /// Where the pages are served, over HTTPS
    #[arg(long, default_value = "[::]:443", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,

    /// Accounts, certificate and media files of this program
    #[arg(long, default_value = "/var/lib/ketang-admin", value_name = "DIR")]
    pub state: PathBuf,

    /// Where the code for the first access is written for the panel and `ketangctl admin-code`
    #[arg(long, default_value = "/run/ketang-admin", value_name = "DIR")]
    pub runtime: PathBuf,

    /// The host's data (`host.data`); its lessons are only read
    #[arg(long, default_value = "/var/lib/ketang", value_name = "DIR")]
    pub data: PathBuf,

    /// The host's configuration, which is shown without its passwords
    #[arg(long, default_value = "/etc/ketang/ketangd.toml", value_name = "FILE")]
    pub config: PathBuf,

    /// The host's log, where it is a file; the system's journal otherwise
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// A certificate chain in PEM, given by IT, instead of the one that is made here
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,

    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// Room on the disk that uploads and copies leave to lessons, in MB of 10⁶ bytes
    #[arg(long, default_value_t = 20_000, value_name = "MB")]
    pub keep_free_mb: u64,
}
