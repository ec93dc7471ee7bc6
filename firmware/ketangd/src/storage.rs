//! Room on the data partition: how much there is, deleting what may be deleted, the trash, and a reserve to close files with.
//!
//! What may go, and when, is decided by `ketang_lesson::retention`; this file carries it out.

mod exports;

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use jiff::Timestamp;
use ketang_lesson::retention::{self, Policy, Space};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot;
use nix::sys::statvfs::statvfs;

use crate::folder::{At, DataDir, StoreError};
use crate::ledger::{Ledger, Place};

/// The data partition under its policy.
#[derive(Debug)]
pub struct Storage {
    data: DataDir,
    policy: Policy,
}

impl Storage {
    /// Takes charge of the partition. On a full disk the reserve is given up at once, because even the ledger needs some
    /// room to be opened; so this comes before it, and [`Storage::settle`] after.
    pub fn open(data: &DataDir, policy: Policy) -> Result<Self, StoreError> {
        let storage = Self { data: data.clone(), policy };
        if storage.space()?.free < storage.policy.reserve {
            storage.release_reserve()?;
        }
        Ok(storage)
    }

    /// Completes deletions that were cut off, and lays in the reserve.
    pub fn settle(&self, ledger: &mut Ledger) -> Result<(), StoreError> {
        for id in self.data.deleting()? {
            ledger.move_to(&id, Place::Deleted)?;
            self.data.finish_delete(&id)?;
        }
        self.hold_reserve()
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The partition now. The reserve that is held counts as free, because it is given up when files need closing.
    pub fn space(&self) -> Result<Space, StoreError> {
        let root = self.data.root();
        let stat = statvfs(root).map_err(std::io::Error::from).at(root, "cannot ask for its free space")?;
        let block = stat.fragment_size();
        let reserve = fs::metadata(self.reserve_file()).map_or(0, |meta| meta.len());
        Ok(Space { free: stat.blocks_available() * block + reserve, total: stat.blocks() * block })
    }

    /// The partition as the snapshot tells of it.
    pub fn snapshot(&self, ledger: &Ledger, now: Timestamp) -> Result<snapshot::Storage, StoreError> {
        let space = self.space()?;
        let lessons_left = retention::lessons_left(&ledger.stored()?, space, &self.policy, now);
        Ok(snapshot::Storage { free_bytes: space.free, total_bytes: space.total, lessons_left })
    }

    /// Deletes what policy allows until `needed` bytes are free beside the reserve. Returns what was deleted; where
    /// that is not enough, nothing else is touched.
    pub fn make_room(&self, ledger: &mut Ledger, needed: u64, now: Timestamp) -> Result<Vec<LessonId>, StoreError> {
        let delete = retention::make_room(&ledger.stored()?, self.space()?, needed, &self.policy, now);
        for id in &delete {
            self.delete(ledger, id, now)?;
        }
        self.hold_reserve()?;
        Ok(delete)
    }

    /// Deletes one lesson for good, where policy or a person allows. What a crash cuts off is completed at the next start.
    pub fn delete(&self, ledger: &mut Ledger, id: &LessonId, now: Timestamp) -> Result<(), StoreError> {
        let unknown = || StoreError::Unknown { id: id.clone() };
        let row = ledger.row(id)?.ok_or_else(unknown)?;
        let (folder, confirmed_upstream) = match row.place {
            // The folder is the truth: what it does not say is confirmed is not deleted, whatever the row says.
            Place::Here => {
                let folder = self.data.folder(id)?;
                let confirmed = folder.read()?.confirmed_upstream;
                (folder, confirmed)
            }
            Place::Trash(_) => match self.data.trashed(id)? {
                Some(trashed) => (trashed.folder, row.lesson.confirmed_upstream),
                // Somebody was faster, by hand.
                None => return ledger.move_to(id, Place::Deleted),
            },
            Place::Missing | Place::Deleted => return Err(unknown()),
        };
        let stored = retention::Stored { confirmed_upstream, ..row.into() };
        if retention::deletable(&[stored], &self.policy, now).is_empty() {
            let why = "it is not confirmed upstream, not ended, of another host, or younger than `keep-days`";
            return Err(StoreError::NotAllowed { id: id.clone(), what: "deleted", why });
        }
        self.data.begin_delete(&folder)?;
        ledger.move_to(id, Place::Deleted)?;
        self.data.finish_delete(id)
    }

    /// Puts a lesson that has ended into the trash, because a person wants it: out of sight, and the first to go when room is
    /// needed. What the platform does not hold goes there only where the person insists.
    pub fn put_into_trash(
        &self,
        ledger: &mut Ledger,
        id: &LessonId,
        unconfirmed: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let folder = self.data.lesson(id)?;
        let lesson = folder.read()?;
        ledger.may_change(&lesson)?;
        if !(lesson.confirmed_upstream || unconfirmed) {
            let minutes = (lesson.recorded_seconds() / 60.0).ceil() as u64;
            return Err(StoreError::OnlyCopy { id: id.clone(), minutes, megabytes: folder.bytes() / 1_000_000 });
        }
        // After this the next start finds it in the trash, whatever becomes of the row.
        let trashed = self.data.put_into_trash(id, now)?;
        let noted = ledger.move_to(id, Place::Trash(trashed.deleted));
        undone(id, noted, || self.data.take_from_trash(&trashed).map(drop))
    }

    /// Takes a lesson back from the trash to where it was.
    pub fn restore(&self, ledger: &mut Ledger, id: &LessonId) -> Result<(), StoreError> {
        let trashed = self.data.trashed(id)?.ok_or_else(|| StoreError::NotInTrash { id: id.clone() })?;
        let lesson = trashed.folder.read()?;
        ledger.may_change(&lesson)?;
        let folder = self.data.take_from_trash(&trashed)?;
        let noted = ledger.save(&lesson, folder.bytes());
        undone(id, noted, || self.data.put_into_trash(id, trashed.deleted).map(drop))
    }

    /// Gives the reserve up, so that files can be closed whole on a full disk.
    pub fn release_reserve(&self) -> Result<(), StoreError> {
        let path = self.reserve_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(&path, "cannot remove"),
            _ => Ok(()),
        }
    }

    /// Lays the reserve in where there is room for it twice over. It is half of what policy keeps free: the other half
    /// is there for those who write before they notice.
    pub fn hold_reserve(&self) -> Result<(), StoreError> {
        let path = self.reserve_file();
        let wanted = self.policy.reserve / 2;
        let held = fs::metadata(&path).map_or(0, |meta| meta.len());
        let free = self.space()?.free;
        if wanted == 0 || held == wanted || free < self.policy.reserve {
            return Ok(());
        }
        self.release_reserve()?;
        let lay_in = || -> std::io::Result<()> {
            let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
            let length = i64::try_from(wanted).unwrap_or(i64::MAX);
            Ok(nix::fcntl::posix_fallocate(&file, 0, length)?)
        };
        if let Err(error) = lay_in() {
            self.release_reserve()?;
            return Err(error).at(&path, "cannot lay in the reserve");
        }
        Ok(())
    }

    fn reserve_file(&self) -> PathBuf {
        self.data.root().join(".reserve")
    }
}

/// Takes back what was done to a lesson's folder where the ledger could not note it, such as on a full disk: until the next
/// start the two must say the same.
fn undone(
    id: &LessonId,
    noted: Result<(), StoreError>,
    undo: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if noted.is_err()
        && let Err(error) = undo()
    {
        tracing::error!(lesson = %id, %error, "the folder is not where the ledger has it: restart the host");
    }
    noted
}
