//! The first access: a code that only somebody in front of the host can read makes the first account.
//!
//! While nobody may make accounts, the code stands in `pairing.json` of the runtime directory, which whoever may use the
//! host's socket may read: the panel shows it, `ketangctl admin-code` prints it. It is good for ten minutes.
//! Wrong ones do not end it, or a loop on the network would keep IT out: each address must wait after a few (`limits.rs`), and
//! of 2⁴⁰ codes nobody finds the right one in ten minutes.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::secret;

/// How long a code is good.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// The names of the files in the runtime directory: the code's, and that of where the pages are.
const FILE: &str = "pairing.json";
const PAGES: &str = "pages.json";

#[derive(Clone, Debug)]
struct Code {
    code: String,
    until: Timestamp,
}

/// The code, while there is one.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    code: Option<Code>,
}

/// What a tried code was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Right,
    Wrong,
    /// There is none, or it has ended: another is shown by now.
    Over,
}

impl Pairing {
    /// The code that is good now, with its end; a new one where the last has ended.
    pub(crate) fn code(&mut self, now: Timestamp) -> (&str, Timestamp) {
        if self.code.as_ref().is_none_or(|code| now >= code.until) {
            self.code = None;
        }
        let code = self.code.get_or_insert_with(|| Code { code: secret::code(), until: now + LIFE });
        (&code.code, code.until)
    }

    /// Tries a code, written as people write it.
    pub(crate) fn try_code(&self, typed: &str, now: Timestamp) -> Tried {
        let Some(code) = self.code.as_ref().filter(|code| now < code.until) else { return Tried::Over };
        let typed: String = typed.chars().filter(|sign| sign.is_ascii_alphanumeric()).collect();
        if secret::same(&typed.to_uppercase(), &code.code) { Tried::Right } else { Tried::Wrong }
    }

    /// The first account is made.
    pub(crate) fn end(&mut self) {
        self.code = None;
    }
}

pub(crate) fn file(runtime: &Path) -> PathBuf {
    runtime.join(FILE)
}

pub(crate) fn pages_file(runtime: &Path) -> PathBuf {
    runtime.join(PAGES)
}

/// Writes a file for those who may use the host's socket, and for nobody else.
pub(crate) fn tell(file: &Path, socket: &Path, told: &impl Serialize) -> io::Result<()> {
    let new = file.with_extension("new");
    let text = serde_json::to_vec(told)?;
    fs::write(&new, b"")?;
    // Nobody but us until it has the right group.
    fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    fs::write(&new, text)?;
    if let Ok(socket) = fs::metadata(socket) {
        std::os::unix::fs::chown(&new, None, Some(socket.gid()))?;
        fs::set_permissions(&new, Permissions::from_mode(0o640))?;
    }
    fs::rename(&new, file)
}

/// Takes the file away, where there is one.
pub(crate) fn untell(runtime: &Path) -> io::Result<()> {
    match fs::remove_file(file(runtime)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ketang_protocol::pairing::PairingCode;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_code_is_good_for_ten_minutes() {
        let mut pairing = Pairing::default();
        let (code, until) = pairing.code(at(0));
        let code = code.to_owned();
        assert_eq!(until, at(600));
        assert_eq!(pairing.code(at(599)).0, code);
        let typed = format!(" {}-{} ", code[..4].to_lowercase(), &code[4..]);
        assert_eq!(pairing.try_code(&typed, at(599)), Tried::Right);
        assert_eq!(pairing.try_code(&code, at(600)), Tried::Over);
        assert_ne!(pairing.code(at(600)).0, code);
    }

    #[test]
    fn wrong_codes_do_not_end_it() {
        let mut pairing = Pairing::default();
        let code = pairing.code(at(0)).0.to_owned();
        for _ in 0..1000 {
            assert_eq!(pairing.try_code("AAAAAAAA", at(1)), Tried::Wrong);
        }
        assert_eq!(pairing.try_code(&code, at(1)), Tried::Right);
    }

    #[test]
    fn the_file_is_for_the_group_of_the_socket_alone() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let told = PairingCode {
            code: "ABCD2345".into(),
            until: at(0),
            address: "https://192.168.1.20/".into(),
            others: vec!["https://host/".into()],
            certificate: "AB".into(),
        };
        let path = file(folder.path());
        tell(&path, &socket, &told).unwrap();
        let mode = || fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode(), 0o600, "without a host it is for nobody else");
        fs::write(&socket, "").unwrap();
        tell(&path, &socket, &told).unwrap();
        assert_eq!(mode(), 0o640);
        let said: PairingCode = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(said, told);
        untell(folder.path()).unwrap();
        untell(folder.path()).unwrap();
        assert!(!path.exists());
    }
}
