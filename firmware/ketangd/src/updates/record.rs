//! What the host remembers of updates over its own end and the machine's: what waits for a quiet time, what is on trial, and what
//! became of the last one. A small JSON file in the data directory, replaced whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ketang_hal::role::Role;
use ketang_hal::update::Installed;
use ketang_protocol::update::{UpdateTold, UpdateWaits};
use serde::{Deserialize, Serialize};

use crate::folder::{StoreError, remember, remembered};

const FILE: &str = "update.json";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    pub waits: Option<UpdateWaits>,
    pub installing: Option<Installing>,
    pub trial: Option<Trial>,
    pub last: Option<UpdateTold>,
}

/// An installation that has begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installing {
    /// Absent where it was begun elsewhere.
    pub version: Option<String>,
    /// Who wants the machine started anew after it, if anybody.
    pub restart: Option<String>,
}

/// An image that was installed and is not kept yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub version: Option<String>,
    /// The slot that ran when it was installed, and its own.
    pub before: String,
    pub slot: String,
    /// The start of the machine in which it was installed.
    pub boot: String,
    /// The inputs that lived then: it is to find them again.
    pub inputs: BTreeSet<Role>,
}

/// What has become of an image on trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The machine was not started anew yet.
    Waits,
    Runs,
    /// The machine was started anew and the one before runs.
    FellBack,
}

impl Trial {
    pub fn fate(&self, now: &Installed) -> Fate {
        let runs = |slot: &str| now.booted().is_some_and(|booted| booted.name == slot);
        match () {
            () if runs(&self.slot) => Fate::Runs,
            () if runs(&self.before) && now.boot != self.boot => Fate::FellBack,
            () => Fate::Waits,
        }
    }
}

impl Record {
    pub fn open(folder: &Path) -> Self {
        remembered(&path(folder))
    }

    pub fn save(&self, folder: &Path) -> Result<(), StoreError> {
        remember(&path(folder), self, 0o644)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

#[cfg(test)]
mod tests {
    use ketang_hal::role::PictureRole;
    use ketang_hal::update::Slot;
    use ketang_protocol::update::UpdateAction;

    use super::*;

    fn trial() -> Trial {
        Trial {
            version: Some("2".into()),
            before: "rootfs.0".into(),
            slot: "rootfs.1".into(),
            boot: "one".into(),
            inputs: [Role::Picture(PictureRole::Hdmi)].into(),
        }
    }

    #[test]
    fn an_image_runs_waits_or_has_fallen_back() {
        let now = |booted: &str, boot: &str| Installed {
            slots: vec![Slot { name: booted.into(), is_booted: true, ..Slot::default() }],
            boot: boot.into(),
            ..Installed::default()
        };
        assert_eq!(trial().fate(&now("rootfs.0", "one")), Fate::Waits);
        assert_eq!(trial().fate(&now("rootfs.1", "two")), Fate::Runs);
        assert_eq!(trial().fate(&now("rootfs.0", "two")), Fate::FellBack);
        assert_eq!(
            trial().fate(&Installed { boot: "two".into(), ..Installed::default() }),
            Fate::Waits,
            "from a stick"
        );
    }

    #[test]
    fn what_is_remembered_is_there_after_a_restart_and_a_damaged_file_is_no_reason_to_give_up() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::open(folder.path()), Record::default());
        let waits = UpdateWaits {
            action: UpdateAction::Install { bundle: "/a.raucb".into(), wait: true, restart: true },
            from: "admin:li".into(),
        };
        let record = Record { waits: Some(waits), trial: Some(trial()), ..Record::default() };
        record.save(folder.path()).unwrap();
        assert_eq!(Record::open(folder.path()), record);
        for broken in ["{", "[]", "{\"colour\": 1}", ""] {
            std::fs::write(path(folder.path()), broken).unwrap();
            assert_eq!(Record::open(folder.path()), Record::default(), "{broken}");
        }
    }
}
