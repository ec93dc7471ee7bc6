//! Looks at decoded pictures: black, frozen, frame numbers, flashes.
//!
//! Black and frozen are judged on a grid of luma samples, so that the cost does not grow with the picture. Whether a
//! still picture is a fault is not for here: a slide stands still by nature.
//!
//! A frozen picture and an empty room are told apart by what an encoder makes of them. The frames of a frozen picture are the
//! same at the encoder's entrance, so that a good part of them comes out the same too (measured at 1.2 to 4 Mbit/s: 0.2 to 0.98); a
//! camera's noise sees to it that hardly any do (0 to 0.11).

use ketang_hal::figures::{MarkFigures, Slip, SlipKind};
use ketang_hal::mark::{self, Mark, Pane};

use super::MeasureSettings;
use super::stretches::Stretches;

/// Cells across and down, and samples of each cell across and down.
const CELLS: (u32, u32) = (64, 36);
const SAMPLES_A_CELL: u32 = 4;
/// Luma of limited-range black, with room for codec noise, and the share of dark samples that makes a black picture.
const DARK: u8 = 30;
const DARK_SHARE: f64 = 0.98;
/// A cell has changed where its mean moved by more levels than the pumping at key frames moves it; so many changed cells are
/// a change of the picture.
const CHANGE: i32 = 10;
const CELLS_CHANGED: usize = 2;
/// A frame is the same as the one before where no more than this share of samples differs at all; where this share of a
/// stretch's frames is the same, it is frozen.
const DIFFERENT_SHARE: f64 = 0.0005;
const SAME_SHARE: f64 = 0.15;
/// The mark is 33 cells wide, each 1/120 of its pane.
const MARK_CELLS: usize = 33;
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
    /// Frame numbers and frozen pictures are known only where every frame is decoded.
    every_frame: bool,
}

struct Grid {
    width: u32,
    height: u32,
    /// Rows, each with the columns that are looked at and the cells they belong to.
    rows: Vec<(usize, Vec<(usize, usize)>)>,
    /// Samples of each cell; none where the mark covers it.
    samples: Vec<i32>,
    /// Sums of the cells when the picture last changed, and when that was.
    anchor: Vec<i32>,
    anchored_at: f64,
    now: Vec<i32>,
    /// All samples of the last picture, whether this one has the same, and how many of how many had since the anchor.
    last: Vec<u8>,
    same: bool,
    same_frames: u64,
    frames: u64,
    /// Share of dark samples.
    dark: f64,
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
            every_frame: true,
        }
    }

    pub(super) fn see(&mut self, luma: &Luma<'_>, every_frame: bool) {
        self.every_frame = every_frame;
        let at = luma.pts_ns as f64 / 1e9;
        self.decoded += 1;
        if self.whole {
            self.panes = vec![luma.whole()];
        }
        self.look(luma, at);
        if self.every_frame {
            self.read(luma, at);
        }
    }

    fn look(&mut self, luma: &Luma<'_>, at: f64) {
        let fresh = self.grid.as_ref().is_none_or(|grid| (grid.width, grid.height) != (luma.width, luma.height));
        if fresh {
            self.grid = Some(Grid::new(luma, &self.panes, at));
        }
        let Some(grid) = &mut self.grid else { return };
        grid.take(luma);
        self.black.see(at, grid.dark >= DARK_SHARE);
        if fresh || grid.changed() {
            self.end_still(at);
        } else {
            grid.frames += 1;
            grid.same_frames += u64::from(grid.same);
        }
    }

    /// The picture changed at `at`, or there are no more: what stood still until now was frozen, or was not.
    fn end_still(&mut self, at: f64) {
        let Some(grid) = &mut self.grid else { return };
        if self.every_frame && grid.same_frames as f64 > grid.frames as f64 * SAME_SHARE {
            self.frozen.see(grid.anchored_at, true);
            self.frozen.see(at, false);
        }
        grid.anchor.clone_from(&grid.now);
        grid.anchored_at = at;
        (grid.frames, grid.same_frames) = (0, 0);
    }

    /// No more pictures come; the last one is shown until `end`.
    pub(super) fn finish(&mut self, end: f64) {
        self.end_still(end);
        self.black.close(end);
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
        // Positions along one side, each with its cell.
        let spread = |cells: u32, length: u32| {
            let many = (cells * SAMPLES_A_CELL).min(length);
            (0..many).map(move |n| {
                let place = (u64::from(n) * 2 + 1) * u64::from(length) / (u64::from(many) * 2);
                (place as usize, (u64::from(n) * u64::from(cells) / u64::from(many)) as usize)
            })
        };
        // The mark changes with every frame, even where a camera's picture stands still behind it.
        let marked = |x: usize, y: usize| {
            panes.iter().any(|pane| {
                let cell = pane.width.div_ceil(CELLS_A_WIDTH) as usize + 2;
                let (left, top) = (pane.x as usize, pane.y as usize);
                (left..left + cell * MARK_CELLS).contains(&x) && (top..top + cell).contains(&y)
            })
        };
        let mut samples = vec![0; (CELLS.0 * CELLS.1) as usize];
        let rows = spread(CELLS.1, luma.height).map(|(y, down)| {
            let free = spread(CELLS.0, luma.width).filter(|&(x, _)| !marked(x, y));
            let row = free.map(|(x, across)| {
                let cell = down * CELLS.0 as usize + across;
                samples[cell] += 1;
                (x, cell)
            });
            (y, row.collect())
        });
        let rows = rows.collect();
        let now = vec![0; samples.len()];
        Self {
            width: luma.width,
            height: luma.height,
            rows,
            anchor: now.clone(),
            samples,
            anchored_at: at,
            now,
            last: Vec::new(),
            same: false,
            same_frames: 0,
            frames: 0,
            dark: 0.0,
        }
    }

    fn take(&mut self, luma: &Luma<'_>) {
        self.now.fill(0);
        let (mut dark, mut all, mut different) = (0, 0, 0);
        let known = !self.last.is_empty();
        for (y, columns) in &self.rows {
            let row = luma.data.get(y * luma.stride..).unwrap_or_default();
            self.last.resize(self.last.len().max(all + columns.len()), 0);
            for (&(x, cell), last) in columns.iter().zip(&mut self.last[all..]) {
                let value = row.get(x).copied().unwrap_or_default();
                different += u32::from(std::mem::replace(last, value) != value);
                self.now[cell] += i32::from(value);
                dark += u32::from(value <= DARK);
            }
            all += columns.len();
        }
        self.dark = f64::from(dark) / (all as f64).max(1.0);
        self.same = known && f64::from(different) <= all as f64 * DIFFERENT_SHARE;
    }

    fn changed(&self) -> bool {
        let cells = self.now.iter().zip(&self.anchor).zip(&self.samples);
        cells.filter(|((now, then), samples)| (*now - *then).abs() > CHANGE * **samples).count() >= CELLS_CHANGED
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
