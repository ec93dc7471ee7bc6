//! Where the panes of the shipped layouts lie in a full picture, for whoever looks for frame numbers in them.

use ketang_hal::mark::Pane;

const WIDTH: f64 = 1920.0;
const HEIGHT: f64 = 1080.0;

/// The panes of a shipped layout, in the order of its inputs.
pub fn panes(layout: &str) -> Vec<Pane> {
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
    shares.iter().map(|&(x, y, size)| pane(x, y, size)).collect()
}

/// A pane of a picture's own shape, given as shares of the full picture.
pub fn pane(x: f64, y: f64, size: f64) -> Pane {
    let even = |value: f64| (value / 2.0).round() as u32 * 2;
    Pane { x: even(x * WIDTH), y: even(y * HEIGHT), width: even(size * WIDTH), height: even(size * HEIGHT) }
}
