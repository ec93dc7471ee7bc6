//! Ready-made NV12: backgrounds that are copied and sprites that are laid over them. Knows bytes, not people.
//!
//! A frame is made of copies of rows, so that it costs little more than its own memory: opaque runs of a sprite are copied
//! and only its edges are mixed. Everything lies on even pixels, where luma and chroma meet.

use ketang_hal::picture::Nv12;
use tiny_skia::Pixmap;

/// Luma and chroma of a BT.709 colour (0..255 each) in limited range.
pub(super) fn yuv(r: f32, g: f32, b: f32) -> [f32; 3] {
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    [16.0 + y * (219.0 / 255.0), 128.0 + (b - y) * (224.0 / 255.0 / 1.8556), 128.0 + (r - y) * (224.0 / 255.0 / 1.5748)]
}

/// An opaque picture, at least as large as the frames cut from it.
pub(super) struct Plate {
    pub(super) width: usize,
    pub(super) height: usize,
    luma: Vec<u8>,
    chroma: Vec<u8>,
}

impl Plate {
    /// Converts an opaque pixmap of even size; a little grain keeps walls from banding.
    pub(super) fn new(pixmap: &Pixmap, grain: f32) -> Plate {
        let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
        let mut luma = vec![0; width * height];
        let mut chroma = vec![0; width * height / 2];
        let rows = pixmap.data().chunks_exact(width * 8);
        let mut dice = 0x2545_F491u32;
        for ((rgba, luma), chroma) in rows.zip(luma.chunks_exact_mut(width * 2)).zip(chroma.chunks_exact_mut(width)) {
            for x in (0..width).step_by(2) {
                let mut sum = [0.0; 2];
                for at in [x, x + 1, width + x, width + x + 1] {
                    let p = &rgba[at * 4..at * 4 + 3];
                    let [y, u, v] = yuv(f32::from(p[0]), f32::from(p[1]), f32::from(p[2]));
                    dice ^= dice << 13;
                    dice ^= dice >> 17;
                    dice ^= dice << 5;
                    let noise = (dice >> 8) as f32 / (1u32 << 24) as f32 + (dice & 0xff) as f32 / 255.0 - 1.0;
                    luma[at] = (y + noise * grain + 0.5) as u8;
                    sum = [sum[0] + u, sum[1] + v];
                }
                chroma[x] = (sum[0] / 4.0 + 0.5) as u8;
                chroma[x + 1] = (sum[1] / 4.0 + 0.5) as u8;
            }
        }
        Plate { width, height, luma, chroma }
    }

    /// The same picture with every byte passed through a tone.
    pub(super) fn toned(&self, tone: &Tone) -> Plate {
        Plate {
            width: self.width,
            height: self.height,
            luma: self.luma.iter().map(|&y| tone.luma[y as usize]).collect(),
            chroma: self
                .chroma
                .chunks_exact(2)
                .flat_map(|c| [tone.blue[c[0] as usize], tone.red[c[1] as usize]])
                .collect(),
        }
    }

    /// Fills a frame with the part of the plate that begins at (`x`, `y`), both even and inside.
    pub(super) fn fill(&self, x: usize, y: usize, frame: &mut Nv12<'_>) {
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        for row in 0..height {
            frame.luma[row * frame.stride..][..width]
                .copy_from_slice(&self.luma[(y + row) * self.width + x..][..width]);
        }
        for row in 0..height / 2 {
            let from = &self.chroma[(y / 2 + row) * self.width + x..][..width];
            frame.chroma[row * frame.stride..][..width].copy_from_slice(from);
        }
    }

    /// Lays the whole plate over a frame with its top left corner at (`x`, `y`), cut at the frame's borders.
    pub(super) fn lay(&self, x: i32, y: i32, frame: &mut Nv12<'_>) {
        let (x, y) = (x & !1, y & !1);
        let from_x = (-x).max(0) as usize;
        let from_y = (-y).max(0) as usize;
        let to_x = self.width.min((frame.size.width as i32 - x).max(0) as usize);
        let to_y = self.height.min((frame.size.height as i32 - y).max(0) as usize);
        if from_x >= to_x {
            return;
        }
        let run = to_x - from_x;
        let left = (x + from_x as i32) as usize;
        for row in from_y..to_y {
            let at = (y + row as i32) as usize * frame.stride + left;
            frame.luma[at..at + run].copy_from_slice(&self.luma[row * self.width + from_x..][..run]);
        }
        for row in from_y / 2..to_y / 2 {
            let at = (y / 2 + row as i32) as usize * frame.stride + left;
            frame.chroma[at..at + run].copy_from_slice(&self.chroma[row * self.width + from_x..][..run]);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.luma.len() + self.chroma.len()
    }
}

/// What switching off the lamps does to a byte: walls go dark, the windows stay bright.
pub(super) struct Tone {
    luma: [u8; 256],
    blue: [u8; 256],
    red: [u8; 256],
}

impl Tone {
    pub(super) fn lamps_off() -> Tone {
        let byte = |x: f32| x.clamp(0.0, 255.0) as u8;
        let luma = std::array::from_fn(|y| {
            let y = y as f32;
            let bright = ((y - 205.0) / 25.0).clamp(0.0, 1.0);
            byte(16.0 + (y - 16.0) * (0.42 + 0.50 * bright))
        });
        let blue = std::array::from_fn(|u| byte(128.0 + (u as f32 - 128.0) * 0.6 + 4.0));
        let red = std::array::from_fn(|v| byte(128.0 + (v as f32 - 128.0) * 0.6 - 3.0));
        Tone { luma, blue, red }
    }
}

/// A run of pixels of one row that is either solid or mixed.
struct Run {
    start: u16,
    length: u16,
    solid: bool,
}

/// The runs of one plane, row after row.
struct Runs {
    runs: Vec<Run>,
    /// Where each row's runs begin; one more than there are rows.
    rows: Vec<u32>,
}

impl Runs {
    fn of(alpha: &[u8], width: usize) -> Runs {
        let mut runs = Vec::new();
        let mut rows = vec![0];
        for row in alpha.chunks_exact(width) {
            let mut x = 0;
            while x < width {
                let solid = row[x] == 255;
                let length = row[x..].iter().take_while(|&&a| if solid { a == 255 } else { a > 0 && a < 255 }).count();
                if length > 0 {
                    runs.push(Run { start: x as u16, length: length as u16, solid });
                }
                x += length.max(1);
            }
            rows.push(runs.len() as u32);
        }
        Runs { runs, rows }
    }

    fn row(&self, row: usize) -> &[Run] {
        &self.runs[self.rows[row] as usize..self.rows[row + 1] as usize]
    }
}

/// A picture with transparency, hung by an anchor.
pub(super) struct Sprite {
    width: usize,
    height: usize,
    /// Top left corner relative to the anchor, in pixels, even.
    left: i32,
    top: i32,
    luma: Vec<u8>,
    alpha: Vec<u8>,
    runs: Runs,
    chroma: Vec<u8>,
    chroma_alpha: Vec<u8>,
    chroma_runs: Runs,
}

/// The part of a frame that may be drawn on, in pixels; right and bottom excluded.
#[derive(Clone, Copy)]
pub(super) struct Clip {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Clip {
    pub(super) const NONE: Clip = Clip { left: 0, top: 0, right: i32::MAX, bottom: i32::MAX };
}

impl Sprite {
    /// Converts premultiplied RGBA of even size whose top left corner lies at (`left`, `top`) from the anchor, both even.
    pub(super) fn new(rgba: &[u8], width: usize, left: i32, top: i32, tone: Option<&Tone>) -> Sprite {
        let height = rgba.len() / 4 / width;
        let mut luma = vec![0; width * height];
        let mut alpha = vec![0; width * height];
        let mut chroma = vec![0; width * height / 2];
        let mut chroma_alpha = vec![0; width * height / 4];
        for y in (0..height).step_by(2) {
            for x in (0..width).step_by(2) {
                let mut sum = [0.0f32; 4];
                for at in [y * width + x, y * width + x + 1, (y + 1) * width + x, (y + 1) * width + x + 1] {
                    let [r, g, b, a] = [0, 1, 2, 3].map(|c| f32::from(rgba[at * 4 + c]));
                    alpha[at] = rgba[at * 4 + 3];
                    if a > 0.0 {
                        let back = 255.0 / a;
                        let value = (yuv(r * back, g * back, b * back)[0] + 0.5).min(235.0) as u8;
                        luma[at] = tone.map_or(value, |tone| tone.luma[value as usize]);
                    }
                    sum = [sum[0] + r, sum[1] + g, sum[2] + b, sum[3] + a];
                }
                if sum[3] > 0.0 {
                    let back = 255.0 / sum[3];
                    let [_, u, v] = yuv(sum[0] * back, sum[1] * back, sum[2] * back).map(|c| (c + 0.5) as u8);
                    let at = y / 2 * width + x;
                    chroma[at] = tone.map_or(u, |tone| tone.blue[u as usize]);
                    chroma[at + 1] = tone.map_or(v, |tone| tone.red[v as usize]);
                    chroma_alpha[y / 2 * (width / 2) + x / 2] = (sum[3] / 4.0 + 0.5) as u8;
                }
            }
        }
        let runs = Runs::of(&alpha, width);
        let chroma_runs = Runs::of(&chroma_alpha, (width / 2).max(1));
        Sprite { width, height, left, top, luma, alpha, runs, chroma, chroma_alpha, chroma_runs }
    }

    pub(super) fn bytes(&self) -> usize {
        self.luma.len() * 3 + 8 * (self.runs.runs.len() + self.chroma_runs.runs.len())
    }

    /// Lays the sprite over a frame with its anchor at (`x`, `y`), cut at `clip` and at the frame's borders.
    pub(super) fn lay(&self, x: i32, y: i32, clip: Clip, frame: &mut Nv12<'_>) {
        let (left, top) = ((x + self.left) & !1, (y + self.top) & !1);
        let clip = Clip {
            left: clip.left.max(0),
            top: clip.top.max(0),
            right: clip.right.min(frame.size.width as i32) & !1,
            bottom: clip.bottom.min(frame.size.height as i32) & !1,
        };
        let from = ((clip.top + 1 & !1) - top).max(0) as usize;
        let to = self.height.min((clip.bottom - top).max(0) as usize);
        for row in from..to {
            let line = &mut frame.luma[(top + row as i32) as usize * frame.stride..][..frame.size.width as usize];
            let (source, alpha) = (&self.luma[row * self.width..], &self.alpha[row * self.width..]);
            for run in self.runs.row(row) {
                let Some((at, first, length)) = cut(run, left, clip.left, clip.right) else { continue };
                let (target, source) = (&mut line[at..at + length], &source[first..first + length]);
                if run.solid {
                    target.copy_from_slice(source);
                } else {
                    for ((target, &source), &alpha) in target.iter_mut().zip(source).zip(&alpha[first..first + length])
                    {
                        *target = mix(*target, source, alpha);
                    }
                }
            }
        }
        for row in from / 2..to / 2 {
            let line = &mut frame.chroma[(top / 2 + row as i32) as usize * frame.stride..][..frame.size.width as usize];
            let (source, alpha) = (&self.chroma[row * self.width..], &self.chroma_alpha[row * (self.width / 2)..]);
            for run in self.chroma_runs.row(row) {
                let Some((at, first, length)) = cut(run, left / 2, clip.left / 2, clip.right / 2) else { continue };
                let (target, source) = (&mut line[at * 2..(at + length) * 2], &source[first * 2..(first + length) * 2]);
                if run.solid {
                    target.copy_from_slice(source);
                } else {
                    let pairs = target.chunks_exact_mut(2).zip(source.chunks_exact(2));
                    for ((target, source), &alpha) in pairs.zip(&alpha[first..first + length]) {
                        target[0] = mix(target[0], source[0], alpha);
                        target[1] = mix(target[1], source[1], alpha);
                    }
                }
            }
        }
    }
}

fn mix(under: u8, over: u8, alpha: u8) -> u8 {
    let (under, over, alpha) = (i32::from(under), i32::from(over), i32::from(alpha));
    (under + ((over - under) * alpha + 127) / 255) as u8
}

/// Where a run lies in the frame's row, where it begins in the sprite's row, and how long it is after cutting.
fn cut(run: &Run, left: i32, from: i32, to: i32) -> Option<(usize, usize, usize)> {
    let start = (left + i32::from(run.start)).max(from);
    let end = (left + i32::from(run.start) + i32::from(run.length)).min(to);
    (start < end).then(|| (start as usize, (start - left) as usize, (end - start) as usize))
}
