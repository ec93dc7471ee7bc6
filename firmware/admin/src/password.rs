//! Passwords: what may be one, and Argon2id over it.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// The shortest that is taken, in characters (NIST SP 800-63B asks for 8 at least).
pub(crate) const SHORTEST: usize = 10;
/// The longest, in bytes: hashing takes what it is given.
const LONGEST: usize = 256;
/// One at a time: each takes 19 MiB and some milliseconds of a machine that records.
static TURN: Semaphore = Semaphore::const_new(1);

/// Why a password is not taken: Chinese and English.
pub(crate) fn objection(password: &str, account: &str) -> Option<(&'static str, &'static str)> {
    let distinct = password.chars().collect::<std::collections::BTreeSet<_>>().len();
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Some(("密码至少 10 个字符；可以用一句话", "A password has at least 10 characters: a sentence will do"));
    }
    if distinct < 4 || password.to_lowercase().contains(&account.to_lowercase()) {
        return Some((
            "密码太容易猜：请不要重复字符或包含用户名",
            "Too easily guessed: do not repeat signs or the account's name",
        ));
    }
    None
}

/// The hash of a password with a salt of its own, as a PHC string.
pub(crate) async fn hash(password: String) -> String {
    in_turn(move || hash_now(&password)).await
}

fn hash_now(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the parameters are those that ship, and the salt is new").to_string()
}

/// Whether a password is that of a hash. Without a hash it takes as long, and is not.
pub(crate) async fn verify(password: String, hash: Option<String>) -> bool {
    // Of a random password that nobody knows.
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&crate::secret::token()));
    if password.len() > LONGEST {
        return false;
    }
    in_turn(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        let right = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
        right && known
    })
    .await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _turn = TURN.acquire().await.expect("it is never closed");
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let hash = hash("a sentence will do".into()).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("a sentence will do".into(), Some(hash.clone())).await);
        assert!(!verify("a sentence will do.".into(), Some(hash)).await);
        assert!(!verify("a sentence will do".into(), None).await);
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["short", "aaaaaaaaaaaa", "lihua-lihua-1", &"x1y2".repeat(100)] {
            assert!(objection(weak, "LiHua").is_some(), "{weak}");
        }
        assert!(objection("晴天去操场看同学们打篮球", "lihua").is_none());
    }
}
