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

type Bytes = [u8; 256];

/// What switching off the lamps does to a byte: walls go dark, the windows stay bright.
pub(super) struct Tone {
    luma: Bytes,
    blue: Bytes,
    red: Bytes,
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
    /// Where its bytes begin among the plane's.
    bytes: u32,
    /// Where its opacities begin; a solid run has none.
    alphas: Option<u32>,
}

/// One plane of a sprite, without the pixels that are not there.
struct Plane {
    channels: usize,
    runs: Vec<Run>,
    /// Where each row's runs begin; one more than there are rows.
    rows: Vec<u32>,
    bytes: Vec<u8>,
    /// The opacity of each byte of a mixed run.
    alphas: Vec<u8>,
}

impl Plane {
    /// Packs a plane of `width` pixels a row.
    fn new(values: &[u8], alpha: &[u8], width: usize) -> Plane {
        let channels = values.len() / alpha.len().max(1);
        let mut plane = Plane { channels, runs: Vec::new(), rows: vec![0], bytes: Vec::new(), alphas: Vec::new() };
        for (row, line) in alpha.chunks_exact(width).enumerate() {
            let mut x = 0;
            while x < width {
                let kind = |a: u8| (a > 0, a == 255);
                let length = line[x..].iter().take_while(|&&a| kind(a) == kind(line[x])).count();
                if line[x] > 0 {
                    let alphas = (line[x] < 255).then_some(plane.alphas.len() as u32);
                    let bytes = plane.bytes.len() as u32;
                    plane.runs.push(Run { start: x as u16, length: length as u16, bytes, alphas });
                    let from = (row * width + x) * channels;
                    plane.bytes.extend_from_slice(&values[from..from + length * channels]);
                    if alphas.is_some() {
                        plane.alphas.extend(line[x..x + length].iter().flat_map(|&a| std::iter::repeat_n(a, channels)));
                    }
                }
                x += length;
            }
            plane.rows.push(plane.runs.len() as u32);
        }
        plane
    }

    fn size(&self) -> usize {
        self.bytes.len() + self.alphas.len() + size_of_val(&self.runs[..]) + size_of_val(&self.rows[..])
    }

    fn runs_of(&self, row: usize) -> &[Run] {
        &self.runs[self.rows[row] as usize..self.rows[row + 1] as usize]
    }

    /// Lays the plane over another of `stride` bytes a row, its corner at (`left`, `top`), all in this plane's pixels.
    fn lay(&self, (left, top): (i32, i32), clip: Clip, tone: Option<[&Bytes; 2]>, target: &mut [u8], stride: usize) {
        let rows = self.rows.len() as i32 - 1;
        for row in (clip.top - top).max(0)..rows.min(clip.bottom - top) {
            let line = &mut target[(top + row) as usize * stride..];
            for run in self.runs_of(row as usize) {
                let begin = left + i32::from(run.start);
                let (from, to) = (begin.max(clip.left), (begin + i32::from(run.length)).min(clip.right));
                if from >= to {
                    continue;
                }
                let (skipped, length) = ((from - begin) as usize * self.channels, (to - from) as usize * self.channels);
                let target = &mut line[from as usize * self.channels..][..length];
                let bytes = &self.bytes[run.bytes as usize + skipped..][..length];
                let alphas = run.alphas.map(|at| &self.alphas[at as usize + skipped..][..length]);
                match (alphas, tone) {
                    (None, None) => target.copy_from_slice(bytes),
                    (None, Some([tone, _])) if self.channels == 1 => {
                        target.iter_mut().zip(bytes).for_each(|(target, &byte)| *target = tone[byte as usize]);
                    }
                    (None, Some([blue, red])) => {
                        for (target, pair) in target.chunks_exact_mut(2).zip(bytes.chunks_exact(2)) {
                            target.copy_from_slice(&[blue[pair[0] as usize], red[pair[1] as usize]]);
                        }
                    }
                    (Some(alphas), None) => {
                        let all = target.iter_mut().zip(bytes).zip(alphas);
                        all.for_each(|((under, &over), &alpha)| *under = mix(*under, over, alpha));
                    }
                    (Some(alphas), Some(tone)) => {
                        let all = target.iter_mut().zip(bytes).zip(alphas).enumerate();
                        all.for_each(|(at, ((under, &over), &alpha))| {
                            *under = mix(*under, tone[at % self.channels][over as usize], alpha);
                        });
                    }
                }
            }
        }
    }

    /// As `lay`, smaller by the factor `shrink`: the nearest pixel is taken, which is good enough for what moves.
    fn lay_shrunk(
        &self,
        (left, top): (i32, i32),
        clip: Clip,
        tone: Option<[&Bytes; 2]>,
        shrink: f32,
        (target, stride): (&mut [u8], usize),
    ) {
        let rows = ((self.rows.len() - 1) as f32 * shrink) as i32;
        let back = |x: i32| ((x as f32 + 0.5) / shrink) as usize;
        for row in (clip.top - top).max(0)..rows.min(clip.bottom - top) {
            let line = &mut target[(top + row) as usize * stride..];
            for run in self.runs_of(back(row).min(self.rows.len() - 2)) {
                let first = usize::from(run.start);
                let edge = |x: usize| left + (x as f32 * shrink) as i32;
                let from = edge(first).max(clip.left);
                let to = edge(first + usize::from(run.length)).min(clip.right);
                for x in from..to {
                    let at = back(x - left).saturating_sub(first).min(usize::from(run.length) - 1) * self.channels;
                    for channel in 0..self.channels {
                        let byte = self.bytes[run.bytes as usize + at + channel];
                        let byte = tone.map_or(byte, |tone| tone[channel][byte as usize]);
                        let alpha = run.alphas.map_or(255, |alphas| self.alphas[alphas as usize + at + channel]);
                        let under = &mut line[x as usize * self.channels + channel];
                        *under = mix(*under, byte, alpha);
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

/// How a sprite is laid.
#[derive(Clone, Copy)]
pub(super) struct Laying<'a> {
    pub(super) clip: Clip,
    /// 1 or less.
    pub(super) shrink: f32,
    pub(super) tone: Option<&'a Tone>,
}

impl Laying<'_> {
    pub(super) const PLAIN: Laying<'static> = Laying { clip: Clip::NONE, shrink: 1.0, tone: None };
}

impl Sprite {
    /// Converts premultiplied RGBA of even size whose top left corner lies at (`left`, `top`) from the anchor, both even.
    pub(super) fn new(rgba: &[u8], width: usize, left: i32, top: i32) -> Sprite {
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
                        luma[at] = value;
                    }
                    sum = [sum[0] + r, sum[1] + g, sum[2] + b, sum[3] + a];
                }
                if sum[3] > 0.0 {
                    let back = 255.0 / sum[3];
                    let [_, u, v] = yuv(sum[0] * back, sum[1] * back, sum[2] * back).map(|c| (c + 0.5) as u8);
                    let at = y / 2 * width + x;
                    chroma[at] = u;
                    chroma[at + 1] = v;
                    chroma_alpha[y / 2 * (width / 2) + x / 2] = (sum[3] / 4.0 + 0.5) as u8;
                }
            }
        }
        let luma = Plane::new(&luma, &alpha, width);
        let chroma = Plane::new(&chroma, &chroma_alpha, width / 2);
        Sprite { left, top, luma, chroma }
    }

    pub(super) fn bytes(&self) -> usize {
        self.luma.size() + self.chroma.size()
    }

    /// Lays the sprite over a frame with its anchor at (`x`, `y`), cut at `clip` and at the frame's borders.
    pub(super) fn lay(&self, x: i32, y: i32, how: Laying<'_>, frame: &mut Nv12<'_>) {
        let shrunk = |x: i32| if how.shrink == 1.0 { x } else { (x as f32 * how.shrink).round() as i32 };
        let (left, top) = ((x + shrunk(self.left)) & !1, (y + shrunk(self.top)) & !1);
        let even = |x: i32| (x & !1) / 2;
        let clip = Clip {
            left: how.clip.left.max(0),
            top: how.clip.top.max(0),
            right: how.clip.right.min(frame.size.width as i32),
            bottom: how.clip.bottom.min(frame.size.height as i32),
        };
        let half =
            Clip { left: even(clip.left), top: even(clip.top), right: even(clip.right), bottom: even(clip.bottom) };
        let (luma, chroma) = (how.tone.map(|t| [&t.luma; 2]), how.tone.map(|t| [&t.blue, &t.red]));
        let (corner, half_corner) = ((left, top), (left / 2, top / 2));
        if how.shrink == 1.0 {
            self.luma.lay(corner, clip, luma, frame.luma, frame.stride);
            self.chroma.lay(half_corner, half, chroma, frame.chroma, frame.stride);
        } else {
            self.luma.lay_shrunk(corner, clip, luma, how.shrink, (&mut *frame.luma, frame.stride));
            self.chroma.lay_shrunk(half_corner, half, chroma, how.shrink, (&mut *frame.chroma, frame.stride));
        }
    }
}

fn mix(under: u8, over: u8, alpha: u8) -> u8 {
    let (under, over, alpha) = (u32::from(under), u32::from(over), u32::from(alpha));
    (((under * (255 - alpha) + over * alpha + 127) * 257) >> 16) as u8
}
