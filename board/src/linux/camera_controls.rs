//! Single controls of a V4L2 device, such as pan and tilt. The `v4l` crate's own calls panic on controls whose names are not
//! UTF-8 or whose types it does not know.

use std::io;

use v4l::Device;

use super::ioctl;

/// What a control takes, in its own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) least: i32,
    pub(crate) greatest: i32,
    pub(crate) step: i32,
}

/// Controls by their numbers: the kernel's, or a test's.
pub(crate) trait Controls: Send {
    /// `None` where the device does not have the control, or has it switched off.
    fn range(&self, id: u32) -> io::Result<Option<Range>>;
    fn get(&self, id: u32) -> io::Result<i32>;
    fn set(&self, id: u32, value: i32) -> io::Result<()>;
}

impl Controls for Device {
    fn range(&self, id: u32) -> io::Result<Option<Range>> {
        match ioctl::control_range(self, id) {
            // A device without any controls does not know the request.
            Err(error) if matches!(error.raw_os_error(), Some(nix::libc::EINVAL | nix::libc::ENOTTY)) => Ok(None),
            range => range,
        }
    }
    fn get(&self, id: u32) -> io::Result<i32> {
        ioctl::control(self, id)
    }
    fn set(&self, id: u32, value: i32) -> io::Result<()> {
        ioctl::set_control(self, id, value)
    }
}
