//! Where the detector looks: the part of the picture, and in what size.
//!
//! The network finds people best who are 50 to 200 pixels high in what it is shown: larger ones fall into pieces, smaller
//! ones vanish. So the whole picture is shown in the size that suits the one who is followed, and only a part of it where
//! that would be too large.

use crate::area::Area;
use crate::decode::once_each;
use crate::detector::{Detected, Detector, DetectorError, GRAIN, Part};
use crate::picture::Picture;

/// The one who is followed is shown so high, in pixels: in the whole picture, and in a part of it.
const WANTED: f32 = 85.0;
const WANTED_IN_PART: f32 = 130.0;
/// The whole picture is shown at most so high, and at least.
const LARGEST: usize = 288;
const SMALLEST: usize = 160;
/// A part of the picture is shown in a square of this size.
const PART: usize = 256;
/// When nobody is known the whole picture is shown in these heights in turn.
const SEARCH: [usize; 2] = [288, 192];
/// A class is looked over in parts of this height, in columns and rows.
const TILE: f32 = 0.5;
const TILES: [(u32, f32, f32); 2] = [(4, 0.15, 0.85), (2, 0.3, 0.65)];
/// Where something moves a part is shown at least so high, and so many times as high as what moves.
const STIR: f32 = 0.35;
const STIR_GROWN: f32 = 2.0;
/// But so many times as high at least, or whoever is as high is cut off.
const UNCUT: f32 = 1.25;
/// A second look at the same shows so many times as much of the height.
const WIDELY: f32 = 1.35;
/// A look at no more of the picture's height is a close one.
const CLOSE: f32 = 0.65;
/// Who is shown smaller than this, in pixels, is not surely found.
const LEAST: f32 = 50.0;
/// A box that ends so near the border of a part is cut off by it, in shares of the part.
const CUT: f32 = 0.015;
/// A shoulder is seen if it is so sure.
const SHOULDER: f32 = 0.3;

/// The same look at the same picture finds the same, so each goes a little beside the one before, in widths and heights.
const ASIDE: [(f32, f32); 5] = [(0.0, 0.0), (0.5, 0.2), (-0.5, -0.2), (0.5, -0.2), (-0.5, 0.2)];
/// And every other one shows so much more on each side.
const WIDER: f32 = 0.2;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) area: Area,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Of a class: desks hide what is below the shoulders anyway.
    desks: bool,
}

impl View {
    /// The look for somebody who should be in this area, or for anybody; `turn` counts looks.
    pub(crate) fn of(subject: Option<Area>, aspect: f32, turn: u32) -> Self {
        let Some(subject) = subject else {
            return Self::whole(SEARCH[turn as usize % SEARCH.len()], aspect);
        };
        let shown = subject.height.max(subject.width * aspect / 2.0).max(0.02);
        let height = (WANTED / shown / GRAIN as f32).round() as usize * GRAIN;
        // Every third look is for those who are not followed.
        if height <= LARGEST || turn.is_multiple_of(3) {
            return Self::whole(height.clamp(SMALLEST, LARGEST), aspect);
        }
        let side = shown * PART as f32 / WANTED_IN_PART;
        Self { area: Area::around(subject.centre(), side / aspect, side), width: PART, height: PART, desks: false }
    }

    /// A look at a class: where something moves, or else the whole and its parts in turn. Who sits far behind is seen in a part
    /// alone, who sits in front in the whole alone.
    pub(crate) fn of_class(stir: Option<Area>, aspect: f32, turn: u32) -> Self {
        // Every third look is for those who sit still.
        if let Some(stir) = stir.filter(|_| !turn.is_multiple_of(3)) {
            return Self::closely(&stir, aspect);
        }
        let [(columns, left, right), (rows, top, bottom)] = TILES;
        let turn = if stir.is_some() { turn / 3 } else { turn };
        if turn.is_multiple_of(3) {
            return Self::whole(LARGEST, aspect);
        }
        let tile = (turn - turn / 3 - 1) % (columns * rows);
        let at = |index: u32, count: u32, from: f32, to: f32| from + (to - from) * index as f32 / (count - 1) as f32;
        let centre = (at(tile % columns, columns, left, right), at(tile / columns, rows, top, bottom));
        Self::part(centre, TILE, aspect)
    }

    /// A look at one of a class, or at what moves there.
    pub(crate) fn closely(area: &Area, aspect: f32) -> Self {
        let length = area.height.max(area.width * aspect);
        let side = (STIR_GROWN * length).clamp(STIR, TILE).max(UNCUT * length).min(CLOSE);
        Self::part(area.centre(), side, aspect)
    }

    /// A look at the same with more around it: the network misses in one size whom it finds in the other.
    pub(crate) fn widely(area: &Area, aspect: f32) -> Self {
        let Self { area: close, .. } = Self::closely(area, aspect);
        Self::part(area.centre(), (WIDELY * close.height).min(CLOSE), aspect)
    }

    /// A part of this height, moved into the picture.
    fn part(centre: (f32, f32), side: f32, aspect: f32) -> Self {
        let inside = |at: f32, length: f32| at.clamp(length.min(1.0) / 2.0, 1.0 - length.min(1.0) / 2.0);
        let centre = (inside(centre.0, side / aspect), inside(centre.1, side));
        Self { area: Area::around(centre, side / aspect, side), width: PART, height: PART, desks: true }
    }

    /// The whole picture, with grey beside it where the network's grain asks for more.
    fn whole(height: usize, aspect: f32) -> Self {
        let width = (height as f32 * aspect / GRAIN as f32).ceil() as usize * GRAIN;
        let shown = width as f32 / (height as f32 * aspect);
        Self { area: Area::around((0.5, 0.5), shown, 1.0), width, height, desks: false }
    }

    /// How many pixels the network is shown: its cost.
    pub(crate) fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// Whether the places of the body are seen as they are: where more of the picture is shown, shoulders come out too narrow.
    pub(crate) fn is_close(&self) -> bool {
        self.area.height <= CLOSE
    }

    /// Whether whoever is in this area would have been found.
    pub(crate) fn covers(&self, area: &Area) -> bool {
        area.share_in(&self.area) > 0.8
    }

    /// The same of a class, where those far behind are too small in the whole picture to be missed there.
    pub(crate) fn shows(&self, area: &Area) -> bool {
        self.covers(area) && area.height / self.area.height * self.height as f32 >= LEAST
    }

    /// Everybody in view, with places in the whole picture.
    pub(crate) fn look(&self, picture: &Picture, detector: &mut dyn Detector) -> Result<Vec<Detected>, DetectorError> {
        let found = detector.people(&picture.view(&self.area, self.width, self.height))?;
        let found = found.iter().filter(|person| !self.cuts(person)).map(|person| {
            let person = person.within(&self.area);
            Detected { area: person.area.visible(), ..person }
        });
        Ok(once_each(found.filter(|person| person.area.size() > 0.0).collect()))
    }

    /// Everybody in this view or in the other.
    pub(crate) fn look_also(
        &self,
        also: Option<Self>,
        picture: &Picture,
        detector: &mut dyn Detector,
    ) -> Result<Vec<Detected>, DetectorError> {
        let mut found = self.look(picture, detector)?;
        if let Some(also) = also {
            found.extend(also.look(picture, detector)?);
            found = once_each(found);
        }
        Ok(found)
    }

    /// Whether a box, in shares of the view, ends where the view does and the picture goes on.
    fn cuts(&self, person: &Detected) -> bool {
        let (own, found) = (&self.area, &person.area);
        found.x < CUT && own.x > 0.0
            || found.y < CUT && own.y > 0.0
            || found.right() > 1.0 - CUT && own.right() < 1.0
            || found.bottom() > 1.0 - CUT && own.bottom() < 1.0 && !(self.desks && has_shoulders(person))
    }
}

/// Where a look goes after so many in vain.
pub(crate) fn aside(area: &Area, misses: u32) -> Area {
    let (right, down) = ASIDE[misses as usize % ASIDE.len()];
    let place = Area { x: area.x + right * area.width, y: area.y + down * area.height, ..*area };
    if misses % 2 == 1 { place.grown(WIDER, WIDER) } else { place }
}

fn has_shoulders(person: &Detected) -> bool {
    let shoulder = |part| person.keypoints.get(part, SHOULDER).is_some_and(|at| at.y < 1.0 - CUT);
    shoulder(Part::LeftShoulder) && shoulder(Part::RightShoulder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_followed_is_shown_in_the_size_that_suits() {
        for (height, turn) in [(0.9, 1), (0.5, 2), (0.3, 4), (0.1, 5), (0.03, 7)] {
            let person = Area::new(0.5, 0.05, height * 0.2, height);
            let view = View::of(Some(person), 16.0 / 9.0, turn);
            let shown = height / view.area.height * view.height as f32;
            assert!((60.0..=200.0).contains(&shown) && view.covers(&person), "{height}: {view:?}");
            assert_eq!((view.width % GRAIN, view.height % GRAIN), (0, 0));
            let stretched = view.area.width * 16.0 / 9.0 / view.area.height * view.height as f32 / view.width as f32;
            assert!((stretched - 1.0).abs() < 0.01, "as it is: {stretched}");
        }
    }

    #[test]
    fn a_class_is_looked_over_and_where_something_moves_at_once() {
        let far = Area::new(0.8, 0.15, 0.03, 0.1);
        let looks: Vec<_> = (0..40).map(|turn| View::of_class(None, 1.78, turn)).collect();
        for x in [0.02, 0.2, 0.4, 0.6, 0.8, 0.94] {
            let seat = Area::new(x, 0.15, 0.03, 0.1);
            assert!(looks.iter().any(|view| view.covers(&seat) && view.area.height < 0.6), "{x}");
        }
        assert!(looks.iter().filter(|view| view.covers(&Area::WHOLE)).count() >= 10);
        for turn in [1, 2, 4, 5] {
            let view = View::of_class(Some(far), 1.78, turn);
            assert!(view.covers(&far) && view.area.height < 0.5, "{turn}: {view:?}");
        }
        assert!(View::of_class(Some(far), 1.78, 3) != View::of_class(Some(far), 1.78, 4), "others are not forgotten");
    }

    #[test]
    fn now_and_then_everybody_is_looked_for() {
        let far = Area::new(0.1, 0.1, 0.02, 0.08);
        assert!((0..3).any(|turn| View::of(Some(far), 1.6, turn).covers(&Area::new(0.8, 0.5, 0.1, 0.4))));
        assert!(View::of(None, 1.6, 0) != View::of(None, 1.6, 1), "in two sizes");
    }

    #[test]
    fn no_two_looks_are_the_same() {
        let area = Area::new(0.4, 0.4, 0.1, 0.2);
        let places: Vec<Area> = (0..5).map(|misses| aside(&area, misses)).collect();
        for (index, place) in places.iter().enumerate() {
            assert!(!places[index + 1..].contains(place) && area.share_in(place) > 0.3, "{place:?}");
        }
    }
}
