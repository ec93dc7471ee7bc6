//! The flags of `ketangd`, and how they join with the configuration file and the settings.

use std::path::PathBuf;

use clap::Parser;

use crate::config::rule::AbsolutePath;
use crate::config::{Config, ConfigError, Layer, Override, load_layers};
use crate::settings::Settings;

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

/// What a host is to be.
#[derive(Debug)]
pub struct Wanted {
    /// With the settings, or why they cannot be used.
    pub config: Result<Config, ConfigError>,
    /// What the file and the flags say alone: what a host falls back on whose settings are broken.
    pub without_settings: Config,
    pub settings: Settings,
}

impl Cli {
    /// What the configuration file, the settings and the flags give together; flags win over settings, and those over the file.
    pub fn load(&self) -> Result<Wanted, ConfigError> {
        let file = Layer::of_host(self.config.as_deref())?;
        let without_settings = self.in_place(load_layers(&file, None, &self.set)?)?;
        let settings = Settings::beside(without_settings.host.data.as_path(), file, self.set.clone());
        let config = settings.config().and_then(|config| self.in_place(config));
        Ok(Wanted { config, without_settings, settings })
    }

    /// With the directory and the socket that flags name.
    fn in_place(&self, mut config: Config) -> Result<Config, ConfigError> {
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
