//! Where in the picture a film plays, and whether one does at all. What lies there is no slide, whatever it shows.

use ketang_director::Ms;

use crate::cells::Grid;
use crate::mask::{Span, count, span, without_small};

/// A film moves so much of the picture, most of the time: time constant of "most" in seconds, and where it begins and ends.
/// That is 2.9 s of movement; no fade takes so long.
const MOVES: f32 = 0.01;
const TIME: f32 = 1.5;
const BEGINS: f32 = 0.85;
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
/// So long after its beginning a film's extent is known: what changed with it at first is forgotten.
const KNOWN: Ms = Ms::seconds(6);
/// A film that stirs cells in so much of the picture (as a rectangle; less, once it is known) is all there is. So much of the
/// time a cell is stirred then, and for so long, as a slide that fades in does not.
const FULL: f32 = 0.5;
const STILL_FULL: f32 = 0.3;
const STIRRED: f32 = 0.1;
const FILLS: Ms = Ms::seconds(4);

#[derive(Debug, Default)]
pub(crate) struct Film {
    /// How much of the time each cell moves, is stirred from frame to frame, and how much the whole moves.
    activity: Vec<f32>,
    stirred: Vec<f32>,
    level: f32,
    /// When it began to move.
    since: Ms,
    plays: bool,
    fills_since: Option<Ms>,
    full: bool,
    place: Option<Span>,
    ended: Ms,
}

impl Film {
    /// Takes in which cells moved and show something else, and which were stirred since the frame before, so many seconds ago.
    pub(crate) fn step(&mut self, at: Ms, seconds: f32, grid: &Grid, moved: &[bool], now: &[bool]) {
        smooth(&mut self.activity, moved, seconds);
        smooth(&mut self.stirred, now, seconds);
        let moves = count(moved) as f32 >= MOVES * moved.len() as f32;
        if moves && self.level < ENDS {
            self.since = at;
        }
        self.level += (f32::from(u8::from(moves)) - self.level) * (1.0 - (-seconds / TIME).exp());
        let stirred: Vec<bool> = self.stirred.iter().map(|stirred| *stirred > STIRRED).collect();
        let extent = span(grid, &without_small(grid, &stirred)).map_or(0, |span| span.cells());
        let fills = extent as f32 > grid.cells() as f32 * if self.full { STILL_FULL } else { FULL };
        self.fills_since = fills.then(|| self.fills_since.unwrap_or(at));
        self.plays = self.level > if self.plays { ENDS } else { BEGINS };
        if self.plays {
            let busy: Vec<bool> = self.activity.iter().map(|activity| *activity > CELL_MOVES).collect();
            let place = span(grid, &without_small(grid, &busy)).map(|span| span.grown(MARGIN));
            self.place = place.or(self.place);
            self.full = self.fills_since.is_some_and(|since| at - since >= FILLS);
            self.ended = at;
        } else if at - self.ended > REMEMBERED {
            (self.place, self.full) = (None, false);
        }
    }

    pub(crate) fn plays(&self) -> bool {
        self.plays
    }

    /// It has begun, and its extent is not known yet.
    pub(crate) fn is_new(&self, at: Ms) -> bool {
        self.plays && at - self.since < KNOWN
    }

    /// Whether a cell is a film's, or restless.
    pub(crate) fn has(&self, grid: &Grid, cell: usize) -> bool {
        self.place.is_some_and(|place| place.contains(grid, cell))
            || self.activity.get(cell).is_some_and(|activity| *activity > CELL_RESTLESS)
    }

    /// The film fills the picture, or did so just now.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// How much of the time each is so.
fn smooth(shares: &mut Vec<f32>, is: &[bool], seconds: f32) {
    shares.resize(is.len(), 0.0);
    let weight = 1.0 - (-seconds / CELL_TIME).exp();
    for (share, is) in shares.iter_mut().zip(is) {
        *share += (f32::from(u8::from(*is)) - *share) * weight;
    }
}
