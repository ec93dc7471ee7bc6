//! A small picture in memory, and the cutting of views out of it. It decodes nothing and knows no camera.

use crate::area::Area;

/// RGB, a byte each, line after line without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Picture {
    /// A picture of these bytes, or `None` where their number is another than the size asks for.
    pub fn new(width: usize, height: usize, data: Vec<u8>) -> Option<Self> {
        (width > 0 && height > 0 && data.len() == width * height * 3).then_some(Self { width, height, data })
    }

    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, data: colour.repeat(width * height) }
    }

    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }

    /// Paints a rectangle; for scenes made of nothing.
    pub fn paint(&mut self, area: &Area, colour: [u8; 3]) {
        let (columns, lines) = self.pixels(area);
        for y in lines {
            for x in columns.clone() {
                let at = (y * self.width + x) * 3;
                self.data[at..at + 3].copy_from_slice(&colour);
            }
        }
    }

    /// The columns and lines of an area, as far as it lies within the picture.
    pub fn pixels(&self, area: &Area) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let range = |from: f32, to: f32, size: usize| {
            let place = |share: f32| ((share * size as f32).round().max(0.0) as usize).min(size);
            place(from)..place(to).max(place(from))
        };
        (range(area.x, area.right(), self.width), range(area.y, area.bottom(), self.height))
    }

    /// Width over height.
    pub fn aspect(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// A view of an area, scaled; grey where the area reaches beyond the picture.
    ///
    /// Interpolated between neighbours; a view is not to be much smaller than what it shows.
    pub fn view(&self, area: &Area, width: usize, height: usize) -> Picture {
        let columns = taps(area.x, area.width, width, self.width);
        let lines = taps(area.y, area.height, height, self.height);
        let mut data = Vec::with_capacity(width * height * 3);
        for line in &lines {
            for column in &columns {
                data.extend(match (line, column) {
                    (Some(line), Some(column)) => self.blend(line, column),
                    _ => GREY,
                });
            }
        }
        Picture { width, height, data }
    }

    fn blend(&self, line: &Tap, column: &Tap) -> [u8; 3] {
        let at = |y: usize, x: usize, c: usize| f32::from(self.data[(y * self.width + x) * 3 + c]);
        std::array::from_fn(|c| {
            let upper =
                at(line.first, column.first, c) * (1.0 - column.share) + at(line.first, column.next, c) * column.share;
            let lower =
                at(line.next, column.first, c) * (1.0 - column.share) + at(line.next, column.next, c) * column.share;
            (upper * (1.0 - line.share) + lower * line.share + 0.5) as u8
        })
    }
}

const GREY: [u8; 3] = [114; 3];

/// Two neighbours and how much of the second.
struct Tap {
    first: usize,
    next: usize,
    share: f32,
}

/// Where each pixel of a scaled line comes from; `None` beyond the border.
fn taps(from: f32, length: f32, count: usize, size: usize) -> Vec<Option<Tap>> {
    let step = length * size as f32 / count as f32;
    let tap = |index: usize| {
        let place = from * size as f32 + (index as f32 + 0.5) * step - 0.5;
        (place > -1.0 && place < size as f32).then(|| {
            let first = place.floor().max(0.0);
            let next = (first as usize + 1).min(size - 1);
            Tap { first: (first as usize).min(size - 1), next, share: (place - first).clamp(0.0, 1.0) }
        })
    };
    (0..count).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_the_area_scaled_and_grey_beyond() {
        let mut picture = Picture::filled(64, 32, [10, 20, 30]);
        picture.paint(&Area::new(0.5, 0.0, 0.5, 1.0), [200, 100, 0]);
        let right = picture.view(&Area::new(0.5, 0.0, 0.5, 1.0), 16, 16);
        assert_eq!(right, Picture::filled(16, 16, [200, 100, 0]));
        let beyond = picture.view(&Area::new(-1.0, 0.0, 2.0, 1.0), 8, 4);
        assert_eq!((beyond.pixel(0, 0), beyond.pixel(5, 2), beyond.pixel(7, 3)), (GREY, [10, 20, 30], [200, 100, 0]));
        assert_eq!(Picture::new(2, 2, vec![0; 11]), None);
    }

    #[test]
    fn between_two_colours_lies_their_mean() {
        let mut picture = Picture::filled(2, 1, [0; 3]);
        picture.paint(&Area::new(0.5, 0.0, 0.5, 1.0), [100; 3]);
        let scaled = picture.view(&Area::WHOLE, 4, 1);
        let line: Vec<_> = (0..4).map(|x| scaled.pixel(x, 0)[0]).collect();
        assert_eq!(line, [0, 25, 75, 100]);
    }
}
