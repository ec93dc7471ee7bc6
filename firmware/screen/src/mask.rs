//! Sets of cells, and which of them hang together: what is as small as a pointer is told from text.

use crate::cells::Grid;

/// What fits into a square of so many cells is as small as a pointer, a page number or a clock.
const POINTER: usize = 4;

/// A rectangle of cells, the last ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Span {
    pub(crate) fn grown(self, by: usize) -> Self {
        let (left, top) = (self.left.saturating_sub(by), self.top.saturating_sub(by));
        Self { left, top, right: self.right + by, bottom: self.bottom + by }
    }

    pub(crate) fn contains(&self, grid: &Grid, cell: usize) -> bool {
        let (row, column) = (cell / grid.columns, cell % grid.columns);
        (self.left..=self.right).contains(&column) && (self.top..=self.bottom).contains(&row)
    }

    fn with(self, row: usize, column: usize) -> Self {
        Self {
            left: self.left.min(column),
            top: self.top.min(row),
            right: self.right.max(column),
            bottom: self.bottom.max(row),
        }
    }

    /// How many cells it holds.
    pub(crate) fn cells(&self) -> usize {
        (self.right - self.left + 1) * (self.bottom - self.top + 1)
    }

    fn is_small(&self) -> bool {
        self.right - self.left < POINTER && self.bottom - self.top < POINTER
    }
}

/// The rectangle around a set; `None` where it is empty.
pub(crate) fn span(grid: &Grid, mask: &[bool]) -> Option<Span> {
    let places = (0..grid.cells()).filter(|cell| mask[*cell]).map(|cell| (cell / grid.columns, cell % grid.columns));
    places.fold(None, |span: Option<Span>, (row, column)| {
        let one = Span { left: column, top: row, right: column, bottom: row };
        Some(span.map_or(one, |span| span.with(row, column)))
    })
}

/// The set without what is as small as a pointer: cells hang together over edges and corners.
pub(crate) fn without_small(grid: &Grid, mask: &[bool]) -> Vec<bool> {
    let mut kept = vec![false; mask.len()];
    let mut seen = vec![false; mask.len()];
    let mut piece = Vec::new();
    for first in (0..mask.len()).filter(|cell| mask[*cell]) {
        if std::mem::replace(&mut seen[first], true) {
            continue;
        }
        piece.clear();
        piece.push(first);
        let mut next = 0;
        let mut around: Option<Span> = None;
        while let Some(&cell) = piece.get(next) {
            next += 1;
            let (row, column) = (cell / grid.columns, cell % grid.columns);
            let one = Span { left: column, top: row, right: column, bottom: row };
            around = Some(around.map_or(one, |span| span.with(row, column)));
            for row in row.saturating_sub(1)..(row + 2).min(grid.rows) {
                for column in column.saturating_sub(1)..(column + 2).min(grid.columns) {
                    let neighbour = row * grid.columns + column;
                    if mask[neighbour] && !std::mem::replace(&mut seen[neighbour], true) {
                        piece.push(neighbour);
                    }
                }
            }
        }
        if around.is_some_and(|span| !span.is_small()) {
            piece.iter().for_each(|cell| kept[*cell] = true);
        }
    }
    kept
}

pub(crate) fn count(mask: &[bool]) -> usize {
    mask.iter().filter(|set| **set).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luma::Luma;

    #[test]
    fn a_pointer_goes_and_a_word_stays() {
        let grid = Grid::for_picture(&Luma::filled(640, 360, 0)).unwrap();
        let mut mask = vec![false; grid.cells()];
        let mut set = |row: usize, column: usize| mask[row * grid.columns + column] = true;
        (0..16).for_each(|cell| set(5 + cell / 4, 5 + cell % 4));
        (0..6).for_each(|column| set(20 + column % 2, 30 + column));
        let kept = without_small(&grid, &mask);
        assert_eq!((count(&mask), count(&kept)), (22, 6));
        assert_eq!(span(&grid, &kept), Some(Span { left: 30, top: 20, right: 35, bottom: 21 }));
        assert_eq!(span(&grid, &vec![false; grid.cells()]), None);
    }
}
