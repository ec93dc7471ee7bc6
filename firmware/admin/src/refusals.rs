//! Refused sign-ins and codes, as the log of deeds has them: the first of an address one by one, the rest as a number, so that
//! a flood hides nothing that was done. Pure; the time is a parameter.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

/// So many of an address are written down one by one: five wrong tries, and the first that is not let try any more.
const NOTED: u32 = 6;
/// After so long the rest is told as a number, and counting begins anew.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// So many addresses are told apart; those beyond share one place, which is no address.
const APART: usize = 64;
const OTHERS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

#[derive(Clone, Copy, Debug)]
struct Lately {
    since: Timestamp,
    count: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Refusals {
    lately: HashMap<IpAddr, Lately>,
}

impl Refusals {
    /// Counts one; whether it is to be written down.
    pub(crate) fn count(&mut self, address: IpAddr, now: Timestamp) -> bool {
        let known = self.lately.contains_key(&address) || self.lately.len() < APART;
        let lately = self.lately.entry(if known { address } else { OTHERS }).or_insert(Lately { since: now, count: 0 });
        lately.count = lately.count.saturating_add(1);
        lately.count <= NOTED
    }

    /// How many more there were of each address, once its time is over.
    pub(crate) fn summed_up(&mut self, now: Timestamp) -> Vec<(IpAddr, u32)> {
        let over = |lately: &Lately| now.duration_since(lately.since) >= WINDOW;
        let ended = self.lately.iter().filter(|(_, lately)| over(lately));
        let mut more: Vec<(IpAddr, u32)> = ended.map(|(address, lately)| (*address, lately.count)).collect();
        self.lately.retain(|_, lately| !over(lately));
        more.retain_mut(|(_, count)| {
            *count = count.saturating_sub(NOTED);
            *count > 0
        });
        more.sort();
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_flood_is_a_few_lines_and_a_number() {
        let mut refusals = Refusals::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 168, 1, last]));
        let noted = (0..5000).filter(|second| refusals.count(one, at(second / 100))).count();
        assert_eq!(noted, 6);
        assert!(refusals.count(other, at(50)), "nobody else suffers");
        assert_eq!(refusals.summed_up(at(599)), []);
        assert_eq!(refusals.summed_up(at(600)), [(one, 4994)]);
        assert_eq!(refusals.summed_up(at(650)), [], "one was written down already");
        assert!(refusals.count(one, at(700)), "and it begins anew");
    }

    #[test]
    fn a_flood_of_addresses_takes_neither_memory_nor_lines() {
        let mut refusals = Refusals::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let noted = (1..100_000).filter(|number| refusals.count(address(*number), at(0))).count();
        assert_eq!(noted, APART + NOTED as usize);
        assert!(refusals.lately.len() <= APART + 1);
        assert_eq!(refusals.summed_up(at(600)), [(OTHERS, 99_999 - 64 - 6)]);
    }
}
