//! What is known of a room before anybody comes in: zones and masks in a camera's picture, written as TOML.

use serde::{Deserialize, Serialize};

use crate::area::Area;

/// The corners of a surface in the picture, in shares of its width and height.
/// So many outlines of a kind, and corners of an outline, are taken: every frame asks them all.
const MOST: usize = 32;
const CORNERS: usize = 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f32, f32)>")]
pub struct Outline(Vec<(f32, f32)>);

#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    #[error("an outline needs 3 to 64 corners, each [x, y] with 0 ≤ x, y ≤ 1")]
    Outline,
    #[error("there are more than 32 outlines of one kind: join some")]
    TooMany,
    #[error("the zones cannot be written: {0}")]
    Write(#[from] toml::ser::Error),
    #[error("the zones of a room cannot be read: {0}")]
    Read(#[from] toml::de::Error),
}

impl RoomError {
    pub fn chinese(&self) -> String {
        match self {
            Self::Outline => "每个轮廓要有 3 到 64 个角，每个角是 [x, y]，x 和 y 都在 0 到 1 之间".into(),
            Self::TooMany => "同一种轮廓超过了 32 个：请合并一些".into(),
            Self::Write(error) => format!("无法写成文件（{error}）"),
            Self::Read(error) => format!("无法读取（{error}）"),
        }
    }
}

impl TryFrom<Vec<(f32, f32)>> for Outline {
    type Error = RoomError;

    fn try_from(corners: Vec<(f32, f32)>) -> Result<Self, RoomError> {
        let within = |share: f32| (0.0..=1.0).contains(&share);
        let good = (3..=CORNERS).contains(&corners.len()) && corners.iter().all(|(x, y)| within(*x) && within(*y));
        if good { Ok(Self(corners)) } else { Err(RoomError::Outline) }
    }
}

impl Outline {
    pub fn contains(&self, (x, y): (f32, f32)) -> bool {
        let corners = &self.0;
        let mut inside = false;
        let mut last = corners[corners.len() - 1];
        for &corner in corners {
            let ((x0, y0), (x1, y1)) = (last, corner);
            if (y0 > y) != (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0 {
                inside = !inside;
            }
            last = corner;
        }
        inside
    }

    /// How much of an area lies within, 0 to 1, by an even grid of points.
    pub fn share_of(&self, area: &Area) -> f32 {
        const STEPS: u8 = 8;
        let at = |step: u8| (f32::from(step) + 0.5) / f32::from(STEPS);
        let points = (0..STEPS).flat_map(|row| (0..STEPS).map(move |column| (column, row)));
        let inside = points.filter(|(column, row)| {
            self.contains((area.x + at(*column) * area.width, area.y + at(*row) * area.height))
        });
        inside.count() as f32 / f32::from(STEPS * STEPS)
    }
}

/// Zones and masks of one camera's picture. A zone is where people *stand*: it holds their feet, or the lowest that is
/// seen of them. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Room {
    /// Where lecturing is done. Without it, wherever no other zone is.
    pub podium: Vec<Outline>,
    /// Where one stands to write at the board.
    pub board: Vec<Outline>,
    /// The board's surface, where writing moves.
    pub board_surface: Vec<Outline>,
    /// Among the students.
    pub students: Vec<Outline>,
    /// Beside the lectern.
    pub lectern: Vec<Outline>,
    /// Beside the projector's screen or the large display.
    pub screen: Vec<Outline>,
    /// What moves and is no person: screens, windows, doors of glass. A person who is wholly within is a picture of one.
    pub masks: Vec<Outline>,
}

impl Room {
    pub fn read(text: &str) -> Result<Self, RoomError> {
        Ok(toml::from_str(text)?)
    }

    /// The middle of where one stands to write at the board, in shares of the picture's width.
    pub fn board_middle(&self) -> f32 {
        let corners = || self.board.iter().flat_map(|outline| outline.0.iter().map(|(x, _)| *x));
        let (least, greatest) =
            corners().fold((1.0_f32, 0.0_f32), |(least, greatest), x| (least.min(x), greatest.max(x)));
        if least <= greatest { (least + greatest) / 2.0 } else { 0.5 }
    }

    /// As [`Room::read`] reads it.
    pub fn write(&self) -> Result<String, RoomError> {
        Ok(toml::to_string(self)?)
    }

    /// Whether there are not too many.
    pub fn check(&self) -> Result<(), RoomError> {
        let few = self.kinds().iter().all(|outlines| outlines.len() <= MOST);
        if few { Ok(()) } else { Err(RoomError::TooMany) }
    }

    /// How many zones there are; masks are none.
    pub fn zones(&self) -> usize {
        self.kinds().iter().map(|outlines| outlines.len()).sum::<usize>() - self.masks.len()
    }

    fn kinds(&self) -> [&Vec<Outline>; 7] {
        [&self.podium, &self.board, &self.board_surface, &self.students, &self.lectern, &self.screen, &self.masks]
    }

    pub fn masked(&self, point: (f32, f32)) -> bool {
        within(&self.masks, point)
    }

    /// Whether a box is of a picture of a person rather than of a person.
    pub fn hides(&self, area: &Area) -> bool {
        const WHOLLY: f32 = 0.9;
        self.masks.iter().any(|mask| mask.share_of(area) >= WHOLLY)
    }
}

/// Whether a point lies in any of these.
pub fn within(outlines: &[Outline], point: (f32, f32)) -> bool {
    outlines.iter().any(|outline| outline.contains(point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_and_wrong_ones_refused() {
        let room = Room::read(
            "board = [[[0.2, 0.5], [0.8, 0.5], [0.8, 0.7], [0.2, 0.7]]]\n\
             masks = [[[0.4, 0.1], [0.6, 0.1], [0.6, 0.4], [0.4, 0.4]]]",
        )
        .unwrap();
        assert!((room.board_middle() - 0.5).abs() < 1e-6 && Room::default().board_middle() == 0.5);
        assert!(within(&room.board, (0.5, 0.6)) && !within(&room.board, (0.5, 0.75)));
        assert!(room.hides(&Area::new(0.45, 0.15, 0.05, 0.2)), "a film of somebody");
        assert!(!room.hides(&Area::new(0.45, 0.15, 0.1, 0.7)), "somebody before the screen");
        assert_eq!(Room::read("").unwrap(), Room::default());
        assert_eq!(Room::read(&room.write().unwrap()).unwrap(), room, "what is written is read again");
        assert_eq!(room.zones(), 1);
        for wrong in ["board = [[[0, 0], [1, 1]]]", "board = [[[0, 0], [2, 0], [1, 1]]]", "bord = []"] {
            assert!(Room::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_corner_that_turns_inward_is_outside() {
        let room = Room::read("podium = [[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.5, 0.3], [0.1, 0.9]]]").unwrap();
        assert!(within(&room.podium, (0.2, 0.5)) && within(&room.podium, (0.5, 0.2)));
        assert!(!within(&room.podium, (0.5, 0.6)));
    }
}
