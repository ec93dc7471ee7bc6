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
    /// Where its pixels begin among the plane's, in pixels.
    pixels: u32,
    /// Where its opacities begin; a solid run has none.
    alphas: Option<u32>,
}

/// One plane of a sprite, without the pixels that are not there.
struct Plane {
    channels: usize,
    runs: Vec<Run>,
    /// Where each row's runs begin; one more than there are rows.
    rows: Vec<u32>,
    pixels: Vec<u8>,
    alphas: Vec<u8>,
}

impl Plane {
    /// Packs a plane of `width` pixels a row.
    fn new(values: &[u8], alpha: &[u8], width: usize) -> Plane {
        let channels = values.len() / alpha.len().max(1);
        let mut plane = Plane { channels, runs: Vec::new(), rows: vec![0], pixels: Vec::new(), alphas: Vec::new() };
        for (row, line) in alpha.chunks_exact(width).enumerate() {
            let mut x = 0;
            while x < width {
                let kind = |a: u8| (a > 0, a == 255);
                let length = line[x..].iter().take_while(|&&a| kind(a) == kind(line[x])).count();
                if line[x] > 0 {
                    let alphas = (line[x] < 255).then_some(plane.alphas.len() as u32);
                    let pixels = (plane.pixels.len() / channels) as u32;
                    plane.runs.push(Run { start: x as u16, length: length as u16, pixels, alphas });
                    let from = (row * width + x) * channels;
                    plane.pixels.extend_from_slice(&values[from..from + length * channels]);
                    if alphas.is_some() {
                        plane.alphas.extend_from_slice(&line[x..x + length]);
                    }
                }
                x += length;
            }
            plane.rows.push(plane.runs.len() as u32);
        }
        plane
    }

    fn bytes(&self) -> usize {
        self.pixels.len() + self.alphas.len() + size_of_val(&self.runs[..]) + size_of_val(&self.rows[..])
    }

    /// Lays the plane over another of `stride` bytes a row, its corner at (`left`, `top`), all in this plane's pixels.
    fn lay(&self, left: i32, top: i32, clip: Clip, target: &mut [u8], stride: usize) {
        let rows = self.rows.len() as i32 - 1;
        for row in (clip.top - top).max(0)..rows.min(clip.bottom - top) {
            let line = &mut target[(top + row) as usize * stride..];
            let (first, last) = (self.rows[row as usize] as usize, self.rows[row as usize + 1] as usize);
            for run in &self.runs[first..last] {
                let begin = left + i32::from(run.start);
                let (from, to) = (begin.max(clip.left), (begin + i32::from(run.length)).min(clip.right));
                if from >= to {
                    continue;
                }
                let (skipped, length) = ((from - begin) as usize, (to - from) as usize);
                let target = &mut line[from as usize * self.channels..][..length * self.channels];
                let pixels = &self.pixels[(run.pixels as usize + skipped) * self.channels..][..length * self.channels];
                match run.alphas {
                    None => target.copy_from_slice(pixels),
                    Some(at) => {
                        let alphas = &self.alphas[at as usize + skipped..][..length];
                        let targets = target.chunks_exact_mut(self.channels);
                        for ((target, pixel), &alpha) in targets.zip(pixels.chunks_exact(self.channels)).zip(alphas) {
                            target.iter_mut().zip(pixel).for_each(|(under, &over)| *under = mix(*under, over, alpha));
                        }
                    }
                }
            }
        }
    }
}

/// A picture with transparency, hung by an anchor.
pub(super) struct Sprite {
    /// Top left corner relative to the anchor, in pixels, even.
    left: i32,
    top: i32,
    luma: Plane,
    chroma: Plane,
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
        let luma = Plane::new(&luma, &alpha, width);
        let chroma = Plane::new(&chroma, &chroma_alpha, width / 2);
        Sprite { left, top, luma, chroma }
    }

    pub(super) fn bytes(&self) -> usize {
        self.luma.bytes() + self.chroma.bytes()
    }

    /// Lays the sprite over a frame with its anchor at (`x`, `y`), cut at `clip` and at the frame's borders.
    pub(super) fn lay(&self, x: i32, y: i32, clip: Clip, frame: &mut Nv12<'_>) {
        let (left, top) = ((x + self.left) & !1, (y + self.top) & !1);
        let even = |x: i32| (x & !1) / 2;
        let clip = Clip {
            left: clip.left.max(0),
            top: clip.top.max(0),
            right: clip.right.min(frame.size.width as i32),
            bottom: clip.bottom.min(frame.size.height as i32),
        };
        let half =
            Clip { left: even(clip.left), top: even(clip.top), right: even(clip.right), bottom: even(clip.bottom) };
        self.luma.lay(left, top, clip, frame.luma, frame.stride);
        self.chroma.lay(left / 2, top / 2, half, frame.chroma, frame.stride);
    }
}

fn mix(under: u8, over: u8, alpha: u8) -> u8 {
    let (under, over, alpha) = (i32::from(under), i32::from(over), i32::from(alpha));
    (under + ((over - under) * alpha + 127) / 255) as u8
}
