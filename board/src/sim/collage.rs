//! A frame as a list of what is laid over a background, and how it gets into memory that holds an earlier frame: only what
//! differs is drawn.

use std::collections::VecDeque;
use std::sync::Arc;

use ketang_hal::picture::Nv12;

use super::area::{Area, joined};
use super::blit::{Laying, Plate, Sprite};

/// Frames whose lists are kept: more than can be on their way through the host.
const KEPT: usize = 64;

#[derive(Clone)]
pub(super) enum Cutting {
    Plate(Arc<Plate>),
    Sprite(Arc<Sprite>, Laying),
}

/// Something that is laid over the background.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) cutting: Cutting,
    /// Where its anchor lies in the frame, or a plate's corner; even.
    pub(super) x: i32,
    pub(super) y: i32,
    /// Far things are laid first; at one distance in the order in which they were added.
    pub(super) distance: f32,
}

impl Piece {
    fn area(&self) -> Area {
        match &self.cutting {
            Cutting::Plate(plate) => plate.area(self.x, self.y),
            Cutting::Sprite(sprite, how) => sprite.area(self.x, self.y, *how),
        }
    }

    fn lay(&self, clip: Area, frame: &mut Nv12<'_>) {
        match &self.cutting {
            Cutting::Plate(plate) => plate.lay(self.x, self.y, clip, frame),
            Cutting::Sprite(sprite, how) => sprite.lay(self.x, self.y, *how, clip, frame),
        }
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Piece) -> bool {
        let same = match (&self.cutting, &other.cutting) {
            (Cutting::Plate(a), Cutting::Plate(b)) => Arc::ptr_eq(a, b),
            (Cutting::Sprite(a, how_a), Cutting::Sprite(b, how_b)) => Arc::ptr_eq(a, b) && how_a == how_b,
            _ => false,
        };
        same && (self.x, self.y, self.distance) == (other.x, other.y, other.distance)
    }
}

/// All that a frame consists of.
pub(super) struct Collage {
    background: Piece,
    pieces: Vec<Piece>,
}

impl Collage {
    /// A frame that begins with a plate whose corner lies at (`x`, `y`).
    pub(super) fn over(plate: Arc<Plate>, x: i32, y: i32) -> Collage {
        let background = Piece { cutting: Cutting::Plate(plate), x, y, distance: f32::MAX };
        Collage { background, pieces: Vec::new() }
    }

    /// Adds what is nearer than all that was added before.
    pub(super) fn add(&mut self, cutting: Cutting, x: i32, y: i32, distance: f32) {
        self.pieces.push(Piece { cutting, x: x & !1, y: y & !1, distance });
    }

    pub(super) fn sort(&mut self) {
        self.pieces.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    }

    /// Draws the frame into memory that holds `before`, or anything.
    fn draw(&self, before: Option<&Collage>, frame: &mut Nv12<'_>) {
        let whole = Area::of(frame.size);
        let changed = match before.filter(|before| before.background == self.background) {
            Some(before) => {
                let gone = before.pieces.iter().filter(|piece| !self.pieces.contains(piece));
                let come = self.pieces.iter().filter(|piece| !before.pieces.contains(piece));
                joined(gone.chain(come).map(|piece| piece.area().and(whole)))
            }
            None => vec![whole],
        };
        for area in changed {
            self.background.lay(area, frame);
            self.pieces.iter().for_each(|piece| piece.lay(area, frame));
        }
    }
}

/// The frames that a painter drew lately.
#[derive(Default)]
pub(super) struct Album {
    frames: VecDeque<(u64, Collage)>,
}

impl Album {
    /// Draws frame `number` into memory that holds frame `before` of this album, if it holds one.
    pub(super) fn draw(&mut self, number: u64, collage: Collage, before: Option<u64>, frame: &mut Nv12<'_>) {
        // A number may have been drawn twice, in two ways, when something was told meanwhile.
        let known = before.and_then(|before| self.frames.iter().rev().find(|(number, _)| *number == before));
        collage.draw(known.map(|(_, collage)| collage), frame);
        self.frames.retain(|(drawn, _)| *drawn != number);
        self.frames.push_back((number, collage));
        if self.frames.len() > KEPT {
            self.frames.pop_front();
        }
    }
}
