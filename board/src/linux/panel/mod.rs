//! The touchscreen on Linux: a kernel display or frame buffer, and its event device. Not the HDMI output of the programme.

mod contacts;
mod frame_buffer;
mod kms;
mod light;
mod place;
mod surface;
mod touch_screen;
mod touch_watch;
mod turned;

pub(super) use contacts::SYN_DROPPED;
pub use frame_buffer::FrameBuffer;
pub use kms::KmsDisplay;
pub use place::{DisplayPlace, NotADisplay};
pub use surface::Calibration;
pub use touch_screen::{TouchScreen, TouchSettings};
pub use touch_watch::WatchedTouch;
pub use turned::Turned;
