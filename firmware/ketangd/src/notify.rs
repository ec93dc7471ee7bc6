//! What systemd is told: ready, alive, in words, stopping. Without systemd nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The host takes commands.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// One line for `systemctl status ketangd`.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The host ends, and may take its time to close the files of a lesson.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// systemd's watchdog (`WatchdogSec=`): the owner task feeds it from its own loop, so that it proves that commands are
/// still taken, not just that some thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watchdog {
    limit: Duration,
}

impl Watchdog {
    /// `None` where systemd does not watch this process.
    pub fn from_environment() -> Option<Self> {
        sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()).map(|limit| Self { limit })
    }

    /// How often to call [`Watchdog::feed`]: twice within the limit, as sd_watchdog_enabled(3) advises.
    pub fn interval(self) -> Duration {
        self.limit / 2
    }

    pub fn feed(self) {
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd could not be told {state:?}: {error}");
    }
}
