//! The touchscreen: what a display shows, and what fingers do.

use std::time::Duration;

use crate::HalError;
use crate::picture::Size;

/// How far a picture is turned clockwise on its display, and touches back: a display that hangs on its side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Rotation {
    /// By 0, 90, 180 or 270 degrees; `None` for any other number.
    pub fn from_degrees(degrees: u32) -> Option<Self> {
        match degrees {
            0 => Some(Self::None),
            90 => Some(Self::Quarter),
            180 => Some(Self::Half),
            270 => Some(Self::ThreeQuarters),
            _ => None,
        }
    }

    /// The size of a picture that fills a display of `size` when it is turned, and the other way round.
    pub fn size(self, size: Size) -> Size {
        match self {
            Self::None | Self::Half => size,
            Self::Quarter | Self::ThreeQuarters => Size { width: size.height, height: size.width },
        }
    }
}

/// A display that shows whole pictures.
pub trait Display: Send {
    fn size(&self) -> Size;

    /// How large it is in millimetres, where it tells.
    fn millimetres(&self) -> Option<Size> {
        None
    }

    /// Shows a picture: XRGB8888, one word a pixel, row by row without padding, as large as `size` says. Returns when it is
    /// safe to draw the next; a picture is seen whole or not at all.
    fn show(&mut self, picture: &[u32]) -> Result<(), HalError>;

    /// Sets the light behind the display, in percent; 0 is the least that can be read, not dark.
    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError>;
}

/// One of the fingers on a screen, by the number that the screen gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finger(pub u32);

/// What a finger did. Places are pixels of the display from its top left corner, and may lie outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TouchEvent {
    Down {
        finger: Finger,
        x: i32,
        y: i32,
    },
    Move {
        finger: Finger,
        x: i32,
        y: i32,
    },
    Up {
        finger: Finger,
    },
    /// Events were lost: no finger counts as down.
    Lost,
    /// The screen is gone or does not work: no finger counts as down, and none can come until it is told that it is back.
    Away,
    /// It is back.
    Here,
}

/// A screen that can be touched.
pub trait Touch: Send {
    /// Waits for the next event, `limit` at the longest; `None` when there was none.
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError>;
}
