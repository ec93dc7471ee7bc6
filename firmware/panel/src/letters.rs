//! The typefaces: letters of the system's Chinese font, those that it lacks of others that are there, and the icons; drawn smooth,
//! each shape made once. It reads font files when it is made and nothing later.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ab_glyph::{Font, FontRef, FontVec, PxScale, point};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;

use crate::shape::Coverage;

/// How thick the letters are, or that they are icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Face {
    Regular,
    Bold,
    Icon,
}

/// Where distributions keep the font: regular, bold, and the number of the simplified Chinese face in both.
const PLACES: [(&str, &str, u32); 4] = [
    (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
        2,
    ),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc", 2),
    (
        "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/noto/NotoSansCJK-Bold.ttc",
        2,
    ),
    ("/usr/share/fonts/ttf/NotoSansCJK-Regular.ttc", "/usr/share/fonts/ttf/NotoSansCJK-Bold.ttc", 2),
];
/// Where distributions keep fonts that have what the Chinese one lacks: rare Chinese letters, as in names, then other scripts.
const OTHERS: [&str; 5] = [
    "/usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf",
    "/usr/share/fonts/truetype/hanazono/HanaMinA.ttf",
    "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
];
/// So many shapes are kept; when there are more all are forgotten. A screen needs about 200.
const KEPT: usize = 4000;

#[derive(Debug, thiserror::Error)]
pub enum LettersError {
    #[error("no Chinese typeface is there: install the package fonts-noto-cjk, or name a font file with --font")]
    Missing,

    #[error("the typeface {path} cannot be used ({why}): name an OpenType or TrueType font with --font", path = path.display())]
    Unusable { path: PathBuf, why: String },
}

struct Shape {
    advance: f32,
    coverage: Option<Coverage>,
}

/// The typefaces, loaded.
pub struct Letters {
    regular: FontVec,
    /// The regular one where the font has no bold face.
    bold: Option<FontVec>,
    /// Asked one after the other for letters that those have not.
    others: Vec<FontVec>,
    icons: FontRef<'static>,
    shapes: RefCell<HashMap<(Face, char, u32), Rc<Shape>>>,
}

impl Letters {
    /// Loads the system's Chinese font.
    pub fn of_system() -> Result<Self, LettersError> {
        let there = PLACES.iter().find(|(regular, ..)| Path::new(regular).exists());
        let (regular, bold, face) = there.ok_or(LettersError::Missing)?;
        let bold = Path::new(bold);
        Self::new(read(Path::new(regular), *face)?, bold.exists().then(|| read(bold, *face)).transpose()?)
    }

    /// Loads one font file; the third face of a collection with more than two, which is simplified Chinese in Noto's.
    pub fn from_file(path: &Path) -> Result<Self, LettersError> {
        Self::new(read(path, 2).or_else(|_| read(path, 0))?, None)
    }

    fn new(regular: FontVec, bold: Option<FontVec>) -> Result<Self, LettersError> {
        // One that is there and cannot be read is as if it were not there: a letter is missing then, and no panel.
        let others = OTHERS.iter().filter_map(|path| read(Path::new(path), 0).ok()).collect();
        let icons = FontRef::try_from_slice(lucide_icons::LUCIDE_FONT_BYTES)
            .map_err(|error| LettersError::Unusable { path: "lucide".into(), why: error.to_string() })?;
        Ok(Self { regular, bold, others, icons, shapes: RefCell::default() })
    }

    /// The length of a line in pixels.
    pub(crate) fn width(&self, text: &str, face: Face, size: u32) -> u32 {
        text.chars().map(|letter| self.shape(letter, face, size).advance).sum::<f32>().ceil() as u32
    }

    /// The font that has a letter; `own` where none has, whose sign for that is drawn.
    fn with<'a>(&'a self, letter: char, own: &'a FontVec) -> &'a FontVec {
        let has = |font: &&FontVec| font.glyph_id(letter).0 != 0;
        [own].into_iter().chain(&self.others).find(has).unwrap_or(own)
    }

    fn shape(&self, letter: char, face: Face, size: u32) -> Rc<Shape> {
        let mut shapes = self.shapes.borrow_mut();
        if shapes.len() > KEPT {
            shapes.clear();
        }
        let made = shapes.entry((face, letter, size)).or_insert_with(|| {
            Rc::new(match face {
                Face::Regular => shape(self.with(letter, &self.regular), letter, size),
                Face::Bold => shape(self.with(letter, self.bold.as_ref().unwrap_or(&self.regular)), letter, size),
                Face::Icon => shape(&self.icons, letter, size),
            })
        });
        Rc::clone(made)
    }
}

fn read(path: &Path, face: u32) -> Result<FontVec, LettersError> {
    let unusable = |why: String| LettersError::Unusable { path: path.into(), why };
    let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    FontVec::try_from_vec_and_index(bytes, face).map_err(|error| unusable(error.to_string()))
}

fn shape(font: &impl Font, letter: char, size: u32) -> Shape {
    let em = font.units_per_em().unwrap_or(1000.0);
    let glyph = font.glyph_id(letter);
    let scale = PxScale::from(size as f32 * font.height_unscaled() / em);
    let outlined = font.outline_glyph(glyph.with_scale_and_position(scale, point(0.0, 0.0)));
    let coverage = outlined.map(|outlined| {
        let bounds = outlined.px_bounds();
        let wide = bounds.width().ceil() as u32;
        let mut alpha = vec![0; (wide * bounds.height().ceil() as u32) as usize];
        outlined.draw(|x, y, covered| {
            if let Some(pixel) = alpha.get_mut((y * wide + x) as usize) {
                *pixel = (covered.clamp(0.0, 1.0) * 255.0).round() as u8;
            }
        });
        Coverage {
            offset: Point::new(bounds.min.x.floor() as i32, bounds.min.y.floor() as i32),
            size: Size::new(wide, bounds.height().ceil() as u32),
            alpha,
        }
    });
    Shape { advance: font.h_advance_unscaled(glyph) / em * size as f32, coverage }
}

/// One line of text.
pub(crate) struct Line<'a> {
    pub(crate) letters: &'a Letters,
    pub(crate) text: &'a str,
    /// The left end, at the height of the letters' middle.
    pub(crate) at: Point,
    pub(crate) face: Face,
    /// Height of a Chinese letter, in pixels.
    pub(crate) size: u32,
    pub(crate) ink: Rgb888,
    pub(crate) ground: Rgb888,
}

impl Drawable for Line<'_> {
    type Color = Rgb888;
    type Output = ();

    fn draw<D: DrawTarget<Color = Rgb888>>(&self, target: &mut D) -> Result<(), D::Error> {
        // The middle of Chinese letters and of capitals alike; icons fill their square from the base line.
        let middle = if self.face == Face::Icon { 0.5 } else { 0.375 };
        let base = self.at.y + (self.size as f32 * middle).round() as i32;
        let mut x = self.at.x as f32;
        for letter in self.text.chars() {
            let shape = self.letters.shape(letter, self.face, self.size);
            if let Some(coverage) = &shape.coverage {
                coverage.draw(Point::new(x.round() as i32, base), self.ink, self.ground, target)?;
            }
            x += shape.advance;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_the_chinese_font_lacks_is_drawn_from_another() {
        let Ok(letters) = Letters::of_system() else { return eprintln!("skipped: no Chinese typeface") };
        let ink =
            |letter: char| letters.shape(letter, Face::Bold, 24).coverage.as_ref().map(|drawn| drawn.alpha.clone());
        let (missing, armenian) = ('\u{10ffff}', 'Ա');
        assert!(ink('课').is_some() && ink('课') != ink(missing));
        if letters.others.iter().all(|font| font.glyph_id(armenian).0 == 0) {
            return eprintln!("skipped: no other typeface with an Armenian letter");
        }
        assert!(ink(armenian).is_some() && ink(armenian) != ink(missing));
    }
}
