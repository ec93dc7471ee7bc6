//! A watchdog: who does not feed it in time is started anew.

use std::time::Duration;

use crate::HalError;

pub trait Watchdog: Send {
    /// How long it waits for its food.
    fn limit(&self) -> Duration;

    fn feed(&mut self) -> Result<(), HalError>;

    /// How often to feed it: twice within the limit, as sd_watchdog_enabled(3) advises.
    fn interval(&self) -> Duration {
        self.limit() / 2
    }
}
