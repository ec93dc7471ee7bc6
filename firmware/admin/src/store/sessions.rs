//! Who is signed in. A session ends after an hour of quiet, and twelve hours after its begin whatever happens.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Account, Store, StoreError};

/// Without anything asked for so long a session ends. Pictures and news that come by themselves do not count.
pub(crate) const IDLE: i64 = 3600;
/// After so long it ends in any case: a school day.
pub(crate) const LONGEST: i64 = 12 * 3600;
/// Being seen is written down no more often than this, to spare the disk.
const SEEN_EVERY: i64 = 30;

impl Store {
    pub(crate) fn begin_session(
        &self,
        account: &str,
        digest: &[u8],
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.as_second();
        self.with(|db| {
            let change = db.transaction()?;
            // Those of accounts that nobody uses any more.
            change.execute("DELETE FROM sessions WHERE begun < ?1", [now - LONGEST])?;
            change.execute(
                "INSERT INTO sessions (digest, account, begun, seen, address) VALUES (?1, ?2, ?3, ?3, ?4)",
                params![digest, account, now, from.to_string()],
            )?;
            change.commit()
        })
    }

    /// The account of a session that goes on; with `asked` this counts as a sign of life.
    pub(crate) fn account_of_session(
        &self,
        digest: &[u8],
        now: Timestamp,
        asked: bool,
    ) -> Result<Option<Account>, StoreError> {
        let now = now.as_second();
        let found: Option<(String, i64, i64)> = self.with(|db| {
            let sql = "SELECT account, begun, seen FROM sessions WHERE digest = ?1";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            db.prepare_cached(sql)?.query_row([digest], row).optional()
        })?;
        let Some((account, begun, seen)) = found else { return Ok(None) };
        if now - begun >= LONGEST || now - seen >= IDLE {
            self.end_session(digest)?;
            return Ok(None);
        }
        if asked && now - seen >= SEEN_EVERY {
            self.with(|db| db.execute("UPDATE sessions SET seen = ?2 WHERE digest = ?1", params![digest, now]))?;
        }
        self.account(&account)
    }

    pub(crate) fn end_session(&self, digest: &[u8]) -> Result<(), StoreError> {
        self.with(|db| db.execute("DELETE FROM sessions WHERE digest = ?1", [digest])).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Role, in_memory};

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn store() -> Store {
        let store = in_memory();
        store.add_account("li", Role::It, "hash").unwrap();
        store.begin_session("li", b"one", HERE, at(0)).unwrap();
        store
    }

    #[test]
    fn a_quiet_session_ends_and_does_not_come_back() {
        let store = store();
        assert!(store.account_of_session(b"one", at(IDLE - 1), false).unwrap().is_some());
        assert!(store.account_of_session(b"one", at(IDLE), true).unwrap().is_none());
        assert!(store.account_of_session(b"one", at(1), true).unwrap().is_none());
    }

    #[test]
    fn a_busy_session_ends_after_a_school_day() {
        let store = store();
        for minute in 1..LONGEST / 60 {
            assert!(store.account_of_session(b"one", at(minute * 60), true).unwrap().is_some(), "minute {minute}");
        }
        assert!(store.account_of_session(b"one", at(LONGEST), true).unwrap().is_none());
    }

    #[test]
    fn another_password_ends_the_other_sessions() {
        let store = store();
        store.begin_session("li", b"two", HERE, at(0)).unwrap();
        store.set_password("li", 1, "new", b"two").unwrap();
        assert!(store.account_of_session(b"one", at(1), true).unwrap().is_none());
        assert!(store.account_of_session(b"two", at(1), true).unwrap().is_some());
    }
}
