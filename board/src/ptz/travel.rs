//! Whether a camera that was sent somewhere has arrived. A pure rule: what it tells goes in, with the time.
//!
//! No camera is believed alone: some say that they are done when they have only begun, some never say it, some tell the view they
//! were sent to as if they were there. So a camera has arrived when what it tells of its view has rested and it does not say that
//! it moves. One that is never seen to arrive is given up after a while, so that its picture is not kept back for ever.

use std::time::{Duration, Instant};

use ketang_hal::ptz::{PtzState, View};

/// A camera needs so long to set out.
const SETS_OUT: Duration = Duration::from_millis(500);
/// A view that is the same for so long rests.
const RESTS: Duration = Duration::from_millis(400);
/// The longest way takes less.
const GIVEN_UP: Duration = Duration::from_secs(25);
/// Views this close are the same, in degrees and as a share of the zoom.
const SAME_DEGREES: f64 = 0.05;
const SAME_ZOOM: f64 = 0.005;

/// A camera on its way.
#[derive(Clone, Copy, Debug)]
pub struct Travel {
    began: Instant,
    /// The view that was told last, and since when it is that.
    rests: Option<(View, Instant)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    OnTheWay,
    Arrived,
    /// It was never seen to arrive.
    GivenUp,
}

impl Travel {
    pub fn begin(now: Instant) -> Self {
        Self { began: now, rests: None }
    }

    /// What follows from what the camera tells; `None` where it told nothing.
    pub fn hear(&mut self, now: Instant, told: Option<PtzState>) -> Progress {
        if let Some(told) = told {
            let since = self.rests.filter(|(view, _)| is_same(*view, told.view)).map_or(now, |(_, since)| since);
            self.rests = Some((told.view, since));
            let rested = now.saturating_duration_since(since) >= RESTS;
            let set_out = now.saturating_duration_since(self.began) >= SETS_OUT;
            if rested && set_out && told.moving != Some(true) {
                return Progress::Arrived;
            }
        }
        if now.saturating_duration_since(self.began) >= GIVEN_UP { Progress::GivenUp } else { Progress::OnTheWay }
    }
}

fn is_same(one: View, other: View) -> bool {
    (one.pan - other.pan).abs() < SAME_DEGREES
        && (one.tilt - other.tilt).abs() < SAME_DEGREES
        && (one.zoom / other.zoom - 1.0).abs() < SAME_ZOOM
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells a camera's pan and whether it says that it moves, every 100 ms; gives when it arrives, in ms.
    fn arrival(pan: impl Fn(u64) -> Option<f64>, moving: impl Fn(u64) -> Option<bool>) -> (u64, Progress) {
        let began = Instant::now();
        let mut travel = Travel::begin(began);
        let told = |ms| pan(ms).map(|pan| PtzState { view: View { pan, tilt: 0.0, zoom: 2.0 }, moving: moving(ms) });
        let mut times = (0..).map(|step| step * 100);
        times
            .find_map(|ms| match travel.hear(began + Duration::from_millis(ms), told(ms)) {
                Progress::OnTheWay => None,
                end => Some((ms, end)),
            })
            .expect("it ends at last")
    }

    #[test]
    fn it_has_arrived_when_it_rests_and_says_nothing_else() {
        let turns = |ms: u64| Some((ms as f64 / 1000.0).min(2.0) * 30.0);
        // Honest; says nothing; says "done" at once; never says "done".
        assert_eq!(arrival(turns, |ms| Some(ms < 2100)), (2400, Progress::Arrived));
        assert_eq!(arrival(turns, |_| None), (2400, Progress::Arrived));
        assert_eq!(arrival(turns, |_| Some(false)), (2400, Progress::Arrived));
        assert_eq!(arrival(turns, |_| Some(true)), (25_000, Progress::GivenUp));
        // Tells where it was sent to as if it were there, but says honestly when it is done.
        assert_eq!(arrival(|_| Some(60.0), |ms| Some(ms < 1700)), (1700, Progress::Arrived));
    }

    #[test]
    fn one_that_is_slow_to_set_out_is_waited_for() {
        let late = |ms: u64| Some(if ms < 400 { 0.0 } else { (ms.min(1500) - 400) as f64 });
        assert_eq!(arrival(late, |_| None), (1900, Progress::Arrived));
        assert_eq!(arrival(|_| Some(0.0), |_| None), (500, Progress::Arrived), "it was there already");
    }

    #[test]
    fn one_that_says_nothing_is_given_up() {
        assert_eq!(arrival(|_| None, |_| None), (25_000, Progress::GivenUp));
        assert_eq!(arrival(|ms| Some(ms as f64), |_| None), (25_000, Progress::GivenUp));
        assert_eq!(arrival(|_| Some(f64::NAN), |_| None), (25_000, Progress::GivenUp));
    }
}
