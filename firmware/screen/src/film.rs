//! Where in the picture a film plays, and whether one does at all. What lies there is no slide, whatever it shows.

use ketang_director::Ms;

use crate::cells::Grid;
use crate::mask::{Span, span, without_small};

/// A film moves so much of the picture, most of the time: time constant of "most" in seconds, and where it begins and ends.
/// That is 2.4 s of movement; no fade takes so long.
const MOVES: f32 = 0.01;
const TIME: f32 = 1.5;
const BEGINS: f32 = 0.8;
const ENDS: f32 = 0.2;
/// A cell belongs to it that moves for so much of the time, of so many seconds.
const CELL_TIME: f32 = 3.0;
const CELL_MOVES: f32 = 0.45;
/// A cell that moves for so much of the time is not waited for, even if it is too small for a film.
const CELL_RESTLESS: f32 = 0.6;
/// Cells around it that belong to it, too.
const MARGIN: usize = 2;
/// So long after its end its place is remembered: it may be a pause, or a still shot.
const REMEMBERED: Ms = Ms::seconds(4);
/// A film over so much of the picture is all there is.
const FULL: f32 = 0.5;

#[derive(Debug, Default)]
pub(crate) struct Film {
    /// How much of the time each cell moves, and the whole.
    activity: Vec<f32>,
    level: f32,
    plays: bool,
    place: Option<Span>,
    ended: Ms,
}

impl Film {
    /// Takes in which cells moved, so many seconds after the last time.
    pub(crate) fn step(&mut self, at: Ms, seconds: f32, grid: &Grid, moved: &[bool]) {
        self.activity.resize(moved.len(), 0.0);
        let share = 1.0 - (-seconds / CELL_TIME).exp();
        let mut moving = 0;
        for (activity, moved) in self.activity.iter_mut().zip(moved) {
            *activity += (f32::from(u8::from(*moved)) - *activity) * share;
            moving += usize::from(*moved);
        }
        let moves = moving as f32 >= MOVES * moved.len() as f32;
        self.level += (f32::from(u8::from(moves)) - self.level) * (1.0 - (-seconds / TIME).exp());
        self.plays = self.level > if self.plays { ENDS } else { BEGINS };
        if self.plays {
            let busy: Vec<bool> = self.activity.iter().map(|activity| *activity > CELL_MOVES).collect();
            let place = span(grid, &without_small(grid, &busy)).map(|span| span.grown(MARGIN));
            self.place = place.or(self.place);
            self.ended = at;
        } else if at - self.ended > REMEMBERED {
            self.place = None;
        }
    }

    pub(crate) fn plays(&self) -> bool {
        self.plays
    }

    /// Whether a cell is a film's, or restless.
    pub(crate) fn has(&self, grid: &Grid, cell: usize) -> bool {
        self.place.is_some_and(|place| place.contains(grid, cell))
            || self.activity.get(cell).is_some_and(|activity| *activity > CELL_RESTLESS)
    }

    /// The film fills the picture.
    pub(crate) fn is_full(&self, grid: &Grid) -> bool {
        self.place.is_some_and(|place| {
            let cells = (0..grid.cells()).filter(|cell| place.contains(grid, *cell)).count();
            cells as f32 > FULL * grid.cells() as f32
        })
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}
