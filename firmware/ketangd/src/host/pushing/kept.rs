//! What a lesson is pushed to, so that one that goes on after the host's end goes out as before: also where somebody had begun a push, or
//! ended one that begins with lessons. A small JSON file in the data directory, replaced whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ketang_protocol::lesson::LessonId;
use serde::{Deserialize, Serialize};

use crate::folder::{remember, remembered};

const FILE: &str = "live.json";

/// The targets by name, and the lesson that goes out to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GoesOut {
    pub(super) lesson: LessonId,
    pub(super) targets: BTreeSet<String>,
}

/// It, as it lies on the disk.
pub(super) struct Kept {
    file: PathBuf,
    now: Option<GoesOut>,
}

impl Kept {
    pub(super) fn open(data: &Path) -> Self {
        let file = data.join(FILE);
        Self { now: remembered(&file), file }
    }

    /// Whether this very lesson went out before, and to whom.
    pub(super) fn of(&self, lesson: &LessonId) -> Option<&BTreeSet<String>> {
        self.now.as_ref().filter(|kept| kept.lesson == *lesson).map(|kept| &kept.targets)
    }

    /// Whatever is decided holds, even where it cannot be remembered.
    pub(super) fn keep(&mut self, now: Option<GoesOut>) {
        if self.now == now {
            return;
        }
        if let Err(error) = remember(&self.file, &now, 0o600) {
            tracing::error!(%error, "what is live is not remembered");
        }
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_is_known_of_that_lesson_alone_and_nonsense_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let lesson = |id: &str| LessonId(id.into());
        let mut kept = Kept::open(folder.path());
        assert_eq!(kept.of(&lesson("a")), None);
        let targets = BTreeSet::from(["校园网".to_owned()]);
        kept.keep(Some(GoesOut { lesson: lesson("a"), targets: targets.clone() }));
        let mut kept = Kept::open(folder.path());
        assert_eq!((kept.of(&lesson("a")), kept.of(&lesson("b"))), (Some(&targets), None));
        kept.keep(None);
        assert_eq!(Kept::open(folder.path()).of(&lesson("a")), None);
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(Kept::open(folder.path()).of(&lesson("a")), None);
    }
}
