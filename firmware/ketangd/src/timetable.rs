//! The timetable of the room, as somebody on the host's pages or at the command line has set it: `DATA/timetable.toml`, replaced
//! whole. What the host does by it stands in `host/timetable.rs`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::timetable::{Timetable, Versioned};

use crate::folder::{self, StoreError};
use crate::versioned::{self, Saved};

const FILE: &str = "timetable.toml";
const MODE: u32 = 0o644;

/// The timetable, for who acts on it and who changes it.
#[derive(Debug)]
pub struct Timetables {
    path: PathBuf,
    now: Mutex<Arc<Timetable>>,
    /// Held by who replaces it, from the look at what is there until the new one is.
    turn: Mutex<()>,
}

/// A timetable that could not be read at the start, and was put aside.
#[derive(Debug)]
pub struct PutAside {
    pub file: PathBuf,
    pub why: String,
}

impl Timetables {
    /// Reads what lies in the data directory. What cannot be read is put aside, and the room has no timetable.
    pub fn open(data: &Path) -> Result<(Self, Option<PutAside>), StoreError> {
        let path = data.join(FILE);
        let unreadable = |source| StoreError::Io { path: path.clone(), what: "cannot read", source };
        let saved = versioned::read(&path).map_err(unreadable)?.unwrap_or_default();
        let (now, aside) = match understood(&saved.text) {
            Ok(timetable) => (timetable, None),
            Err(why) => (Timetable::default(), Some(PutAside { file: versioned::put_aside(&path)?, why })),
        };
        Ok((Self { path, now: Mutex::new(Arc::new(now)), turn: Mutex::default() }, aside))
    }

    /// The one that holds.
    pub fn now(&self) -> Arc<Timetable> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What surfaces are told.
    pub fn told(&self) -> Result<Versioned, Refusal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Versioned { timetable: Timetable::clone(&self.now()), version: self.saved()?.version })
    }

    /// Replaces the timetable that was `seen`, where it is still the same and the new one is right.
    pub fn replace(&self, seen: &str, new: Timetable) -> Result<(), Refusal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.saved()?.version != seen {
            let chinese = "刚才有其他人改动了课表：请重新读取，看过再保存";
            let english = "somebody else has just changed the timetable: read it again, look, and save yours again";
            return Err(Refusal::new(RefusalCode::ChangedMeanwhile, chinese, english));
        }
        new.check()?;
        let text = toml::to_string(&new).expect("a timetable has plain values only");
        folder::replace(&self.path, text.as_bytes(), MODE).map_err(|error| refused(&error))?;
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }

    fn saved(&self) -> Result<Saved, Refusal> {
        let unreadable = |source| StoreError::Io { path: self.path.clone(), what: "cannot read", source };
        Ok(versioned::read(&self.path).map_err(|source| refused(&unreadable(source)))?.unwrap_or_default())
    }
}

fn understood(text: &str) -> Result<Timetable, String> {
    let timetable: Timetable = toml::from_str(text).map_err(|error| error.to_string())?;
    timetable.check().map_err(|refusal| refusal.english)?;
    Ok(timetable)
}

fn refused(error: &StoreError) -> Refusal {
    let code = match error {
        StoreError::Full { .. } => RefusalCode::NoSpace,
        _ => RefusalCode::Failed,
    };
    Refusal::new(code, error.chinese(), error.to_string())
}

#[cfg(test)]
mod tests {
    use ketang_protocol::timetable::{Day, Entry, Starts};

    use super::*;

    fn timetable() -> Timetable {
        let entry = Entry {
            title: "数学".into(),
            teacher: Some("王老师".into()),
            days: vec![Day::Mon],
            date: None,
            begins: "08:00".parse().unwrap(),
            ends: "08:45".parse().unwrap(),
            from: Some("2026-09-01".parse().unwrap()),
            until: None,
            starts: Starts::ByItself,
        };
        Timetable { entries: vec![entry], off: vec!["2026-10-01".parse().unwrap()] }
    }

    #[test]
    fn it_is_kept_and_nobody_writes_over_what_they_have_not_seen() {
        let data = tempfile::tempdir().unwrap();
        let (timetables, aside) = Timetables::open(data.path()).unwrap();
        assert!(aside.is_none());
        let first = timetables.told().unwrap();
        assert_eq!(first.timetable, Timetable::default());
        timetables.replace(&first.version, timetable()).unwrap();
        let refusal = timetables.replace(&first.version, Timetable::default()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ChangedMeanwhile);
        let mut wrong = timetable();
        wrong.entries[0].ends = wrong.entries[0].begins;
        let version = timetables.told().unwrap().version;
        assert_eq!(timetables.replace(&version, wrong).unwrap_err().code, RefusalCode::Invalid);
        let (again, _) = Timetables::open(data.path()).unwrap();
        assert_eq!(*again.now(), timetable());
        assert_eq!(again.told().unwrap().version, version);
    }

    #[test]
    fn one_that_cannot_be_read_is_put_aside() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(FILE), "[[entries]]\ntitel = 1").unwrap();
        let (timetables, aside) = Timetables::open(data.path()).unwrap();
        let aside = aside.unwrap();
        assert_eq!(*timetables.now(), Timetable::default());
        assert_eq!(std::fs::read_to_string(aside.file).unwrap(), "[[entries]]\ntitel = 1");
        assert!(aside.why.contains("titel"), "{}", aside.why);
        assert!(Timetables::open(data.path()).unwrap().1.is_none());
    }
}
