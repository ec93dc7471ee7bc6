//! Updates of the system around a host: what may be asked, and what is told of them. The system's own updater does the work and
//! checks signatures; the host knows when it may.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sentence::Sentence;

/// What is to be done. Bundles are files of the host, by their absolute paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum UpdateAction {
    /// Looks into a bundle; what is found stands in the snapshot.
    Inspect { bundle: PathBuf },
    /// Writes a bundle into the slot that is not running.
    Install {
        bundle: PathBuf,
        /// Does so by itself at the next quiet time, rather than to be refused before it.
        #[serde(default)]
        wait: bool,
        /// And then starts the machine anew, at a quiet time.
        #[serde(default)]
        restart: bool,
    },
    /// Starts the machine anew.
    Restart {
        /// At the next quiet time, rather than to be refused before it.
        #[serde(default)]
        wait: bool,
    },
    /// Nothing is waited for any longer.
    Cancel {},
    /// Keeps the image that is on trial, although the host does not find everything as it was.
    Keep {},
}

impl UpdateAction {
    pub fn bundle(&self) -> Option<&Path> {
        match self {
            Self::Inspect { bundle } | Self::Install { bundle, .. } => Some(bundle),
            _ => None,
        }
    }
}

/// What is told of updates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateState {
    /// Why the updater does not answer.
    pub fault: Option<Sentence>,
    /// The kind of machine that a bundle must be for.
    pub compatible: String,
    /// What can be booted.
    pub slots: Vec<SlotState>,
    /// The bundles that were looked into since the host began, the last one last.
    pub bundles: Vec<BundleState>,
    pub activity: UpdateActivity,
    /// What is done by itself at the next quiet time.
    pub waits: Option<UpdateWaits>,
    pub quiet: Quiet,
    /// The image that runs is on trial: what it is kept after.
    pub trial: Option<Sentence>,
    /// What became of the last one.
    pub last: Option<UpdateTold>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    pub name: String,
    /// The system runs from it.
    pub booted: bool,
    /// It is started next.
    pub next: bool,
    /// Whether the boot loader may start it; absent where that is not known.
    pub good: Option<bool>,
    /// Of the image in it; absent where no update brought it.
    pub version: Option<String>,
    pub installed: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleState {
    pub bundle: PathBuf,
    pub found: Found,
}

/// What is in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It may be installed.
    Fits { version: String },
    /// It is for another kind of machine.
    ForOthers { compatible: String, version: String },
    /// The updater does not take it, such as for its signature.
    NotAccepted { why: Sentence },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateActivity {
    #[default]
    Idle,
    Inspecting {
        bundle: PathBuf,
    },
    Installing {
        percent: u8,
        /// In the updater's own words.
        step: String,
    },
    /// The machine is told to start anew.
    Restarting,
}

/// What waits for a quiet time, and who asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateWaits {
    pub action: UpdateAction,
    pub from: String,
}

/// Whether no lesson is in the way now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// What is in the way; nothing where it is quiet now.
    pub why: Option<Sentence>,
    /// When it is quiet at the earliest, as far as that is known.
    pub from: Option<Timestamp>,
}

/// What became of an update, and when that was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateTold {
    pub at: Timestamp,
    pub version: Option<String>,
    pub outcome: UpdateOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOutcome {
    /// Written; it runs after the next start of the machine.
    Installed,
    NotInstalled {
        why: Sentence,
    },
    NotRestarted {
        why: Sentence,
    },
    /// It was started, found ready, and is kept.
    Kept,
    /// It was started, and the machine came back with the one before.
    FellBack,
}

impl UpdateOutcome {
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Installed | Self::Kept)
    }
}

impl UpdateTold {
    pub fn told(&self) -> Sentence {
        let version = self.version.as_deref().unwrap_or_default();
        let (chinese, english) =
            (format!("更新 {version}").trim_end().to_owned(), format!("Update {version}").trim_end().to_owned());
        match &self.outcome {
            UpdateOutcome::Installed => Sentence::new(
                format!("{chinese} 已写入，重新启动后运行"),
                format!("{english} is installed, and runs after the machine was started anew"),
            ),
            UpdateOutcome::NotInstalled { why } => Sentence::new(
                format!("{chinese} 没有装上，系统没有变化：{}", why.chinese),
                format!("{english} was not installed, and nothing has changed: {}", why.english),
            ),
            UpdateOutcome::NotRestarted { why } => {
                Sentence::new(format!("没有重新启动：{}", why.chinese), format!("Not started anew: {}", why.english))
            }
            UpdateOutcome::Kept => {
                Sentence::new(format!("{chinese} 已运行并保留"), format!("{english} runs and is kept"))
            }
            UpdateOutcome::FellBack => Sentence::new(
                format!("{chinese} 没有启动成功，已自动退回原来的系统"),
                format!("{english} did not start, and the machine went back to the system before"),
            ),
        }
    }
}

impl UpdateWaits {
    pub fn told(&self) -> Sentence {
        match &self.action {
            UpdateAction::Install { bundle, restart, .. } => {
                let name = bundle.file_name().unwrap_or_default().to_string_lossy();
                let (then, and_then) =
                    if *restart { ("，然后重新启动", ", and then starts anew") } else { ("", "") };
                Sentence::new(
                    format!("等到没有课时安装 {name}{then}"),
                    format!("Installs {name} when no lesson is near{and_then}"),
                )
            }
            _ => Sentence::new("等到没有课时重新启动", "Starts anew when no lesson is near"),
        }
    }
}
