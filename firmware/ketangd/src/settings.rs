//! The settings: what IT changes on the host's pages. A TOML text with the keys of the host's file, laid over it at start.
//!
//! ```text
//! DATA/settings.toml             what the host runs by
//! DATA/settings.waiting.toml     what was saved since; replaced whole, never overwritten
//! DATA/settings.broken-1.toml …  what a host could not run by; put aside, never deleted
//! ```
//!
//! Nothing here touches the host that runs: it looks whether there are newer settings, takes them up when it is free, and starts
//! itself anew. A power cut in a lesson brings them no earlier. Why so: `firmware/design/settings.md`.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::settings::{KEPT, NotTaken, State};
use toml::{Table, Value};

use crate::config::{Config, ConfigError, Layer, Override, load_layers};
use crate::folder::{self, At, StoreError};

const FILE: &str = "settings.toml";
const WAITING: &str = "settings.waiting.toml";
/// The version of settings that nobody has made yet.
pub(crate) const NONE: &str = "none";
/// Passwords may stand in it: as the host's own file it is for its owner, and for the group that may do everything.
const MODE: u32 = 0o640;
/// What decides where the settings lie and how they are reached, and so cannot be one of them.
const NOT_A_SETTING: [[&str; 2]; 2] = [["host", "data"], ["host", "socket"]];
/// A password belongs to these: where one of them changes it is to be typed again, lest it is sent to whoever asks for it.
const OF_A_PASSWORD: [&str; 3] = ["source", "user", "ptz"];

/// The settings of a host, and what they are laid over.
#[derive(Debug)]
pub struct Settings {
    in_force: PathBuf,
    waiting: PathBuf,
    file: Layer,
    flags: Vec<Override>,
    /// Whether there are some that wait.
    newer: AtomicBool,
    /// Held by who replaces them, from the look at what is there until the new ones are.
    turn: Mutex<()>,
}

impl Settings {
    /// Those that lie in the data directory.
    pub fn beside(data: &Path, file: Layer, flags: Vec<Override>) -> Self {
        let (in_force, waiting) = (data.join(FILE), data.join(WAITING));
        let newer = AtomicBool::new(waiting.exists());
        Self { in_force, waiting, file, flags, newer, turn: Mutex::new(()) }
    }

    /// The configuration that the file, the settings in force and the flags give together.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let path = self.in_force.clone();
        match read(&path) {
            Ok(saved) => {
                let text = saved.unwrap_or_default().text;
                load_layers(&self.file, Some(&Layer { path, text }), &self.flags)
            }
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    /// Whether the host runs by the file and the flags alone, so that settings cannot be at fault.
    pub fn are_empty(&self) -> bool {
        read(&self.in_force).is_ok_and(|saved| saved.is_none_or(|saved| saved.text.trim().is_empty()))
    }

    /// Whether there are newer ones than those that the host runs by.
    pub fn are_newer(&self) -> bool {
        self.newer.load(Ordering::Acquire)
    }

    /// Takes up those that wait: the next start runs by them.
    pub fn take_up(&self) -> Result<(), StoreError> {
        Self::rename(&self.waiting, &self.in_force)
    }

    /// What surfaces are told, without passwords; `busy` is whether the host has a lesson or other work in hand.
    pub fn told(&self, busy: bool) -> Result<ketang_protocol::settings::Settings, NotTaken> {
        let Saved { text, version } = self.newest()?;
        let state = match (self.are_newer(), busy) {
            (false, _) => State::InForce,
            (true, false) => State::Restarting,
            (true, true) => State::Waiting,
        };
        Ok(ketang_protocol::settings::Settings {
            text: shown(&text),
            version,
            state,
            file: shown(&self.file.text),
            flags: self.flags.iter().map(|flag| flag.key.clone()).collect(),
        })
    }

    /// Replaces the settings that were `seen`, where they are still the same and the new ones are right.
    pub fn replace(&self, seen: &str, text: String) -> Result<(), NotTaken> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Saved { text: before, version } = self.newest()?;
        if version != seen {
            return Err(meanwhile());
        }
        let new = Layer { path: FILE.into(), text };
        let mut table = new.table().map_err(not_taken)?;
        for key in NOT_A_SETTING {
            if table.get(key[0]).is_some_and(|section| section.get(key[1]).is_some()) {
                return Err(at(&new, &key, NOT_HERE));
            }
        }
        load_layers(&self.file, Some(&new), &self.flags).map_err(not_taken)?;
        self.fill_in_passwords(&mut table, &before, &new)?;
        let text = table.to_string();
        if text != before {
            folder::replace(&self.waiting, text.as_bytes(), MODE).map_err(failed)?;
            self.newer.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Puts settings aside that the host cannot run by, under a name that nothing has.
    pub fn put_aside(&self) -> Result<PathBuf, StoreError> {
        let mut names = (1_u32..).map(|number| self.in_force.with_file_name(format!("settings.broken-{number}.toml")));
        let aside = names.find(|path| !path.exists()).expect("a directory holds fewer files");
        Self::rename(&self.in_force, &aside)?;
        Ok(aside)
    }

    fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
        fs::rename(from, to).at(from, "cannot rename")?;
        to.parent().map_or(Ok(()), folder::sync_dir)
    }

    /// What was saved last.
    fn newest(&self) -> Result<Saved, NotTaken> {
        let saved = read(&self.waiting).and_then(|saved| saved.map_or_else(|| read(&self.in_force), |it| Ok(Some(it))));
        let unreadable = |source| StoreError::Io { path: self.in_force.clone(), what: "cannot read", source };
        Ok(saved.map_err(|source| failed(unreadable(source)))?.unwrap_or_default())
    }

    /// Puts the passwords that the host knows where [`KEPT`] stands.
    fn fill_in_passwords(&self, table: &mut Table, before: &str, sent: &Layer) -> Result<(), NotTaken> {
        let before: Table = before.parse().unwrap_or_default();
        let file: Table = self.file.text.parse().unwrap_or_default();
        for (role, input) in inputs(table) {
            if input.get("password").and_then(Value::as_str) != Some(KEPT) {
                continue;
            }
            // Settings hide the file's input whole.
            let known = [&before, &file].into_iter().find_map(|table| table.get("inputs")?.get(&role)?.as_table());
            let known = known.filter(|known| OF_A_PASSWORD.iter().all(|key| known.get(*key) == input.get(*key)));
            match known.and_then(|known| known.get("password")) {
                Some(password) => input.insert("password".into(), password.clone()),
                None => return Err(at(sent, &["inputs", &role, "password"], UNKNOWN_PASSWORD)),
            };
        }
        Ok(())
    }
}

/// Settings as they lie on the disk.
struct Saved {
    text: String,
    version: String,
}

impl Default for Saved {
    fn default() -> Self {
        Self { text: String::new(), version: NONE.into() }
    }
}

/// Reads settings, where there are any. What is no text is shown as such, and is no TOML.
fn read(path: &Path) -> io::Result<Option<Saved>> {
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let meta = file.metadata()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(Saved { text: String::from_utf8_lossy(&bytes).into_owned(), version: version_of(&meta) }))
}

/// Each is a new file, made while the one before was there. To be taken up changes none of these.
pub(crate) fn version_of(meta: &fs::Metadata) -> String {
    format!("{:x}-{:x}-{:x}", meta.ino(), meta.mtime(), meta.mtime_nsec())
}

/// The inputs of a configuration, with their names.
fn inputs(table: &mut Table) -> impl Iterator<Item = (String, &mut Table)> {
    let inputs = table.get_mut("inputs").and_then(Value::as_table_mut);
    inputs.into_iter().flatten().filter_map(|(role, input)| Some((role.clone(), input.as_table_mut()?)))
}

/// A text without its passwords, and without its comments: one may stand there too.
fn shown(text: &str) -> String {
    let mut table: Table = text.parse().unwrap_or_default();
    for (_, input) in inputs(&mut table) {
        if let Some(password) = input.get_mut("password") {
            *password = Value::String(KEPT.into());
        }
    }
    table.to_string()
}

/// In Chinese and in English.
type Words = [&'static str; 2];

const NOT_HERE: Words = [
    "它决定设置存放在哪里、怎样访问，只能写在主机的配置文件里",
    "this stands in the host's own file alone: it decides where the settings lie and how they are reached",
];
const UNKNOWN_PASSWORD: Words = [
    "主机没有与这个地址、用户和云台对应的密码：请重新输入，或删去这一行",
    "the host knows no password for this address, user and camera control: type it again, or leave the line out",
];

/// A mistake at a key of what was sent.
fn at(sent: &Layer, key: &[&str], [chinese, english]: Words) -> NotTaken {
    let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
    let refused = not_taken(sent.wrong(&key, english.into()));
    let chinese = format!("`{}`：{chinese}", key.join("."));
    NotTaken { refusal: Refusal { chinese, ..refused.refusal }, ..refused }
}

fn not_taken(error: ConfigError) -> NotTaken {
    let (key, line) = error.at(Path::new(FILE));
    let refusal = Refusal::new(RefusalCode::Invalid, error.chinese(), error.to_string());
    NotTaken { refusal, key: key.map(str::to_owned), line }
}

fn failed(error: StoreError) -> NotTaken {
    let code = match &error {
        StoreError::Full { .. } => RefusalCode::NoSpace,
        _ => RefusalCode::Failed,
    };
    Refusal::new(code, error.chinese(), error.to_string()).into()
}

fn meanwhile() -> NotTaken {
    let (chinese, english) = (
        "刚才有其他人改动了设置：请重新读取，看过再保存",
        "somebody else has just changed the settings: read them again, look, and save yours again",
    );
    Refusal::new(RefusalCode::ChangedMeanwhile, chinese, english).into()
}
