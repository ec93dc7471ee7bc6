//! A display through the kernel's frame buffer, `/dev/fbN`, which DRM drivers offer too.
//!
//! It has one buffer: a picture is written while the one before is shown, so a fast change can be seen torn.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ketang_hal::HalError;
use ketang_hal::panel::Display;
use ketang_hal::picture::Size;

use super::light::Light;

pub struct FrameBuffer {
    device: PathBuf,
    file: File,
    size: Size,
    /// Bytes from one row to the next.
    stride: u64,
    /// Row by row as the device has them.
    row: Vec<u8>,
    light: Light,
}

impl FrameBuffer {
    /// Opens the frame buffer `name`, such as `fb0`.
    pub fn open(name: &str) -> Result<Self, HalError> {
        Self::at(&Path::new("/sys/class/graphics").join(name), &Path::new("/dev").join(name), Light::first())
    }

    fn at(about: &Path, device: &Path, light: Light) -> Result<Self, HalError> {
        let read = |name: &str| {
            fs::read_to_string(about.join(name))
                .map_err(|error| super::super::device_error(device, "what it is", error))
        };
        let number = |text: &str| text.trim().parse::<u32>().ok();
        let depth = number(&read("bits_per_pixel")?);
        let size = read("modes").ok().as_deref().and_then(mode).or(read("virtual_size").ok().as_deref().and_then(pair));
        let stride = number(&read("stride")?);
        let (Some(32), Some(size), Some(stride)) = (depth, size, stride) else {
            let why = format!("{depth:?} bits a pixel, {size:?}, {stride:?} bytes a row; 32 bits are needed");
            return Err(HalError::NoUsableMode { path: device.into(), why });
        };
        let file = OpenOptions::new().write(true).open(device);
        let file = file.map_err(|error| super::super::device_error(device, "cannot open", error))?;
        Ok(Self { device: device.into(), file, size, stride: u64::from(stride), row: Vec::new(), light })
    }

    fn write(&mut self, picture: &[u32]) -> io::Result<()> {
        for (y, pixels) in picture.chunks_exact(self.size.width as usize).enumerate() {
            self.row.clear();
            self.row.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()));
            self.file.write_all_at(&self.row, y as u64 * self.stride)?;
        }
        Ok(())
    }
}

/// Such as `U:1280x800p-60`.
fn mode(text: &str) -> Option<Size> {
    let (width, rest) = text.lines().next()?.split_once(':')?.1.split_once('x')?;
    let height: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(Size { width: width.parse().ok()?, height: height.parse().ok()? })
}

/// Such as `1280,800`.
fn pair(text: &str) -> Option<Size> {
    let (width, height) = text.trim().split_once(',')?;
    Some(Size { width: width.parse().ok()?, height: height.parse().ok()? })
}

impl Display for FrameBuffer {
    fn size(&self) -> Size {
        self.size
    }

    fn show(&mut self, picture: &[u32]) -> Result<(), HalError> {
        self.write(picture).map_err(|error| super::super::device_error(&self.device, "cannot draw", error))
    }

    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError> {
        self.light.set(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_written_row_by_row() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in
            [("bits_per_pixel", "32\n"), ("modes", "U:2x2p-0\n"), ("virtual_size", "2,4\n"), ("stride", "16\n")]
        {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let device = dir.path().join("fb0");
        fs::write(&device, []).unwrap();
        let mut display = FrameBuffer::at(dir.path(), &device, Light::default()).unwrap();
        assert_eq!(display.size(), Size { width: 2, height: 2 });
        display.show(&[0x0011_2233, 1, 2, 3]).unwrap();
        let bytes = fs::read(&device).unwrap();
        assert_eq!(bytes[..8], [0x33, 0x22, 0x11, 0, 1, 0, 0, 0]);
        assert_eq!(bytes[16..], [2, 0, 0, 0, 3, 0, 0, 0]);
    }

    #[test]
    fn a_display_that_cannot_be_used_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            FrameBuffer::at(dir.path(), &dir.path().join("fb0"), Light::default()).err().map(|error| error.to_string())
        };
        assert!(open().unwrap().starts_with("no device at"));
        for (name, text) in [("bits_per_pixel", "16"), ("virtual_size", "2,4"), ("stride", "16")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        assert!(open().unwrap().contains("32 bits are needed"));
    }
}
