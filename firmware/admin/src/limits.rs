//! How often a wrong password or code may be tried: by account and by address. Pure; the time is a parameter.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

/// So many may be wrong before one has to wait.
const FREE_BY_ACCOUNT: u32 = 5;
/// More share an address than an account.
const FREE_BY_ADDRESS: u32 = 20;
/// The first wait; each further doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// Without a wrong try for so long, all is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);
/// So many names and addresses are remembered; a flood of others forgets the oldest.
const REMEMBERED: usize = 4096;

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
enum Whose {
    Account(String),
    Address(IpAddr),
    /// An address that tries codes for the first access: each for itself, also within a network of IPv6, so that nobody keeps
    /// IT out. That codes are long enough for it is told in `pairing.rs`.
    Pairing(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    wrong: u32,
    last: Timestamp,
}

/// What was tried lately.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    tries: HashMap<Whose, Tries>,
}

impl Limits {
    /// Whether another try is allowed now; otherwise how long to wait.
    pub(crate) fn may_try(&self, account: &str, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let wait = whose(account, address).iter().map(|whose| self.wait(whose, now)).max().unwrap_or_default();
        if wait > SignedDuration::ZERO { Err(wait) } else { Ok(()) }
    }

    /// As [`Limits::may_try`], with the code for the first access.
    pub(crate) fn may_pair(&self, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let wait = self.wait(&Whose::Pairing(address.to_canonical()), now);
        if wait > SignedDuration::ZERO { Err(wait) } else { Ok(()) }
    }

    /// As [`Limits::tried`], with the code for the first access.
    pub(crate) fn tried_to_pair(&mut self, address: IpAddr, now: Timestamp) {
        self.count([Whose::Pairing(address.to_canonical())], now);
    }

    /// Notes a try before it is known to be right, so that tries at the same time count too.
    pub(crate) fn tried(&mut self, account: &str, address: IpAddr, now: Timestamp) {
        self.count(whose(account, address), now);
    }

    fn count(&mut self, all: impl IntoIterator<Item = Whose>, now: Timestamp) {
        self.tries.retain(|_, tries| now.duration_since(tries.last) < FORGOTTEN);
        for whose in all {
            if self.tries.len() >= REMEMBERED
                && !self.tries.contains_key(&whose)
                && let Some(oldest) =
                    self.tries.iter().min_by_key(|(_, tries)| tries.last).map(|(whose, _)| whose.clone())
            {
                self.tries.remove(&oldest);
            }
            let tries = self.tries.entry(whose).or_insert(Tries { wrong: 0, last: now });
            *tries = Tries { wrong: tries.wrong.saturating_add(1), last: now };
        }
    }

    /// The last try of this account was right. Its address keeps the others that it made.
    pub(crate) fn was_right(&mut self, account: &str, address: IpAddr) {
        let [account, address] = whose(account, address);
        self.tries.remove(&account);
        if let Some(tries) = self.tries.get_mut(&address) {
            tries.wrong = tries.wrong.saturating_sub(1);
        }
    }

    fn wait(&self, whose: &Whose, now: Timestamp) -> SignedDuration {
        let Some(tries) = self.tries.get(whose) else { return SignedDuration::ZERO };
        let free = if matches!(whose, Whose::Address(_)) { FREE_BY_ADDRESS } else { FREE_BY_ACCOUNT };
        let Some(beyond) = tries.wrong.checked_sub(free) else { return SignedDuration::ZERO };
        let doubled = FIRST_WAIT.saturating_mul(1 << beyond.min(10));
        doubled.min(LONGEST_WAIT) - now.duration_since(tries.last)
    }
}

fn whose(account: &str, address: IpAddr) -> [Whose; 2] {
    let address = match address.to_canonical() {
        // Whoever has one IPv6 address has its whole /64.
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        v4 => v4,
    };
    [Whose::Account(account.to_lowercase()), Whose::Address(address)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn an_account_waits_longer_with_each_wrong_try() {
        let mut limits = Limits::default();
        for _ in 0..5 {
            assert_eq!(limits.may_try("it", HERE, at(0)), Ok(()));
            limits.tried("it", HERE, at(0));
        }
        assert_eq!(limits.may_try("IT", HERE, at(10)), Err(SignedDuration::from_secs(20)));
        assert_eq!(limits.may_try("other", HERE, at(10)), Ok(()));
        assert_eq!(limits.may_try("it", HERE, at(30)), Ok(()));
        limits.tried("it", HERE, at(30));
        assert_eq!(limits.may_try("it", HERE, at(30)), Err(SignedDuration::from_secs(60)));
        (0..20).for_each(|_| limits.tried("it", HERE, at(100)));
        assert_eq!(limits.may_try("it", HERE, at(100)), Err(LONGEST_WAIT));
        // A day later it is over.
        limits.tried("other", HERE, at(86_400));
        assert_eq!(limits.may_try("it", HERE, at(86_400)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let mut limits = Limits::default();
        let near = |end: u16| IpAddr::V6([0x2001, 0xdb8, 0, 1, 0, 0, 0, end].into());
        (0..20).for_each(|number| limits.tried(&format!("name-{number}"), near(number), at(0)));
        assert!(limits.may_try("another", near(99), at(0)).is_err());
        assert_eq!(limits.may_try("another", HERE, at(0)), Ok(()));
    }

    #[test]
    fn who_signs_in_is_no_longer_counted() {
        let mut limits = Limits::default();
        for _ in 0..100 {
            assert_eq!(limits.may_try("it", HERE, at(0)), Ok(()));
            limits.tried("it", HERE, at(0));
            limits.was_right("it", HERE);
        }
    }

    #[test]
    fn a_loop_that_tries_codes_waits_and_keeps_nobody_else_out() {
        let mut limits = Limits::default();
        let [bad, it] = [1, 2].map(|end| IpAddr::V6([0x2001, 0xdb8, 0, 1, 0, 0, 0, end].into()));
        for _ in 0..5 {
            assert_eq!(limits.may_pair(bad, at(0)), Ok(()));
            limits.tried_to_pair(bad, at(0));
        }
        assert_eq!(limits.may_pair(bad, at(0)), Err(SignedDuration::from_secs(30)));
        assert_eq!((limits.may_pair(it, at(0)), limits.may_try("it", bad, at(0))), (Ok(()), Ok(())));
    }

    #[test]
    fn a_flood_of_names_takes_no_memory() {
        let mut limits = Limits::default();
        (0..10_000).for_each(|number| limits.tried(&format!("name-{number}"), HERE, at(number)));
        assert!(limits.tries.len() <= REMEMBERED);
        assert!(limits.may_try("new", HERE, at(10_000)).is_err());
    }
}
