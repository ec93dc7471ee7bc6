//! Sizes in pixels by the screen's size: three sets, chosen by height, so that each screen is laid out and none is scaled.

use embedded_graphics::prelude::*;

/// The least width and height of what can be touched: 12 mm at the 149 dpi of a 10.1 inch screen of 1280×800.
pub const TOUCH: u32 = 72;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    pub(crate) pad: u32,
    pub(crate) gap: u32,
    pub(crate) radius: u32,
    /// Height of the band on top that tells the state, calm and while a lesson runs.
    pub(crate) bar: u32,
    pub(crate) band: u32,
    /// Height of ordinary buttons and of rows.
    pub(crate) button: u32,
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
    button: 72,
    small: 18,
    body: 21,
    title: 27,
    head: 38,
    state: 50,
    clock: 132,
};
const REGULAR: Metrics = Metrics {
    pad: 26,
    gap: 16,
    radius: 18,
    bar: 116,
    band: 120,
    button: 80,
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
    button: 104,
    small: 27,
    body: 32,
    title: 42,
    head: 62,
    state: 88,
    clock: 256,
};

impl Metrics {
    pub(crate) fn of(size: Size) -> Self {
        match (size.width, size.height) {
            (1600.., 960..) => LARGE,
            (1180.., 700..) => REGULAR,
            _ => COMPACT,
        }
    }
}
