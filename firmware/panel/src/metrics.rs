//! Sizes in pixels by the screen's size: three sets, chosen by its pixels, so that each screen is laid out and none is scaled. What
//! can be touched is as large as a finger on the glass: by the screen's millimetres where they are known, else by those of the
//! screens that are sold with so many pixels.

use embedded_graphics::prelude::*;
use ketang_hal::picture;

/// The least width and height of what can be touched, in millimetres.
pub const FINGER: u32 = 12;
/// A screen so dense, or so coarse, that it has fewer or more millimetres to 1000 pixels has told a wrong size.
const PLAUSIBLE: std::ops::RangeInclusive<u32> = 60..=500;
/// A finger takes no more than such a part of the height: on a smaller screen nothing would have room beside it.
const ROWS: u32 = 7;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    pub(crate) pad: u32,
    pub(crate) gap: u32,
    pub(crate) radius: u32,
    /// Height of the band on top that tells the state, calm and while a lesson runs.
    pub(crate) bar: u32,
    pub(crate) band: u32,
    /// The least width and height of what can be touched.
    pub(crate) touch: u32,
    /// Height of ordinary buttons and of rows.
    pub(crate) button: u32,
    /// What the widths of wide buttons are multiples of, from 5/4 on.
    pub(crate) wide: u32,
    // Text, from the least to the greatest.
    pub(crate) small: u32,
    pub(crate) body: u32,
    pub(crate) title: u32,
    pub(crate) head: u32,
    /// The state while a lesson runs: read from 3 m.
    pub(crate) state: u32,
    pub(crate) clock: u32,
}

const COMPACT: Metrics = Metrics {
    pad: 18,
    gap: 12,
    radius: 14,
    bar: 96,
    band: 96,
    // 7 inches of 1024×600, whose pixels are less high than wide.
    touch: 84,
    button: 84,
    wide: 68,
    small: 18,
    body: 21,
    title: 27,
    head: 38,
    state: 46,
    clock: 132,
};
const REGULAR: Metrics = Metrics {
    pad: 26,
    gap: 16,
    radius: 18,
    bar: 116,
    band: 120,
    // 10.1 inches of 1280×800.
    touch: 72,
    button: 80,
    wide: 80,
    small: 20,
    body: 24,
    title: 32,
    head: 46,
    state: 64,
    clock: 176,
};
const LARGE: Metrics = Metrics {
    pad: 40,
    gap: 24,
    radius: 24,
    bar: 152,
    band: 156,
    // 15.6 inches of 1920×1080.
    touch: 72,
    button: 104,
    wide: 104,
    small: 27,
    body: 32,
    title: 42,
    head: 62,
    state: 88,
    clock: 256,
};

impl Metrics {
    pub(crate) fn of(size: Size, millimetres: Option<picture::Size>) -> Self {
        let usual = match (size.width, size.height) {
            (1600.., 960..) => LARGE,
            (1180.., 700..) => REGULAR,
            _ => COMPACT,
        };
        let Some(finger) = millimetres.and_then(|millimetres| finger(size, millimetres)) else { return usual };
        let touch = finger.min(size.height / ROWS);
        let (button, wide) = (usual.button.max(touch), usual.wide.max(touch.div_ceil(5) * 4));
        Self { touch, button, wide, ..usual }
    }
}

/// A finger in pixels, along the axis that has more of them to a millimetre; `None` where the screen cannot be so large.
fn finger(size: Size, millimetres: picture::Size) -> Option<u32> {
    let plausible =
        |pixels: u32, millimetres: u32| PLAUSIBLE.contains(&(millimetres.saturating_mul(1000) / pixels.max(1)));
    let told = plausible(size.width, millimetres.width) && plausible(size.height, millimetres.height);
    let pixels = |pixels: u32, millimetres: u32| (FINGER * pixels).div_ceil(millimetres);
    told.then(|| pixels(size.width, millimetres.width).max(pixels(size.height, millimetres.height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(size: (u32, u32), (width, height): (u32, u32)) -> u32 {
        Metrics::of(Size::new(size.0, size.1), Some(picture::Size { width, height })).touch
    }

    #[test]
    fn a_finger_is_as_many_pixels_as_the_glass_says() {
        assert_eq!(touch((1280, 800), (217, 136)), 71);
        assert_eq!(touch((1024, 600), (154, 86)), 84);
        assert_eq!(touch((1280, 800), (172, 107)), 90, "8 inches");
        assert_eq!(touch((1920, 1080), (476, 268)), 49, "21.5 inches");
        assert_eq!(touch((1280, 720), (110, 62)), 102, "5 inches have no room for it");
    }

    #[test]
    fn a_size_that_no_screen_has_is_taken_for_none() {
        for told in [(0, 0), (16, 10), (217, 0), (160_000, 100_000)] {
            assert_eq!(touch((1280, 800), told), REGULAR.touch, "{told:?}");
        }
    }
}
