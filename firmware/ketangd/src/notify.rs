//! What systemd is told: ready, alive, in words, stopping. Without systemd nothing happens.

use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::watchdog::Watchdog;
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

/// systemd's watchdog (`WatchdogSec=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceWatchdog {
    limit: Duration,
}

impl ServiceWatchdog {
    /// `None` where systemd does not watch this process.
    pub fn from_environment() -> Option<Self> {
        sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()).map(|limit| Self { limit })
    }
}

impl Watchdog for ServiceWatchdog {
    fn limit(&self) -> Duration {
        self.limit
    }

    fn feed(&mut self) -> Result<(), HalError> {
        tell(&[NotifyState::Watchdog]);
        Ok(())
    }
}

/// The host takes everything down and begins anew in the same process: systemd is to wait for the next `ready`.
pub fn restarting() {
    let status = NotifyState::Status("begins anew with newer settings");
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Watchdog, status]),
        Err(error) => tracing::warn!("systemd could not be told of a restart: {error}"),
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd could not be told {state:?}: {error}");
    }
}
