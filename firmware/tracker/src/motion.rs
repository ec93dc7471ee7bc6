//! What moves, and what was not there before: the picture as a grid of cells, compared with the frame before and with a
//! background that is learnt slowly. Knows no people.
//!
//! A lamp, a projector or a curtain changes most of the picture at once: that is no motion, and the background is learnt
//! anew. A camera's own exposure moves all cells by the same factor, which is taken out before anything is compared.

use crate::area::Area;
use crate::picture::Picture;

/// Cells of the grid.
pub const COLUMNS: usize = 160;
pub const ROWS: usize = 90;
const CELLS: usize = COLUMNS * ROWS;
/// A cell moved if it differs by so many of 255 steps from the frame before, beyond its own noise.
const MOVED: f32 = 7.0;
/// A cell is foreground if it differs by so much from the background.
const FOREGROUND: f32 = 14.0;
/// If more of the picture than this changed at once, the light did.
const LIGHT: f32 = 0.45;
/// A piece that changes at once, is so much of the picture and fills its outline so well is lit by a projector or a window.
const LIT: f32 = 0.12;
const LIT_FILLS: f32 = 0.7;
/// How fast the background takes on what is there, a second.
const LEARNING: f32 = 0.05;
/// After a change of light the background follows for so long, in seconds.
const SETTLING: f32 = 1.0;

/// What the latest frame did.
#[derive(Debug, Default)]
pub struct Motion {
    /// Brightness of each cell now; empty before the first frame.
    now: Vec<f32>,
    background: Vec<f32>,
    /// How much each cell usually flickers.
    noise: Vec<f32>,
    moved: Vec<bool>,
    foreground: Vec<bool>,
    settling: f32,
    light_changed: bool,
}

impl Motion {
    /// Takes in a frame, `seconds` after the one before. The background is not learnt within `kept`, where people are;
    /// what lies in `masked` never moves.
    pub fn see(&mut self, picture: &Picture, seconds: f32, kept: &[Area], masked: impl Fn((f32, f32)) -> bool) {
        let seen = brightness(picture);
        if self.now.is_empty() {
            self.background = seen.clone();
            self.now = seen;
            self.noise = vec![2.0; CELLS];
            self.moved = vec![false; CELLS];
            self.foreground = vec![false; CELLS];
            return;
        }
        let gain = exposure(&self.now, &seen);
        let background_gain = exposure(&self.background, &seen);
        let mut changed = 0;
        for (cell, &bright) in seen.iter().enumerate() {
            let hidden = masked(place(cell));
            let step = (bright - self.now[cell] * gain).abs();
            let moved = step > MOVED + 2.0 * self.noise[cell];
            self.noise[cell] += (step.min(12.0) - self.noise[cell]) * 0.02;
            changed += usize::from(moved);
            self.moved[cell] = moved && !hidden;
            let difference = (bright - self.background[cell] * background_gain).abs();
            self.foreground[cell] = difference > FOREGROUND + 2.0 * self.noise[cell] && !hidden;
        }
        self.light_changed = changed as f32 > LIGHT * CELLS as f32;
        if self.light_changed {
            self.settling = SETTLING;
        }
        if self.settling > 0.0 {
            // Nothing is known of what stands out until the light is steady.
            self.settling -= seconds;
            self.background.clone_from(&seen);
            self.moved.fill(false);
            self.foreground.fill(false);
        } else {
            self.forget_lit(&seen, kept);
            let share = (LEARNING * seconds).min(1.0);
            for (cell, &bright) in seen.iter().enumerate() {
                let point = place(cell);
                if !kept.iter().any(|area| area.contains(point)) {
                    self.background[cell] *= background_gain;
                    self.background[cell] += (bright - self.background[cell]) * share;
                }
            }
        }
        self.now = seen;
    }

    /// What was lit at once did not move, and looks like that from now on; but who stands there still does.
    fn forget_lit(&mut self, seen: &[f32], kept: &[Area]) {
        if share(&self.moved, &Area::WHOLE) < LIT {
            return;
        }
        let size = |area: &Area| area.size() * CELLS as f32;
        let lit = |(count, area): &(usize, Area)| *count as f32 >= LIT_FILLS * size(area);
        for (_, area) in counted_pieces(self.moved.clone(), LIT).into_iter().filter(lit) {
            let within = |cell: &usize| area.contains(place(*cell));
            for cell in (0..CELLS).filter(within).filter(|cell| !kept.iter().any(|kept| kept.contains(place(*cell)))) {
                (self.moved[cell], self.foreground[cell]) = (false, false);
                self.background[cell] = seen[cell];
            }
        }
    }

    /// Whether the light changed with the latest frame.
    pub fn light_changed(&self) -> bool {
        self.light_changed
    }

    /// The share of an area that moved.
    pub fn moved(&self, area: &Area) -> f32 {
        share(&self.moved, area)
    }

    /// The share of an area that differs from the background.
    pub fn foreground(&self, area: &Area) -> f32 {
        share(&self.foreground, area)
    }

    /// Connected pieces of foreground that are at least `size` of the picture, the largest first.
    pub fn pieces(&self, size: f32) -> Vec<Area> {
        pieces(self.foreground.clone(), size)
    }

    /// Connected pieces of what moved outside all `known` areas, at least `size` of the picture, the largest first.
    pub fn moved_beside(&self, known: &[Area], size: f32) -> Vec<Area> {
        let beside = |(cell, &moved): (usize, &bool)| moved && !known.iter().any(|area| area.contains(place(cell)));
        pieces(self.moved.iter().enumerate().map(beside).collect(), size)
    }
}

fn pieces(free: Vec<bool>, size: f32) -> Vec<Area> {
    counted_pieces(free, size).into_iter().map(|(_, area)| area).collect()
}

/// Each with its number of cells.
fn counted_pieces(mut free: Vec<bool>, size: f32) -> Vec<(usize, Area)> {
    let mut pieces = Vec::new();
    for start in 0..free.len() {
        if free[start] {
            let (count, area) = fill(&mut free, start);
            if count as f32 >= size * CELLS as f32 {
                pieces.push((count, area));
            }
        }
    }
    pieces.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    pieces
}

/// Takes a connected piece out, gaps of one cell bridged; its cells and its area.
fn fill(free: &mut [bool], start: usize) -> (usize, Area) {
    let mut open = vec![start];
    let (mut left, mut top, mut right, mut bottom) = (COLUMNS, ROWS, 0, 0);
    let mut count = 0;
    free[start] = false;
    while let Some(cell) = open.pop() {
        let (x, y) = (cell % COLUMNS, cell / COLUMNS);
        (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1));
        count += 1;
        for near_y in y.saturating_sub(2)..(y + 3).min(ROWS) {
            for near_x in x.saturating_sub(2)..(x + 3).min(COLUMNS) {
                let near = near_y * COLUMNS + near_x;
                if std::mem::take(&mut free[near]) {
                    open.push(near);
                }
            }
        }
    }
    let share = |cells: usize, of: usize| cells as f32 / of as f32;
    (count, Area::between(share(left, COLUMNS), share(top, ROWS), share(right, COLUMNS), share(bottom, ROWS)))
}

/// The middle of a cell, in shares of the picture.
fn place(cell: usize) -> (f32, f32) {
    (((cell % COLUMNS) as f32 + 0.5) / COLUMNS as f32, ((cell / COLUMNS) as f32 + 0.5) / ROWS as f32)
}

fn share(cells: &[bool], area: &Area) -> f32 {
    if cells.is_empty() {
        return 0.0;
    }
    let range = |from: f32, to: f32, count: usize| {
        let cell = |share: f32| ((share * count as f32).round().max(0.0) as usize).min(count);
        cell(from)..cell(to)
    };
    let (columns, rows) = (range(area.x, area.right(), COLUMNS), range(area.y, area.bottom(), ROWS));
    let count = columns.len() * rows.len();
    let set: usize = rows.map(|row| columns.clone().filter(|column| cells[row * COLUMNS + column]).count()).sum();
    if count > 0 { set as f32 / count as f32 } else { 0.0 }
}

/// The mean brightness of each cell. Green stands for brightness: it is most of it, and a third of the work.
fn brightness(picture: &Picture) -> Vec<f32> {
    let bounds = |count: usize, size: usize| -> Vec<std::ops::Range<usize>> {
        let from = |cell: usize| (cell * size / count).min(size - 1);
        (0..count).map(|cell| from(cell)..from(cell + 1).max(from(cell) + 1)).collect()
    };
    let columns = bounds(COLUMNS, picture.width);
    let mut cells = Vec::with_capacity(CELLS);
    for lines in bounds(ROWS, picture.height) {
        for column in &columns {
            let mut sum = 0_u32;
            for y in lines.clone() {
                let line = &picture.data[y * picture.width * 3..(y + 1) * picture.width * 3];
                sum += column.clone().map(|x| u32::from(line[3 * x + 1])).sum::<u32>();
            }
            cells.push(sum as f32 / (lines.len() * column.len()) as f32);
        }
    }
    cells
}

/// By what factor most cells became brighter: the median, in steps of a hundredth, of cells that are neither black nor white.
fn exposure(before: &[f32], now: &[f32]) -> f32 {
    let mut counts = [0_usize; 101];
    let mut all = 0;
    for (before, now) in before.iter().zip(now) {
        if (16.0..240.0).contains(before) && *now < 250.0 {
            counts[((now / before - 0.5) * 100.0).clamp(0.0, 100.0) as usize] += 1;
            all += 1;
        }
    }
    if all < CELLS / 10 {
        return 1.0;
    }
    let mut below = 0;
    let median = counts.iter().position(|count| {
        below += count;
        2 * below >= all
    });
    // Within half a step of none there is none, and beyond the table it is no exposure but a lamp.
    match median.unwrap_or(50) {
        49 | 50 | 0 | 100 => 1.0,
        step => 0.5 + (step as f32 + 0.5) / 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: Area = Area::new(0.4, 0.2, 0.1, 0.6);

    fn room(brightness: u8) -> Picture {
        let mut picture = Picture::filled(640, 360, [brightness; 3]);
        for column in 0..16 {
            let shade = u16::from(brightness) * (40 + 3 * column) / 80;
            picture.paint(&Area::new(f32::from(column) / 16.0, 0.5, 1.0 / 16.0, 0.5), [shade.min(255) as u8; 3]);
        }
        picture
    }

    fn with_person(mut picture: Picture, area: &Area) -> Picture {
        picture.paint(area, [20, 20, 30]);
        picture
    }

    fn see(motion: &mut Motion, picture: &Picture) {
        motion.see(picture, 0.1, &[], |_| false);
    }

    #[test]
    fn who_comes_in_moves_and_stands_out() {
        let mut motion = Motion::default();
        see(&mut motion, &room(120));
        see(&mut motion, &room(120));
        assert_eq!((motion.moved(&Area::WHOLE), motion.foreground(&Area::WHOLE)), (0.0, 0.0));
        see(&mut motion, &with_person(room(120), &PERSON));
        assert!(motion.moved(&PERSON) > 0.95 && motion.foreground(&PERSON) > 0.95);
        assert_eq!(motion.moved(&Area::new(0.6, 0.0, 0.4, 1.0)), 0.0);
        let pieces = motion.pieces(0.01);
        assert!(pieces.len() == 1 && pieces[0].iou(&PERSON) > 0.9, "{pieces:?}");
        see(&mut motion, &with_person(room(120), &PERSON));
        assert_eq!(motion.moved(&PERSON), 0.0, "stands still");
        assert!(motion.foreground(&PERSON) > 0.95, "and is still there");
    }

    #[test]
    fn what_moves_beside_who_is_known_is_told() {
        let (sits, stands) = (Area::new(0.4, 0.5, 0.1, 0.2), Area::new(0.4, 0.35, 0.1, 0.35));
        let mut motion = Motion::default();
        see(&mut motion, &with_person(room(120), &sits));
        see(&mut motion, &with_person(room(120), &sits));
        assert_eq!(motion.moved_beside(&[], 0.0), []);
        see(&mut motion, &with_person(room(120), &stands));
        let beside = motion.moved_beside(&[sits], 0.001);
        assert!(beside.len() == 1 && beside[0].iou(&Area::new(0.4, 0.35, 0.1, 0.15)) > 0.8, "{beside:?}");
        assert_eq!(motion.moved_beside(&[stands], 0.0), []);
    }

    #[test]
    fn a_lamp_is_no_motion() {
        for bright in [30, 90, 150, 220] {
            let mut motion = Motion::default();
            for _ in 0..5 {
                see(&mut motion, &room(120));
            }
            for _ in 0..15 {
                see(&mut motion, &room(bright));
                assert!(motion.moved(&Area::WHOLE) < 0.01, "{bright}: {}", motion.moved(&Area::WHOLE));
                assert!(motion.foreground(&Area::WHOLE) < 0.01, "{bright}");
            }
            see(&mut motion, &with_person(room(bright), &Area::new(0.7, 0.2, 0.1, 0.3)));
            assert!(motion.moved(&Area::new(0.7, 0.2, 0.1, 0.3)) > 0.3 || bright == 30, "{bright}");
        }
    }

    #[test]
    fn what_a_projector_lights_is_no_motion_and_who_stands_there_is() {
        let lit = Area::new(0.3, 0.1, 0.5, 0.4);
        let lecturer = Area::new(0.35, 0.3, 0.08, 0.5);
        let mut motion = Motion::default();
        see(&mut motion, &room(120));
        for _ in 0..5 {
            motion.see(&with_person(room(120), &lecturer), 0.1, &[lecturer], |_| false);
        }
        for _ in 0..5 {
            let mut picture = room(120);
            picture.paint(&lit, [235; 3]);
            motion.see(&with_person(picture, &lecturer), 0.1, &[lecturer], |_| false);
            assert!(motion.moved(&Area::WHOLE) < 0.002 && !motion.light_changed(), "{}", motion.moved(&Area::WHOLE));
            assert!(motion.foreground(&lecturer) > 0.9 && motion.foreground(&Area::new(0.5, 0.1, 0.3, 0.4)) < 0.01);
        }
    }

    #[test]
    fn a_masked_screen_never_moves() {
        let mut motion = Motion::default();
        let screen = Area::new(0.4, 0.1, 0.3, 0.3);
        for shade in [10, 200, 30, 250] {
            let mut picture = room(120);
            picture.paint(&screen, [shade; 3]);
            motion.see(&picture, 0.1, &[], |point| screen.contains(point));
            assert_eq!(motion.moved(&Area::WHOLE) + motion.foreground(&Area::WHOLE), 0.0);
        }
    }

    #[test]
    fn furniture_becomes_background_and_people_do_not() {
        let chair = Area::new(0.1, 0.6, 0.1, 0.2);
        let mut motion = Motion::default();
        see(&mut motion, &room(120));
        let mut picture = with_person(room(120), &PERSON);
        picture.paint(&chair, [230; 3]);
        for _ in 0..900 {
            motion.see(&picture, 0.1, &[PERSON], |_| false);
        }
        assert!(motion.foreground(&chair) < 0.1 && motion.foreground(&PERSON) > 0.8);
    }
}
