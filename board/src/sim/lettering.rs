//! Chinese and Latin letters as paths, from the system's Noto CJK font; strokes that look like writing where there is none.

use std::path::Path as FilePath;
use std::sync::OnceLock;

use ab_glyph::{Font, FontVec, OutlineCurve};
use tiny_skia::{Path, PathBuilder, Transform};

use super::space::chance;

/// How thick the letters are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Weight {
    Thin,
    Bold,
}

/// Where distributions keep the font, the number of its simplified Chinese face, and its weight.
const FONTS: [(&str, u32, Weight); 7] = [
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2, Weight::Bold),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2, Weight::Thin),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc", 2, Weight::Bold),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2, Weight::Thin),
    ("/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc", 2, Weight::Thin),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0, Weight::Thin),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0, Weight::Thin),
];

fn font(weight: Weight) -> Option<&'static FontVec> {
    static FONTS_READ: [OnceLock<Option<FontVec>>; 2] = [const { OnceLock::new() }; 2];
    let read = || {
        let there = |(path, ..): &&(&str, u32, Weight)| FilePath::new(path).exists();
        let of_weight = FONTS.iter().filter(there).find(|(.., of)| *of == weight);
        let found = of_weight.or_else(|| FONTS.iter().find(there));
        let font =
            found.and_then(|&(path, face, _)| FontVec::try_from_vec_and_index(std::fs::read(path).ok()?, face).ok());
        if font.is_none() {
            tracing::warn!("the simulated room has no Chinese letters: install the Debian package fonts-noto-cjk");
        }
        font
    };
    FONTS_READ[weight as usize].get_or_init(read).as_ref()
}

/// Small digits, which the font lacks, are made of its ordinary ones: the digit, its size and how far it is raised.
fn small(letter: char) -> (char, f32, f32) {
    let digit = |first: u32| char::from_digit(u32::from(letter) - first, 10);
    match letter {
        '\u{2080}'..='\u{2089}' => (digit(0x2080).unwrap_or(letter), 0.6, -0.12),
        '\u{2070}' | '\u{2074}'..='\u{2079}' => (digit(0x2070).unwrap_or(letter), 0.6, 0.38),
        _ => (letter, 1.0, 0.0),
    }
}

/// The width of `letter` at height 1.
pub(super) fn advance(letter: char) -> f32 {
    let (letter, share, _) = small(letter);
    share
        * match font(Weight::Bold) {
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
pub(super) fn letter(letter: char, x: f32, y: f32, size: f32, weight: Weight) -> Option<Path> {
    let (letter, share, raised) = small(letter);
    let (y, size) = (y - raised * size, size * share);
    let Some(font) = font(weight) else { return strokes(letter, x, y, size) };
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
        if let Some(shape) = letter(c, x, y, size, Weight::Bold) {
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
