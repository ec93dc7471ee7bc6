//! The settings of a host: what IT changes on the host's pages, laid over the host's own file.

use serde::{Deserialize, Serialize};

use crate::command::Refusal;

/// What stands in the place of a password. Sent back, it means the password that the host knows.
pub const KEPT: &str = "••••••";

/// The settings, and what they are laid over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// As TOML, with [`KEPT`] in the place of passwords. Empty where nobody has set anything.
    pub text: String,
    /// The name of this very state of them. Who changes them says in `If-Match` which one they saw.
    pub version: String,
    pub state: State,
    /// The host's own file, in the same form.
    pub file: String,
    /// The keys that flags have set: those win, whatever stands here.
    pub flags: Vec<String>,
}

/// Whether a host runs by its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    InForce,
    /// The host starts itself anew with them, within seconds.
    Restarting,
    /// It will when the lesson, or the work that is in hand, has ended.
    Waiting,
}

/// Why settings were not taken, and where they are wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotTaken {
    #[serde(flatten)]
    pub refusal: Refusal,
    /// The key at fault, such as `recording.part-limit-mb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The line at fault, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl From<Refusal> for NotTaken {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, key: None, line: None }
    }
}
