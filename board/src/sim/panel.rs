//! The touchscreen's twin, in memory: a display that remembers what it was shown, and fingers that a program moves.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::panel::{Display, Touch, TouchEvent};
use ketang_hal::picture::Size;

/// What a [`SimDisplay`] was asked for.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The last picture; empty before the first.
    pub picture: Vec<u32>,
    /// How many pictures there were.
    pub count: u64,
    pub brightness: Option<u8>,
    /// The cable is out: showing fails.
    pub unplugged: bool,
}

/// A display in memory. Its clones show the same.
#[derive(Clone, Debug)]
pub struct SimDisplay {
    size: Size,
    shown: Arc<Mutex<Shown>>,
}

impl SimDisplay {
    pub fn new(size: Size) -> Self {
        Self { size, shown: Arc::default() }
    }

    pub fn shown(&self) -> Shown {
        self.with(|shown| shown.clone())
    }

    pub fn unplug(&self, unplugged: bool) {
        self.with(|shown| shown.unplugged = unplugged);
    }

    fn with<T>(&self, what: impl FnOnce(&mut Shown) -> T) -> T {
        // Plain values: whoever panicked left nothing half-done.
        what(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Display for SimDisplay {
    fn size(&self) -> Size {
        self.size
    }

    /// A pixel is a centimetre wide and high.
    fn millimetres(&self) -> Option<Size> {
        Some(Size { width: self.size.width * 10, height: self.size.height * 10 })
    }

    fn show(&mut self, picture: &[u32]) -> Result<(), HalError> {
        self.with(|shown| {
            if shown.unplugged {
                return Err(HalError::Absent { what: "display".into() });
            }
            shown.picture = picture.to_vec();
            shown.count += 1;
            Ok(())
        })
    }

    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError> {
        self.with(|shown| shown.brightness = Some(percent));
        Ok(())
    }
}

/// A touchscreen whose fingers are moved through the [`Sender`].
#[derive(Debug)]
pub struct SimTouch(Receiver<TouchEvent>);

impl SimTouch {
    pub fn new() -> (Sender<TouchEvent>, Self) {
        let (fingers, touch) = channel();
        (fingers, Self(touch))
    }
}

impl Touch for SimTouch {
    /// Fails when the sender is gone, as a screen does whose cable is out.
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        match self.0.recv_timeout(limit) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(HalError::Absent { what: "touchscreen".into() }),
        }
    }
}
