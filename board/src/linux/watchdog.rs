//! Watchdogs: the kernel's device, which starts the machine anew when it is not fed (watchdog-api.rst in the kernel's documentation), and
//! systemd's, which starts the program anew (sd_watchdog_enabled(3)).

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::watchdog::Watchdog;

use super::{device_error, ioctl};

/// Written before closing: the end is meant.
const MEANT: &[u8] = b"V";

/// A watchdog that watches from its opening on; dropping it ends that.
pub struct KernelWatchdog {
    path: PathBuf,
    device: File,
    limit: Duration,
}

impl KernelWatchdog {
    /// Opens the device and asks for `limit`; hardware may round it.
    pub fn open(path: &Path, limit: Duration) -> Result<Self, HalError> {
        let failed = |what| move |error| device_error(path, what, error);
        let device = File::options().write(true).open(path).map_err(failed("cannot open"))?;
        let seconds = limit.as_secs().clamp(1, i32::MAX as u64) as i32;
        let seconds = ioctl::set_watchdog_limit(&device, seconds).map_err(failed("it is not a watchdog"))?;
        Ok(Self { path: path.to_owned(), device, limit: Duration::from_secs(seconds.unsigned_abs().into()) })
    }

    /// Time until it starts the machine anew; not every watchdog tells.
    pub fn left(&self) -> Option<Duration> {
        let seconds = ioctl::watchdog_time_left(&self.device).ok()?;
        Some(Duration::from_secs(seconds.unsigned_abs().into()))
    }
}

impl Watchdog for KernelWatchdog {
    fn limit(&self) -> Duration {
        self.limit
    }

    fn feed(&mut self) -> Result<(), HalError> {
        self.device.write_all(b".").map_err(|error| device_error(&self.path, "cannot feed the watchdog", error))
    }
}

impl Drop for KernelWatchdog {
    fn drop(&mut self) {
        if let Err(error) = self.device.write_all(MEANT) {
            tracing::error!(watchdog = %self.path.display(), %error, "goes on watching");
        }
    }
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
        let told = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        told.map_err(|error| device_error(Path::new("systemd"), "cannot feed its watchdog", error))
    }
}
