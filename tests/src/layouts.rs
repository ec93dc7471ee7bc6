//! Where the panes of the shipped layouts lie, for whoever looks for frame numbers in them.

use ketang_hal::mark::Pane;

/// A pane of the picture's own shape, in shares of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub x: f64,
    pub y: f64,
    pub size: f64,
}

impl Share {
    pub const WHOLE: Self = Self { x: 0.0, y: 0.0, size: 1.0 };

    pub const fn new(x: f64, y: f64, size: f64) -> Self {
        Self { x, y, size }
    }

    /// The same on a picture of this size, in pixels.
    pub(crate) fn on(self, width: u32, height: u32) -> Pane {
        let even = |share: f64, of: u32| (share * f64::from(of) / 2.0).round() as u32 * 2;
        Pane {
            x: even(self.x, width),
            y: even(self.y, height),
            width: even(self.size, width),
            height: even(self.size, height),
        }
    }
}

/// The panes of a shipped layout, in the order of its inputs.
pub fn panes(layout: &str) -> Vec<Share> {
    let shares: &[(f64, f64, f64)] = match layout {
        "single" => &[(0.0, 0.0, 1.0)],
        "side-by-side" => &[(0.0, 0.25, 0.5), (0.5, 0.25, 0.5)],
        "picture-in-picture" => &[(0.0, 0.0, 1.0), (0.70, 0.70, 0.28)],
        "two-by-two" => &[(0.0, 0.0, 0.5), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5), (0.5, 0.5, 0.5)],
        "one-and-two" => &[(0.0, 0.166667, 0.666667), (0.666667, 0.166667, 0.333333), (0.666667, 0.5, 0.333333)],
        "one-and-three" => &[(0.0, 0.125, 0.75), (0.75, 0.125, 0.25), (0.75, 0.375, 0.25), (0.75, 0.625, 0.25)],
        "one-and-four" => &[(0.0, 0.1, 0.8), (0.8, 0.1, 0.2), (0.8, 0.3, 0.2), (0.8, 0.5, 0.2), (0.8, 0.7, 0.2)],
        other => panic!("`{other}` is not a shipped layout"),
    };
    shares.iter().map(|&(x, y, size)| Share::new(x, y, size)).collect()
}
