//! A touchscreen through evdev: its device, its axes, and the wait for what fingers do. It fails for good when its device goes.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evdev::{AbsoluteAxisCode, KeyCode, raw_stream::RawDevice};
use ketang_hal::HalError;
use ketang_hal::panel::{Rotation, Touch, TouchEvent};
use ketang_hal::picture::Size;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::{device_error, ioctl};
use super::contacts::{self, Contacts};
use super::surface::{Axis, Calibration, Surface};

/// More fingers than any screen tells apart.
const MOST_SLOTS: i32 = 64;

/// Which touchscreen, and how it lies on the display.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchSettings {
    /// An event device by its path or its name; the first touchscreen where it is missing.
    pub device: Option<String>,
    pub calibration: Calibration,
    pub rotation: Rotation,
    /// Of the picture, after it was turned.
    pub size: Size,
}

pub struct TouchScreen {
    path: PathBuf,
    device: RawDevice,
    contacts: Contacts,
    multi: bool,
    /// Told by the kernel, not yet handed on.
    waiting: VecDeque<TouchEvent>,
}

impl TouchScreen {
    pub fn open(settings: &TouchSettings) -> Result<Self, HalError> {
        let (path, device) = find(settings.device.as_deref())?;
        let axes = device.supported_absolute_axes();
        let multi = axes.is_some_and(|axes| axes.contains(AbsoluteAxisCode::ABS_MT_POSITION_X));
        let (across, down) = match multi {
            true => (contacts::MT_X, contacts::MT_Y),
            false => (contacts::ABS_X, contacts::ABS_Y),
        };
        let state = device.get_abs_state().map_err(|error| device_error(&path, "cannot be asked", error))?;
        let axis = |code: u16| {
            let about = state[usize::from(code)];
            Axis { least: about.minimum, most: about.maximum }
        };
        let TouchSettings { calibration, rotation, size, .. } = *settings;
        let surface = Surface { x: axis(across), y: axis(down), calibration, rotation, size };
        let contacts = Contacts::new(surface, multi);
        let mut screen = Self { path, device, contacts, multi, waiting: VecDeque::new() };
        screen.remember().map_err(|error| device_error(&screen.path, "cannot be asked", error))?;
        Ok(screen)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes over what the kernel remembers of fingers.
    fn remember(&mut self) -> io::Result<()> {
        let state = self.device.get_abs_state()?;
        if !self.multi {
            let at = |axis: u16| state[usize::from(axis)].value;
            self.contacts.remember(0, [(at(contacts::ABS_X), at(contacts::ABS_Y))]);
            return Ok(());
        }
        let slot = state[usize::from(contacts::MT_SLOT)];
        let slots = slot.maximum.clamp(0, MOST_SLOTS) as usize + 1;
        let places = |axis| ioctl::mt_slots(self.device.as_fd(), axis, slots);
        let places = places(contacts::MT_X)?.into_iter().zip(places(contacts::MT_Y)?);
        self.contacts.remember(slot.value, places);
        Ok(())
    }

    /// Waits for events, `limit` at the longest, and takes them all.
    fn fill(&mut self, limit: Duration) -> io::Result<()> {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.device.as_fd(), PollFlags::POLLIN)], limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let events: Vec<_> = self.device.fetch_events()?.collect();
        for event in events {
            let told = self.contacts.take(event.event_type().0, event.code(), event.value());
            if told.contains(&TouchEvent::Lost) {
                self.remember()?;
            }
            self.waiting.extend(told);
        }
        Ok(())
    }
}

/// The event device of this path or name, or the first that is a touchscreen.
fn find(wanted: Option<&str>) -> Result<(PathBuf, RawDevice), HalError> {
    match wanted {
        Some(path) if path.starts_with('/') => {
            let device = RawDevice::open(path).map_err(|error| device_error(Path::new(path), "cannot open", error))?;
            Ok((path.into(), device))
        }
        Some(name) => evdev::raw_stream::enumerate()
            .find(|(_, device)| device.name() == Some(name))
            .ok_or_else(|| HalError::NoTouchscreen { which: format!(" `{name}`") }),
        None => evdev::raw_stream::enumerate()
            .find(|(_, device)| is_touch_screen(device))
            .ok_or_else(|| HalError::NoTouchscreen { which: String::new() }),
    }
}

fn is_touch_screen(device: &RawDevice) -> bool {
    let axes = device.supported_absolute_axes();
    let has = |code| axes.is_some_and(|axes| axes.contains(code));
    let touched = device.supported_keys().is_some_and(|keys| keys.contains(KeyCode::BTN_TOUCH));
    // A touch pad, as opposed to a screen, does not lie on what it points at.
    touched
        && (has(AbsoluteAxisCode::ABS_MT_POSITION_X) || has(AbsoluteAxisCode::ABS_X))
        && device.properties().contains(evdev::PropType::DIRECT)
}

impl Touch for TouchScreen {
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        if self.waiting.is_empty() {
            match self.fill(limit) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(device_error(&self.path, "cannot be read", error)),
                Ok(()) => {}
            }
        }
        Ok(self.waiting.pop_front())
    }
}
