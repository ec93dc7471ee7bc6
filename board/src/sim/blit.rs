//! Ready-made NV12: backgrounds that are copied and sprites that are laid over them. Knows bytes, not people.
//!
//! Everything lies on even pixels, where luma and chroma meet.

use std::sync::LazyLock;

use ketang_hal::picture::Nv12;
use tiny_skia::Pixmap;

use super::area::Area;
use super::plane::{Bytes, Plane};
use super::zoom::Zoom;

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
        let grain = (grain * 65536.0) as i32;
        let mut dice = 0x2545_F491u32;
        for ((rgba, luma), chroma) in rows.zip(luma.chunks_exact_mut(width * 2)).zip(chroma.chunks_exact_mut(width)) {
            for x in (0..width).step_by(2) {
                let mut sum = [0.0; 3];
                for at in [x, x + 1, width + x, width + x + 1] {
                    let [r, g, b] = [0, 1, 2].map(|channel| rgba[at * 4 + channel]);
                    sum = [sum[0] + f32::from(r), sum[1] + f32::from(g), sum[2] + f32::from(b)];
                    dice ^= dice << 13;
                    dice ^= dice >> 17;
                    dice ^= dice << 5;
                    // The sum of two dice, from -255 to 255.
                    let noise = (dice >> 24) as i32 + (dice & 0xff) as i32 - 255;
                    // The weights of `yuv` in 1/65536.
                    let y = 11966 * i32::from(r) + 40254 * i32::from(g) + 4064 * i32::from(b);
                    luma[at] = ((y + noise * (grain / 255) + (16 << 16) + (1 << 15)) >> 16) as u8;
                }
                let [_, u, v] = yuv(sum[0] / 4.0, sum[1] / 4.0, sum[2] / 4.0);
                chroma[x] = (u + 0.5) as u8;
                chroma[x + 1] = (v + 0.5) as u8;
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

    /// Lays the plate over a frame with its top left corner at (`x`, `y`), both even, cut at `clip`.
    pub(super) fn lay(&self, x: i32, y: i32, clip: Area, frame: &mut Nv12<'_>) {
        let area = self.area(x, y).and(clip).and(Area::of(frame.size));
        if area.is_empty() {
            return;
        }
        let run = (area.right - area.left) as usize;
        let (to, from) = (area.left as usize, (area.left - x) as usize);
        for row in area.top..area.bottom {
            let under = &mut frame.luma[row as usize * frame.stride + to..][..run];
            under.copy_from_slice(&self.luma[(row - y) as usize * self.width + from..][..run]);
        }
        for row in area.top / 2..area.bottom / 2 {
            let under = &mut frame.chroma[row as usize * frame.stride + to..][..run];
            under.copy_from_slice(&self.chroma[(row - y / 2) as usize * self.width + from..][..run]);
        }
    }

    /// What the plate covers with its corner at (`x`, `y`).
    pub(super) fn area(&self, x: i32, y: i32) -> Area {
        Area { left: x, top: y, right: x + self.width as i32, bottom: y + self.height as i32 }
    }
}

/// What switching off the lamps does to a byte: walls go dark, the windows stay bright.
pub(super) struct Tone {
    luma: Bytes,
    blue: Bytes,
    red: Bytes,
}

/// The tone of the room without its lamps.
pub(super) static LAMPS_OFF: LazyLock<Tone> = LazyLock::new(Tone::lamps_off);

impl Tone {
    fn lamps_off() -> Tone {
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

/// A picture with transparency, hung by an anchor.
pub(super) struct Sprite {
    /// Top left corner relative to the anchor, in pixels, even.
    left: i32,
    top: i32,
    luma: Plane,
    chroma: Plane,
}

/// How a sprite is laid.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Laying {
    /// Nothing is drawn to the right of this column of the frame.
    pub(super) right: i32,
    /// Pixels of the frame that a pixel of the sprite takes.
    pub(super) zoom: f32,
    pub(super) lamps_off: bool,
}

impl Laying {
    pub(super) const PLAIN: Laying = Laying { right: i32::MAX, zoom: 1.0, lamps_off: false };
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
                    if rgba[at * 4 + 3] == 0 {
                        continue;
                    }
                    let [r, g, b, a] = [0, 1, 2, 3].map(|c| f32::from(rgba[at * 4 + c]));
                    alpha[at] = rgba[at * 4 + 3];
                    let back = 255.0 / a;
                    luma[at] = (yuv(r * back, g * back, b * back)[0] + 0.5).min(235.0) as u8;
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

    /// Lays the sprite over a frame with its anchor at (`x`, `y`), cut at `clip`.
    pub(super) fn lay(&self, x: i32, y: i32, how: Laying, clip: Area, frame: &mut Nv12<'_>) {
        let area = self.area(x, y, how);
        let clip = clip.and(area).and(Area::of(frame.size));
        if clip.is_empty() {
            return;
        }
        let (corner, half_corner) = ((area.left, area.top), (area.left / 2, area.top / 2));
        let tone = how.lamps_off.then(|| &*LAMPS_OFF);
        let (luma, chroma) = (tone.map(|t| [&t.luma; 2]), tone.map(|t| [&t.blue, &t.red]));
        if how.zoom == 1.0 {
            self.luma.lay(corner, clip, luma, frame.luma, frame.stride);
            self.chroma.lay(half_corner, clip.half(), chroma, frame.chroma, frame.stride);
        } else {
            let zoom = |plane, corner, tone| Zoom { plane, corner, zoom: how.zoom, tone };
            zoom(&self.luma, corner, luma).lay(clip, frame.luma, frame.stride);
            zoom(&self.chroma, half_corner, chroma).lay(clip.half(), frame.chroma, frame.stride);
        }
    }

    /// What the sprite covers with its anchor at (`x`, `y`); all even.
    pub(super) fn area(&self, x: i32, y: i32, how: Laying) -> Area {
        let zoomed = |x: i32| if how.zoom == 1.0 { x } else { (x as f32 * how.zoom).round() as i32 };
        let (left, top) = ((x + zoomed(self.left)) & !1, (y + zoomed(self.top)) & !1);
        let even = |length: usize| (zoomed(length as i32) + 1) & !1;
        let (right, bottom) = (left + even(self.luma.width()), top + even(self.luma.height()));
        Area { left, top, right: right.min(how.right & !1), bottom }
    }
}
