//! Whether something small travels over the picture: the pointer, or somebody who types or draws. What blinks in its place
//! does not.

use std::collections::VecDeque;

use ketang_director::Ms;

use crate::cells::Grid;

/// What is larger than this share of the cells is no pointer.
const SMALL: f32 = 0.006;
/// It travels if it came so far, in cells, within this time; for so long it is told.
const FAR: f32 = 3.0;
const WITHIN: Ms = Ms::seconds(1);

#[derive(Debug, Default)]
pub(crate) struct Pointer {
    path: VecDeque<(Ms, f32, f32)>,
    travelled: Option<Ms>,
}

impl Pointer {
    /// Takes in which cells moved since the frame before; whether it is the pointer that moves.
    pub(crate) fn step(&mut self, at: Ms, grid: &Grid, moved: &[bool]) -> bool {
        let cells: Vec<usize> = (0..moved.len()).filter(|cell| moved[*cell]).collect();
        if cells.len() as f32 > SMALL * moved.len() as f32 {
            self.path.clear();
            self.travelled = None;
        } else if !cells.is_empty() {
            let mean = |of: fn(usize, usize) -> usize| {
                cells.iter().map(|cell| of(*cell, grid.columns) as f32).sum::<f32>() / cells.len() as f32
            };
            self.path.push_back((at, mean(|cell, columns| cell % columns), mean(|cell, columns| cell / columns)));
        }
        while self.path.front().is_some_and(|(then, ..)| at - *then > WITHIN) {
            self.path.pop_front();
        }
        let reach = |of: fn(&(Ms, f32, f32)) -> f32| {
            let places = || self.path.iter().map(of);
            places().fold(f32::MIN, f32::max) - places().fold(f32::MAX, f32::min)
        };
        if !cells.is_empty() && self.path.len() > 2 && reach(|place| place.1).max(reach(|place| place.2)) >= FAR {
            self.travelled = Some(at);
        }
        self.travelled.is_some_and(|then| at - then < WITHIN)
    }
}
