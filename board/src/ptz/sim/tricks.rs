//! What goes wrong with a simulated camera's replies.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ptz::fuzz::Dice;

/// What happens to one reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    Lose,
    Late(Duration),
    /// Bytes are changed, missing or put in, as the number says.
    Garble(u64),
}

/// The latest that a reply is at random: after several tries.
const LATEST_MS: u64 = 1500;

#[derive(Debug, Default)]
pub(super) struct Tricks {
    next: VecDeque<Option<Trick>>,
    random: Option<(Dice, u64)>,
}

impl Tricks {
    pub(super) fn queue(&mut self, tricks: impl IntoIterator<Item = Option<Trick>>) {
        self.next.extend(tricks);
    }

    pub(super) fn at_random(&mut self, seed: u64, percent: u64) {
        self.random = (percent > 0).then_some((Dice::new(seed), percent));
    }

    /// What happens to the reply that comes now.
    pub(super) fn next(&mut self) -> Option<Trick> {
        if let Some(planned) = self.next.pop_front() {
            return planned;
        }
        let (dice, percent) = self.random.as_mut()?;
        if dice.below(100) >= *percent {
            return None;
        }
        Some(match dice.below(3) {
            0 => Trick::Lose,
            1 => Trick::Late(Duration::from_millis(dice.below(LATEST_MS))),
            _ => Trick::Garble(dice.below(u64::MAX)),
        })
    }
}

/// What a bad line makes of a packet.
pub(super) fn garble(packet: &[u8], seed: u64) -> Vec<u8> {
    let mut garbled = packet.to_vec();
    Dice::new(seed).mutate(&mut garbled);
    garbled
}
