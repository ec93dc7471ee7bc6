//! The live targets as IT has listed them on the host's pages: `DATA/live-targets.toml`, replaced whole. Stream keys stand in it, so
//! it is for its owner alone, and what goes out of here to surfaces is without them. What the host does by it stands in
//! `host/pushing.rs`.

use std::path::Path;
use std::sync::Arc;

use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::settings::KEPT;
use ketang_protocol::targets::{Key, Target, Targets, Versioned};

use crate::folder::StoreError;
use crate::versioned::{PutAside, Whole};

const FILE: &str = "live-targets.toml";
const MODE: u32 = 0o600;

/// The targets, for who pushes to them and who changes them.
#[derive(Debug)]
pub struct LiveTargets(Whole<Targets>);

impl LiveTargets {
    /// Reads what lies in the data directory. What cannot be read is put aside, and there are no targets.
    pub fn open(data: &Path) -> Result<(Self, Option<PutAside>), StoreError> {
        let (whole, aside) = Whole::open(data.join(FILE), MODE, understood)?;
        Ok((Self(whole), aside))
    }

    /// Those that hold, with their keys.
    pub fn now(&self) -> Arc<Targets> {
        self.0.now()
    }

    /// What surfaces are told.
    pub fn told(&self) -> Result<Versioned, Refusal> {
        let (now, version) = self.0.told()?;
        let without_key = |target: &Target| Target { key: Key(KEPT.into()), ..target.clone() };
        Ok(Versioned { targets: now.targets.iter().map(without_key).collect(), version })
    }

    /// Replaces the targets that were `seen`, where they are still the same and the new ones are right.
    pub fn replace(&self, seen: &str, mut new: Targets) -> Result<(), Refusal> {
        let changed = (
            "刚才有其他人改动了直播目标：请重新读取，看过再保存",
            "somebody else has just changed the live targets: read them again, look, and save yours again",
        );
        self.0.replace(seen, changed, |before| {
            new.check()?;
            fill_in_keys(&mut new, before)?;
            Ok(new)
        })
    }
}

/// Puts the keys that the host knows where [`KEPT`] stands. A key belongs to its address: it is sent to nobody else.
fn fill_in_keys(new: &mut Targets, before: &Targets) -> Result<(), Refusal> {
    for target in new.targets.iter_mut().filter(|target| target.key.0 == KEPT) {
        let of_address = || before.targets.iter().filter(|known| known.address == target.address);
        // Another name may be given to a target; two of one address are told apart by their names.
        let known = of_address().find(|known| known.name == target.name).or_else(|| match of_address().count() {
            1 => of_address().next(),
            _ => None,
        });
        let Some(known) = known else {
            let chinese = format!("主机没有“{}”这个地址的串流密钥：请重新填写", target.name);
            let english = format!("the host knows no stream key of `{}` for this address: type it again", target.name);
            return Err(Refusal::new(RefusalCode::Invalid, chinese, english));
        };
        target.key = known.key.clone();
    }
    Ok(())
}

fn understood(text: &str) -> Result<Targets, String> {
    // Without the lines around the mistake: a key may stand there.
    let targets: Targets = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    targets.check().map_err(|refusal| refusal.english)?;
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ketang_protocol::targets::Starts;

    use super::*;

    fn target(name: &str, address: &str, key: &str) -> Target {
        Target { name: name.into(), address: address.into(), key: Key(key.into()), starts: Starts::WithLessons }
    }

    const SERVER: &str = "rtmp://a.example/live";

    #[test]
    fn they_are_kept_for_their_owner_alone_and_told_without_their_keys() {
        let data = tempfile::tempdir().unwrap();
        let (all, aside) = LiveTargets::open(data.path()).unwrap();
        assert!(aside.is_none());
        let first = all.told().unwrap();
        all.replace(&first.version, Targets { targets: vec![target("校园网", SERVER, "s3cret")] }).unwrap();
        let refusal = all.replace(&first.version, Targets::default()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::ChangedMeanwhile);
        let told = all.told().unwrap();
        assert!(!serde_json::to_string(&told).unwrap().contains("s3cret"));
        let mode = std::fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        // What was read and is sent back keeps its key, under another name too.
        let renamed = Target { name: "学校".into(), ..told.targets[0].clone() };
        all.replace(&told.version, Targets { targets: vec![renamed] }).unwrap();
        let (again, _) = LiveTargets::open(data.path()).unwrap();
        assert_eq!(again.now().targets, [target("学校", SERVER, "s3cret")]);
        let version = again.told().unwrap().version;
        let elsewhere = target("学校", "rtmp://b.example/live", KEPT);
        let refusal = again.replace(&version, Targets { targets: vec![elsewhere] }).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Invalid);
        assert!(refusal.english.contains("type it again"), "{refusal:?}");
    }

    #[test]
    fn those_that_cannot_be_read_are_put_aside_and_no_key_is_told() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(FILE), "[[targets]]\nkey = \"s3cret\"\nname = 1").unwrap();
        let (all, aside) = LiveTargets::open(data.path()).unwrap();
        let aside = aside.unwrap();
        assert_eq!(*all.now(), Targets::default());
        assert!(aside.file.exists() && !aside.why.contains("s3cret"), "{}", aside.why);
        assert!(LiveTargets::open(data.path()).unwrap().1.is_none());
    }
}
