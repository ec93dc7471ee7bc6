//! The system's own updater: it writes an image into the slot that is not running, and the boot loader starts that one next. Whoever
//! is an updater checks signatures; nothing here trusts a file.

use std::path::{Path, PathBuf};

/// What holds one image of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// As the updater calls it: `rootfs.0`.
    pub name: String,
    /// Whether the system runs from it now.
    pub is_booted: bool,
    /// Whether the boot loader starts it next.
    pub is_next: bool,
    /// Whether the boot loader may start it; absent where it does not tell.
    pub is_good: Option<bool>,
    /// Of the image in it, where that came by this updater.
    pub version: Option<String>,
    /// When it came, as the updater writes it: RFC 3339.
    pub installed: Option<String>,
}

/// What is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// The kind of machine, which a bundle must be for.
    pub compatible: String,
    /// Those that can be booted.
    pub slots: Vec<Slot>,
    /// Another one after each start of the machine.
    pub boot: String,
}

impl Installed {
    pub fn booted(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.is_booted)
    }

    /// The one that the boot loader starts next.
    pub fn next(&self) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.is_next)
    }
}

/// An image on its way to a machine, whose signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    pub compatible: String,
    pub version: String,
}

/// What the updater does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing, and how the last installation since its own start ended: whole, or why not.
    Idle(Option<Result<(), String>>),
    Installing {
        percent: u8,
        /// In its own words.
        step: String,
    },
}

/// An updater. None of these waits for an installation; `activity` tells how far it is.
pub trait Updater: Send {
    fn installed(&mut self) -> Result<Installed, UpdateError>;

    /// Looks into a bundle and checks its signature; one of an old format is read whole for it.
    fn inspect(&mut self, bundle: &Path) -> Result<Bundle, UpdateError>;

    /// Begins to write a bundle into the slot that is not running. Nothing ends that but the updater.
    fn install(&mut self, bundle: &Path) -> Result<(), UpdateError>;

    fn activity(&mut self) -> Result<Activity, UpdateError>;

    /// Tells the boot loader that the slot that runs is to be kept.
    fn mark_good(&mut self) -> Result<(), UpdateError>;

    /// Starts the machine anew.
    fn restart(&mut self) -> Result<(), UpdateError>;
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("the updater does not answer ({why}): look at `systemctl status rauc`")]
    Away { why: String },

    #[error("the bundle {bundle} is not accepted ({why}): its signature is not by a key of this host, or it is not whole", bundle = bundle.display())]
    NotAccepted { bundle: PathBuf, why: String },

    #[error("the bundle {bundle} is for `{compatible}` and this machine is `{ours}`: take the one for this machine", bundle = bundle.display())]
    ForOthers { bundle: PathBuf, compatible: String, ours: String },

    #[error("the updater refuses this ({why}): wait until it is idle, or look at `journalctl -u rauc`")]
    Refused { why: String },

    #[error("the disk cannot be written to ({why}): an image that cannot record is not kept")]
    NotWritable { why: String },

    #[error(
        "the machine cannot be started anew from here ({why}): allow it to the user of ketangd, or use `sudo systemctl reboot`"
    )]
    NotRestarted { why: String },
}
