//! How long something is pressed. Pure: the time comes with the events.

use std::time::Duration;

/// Whoever presses so long means it: nobody leans on a button or sits on a remote control by the half second.
pub(crate) const HOLD: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// It was let go of before it was seen down for [`HOLD`].
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

    /// Short unless [`Self::pass`] has told otherwise: after a stall nobody knows when it was let go of, and a lesson is not ended by
    /// what was perhaps a bump.
    pub(crate) fn up(&mut self) -> Option<Pressed> {
        self.since.take().map(|_| Pressed::Short)
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
        assert_eq!(press.up(), None, "it was down before");
        press.down(at(100));
        assert_eq!((press.pass(at(1599)), press.up()), (None, Some(Pressed::Short)));
        press.down(at(2000));
        assert_eq!((press.pass(at(3500)), press.pass(at(9000)), press.up()), (Some(Pressed::Long), None, None));
    }
}
