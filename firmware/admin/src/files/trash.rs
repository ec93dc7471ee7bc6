//! What was deleted, for a week: it can be taken back to where it was.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::area::worded;
use super::{Area, FilePath};
use crate::said::Said;
use crate::secret;

/// How long deleted things are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// An upload that nobody goes on with is given up after this.
const UPLOAD_KEPT: SignedDuration = SignedDuration::from_hours(24);
const RECORD: &str = "what.json";
const THING: &str = "thing";

/// A thing that was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deleted {
    /// Its name in the trash.
    pub(crate) id: String,
    /// Where it was.
    pub(crate) path: String,
    pub(crate) when: Timestamp,
    pub(crate) who: String,
}

impl Area {
    /// Deletes something so that it can be taken back; gives its name in the trash.
    pub(crate) fn delete(&self, path: &FilePath, seen: &str, who: &str, now: Timestamp) -> Result<String, Said> {
        self.still(path, seen)?;
        let id = secret::name();
        let folder = self.trash().join(&id);
        let record = Deleted { id: id.clone(), path: path.to_string(), when: now, who: who.to_owned() };
        let delete = || {
            fs::create_dir(&folder)?;
            // The record first: without it nobody could take the thing back.
            fs::write(folder.join(RECORD), serde_json::to_vec(&record)?)?;
            fs::rename(self.on_disk(path), folder.join(THING))
        };
        delete().map_err(|error| {
            // Empty but for its record.
            let _ = fs::remove_dir_all(&folder);
            worded(&error, path)
        })?;
        Ok(id)
    }

    /// The deleted things, the newest first.
    pub(crate) fn deleted(&self) -> Vec<Deleted> {
        let Ok(found) = fs::read_dir(self.trash()) else { return Vec::new() };
        let one =
            |entry: fs::DirEntry| serde_json::from_slice::<Deleted>(&fs::read(entry.path().join(RECORD)).ok()?).ok();
        let mut all: Vec<Deleted> = found.flatten().filter_map(one).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.when));
        all
    }

    /// Takes something back to where it was, or beside what is there now.
    pub(crate) fn restore(&self, id: &str) -> Result<FilePath, Said> {
        let folder = self.deleted_folder(id)?;
        let record: Deleted =
            fs::read(folder.join(RECORD)).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)).map_err(|_| gone())?;
        let path = self.place(&folder.join(THING), &FilePath::parse(&record.path)?)?;
        if let Err(error) = fs::remove_dir_all(&folder) {
            tracing::warn!("{}: {error}", folder.display());
        }
        Ok(path)
    }

    /// Removes what was deleted, for good.
    pub(crate) fn empty_trash(&self) -> io::Result<()> {
        self.deleted().iter().try_for_each(|one| fs::remove_dir_all(self.trash().join(&one.id)))
    }

    /// Removes what is older than it is kept: deleted things and forgotten uploads.
    pub(crate) fn clean(&self, now: Timestamp) -> io::Result<()> {
        for one in self.deleted() {
            if now.duration_since(one.when) >= KEPT {
                fs::remove_dir_all(self.trash().join(&one.id))?;
            }
        }
        for entry in fs::read_dir(self.uploads())? {
            let entry = entry?;
            let changed = Timestamp::try_from(entry.metadata()?.modified()?).unwrap_or(now);
            if now.duration_since(changed) >= UPLOAD_KEPT {
                // Its record may be older than what came last.
                let part = entry.path().with_extension("part");
                let alive = fs::metadata(&part).and_then(|meta| meta.modified()).ok();
                let alive = alive.and_then(|time| Timestamp::try_from(time).ok());
                if alive.is_none_or(|time| now.duration_since(time) >= UPLOAD_KEPT) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    fn deleted_folder(&self, id: &str) -> Result<PathBuf, Said> {
        let known = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let folder = self.trash().join(id);
        if known && folder.is_dir() { Ok(folder) } else { Err(gone()) }
    }
}

fn gone() -> Said {
    Said::not_found(
        "回收站里没有它了：可能已恢复或清空",
        "It is no longer in the trash: taken back or emptied meanwhile",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FilePath {
        FilePath::parse(text).unwrap()
    }

    #[test]
    fn what_was_deleted_comes_back_to_where_it_was() {
        let top = tempfile::tempdir().unwrap();
        let area = Area::open(top.path(), 0).unwrap();
        let now = crate::clock::now();
        area.make_folder(&path("数学")).unwrap();
        let film = path("数学/a.mp4");
        fs::write(area.on_disk(&film), "one").unwrap();
        let seen = area.entry(&film).unwrap().stamp;
        let id = area.delete(&film, &seen, "li", now).unwrap();
        assert!(area.entry(&film).is_err());
        assert_eq!(area.deleted()[0].path, "数学/a.mp4");
        // Another of that name, and its folder gone and made anew, lose nothing.
        fs::write(area.on_disk(&film), "two").unwrap();
        assert_eq!(area.restore(&id).unwrap().to_string(), "数学/a (2).mp4");
        assert!(area.deleted().is_empty());
        assert!(area.restore(&id).is_err());
    }

    #[test]
    fn the_trash_is_emptied_after_a_week() {
        let top = tempfile::tempdir().unwrap();
        let area = Area::open(top.path(), 0).unwrap();
        let now = crate::clock::now();
        fs::write(area.on_disk(&path("a.mp4")), "one").unwrap();
        let seen = area.entry(&path("a.mp4")).unwrap().stamp;
        area.delete(&path("a.mp4"), &seen, "li", now).unwrap();
        area.clean(now + SignedDuration::from_hours(24 * 7 - 1)).unwrap();
        assert_eq!(area.deleted().len(), 1);
        area.clean(now + SignedDuration::from_hours(24 * 7)).unwrap();
        assert!(area.deleted().is_empty());
    }

    #[test]
    fn no_name_in_the_trash_leads_out() {
        let top = tempfile::tempdir().unwrap();
        let area = Area::open(top.path(), 0).unwrap();
        for id in ["", "..", "../..", "a/b"] {
            assert!(area.restore(id).is_err(), "{id}");
        }
    }
}
