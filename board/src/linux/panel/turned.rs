//! A display that hangs on its side: pictures are turned before they are shown.

use ketang_hal::HalError;
use ketang_hal::panel::{Display, Rotation};
use ketang_hal::picture::Size;

/// Shows pictures turned clockwise on another display.
pub struct Turned {
    display: Box<dyn Display>,
    rotation: Rotation,
    /// The picture as the display has it.
    picture: Vec<u32>,
}

impl Turned {
    /// `display` itself where nothing is to be turned.
    pub fn by(rotation: Rotation, display: Box<dyn Display>) -> Box<dyn Display> {
        match rotation {
            Rotation::None => display,
            _ => Box::new(Self { display, rotation, picture: Vec::new() }),
        }
    }
}

/// Puts the pixels of `picture`, of `size`, into `turned` as a display shows them that they are turned on.
fn turn(rotation: Rotation, size: Size, picture: &[u32], turned: &mut Vec<u32>) {
    let (width, height) = (size.width as usize, size.height as usize);
    turned.clear();
    match rotation {
        Rotation::None => turned.extend_from_slice(picture),
        Rotation::Half => turned.extend(picture.iter().rev()),
        // The display's rows are the picture's columns, read from below or from above.
        Rotation::Quarter => {
            turned.extend((0..width).flat_map(|x| (0..height).rev().map(move |y| picture[y * width + x])));
        }
        Rotation::ThreeQuarters => {
            turned.extend((0..width).rev().flat_map(|x| (0..height).map(move |y| picture[y * width + x])));
        }
    }
}

impl Display for Turned {
    fn size(&self) -> Size {
        self.rotation.size(self.display.size())
    }

    fn millimetres(&self) -> Option<Size> {
        self.display.millimetres().map(|size| self.rotation.size(size))
    }

    fn show(&mut self, picture: &[u32]) -> Result<(), HalError> {
        turn(self.rotation, self.size(), picture, &mut self.picture);
        self.display.show(&self.picture)
    }

    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError> {
        self.display.set_brightness(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::panel::SimDisplay;

    #[test]
    fn a_picture_is_turned_clockwise() {
        // 1 2 3
        // 4 5 6
        let picture = [1, 2, 3, 4, 5, 6];
        for (rotation, display, shown) in [
            (Rotation::None, (3, 2), [1, 2, 3, 4, 5, 6]),
            (Rotation::Quarter, (2, 3), [4, 1, 5, 2, 6, 3]),
            (Rotation::Half, (3, 2), [6, 5, 4, 3, 2, 1]),
            (Rotation::ThreeQuarters, (2, 3), [3, 6, 2, 5, 1, 4]),
        ] {
            let sim = SimDisplay::new(Size { width: display.0, height: display.1 });
            let mut turned = Turned::by(rotation, Box::new(sim.clone()));
            assert_eq!(turned.size(), Size { width: 3, height: 2 }, "{rotation:?}");
            assert_eq!(turned.millimetres(), Some(Size { width: 30, height: 20 }), "{rotation:?}");
            turned.show(&picture).unwrap();
            assert_eq!(sim.shown().picture, shown, "{rotation:?}");
        }
    }
}
