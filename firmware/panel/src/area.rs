//! Laying out: pieces cut off a rectangle. Too small a rest is empty, never negative.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

pub(crate) trait Cut: Sized {
    /// Takes the uppermost `height` and leaves the rest.
    fn cut_top(&mut self, height: u32) -> Self;
    fn cut_bottom(&mut self, height: u32) -> Self;
    fn cut_left(&mut self, width: u32) -> Self;
    fn cut_right(&mut self, width: u32) -> Self;
    /// Without `x` at the left and right, and without `y` above and below.
    fn inset(self, x: u32, y: u32) -> Self;
    /// The columns of equal width with `gap` between them.
    fn columns(self, count: u32, gap: u32) -> Vec<Self>;
    fn rows_of(self, count: u32, gap: u32) -> Vec<Self>;
    /// A piece of this size in the middle.
    fn middle(self, size: Size) -> Self;
}

impl Cut for Rectangle {
    fn cut_top(&mut self, height: u32) -> Self {
        let height = height.min(self.size.height);
        let piece = Rectangle::new(self.top_left, Size::new(self.size.width, height));
        self.top_left.y += height as i32;
        self.size.height -= height;
        piece
    }

    fn cut_bottom(&mut self, height: u32) -> Self {
        let height = height.min(self.size.height);
        self.size.height -= height;
        let below = self.top_left + Point::new(0, self.size.height as i32);
        Rectangle::new(below, Size::new(self.size.width, height))
    }

    fn cut_left(&mut self, width: u32) -> Self {
        let width = width.min(self.size.width);
        let piece = Rectangle::new(self.top_left, Size::new(width, self.size.height));
        self.top_left.x += width as i32;
        self.size.width -= width;
        piece
    }

    fn cut_right(&mut self, width: u32) -> Self {
        let width = width.min(self.size.width);
        self.size.width -= width;
        let beside = self.top_left + Point::new(self.size.width as i32, 0);
        Rectangle::new(beside, Size::new(width, self.size.height))
    }

    fn inset(self, x: u32, y: u32) -> Self {
        let size = Size::new(self.size.width.saturating_sub(2 * x), self.size.height.saturating_sub(2 * y));
        Rectangle::new(self.top_left + Point::new(x as i32, y as i32), size)
    }

    fn columns(mut self, count: u32, gap: u32) -> Vec<Self> {
        let mut columns = Vec::new();
        for left in (1..=count).rev() {
            let width = (self.size.width + gap) / left;
            columns.push(self.cut_left(width.saturating_sub(gap)));
            self.cut_left(gap);
        }
        columns
    }

    fn rows_of(mut self, count: u32, gap: u32) -> Vec<Self> {
        let mut rows = Vec::new();
        for left in (1..=count).rev() {
            let height = (self.size.height + gap) / left;
            rows.push(self.cut_top(height.saturating_sub(gap)));
            self.cut_top(gap);
        }
        rows
    }

    fn middle(self, size: Size) -> Self {
        let rest = self.size.saturating_sub(size);
        Rectangle::new(self.top_left + Point::new(rest.width as i32 / 2, rest.height as i32 / 2), size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_share_the_remainder() {
        let area = Rectangle::new(Point::new(5, 7), Size::new(100, 10));
        let columns = area.columns(3, 10);
        assert_eq!(columns.iter().map(|column| column.size.width).collect::<Vec<_>>(), [26, 27, 27]);
        assert_eq!(columns[2].bottom_right(), area.bottom_right());
        assert!(Rectangle::zero().columns(3, 10).iter().all(|column| column.size.width == 0));
    }
}
