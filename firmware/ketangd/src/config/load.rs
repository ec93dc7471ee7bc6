//! Reads a configuration from a file and from flags; each error says where the mistake stands and what to write instead.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;

/// Where the configuration is looked for when nobody names a file.
pub const DEFAULT_FILE: &str = "/etc/ketang/ketangd.toml";

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {path} cannot be read ({source}): name another with --config or KETANG_CONFIG", path = path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },

    #[error("{place}: this is not TOML ({why}): write `key = value` below a [section]")]
    Syntax { place: Place, why: String },

    #[error("{place}: `{key}`: {why} (docs/reference/configuration.md explains every key)")]
    Wrong { place: Place, key: String, why: String },

    #[error("`--set {given}` is not of the form KEY=VALUE, such as `--set host.name=room-301`")]
    BadOverride { given: String },
}

/// Where a mistake stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File {
        path: PathBuf,
        /// Counted from 1; unknown for what is missing.
        line: Option<usize>,
    },
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line) } => write!(f, "{}, line {line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// `--set KEY=VALUE`: the value as TOML, or as a bare string where that is what the key wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub key: String,
    pub value: String,
}

impl std::str::FromStr for Override {
    type Err = ConfigError;
    fn from_str(given: &str) -> Result<Self, ConfigError> {
        match given.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.into(), value: value.into() }),
            _ => Err(ConfigError::BadOverride { given: given.into() }),
        }
    }
}

/// Reads `file`, or the default file where none is named and it exists, puts the overrides on top and checks the whole.
pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<Config, ConfigError> {
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| ConfigError::Unreadable { path: path.into(), source })?,
    };
    load_text(path, &text, overrides)
}

/// Like [`load`], of a text that was read from `path` already.
pub fn load_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Config, ConfigError> {
    let place = |span: Option<std::ops::Range<usize>>| Place::File {
        path: path.into(),
        line: span.map(|span| line_of(text, span.start)),
    };
    let syntax =
        |error: toml::de::Error| ConfigError::Syntax { place: place(error.span()), why: error.message().trim().into() };
    let mut table: Table = toml::from_str(text).map_err(syntax)?;
    let deserializer = toml::Deserializer::parse(text).map_err(syntax)?;
    let mut config: Config = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let key = error.path().to_string();
        let error = error.into_inner();
        ConfigError::Wrong { place: place(error.span()), key, why: error.message().trim().into() }
    })?;
    for set in overrides {
        (table, config) = set.apply(&table)?;
    }

    config.complete().map_err(|(key, why)| {
        let place = match overrides.iter().rfind(|set| set.key == key.join(".")) {
            Some(set) => Place::Flag(set.flag()),
            None => place(span_of(text, &key)),
        };
        ConfigError::Wrong { place, key: key.join("."), why }
    })?;
    Ok(config)
}

impl Override {
    fn flag(&self) -> String {
        format!("--set {}", self.key)
    }

    fn apply(&self, table: &Table) -> Result<(Table, Config), ConfigError> {
        let text = Value::String(self.value.clone()).to_string();
        // What is no TOML value, such as v4l2:/dev/video0, is a string; so is a number where the key wants a name.
        let as_toml = self.merged(table, &self.value);
        let as_text = self.merged(table, &text);
        match (as_toml, as_text) {
            (Some(Ok(done)), _) | (_, Some(Ok(done))) => Ok(done),
            (Some(Err(error)), _) | (None, Some(Err(error))) => Err(error),
            (None, None) => Err(ConfigError::BadOverride { given: format!("{}={}", self.key, self.value) }),
        }
    }

    /// `None` when `KEY = value` is not TOML.
    fn merged(&self, table: &Table, value: &str) -> Option<Result<(Table, Config), ConfigError>> {
        let set: Table = toml::from_str(&format!("{} = {value}", self.key)).ok()?;
        let mut merged = table.clone();
        merge(&mut merged, set);
        let config = serde_path_to_error::deserialize(Value::Table(merged.clone())).map_err(|error| {
            let key = error.path().to_string();
            let why = error.into_inner().message().trim().to_owned();
            ConfigError::Wrong { place: Place::Flag(self.flag()), key, why }
        });
        Some(config.map(|config| (merged, config)))
    }
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Where the innermost part of `key` that was written stands.
fn span_of(text: &str, key: &[String]) -> Option<std::ops::Range<usize>> {
    let root = toml::de::DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    let mut span = None;
    for part in key {
        let Some(value) = table.get(part.as_str()) else { break };
        span = Some(value.span());
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    span
}
