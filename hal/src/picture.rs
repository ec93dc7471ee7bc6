//! Pictures: where they come from and how they lie in memory.

use std::path::PathBuf;

/// Size of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const FULL_HD: Size = Size { width: 1920, height: 1080 };
    pub const HD: Size = Size { width: 1280, height: 720 };
}

/// A picture in NV12: one luma plane, then one plane of interleaved chroma at half size both ways (BT.709, limited range).
///
/// Both planes have the same `stride` in bytes; width and height are even.
pub struct Nv12<'a> {
    pub size: Size,
    pub stride: usize,
    /// `stride` × height bytes.
    pub luma: &'a mut [u8],
    /// `stride` × height / 2 bytes.
    pub chroma: &'a mut [u8],
}

/// Whether a painter delivered a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Painted {
    Frame,
    /// The source is unplugged: nothing arrives in this slot.
    Nothing,
}

/// A source of pictures that is drawn by a program: one camera of the simulated room.
pub trait Painter: Send {
    fn size(&self) -> Size;

    /// Draws frame `number` (25 a second, counted from the opening of the studio) into `picture`, whole.
    ///
    /// `before` is the number of the frame that `picture` holds, unaltered since this painter drew it there: what is the
    /// same in both need not be drawn again. `None`: the memory may hold anything. [`Painted::Nothing`] leaves it as it was.
    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>, before: Option<u64>) -> Painted;
}

/// Pixel formats and codecs that a V4L2 device delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum V4l2Format {
    Nv12,
    Yuyv,
    Uyvy,
    I420,
    Bgr3,
    Rgb3,
    Mjpeg,
    H264,
}

/// What a camera may do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrAuto<T> {
    Auto,
    Fixed(T),
}

/// The frequency of the mains, whose lamps make a camera's picture flicker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerLine {
    Off,
    Hz50,
    Hz60,
    Auto,
}

/// How a camera makes its picture, where that is not left to the camera. Per cent are those of the camera's own range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureSettings {
    pub brightness: Option<u8>,
    pub contrast: Option<u8>,
    pub saturation: Option<u8>,
    pub sharpness: Option<u8>,
    pub backlight: Option<u8>,
    pub gain: Option<OrAuto<u8>>,
    /// In kelvins.
    pub white_balance: Option<OrAuto<u32>>,
    /// In microseconds a frame.
    pub exposure: Option<OrAuto<u32>>,
    /// From far (0) to near.
    pub focus: Option<OrAuto<u8>>,
    pub power_line: Option<PowerLine>,
}

/// A place where pictures come from, opened and probed by the board, ready to be put into a graph.
pub enum PictureSource {
    V4l2 {
        device: PathBuf,
        format: V4l2Format,
        size: Size,
        /// Frames per second as a fraction.
        fps: (u32, u32),
    },
    Rtsp {
        url: String,
        user: Option<String>,
        password: Option<String>,
    },
    /// Plays a file again and again in real time.
    File {
        path: PathBuf,
    },
    Drawn(Box<dyn Painter>),
    /// Moving test bars.
    Pattern,
}

/// What an HDMI or VGA input tells of its signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A picture of this size comes in.
    Locked(Size),
    /// Nothing is connected, or the computer sleeps.
    None,
    /// Something comes in that cannot be locked to.
    Unstable,
    /// The device cannot tell (cameras).
    Unknown,
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Locked(Size { width, height }) => write!(f, "{width}x{height}"),
            Self::None => f.write_str("none"),
            Self::Unstable => f.write_str("unstable"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
