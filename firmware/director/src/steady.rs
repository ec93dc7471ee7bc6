//! Trust in something that fails and comes back, such as a camera with a loose plug: the oftener it fails, the longer it
//! must be well before it is shown again.

use crate::time::Ms;

/// Who was well for so long begins anew.
const FORGIVEN_AFTER: Ms = Ms::seconds(30);
/// Each failure before that makes the wait so many times as long.
const LONGER: u64 = 4;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    /// How long it must be well after its next return.
    wait: Ms,
    longest_wait: Ms,
    /// Since when it has been well; `None` while it is not.
    well_since: Option<Ms>,
    trusted_from: Ms,
}

impl Steady {
    /// Something that is well and always was.
    pub(crate) const fn well(longest_wait: Ms) -> Self {
        Self { wait: Ms::ZERO, longest_wait, well_since: Some(Ms::ZERO), trusted_from: Ms::ZERO }
    }

    pub(crate) fn set(&mut self, is_well: bool, now: Ms, trust_after: Ms) {
        match self.well_since {
            Some(since) if !is_well => {
                let forgiven = self.wait == Ms::ZERO || now - since >= FORGIVEN_AFTER;
                let longer = Ms(self.wait.0.saturating_mul(LONGER)).min(self.longest_wait.max(trust_after));
                self.wait = if forgiven { trust_after } else { longer };
                self.well_since = None;
            }
            None if is_well => {
                self.well_since = Some(now);
                self.trusted_from = now + self.wait;
            }
            _ => {}
        }
    }

    pub(crate) fn is_well(&self) -> bool {
        self.well_since.is_some()
    }

    pub(crate) fn is_trusted(&self, now: Ms) -> bool {
        self.is_well() && now >= self.trusted_from
    }

    /// When time alone changes it.
    pub(crate) fn turn(&self) -> Ms {
        self.trusted_from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loose_plug_is_trusted_less_each_time() {
        let mut plug = Steady::well(Ms::seconds(30));
        assert!(plug.is_trusted(Ms(0)));
        let mut waits = Vec::new();
        let mut now = Ms::ZERO;
        for _ in 0..5 {
            plug.set(false, now, Ms::seconds(1));
            assert!(!plug.is_well() && !plug.is_trusted(now));
            now = now + Ms::seconds(1);
            plug.set(true, now, Ms::seconds(1));
            waits.push(plug.turn() - now);
            now = now + Ms::seconds(2);
        }
        assert_eq!(waits, [1, 4, 16, 30, 30].map(Ms::seconds));
        now = now + FORGIVEN_AFTER;
        plug.set(false, now, Ms::seconds(1));
        plug.set(true, now, Ms::seconds(1));
        assert_eq!(plug.turn() - now, Ms::seconds(1));
    }
}
