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
    // Not every width is a multiple of 120: 1280 is not.
    let edge = |index: usize| index * picture.size.width as usize / CELLS_A_WIDTH as usize;
    let height = (picture.size.width.div_ceil(CELLS_A_WIDTH) as usize).min(picture.size.height as usize);
    for (index, white) in cells(number).enumerate() {
        let value = if white { WHITE } else { BLACK };
        for y in 0..height {
            picture.luma[y * picture.stride..][edge(index)..edge(index + 1)].fill(value);
        }
    }
    let width = edge(cells(0).count()).next_multiple_of(2);
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
        for width in [1920, 1280, 960, 640] {
            let size = Size { width, height: 64 };
            let mut luma = vec![90; width as usize * 64];
            let mut chroma = vec![90; width as usize * 32];
            for number in [0, 1, 24, 25, 999_999, (1 << 24) + 50] {
                paint(number, &mut Nv12 { size, stride: width as usize, luma: &mut luma, chroma: &mut chroma });
                let mark = read(&luma, width as usize, Pane { x: 0, y: 0, width, height: 64 });
                assert_eq!(mark, Some(Mark { number: number % (1 << 24), flash: number % (1 << 24) % 25 == 0 }));
            }
        }
    }

    #[test]
    fn a_grey_picture_has_no_mark() {
        assert_eq!(read(&[128; 1920 * 16], 1920, Pane { x: 0, y: 0, width: 1920, height: 16 }), None);
    }
}
