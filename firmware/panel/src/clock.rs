//! The panel's clock: the only place of this program that reads one.

use std::time::{Duration, Instant};

use jiff::Zoned;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn wall() -> Zoned {
        Zoned::now()
    }
}
