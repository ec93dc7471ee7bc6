//! The folder of media files: lists, makes, renames, moves. Each step is one call of the kernel that replaces nothing.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use axum::http::StatusCode;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use super::{FilePath, FilesError};
use crate::said::Said;

/// The folder, and the room that it leaves to lessons.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    top: PathBuf,
    keep_free: u64,
}

/// A file or folder as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) path: FilePath,
    pub(crate) is_folder: bool,
    pub(crate) bytes: u64,
    /// Unix time of its last change.
    pub(crate) changed: i64,
    /// Differs when it was changed; what somebody saw when they decided.
    pub(crate) stamp: String,
}

impl Area {
    pub(crate) fn open(top: &Path, keep_free: u64) -> Result<Self, FilesError> {
        let area = Self { top: top.to_owned(), keep_free };
        for folder in [area.trash(), area.uploads(), area.works()] {
            fs::create_dir_all(&folder).map_err(|source| FilesError { path: folder.clone(), source })?;
        }
        // Copies that were under way when this program ended.
        let begun = fs::read_dir(area.works()).map_err(|source| FilesError { path: area.works(), source })?;
        for entry in begun.flatten() {
            let _ = fs::remove_dir_all(entry.path());
        }
        Ok(area)
    }

    pub(super) fn trash(&self) -> PathBuf {
        self.top.join(".trash")
    }

    pub(super) fn uploads(&self) -> PathBuf {
        self.top.join(".uploads")
    }

    pub(super) fn works(&self) -> PathBuf {
        self.top.join(".works")
    }

    pub(crate) fn on_disk(&self, path: &FilePath) -> PathBuf {
        path.below(&self.top)
    }

    /// What there is at a path.
    pub(crate) fn entry(&self, path: &FilePath) -> Result<Entry, Said> {
        let meta = fs::symlink_metadata(self.on_disk(path)).map_err(|error| worded(&error, path))?;
        entry(path.clone(), &meta).ok_or_else(|| nothing_there(path))
    }

    /// What is in a folder: folders first, then by name.
    pub(crate) fn list(&self, folder: &FilePath) -> Result<Vec<Entry>, Said> {
        let found = fs::read_dir(self.on_disk(folder)).map_err(|error| worded(&error, folder))?;
        let one = |found: fs::DirEntry| {
            // Names that nobody gave here are hidden, and so are links.
            let path = folder.join(found.file_name().to_str()?).ok()?;
            entry(path, &found.metadata().ok()?)
        };
        let mut entries: Vec<Entry> = found.flatten().filter_map(one).collect();
        entries.sort_by(|a, b| b.is_folder.cmp(&a.is_folder).then_with(|| a.path.name().cmp(&b.path.name())));
        Ok(entries)
    }

    /// All folders, to choose one from; no more than fit a list.
    pub(crate) fn folders(&self) -> Vec<FilePath> {
        const MOST: usize = 500;
        let (mut all, mut next) = (vec![FilePath::default()], 0);
        while next < all.len() && all.len() < MOST {
            let inside = self.list(&all[next]).unwrap_or_default();
            all.extend(inside.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.path));
            next += 1;
        }
        all.sort_by_key(ToString::to_string);
        all
    }

    /// Bytes of everything in here, deleted things too.
    pub(crate) fn bytes(&self) -> u64 {
        tree_bytes(&self.top)
    }

    /// Bytes that may still be written here without taking room from lessons.
    pub(crate) fn room(&self) -> u64 {
        let stat = nix::sys::statvfs::statvfs(&self.top);
        let free = stat.map_or(0, |stat| stat.blocks_available() * stat.fragment_size());
        free.saturating_sub(self.keep_free)
    }

    /// Refuses what does not fit.
    pub(crate) fn has_room(&self, bytes: u64) -> Result<(), Said> {
        if bytes <= self.room() { Ok(()) } else { Err(self.full()) }
    }

    /// What is said when there is no room.
    pub(crate) fn full(&self) -> Said {
        let (keep, room) = (crate::lang::bytes(self.keep_free), crate::lang::bytes(self.room()));
        Said::no(
            StatusCode::INSUFFICIENT_STORAGE,
            "no-space",
            format!("磁盘空间不足：为录课保留 {keep}，这里只能再放 {room}。请删除不用的文件并清空回收站"),
            format!("No room: {keep} are kept for lessons, and {room} are left here. Delete files and empty the trash"),
        )
    }

    pub(crate) fn make_folder(&self, path: &FilePath) -> Result<(), Said> {
        fs::create_dir(self.on_disk(path)).map_err(|error| worded(&error, path))
    }

    /// Refuses when somebody changed the thing since it was seen.
    pub(crate) fn still(&self, path: &FilePath, seen: &str) -> Result<Entry, Said> {
        if path.is_top() {
            return Err(Said::invalid("不能改动最上层文件夹", "The top folder stays as it is"));
        }
        let entry = self
            .entry(path)
            .map_err(|said| if said.status() == StatusCode::NOT_FOUND { Said::meanwhile() } else { said })?;
        if entry.stamp == seen { Ok(entry) } else { Err(Said::meanwhile()) }
    }

    /// Renames or moves; nothing is replaced.
    pub(crate) fn rename(&self, from: &FilePath, seen: &str, to: &FilePath) -> Result<(), Said> {
        let entry = self.still(from, seen)?;
        if to.is_within(from) && entry.is_folder && to != from {
            return Err(Said::invalid("文件夹不能移到它自己里面", "A folder cannot move into itself"));
        }
        if !entry.is_folder
            && let Some(name) = to.name()
        {
            super::Kind::wanted(name)?;
        }
        rename_new(&self.on_disk(from), &self.on_disk(to)).map_err(|error| worded(&error, to))
    }

    /// Brings something that is whole to its place, under a name that is free there; gives where it is now.
    pub(super) fn place(&self, from: &Path, wanted: &FilePath) -> Result<FilePath, Said> {
        const MOST: u32 = 1000;
        let folder = wanted.parent();
        fs::create_dir_all(self.on_disk(&folder)).map_err(|error| worded(&error, &folder))?;
        let name = wanted.name().unwrap_or("_");
        for number in 1..MOST {
            let path = folder.join(&numbered(name, number, from.is_dir()))?;
            match rename_new(from, &self.on_disk(&path)) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(worded(&error, &path)),
            }
        }
        Err(taken(wanted))
    }
}

/// `name (2).mp4` for the second of a name.
fn numbered(name: &str, number: u32, is_folder: bool) -> String {
    match name.rsplit_once('.') {
        _ if number == 1 => name.to_owned(),
        Some((stem, end)) if !is_folder => format!("{stem} ({number}).{end}"),
        _ => format!("{name} ({number})"),
    }
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    Ok(renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE)?)
}

/// Ordinary files and folders only.
fn entry(path: FilePath, meta: &fs::Metadata) -> Option<Entry> {
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let stamp = format!("{}-{}-{}", u8::from(meta.is_dir()), meta.len(), changed.as_nanos());
    let ordinary = meta.is_dir() || meta.is_file();
    let changed = i64::try_from(changed.as_secs()).unwrap_or(i64::MAX);
    ordinary.then(|| Entry { path, is_folder: meta.is_dir(), bytes: meta.len(), changed, stamp })
}

/// Bytes of all files below a folder.
pub(super) fn tree_bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let one = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => tree_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(one).sum()
}

fn nothing_there(path: &FilePath) -> Said {
    Said::not_found(
        format!("“{path}”不存在：可能刚被移走或删除"),
        format!("There is no `{path}`: it may have been moved or deleted"),
    )
}

fn taken(path: &FilePath) -> Said {
    let name = path.name().unwrap_or("/");
    Said::no(
        StatusCode::CONFLICT,
        "taken",
        format!("这里已经有“{name}”：请换一个名称，原来的文件没有改动"),
        format!("There is a `{name}` already: choose another name. Nothing was replaced"),
    )
}

/// What the file system said, for people.
pub(super) fn worded(error: &io::Error, path: &FilePath) -> Said {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => nothing_there(path),
        ErrorKind::AlreadyExists => taken(path),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => disk_full(),
        _ => Said::failed(&format!("{path}: {error}")),
    }
}

/// The kernel itself has no room left.
pub(super) fn disk_full() -> Said {
    Said::no(
        StatusCode::INSUFFICIENT_STORAGE,
        "no-space",
        "磁盘已满：已传的部分保留着。请腾出空间后继续",
        "The disk is full: what came so far is kept. Make room and go on",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area() -> (tempfile::TempDir, Area) {
        let top = tempfile::tempdir().unwrap();
        let area = Area::open(&top.path().join("files"), 0).unwrap();
        (top, area)
    }

    fn path(text: &str) -> FilePath {
        FilePath::parse(text).unwrap()
    }

    fn write(area: &Area, at: &str, text: &str) -> String {
        fs::write(area.on_disk(&path(at)), text).unwrap();
        area.entry(&path(at)).unwrap().stamp
    }

    #[test]
    fn nothing_is_ever_replaced() {
        let (_top, area) = area();
        let seen = write(&area, "a.mp4", "one");
        write(&area, "b.mp4", "two");
        let refused = area.rename(&path("a.mp4"), &seen, &path("b.mp4")).unwrap_err();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert_eq!(fs::read_to_string(area.on_disk(&path("b.mp4"))).unwrap(), "two");
        let placed = area.place(&area.on_disk(&path("a.mp4")), &path("b.mp4")).unwrap();
        assert_eq!(placed.to_string(), "b (2).mp4");
    }

    #[test]
    fn what_somebody_else_changed_is_not_renamed() {
        let (_top, area) = area();
        let seen = write(&area, "a.mp4", "one");
        area.rename(&path("a.mp4"), &seen, &path("c.mp4")).unwrap();
        assert_eq!(area.rename(&path("a.mp4"), &seen, &path("d.mp4")).unwrap_err().status(), StatusCode::CONFLICT);
        write(&area, "c.mp4", "longer now");
        assert_eq!(area.rename(&path("c.mp4"), &seen, &path("d.mp4")).unwrap_err().status(), StatusCode::CONFLICT);
    }

    #[test]
    fn a_folder_does_not_go_into_itself_and_a_film_stays_one() {
        let (_top, area) = area();
        area.make_folder(&path("a")).unwrap();
        let seen = area.entry(&path("a")).unwrap().stamp;
        assert!(area.rename(&path("a"), &seen, &path("a/b")).is_err());
        let seen = write(&area, "x.mp4", "one");
        assert!(area.rename(&path("x.mp4"), &seen, &path("x.html")).is_err());
        assert!(area.rename(&path(""), &seen, &path("y")).is_err());
    }

    #[test]
    fn links_and_hidden_things_are_not_there() {
        let (_top, area) = area();
        std::os::unix::fs::symlink("/etc/passwd", area.on_disk(&path("link.txt"))).unwrap();
        write(&area, "a.mp4", "one");
        let names: Vec<_> = area.list(&path("")).unwrap().iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(names, ["a.mp4"]);
        assert!(area.entry(&path("link.txt")).is_err());
    }
}
