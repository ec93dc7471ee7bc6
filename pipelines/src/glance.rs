//! Small pictures of an input for those who watch it: taken from its lane without ever holding that up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use ketang_hal::picture::Size;
use ketang_hal::time::MediaTime;

use crate::lane::{Frame, FrameKind, FrameSink};

/// A picture in memory: red, green and blue, a byte each, line after line without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallPicture {
    pub size: Size,
    pub rgb: Vec<u8>,
}

/// A look at an input at a time. Seeing the picture costs; whoever does not want it at present leaves it.
#[derive(Clone, Debug)]
pub struct Glance {
    pub at: MediaTime,
    frame: Frame,
    from: Size,
    to: Size,
}

impl SmallPicture {
    /// NV12 (BT.709, limited range) made small: brightness by the mean of what each pixel stands for, colour by a sample from
    /// its middle. Both planes have lines of `from.width` bytes.
    pub fn of(luma: &[u8], chroma: &[u8], from: Size, to: Size) -> Self {
        let (from_width, from_height) = (from.width as usize, from.height as usize);
        let (width, height) = (to.width as usize, to.height as usize);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for (y, means) in means(luma, from, to).chunks_exact(width).enumerate() {
            let middle = (y * from_height / height + (y + 1) * from_height / height) / 2;
            let colours = &chroma[middle / 2 * from_width..(middle / 2 + 1) * from_width];
            for (x, mean) in means.iter().enumerate() {
                let at = (x * from_width / width + (x + 1) * from_width / width) / 4 * 2;
                rgb.extend(colour((*mean).into(), i32::from(colours[at]), i32::from(colours[at + 1])));
            }
        }
        Self { size: to, rgb }
    }
}

/// The brightness (0 to 255) of the same small picture, a byte each.
pub fn brightness(luma: &[u8], from: Size, to: Size) -> Vec<u8> {
    let full: [u8; 256] = std::array::from_fn(|mean| colour(mean as i32, 128, 128)[0]);
    means(luma, from, to).into_iter().map(|mean| full[usize::from(mean)]).collect()
}

/// The mean luma of what each pixel of the small picture stands for.
fn means(luma: &[u8], from: Size, to: Size) -> Vec<u8> {
    let (from_width, from_height) = (from.width as usize, from.height as usize);
    let (width, height) = (to.width as usize, to.height as usize);
    let columns: Vec<_> = (0..width)
        .map(|x| x * from_width / width..((x + 1) * from_width / width).max(x * from_width / width + 1))
        .collect();
    let mut sums = vec![0u16; from_width];
    let mut means = Vec::with_capacity(width * height);
    for y in 0..height {
        let lines = y * from_height / height..((y + 1) * from_height / height).max(y * from_height / height + 1);
        sums.fill(0);
        for line in lines.clone() {
            let row = &luma[line * from_width..(line + 1) * from_width];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += u16::from(*value));
        }
        // A product with the reciprocal in place of a division for each pixel: as exact for sums of bytes.
        let reciprocal = |columns: usize| (1u64 << 32).div_ceil((columns * lines.len()) as u64);
        let narrow = from_width / width;
        let reciprocals = [reciprocal(narrow.max(1)), reciprocal(narrow + 1)];
        means.extend(columns.iter().map(|column| {
            let sum: u64 = sums[column.clone()].iter().map(|sum| u64::from(*sum)).sum();
            ((sum * reciprocals[usize::from(column.len() > narrow.max(1))]) >> 32) as u8
        }));
    }
    means
}

impl Glance {
    /// The picture; `None` where the input is lost.
    pub fn picture(&self) -> Option<SmallPicture> {
        if self.frame.kind == FrameKind::Slate { None } else { self.shown() }
    }

    /// Its brightness alone, for who needs no colours; `None` where the input is lost.
    pub fn brightness(&self) -> Option<Vec<u8>> {
        let looked = || self.frame.look(self.from, |luma, _| brightness(luma, self.from, self.to));
        if self.frame.kind == FrameKind::Slate { None } else { looked() }
    }

    /// What stands there for people: the picture, or the slate of an input that is lost.
    pub fn shown(&self) -> Option<SmallPicture> {
        self.frame.look(self.from, |luma, chroma| SmallPicture::of(luma, chroma, self.from, self.to))
    }
}

/// Whether anybody looks. While nobody does, glances cost nothing.
#[derive(Clone, Debug)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    pub fn open(&self, open: bool) {
        self.0.store(open, Ordering::Relaxed);
    }
}

/// Glances at one input, one every few frames; those that nobody waits for are left out.
#[derive(Debug)]
pub struct Glances {
    frames: Receiver<Frame>,
    gate: Gate,
    from: Size,
    to: Size,
}

impl Glances {
    /// The receiver, and the sink that feeds it every `every` slots from a lane of pictures of size `from`.
    pub(crate) fn new(from: Size, to: Size, every: u64) -> (Self, FrameSink) {
        let (frames_to, frames) = mpsc::sync_channel(1);
        let gate = Gate(Arc::new(AtomicBool::new(true)));
        let is_open = gate.clone();
        let sink = move |frame: &Frame| {
            if !is_open.0.load(Ordering::Relaxed) || !frame.slot.0.is_multiple_of(every) {
                return true;
            }
            !matches!(frames_to.try_send(frame.clone()), Err(mpsc::TrySendError::Disconnected(_)))
        };
        (Self { frames, gate, from, to }, Box::new(sink))
    }

    /// Open at first.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Waits for the next glance, `limit` at the longest. An error when the input is gone for good.
    pub fn next(&self, limit: Duration) -> Result<Option<Glance>, mpsc::RecvError> {
        let frame = match self.frames.recv_timeout(limit) {
            Ok(frame) => frame,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => return Err(mpsc::RecvError),
        };
        Ok(Some(Glance { at: frame.slot.start(), frame, from: self.from, to: self.to }))
    }
}

/// ITU-R BT.709-6, 3.5, in 1/256.
fn colour(y: i32, cb: i32, cr: i32) -> [u8; 3] {
    let (y, cb, cr) = (298 * (y - 16) + 128, cb - 128, cr - 128);
    let clamp = |value: i32| (value >> 8).clamp(0, 255) as u8;
    [clamp(y + 459 * cr), clamp(y - 55 * cb - 136 * cr), clamp(y + 541 * cb)]
}

#[cfg(test)]
mod tests {
    use ketang_hal::time::Slot;

    use super::*;

    const FROM: Size = Size { width: 96, height: 48 };
    const TO: Size = Size { width: 32, height: 16 };

    /// The left half red, the right half grey with a fine chequer.
    fn frame() -> Vec<u8> {
        let (width, height) = (FROM.width as usize, FROM.height as usize);
        let mut nv12 = vec![0; width * height * 3 / 2];
        for y in 0..height {
            for x in 0..width {
                let chequer = if (x + y) % 2 == 0 { 146 } else { 106 };
                nv12[y * width + x] = if x < width / 2 { 63 } else { chequer };
            }
        }
        let chroma = &mut nv12[width * height..];
        for (index, pair) in chroma.chunks_exact_mut(2).enumerate() {
            pair.copy_from_slice(if index % (width / 2) < width / 4 { &[102, 240] } else { &[128, 128] });
        }
        nv12
    }

    #[test]
    fn a_small_picture_has_the_means_and_the_colours() {
        let nv12 = frame();
        let (luma, chroma) = nv12.split_at((FROM.width * FROM.height) as usize);
        let picture = SmallPicture::of(luma, chroma, FROM, TO);
        let pixel = |x: usize, y: usize| &picture.rgb[(y * TO.width as usize + x) * 3..][..3];
        assert_eq!(picture.rgb.len(), (TO.width * TO.height * 3) as usize);
        let close = |found: &[u8], wanted: [u8; 3]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(close(pixel(3, 3), [255, 0, 0]), "{:?}", pixel(3, 3));
        assert!(close(pixel(28, 9), [128, 128, 128]), "{:?}", pixel(28, 9));
    }

    #[test]
    fn brightness_is_that_of_the_grey_in_the_picture_whatever_the_sizes() {
        for (to, from) in [((32, 16), FROM), ((33, 7), FROM), ((96, 48), FROM), ((95, 47), FROM), ((120, 60), FROM)] {
            let to = Size { width: to.0, height: to.1 };
            let pixels = (from.width * from.height) as usize;
            let luma: Vec<u8> = (0..pixels).map(|i| (i * 37 % 251) as u8).collect();
            let picture = SmallPicture::of(&luma, &vec![128; pixels / 2], from, to);
            let grey: Vec<u8> = picture.rgb.chunks_exact(3).map(|rgb| rgb[0]).collect();
            assert_eq!(brightness(&luma, from, to), grey, "{to:?}");
            let side = |n: u32, from: u32, to: u32| {
                (n * from / to) as usize..((n + 1) * from / to).max(n * from / to + 1) as usize
            };
            let mean = |x: u32, y: u32| {
                let places =
                    side(y, from.height, to.height).flat_map(|y| side(x, from.width, to.width).map(move |x| (x, y)));
                let values: Vec<u32> = places.map(|(x, y)| u32::from(luma[y * from.width as usize + x])).collect();
                (values.iter().sum::<u32>() / values.len() as u32) as u8
            };
            let all: Vec<u8> =
                (0..to.height).flat_map(|y| (0..to.width).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect();
            assert_eq!(means(&luma, from, to), all, "{to:?}");
        }
    }

    #[test]
    fn glances_come_every_few_frames_and_nobody_is_held_up() {
        gst::init().unwrap();
        let (glances, mut sink) = Glances::new(FROM, TO, 3);
        let frame = |slot: u64, kind| {
            let buffer = gst::Buffer::from_slice(frame());
            Frame { slot: Slot(slot), buffer, captured: Slot(slot).start(), kind }
        };
        for slot in 0..30 {
            assert!(sink(&frame(slot, FrameKind::Fresh)));
        }
        let first = glances.next(Duration::ZERO).unwrap().unwrap();
        assert_eq!((first.at, first.picture().map(|picture| picture.size)), (Slot(0).start(), Some(TO)));
        assert!(glances.next(Duration::ZERO).unwrap().is_none(), "the others were left out");
        sink(&frame(33, FrameKind::Slate));
        let slate = glances.next(Duration::ZERO).unwrap().unwrap();
        assert_eq!((slate.picture(), slate.shown().map(|picture| picture.size)), (None, Some(TO)));
        glances.gate().open(false);
        sink(&frame(36, FrameKind::Fresh));
        assert!(glances.next(Duration::ZERO).unwrap().is_none(), "nobody looks");
        glances.gate().open(true);
        drop(glances);
        assert!(!sink(&frame(39, FrameKind::Fresh)), "the subscription ends with whoever looked");
    }
}
