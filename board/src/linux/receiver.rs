//! HDMI, DVI and VGA receivers: which socket, what signal, and locking to it.
//!
//! V4L2 has no word for HDCP: a protected signal is locked to and arrives black, which is for the analysis of the picture to find.

use std::io;

use ketang_hal::HalError;
use ketang_hal::picture::Signal;
use nix::libc::{EBUSY, ENOLCK, ENOLINK, ERANGE};
use v4l::v4l_sys::{V4L2_IN_ST_NO_H_LOCK, V4L2_IN_ST_NO_POWER, V4L2_IN_ST_NO_SIGNAL, V4L2_IN_ST_NO_SYNC};

use super::camera::Node;
use super::ioctl::{self, Input, Timings};
use super::{device_error, edid};

/// What the input that is selected says of its signal.
pub(super) fn signal(node: &Node) -> Signal {
    let Some(input) = selected(node) else { return Signal::Unknown };
    if !input.has_dv_timings {
        return of_status(input.status).unwrap_or(Signal::Unknown);
    }
    match ioctl::detect_timings(&node.device) {
        Ok(timings) => Signal::Locked(timings.size()),
        // Some receivers cannot look while they stream; then what they are set to is what comes in, unless the status says otherwise.
        Err(error) if error.raw_os_error() == Some(EBUSY) => of_status(input.status)
            .or_else(|| ioctl::timings(&node.device).ok().map(|timings| Signal::Locked(timings.size())))
            .unwrap_or(Signal::Unknown),
        Err(error) => of_error(&error),
    }
}

/// The signal of a receiver, without changing anything; `None` for a camera and where there is no signal.
pub(super) fn detect(node: &Node) -> Option<Timings> {
    selected(node).filter(|input| input.has_dv_timings)?;
    ioctl::detect_timings(&node.device).ok()
}

/// Selects the receiver's input: the one that is selected if it has a signal, then any that has, then the first.
pub(super) fn select_input(node: &Node) -> Result<(), HalError> {
    let now = selected(node).map(|input| input.index);
    let mut receivers: Vec<u32> =
        ioctl::inputs(&node.device).into_iter().filter(|input| input.has_dv_timings).map(|input| input.index).collect();
    receivers.sort_by_key(|&index| (Some(index) != now, index));
    let Some(&first) = receivers.first() else { return Ok(()) };
    if Some(first) == now && receivers.len() == 1 {
        return Ok(());
    }
    let select = |index| {
        ioctl::select_input(&node.device, index)
            .map_err(|error| device_error(&node.path, "cannot select its input", error))
    };
    for &index in &receivers {
        select(index)?;
        if ioctl::detect_timings(&node.device).is_ok() {
            return Ok(());
        }
    }
    select(first)
}

/// Tells computers what the receiver takes, where nothing tells them yet; a receiver that has an EDID of its own keeps it.
pub(super) fn introduce(node: &Node) -> Result<(), HalError> {
    let Some(input) = selected(node).filter(|input| input.has_dv_timings) else { return Ok(()) };
    // A receiver whose EDID lies in its own memory takes none.
    if ioctl::edid_blocks(&node.device, input.index).ok() != Some(0) {
        return Ok(());
    }
    ioctl::set_edid(&node.device, input.index, &mut edid::blob())
        .map_err(|error| device_error(&node.path, "cannot tell computers what it takes (EDID)", error))
}

/// Sets the receiver to the signal that comes in and returns it; `None` for a camera.
pub(super) fn lock(node: &Node) -> Result<Option<Timings>, HalError> {
    if selected(node).is_none_or(|input| !input.has_dv_timings) {
        return Ok(None);
    }
    let no_signal = |why: &str| HalError::NoSignal { path: node.path.clone(), why: why.to_owned() };
    let detected = ioctl::detect_timings(&node.device).map_err(|error| match of_error(&error) {
        Signal::None => no_signal("nothing comes in"),
        Signal::Unstable => no_signal("what comes in cannot be locked to"),
        Signal::Locked(_) | Signal::Unknown => device_error(&node.path, "cannot look for a signal", error),
    })?;
    if detected.is_interlaced() {
        return Err(HalError::Interlaced { path: node.path.clone() });
    }
    if !is_locked_to(node, &detected) {
        ioctl::set_timings(&node.device, &detected)
            .map_err(|error| device_error(&node.path, "cannot lock to the signal", error))?;
    }
    Ok(Some(detected))
}

/// Whether the receiver is set to this signal.
pub(super) fn is_locked_to(node: &Node, signal: &Timings) -> bool {
    ioctl::timings(&node.device).is_ok_and(|set| set.same_as(signal))
}

fn selected(node: &Node) -> Option<Input> {
    let index = ioctl::selected_input(&node.device).ok()?;
    ioctl::inputs(&node.device).into_iter().find(|input| input.index == index)
}

fn of_error(error: &io::Error) -> Signal {
    match error.raw_os_error() {
        Some(ENOLINK) => Signal::None,
        Some(ENOLCK | ERANGE) => Signal::Unstable,
        _ => Signal::Unknown,
    }
}

fn of_status(status: u32) -> Option<Signal> {
    if status & (V4L2_IN_ST_NO_SIGNAL | V4L2_IN_ST_NO_POWER) != 0 {
        Some(Signal::None)
    } else if status & (V4L2_IN_ST_NO_SYNC | V4L2_IN_ST_NO_H_LOCK) != 0 {
        Some(Signal::Unstable)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_errors_of_a_receiver_are_its_signal() {
        for (errno, signal) in [
            (ENOLINK, Signal::None),
            (ENOLCK, Signal::Unstable),
            (ERANGE, Signal::Unstable),
            (nix::libc::ENOTTY, Signal::Unknown),
            (nix::libc::EIO, Signal::Unknown),
        ] {
            assert_eq!(of_error(&io::Error::from_raw_os_error(errno)), signal, "{errno}");
        }
    }

    #[test]
    fn no_signal_goes_before_no_lock_in_the_status() {
        assert_eq!(of_status(0), None);
        assert_eq!(of_status(V4L2_IN_ST_NO_SIGNAL | V4L2_IN_ST_NO_SYNC), Some(Signal::None));
        assert_eq!(of_status(V4L2_IN_ST_NO_SYNC), Some(Signal::Unstable));
        assert_eq!(of_status(v4l::v4l_sys::V4L2_IN_ST_HFLIP), None);
    }
}
