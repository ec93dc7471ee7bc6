//! Anti-aliased shapes as `embedded-graphics` drawables: their edges are mixed from the shape's colour and the colour that
//! they lie on, so that any draw target shows them smooth. `tiny-skia` tells how much of each pixel a shape covers.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use tiny_skia::{FillRule, LineCap, Mask, Path, PathBuilder, Stroke, Transform};

/// `ink` over `ground`, where `coverage` of 255 is covered.
pub(crate) fn mix(ink: Rgb888, ground: Rgb888, coverage: u8) -> Rgb888 {
    let part = |ink: u8, ground: u8| {
        let (ink, ground, c) = (u32::from(ink), u32::from(ground), u32::from(coverage));
        ((ink * c + ground * (255 - c) + 127) / 255) as u8
    };
    Rgb888::new(part(ink.r(), ground.r()), part(ink.g(), ground.g()), part(ink.b(), ground.b()))
}

/// The covered part of a picture's pixels.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    /// Where its top left pixel lies, from the place that it is drawn at.
    pub(crate) offset: Point,
    pub(crate) size: Size,
    pub(crate) alpha: Vec<u8>,
}

impl Coverage {
    fn of(path: &Path) -> Option<Self> {
        let bounds = path.bounds();
        let (left, top) = (bounds.left().floor(), bounds.top().floor());
        let (width, height) = (bounds.right().ceil() - left, bounds.bottom().ceil() - top);
        let mut mask = Mask::new((width as u32).max(1), (height as u32).max(1))?;
        mask.fill_path(path, FillRule::Winding, true, Transform::from_translate(-left, -top));
        Some(Self {
            offset: Point::new(left as i32, top as i32),
            size: Size::new(mask.width(), mask.height()),
            alpha: mask.take(),
        })
    }

    pub(crate) fn draw<D>(&self, at: Point, ink: Rgb888, ground: Rgb888, target: &mut D) -> Result<(), D::Error>
    where
        D: DrawTarget<Color = Rgb888>,
    {
        let area = Rectangle::new(at + self.offset, self.size);
        let covered = area.points().zip(&self.alpha).filter(|(_, alpha)| **alpha > 0);
        target.draw_iter(covered.map(|(at, alpha)| Pixel(at, mix(ink, ground, *alpha))))
    }
}

/// Any filled outline.
pub(crate) struct Filled {
    pub(crate) path: Option<Path>,
    pub(crate) ink: Rgb888,
    pub(crate) ground: Rgb888,
}

impl Filled {
    pub(crate) fn disc(centre: Point, radius: f32, ink: Rgb888, ground: Rgb888) -> Self {
        Self { path: PathBuilder::from_circle(centre.x as f32, centre.y as f32, radius), ink, ground }
    }

    /// A part of a ring, from the top clockwise; `share` from 0 to 1.
    pub(crate) fn ring(centre: Point, radius: f32, width: f32, share: f32, ink: Rgb888, ground: Rgb888) -> Self {
        let mut path = PathBuilder::new();
        let steps = (share.clamp(0.0, 1.0) * 90.0).ceil() as u32;
        for step in 0..=steps {
            let turn = (step as f32 / 90.0).min(share) * std::f32::consts::TAU;
            let (x, y) = (centre.x as f32 + radius * turn.sin(), centre.y as f32 - radius * turn.cos());
            if step == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let stroke = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
        Self { path: path.finish().and_then(|path| path.stroke(&stroke, 1.0)), ink, ground }
    }
}

impl Drawable for Filled {
    type Color = Rgb888;
    type Output = ();

    fn draw<D: DrawTarget<Color = Rgb888>>(&self, target: &mut D) -> Result<(), D::Error> {
        match self.path.as_ref().and_then(Coverage::of) {
            Some(coverage) => coverage.draw(Point::zero(), self.ink, self.ground, target),
            None => Ok(()),
        }
    }
}

/// A rectangle with round corners.
pub(crate) struct Rounded {
    pub(crate) area: Rectangle,
    pub(crate) radius: u32,
    pub(crate) ink: Rgb888,
    pub(crate) ground: Rgb888,
}

impl Rounded {
    fn radius(&self) -> u32 {
        self.radius.min(self.area.size.width / 2).min(self.area.size.height / 2)
    }

    fn draw_corners<D: DrawTarget<Color = Rgb888>>(&self, target: &mut D) -> Result<(), D::Error> {
        let radius = self.radius() as i32;
        let disc = PathBuilder::from_circle(radius as f32, radius as f32, radius as f32);
        let Some(disc) = disc.as_ref().and_then(Coverage::of) else { return Ok(()) };
        let far = Point::new(self.area.size.width as i32 - 2 * radius, self.area.size.height as i32 - 2 * radius);
        // What is outside the arc may show something else already, such as an edge around this.
        let covered =
            Rectangle::new(Point::zero(), disc.size).points().zip(&disc.alpha).filter(|(_, alpha)| **alpha > 0);
        let pixels = covered.map(|(at, alpha)| {
            let shift = Point::new(if at.x < radius { 0 } else { far.x }, if at.y < radius { 0 } else { far.y });
            Pixel(self.area.top_left + at + shift, mix(self.ink, self.ground, *alpha))
        });
        target.draw_iter(pixels)
    }
}

impl Drawable for Rounded {
    type Color = Rgb888;
    type Output = ();

    fn draw<D: DrawTarget<Color = Rgb888>>(&self, target: &mut D) -> Result<(), D::Error> {
        let (Size { width, height }, radius) = (self.area.size, self.radius());
        let part = |x: u32, y: u32, width: u32, height: u32| {
            Rectangle::new(self.area.top_left + Point::new(x as i32, y as i32), Size::new(width, height))
        };
        target.fill_solid(&part(radius, 0, width - 2 * radius, height), self.ink)?;
        target.fill_solid(&part(0, radius, radius, height - 2 * radius), self.ink)?;
        target.fill_solid(&part(width - radius, radius, radius, height - 2 * radius), self.ink)?;
        if radius == 0 { Ok(()) } else { self.draw_corners(target) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    #[test]
    fn a_round_corner_is_smooth_and_the_middle_is_full() {
        let mut frame = Frame::new(20, 20);
        let (ink, ground) = (Rgb888::new(255, 255, 255), Rgb888::new(0, 0, 0));
        Rounded { area: frame.bounding_box(), radius: 8, ink, ground }.draw(&mut frame).unwrap();
        let at = |x: usize, y: usize| frame.pixels()[y * 20 + x] & 0xff;
        assert_eq!((at(0, 0), at(19, 0), at(10, 0), at(10, 10), at(0, 10)), (0, 0, 255, 255, 255));
        assert!((0..20).any(|x| (1..255).contains(&at(x, 0))), "the edge has steps");
        assert!(at(2, 2).abs_diff(at(17, 17)) < 3, "it is symmetric");
    }
}
