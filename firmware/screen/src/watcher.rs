//! The computer's picture watched: small frames in; what it does, and each change of slide, out.
//!
//! Every cell of the picture is compared with the frame before and with the one of 0.4 s ago: that tells what moves, fades
//! included. What does not move any more is compared with the slide that was there; when as good as everything has come to
//! rest, `decide` says whether that is another slide. So a fade or an animation is one change, and it began when its first
//! cells did.

use std::collections::VecDeque;
use std::sync::Arc;

use ketang_director::Ms;
use ketang_director::observation::Screen;

use crate::cells::{Frame, Grid};
use crate::decide::{Changed, Difference, Differing, enough};
use crate::film::Film;
use crate::luma::Luma;
use crate::mask::{count, without_small};
use crate::pointer::Pointer;

/// What is as it was so long ago is at rest.
const REST: Ms = Ms(400);
/// A cell moves whose mean square difference is so large, and so many times the noise (the median of all cells, smoothed by
/// this share a frame, and not taken for larger: then it is no noise).
const MOVES: f32 = 40.0;
const TIMES_NOISE: f32 = 4.0;
const NOISE_SHARE: f32 = 0.05;
const NOISE_MOST: f32 = 30.0;
/// A cell jumps that moves by so many times what it usually does (smoothed by this share a frame).
const JUMP: f32 = 4.0;
const USUAL_SHARE: f32 = 0.2;
/// After a jump a codec may take so long until all is sharp.
const SHARPENS: Ms = Ms::seconds(1);
/// A black picture for so long is no picture; between two slides it is a part of the change.
const BLACK: Ms = Ms::seconds(1);
/// Once a slide's worth is at rest, so little (of all cells) that still moves is waited for no longer than this.
const PATIENCE: Ms = Ms(1500);
const LITTLE: f32 = 0.01;
/// What is added to a slide so soon after it came belongs to its coming; and what changes at all, as a codec does that catches
/// up.
const BUILDS: Ms = Ms::seconds(2);
const CATCHES_UP: Ms = Ms(300);
/// A film that filled the picture is over, or paused, when nothing moved for so long.
const FILM_OVER: Ms = Ms(2500);
/// Each cell at rest is looked at once in so many frames, for what changes too slowly to be seen moving.
const ROUND: usize = 10;

/// A slide that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlideChange {
    /// When the change began: where a chapter begins.
    pub began: Ms,
    /// When it had come to rest: the frame of this time shows the slide whole, as a thumbnail needs it.
    pub settled: Ms,
    /// The slide stayed and got more: another line of it. A chapter may go on.
    pub added: bool,
}

/// What is known after a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// For the director. [`Screen::SlideChanged`] is told with one frame only, that of `change`.
    pub screen: Screen,
    pub change: Option<SlideChange>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Since when it moves or differs from the slide; `None`: it shows the slide.
    began: Option<Ms>,
    /// When it differed from the frame before, and when by far more than it usually did.
    moved: Ms,
    jumped: Ms,
    usual: f32,
    rests: bool,
}

impl Cell {
    /// When it jumped, if it came to rest soon after.
    fn jump(&self) -> Option<Ms> {
        (self.moved - self.jumped <= SHARPENS).then_some(self.jumped)
    }
}

/// The computer's picture, from frame to frame.
#[derive(Debug, Default)]
pub struct Watcher {
    grid: Option<Grid>,
    /// The frames of the last 0.4 s and the one before these, the newest last.
    frames: VecDeque<(Ms, Arc<Frame>)>,
    /// The slide, as it was last at rest.
    slide: Option<Frame>,
    cells: Vec<Cell>,
    noise: f32,
    film: Film,
    pointer: Pointer,
    lost: bool,
    black_since: Option<Ms>,
    waiting_since: Option<Ms>,
    last_change: Option<Ms>,
    turn: usize,
}

impl Watcher {
    /// Takes in the frame of a time, the frames in their order; `None`: no picture comes. 5 to 12 a second, all of one size,
    /// 320×180 to 640×360 pixels or so. The first picture is no change, unless there was none before.
    pub fn see(&mut self, at: Ms, picture: Option<&Luma>) -> Seen {
        let Some((picture, grid)) = picture.and_then(|picture| Some((picture, Grid::for_picture(picture)?))) else {
            return self.no_signal();
        };
        let black = picture.is_black();
        if black {
            let since = *self.black_since.get_or_insert(at);
            if self.lost || self.slide.is_none() || at - since >= BLACK {
                return self.no_signal();
            }
        } else {
            self.black_since = None;
        }
        let frame = match self.frames.back() {
            // A computer's picture mostly stands still, to the last bit.
            Some((_, before)) if before.shows(picture) => before.clone(),
            _ => Arc::new(Frame::new(grid, picture.clone())),
        };
        if self.grid != Some(grid) {
            self.begin(at, grid, &frame);
        }
        if std::mem::take(&mut self.lost) {
            self.cells.fill(Cell { began: Some(at), moved: at, ..Cell::default() });
        }
        let (moved, seconds) = self.compare(at, &frame);
        self.film.step(at, seconds, &grid, &moved.turned, &moved.now);
        let points = self.pointer.step(at, &grid, &moved.now);
        let change = if black { None } else { self.judge(at, grid, &frame) };
        self.remember(at, frame);
        let screen = match change {
            Some(_) => Screen::SlideChanged,
            None if self.film.plays() => Screen::Video,
            None if points => Screen::Pointer,
            None => Screen::Unchanged,
        };
        Seen { screen, change }
    }

    /// The slide is kept: it may come back.
    fn no_signal(&mut self) -> Seen {
        self.lost = true;
        self.frames.clear();
        self.film.forget();
        self.pointer = Pointer::default();
        self.waiting_since = None;
        Seen { screen: Screen::NoSignal, change: None }
    }

    /// A picture of another size than before, or the first one.
    fn begin(&mut self, at: Ms, grid: Grid, frame: &Frame) {
        let first = self.grid.is_none() && !self.lost;
        self.grid = Some(grid);
        self.frames.clear();
        self.film.forget();
        self.pointer = Pointer::default();
        let cell = Cell { began: (!first).then_some(at), moved: at, ..Cell::default() };
        self.cells = vec![cell; grid.cells()];
        // What the first picture still becomes, for a codec catches up, is the first slide.
        self.last_change = if first { Some(at) } else { self.last_change };
        self.slide = Some(if first { frame.clone() } else { frame.blackened() });
    }

    /// Which cells moved since the frame before, and so many seconds passed since.
    fn compare(&mut self, at: Ms, frame: &Arc<Frame>) -> (Moved, f32) {
        let cells = self.cells.len();
        let Some((before_at, before)) = self.frames.back() else {
            return (Moved { now: vec![false; cells], turned: vec![false; cells] }, 0.0);
        };
        let by: Vec<f32> = (0..cells).map(|cell| moved(frame, before, cell)).collect();
        let mut sorted = by.clone();
        let (_, median, _) = sorted.select_nth_unstable_by(cells / 2, f32::total_cmp);
        let noise = median.min(NOISE_MOST);
        self.noise += (noise - self.noise) * if self.frames.len() == 1 { 1.0 } else { NOISE_SHARE };
        let moves = MOVES.max(TIMES_NOISE * self.noise);
        let old = self.frames.iter().rev().find(|(then, _)| at - *then >= REST);
        let now: Vec<bool> = by.iter().map(|by| *by > moves).collect();
        let mut turned = vec![false; cells];
        for (number, cell) in self.cells.iter_mut().enumerate() {
            let old_frame = old.or(self.frames.front()).map(|(_, frame)| frame);
            let moves = now[number] || old_frame.is_some_and(|old| moved(frame, old, number) > moves);
            turned[number] = moves && old_frame.is_some_and(|old| frame.differs(old, number));
            if now[number] {
                cell.moved = at;
                if by[number] > JUMP * cell.usual {
                    cell.jumped = at;
                }
            }
            cell.usual += (by[number] - cell.usual) * USUAL_SHARE;
            if moves {
                cell.began.get_or_insert(at);
            }
            cell.rests = old.is_some() && !moves;
        }
        (Moved { now, turned }, (at - *before_at).as_seconds_f64() as f32)
    }

    fn remember(&mut self, at: Ms, frame: Arc<Frame>) {
        self.frames.push_back((at, frame));
        while self.frames.get(1).is_some_and(|(then, _)| at - *then >= REST) {
            self.frames.pop_front();
        }
    }

    /// Whether another slide is there now.
    fn judge(&mut self, at: Ms, grid: Grid, frame: &Frame) -> Option<SlideChange> {
        let differs = self.at_rest(at, &grid, frame);
        if self.film.is_new(at) || self.film.is_full() && self.film.plays() {
            return None;
        }
        if self.film.is_full() {
            return self.judge_film(at, &grid, frame, &differs);
        }
        let outside = |cell: &usize| !self.film.has(&grid, *cell);
        let outer: Vec<bool> = (0..differs.len()).map(|cell| differs[cell] && outside(&cell)).collect();
        let large = without_small(&grid, &outer);
        let on_the_way: Vec<bool> = (0..differs.len())
            .map(|cell| self.cells[cell].began.is_some() && !self.cells[cell].rests && outside(&cell))
            .collect();
        let on_the_way = count(&without_small(&grid, &on_the_way));
        if count(&large) >= enough(grid.cells()) {
            let since = *self.waiting_since.get_or_insert(at);
            let little = on_the_way as f32 <= LITTLE * grid.cells() as f32;
            if on_the_way >= enough(grid.cells()) && !(little && at - since >= PATIENCE) {
                return None;
            }
        } else if on_the_way >= enough(grid.cells()) {
            return None;
        }
        self.waiting_since = None;
        let changed = self.difference(at, &large, frame).and_then(|difference| difference.slide());
        self.take(frame, &differs);
        changed.and_then(|changed| self.tell(at, changed))
    }

    /// In place of a film that filled the picture.
    fn judge_film(&mut self, at: Ms, grid: &Grid, frame: &Frame, differs: &[bool]) -> Option<SlideChange> {
        let over = |cell: &Cell| at - cell.moved >= FILM_OVER;
        let over: Vec<bool> = differs.iter().zip(&self.cells).map(|(differs, cell)| *differs && over(cell)).collect();
        if count(&over) == 0 {
            return None;
        }
        let difference = self.difference(at, &without_small(grid, &over), frame);
        let jumps: Vec<Ms> = self.cells.iter().filter_map(Cell::jump).collect();
        let changed = difference.and_then(|difference| difference.slide_after_film(&jumps));
        self.take(frame, &over);
        changed.and_then(|changed| self.tell(at, changed))
    }

    /// Which cells are at rest and show something else than the slide. Those at rest that show the slide are it.
    fn at_rest(&mut self, at: Ms, grid: &Grid, frame: &Frame) -> Vec<bool> {
        self.turn = (self.turn + 1) % ROUND;
        let mut differs = vec![false; grid.cells()];
        let Some(slide) = &mut self.slide else { return differs };
        for (number, cell) in self.cells.iter_mut().enumerate() {
            if !cell.rests || cell.began.is_none() && number % ROUND != self.turn {
                continue;
            }
            if frame.differs(slide, number) {
                cell.began.get_or_insert(at);
                differs[number] = true;
            } else {
                cell.began = None;
                slide.take(frame, number);
            }
        }
        differs
    }

    fn difference(&self, at: Ms, mask: &[bool], frame: &Frame) -> Option<Difference> {
        let slide = self.slide.as_ref()?;
        let cells = (0..mask.len()).filter(|cell| mask[*cell]).map(|number| {
            let cell = &self.cells[number];
            let (was, is) = (slide.has_structure(number), frame.has_structure(number));
            Differing { began: cell.began.unwrap_or(at), jumped: cell.jump(), was, is }
        });
        let structure = (0..mask.len()).filter(|cell| slide.has_structure(*cell)).count();
        let frame_time = self.frames.back().map_or(Ms::ZERO, |(before, _)| at - *before);
        Some(Difference { cells: cells.collect(), of: mask.len(), structure, frame: frame_time })
    }

    /// These cells are the slide now.
    fn take(&mut self, frame: &Frame, mask: &[bool]) {
        let Some(slide) = &mut self.slide else { return };
        for number in (0..mask.len()).filter(|cell| mask[*cell]) {
            slide.take(frame, number);
            self.cells[number].began = None;
        }
    }

    /// A change is told, unless it is a part of the one before.
    fn tell(&mut self, at: Ms, changed: Changed) -> Option<SlideChange> {
        let part = self
            .last_change
            .replace(at)
            .is_some_and(|last| changed.began <= last + CATCHES_UP || changed.added && changed.began - last <= BUILDS);
        (!part).then_some(SlideChange { began: changed.began, settled: at, added: changed.added })
    }
}

fn moved(frame: &Arc<Frame>, before: &Arc<Frame>, cell: usize) -> f32 {
    if Arc::ptr_eq(frame, before) { 0.0 } else { frame.moved(before, cell) }
}

/// Which cells moved since the frame before, and which of those that moved show something else than 0.4 s ago: a film's do, and
/// those that a codec sharpens do not.
struct Moved {
    now: Vec<bool>,
    turned: Vec<bool>,
}
