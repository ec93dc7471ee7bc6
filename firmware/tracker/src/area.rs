//! Rectangles in shares of the picture, 0 to 1 from its top left corner. Not pixels: those are `picture.rs`.

use serde::{Deserialize, Serialize};

/// A rectangle; it may reach beyond the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    /// The whole picture.
    pub const WHOLE: Area = Area { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    pub fn around(centre: (f32, f32), width: f32, height: f32) -> Self {
        Self { x: centre.0 - width / 2.0, y: centre.1 - height / 2.0, width, height }
    }

    pub fn between(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self { x: left, y: top, width: (right - left).max(0.0), height: (bottom - top).max(0.0) }
    }

    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub fn size(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    pub fn contains(&self, (x, y): (f32, f32)) -> bool {
        (self.x..=self.right()).contains(&x) && (self.y..=self.bottom()).contains(&y)
    }

    /// What both have; of no size where they do not meet.
    pub fn and(&self, other: &Area) -> Area {
        Area::between(
            self.x.max(other.x),
            self.y.max(other.y),
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        )
    }

    /// The smallest area with both in it.
    pub fn with(&self, other: &Area) -> Area {
        Area::between(
            self.x.min(other.x),
            self.y.min(other.y),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }

    /// The part within the picture.
    pub fn visible(&self) -> Area {
        self.and(&Area::WHOLE)
    }

    /// Wider and higher by shares of its own size on each side.
    pub fn grown(&self, sideways: f32, upright: f32) -> Area {
        let (dx, dy) = (self.width * sideways, self.height * upright);
        Area { x: self.x - dx, y: self.y - dy, width: self.width + 2.0 * dx, height: self.height + 2.0 * dy }
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &Area) -> f32 {
        let both = self.and(other).size();
        let any = self.size() + other.size() - both;
        if any > 0.0 { both / any } else { 0.0 }
    }

    /// How much of this one lies within `other`, 0 to 1.
    pub fn share_in(&self, other: &Area) -> f32 {
        let size = self.size();
        if size > 0.0 { self.and(other).size() / size } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_meet_as_rectangles_do() {
        let (a, b) = (Area::new(0.0, 0.0, 0.4, 0.4), Area::new(0.2, 0.0, 0.4, 0.4));
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-5);
        assert!((a.share_in(&b) - 0.5).abs() < 1e-5);
        assert_eq!(a.iou(&Area::new(0.5, 0.5, 0.1, 0.1)), 0.0);
        assert_eq!(Area::default().iou(&Area::default()), 0.0, "of no size");
        assert_eq!(a.with(&b), Area::between(0.0, 0.0, 0.6, 0.4));
        assert_eq!(Area::new(-0.5, 0.5, 1.0, 1.0).visible(), Area::new(0.0, 0.5, 0.5, 0.5));
    }
}
