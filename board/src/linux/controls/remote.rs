//! Remote controls and presenters through evdev: the keys of the configured devices, which no other program gets any more, and which
//! may come and go.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evdev::raw_stream::RawDevice;
use evdev::{EventType, KeyCode};
use ketang_hal::HalError;
use ketang_hal::controls::{KeyEvent, Keys};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::panel::SYN_DROPPED;

/// How often it looks for devices that came.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether the kernel has a key of this name, such as `KEY_RECORD`.
pub fn is_key(name: &str) -> bool {
    name.parse::<KeyCode>().is_ok()
}

/// The remote controls that are there.
pub struct RemoteControls {
    /// Names or paths.
    wanted: Vec<String>,
    open: Vec<(PathBuf, RawDevice)>,
    /// Those that could not be opened, of which was told.
    refused: BTreeSet<PathBuf>,
    waiting: VecDeque<KeyEvent>,
}

impl RemoteControls {
    /// `wanted` are devices by their names, as in `/proc/bus/input/devices`, or by their paths. They need not be there yet.
    pub fn new(wanted: Vec<String>) -> Self {
        let mut remotes = Self { wanted, open: Vec::new(), refused: BTreeSet::new(), waiting: VecDeque::new() };
        remotes.look();
        remotes
    }

    /// Opens what came.
    fn look(&mut self) {
        let here = event_nodes();
        self.refused.retain(|path| here.contains(path));
        for path in here {
            if self.open.iter().any(|(open, _)| *open == path) || !is_wanted(&path, &self.wanted) {
                continue;
            }
            match open(&path) {
                Ok(device) => {
                    tracing::info!("remote control {:?} at {}", device.name().unwrap_or_default(), path.display());
                    self.refused.remove(&path);
                    self.open.push((path, device));
                }
                Err(error) if self.refused.insert(path.clone()) => {
                    let error = super::super::device_error(&path, "cannot open", error);
                    tracing::warn!("a remote control cannot be used: {error} · 遥控器无法使用");
                }
                Err(_) => {}
            }
        }
    }

    /// Waits for events of any device, `limit` at the longest, and takes them all.
    fn fill(&mut self, limit: Duration) -> nix::Result<()> {
        let limit = PollTimeout::try_from(limit.min(LOOK_EVERY)).unwrap_or(PollTimeout::MAX);
        let mut polled: Vec<_> =
            self.open.iter().map(|(_, device)| PollFd::new(device.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut polled, limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
        let ready: Vec<bool> = polled.iter().map(|one| one.any().unwrap_or(true)).collect();
        let waiting = &mut self.waiting;
        let mut ready = ready.into_iter();
        self.open.retain_mut(|(path, device)| match ready.next() {
            Some(true) => take(device, waiting)
                .inspect_err(|error| {
                    tracing::warn!("the remote control at {} is gone ({error}) · 遥控器已断开", path.display());
                    waiting.push_back(KeyEvent::Lost);
                })
                .is_ok(),
            _ => true,
        });
        Ok(())
    }
}

impl Keys for RemoteControls {
    /// The limit may be shortened: `None` says that nothing came yet.
    fn next(&mut self, limit: Duration) -> Result<Option<KeyEvent>, HalError> {
        if self.waiting.is_empty() {
            self.look();
            self.fill(limit).map_err(|error| HalError::Io {
                device: "remote controls".into(),
                what: "cannot be waited for",
                source: error.into(),
            })?;
        }
        Ok(self.waiting.pop_front())
    }
}

fn open(path: &Path) -> io::Result<RawDevice> {
    let mut device = RawDevice::open(path)?;
    device.grab()?;
    Ok(device)
}

/// Takes what a device has told; an error when it is gone.
fn take(device: &mut RawDevice, waiting: &mut VecDeque<KeyEvent>) -> io::Result<()> {
    let events = match device.fetch_events() {
        Ok(events) => events,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return Ok(()),
        Err(error) => return Err(error),
    };
    for event in events {
        let key = || format!("{:?}", KeyCode(event.code()));
        match (event.event_type(), event.code(), event.value()) {
            (EventType::KEY, _, 0) => waiting.push_back(KeyEvent::Up { key: key() }),
            (EventType::KEY, _, 1) => waiting.push_back(KeyEvent::Down { key: key() }),
            // 2 is a key that repeats itself because it is held.
            (EventType::SYNCHRONIZATION, SYN_DROPPED, _) => waiting.push_back(KeyEvent::Lost),
            _ => {}
        }
    }
    Ok(())
}

fn event_nodes() -> Vec<PathBuf> {
    let nodes = fs::read_dir("/dev/input").into_iter().flatten().flatten();
    let nodes = nodes.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("event")));
    nodes.map(|entry| entry.path()).collect()
}

/// Asks the kernel's files rather than the device, which would wake it.
fn is_wanted(path: &Path, wanted: &[String]) -> bool {
    let node = path.file_name().unwrap_or_default();
    let name = fs::read_to_string(Path::new("/sys/class/input").join(node).join("device/name")).unwrap_or_default();
    wanted.iter().any(|one| match one.starts_with('/') {
        true => fs::canonicalize(one).is_ok_and(|link| link == path),
        false => one == name.trim_end_matches('\n'),
    })
}
