//! The colours by day and by night. One accent; red means recording or broken, amber wants a person.

use embedded_graphics::pixelcolor::Rgb888;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    #[default]
    Day,
    Night,
}

/// What each colour is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colours {
    /// Behind everything.
    pub(crate) ground: Rgb888,
    /// Cards and buttons.
    pub(crate) surface: Rgb888,
    /// On cards: keys, empty meters.
    pub(crate) raised: Rgb888,
    pub(crate) edge: Rgb888,
    pub(crate) ink: Rgb888,
    /// Text of second rank; still of contrast 4.5 and more.
    pub(crate) muted: Rgb888,
    pub(crate) accent: Rgb888,
    pub(crate) on_accent: Rgb888,
    /// Grounds with a tint of their colour, for text in `ink`.
    pub(crate) accent_soft: Rgb888,
    pub(crate) record: Rgb888,
    pub(crate) record_soft: Rgb888,
    /// Red and amber as text and icons on any ground.
    pub(crate) record_ink: Rgb888,
    pub(crate) warn: Rgb888,
    pub(crate) warn_deep: Rgb888,
    pub(crate) warn_soft: Rgb888,
    pub(crate) warn_ink: Rgb888,
    /// On `record` and `warn`.
    pub(crate) on_state: Rgb888,
}

const fn rgb(hex: u32) -> Rgb888 {
    Rgb888::new((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DAY: Colours = Colours {
    ground: rgb(0xf1_f3_f0),
    surface: rgb(0xff_ff_ff),
    raised: rgb(0xe9_ed_e9),
    edge: rgb(0xd5_db_d6),
    ink: rgb(0x12_1f_1b),
    muted: rgb(0x55_65_5f),
    accent: rgb(0x0a_73_63),
    on_accent: rgb(0xff_ff_ff),
    accent_soft: rgb(0xd9_ed_e7),
    record: rgb(0xd0_23_1c),
    record_soft: rgb(0xfb_e1_de),
    record_ink: rgb(0xba_1a_14),
    warn: rgb(0xa8_5a_00),
    warn_deep: rgb(0x8a_48_00),
    warn_soft: rgb(0xfc_ea_cf),
    warn_ink: rgb(0x8f_4b_00),
    on_state: rgb(0xff_ff_ff),
};

const NIGHT: Colours = Colours {
    ground: rgb(0x0c_12_10),
    surface: rgb(0x17_20_1d),
    raised: rgb(0x24_30_2c),
    edge: rgb(0x31_40_3a),
    ink: rgb(0xee_f4_f1),
    muted: rgb(0x9c_b0_a8),
    accent: rgb(0x35_c2_a4),
    on_accent: rgb(0x03_1f_19),
    accent_soft: rgb(0x10_36_2e),
    record: rgb(0xd2_2d_25),
    record_soft: rgb(0x45_19_17),
    record_ink: rgb(0xff_8a_80),
    warn: rgb(0xae_62_06),
    warn_deep: rgb(0x91_50_02),
    warn_soft: rgb(0x40_2b_0c),
    warn_ink: rgb(0xf6_b7_5c),
    on_state: rgb(0xff_ff_ff),
};

impl Theme {
    pub(crate) fn colours(self) -> &'static Colours {
        match self {
            Self::Day => &DAY,
            Self::Night => &NIGHT,
        }
    }
}

#[cfg(test)]
mod tests {
    use embedded_graphics::prelude::RgbColor;

    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: Rgb888) -> f64 {
        let linear = |value: u8| match f64::from(value) / 255.0 {
            share if share <= 0.04045 => share / 12.92,
            share => ((share + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Rgb888, b: Rgb888) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_read_on_every_ground_that_it_stands_on() {
        assert!((contrast(rgb(0xff_ff_ff), rgb(0)) - 21.0).abs() < 1e-9);
        for (theme, c) in [("day", &DAY), ("night", &NIGHT)] {
            let grounds = [c.ground, c.surface, c.raised, c.accent_soft, c.record_soft, c.warn_soft];
            // WCAG 2.2: 7 for what is read from afar (1.4.6), 4.5 for all other text (1.4.3).
            let far = grounds.map(|ground| ("ink", c.ink, ground, 7.0));
            let near = [
                ("muted", c.muted, c.ground, 4.5),
                ("muted on cards", c.muted, c.surface, 4.5),
                ("on accent", c.on_accent, c.accent, 4.5),
                ("on record", c.on_state, c.record, 4.5),
                ("on warn", c.on_state, c.warn, 4.5),
                ("on deep warn", c.on_state, c.warn_deep, 4.5),
                ("red", c.record_ink, c.surface, 4.5),
                ("red on its tint", c.record_ink, c.record_soft, 4.5),
                ("amber", c.warn_ink, c.surface, 4.5),
                ("amber on its tint", c.warn_ink, c.warn_soft, 4.5),
            ];
            for (what, ink, ground, least) in far.into_iter().chain(near) {
                let told = contrast(ink, ground);
                assert!(told >= least, "{what} by {theme}: {told:.2}");
            }
        }
    }
}
