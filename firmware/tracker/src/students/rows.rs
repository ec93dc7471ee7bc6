//! How high in the picture the head of somebody who sits is, by how near they are.
//!
//! Heads of people who sit are in one plane: the floor's, lifted, or that of steps which rise evenly. A camera shows a point of a plane
//! below the plane's horizon in proportion to how near it is, and shoulders are broad in the same proportion. So heads of who sits
//! lie along one line over the breadth of their shoulders, whatever the row, and who stands is above it by what rising takes.

use super::Seat;
use crate::area::Area;

/// Heads lie so much lower as shoulders are broader, both in pixels, until the class itself tells: the camera hangs 1.5 m above heads
/// of people whose shoulders are 0.33 m apart.
const FALLS: f32 = 4.5;
/// Two seats tell of it if one is so many times as broad as the other; so many pairs of them are enough.
const BROADER: f32 = 1.15;
const PAIRS: usize = 10;

/// The line, in shares of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// Where heads are that are endlessly far away.
    horizon: f32,
    falls: f32,
    aspect: f32,
}

impl Rows {
    /// The line that most seats lie along: medians of what each pair says (Theil and Sen), as some of them are where somebody bends.
    pub(super) fn of(seats: &[Seat], aspect: f32) -> Option<Self> {
        let known = |seat: &Seat| Some((seat.broad.filter(|_| seat.is_one())?, seat.area.y));
        let known: Vec<_> = seats.iter().filter_map(known).collect();
        let pairs = known.iter().flat_map(|near| known.iter().map(move |far| (near, far)));
        let apart = pairs.filter(|(near, far)| near.0 > BROADER * far.0);
        let slopes: Vec<f32> = apart.map(|(near, far)| (near.1 - far.1) / (near.0 - far.0)).collect();
        let falls = if slopes.len() < PAIRS { FALLS * aspect } else { median(slopes)? };
        let horizon = median(known.iter().map(|(broad, y)| y - falls * broad).collect())?;
        Some(Self { horizon, falls, aspect })
    }

    /// By how many breadths of its shoulders a head is above those of who sits as near.
    pub(super) fn above(&self, head: &Area) -> f32 {
        (self.horizon + self.falls * head.width - head.y) / (head.width * self.aspect)
    }
}

fn median(mut all: Vec<f32>) -> Option<f32> {
    all.sort_by(f32::total_cmp);
    all.get(all.len() / 2).copied()
}
