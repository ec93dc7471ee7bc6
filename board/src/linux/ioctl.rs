//! The watchdog's calls, the places of a touchscreen's fingers, the state of the clock, and the V4L2 calls that the `v4l` crate
//! lacks or answers with a panic (multi-planar devices, names that are not UTF-8, inputs, DV timings), as safe functions. Every
//! `unsafe` of the Linux board stands here. No choices are made here.
//!
//! Safety, for all of them: each passes the kernel a structure of exactly the type that the call, or the request's number, is for
//! (`nix` computes the number from that type), zeroed first, which lives until the call returns; none of these calls makes the
//! kernel keep a pointer. Unions are read only after the field that says which member is valid was looked at.

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};

use ketang_hal::picture::Size;
use nix::errno::Errno;
use nix::libc::{STA_UNSYNC, adjtimex, timex};
use v4l::Device;
use v4l::v4l_sys::{
    V4L2_CTRL_FLAG_DISABLED, V4L2_DV_BT_656_1120, V4L2_IN_CAP_DV_TIMINGS,
    v4l2_buf_type_V4L2_BUF_TYPE_VIDEO_CAPTURE as CAPTURE,
    v4l2_buf_type_V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE as CAPTURE_MPLANE, v4l2_capability, v4l2_control, v4l2_dv_timings,
    v4l2_edid, v4l2_field_V4L2_FIELD_ANY as FIELD_ANY, v4l2_fmtdesc, v4l2_format, v4l2_input, v4l2_queryctrl,
    v4l2_streamparm,
};

use super::camera_controls::Range;

mod request {
    use super::*;

    nix::ioctl_read!(querycap, b'V', 0, v4l2_capability);
    nix::ioctl_readwrite!(enum_fmt, b'V', 2, v4l2_fmtdesc);
    nix::ioctl_readwrite!(g_fmt, b'V', 4, v4l2_format);
    nix::ioctl_readwrite!(s_fmt, b'V', 5, v4l2_format);
    nix::ioctl_readwrite!(g_parm, b'V', 21, v4l2_streamparm);
    nix::ioctl_readwrite!(enuminput, b'V', 26, v4l2_input);
    nix::ioctl_readwrite!(g_ctrl, b'V', 27, v4l2_control);
    nix::ioctl_readwrite!(s_ctrl, b'V', 28, v4l2_control);
    nix::ioctl_readwrite!(queryctrl, b'V', 36, v4l2_queryctrl);
    nix::ioctl_read!(g_input, b'V', 38, c_int);
    nix::ioctl_readwrite!(s_input, b'V', 39, c_int);
    nix::ioctl_readwrite!(g_edid, b'V', 40, v4l2_edid);
    nix::ioctl_readwrite!(s_edid, b'V', 41, v4l2_edid);
    nix::ioctl_readwrite!(s_dv_timings, b'V', 87, v4l2_dv_timings);
    nix::ioctl_readwrite!(g_dv_timings, b'V', 88, v4l2_dv_timings);
    nix::ioctl_read!(query_dv_timings, b'V', 99, v4l2_dv_timings);
    nix::ioctl_readwrite!(watchdog_settimeout, b'W', 6, c_int);
    nix::ioctl_read!(watchdog_gettimeleft, b'W', 10, c_int);
    nix::ioctl_read_buf!(mt_slots, b'E', 10, i32);
}

/// How a capture node hands over its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    SinglePlane,
    /// Planes in memory of their own; most receivers inside a system on chip.
    MultiPlane,
}

impl Queue {
    fn buffer_type(self) -> u32 {
        match self {
            Self::SinglePlane => CAPTURE,
            Self::MultiPlane => CAPTURE_MPLANE,
        }
    }
}

/// What a device node says of itself.
pub(super) struct Caps {
    pub(super) card: String,
    pub(super) bus: String,
    /// The flags of this node, not of the whole device.
    pub(super) flags: v4l::capability::Flags,
}

pub(super) fn caps(device: &Device) -> io::Result<Caps> {
    let mut caps: v4l2_capability = zeroed();
    // SAFETY: see the top of this file.
    unsafe { request::querycap(fd(device), &mut caps) }?;
    Ok(Caps { card: text(&caps.card), bus: text(&caps.bus_info), flags: caps.device_caps.into() })
}

/// Sets a watchdog's limit and gives the one it took, in seconds.
pub(super) fn set_watchdog_limit(watchdog: &File, mut seconds: c_int) -> io::Result<c_int> {
    // SAFETY: see the top of this file.
    unsafe { request::watchdog_settimeout(watchdog.as_raw_fd(), &mut seconds) }?;
    Ok(seconds)
}

/// Seconds until a watchdog strikes.
pub(super) fn watchdog_time_left(watchdog: &File) -> io::Result<c_int> {
    let mut seconds = 0;
    // SAFETY: see the top of this file.
    unsafe { request::watchdog_gettimeleft(watchdog.as_raw_fd(), &mut seconds) }?;
    Ok(seconds)
}

/// Whether something corrects the system's clock (adjtimex(2)).
pub(super) fn clock_is_synchronised() -> io::Result<bool> {
    // Without a mode it only tells.
    let mut state: timex = zeroed();
    // SAFETY: see the top of this file.
    Errno::result(unsafe { adjtimex(&mut state) })?;
    Ok(state.status & STA_UNSYNC == 0)
}

/// What a control takes; `None` where it is switched off.
pub(super) fn control_range(device: &Device, id: u32) -> io::Result<Option<Range>> {
    let mut control = v4l2_queryctrl { id, ..zeroed() };
    // SAFETY: see the top of this file.
    unsafe { request::queryctrl(fd(device), &mut control) }?;
    let range = Range { least: control.minimum, greatest: control.maximum, step: control.step };
    Ok((control.flags & V4L2_CTRL_FLAG_DISABLED == 0).then_some(range))
}

pub(super) fn control(device: &Device, id: u32) -> io::Result<i32> {
    let mut control = v4l2_control { id, ..zeroed() };
    // SAFETY: see the top of this file.
    unsafe { request::g_ctrl(fd(device), &mut control) }?;
    Ok(control.value)
}

pub(super) fn set_control(device: &Device, id: u32, value: i32) -> io::Result<()> {
    let mut control = v4l2_control { id, value };
    // SAFETY: see the top of this file.
    unsafe { request::s_ctrl(fd(device), &mut control) }?;
    Ok(())
}

/// What the kernel remembers of a multi-touch axis, one value a slot (`EVIOCGMTSLOTS` of linux/input.h).
pub(super) fn mt_slots(screen: BorrowedFd<'_>, axis: u16, slots: usize) -> io::Result<Vec<i32>> {
    // The kernel reads the axis from the first word, and writes the values behind it.
    let mut values = vec![0; slots + 1];
    values[0] = axis.into();
    // SAFETY: the request's number says how long the buffer is, which lives until the call returns; any words are valid.
    unsafe { request::mt_slots(screen.as_raw_fd(), &mut values) }?;
    Ok(values.split_off(1))
}

/// The four-character codes that the node delivers.
pub(super) fn formats(device: &Device, queue: Queue) -> Vec<[u8; 4]> {
    let describe = |index: u32| {
        let mut format = v4l2_fmtdesc { index, type_: queue.buffer_type(), ..zeroed() };
        // SAFETY: see the top of this file.
        unsafe { request::enum_fmt(fd(device), &mut format) }.ok()?;
        Some(format.pixelformat.to_le_bytes())
    };
    (0..u32::from(u8::MAX)).map_while(describe).collect()
}

/// The format that is set now.
pub(super) fn format(device: &Device, queue: Queue) -> io::Result<([u8; 4], Size)> {
    let mut format = v4l2_format { type_: queue.buffer_type(), ..zeroed() };
    // SAFETY: see the top of this file.
    unsafe { request::g_fmt(fd(device), &mut format) }?;
    Ok(code_and_size(&format, queue))
}

/// Asks for a format and returns what the driver made of it.
pub(super) fn set_format(device: &Device, queue: Queue, code: [u8; 4], size: Size) -> io::Result<([u8; 4], Size)> {
    let mut format = v4l2_format { type_: queue.buffer_type(), ..zeroed() };
    match queue {
        Queue::SinglePlane => {
            // SAFETY: `pix` is the member of a single-plane capture buffer; every bit pattern is a valid one.
            let pix = unsafe { &mut format.fmt.pix };
            (pix.width, pix.height) = (size.width, size.height);
            (pix.pixelformat, pix.field) = (u32::from_le_bytes(code), FIELD_ANY);
        }
        Queue::MultiPlane => {
            // SAFETY: `pix_mp` is the member of a multi-plane capture buffer; every bit pattern is a valid one.
            let pix = unsafe { &mut format.fmt.pix_mp };
            (pix.width, pix.height) = (size.width, size.height);
            (pix.pixelformat, pix.field) = (u32::from_le_bytes(code), FIELD_ANY);
        }
    }
    // SAFETY: see the top of this file.
    unsafe { request::s_fmt(fd(device), &mut format) }?;
    Ok(code_and_size(&format, queue))
}

fn code_and_size(format: &v4l2_format, queue: Queue) -> ([u8; 4], Size) {
    // SAFETY: `format` came back from the kernel with the buffer type of `queue`, which says the valid member.
    let (code, width, height) = unsafe {
        match queue {
            Queue::SinglePlane => (format.fmt.pix.pixelformat, format.fmt.pix.width, format.fmt.pix.height),
            Queue::MultiPlane => (format.fmt.pix_mp.pixelformat, format.fmt.pix_mp.width, format.fmt.pix_mp.height),
        }
    };
    (code.to_le_bytes(), Size { width, height })
}

/// The frames per second that are set, as the driver spells the fraction; `None` where it does not tell.
pub(super) fn rate(device: &Device, queue: Queue) -> Option<(u32, u32)> {
    let mut parameters = v4l2_streamparm { type_: queue.buffer_type(), ..zeroed() };
    // SAFETY: see the top of this file.
    unsafe { request::g_parm(fd(device), &mut parameters) }.ok()?;
    // SAFETY: `capture` is the member of both capture buffer types.
    let interval = unsafe { parameters.parm.capture.timeperframe };
    reduced(interval.denominator.into(), interval.numerator.into())
}

/// One of the sockets of a capture device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    pub(super) index: u32,
    /// HDMI, DVI or VGA rather than a camera's sensor.
    pub(super) has_dv_timings: bool,
    /// `V4L2_IN_ST_…`; meaningful only for the selected input.
    pub(super) status: u32,
}

pub(super) fn inputs(device: &Device) -> Vec<Input> {
    let describe = |index: u32| {
        let mut input = v4l2_input { index, ..zeroed() };
        // SAFETY: see the top of this file.
        unsafe { request::enuminput(fd(device), &mut input) }.ok()?;
        let has_dv_timings = input.capabilities & V4L2_IN_CAP_DV_TIMINGS != 0;
        Some(Input { index, has_dv_timings, status: input.status })
    };
    (0..u32::from(u8::MAX)).map_while(describe).collect()
}

/// The index of the selected input.
pub(super) fn selected_input(device: &Device) -> io::Result<u32> {
    let mut index: c_int = 0;
    // SAFETY: see the top of this file.
    unsafe { request::g_input(fd(device), &mut index) }?;
    u32::try_from(index).map_err(io::Error::other)
}

pub(super) fn select_input(device: &Device, index: u32) -> io::Result<()> {
    let mut index = c_int::try_from(index).map_err(io::Error::other)?;
    // SAFETY: see the top of this file.
    unsafe { request::s_input(fd(device), &mut index) }?;
    Ok(())
}

/// The timings of a digital video signal.
#[derive(Clone, Copy)]
pub(super) struct Timings(v4l2_dv_timings);

impl Timings {
    /// `None` for a kind of timings that this program does not know; the kernel has only the one.
    fn known(timings: v4l2_dv_timings) -> io::Result<Self> {
        if timings.type_ == V4L2_DV_BT_656_1120 {
            Ok(Self(timings))
        } else {
            Err(io::Error::other("unknown kind of DV timings"))
        }
    }

    fn bt(&self) -> v4l::v4l_sys::v4l2_bt_timings {
        // SAFETY: `known` looked at the type that says that `bt` is the valid member.
        unsafe { self.0.__bindgen_anon_1.bt }
    }

    pub(super) fn size(&self) -> Size {
        let bt = self.bt();
        Size { width: bt.width, height: bt.height }
    }

    /// Fields instead of whole pictures.
    pub(super) fn is_interlaced(&self) -> bool {
        self.bt().interlaced != 0
    }

    /// Frames per second as a fraction; `None` where the device does not know the pixel clock.
    pub(super) fn fps(&self) -> Option<(u32, u32)> {
        let bt = self.bt();
        let wide = u64::from(bt.width) + u64::from(bt.hfrontporch) + u64::from(bt.hsync) + u64::from(bt.hbackporch);
        let of_fields = if bt.interlaced != 0 { [bt.il_vfrontporch, bt.il_vsync, bt.il_vbackporch] } else { [0; 3] };
        let high: u64 =
            [bt.height, bt.vfrontporch, bt.vsync, bt.vbackporch].into_iter().chain(of_fields).map(u64::from).sum();
        reduced(bt.pixelclock, wide * high)
    }

    /// The signal is the same one: size, clock and field order.
    pub(super) fn same_as(&self, other: &Timings) -> bool {
        let (a, b) = (self.bt(), other.bt());
        self.size() == other.size() && self.fps() == other.fps() && { a.interlaced } == { b.interlaced }
    }
}

/// What comes in now, whatever is set.
pub(super) fn detect_timings(device: &Device) -> io::Result<Timings> {
    let mut timings: v4l2_dv_timings = zeroed();
    // SAFETY: see the top of this file.
    unsafe { request::query_dv_timings(fd(device), &mut timings) }?;
    Timings::known(timings)
}

/// What the receiver is set to.
pub(super) fn timings(device: &Device) -> io::Result<Timings> {
    let mut timings: v4l2_dv_timings = zeroed();
    // SAFETY: see the top of this file.
    unsafe { request::g_dv_timings(fd(device), &mut timings) }?;
    Timings::known(timings)
}

pub(super) fn set_timings(device: &Device, timings: &Timings) -> io::Result<()> {
    let mut timings = timings.0;
    // SAFETY: see the top of this file.
    unsafe { request::s_dv_timings(fd(device), &mut timings) }?;
    Ok(())
}

/// How many blocks of an EDID a receiver's input tells computers; nought where it has none. An error where it takes none.
pub(super) fn edid_blocks(device: &Device, input: u32) -> io::Result<u32> {
    let mut edid = v4l2_edid { pad: input, ..zeroed() };
    // SAFETY: see the top of this file; no block is asked for, so that nothing is written through the pointer.
    match unsafe { request::g_edid(fd(device), &mut edid) } {
        Ok(_) => Ok(edid.blocks),
        Err(Errno::ENODATA) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Gives an input an EDID to tell, whole blocks of 128 bytes.
pub(super) fn set_edid(device: &Device, input: u32, blob: &mut [u8]) -> io::Result<()> {
    let blocks = u32::try_from(blob.len() / 128).map_err(io::Error::other)?;
    let mut edid = v4l2_edid { pad: input, blocks, edid: blob.as_mut_ptr(), ..zeroed() };
    // SAFETY: see the top of this file; `blob` holds the blocks that are told of and outlives the call.
    unsafe { request::s_edid(fd(device), &mut edid) }?;
    Ok(())
}

/// A fraction in lowest terms; `None` where it is nought, infinite or too fine.
pub(super) fn reduced(numerator: u64, denominator: u64) -> Option<(u32, u32)> {
    let (mut a, mut b) = (numerator, denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    if numerator == 0 || denominator == 0 {
        return None;
    }
    Some((u32::try_from(numerator / a).ok()?, u32::try_from(denominator / a).ok()?))
}

fn fd(device: &Device) -> c_int {
    device.handle().fd()
}

/// A structure of the kernel's interface with every byte nought, as the interface wants it before a call.
fn zeroed<T: Plain>() -> T {
    // SAFETY: `Plain` is given only to C structures of integers and raw pointers, for which all-nought is a valid value.
    unsafe { mem::zeroed() }
}

trait Plain {}
impl Plain for v4l2_capability {}
impl Plain for v4l2_control {}
impl Plain for v4l2_queryctrl {}
impl Plain for v4l2_fmtdesc {}
impl Plain for v4l2_format {}
impl Plain for v4l2_input {}
impl Plain for v4l2_streamparm {}
impl Plain for v4l2_dv_timings {}
impl Plain for v4l2_edid {}
impl Plain for timex {}

/// A name from a fixed field, up to its first nought.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_in_lowest_terms() {
        for (fraction, lowest) in [
            ((148_500_000, 2200 * 1125), Some((60, 1))),
            ((74_250_000, 2640 * 1125), Some((25, 1))),
            ((60_000, 1001), Some((60_000, 1001))),
            ((0, 5), None),
            ((5, 0), None),
            ((0, 0), None),
            ((u64::MAX, 1), None),
        ] {
            assert_eq!(reduced(fraction.0, fraction.1), lowest, "{fraction:?}");
        }
    }

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(text(b"USB Camera\0\0\0"), "USB Camera");
        assert_eq!(text(b"caf\xe9 \0x"), "caf\u{fffd}");
        assert_eq!(text(b"no end"), "no end");
    }
}
