//! From what a touchscreen measures to pixels of the picture: the kernel's range, the calibration, the rotation. It reads no device.

use ketang_hal::panel::Rotation;
use ketang_hal::picture::Size;

/// An axis as the device counts it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) least: i32,
    pub(super) most: i32,
}

impl Axis {
    /// 0 at its least, 1 at its most.
    fn share(self, value: i32) -> f64 {
        let range = (f64::from(self.most) - f64::from(self.least)).max(1.0);
        (f64::from(value) - f64::from(self.least)) / range
    }
}

/// The first two rows of the matrix that takes a place as the device tells it, from 0 to 1 on each axis, to the place on the
/// display: libinput's `LIBINPUT_CALIBRATION_MATRIX`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration([f64; 6]);

impl Default for Calibration {
    fn default() -> Self {
        Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    }
}

impl Calibration {
    /// `None` where the numbers do not tell the places of a surface apart.
    pub fn new(rows: [f64; 6]) -> Option<Self> {
        let [a, b, _, d, e, _] = rows;
        let stretch = (a * e - b * d).abs();
        (rows.iter().all(|number| number.is_finite()) && stretch > 1e-6).then_some(Self(rows))
    }

    fn apply(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }
}

/// A touchscreen that lies on a display.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) calibration: Calibration,
    pub(super) rotation: Rotation,
    /// Of the picture, after it was turned.
    pub(super) size: Size,
}

impl Surface {
    /// The pixel of the picture at a place as the device tells it. Left of the picture or above it is -1; what lies just behind
    /// its other edges counts as the edge, as screens tell of it that way.
    pub(super) fn pixel(&self, (x, y): (i32, i32)) -> (i32, i32) {
        let (x, y) = self.calibration.apply((self.x.share(x), self.y.share(y)));
        let (x, y) = match self.rotation {
            Rotation::None => (x, y),
            Rotation::Quarter => (y, 1.0 - x),
            Rotation::Half => (1.0 - x, 1.0 - y),
            Rotation::ThreeQuarters => (1.0 - y, x),
        };
        let place = |share: f64, pixels: u32| {
            let pixels = f64::from(pixels);
            (share * pixels).floor().clamp(-1.0, pixels - 1.0) as i32
        };
        (place(x, self.size.width), place(y, self.size.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 1280, height: 800 };

    fn surface(rotation: Rotation, calibration: Calibration) -> Surface {
        let axis = Axis { least: 0, most: 4096 };
        Surface { x: axis, y: axis, calibration, rotation, size: rotation.size(SIZE) }
    }

    #[test]
    fn a_touch_is_turned_back_with_the_picture() {
        // A quarter from the display's left edge, an eighth from its top.
        let at = (1024, 512);
        for (rotation, pixel) in [
            (Rotation::None, (320, 100)),
            (Rotation::Quarter, (100, 960)),
            (Rotation::Half, (960, 700)),
            (Rotation::ThreeQuarters, (700, 320)),
        ] {
            assert_eq!(surface(rotation, Calibration::default()).pixel(at), pixel, "{rotation:?}");
        }
    }

    #[test]
    fn a_turned_pixel_is_touched_where_it_is_shown() {
        // The pixel at (x, y) of a picture of w × h is shown at (h - 1 - y, x) after a quarter turn.
        let turned = surface(Rotation::Quarter, Calibration::default());
        let (x, y) = (200, 1000);
        let shown = (1280 - 1 - y, x);
        let told = (shown.0 * 4096 / 1280 + 2, shown.1 * 4096 / 800 + 2);
        assert_eq!(turned.pixel(told), (x, y));
    }

    #[test]
    fn calibration_mirrors_and_stretches() {
        let mirrored = Calibration::new([-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
        assert_eq!(surface(Rotation::None, mirrored).pixel((1024, 512)), (960, 100));
        let swapped = Calibration::new([0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
        assert_eq!(surface(Rotation::None, swapped).pixel((1024, 512)), (160, 200));
        // The device tells a tenth at the left edge and nine tenths at the right.
        let stretched = Calibration::new([1.25, 0.0, -0.125, 0.0, 1.0, 0.0]).unwrap();
        assert_eq!(surface(Rotation::None, stretched).pixel((2048, 0)), (640, 0));
        assert_eq!(surface(Rotation::None, stretched).pixel((0, 0)), (-1, 0));
    }

    #[test]
    fn places_outside_are_no_others() {
        let plain = surface(Rotation::None, Calibration::default());
        assert_eq!(plain.pixel((-5, 5000)), (-1, 799));
        assert_eq!(plain.pixel((i32::MAX, i32::MIN)), (1279, -1));
        let none = Axis { least: 7, most: 7 };
        let odd = Surface { x: none, y: none, ..plain };
        assert_eq!(odd.pixel((7, 7)), (0, 0));
    }

    #[test]
    fn numbers_that_fold_the_screen_are_no_calibration() {
        for wrong in [[0.0; 6], [1.0, 1.0, 0.0, 1.0, 1.0, 0.0], [f64::NAN, 0.0, 0.0, 0.0, 1.0, 0.0]] {
            assert_eq!(Calibration::new(wrong), None, "{wrong:?}");
        }
    }
}
