//! Where somebody of a class sits, as far as looks tell.

use ketang_director::Ms;

use super::suspicion::Suspicion;
use super::{BESIDE, HIGHEST, as_broad};
use crate::area::Area;

/// It is one after so many looks.
const LOOKS: u32 = 3;
/// Who left it has the head so much above it at least; there it would be as a rule. Both in breadths of the shoulders.
const RISEN: f32 = 0.75;
const RISE: f32 = 1.1;

/// Where somebody sits, as they are seen there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) number: u32,
    pub(super) area: Area,
    /// Of who sits there, from shoulder to shoulder in picture widths, once a close look told.
    pub(super) broad: Option<f32>,
    pub(super) suspicion: Suspicion,
    pub(super) since: Ms,
    pub(super) seen: Ms,
    pub(super) looks: u32,
}

impl Seat {
    /// Whether the head of somebody is above this seat's, by so much at least.
    pub(super) fn is_above(&self, found: &Area, least: f32, aspect: f32) -> bool {
        let broad = self.breadth();
        let right = (self.area.centre().0 - found.centre().0).abs() / broad;
        right < BESIDE && (least..HIGHEST).contains(&((self.area.y - found.y) / (broad * aspect)))
    }

    /// From shoulder to shoulder; of who was not looked at closely half of the box.
    pub(super) fn breadth(&self) -> f32 {
        self.broad.unwrap_or(self.area.width / 2.0)
    }

    /// Whether somebody as broad, found there, rose from here.
    pub(super) fn was_left_by(&self, found: &Area, broad: Option<f32>, aspect: f32) -> bool {
        self.broad.zip(broad).is_some_and(|(own, broad)| as_broad(own, broad)) && self.is_above(found, RISEN, aspect)
    }

    /// By how much somebody so broad is nearer to the camera or farther from it than who sits here; `None` where nobody knows.
    pub(super) fn differs(&self, broad: f32) -> Option<f32> {
        self.broad.map(|own| (own / broad).ln().abs())
    }

    pub(super) fn is_one(&self) -> bool {
        self.looks >= LOOKS
    }

    /// The place of the head of who sits here.
    pub(super) fn head(&self) -> Option<Area> {
        let broad = self.broad?;
        Some(Area::new(self.area.centre().0 - broad / 2.0, self.area.y, broad, self.area.height / 2.0))
    }

    /// Where the head of who sits here would be if they rose.
    pub(super) fn risen_head(&self, aspect: f32) -> Option<Area> {
        let broad = self.broad?;
        let (x, _) = self.area.centre();
        Some(Area::new(x - broad / 2.0, self.area.y - RISE * broad * aspect, broad, broad * aspect / 2.0))
    }
}
