//! The timetable of the room, as somebody on the host's pages or at the command line has set it: `DATA/timetable.toml`, replaced
//! whole. What the host does by it stands in `host/timetable.rs`.

use std::path::Path;
use std::sync::Arc;

use ketang_protocol::command::Refusal;
use ketang_protocol::timetable::{Timetable, Versioned};

use crate::folder::StoreError;
use crate::versioned::{PutAside, Whole};

const FILE: &str = "timetable.toml";
const MODE: u32 = 0o644;

/// The timetable, for who acts on it and who changes it.
#[derive(Debug)]
pub struct Timetables(Whole<Timetable>);

impl Timetables {
    /// Reads what lies in the data directory. What cannot be read is put aside, and the room has no timetable.
    pub fn open(data: &Path) -> Result<(Self, Option<PutAside>), StoreError> {
        let (whole, aside) = Whole::open(data.join(FILE), MODE, understood)?;
        Ok((Self(whole), aside))
    }

    /// The one that holds.
    pub fn now(&self) -> Arc<Timetable> {
        self.0.now()
    }

    /// What surfaces are told.
    pub fn told(&self) -> Result<Versioned, Refusal> {
        let (now, version) = self.0.told()?;
        Ok(Versioned { timetable: Timetable::clone(&now), version })
    }

    /// Replaces the timetable that was `seen`, where it is still the same and the new one is right.
    pub fn replace(&self, seen: &str, new: Timetable) -> Result<(), Refusal> {
        let changed = (
            "刚才有其他人改动了课表：请重新读取，看过再保存",
            "somebody else has just changed the timetable: read it again, look, and save yours again",
        );
        self.0.replace(seen, changed, |_| {
            new.check()?;
            Ok(new)
        })
    }
}

fn understood(text: &str) -> Result<Timetable, String> {
    let timetable: Timetable = toml::from_str(text).map_err(|error| error.to_string())?;
    timetable.check().map_err(|refusal| refusal.english)?;
    Ok(timetable)
}

#[cfg(test)]
mod tests {
    use ketang_protocol::command::RefusalCode;
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
