//! The six heads of MoveNet MultiPose made into people. Its own decoder stops at six people; this one does not.
//!
//! The network sees the picture as a grid of cells of [`CELL`] pixels. For each cell it tells whether a person's centre
//! lies there, the box and the rough keypoints of that person; and for each keypoint, where any such is in the picture.

use crate::area::Area;
use crate::detector::{Detected, Keypoint, Keypoints, Part};

/// The side of a cell, in pixels.
pub const CELL: usize = 4;
/// A centre counts from here on.
const CENTRE_FROM: f32 = 0.15;
/// A keypoint counts towards a person's score from here on.
const KEYPOINT_FROM: f32 = 0.127;
/// Two boxes that share more than this are one person.
const SAME_PERSON: f32 = 0.45;
/// A box of which so much lies within a surer one is a part of that person.
const PART_OF: f32 = 0.8;
/// A cell is a centre only if it is the greatest within so many cells around it.
const PEAK_RADIUS: usize = 2;

/// What the network gave: planes of `rows` × `columns` numbers.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    pub rows: usize,
    pub columns: usize,
    /// 1 plane, before the sigmoid.
    pub centre: &'a [f32],
    /// Height and width, in cells.
    pub box_size: &'a [f32],
    /// From the cell to the box's centre: down and right, in cells.
    pub box_offset: &'a [f32],
    /// A plane a keypoint, before the sigmoid.
    pub keypoint_heat: &'a [f32],
    /// Down and right from the cell to each keypoint, roughly, in cells.
    pub keypoint_place: &'a [f32],
    /// Down and right from a keypoint's cell to its place, in cells.
    pub keypoint_offset: &'a [f32],
}

impl Heads<'_> {
    /// Whether each head has as many numbers as the grid asks for.
    pub fn is_whole(&self) -> bool {
        let cells = self.rows * self.columns;
        let planes = |head: &[f32], count: usize| head.len() == cells * count;
        planes(self.centre, 1)
            && planes(self.box_size, 2)
            && planes(self.box_offset, 2)
            && planes(self.keypoint_heat, Part::COUNT)
            && planes(self.keypoint_place, 2 * Part::COUNT)
            && planes(self.keypoint_offset, 2 * Part::COUNT)
    }

    fn at(&self, head: &[f32], plane: usize, row: usize, column: usize) -> f32 {
        head[(plane * self.rows + row) * self.columns + column]
    }

    /// Everybody in the picture, the surest first; nobody where the heads are not whole.
    pub fn people(&self) -> Vec<Detected> {
        if !self.is_whole() {
            return Vec::new();
        }
        let mut people: Vec<Detected> = Vec::new();
        for row in 0..self.rows {
            for column in 0..self.columns {
                if sigmoid(self.at(self.centre, 0, row, column)) >= CENTRE_FROM && self.is_peak(row, column) {
                    people.push(self.person(row, column));
                }
            }
        }
        people.retain(|person| person.area.size() > 0.0);
        once_each(people)
    }

    fn is_peak(&self, row: usize, column: usize) -> bool {
        let own = self.at(self.centre, 0, row, column);
        let around = |at: usize, size: usize| at.saturating_sub(PEAK_RADIUS)..(at + PEAK_RADIUS + 1).min(size);
        around(row, self.rows).all(|y| around(column, self.columns).all(|x| self.at(self.centre, 0, y, x) <= own))
    }

    fn person(&self, row: usize, column: usize) -> Detected {
        let pair =
            |head: &[f32], plane: usize| (self.at(head, plane, row, column), self.at(head, plane + 1, row, column));
        let (rows, columns) = (self.rows as f32, self.columns as f32);
        let (down, right) = pair(self.box_offset, 0);
        let (height, width) = pair(self.box_size, 0);
        let centre = ((column as f32 + right) / columns, (row as f32 + down) / rows);
        let area = Area::around(centre, width.max(0.0) / columns, height.max(0.0) / rows);
        let keypoints = Keypoints(std::array::from_fn(|part| {
            let (down, right) = pair(self.keypoint_place, 2 * part);
            self.keypoint(part, (row as f32 + down, column as f32 + right), &area)
        }));
        let centre_score = sigmoid(self.at(self.centre, 0, row, column));
        let known = keypoints.0.iter().map(|point| point.score).filter(|score| *score > KEYPOINT_FROM);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), score| (sum + score, count + 1.0));
        let score = if count > 0.0 { (sum / count).max(centre_score) } else { centre_score };
        Detected { area, keypoints, score }
    }

    /// The hottest cell of a keypoint near where the person's cell expects it, within the box.
    fn keypoint(&self, part: usize, (row, column): (f32, f32), area: &Area) -> Keypoint {
        let spread = 0.3 * self.rows.min(self.columns) as f32;
        let within = |from: f32, to: f32, size: usize| {
            let limit = size as f32 - 1.0;
            let cell = |share: f32| (share * size as f32).clamp(0.0, limit) as usize;
            cell(from)..=cell(to)
        };
        let mut best = (0.0_f32, 0, 0);
        for y in within(area.y, area.bottom(), self.rows) {
            for x in within(area.x, area.right(), self.columns) {
                let heat = self.at(self.keypoint_heat, part, y, x);
                if heat < -4.0 {
                    continue; // less than 2 %: not worth its exponentials
                }
                let distance = (y as f32 - row).powi(2) + (x as f32 - column).powi(2);
                let score = sigmoid(heat) * (-distance / spread).exp();
                if score > best.0 {
                    best = (score, y, x);
                }
            }
        }
        let (score, y, x) = best;
        if score == 0.0 {
            return Keypoint { x: column / self.columns as f32, y: row / self.rows as f32, score };
        }
        let down = self.at(self.keypoint_offset, 2 * part, y, x);
        let right = self.at(self.keypoint_offset, 2 * part + 1, y, x);
        Keypoint { x: (x as f32 + right) / self.columns as f32, y: (y as f32 + down) / self.rows as f32, score }
    }
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// Each person once, the surest first.
pub fn once_each(mut people: Vec<Detected>) -> Vec<Detected> {
    people.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detected> = Vec::new();
    for person in people {
        let known = |other: &Detected| {
            person.area.iou(&other.area) > SAME_PERSON
                || person.area.share_in(&other.area) > PART_OF && person.score < 0.7 * other.score
        };
        if !kept.iter().any(known) {
            kept.push(person);
        }
    }
    kept
}
