//! The flags of `ketangd`, and how they join with the configuration file.

use std::path::PathBuf;

use clap::Parser;

use crate::config::rule::AbsolutePath;
use crate::config::{self, Config, ConfigError, Override};

/// The recording host of a classroom.
#[derive(Clone, Debug, Default, Parser)]
#[command(version)]
pub struct Cli {
    /// The configuration file [default: /etc/ketang/ketangd.toml, where it exists]
    #[arg(long, env = "KETANG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The directory of the lessons and the ledger, instead of `host.data`
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The Unix socket of the API, instead of `host.socket`
    #[arg(long, value_name = "FILE")]
    pub socket: Option<PathBuf>,

    /// Sets one key of the configuration, such as `board.name=sim`; may stand several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<Override>,

    /// Reads the configuration, says whether it is right, and ends
    #[arg(long)]
    pub check: bool,
}

impl Cli {
    /// The configuration that the file and the flags give together; flags win.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut config = config::load(self.config.as_deref(), &self.set)?;
        let absolute = |path: &PathBuf| {
            AbsolutePath::resolve(path).map_err(|source| ConfigError::Unreadable { path: path.clone(), source })
        };
        if let Some(data) = &self.data {
            config.host.data = absolute(data)?;
        }
        if let Some(socket) = &self.socket {
            config.host.socket = absolute(socket)?;
        }
        Ok(config)
    }
}
