//! Looks at decoded pictures: black, frozen, frame numbers, flashes.
//!
//! Black and frozen are judged on a grid of single luma samples, so that the cost does not grow with the picture. Whether a
//! still picture is a fault is not for here: a slide stands still by nature.

use ketang_hal::figures::{MarkFigures, Slip, SlipKind};
use ketang_hal::mark::{self, Mark, Pane};

use super::MeasureSettings;
use super::stretches::Stretches;

/// Samples across and down.
const GRID: (u32, u32) = (160, 90);
/// Luma of limited-range black, with room for codec noise, and the share of dark samples that makes a black picture.
const DARK: u8 = 30;
const DARK_SHARE: f64 = 0.98;
/// A sample has changed where it moved by more than codec noise does; so many changed samples in a million are a change of
/// the picture (a pointer that moves is one, the pumping of a still picture at key frames is none).
const CHANGE: u8 = 12;
const CHANGED_IN_A_MILLION: usize = 200;
/// The mark is 33 cells wide, each 1/120 of its pane.
const MARK_CELLS: u32 = 33;
const CELLS_A_WIDTH: u32 = 120;
/// Fewer frames with a number may be chance.
const MARKS_TO_BELIEVE: u64 = 10;
const MOST_SLIPS: usize = 1000;
/// Marks count modulo 2^24.
const NUMBERS: i64 = 1 << 24;

/// The luma plane of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Luma<'a> {
    /// When it is shown, in nanoseconds of the file's presentation time.
    pub pts_ns: u64,
    /// `stride` × `height` bytes; the last row may be cut to `width`.
    pub data: &'a [u8],
    /// Bytes from row to row.
    pub stride: usize,
    pub width: u32,
    pub height: u32,
}

impl Luma<'_> {
    /// The whole picture as a pane.
    pub fn whole(&self) -> Pane {
        Pane { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// The frame number of the picture in `pane`.
    pub fn mark(&self, pane: Pane) -> Option<Mark> {
        mark::read(self.data, self.stride, pane)
    }
}

/// What all pictures of a file told.
pub(super) struct Pictures {
    pub(super) decoded: u64,
    pub(super) black: Stretches,
    pub(super) frozen: Stretches,
    /// When flashes began, in seconds.
    pub(super) flashes: Vec<f64>,
    grid: Option<Grid>,
    panes: Vec<Pane>,
    whole: bool,
    numbers: Vec<Numbers>,
    flashing: bool,
    read_marks: bool,
}

struct Grid {
    width: u32,
    height: u32,
    columns: Vec<usize>,
    /// Rows, each with the samples that are looked at.
    rows: Vec<(usize, Vec<usize>)>,
    /// The samples when the picture last changed, and when that was.
    anchor: Vec<u8>,
    anchored_at: f64,
    now: Vec<u8>,
}

impl Pictures {
    pub(super) fn new(settings: &MeasureSettings) -> Self {
        Self {
            decoded: 0,
            black: Stretches::of(settings.black_seconds),
            frozen: Stretches::of(settings.frozen_seconds),
            flashes: Vec::new(),
            grid: None,
            panes: settings.panes.clone(),
            whole: settings.panes.is_empty(),
            numbers: Vec::new(),
            flashing: false,
            read_marks: !settings.key_frames_only,
        }
    }

    pub(super) fn see(&mut self, luma: &Luma<'_>) {
        let at = luma.pts_ns as f64 / 1e9;
        self.decoded += 1;
        if self.whole {
            self.panes = vec![luma.whole()];
        }
        self.look(luma, at);
        if self.read_marks {
            self.read(luma, at);
        }
    }

    fn look(&mut self, luma: &Luma<'_>, at: f64) {
        let fresh = !self.grid.as_ref().is_some_and(|grid| (grid.width, grid.height) == (luma.width, luma.height));
        if fresh {
            self.grid = Some(Grid::new(luma, &self.panes, at));
        }
        let Some(grid) = &mut self.grid else { return };
        grid.take(luma);
        let dark = grid.now.iter().filter(|&&value| value <= DARK).count();
        self.black.see(at, dark as f64 >= grid.now.len() as f64 * DARK_SHARE);
        if fresh || grid.changed() {
            self.frozen.see(at, false);
            grid.anchor.clone_from(&grid.now);
            grid.anchored_at = at;
        } else {
            self.frozen.held_since(grid.anchored_at);
        }
    }

    fn read(&mut self, luma: &Luma<'_>, at: f64) {
        self.numbers.resize_with(self.panes.len(), Numbers::default);
        let mut flash = None;
        for (numbers, &pane) in self.numbers.iter_mut().zip(&self.panes) {
            let mark = luma.mark(pane);
            flash = flash.or(mark.map(|mark| mark.flash));
            numbers.see(mark, at);
        }
        if let Some(flash) = flash {
            if flash && !self.flashing {
                self.flashes.push(at);
            }
            self.flashing = flash;
        }
    }

    /// The frame numbers, one entry a pane.
    pub(super) fn marks(&self) -> Vec<Option<MarkFigures>> {
        self.numbers.iter().map(Numbers::figures).collect()
    }
}

impl Grid {
    fn new(luma: &Luma<'_>, panes: &[Pane], at: f64) -> Self {
        let spread = |many: u32, length: u32| {
            let many = many.min(length);
            (0..many).map(move |n| (u64::from(n) * 2 + 1) * u64::from(length) / (u64::from(many) * 2))
        };
        // The mark changes with every frame, even where a camera's picture stands still behind it.
        let marked = |x: u64, y: u64| {
            panes.iter().any(|pane| {
                let cell = u64::from(pane.width.div_ceil(CELLS_A_WIDTH)) + 2;
                let (left, top) = (u64::from(pane.x), u64::from(pane.y));
                (left..left + cell * u64::from(MARK_CELLS)).contains(&x) && (top..top + cell).contains(&y)
            })
        };
        let columns: Vec<usize> = spread(GRID.0, luma.width).map(|x| x as usize).collect();
        let rows = spread(GRID.1, luma.height)
            .map(|y| {
                let free = (0..columns.len()).filter(|&n| !marked(columns[n] as u64, y)).collect();
                (y as usize, free)
            })
            .collect();
        Self {
            width: luma.width,
            height: luma.height,
            columns,
            rows,
            anchor: Vec::new(),
            anchored_at: at,
            now: Vec::new(),
        }
    }

    fn take(&mut self, luma: &Luma<'_>) {
        self.now.clear();
        for (y, free) in &self.rows {
            let row = luma.data.get(y * luma.stride..).unwrap_or_default();
            self.now.extend(free.iter().map(|&n| row.get(self.columns[n]).copied().unwrap_or_default()));
        }
    }

    fn changed(&self) -> bool {
        let changed = self.now.iter().zip(&self.anchor).filter(|(now, then)| now.abs_diff(**then) > CHANGE).count();
        changed > self.now.len() * CHANGED_IN_A_MILLION / 1_000_000
    }
}

/// The frame numbers of one pane.
#[derive(Default)]
struct Numbers {
    figures: Option<MarkFigures>,
    /// Numbers that followed their forerunner as they should.
    right: u64,
    unread: u64,
    since_last: u64,
}

impl Numbers {
    fn see(&mut self, mark: Option<Mark>, at: f64) {
        self.since_last += 1;
        let Some(mark) = mark else {
            self.unread += 1;
            return;
        };
        let figures = self.figures.get_or_insert_with(|| {
            let first = mark.number;
            MarkFigures {
                read: 0,
                unread: 0,
                first,
                last: first,
                after_last: 0,
                missing: 0,
                repeated: 0,
                backwards: 0,
                slips: Vec::new(),
            }
        });
        figures.read += 1;
        let passed = self.since_last as i64;
        self.since_last = 0;
        if figures.read == 1 {
            return;
        }
        let step = (mark.number as i64 - figures.last as i64).rem_euclid(NUMBERS);
        let step = if step > NUMBERS / 2 { step - NUMBERS } else { step };
        figures.last = mark.number;
        let (what, frames) = match step - passed {
            0 => {
                self.right += 1;
                return;
            }
            ahead @ 1.. => (SlipKind::Missing, ahead as u64),
            behind if step >= 0 => (SlipKind::Repeated, behind.unsigned_abs()),
            _ => (SlipKind::Backwards, step.unsigned_abs()),
        };
        match what {
            SlipKind::Missing => figures.missing += frames,
            SlipKind::Repeated => figures.repeated += frames,
            SlipKind::Backwards => figures.backwards += 1,
        }
        if figures.slips.len() < MOST_SLIPS {
            figures.slips.push(Slip { at, what, frames });
        }
    }

    /// `None` where the numbers do not count on: patterns of a picture that look like a mark by chance.
    fn figures(&self) -> Option<MarkFigures> {
        let mut figures = self.figures.clone()?;
        figures.unread = self.unread;
        figures.after_last = self.since_last;
        (figures.read >= MARKS_TO_BELIEVE && self.right * 2 >= figures.read).then_some(figures)
    }
}
