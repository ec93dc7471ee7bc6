//! A touchscreen through evdev: its device, its axes, and the wait for what fingers do.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evdev::{AbsoluteAxisCode, KeyCode, raw_stream::RawDevice};
use ketang_hal::HalError;
use ketang_hal::panel::{Touch, TouchEvent};
use ketang_hal::picture::Size;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::contacts::{Axis, Contacts};

pub struct TouchScreen {
    path: PathBuf,
    device: RawDevice,
    contacts: Contacts,
    /// Told by the kernel, not yet handed on.
    waiting: VecDeque<TouchEvent>,
}

impl TouchScreen {
    /// Opens `path`, or the first device that is a touchscreen, lying on a display of `size`.
    pub fn open(path: Option<&Path>, size: Size) -> Result<Self, HalError> {
        let (path, device) = match path {
            Some(path) => {
                let device = RawDevice::open(path);
                (path.to_owned(), device.map_err(|error| super::super::device_error(path, "cannot open", error))?)
            }
            None => {
                let found = evdev::raw_stream::enumerate().find(|(_, device)| is_touch_screen(device));
                found.ok_or_else(|| HalError::Absent { what: "touchscreen".into() })?
            }
        };
        let io = |error| super::super::device_error(&path, "cannot be asked", error);
        let axes = device.supported_absolute_axes();
        let multi = axes.is_some_and(|axes| axes.contains(AbsoluteAxisCode::ABS_MT_POSITION_X));
        let (across, down) = match multi {
            true => (AbsoluteAxisCode::ABS_MT_POSITION_X, AbsoluteAxisCode::ABS_MT_POSITION_Y),
            false => (AbsoluteAxisCode::ABS_X, AbsoluteAxisCode::ABS_Y),
        };
        let state = device.get_abs_state().map_err(io)?;
        let axis = |code: AbsoluteAxisCode| {
            let about = state[usize::from(code.0)];
            Axis { least: about.minimum, most: about.maximum }
        };
        let contacts = Contacts::new(axis(across), axis(down), size, multi);
        Ok(Self { path, device, contacts, waiting: VecDeque::new() })
    }

    /// Waits for events, `limit` at the longest, and takes them all.
    fn fill(&mut self, limit: Duration) -> std::io::Result<()> {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.device.as_fd(), PollFlags::POLLIN)], limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        for event in self.device.fetch_events()? {
            self.waiting.extend(self.contacts.take(event.event_type().0, event.code(), event.value()));
        }
        Ok(())
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
                Err(error) => return Err(super::super::device_error(&self.path, "cannot be read", error)),
                Ok(()) => {}
            }
        }
        Ok(self.waiting.pop_front())
    }
}
