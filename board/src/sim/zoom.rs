//! Lays a plane of a sprite at another size, smoothed: for who walks, whose size changes with every frame.

use super::area::Area;
use super::plane::{Bytes, Plane};

/// How a plane is laid at another size.
pub(super) struct Zoom<'a> {
    pub(super) plane: &'a Plane,
    /// Where the plane's corner lies in the target.
    pub(super) corner: (i32, i32),
    /// Pixels of the target that a pixel of the plane takes.
    pub(super) zoom: f32,
    pub(super) tone: Option<[&'a Bytes; 2]>,
}

impl Zoom<'_> {
    pub(super) fn lay(&self, clip: Area, target: &mut [u8], stride: usize) {
        match self.plane.channels() {
            1 => self.lay_channels::<1>(clip, target, stride),
            _ => self.lay_channels::<2>(clip, target, stride),
        }
    }

    fn lay_channels<const CHANNELS: usize>(&self, clip: Area, target: &mut [u8], stride: usize) {
        let (left, top) = self.corner;
        let columns: Vec<(usize, u32)> = (clip.left..clip.right)
            .map(|x| {
                let place = self.place(x - left);
                // A line begins one pixel before the plane.
                (((place >> 8) + 1).max(0) as usize * CHANNELS, (place & 0xff) as u32)
            })
            .collect();
        let (mut above, mut below) = (Line::new(self.plane), Line::new(self.plane));
        let mut mixed = Mixed { bytes: vec![0; above.bytes.len()], alphas: vec![0; above.bytes.len()] };
        for row in clip.top..clip.bottom {
            let y = self.place(row - top);
            if above.row != Some(y >> 8) {
                std::mem::swap(&mut above, &mut below);
                self.unpack(y >> 8, &mut above);
            }
            self.unpack((y >> 8) + 1, &mut below);
            let (first, end) = (above.from.min(below.from), above.to.max(below.to));
            if first >= end {
                continue;
            }
            mixed.mix(&above, &below, (y & 0xff) as u16);
            // One pixel beside the outermost is still touched by them.
            let edge = |x: i32| left + (x as f32 * self.zoom) as i32;
            let from = edge(first - 1).clamp(clip.left, clip.right);
            let to = (edge(end + 1) + 1).clamp(from, clip.right);
            let line = &mut target[row as usize * stride + from as usize * CHANNELS..];
            let columns = &columns[(from - clip.left) as usize..(to - clip.left) as usize];
            for (under, &(at, beside)) in line.chunks_exact_mut(CHANNELS).zip(columns) {
                mixed.put::<CHANNELS>(at, beside, under);
            }
        }
    }

    /// The place in the plane of a target's pixel, in 1/256 pixel: each pixel's value holds in its middle.
    fn place(&self, at: i32) -> i32 {
        ((at as f32 + 0.5) / self.zoom * 256.0) as i32 - 128
    }

    fn unpack(&self, row: i32, line: &mut Line) {
        if line.row == Some(row) {
            return;
        }
        let channels = self.plane.channels();
        line.row = Some(row);
        line.bytes.fill(0);
        line.alphas.fill(0);
        let inside = (0..self.plane.height() as i32).contains(&row);
        let runs = if inside { self.plane.runs_of(row as usize) } else { &[] };
        (line.from, line.to) = match (runs.first(), runs.last()) {
            (Some(first), Some(last)) => (i32::from(first.start), i32::from(last.start) + i32::from(last.length)),
            _ => (i32::MAX, i32::MIN),
        };
        for run in runs {
            let (bytes, alphas) = self.plane.bytes_of(run);
            let at = (usize::from(run.start) + 1) * channels;
            let to = &mut line.bytes[at..][..bytes.len()];
            to.copy_from_slice(bytes);
            if let Some(tone) = self.tone {
                to.iter_mut().enumerate().for_each(|(at, byte)| *byte = tone[at % channels][*byte as usize]);
            }
            let opacity = &mut line.alphas[at..][..bytes.len()];
            match alphas {
                None => opacity.fill(255),
                Some(alphas) => {
                    opacity.copy_from_slice(alphas);
                    let both = to.iter_mut().zip(alphas);
                    both.for_each(|(byte, &alpha)| *byte = (u16::from(*byte) * u16::from(alpha) / 255) as u8);
                }
            }
        }
    }
}

/// A row of a plane, unpacked, with an empty pixel before it and two after it.
struct Line {
    row: Option<i32>,
    /// Already multiplied by the opacity.
    bytes: Vec<u8>,
    alphas: Vec<u8>,
    /// What is not empty, in the plane's pixels.
    from: i32,
    to: i32,
}

impl Line {
    fn new(plane: &Plane) -> Line {
        let length = (plane.width() + 3) * plane.channels();
        Line { row: None, bytes: vec![0; length], alphas: vec![0; length], from: 0, to: 0 }
    }
}

/// What lies between two rows, in 1/256.
struct Mixed {
    bytes: Vec<u16>,
    alphas: Vec<u16>,
}

impl Mixed {
    fn mix(&mut self, above: &Line, below: &Line, share: u16) {
        let mix = |to: &mut [u16], above: &[u8], below: &[u8]| {
            for ((to, &above), &below) in to.iter_mut().zip(above).zip(below) {
                *to = u16::from(above) * (256 - share) + u16::from(below) * share;
            }
        };
        mix(&mut self.bytes, &above.bytes, &below.bytes);
        mix(&mut self.alphas, &above.alphas, &below.alphas);
    }

    /// Lays what is `beside` 1/256 of a pixel to the right of `at` over one pixel.
    fn put<const CHANNELS: usize>(&self, at: usize, beside: u32, under: &mut [u8]) {
        let between = |line: &[u16], at: usize| {
            (u32::from(line[at]) * (256 - beside) + u32::from(line[at + CHANNELS]) * beside) >> 16
        };
        // All channels of a pixel have one opacity.
        match between(&self.alphas, at) {
            0 => {}
            255 => (0..CHANNELS).for_each(|channel| under[channel] = between(&self.bytes, at + channel) as u8),
            alpha => {
                for (channel, under) in under.iter_mut().enumerate() {
                    let rest = (u32::from(*under) * (255 - alpha) * 257) >> 16;
                    *under = (between(&self.bytes, at + channel) + rest).min(255) as u8;
                }
            }
        }
    }
}
