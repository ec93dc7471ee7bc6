//! A small grey picture in memory. It decodes nothing and scales nothing.

/// Above this (of 255) there is a picture: black is 0 or 16, with a little noise.
const BLACK: u8 = 32;
/// In a black picture so few pixels (one in) are brighter.
const BRIGHTER: usize = 1000;

/// Brightness, a byte each, line after line without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luma {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Luma {
    /// A picture of these bytes, or `None` where their number is another than the size asks for.
    pub fn new(width: usize, height: usize, data: Vec<u8>) -> Option<Self> {
        (width > 0 && height > 0 && data.len() == width * height).then_some(Self { width, height, data })
    }

    /// The brightness of RGB, three bytes a pixel; `None` as in [`Luma::new`].
    pub fn from_rgb(width: usize, height: usize, rgb: &[u8]) -> Option<Self> {
        let (pixels, rest) = rgb.as_chunks::<3>();
        let grey = |[r, g, b]: &[u8; 3]| ((77 * u32::from(*r) + 150 * u32::from(*g) + 29 * u32::from(*b)) >> 8) as u8;
        if rest.is_empty() { Self::new(width, height, pixels.iter().map(grey).collect()) } else { None }
    }

    pub fn filled(width: usize, height: usize, brightness: u8) -> Self {
        Self { width, height, data: vec![brightness; width * height] }
    }

    /// Nothing is to be seen.
    pub fn is_black(&self) -> bool {
        self.data.iter().filter(|pixel| **pixel > BLACK).count() <= self.data.len() / BRIGHTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgb_becomes_brightness_and_a_wrong_size_nothing() {
        let grey = Luma::from_rgb(2, 2, &[0, 0, 0, 255, 255, 255, 0, 255, 0, 0, 0, 255]).unwrap();
        assert_eq!(grey.data, [0, 255, 149, 28]);
        assert_eq!(Luma::from_rgb(2, 1, &[0; 7]), None);
        assert_eq!(Luma::new(2, 2, vec![0; 5]), None);
    }

    #[test]
    fn a_speck_is_no_picture() {
        let mut picture = Luma::filled(100, 100, 16);
        picture.data[..10].fill(200);
        assert!(picture.is_black());
        picture.data[..11].fill(200);
        assert!(!picture.is_black());
    }
}
