//! When a picture of somebody is worth a move: not at all while they are well in it, else once. The digital close-up and a camera that
//! turns have this in common; how each moves is its own.

use std::collections::VecDeque;

use ketang_director::Ms;

/// Whoever is followed must have been the same for so long.
pub(crate) const SURE_FOR: Ms = Ms::seconds(2);
/// Without them the picture stays for so long before it opens to the wide one.
pub(crate) const LOST_FOR: Ms = Ms(1200);
/// Who walks has so much more room ahead than behind, in widths of the picture, and is foreseen so far.
pub(crate) const LEAD: f32 = 0.08;
pub(crate) const FORESEEN: Ms = Ms(700);
/// Walks faster than so many own heights a second have a lead.
const WALKS: f32 = 0.25;
/// The middle may be off by so much of the width, the size by so much.
const OFF_SIDEWAYS: f32 = 0.10;
const OFF_SIZE: f32 = 0.22;
/// A size must be off for so long, so that an arm or a step does not zoom.
const OFF_SIZE_FOR: Ms = Ms::seconds(2);
/// On the way a new target counts if it is off by so much of the width.
const RETARGET: f32 = 0.05;
/// Who walked and has stood for so long is put right once, or would rest at the edge of the dead band.
const STOOD_FOR: Ms = Ms(600);
const OFF_STOOD: f32 = 0.075;
/// How far back the size is looked at.
const SIZES: Ms = Ms::seconds(3);

/// How far somebody is from where a picture holds them, in its widths and heights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Off {
    pub(crate) sideways: f32,
    pub(crate) upright: f32,
}

#[derive(Debug)]
pub(crate) struct DeadBand {
    /// The head may be off by so much of the height.
    off_upright: f32,
    /// On the way a new target counts not oftener than so.
    retarget_after: Ms,
    sizes: VecDeque<(Ms, f32)>,
    size_off_since: Option<Ms>,
    /// When they walked last, if the picture was not put right since.
    walked: Option<Ms>,
}

impl DeadBand {
    pub(crate) fn new(off_upright: f32, retarget_after: Ms) -> Self {
        Self { off_upright, retarget_after, sizes: VecDeque::new(), size_off_since: None, walked: None }
    }

    /// Takes in how high somebody is; `new`: it is another one.
    pub(crate) fn see(&mut self, at: Ms, height: f32, new: bool) {
        if new {
            self.sizes.clear();
        }
        self.sizes.push_back((at, height));
        while self.sizes.front().is_some_and(|(then, _)| at - *then > SIZES) {
            self.sizes.pop_front();
        }
    }

    /// The usual height: steps, arms and a desk in front change the box, and not the person.
    pub(crate) fn size(&self) -> f32 {
        let mut sizes: Vec<f32> = self.sizes.iter().map(|(_, size)| *size).collect();
        sizes.sort_by(f32::total_cmp);
        sizes.get(sizes.len() / 2).copied().unwrap_or(1.0)
    }

    /// Whether the size, so many times the wanted one, has been off for long.
    pub(crate) fn zooms(&mut self, at: Ms, times: f32) -> bool {
        let off = times.ln().abs() > OFF_SIZE;
        self.size_off_since = if off { self.size_off_since.or(Some(at)) } else { None };
        self.size_off_since.is_some_and(|since| at - since >= OFF_SIZE_FOR)
    }

    /// Whether a move is due of a picture that is at rest, or set out at `under_way`.
    pub(crate) fn is_due(&mut self, at: Ms, off: Off, zooms: bool, walks: bool, under_way: Option<Ms>) -> bool {
        if walks {
            self.walked = Some(at);
        }
        let far = zooms || off.upright > self.off_upright;
        if let Some(set_out) = under_way {
            return at - set_out >= self.retarget_after && (far || off.sideways > RETARGET);
        }
        let stands = self.walked.take_if(|walked| at - *walked >= STOOD_FOR).is_some();
        far || off.sideways > if stands { OFF_STOOD } else { OFF_SIDEWAYS }
    }

    /// The picture sets out, or has nobody to be right for.
    pub(crate) fn sets_out(&mut self) {
        self.size_off_since = None;
    }
}

/// Whether somebody walks, at this pace in picture heights a second.
pub(crate) fn walks(pace: f32, height: f32) -> bool {
    pace.abs() > WALKS * height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_rest_a_little_is_nothing_and_who_has_stopped_is_put_right_once() {
        let mut band = DeadBand::new(0.1, Ms(400));
        let mut is_due = |at: u64, sideways: f32, walks: bool, under_way: Option<Ms>| {
            band.is_due(Ms(at), Off { sideways, upright: 0.0 }, false, walks, under_way)
        };
        assert!(!is_due(0, 0.09, false, None) && is_due(100, 0.11, false, None));
        assert!(!is_due(200, 0.09, true, None) && !is_due(700, 0.09, false, None), "walks, and has just stopped");
        assert!(is_due(800, 0.09, false, None) && !is_due(900, 0.09, false, None), "has stood: once");
        assert!(!is_due(1300, 0.2, false, Some(Ms(1000))) && is_due(1400, 0.06, false, Some(Ms(1000))), "on the way");
    }

    #[test]
    fn a_size_that_is_off_for_a_moment_is_no_zoom() {
        let mut band = DeadBand::new(0.1, Ms(400));
        assert!(!band.zooms(Ms(0), 1.5) && !band.zooms(Ms(1900), 1.5) && band.zooms(Ms(2000), 1.5));
        assert!(!band.zooms(Ms(2100), 1.1) && !band.zooms(Ms(2200), 1.5), "begins anew");
        for (at, height) in [0.3, 0.3, 0.5, 0.3, 0.3].into_iter().enumerate() {
            band.see(Ms(at as u64 * 100), height, false);
        }
        assert_eq!(band.size(), 0.3, "an arm is no size");
        band.see(Ms(500), 0.6, true);
        assert_eq!(band.size(), 0.6, "another person");
    }
}
