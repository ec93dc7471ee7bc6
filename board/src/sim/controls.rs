//! The twins of button, lamps and remote control: a program presses, and sees what is lit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::controls::{Button, KeyEvent, Keys, Lamp};

/// What a [`Sender`] sends happens; when it is gone the device is.
#[derive(Debug)]
pub struct Sim<T>(Receiver<T>, &'static str);

/// A button that a program presses (`true`) and lets go of.
pub type SimButton = Sim<bool>;
/// A remote control whose keys a program presses.
pub type SimKeys = Sim<KeyEvent>;

impl SimButton {
    pub fn new() -> (Sender<bool>, Self) {
        let (hand, button) = channel();
        (hand, Self(button, "button"))
    }
}

impl SimKeys {
    pub fn new() -> (Sender<KeyEvent>, Self) {
        let (hand, keys) = channel();
        (hand, Self(keys, "remote control"))
    }
}

impl<T> Sim<T> {
    fn wait(&self, limit: Duration) -> Result<Option<T>, HalError> {
        match self.0.recv_timeout(limit) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(HalError::Absent { what: self.1.into() }),
        }
    }
}

impl Button for SimButton {
    fn next(&mut self, limit: Duration) -> Result<Option<bool>, HalError> {
        self.wait(limit)
    }
}

impl Keys for SimKeys {
    fn next(&mut self, limit: Duration) -> Result<Option<KeyEvent>, HalError> {
        self.wait(limit)
    }
}

/// A lamp that a program looks at. Its clones are the same lamp.
#[derive(Clone, Debug, Default)]
pub struct SimLamp {
    lit: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
}

impl SimLamp {
    pub fn is_lit(&self) -> bool {
        self.lit.load(Ordering::Relaxed)
    }

    /// From now on it cannot be set.
    pub fn breaks(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }
}

impl Lamp for SimLamp {
    fn set(&mut self, lit: bool) -> Result<(), HalError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(HalError::Absent { what: "lamp".into() });
        }
        self.lit.store(lit, Ordering::Relaxed);
        Ok(())
    }
}
