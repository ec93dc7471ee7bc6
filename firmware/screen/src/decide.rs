//! Whether what differs from the slide that was there is another slide, and when that began.

use ketang_director::Ms;

/// Of all cells, so many are a slide's change at the least: a word or two. What is as small as a pointer is not among them.
const SLIDE: f32 = 0.002;
/// What only adds to a slide must be more, for so do typing and handwriting: from one frame to the next, or within a burst.
const ADDED_AT_ONCE: f32 = 0.005;
const ADDED: f32 = 0.01;
/// A change begins in many places within this time, as nobody writes.
const BURST: Ms = Ms(500);
/// An addition leaves what was there: but for less than a slide's worth, and this share of what differs, where lines touch.
const TOUCHED: f32 = 0.05;
/// A slide has at least so much structure (of all cells) that something can be added to it.
const SOMETHING: f32 = 0.005;
/// After a film that filled the picture only what comes at a stroke is a slide: with the last movement of so many of the cells
/// that differ, and of so many of all. The rest is a film that was paused.
const STROKE: f32 = 0.8;
const STROKE_SIZE: f32 = 0.3;

/// A cell that shows something else than the slide did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Differing {
    /// When it began to move.
    pub(crate) began: Ms,
    /// When it moved by far more than it usually did, if it came to rest then.
    pub(crate) jumped: Option<Ms>,
    /// Whether there was something, rather than an empty ground, and whether there is.
    pub(crate) was: bool,
    pub(crate) is: bool,
}

/// What differs, of how many cells, and the time from frame to frame.
pub(crate) struct Difference {
    pub(crate) cells: Vec<Differing>,
    pub(crate) of: usize,
    /// Cells in which there was something, wherever.
    pub(crate) structure: usize,
    pub(crate) frame: Ms,
}

/// Another slide, or the same one with something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) began: Ms,
    pub(crate) added: bool,
}

fn at_least(share: f32, of: usize) -> usize {
    ((share * of as f32).ceil() as usize).max(1)
}

/// So many cells, differing or on the way, may be a slide's change.
pub(crate) fn enough(of: usize) -> usize {
    at_least(SLIDE, of)
}

/// When first so many began within a time; `began` in order.
fn burst(began: &[Ms], count: usize, within: Ms) -> Option<Ms> {
    began.windows(count).find(|window| window[count - 1] - window[0] <= within).map(|window| window[0])
}

/// The same, but not for a few that began earlier, as those do that a pointer or a film passed: a quarter of all that differ begins
/// within that time if possible, and half of these together.
fn change(began: &[Ms], count: usize, frame: Ms) -> Option<Ms> {
    let most = count.max(began.len() / 4);
    let (count, first) = match burst(began, most, BURST) {
        Some(first) => (most, first),
        None => (count, burst(began, count, BURST)?),
    };
    let rest = &began[began.partition_point(|began| *began < first)..];
    let together = burst(rest, count.div_ceil(2), frame).filter(|began| *began - first <= BURST);
    together.or(Some(first))
}

impl Difference {
    pub(crate) fn slide(&self) -> Option<Changed> {
        let mut began: Vec<Ms> = self.cells.iter().map(|cell| cell.began).collect();
        began.sort_unstable();
        let taken = self.cells.iter().filter(|cell| cell.was || !cell.is).count();
        let added = self.structure >= at_least(SOMETHING, self.of)
            && taken < enough(self.of) + (TOUCHED * self.cells.len() as f32) as usize;
        let began = if added {
            let at_once = burst(&began, at_least(ADDED_AT_ONCE, self.of), self.frame);
            at_once.or_else(|| change(&began, at_least(ADDED, self.of), self.frame))
        } else {
            change(&began, enough(self.of), self.frame)
        };
        began.map(|began| Changed { began, added })
    }

    /// After a film that filled the picture; `jumps` are those of all cells.
    pub(crate) fn slide_after_film(&self, jumps: &[Ms]) -> Option<Changed> {
        let mut own: Vec<Ms> = self.cells.iter().filter_map(|cell| cell.jumped).collect();
        own.sort_unstable();
        let stroke = at_least(STROKE, self.cells.len()).max(enough(self.of));
        let began = burst(&own, stroke, self.frame)?;
        let with_it = jumps.iter().filter(|jump| (began..=began + self.frame).contains(jump)).count();
        (with_it >= at_least(STROKE_SIZE, self.of)).then_some(Changed { began, added: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many cells of 4000, beginning at times given by their number.
    fn cells(count: u64, was: bool, is: bool, began: impl Fn(u64) -> u64) -> Vec<Differing> {
        (0..count).map(|n| Differing { began: Ms(began(n)), jumped: Some(Ms(began(n))), was, is }).collect()
    }

    fn slide(cells: &[Differing]) -> Option<Changed> {
        Difference { cells: cells.to_vec(), of: 4000, structure: 400, frame: Ms(100) }.slide()
    }

    #[test]
    fn what_is_a_slide() {
        let new = |began| Some(Changed { began: Ms(began), added: false });
        let more = |began| Some(Changed { began: Ms(began), added: true });
        let typed = |n: u64| n * 100;
        assert_eq!(slide(&[]), None);
        assert_eq!(slide(&cells(7, true, true, |_| 700)), None, "a short word");
        assert_eq!(slide(&cells(8, true, true, |_| 700)), new(700), "two words");
        assert_eq!(slide(&cells(8, true, false, |_| 700)), new(700), "two words taken away");
        assert_eq!(slide(&cells(19, false, true, |_| 700)), None, "words added");
        assert_eq!(slide(&cells(20, false, true, |_| 700)), more(700), "a line added at once");
        assert_eq!(slide(&cells(39, false, true, |n| 700 + 12 * n)), None, "a stroke");
        assert_eq!(slide(&cells(40, false, true, |n| 700 + 12 * n)), more(700), "a line that fades in");
        assert_eq!(slide(&cells(400, false, true, typed)), None, "a page that is typed");
        let mut film_first = cells(9, true, true, |n| 20 * n);
        film_first.extend(cells(50, true, true, |_| 2000));
        assert_eq!(slide(&film_first), new(2000));
        let mut pointer_first = cells(3, true, true, |n| 100 * n);
        pointer_first.extend(cells(50, true, true, |_| 2000));
        assert_eq!(slide(&pointer_first), new(2000));
    }

    #[test]
    fn on_an_empty_ground_everything_is_new() {
        let cells = cells(20, false, true, |_| 700);
        let empty = Difference { cells, of: 4000, structure: 0, frame: Ms(100) };
        assert_eq!(empty.slide(), Some(Changed { began: Ms(700), added: false }));
    }

    #[test]
    fn a_film_that_stops_is_no_slide_and_one_that_is_cut_off_is() {
        let after = |cells: &[Differing]| {
            let jumps: Vec<Ms> = cells.iter().filter_map(|cell| cell.jumped).collect();
            let difference = Difference { cells: cells.to_vec(), of: 4000, structure: 400, frame: Ms(100) };
            difference.slide_after_film(&jumps).map(|slide| slide.began)
        };
        assert_eq!(after(&cells(3000, true, true, |_| 9000)), Some(Ms(9000)));
        assert_eq!(after(&cells(3000, true, true, |n| 6000 + n)), None);
        let paused = cells(3000, true, true, |_| 9000).into_iter().map(|cell| Differing { jumped: None, ..cell });
        assert_eq!(after(&paused.collect::<Vec<_>>()), None);
        assert_eq!(after(&cells(300, true, true, |_| 9000)), None);
        assert_eq!(after(&[]), None);
    }
}
