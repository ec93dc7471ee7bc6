//! A frame number that a machine can read from the picture, whatever was done to it on the way.
//!
//! A row of 32 square cells from the picture's top left corner, each 1/120 of the picture's width (16 pixels of 1920): white,
//! black, 24 bits of the number (highest first; white is one), 6 bits of check (number modulo 61). Readable after
//! scaling down to a quarter and encoding. Beside it, cell 33 is the flash: white in every first frame of a second of the
//! numbering (number divisible by 25), black otherwise. Tests and benches read it; nothing in the host does.

use crate::picture::Nv12;

const NUMBER_BITS: u32 = 24;
const CHECK_BITS: u32 = 6;
const CELLS: u32 = 2 + NUMBER_BITS + CHECK_BITS;
const CHECK_MODULUS: u64 = 61;
const CELLS_A_WIDTH: u32 = 120;
const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// A rectangle of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pane {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Frame number modulo 2^24.
    pub number: u64,
    pub flash: bool,
}

fn cells(number: u64) -> impl Iterator<Item = bool> {
    let number = number % (1 << NUMBER_BITS);
    let check = number % CHECK_MODULUS;
    let bits = (number << CHECK_BITS) | check;
    let body = (0..NUMBER_BITS + CHECK_BITS).rev().map(move |bit| bits >> bit & 1 == 1);
    [true, false].into_iter().chain(body).chain([number.is_multiple_of(25)])
}

/// Draws the mark of frame `number`.
pub fn paint(number: u64, picture: &mut Nv12<'_>) {
    let border = |index: usize| index * picture.size.width as usize / CELLS_A_WIDTH as usize;
    let height = border(1).max(1);
    for (index, white) in cells(number).enumerate() {
        let value = if white { WHITE } else { BLACK };
        for y in 0..height {
            picture.luma[y * picture.stride..][border(index)..border(index + 1)].fill(value);
        }
    }
    let width = border(cells(0).count()).next_multiple_of(2);
    for y in 0..height.div_ceil(2) {
        picture.chroma[y * picture.stride..][..width].fill(128);
    }
}

/// Reads the mark of the picture that lies in `pane` of a luma plane; `None` where there is no whole mark.
pub fn read(luma: &[u8], stride: usize, pane: Pane) -> Option<Mark> {
    let cell = f64::from(pane.width) / f64::from(CELLS_A_WIDTH);
    let row = pane.y as usize + (cell / 2.0) as usize;
    let white_at = |index: u32| -> Option<bool> {
        let column = pane.x as usize + ((f64::from(index) + 0.5) * cell) as usize;
        luma.get(row * stride + column).map(|&value| value > 125)
    };
    if (white_at(0), white_at(1)) != (Some(true), Some(false)) {
        return None;
    }
    let mut bits = 0u64;
    for index in 2..CELLS {
        bits = bits << 1 | u64::from(white_at(index)?);
    }
    let number = bits >> CHECK_BITS;
    let flash = white_at(CELLS)?;
    (number % CHECK_MODULUS == bits & ((1 << CHECK_BITS) - 1)).then_some(Mark { number, flash })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Size;

    #[test]
    fn a_painted_mark_is_read_again() {
        let size = Size { width: 1920, height: 64 };
        let mut luma = vec![90; 1920 * 64];
        let mut chroma = vec![90; 1920 * 32];
        for number in [0, 1, 24, 25, 999_999, (1 << 24) + 50] {
            paint(number, &mut Nv12 { size, stride: 1920, luma: &mut luma, chroma: &mut chroma });
            let mark = read(&luma, 1920, Pane { x: 0, y: 0, width: 1920, height: 64 });
            assert_eq!(mark, Some(Mark { number: number % (1 << 24), flash: number % (1 << 24) % 25 == 0 }));
        }
    }

    #[test]
    fn marks_are_read_at_every_width() {
        for width in [320, 640, 1280, 1366] {
            let mut luma = vec![90; width * 16];
            let mut chroma = vec![90; width * 8];
            let size = Size { width: width as u32, height: 16 };
            paint(777, &mut Nv12 { size, stride: width, luma: &mut luma, chroma: &mut chroma });
            let mark = read(&luma, width, Pane { x: 0, y: 0, width: width as u32, height: 16 });
            assert_eq!(mark.map(|mark| mark.number), Some(777), "{width}");
        }
    }

    #[test]
    fn a_grey_picture_has_no_mark() {
        assert_eq!(read(&[128; 1920 * 16], 1920, Pane { x: 0, y: 0, width: 1920, height: 16 }), None);
    }
}
