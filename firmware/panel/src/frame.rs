//! A picture in memory that everything is drawn into: the panel's side of a frame buffer. It knows no device.

use std::convert::Infallible;

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

/// Pixels as XRGB8888: one word each, red in bits 16 to 23, row by row without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    size: Size,
    pixels: Vec<u32>,
}

impl Frame {
    /// A black picture of `width` × `height` pixels.
    pub fn new(width: u32, height: u32) -> Self {
        Self { size: Size::new(width, height), pixels: vec![0; width as usize * height as usize] }
    }

    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// One row of `area`, which must lie inside the picture.
    fn row(&mut self, y: i32, left: i32, width: u32) -> &mut [u32] {
        let start = y as usize * self.size.width as usize + left as usize;
        &mut self.pixels[start..start + width as usize]
    }
}

/// A colour as a pixel of a [`Frame`].
pub(crate) fn word(colour: Rgb888) -> u32 {
    u32::from(colour.r()) << 16 | u32::from(colour.g()) << 8 | u32::from(colour.b())
}

impl OriginDimensions for Frame {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Frame {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let (width, height) = (self.size.width, self.size.height);
        for Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y))
                && x < width
                && y < height
            {
                self.pixels[(y * width + x) as usize] = word(colour);
            }
        }
        Ok(())
    }

    fn fill_contiguous<I: IntoIterator<Item = Rgb888>>(
        &mut self,
        area: &Rectangle,
        colours: I,
    ) -> Result<(), Infallible> {
        if self.bounding_box().intersection(area) != *area {
            return self.draw_iter(area.points().zip(colours).map(|(at, colour)| Pixel(at, colour)));
        }
        let mut colours = colours.into_iter();
        for y in area.rows() {
            for (pixel, colour) in self.row(y, area.top_left.x, area.size.width).iter_mut().zip(&mut colours) {
                *pixel = word(colour);
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        let area = self.bounding_box().intersection(area);
        for y in area.rows() {
            self.row(y, area.top_left.x, area.size.width).fill(word(colour));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut frame = Frame::new(3, 2);
        let area = Rectangle::new(Point::new(-1, 1), Size::new(3, 5));
        frame.fill_solid(&area, Rgb888::new(1, 2, 3)).unwrap();
        assert_eq!(frame.pixels(), [0, 0, 0, 0x01_02_03, 0x01_02_03, 0]);
        frame.fill_contiguous(&area, area.points().map(|at| Rgb888::new(at.y as u8, 0, at.x as u8))).unwrap();
        assert_eq!(frame.pixels(), [0, 0, 0, 0x01_00_00, 0x01_00_01, 0]);
    }
}
