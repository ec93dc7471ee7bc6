//! Chinese and Latin letters as paths, from the system's Noto CJK font; strokes that look like writing where there is none.

use std::path::Path as FilePath;
use std::sync::OnceLock;

use ab_glyph::{Font, FontVec, OutlineCurve};
use tiny_skia::{Path, PathBuilder, Transform};

use super::space::chance;

/// Where distributions keep the font, and the number of its simplified Chinese face.
const FONTS: [(&str, u32); 6] = [
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc", 2),
    ("/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
];

fn font() -> Option<&'static FontVec> {
    static FONT: OnceLock<Option<FontVec>> = OnceLock::new();
    FONT.get_or_init(|| {
        let found = FONTS.iter().find(|(path, _)| FilePath::new(path).exists());
        let font =
            found.and_then(|&(path, face)| FontVec::try_from_vec_and_index(std::fs::read(path).ok()?, face).ok());
        if font.is_none() {
            tracing::warn!("the simulated room has no Chinese letters: install the Debian package fonts-noto-cjk");
        }
        font
    })
    .as_ref()
}

/// The width of `letter` at height 1.
pub(super) fn advance(letter: char) -> f32 {
    match font() {
        Some(font) => font.h_advance_unscaled(font.glyph_id(letter)) / font.units_per_em().unwrap_or(1000.0),
        None if letter.is_ascii() => 0.56,
        None => 1.0,
    }
}

/// The width of a line at height 1.
pub(super) fn width(text: &str) -> f32 {
    text.chars().map(advance).sum()
}

/// The shape of one letter, `size` high, its base line's left end at (`x`, `y`).
pub(super) fn letter(letter: char, x: f32, y: f32, size: f32) -> Option<Path> {
    let Some(font) = font() else { return strokes(letter, x, y, size) };
    let scale = size / font.units_per_em().unwrap_or(1000.0);
    let outline = font.outline(font.glyph_id(letter))?;
    let mut path = PathBuilder::new();
    let mut last = None;
    for curve in outline.curves {
        let (OutlineCurve::Line(start, ..) | OutlineCurve::Quad(start, ..) | OutlineCurve::Cubic(start, ..)) = curve;
        if last != Some((start.x, start.y)) {
            if last.is_some() {
                path.close();
            }
            path.move_to(start.x, start.y);
        }
        let end = match curve {
            OutlineCurve::Line(_, end) => {
                path.line_to(end.x, end.y);
                end
            }
            OutlineCurve::Quad(_, a, end) => {
                path.quad_to(a.x, a.y, end.x, end.y);
                end
            }
            OutlineCurve::Cubic(_, a, b, end) => {
                path.cubic_to(a.x, a.y, b.x, b.y, end.x, end.y);
                end
            }
        };
        last = Some((end.x, end.y));
    }
    path.close();
    path.finish()?.transform(Transform::from_row(scale, 0.0, 0.0, -scale, x, y))
}

/// A line of text as one shape.
pub(super) fn line(text: &str, mut x: f32, y: f32, size: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    for c in text.chars() {
        if let Some(shape) = letter(c, x, y, size) {
            path.push_path(&shape);
        }
        x += advance(c) * size;
    }
    path.finish()
}

/// Bars that look like a letter from afar.
fn strokes(letter: char, x: f32, y: f32, size: f32) -> Option<Path> {
    if letter.is_whitespace() {
        return None;
    }
    let wide = advance(letter) * size;
    let mut path = PathBuilder::new();
    let count: u64 = if letter.is_ascii() { 3 } else { 6 };
    for stroke in 0..count {
        let at = |place: u64| chance(u64::from(u32::from(letter)), stroke * 4 + place);
        let (left, top) = (x + wide * (0.1 + 0.5 * at(0)), y - size * (0.1 + 0.7 * at(1)));
        let long = wide * (0.25 + 0.3 * at(2));
        let (w, h) = if at(3) < 0.6 { (long, size * 0.07) } else { (size * 0.07, long) };
        path.push_rect(tiny_skia::Rect::from_xywh(left, top, w, h)?);
    }
    path.finish()
}
