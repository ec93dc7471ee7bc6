//! What stands beside the touchscreen: a button on the wall, lamps, the keys of a remote control.

use std::time::Duration;

use crate::HalError;

/// A push button.
pub trait Button: Send {
    /// Waits until it is pressed (`true`) or let go of, `limit` at the longest; `None` when neither happened. Contact bounce is
    /// not told. What it is at the beginning is not told either: a button that hangs has not been pressed.
    fn next(&mut self, limit: Duration) -> Result<Option<bool>, HalError>;
}

/// A lamp; dark from its opening on.
pub trait Lamp: Send {
    fn set(&mut self, lit: bool) -> Result<(), HalError>;
}

/// What happened to the keys of remote controls and presenters. A key goes by its name in the kernel, such as `KEY_RECORD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    Down {
        key: String,
    },
    Up {
        key: String,
    },
    /// Events were lost or a control went away: no key counts as down.
    Lost,
}

/// The keys of remote controls that may come and go.
pub trait Keys: Send {
    /// Waits for the next event, `limit` at the longest; `None` when there was none.
    fn next(&mut self, limit: Duration) -> Result<Option<KeyEvent>, HalError>;
}
