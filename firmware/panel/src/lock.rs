//! The PIN lock: keeps pupils from the buttons, never from the state. Wrong tries make the next one wait.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// After so many wrong tries in a row each further one must wait.
const FREE_TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, thiserror::Error)]
#[error("a PIN is 4 to 8 digits: write such a one into the file that --pin-file names")]
pub struct NotAPin;

/// 4 to 8 digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Vec<u8>);

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin")
    }
}

impl std::str::FromStr for Pin {
    type Err = NotAPin;
    fn from_str(text: &str) -> Result<Self, NotAPin> {
        let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(10).map(|digit| digit as u8)).collect();
        digits.filter(|digits| (4..=8).contains(&digits.len())).map(Self).ok_or(NotAPin)
    }
}

/// What a PIN keeps shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// The panel: against pupils.
    Panel,
    /// The settings of IT: against everybody else.
    It,
}

/// What outlives the process: a panel that is started anew is neither open nor has it forgotten who guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockState {
    pub shut: bool,
    /// Wrong tries in a row.
    pub wrong: u32,
}

/// Without a PIN it cannot be shut.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    pin: Option<Pin>,
    shut: bool,
    typed: Vec<u8>,
    wrong: u32,
    waits_until: Duration,
}

impl Lock {
    pub fn new(pin: Option<Pin>) -> Self {
        Self { pin, ..Self::default() }
    }

    /// As it was when the last process ended. The wait begins anew: nobody cuts it short by pulling the plug.
    pub fn resumed(pin: Option<Pin>, state: LockState, now: Duration) -> Self {
        let shut = state.shut && pin.is_some();
        Self { pin, shut, wrong: state.wrong, waits_until: now + wait_after(state.wrong), ..Self::default() }
    }

    pub(crate) fn state(&self) -> LockState {
        LockState { shut: self.shut, wrong: self.wrong }
    }

    pub(crate) fn exists(&self) -> bool {
        self.pin.is_some()
    }

    pub fn is_shut(&self) -> bool {
        self.shut
    }

    pub fn shut(&mut self) {
        self.shut = self.pin.is_some();
        self.typed.clear();
    }

    /// Digits typed so far, and how many there are in the PIN.
    pub(crate) fn digits(&self) -> (usize, usize) {
        (self.typed.len(), self.pin.as_ref().map_or(0, |pin| pin.0.len()))
    }

    /// How long the next try must wait.
    pub(crate) fn waits(&self, now: Duration) -> Option<Duration> {
        self.waits_until.checked_sub(now).filter(|left| !left.is_zero())
    }

    pub(crate) fn was_wrong(&self) -> bool {
        self.wrong > 0 && self.typed.is_empty()
    }

    pub(crate) fn press(&mut self, digit: u8, now: Duration) {
        let Some(pin) = self.pin.as_ref().filter(|_| self.shut && self.waits(now).is_none()) else { return };
        self.typed.push(digit);
        if self.typed.len() < pin.0.len() {
            return;
        }
        if self.typed == pin.0 {
            (self.shut, self.wrong) = (false, 0);
        } else {
            self.wrong = self.wrong.saturating_add(1);
            self.waits_until = now + wait_after(self.wrong);
        }
        self.typed.clear();
    }

    pub(crate) fn erase(&mut self) {
        self.typed.pop();
    }
}

/// How long the next try must wait after so many wrong ones.
fn wait_after(wrong: u32) -> Duration {
    match wrong.checked_sub(FREE_TRIES) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_WAIT.saturating_mul(1 << beyond.min(10)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_that_is_started_anew_is_as_shut_as_it_was() {
        let mut lock = shut();
        for _ in 0..4 {
            lock.waits_until = Duration::ZERO;
            enter(&mut lock, "1111", 0);
        }
        let again = |state| Lock::resumed(Some("2468".parse().unwrap()), state, Duration::ZERO);
        let mut after = again(lock.state());
        assert!(after.is_shut() && !enter(&mut after, "2468", 59), "the wait begins anew");
        assert!(enter(&mut after, "2468", 60));
        assert!(!again(after.state()).is_shut(), "what was open stays open");
        assert!(!Lock::resumed(None, lock.state(), Duration::ZERO).is_shut(), "without a PIN nobody is locked out");
    }

    fn shut() -> Lock {
        let mut lock = Lock::new(Some("2468".parse().unwrap()));
        lock.shut();
        lock
    }

    fn enter(lock: &mut Lock, pin: &str, at: u64) -> bool {
        pin.bytes().for_each(|byte| lock.press(byte - b'0', Duration::from_secs(at)));
        !lock.is_shut()
    }

    #[test]
    fn the_right_pin_opens_and_a_wrong_one_does_not() {
        let mut lock = shut();
        assert!(!enter(&mut lock, "1111", 0));
        assert!(lock.was_wrong());
        assert!(enter(&mut lock, "2468", 0));
    }

    #[test]
    fn after_three_wrong_tries_each_waits_longer() {
        let mut lock = shut();
        for _ in 0..3 {
            assert!(!enter(&mut lock, "1111", 0));
        }
        assert!(!enter(&mut lock, "2468", 29), "it has to wait");
        assert!(!enter(&mut lock, "1111", 30));
        assert!(!enter(&mut lock, "2468", 89));
        assert!(enter(&mut lock, "2468", 90));
    }

    #[test]
    fn a_pin_is_four_to_eight_digits_and_is_not_told() {
        for text in ["", "123", "123456789", "12a4"] {
            assert!(text.parse::<Pin>().is_err(), "{text}");
        }
        assert!(!format!("{:?}", shut()).contains("2, 4"));
    }

    #[test]
    fn without_a_pin_nobody_is_locked_out() {
        let mut lock = Lock::new(None);
        lock.shut();
        assert!(!lock.is_shut());
    }
}
