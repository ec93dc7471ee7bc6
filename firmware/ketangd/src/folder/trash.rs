//! The trash: lessons that a person deleted, under names that tell since when. One rename puts a lesson there or takes it
//! back, so a crash leaves it done or not begun. When it is emptied is decided by `ketang_lesson::retention`.

use std::fs;

use jiff::Timestamp;
use ketang_lesson::retention::TRASH_KEPT;
use ketang_protocol::lesson::LessonId;

use super::{At, DataDir, Folder, StoreError, sync_dir};

const TRASH: &str = ".trash-";
/// When a lesson was deleted, as its folder's name tells it.
const TIME: &str = "%Y%m%d-%H%M%S";

/// A lesson in the trash.
#[derive(Clone, Debug)]
pub struct Trashed {
    pub folder: Folder,
    /// When a person deleted it, in whole seconds.
    pub deleted: Timestamp,
}

impl Trashed {
    /// Until when it can be taken back, where nothing needs its room.
    pub fn until(&self) -> Timestamp {
        self.deleted.saturating_add(TRASH_KEPT).unwrap_or(Timestamp::MAX)
    }
}

impl DataDir {
    /// What is in the trash, in order of the deletions.
    pub fn trash(&self) -> Result<Vec<Trashed>, StoreError> {
        Ok(self.names(TRASH)?.iter().filter_map(|name| self.parse_trashed(name)).collect())
    }

    /// A lesson in the trash, by its own name.
    pub fn trashed(&self, id: &LessonId) -> Result<Option<Trashed>, StoreError> {
        Ok(self.trash()?.into_iter().rev().find(|trashed| trashed.folder.id == *id))
    }

    fn parse_trashed(&self, name: &str) -> Option<Trashed> {
        // Two dashes belong to the time.
        let (end, _) = name.match_indices('-').nth(1)?;
        let deleted = jiff::civil::DateTime::strptime(TIME, &name[..end]).ok()?;
        let deleted = deleted.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        let id = Some(LessonId(name[end + 1..].to_owned())).filter(LessonId::is_well_formed)?;
        Some(Trashed { folder: Folder { path: self.lessons_dir().join(format!("{TRASH}{name}")), id }, deleted })
    }

    /// Puts a lesson into the trash.
    pub(crate) fn put_into_trash(&self, id: &LessonId, now: Timestamp) -> Result<Trashed, StoreError> {
        let from = self.folder(id)?.path;
        let name = format!("{}-{id}", now.strftime(TIME));
        let trashed = self.parse_trashed(&name).ok_or_else(|| StoreError::Unknown { id: id.clone() })?;
        fs::rename(&from, &trashed.folder.path).at(&from, "cannot delete")?;
        sync_dir(&self.lessons_dir())?;
        Ok(trashed)
    }

    /// Takes a lesson back to where it was.
    pub(crate) fn take_from_trash(&self, trashed: &Trashed) -> Result<Folder, StoreError> {
        let folder = self.folder(&trashed.folder.id)?;
        fs::rename(&trashed.folder.path, &folder.path).at(&folder.path, "cannot take back")?;
        sync_dir(&self.lessons_dir())?;
        Ok(folder)
    }
}
