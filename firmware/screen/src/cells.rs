//! A picture cut into cells, and what differs between two pictures cell by cell: how much it moved, and whether it shows
//! something else. Structure is compared, not brightness of pixels, so that a codec's blur and noise are no news.

use crate::luma::Luma;

/// Cells across a picture, and pixels of their sides at the least.
const COLUMNS: usize = 80;
const SMALLEST: usize = 4;
/// The border of a picture, as one part in so many of its width, is not looked at: there are capture's own lines.
const BORDER: usize = 100;
/// What is brighter or darker by so much on the whole is another thing.
const OTHER_BRIGHTNESS: f32 = 22.0;
/// Structure below this variance is noise, or a gradient.
const FLAT: f32 = 80.0;
/// Like enough to be the same: as structural similarity has it (damped by so much variance), or as correlation where both
/// have some structure, for blurred text is the same text.
const SAME: f32 = 0.6;
const DAMPING: f32 = 120.0;
const SOME: f32 = 30.0;

/// Where the cells of a picture of a size lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    size: (usize, usize),
    side: usize,
    left: usize,
    top: usize,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Grid {
    /// The grid for a picture; `None` for one that is too small to hold a cell.
    pub(crate) fn for_picture(picture: &Luma) -> Option<Self> {
        let (width, height) = (picture.width, picture.height);
        let side = width.div_ceil(COLUMNS).max(SMALLEST);
        let border = width.div_ceil(BORDER);
        let cells = |length: usize| length.saturating_sub(2 * border) / side;
        let (columns, rows) = (cells(width), cells(height));
        let centred = |length: usize, cells: usize| (length - cells * side) / 2;
        let (left, top) = (centred(width, columns), centred(height, rows));
        (columns > 0 && rows > 0).then_some(Self { size: (width, height), side, left, top, columns, rows })
    }

    pub(crate) fn cells(&self) -> usize {
        self.columns * self.rows
    }

    pub(crate) fn fits(&self, picture: &Luma) -> bool {
        self.size == (picture.width, picture.height)
    }

    /// Where each line of a cell begins in the picture's bytes.
    fn lines(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (row, column) = (cell / self.columns, cell % self.columns);
        let first = (self.top + row * self.side) * self.size.0 + self.left + column * self.side;
        (0..self.side).map(move |line| first + line * self.size.0)
    }
}

/// A picture with mean and variance of its cells.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    grid: Grid,
    picture: Luma,
    means: Vec<f32>,
    variances: Vec<f32>,
}

impl Frame {
    /// `picture` is of the grid's size.
    pub(crate) fn new(grid: Grid, picture: Luma) -> Self {
        debug_assert!(grid.fits(&picture));
        let (mut means, mut variances) = (Vec::with_capacity(grid.cells()), Vec::with_capacity(grid.cells()));
        for cell in 0..grid.cells() {
            let (mut sum, mut squares) = (0u32, 0u32);
            for line in grid.lines(cell) {
                for pixel in &picture.data[line..line + grid.side] {
                    sum += u32::from(*pixel);
                    squares += u32::from(*pixel) * u32::from(*pixel);
                }
            }
            let pixels = (grid.side * grid.side) as f32;
            let mean = sum as f32 / pixels;
            means.push(mean);
            variances.push((squares as f32 / pixels - mean * mean).max(0.0));
        }
        Self { grid, picture, means, variances }
    }

    /// Whether it is this very picture.
    pub(crate) fn shows(&self, picture: &Luma) -> bool {
        self.picture == *picture
    }

    /// A black picture of the same size.
    pub(crate) fn blackened(&self) -> Self {
        Self::new(self.grid, Luma::filled(self.picture.width, self.picture.height, 0))
    }

    /// Whether there is something in this cell but one brightness.
    pub(crate) fn has_structure(&self, cell: usize) -> bool {
        self.variances[cell] > FLAT
    }

    fn covariance(&self, other: &Frame, cell: usize) -> f32 {
        let side = self.grid.side;
        let mut products = 0u32;
        for line in self.grid.lines(cell) {
            let lines = self.picture.data[line..line + side].iter().zip(&other.picture.data[line..line + side]);
            products += lines.map(|(a, b)| u32::from(*a) * u32::from(*b)).sum::<u32>();
        }
        products as f32 / (side * side) as f32 - self.means[cell] * other.means[cell]
    }

    /// Mean square of the difference between two pictures in a cell.
    pub(crate) fn moved(&self, other: &Frame, cell: usize) -> f32 {
        let brighter = self.means[cell] - other.means[cell];
        let structure = self.variances[cell] + other.variances[cell] - 2.0 * self.covariance(other, cell);
        structure.max(0.0) + brighter * brighter
    }

    /// Whether two pictures show something else in a cell.
    pub(crate) fn differs(&self, other: &Frame, cell: usize) -> bool {
        if (self.means[cell] - other.means[cell]).abs() > OTHER_BRIGHTNESS {
            return true;
        }
        let (a, b) = (self.variances[cell], other.variances[cell]);
        let covariance = self.covariance(other, cell);
        let similar = (2.0 * covariance + DAMPING) / (a + b + DAMPING) > SAME;
        let correlated = a.min(b) > SOME && covariance > SAME * (a * b).sqrt();
        !similar && !correlated
    }

    /// Takes over a cell from another picture.
    pub(crate) fn take(&mut self, other: &Frame, cell: usize) {
        for line in self.grid.lines(cell) {
            let line = line..line + self.grid.side;
            self.picture.data[line.clone()].copy_from_slice(&other.picture.data[line]);
        }
        self.means[cell] = other.means[cell];
        self.variances[cell] = other.variances[cell];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pixel: impl Fn(usize, usize) -> u8) -> Frame {
        let data = (0..360).flat_map(|y| (0..640).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
        let picture = Luma::new(640, 360, data).unwrap();
        Frame::new(Grid::for_picture(&picture).unwrap(), picture)
    }

    #[test]
    fn blur_noise_and_a_little_light_are_the_same_and_other_text_is_not() {
        let text = |x: usize, y: usize| if (x / 3 * 7 + y / 3 * 5).is_multiple_of(4) { 30 } else { 230 };
        let sharp = frame(text);
        let other = frame(|x, y| if (x / 3 * 3 + y / 3 * 11) % 5 == 0 { 30 } else { 230 });
        let blurred = frame(|x, y| (130 + (i32::from(text(x, y)) - 130) / 3 + 30) as u8);
        let noisy = frame(|x, y| (i32::from(text(x, y)) + (x * 13 + y * 29) as i32 % 17 - 8).clamp(0, 255) as u8);
        let empty = frame(|_, _| 200);
        let cases = [(&sharp, false), (&blurred, false), (&noisy, false), (&other, true), (&empty, true)];
        for (number, (picture, differs)) in cases.into_iter().enumerate() {
            let share = (0..sharp.grid.cells()).filter(|cell| sharp.differs(picture, *cell)).count() as f32
                / sharp.grid.cells() as f32;
            assert!(if differs { share > 0.8 } else { share < 0.02 }, "picture {number}: {share}");
        }
    }

    #[test]
    fn pictures_of_any_size_have_cells_or_none() {
        let grid = |width, height| Grid::for_picture(&Luma::filled(width, height, 0)).map(|g| (g.columns, g.rows));
        assert_eq!(grid(640, 360), Some((78, 43)));
        assert_eq!(grid(320, 180), Some((78, 43)));
        assert_eq!(grid(480, 360), Some((78, 58)));
        assert_eq!(grid(4, 3), None);
    }

    #[test]
    fn a_cell_taken_over_is_as_the_other() {
        let (mut a, b) = (frame(|_, _| 10), frame(|x, _| x as u8));
        a.take(&b, 100);
        assert_eq!((a.moved(&b, 100), a.moved(&b, 100) == a.moved(&b, 101)), (0.0, false));
    }
}
