//! What systemd is told: ready, in words, stopping; its watchdog is the board's. Without systemd nothing happens.

pub use ketang_board::linux::ServiceWatchdog;
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
