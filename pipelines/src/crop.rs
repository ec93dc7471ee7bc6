//! A lane made of parts of another lane's frames: the picture of a digital close-up.
//!
//! Which part is planned elsewhere, frame by frame. Parts lie between pixels, so a slow move is as smooth as a fast one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TrySendError};
use std::thread::JoinHandle;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x2};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_hal::time::MediaTime;

use crate::MediaError;
use crate::lane::{Frame, FrameKind, Lane, LaneEntry};
use crate::pool::FramePool;

/// Frames that may wait to be cropped; with more, the machine is full and some are left out.
const WAITING: usize = 2;
/// A part that is the whole picture but for so much of it is passed through without a copy.
const WHOLE: f64 = 0.999;

/// A part of a picture, in shares of its width and height from the top left corner. What reaches beyond the picture is cut off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// Which part of the frame of a time is shown; asked once a frame, in order, on a thread of its own.
pub type PlanPart = Box<dyn FnMut(MediaTime) -> Part + Send>;

/// Feeds a lane with parts of another's frames until it is dropped.
pub(crate) struct Crop {
    wanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Crop {
    /// Shows parts of what `whole`, the lane of `of`, gives in the lane behind `entry`.
    pub(crate) fn open(
        (of, whole): (PictureRole, &Lane),
        size: Size,
        entry: LaneEntry,
        plan: PlanPart,
    ) -> Result<Self, MediaError> {
        let cropper = Cropper::new(size)?;
        let wanted = Arc::new(AtomicBool::new(true));
        let still_wanted = wanted.clone();
        let (frames_to, frames) = mpsc::sync_channel(WAITING);
        whole.subscribe(Box::new(move |frame| {
            still_wanted.load(Ordering::Relaxed)
                && !matches!(frames_to.try_send(frame.clone()), Err(TrySendError::Disconnected(_)))
        }));
        let thread = std::thread::Builder::new()
            .name(format!("crop {of}"))
            .spawn(move || run(of, &frames, cropper, &entry, plan))
            .expect("the system can start a thread");
        Ok(Self { wanted, thread: Some(thread) })
    }
}

impl Drop for Crop {
    fn drop(&mut self) {
        // The other lane lets go with its next frame, or has ended.
        self.wanted.store(false, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(of: PictureRole, frames: &Receiver<Frame>, mut cropper: Cropper, entry: &LaneEntry, mut plan: PlanPart) {
    for frame in frames {
        match frame.kind {
            // The lane behind repeats by itself.
            FrameKind::Repeat => {}
            FrameKind::Slate => entry.lost(format!("there is no picture of {of}, which this is a part of")),
            FrameKind::Fresh => match cropper.crop(&frame.buffer, plan(frame.slot.start())) {
                Ok(part) => entry.arrived(part, frame.captured),
                Err(error) => entry.lost(error.to_string()),
            },
        }
    }
}

/// Enlarges parts of NV12 frames to the frames' own size.
struct Cropper {
    size: Size,
    pool: FramePool,
    resizer: Resizer,
}

impl Cropper {
    fn new(size: Size) -> Result<Self, MediaError> {
        Ok(Self { size, pool: FramePool::new(size)?, resizer: Resizer::new() })
    }

    fn crop(&mut self, whole: &gst::Buffer, part: Part) -> Result<gst::Buffer, MediaError> {
        let (left, top) = (part.x.clamp(0.0, 1.0), part.y.clamp(0.0, 1.0));
        let (width, height) = (part.width.min(1.0 - left), part.height.min(1.0 - top));
        if width.min(height) >= WHOLE {
            return Ok(whole.clone());
        }
        let part = Part { x: left, y: top, width, height };
        let mut picture = self.pool.take()?;
        {
            let from = whole.map_readable().map_err(|error| failed(&error))?;
            let buffer = picture.get_mut().expect("a buffer fresh from the pool has one owner");
            let mut to = buffer.map_writable().map_err(|error| failed(&error))?;
            let luma = (self.size.width * self.size.height) as usize;
            let (from_luma, from_chroma) = from.split_at_checked(luma).ok_or_else(|| failed(&"it is too short"))?;
            let (to_luma, to_chroma) = to.split_at_mut_checked(luma).ok_or_else(|| failed(&"it is too short"))?;
            let Size { width, height } = self.size;
            self.plane::<U8>(from_luma, to_luma, Size { width, height }, part)?;
            let half = Size { width: width / 2, height: height / 2 };
            self.plane::<U8x2>(from_chroma, to_chroma, half, part)?;
        }
        Ok(picture)
    }

    /// The pixel's type is fixed when this is compiled: code for every type that the library knows took half this crate's build.
    fn plane<P: PixelTrait>(&mut self, from: &[u8], to: &mut [u8], size: Size, part: Part) -> Result<(), MediaError> {
        let from = TypedImageRef::<P>::from_buffer(size.width, size.height, from).map_err(|error| failed(&error))?;
        let mut to = TypedImage::<P>::from_buffer(size.width, size.height, to).map_err(|error| failed(&error))?;
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            // Blue and red are no transparency.
            .use_alpha(false)
            .crop(part.x * width, part.y * height, part.width * width, part.height * height);
        self.resizer.resize_typed(&from, &mut to, &options).map_err(|error| failed(&error))
    }
}

fn failed(error: &dyn std::fmt::Display) -> MediaError {
    MediaError::Invalid(format!("a frame cannot be cropped: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 320, height: 180 };

    /// Brighter to the right by one a pixel, bluer downwards by one a line of colours.
    fn ramp() -> gst::Buffer {
        gst::init().unwrap();
        let (width, height) = (SIZE.width as usize, SIZE.height as usize);
        let mut nv12: Vec<u8> = (0..width * height).map(|at| (at % width / 2) as u8).collect();
        nv12.extend((0..width * height / 2).map(|at| if at % 2 == 0 { (at / width) as u8 } else { 128 }));
        gst::Buffer::from_slice(nv12)
    }

    fn crop(part: Part) -> Vec<u8> {
        let whole = ramp();
        let cropped = Cropper::new(SIZE).unwrap().crop(&whole, part).unwrap();
        cropped.map_readable().unwrap().to_vec()
    }

    #[test]
    fn a_part_fills_the_picture_in_brightness_and_colour() {
        let nv12 = crop(Part { x: 0.5, y: 0.5, width: 0.5, height: 0.5 });
        let (width, luma) = (SIZE.width as usize, (SIZE.width * SIZE.height) as usize);
        let brightness = |x: usize| nv12[90 * width + x];
        assert!(
            brightness(0).abs_diff(80) <= 1 && brightness(319).abs_diff(159) <= 1 && brightness(160).abs_diff(120) <= 1
        );
        let blue = |line: usize| nv12[luma + line * width + 100];
        assert!(blue(0).abs_diff(45) <= 1 && blue(89).abs_diff(89) <= 1, "{} {}", blue(0), blue(89));
        assert!(nv12[luma..].iter().skip(1).step_by(2).all(|red| *red == 128));
    }

    #[test]
    fn parts_lie_between_pixels() {
        // Ever steeper to the right, so that a quarter of a pixel is seen somewhere however brightness is rounded.
        let mut nv12: Vec<u8> = (0..320_u32 * 180).map(|at| ((at % 320).pow(2) / 402) as u8).collect();
        nv12.resize(320 * 180 * 3 / 2, 128);
        gst::init().unwrap();
        let (whole, mut cropper) = (gst::Buffer::from_slice(nv12), Cropper::new(SIZE).unwrap());
        let mut sum = |x: f64| {
            let cropped = cropper.crop(&whole, Part { x, y: 0.25, width: 0.5, height: 0.5 }).unwrap();
            cropped.map_readable().unwrap()[..57_600].iter().map(|value| u64::from(*value)).sum::<u64>()
        };
        let steps: Vec<u64> = (0..5).map(|step| sum(0.2 + f64::from(step) * 0.25 / 320.0)).collect();
        assert!(
            steps.windows(2).all(|pair| pair[0] < pair[1]),
            "each a little brighter than the one before: {steps:?}"
        );
    }

    #[test]
    fn the_whole_picture_is_passed_through_and_what_is_outside_is_cut_off() {
        let whole = ramp();
        let mut cropper = Cropper::new(SIZE).unwrap();
        let same = cropper.crop(&whole, Part { x: -0.1, y: 0.0, width: 1.2, height: 1.0 }).unwrap();
        assert_eq!(same.as_ptr(), whole.as_ptr());
        let corner = cropper.crop(&whole, Part { x: 0.8, y: 0.8, width: 0.5, height: 0.5 }).unwrap();
        let nv12 = corner.map_readable().unwrap();
        assert!(nv12[319].abs_diff(159) <= 1 && nv12[0].abs_diff(128) <= 1, "{} {}", nv12[0], nv12[319]);
    }
}
