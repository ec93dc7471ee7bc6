//! Accounts with their roles, and the tokens of programs that act for them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, StoreError};

/// What an account may do; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Sees and plays.
    Viewer,
    /// Starts, cuts and stops lessons.
    Directing,
    /// Everything: files, accounts, logs.
    It,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Viewer, Self::Directing, Self::It];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Directing => "directing",
            Self::It => "it",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The hash, as a PHC string.
    pub(crate) password: String,
    /// Grows with each change, so that two who edit the same notice each other.
    pub(crate) version: i64,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Done,
    /// Somebody else changed or removed it meanwhile, or made one of that name.
    Meanwhile,
    /// Nobody would be left who may make accounts.
    LastIt,
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) id: i64,
    pub(crate) label: String,
    /// Unix time.
    pub(crate) made: i64,
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let role: String = row.get("role")?;
    Ok(Account {
        name: row.get("name")?,
        // A role of another version may do the least.
        role: Role::from_str(&role).unwrap_or(Role::Viewer),
        password: row.get("password")?,
        version: row.get("version")?,
    })
}

fn other_it(db: &Connection, name: &str) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'it' AND name != ?1)", [name], |row| row.get(0))
}

impl Store {
    pub(crate) fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.with(|db| db.prepare_cached("SELECT * FROM accounts ORDER BY name")?.query_map([], account)?.collect())
    }

    pub(crate) fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        self.with(|db| {
            db.prepare_cached("SELECT * FROM accounts WHERE name = ?1")?.query_row([name], account).optional()
        })
    }

    /// Whether somebody may sign in who may make other accounts.
    pub(crate) fn is_paired(&self) -> Result<bool, StoreError> {
        self.with(|db| other_it(db, ""))
    }

    pub(crate) fn add_account(&self, name: &str, role: Role, password: &str) -> Result<Changed, StoreError> {
        let added = self.with(|db| {
            db.execute(
                "INSERT OR IGNORE INTO accounts (name, role, password) VALUES (?1, ?2, ?3)",
                params![name, role.as_str(), password],
            )
        })?;
        Ok(if added == 1 { Changed::Done } else { Changed::Meanwhile })
    }

    /// Changes the role of an account that is still as it was seen.
    pub(crate) fn set_role(&self, name: &str, seen: i64, role: Role) -> Result<Changed, StoreError> {
        self.with(|db| {
            let change = db.transaction()?;
            if role != Role::It && !other_it(&change, name)? {
                return Ok(Changed::LastIt);
            }
            let sql = "UPDATE accounts SET role = ?3, version = version + 1 WHERE name = ?1 AND version = ?2";
            let changed = change.execute(sql, params![name, seen, role.as_str()])?;
            change.commit()?;
            Ok(if changed == 1 { Changed::Done } else { Changed::Meanwhile })
        })
    }

    /// Sets a password, and ends every session of the account but the one with the digest `keep`.
    pub(crate) fn set_password(
        &self,
        name: &str,
        seen: i64,
        password: &str,
        keep: &[u8],
    ) -> Result<Changed, StoreError> {
        self.with(|db| {
            let change = db.transaction()?;
            let sql = "UPDATE accounts SET password = ?3, version = version + 1 WHERE name = ?1 AND version = ?2";
            let changed = change.execute(sql, params![name, seen, password])?;
            if changed == 1 {
                change.execute("DELETE FROM sessions WHERE account = ?1 AND digest != ?2", params![name, keep])?;
                change.execute("DELETE FROM tokens WHERE account = ?1", [name])?;
            }
            change.commit()?;
            Ok(if changed == 1 { Changed::Done } else { Changed::Meanwhile })
        })
    }

    /// Removes an account that is still as it was seen, with its sessions and tokens.
    pub(crate) fn remove_account(&self, name: &str, seen: i64) -> Result<Changed, StoreError> {
        self.with(|db| {
            let change = db.transaction()?;
            if !other_it(&change, name)? {
                return Ok(Changed::LastIt);
            }
            let removed =
                change.execute("DELETE FROM accounts WHERE name = ?1 AND version = ?2", params![name, seen])?;
            change.commit()?;
            Ok(if removed == 1 { Changed::Done } else { Changed::Meanwhile })
        })
    }

    pub(crate) fn add_token(&self, account: &str, digest: &[u8], label: &str, now: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO tokens (digest, account, label, made) VALUES (?1, ?2, ?3, ?4)";
        self.with(|db| db.execute(sql, params![digest, account, label, now])).map(drop)
    }

    pub(crate) fn tokens(&self, account: &str) -> Result<Vec<Token>, StoreError> {
        let token = |row: &Row<'_>| Ok(Token { id: row.get(0)?, label: row.get(1)?, made: row.get(2)? });
        let sql = "SELECT id, label, made FROM tokens WHERE account = ?1 ORDER BY id";
        self.with(|db| db.prepare_cached(sql)?.query_map([account], token)?.collect())
    }

    pub(crate) fn remove_token(&self, account: &str, id: i64) -> Result<(), StoreError> {
        self.with(|db| db.execute("DELETE FROM tokens WHERE account = ?1 AND id = ?2", params![account, id])).map(drop)
    }

    /// The account that a token acts for.
    pub(crate) fn account_of_token(&self, digest: &[u8]) -> Result<Option<Account>, StoreError> {
        let sql =
            "SELECT accounts.* FROM accounts JOIN tokens ON tokens.account = accounts.name WHERE tokens.digest = ?1";
        self.with(|db| db.prepare_cached(sql)?.query_row([digest], account).optional())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn the_last_who_may_make_accounts_stays() {
        let store = in_memory();
        assert!(!store.is_paired().unwrap());
        assert_eq!(store.add_account("li", Role::It, "hash").unwrap(), Changed::Done);
        assert_eq!(store.add_account("LI", Role::Viewer, "hash").unwrap(), Changed::Meanwhile, "the same name");
        assert!(store.is_paired().unwrap());
        assert_eq!(store.set_role("li", 1, Role::Viewer).unwrap(), Changed::LastIt);
        assert_eq!(store.remove_account("li", 1).unwrap(), Changed::LastIt);
        store.add_account("wang", Role::It, "hash").unwrap();
        assert_eq!(store.set_role("li", 1, Role::Viewer).unwrap(), Changed::Done);
        assert_eq!(store.account("Li").unwrap().unwrap().role, Role::Viewer);
    }

    #[test]
    fn of_two_who_edit_the_same_the_second_is_told() {
        let store = in_memory();
        store.add_account("li", Role::It, "hash").unwrap();
        store.add_account("wang", Role::Viewer, "hash").unwrap();
        let seen = store.account("wang").unwrap().unwrap().version;
        assert_eq!(store.set_role("wang", seen, Role::Directing).unwrap(), Changed::Done);
        assert_eq!(store.set_role("wang", seen, Role::It).unwrap(), Changed::Meanwhile);
        assert_eq!(store.set_password("wang", seen, "new", b"").unwrap(), Changed::Meanwhile);
        assert_eq!(store.remove_account("wang", seen).unwrap(), Changed::Meanwhile);
        assert_eq!(store.account("wang").unwrap().unwrap().role, Role::Directing);
    }

    #[test]
    fn a_token_goes_with_its_account_or_its_password() {
        let store = in_memory();
        store.add_account("li", Role::It, "hash").unwrap();
        store.add_account("wang", Role::Viewer, "hash").unwrap();
        store.add_token("wang", b"digest", "laptop", 0).unwrap();
        assert_eq!(store.account_of_token(b"digest").unwrap().unwrap().name, "wang");
        assert_eq!(store.account_of_token(b"other").unwrap(), None);
        let id = store.tokens("wang").unwrap()[0].id;
        store.remove_token("li", id).unwrap();
        assert_eq!(store.tokens("wang").unwrap().len(), 1, "it is not li's");
        store.remove_account("wang", 1).unwrap();
        assert_eq!(store.account_of_token(b"digest").unwrap(), None);
    }
}
