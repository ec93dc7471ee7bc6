//! How long something is pressed. Pure: the time comes with the events.

use std::time::Duration;

/// Whoever presses so long means it: nobody leans on a button or sits on a remote control by the half second.
pub(crate) const HOLD: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// It was let go of before [`HOLD`].
    Short,
    /// It has been down for [`HOLD`], and may be still.
    Long,
}

/// One button or key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Press {
    /// Since when it is down; absent when it is up, and after a long press has been told.
    since: Option<Duration>,
}

impl Press {
    pub(crate) fn down(&mut self, now: Duration) {
        self.since = Some(now);
    }

    pub(crate) fn up(&mut self, now: Duration) -> Option<Pressed> {
        let since = self.since.take()?;
        Some(if now >= since + HOLD { Pressed::Long } else { Pressed::Short })
    }

    /// To be called some times a second.
    pub(crate) fn pass(&mut self, now: Duration) -> Option<Pressed> {
        self.since.take_if(|since| now >= *since + HOLD).map(|_| Pressed::Long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_told_once() {
        let at = Duration::from_millis;
        let mut press = Press::default();
        assert_eq!(press.up(at(0)), None, "it was down before");
        press.down(at(100));
        assert_eq!((press.pass(at(1599)), press.up(at(1599))), (None, Some(Pressed::Short)));
        press.down(at(2000));
        assert_eq!((press.pass(at(3500)), press.pass(at(9000)), press.up(at(9000))), (Some(Pressed::Long), None, None));
        // Nobody looked in between.
        press.down(at(10_000));
        assert_eq!(press.up(at(20_000)), Some(Pressed::Long));
    }
}
