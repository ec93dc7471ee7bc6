//! What somebody's clothes look like, to tell people apart who cross. Colours of the trunk alone, kept only while the
//! person is followed; no face, nothing that outlasts the lesson.

use crate::area::Area;
use crate::picture::Picture;

/// Steps of brightness, and of each of two differences of colour.
const BRIGHTNESS: usize = 8;
const COLOUR: usize = 6;
const BINS: usize = BRIGHTNESS * COLOUR * COLOUR;

/// Shares of colours; their sum is 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Appearance(Vec<f32>);

impl Appearance {
    /// Of somebody who stands in this area; `None` where too little is seen.
    pub fn of(picture: &Picture, person: &Area) -> Option<Self> {
        let trunk = Area::around(
            (person.x + person.width * 0.5, person.y + person.height * 0.35),
            person.width * 0.5,
            person.height * 0.4,
        );
        let (columns, lines) = picture.pixels(&trunk);
        if columns.len() < 3 || lines.len() < 3 {
            return None;
        }
        let mut bins = vec![0.0; BINS];
        for y in lines.clone() {
            for x in columns.clone() {
                bins[bin(picture.pixel(x, y))] += 1.0;
            }
        }
        let count = (lines.len() * columns.len()) as f32;
        bins.iter_mut().for_each(|share| *share /= count);
        Some(Self(bins))
    }

    /// How alike two are, 0 to 1 (the overlap of their histograms).
    pub fn like(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a.min(*b)).sum()
    }

    /// Takes on a share of a newer look.
    pub fn follow(&mut self, newer: &Self, share: f32) {
        self.0.iter_mut().zip(&newer.0).for_each(|(own, newer)| *own += (newer - *own) * share);
    }
}

fn bin([red, green, blue]: [u8; 3]) -> usize {
    let (red, green, blue) = (i32::from(red), i32::from(green), i32::from(blue));
    let brightness = ((red + 2 * green + blue) / 4) as usize * BRIGHTNESS / 256;
    // Most colours of rooms and clothes differ little in their parts, so the middle has the finer steps.
    let step = |difference: i32| match difference {
        ..-40 => 0,
        -40..-12 => 1,
        -12..0 => 2,
        0..12 => 3,
        12..40 => 4,
        _ => 5,
    };
    (brightness * COLOUR + step(red - green)) * COLOUR + step(blue - green)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clothes_tell_people_apart() {
        let mut picture = Picture::filled(200, 100, [128; 3]);
        let (red, blue) = (Area::new(0.1, 0.1, 0.1, 0.8), Area::new(0.6, 0.1, 0.1, 0.8));
        picture.paint(&red, [180, 30, 40]);
        picture.paint(&blue, [30, 40, 160]);
        let of = |area: &Area| Appearance::of(&picture, area).unwrap();
        assert!(of(&red).like(&of(&red)) > 0.99);
        assert!(of(&red).like(&of(&blue)) < 0.01);
        assert_eq!(Appearance::of(&picture, &Area::new(1.2, 0.0, 0.1, 0.1)), None, "out of the picture");
        let mut changing = of(&red);
        (0..20).for_each(|_| changing.follow(&of(&blue), 0.2));
        assert!(changing.like(&of(&blue)) > 0.9);
    }
}
