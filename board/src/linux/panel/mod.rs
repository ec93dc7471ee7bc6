//! The touchscreen on Linux: the kernel's frame buffer and its event devices. Not the HDMI output of the programme.

mod contacts;
mod frame_buffer;
mod touch_screen;

pub use frame_buffer::FrameBuffer;
pub use touch_screen::TouchScreen;
