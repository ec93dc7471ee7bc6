//! Reads a configuration from its layers, the host's file and the settings, and from flags; each error says where the mistake stands and what to write instead.

use std::fmt;
use std::ops::Range;
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

impl ConfigError {
    /// The same in Chinese. The reason of a wrong value stands as it is: it names the rule.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unreadable { path, source } => {
                format!("配置 {} 无法读取（{source}）：用 --config 或 KETANG_CONFIG 指定另一个文件", path.display())
            }
            Self::Syntax { place, why } => {
                format!("{}：不是 TOML（{why}）：在 [节] 下面写“键 = 值”", place.chinese())
            }
            Self::Wrong { place, key, why } => {
                let place = place.chinese();
                format!("{place}：`{key}` 不对（{why}）：docs/zh/reference/configuration.md 说明每个键")
            }
            Self::BadOverride { given } => format!("`--set {given}` 应写作“键=值”，例如 `--set host.name=room-301`"),
        }
    }

    /// The key at fault, and its line where the mistake stands in `file`.
    pub fn at(&self, file: &Path) -> (Option<&str>, Option<usize>) {
        match self {
            Self::Syntax { place, .. } => (None, place.line_in(file)),
            Self::Wrong { place, key, .. } => (Some(key), place.line_in(file)),
            Self::Unreadable { .. } | Self::BadOverride { .. } => (None, None),
        }
    }
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

impl Place {
    fn line_in(&self, file: &Path) -> Option<usize> {
        match self {
            Self::File { path, line } if path == file => *line,
            Self::File { .. } | Self::Flag(_) => None,
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::File { path, line: Some(line) } => format!("{} 第 {line} 行", path.display()),
            other => other.to_string(),
        }
    }
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

/// One text of the configuration, and the file that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    pub path: PathBuf,
    pub text: String,
}

impl Layer {
    /// The host's own file: the one that is named, or the default one; nothing is written where that does not exist.
    pub fn of_host(file: Option<&Path>) -> Result<Self, ConfigError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|source| ConfigError::Unreadable { path: path.into(), source })?,
        };
        Ok(Self { path: path.into(), text })
    }

    /// What is written, each key right by itself.
    pub fn table(&self) -> Result<Table, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax {
            place: self.place(error.span()),
            why: error.message().trim().into(),
        };
        let table = toml::from_str(&self.text).map_err(syntax)?;
        // Read from the text too, which knows its lines.
        let deserializer = toml::Deserializer::parse(&self.text).map_err(syntax)?;
        serde_path_to_error::deserialize::<_, Config>(deserializer).map_err(|error| {
            let key = error.path().to_string();
            let error = error.into_inner();
            ConfigError::Wrong { place: self.place(error.span()), key, why: error.message().trim().into() }
        })?;
        Ok(table)
    }

    /// The mistake at a key that stands here, or above it.
    pub fn wrong(&self, key: &[String], why: String) -> ConfigError {
        let span = span_of(&self.text, key).map(|(_, span)| span);
        ConfigError::Wrong { place: self.place(span), key: key.join("."), why }
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::File { path: self.path.clone(), line: span.map(|span| line_of(&self.text, span.start)) }
    }
}

/// Reads `file`, or the default file where none is named and it exists, puts the overrides on top and checks the whole.
pub fn load(file: Option<&Path>, overrides: &[Override]) -> Result<Config, ConfigError> {
    load_layers(&Layer::of_host(file)?, None, overrides)
}

/// Like [`load`], of a text that was read from `path` already.
pub fn load_text(path: &Path, text: &str, overrides: &[Override]) -> Result<Config, ConfigError> {
    load_layers(&Layer { path: path.into(), text: text.into() }, None, overrides)
}

/// Lays the settings over the host's file and the overrides on top, and checks the whole.
pub fn load_layers(file: &Layer, settings: Option<&Layer>, overrides: &[Override]) -> Result<Config, ConfigError> {
    let mut table = file.table()?;
    if let Some(settings) = settings {
        lay_over(&mut table, settings.table()?);
    }
    let mut config = read(&table).map_err(|(key, why)| settings.unwrap_or(file).wrong(&[key], why))?;
    for set in overrides {
        (table, config) = set.apply(&table)?;
    }
    config.complete().map_err(|(key, why)| {
        if let Some(set) = overrides.iter().rfind(|set| set.key == key.join(".")) {
            return ConfigError::Wrong { place: Place::Flag(set.flag()), key: key.join("."), why };
        }
        // The mistake stands where most of its key is written; where both have as much of it, in what lies on top.
        let depth = |layer: &Layer| span_of(&layer.text, &key).map_or(0, |(depth, _)| depth);
        settings.filter(|settings| depth(settings) >= depth(file).max(1)).unwrap_or(file).wrong(&key, why)
    })?;
    Ok(config)
}

/// The configuration in a table; the key and the reason where it is wrong.
fn read(table: &Table) -> Result<Config, (String, String)> {
    serde_path_to_error::deserialize(Value::Table(table.clone()))
        .map_err(|error| (error.path().to_string(), error.into_inner().message().trim().to_owned()))
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
        let config =
            read(&merged).map_err(|(key, why)| ConfigError::Wrong { place: Place::Flag(self.flag()), key, why });
        Some(config.map(|config| (merged, config)))
    }
}

/// Lays a text over those before it, key by key. An input or a scene is taken as a whole: what belongs to one camera, its
/// password above all, must not go to the address of another.
fn lay_over(base: &mut Table, over: Table) {
    for (section, value) in over {
        match (base.get_mut(&section), value) {
            (Some(Value::Table(inner)), Value::Table(value)) if section == "inputs" || section == "scenes" => {
                inner.extend(value);
            }
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value),
            (_, value) => {
                base.insert(section, value);
            }
        }
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

/// Where the innermost part of `key` that was written stands, and how many parts of it were.
fn span_of(text: &str, key: &[String]) -> Option<(usize, Range<usize>)> {
    let root = toml::de::DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    let mut found = None;
    for (depth, part) in (1..).zip(key) {
        let Some(value) = table.get(part.as_str()) else { break };
        found = Some((depth, value.span()));
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    found
}
