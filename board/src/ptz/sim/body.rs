//! What moves in a camera: pan, tilt and zoom, each with a bounded speed and acceleration. A function of time and orders.

use std::collections::BTreeMap;
use std::time::Duration;

use ketang_hal::ptz::{Span, View};

use super::{LIMITS, SimSettings};

/// Time goes on in such steps, in seconds.
const STEP: f64 = 0.002;
/// It brakes with this share of what it can.
const IN_HAND: f64 = 0.9;
/// Longer than this nothing moves: the rest is skipped.
const LONGEST: f64 = 60.0;

#[derive(Clone, Copy, Debug)]
enum Goal {
    /// To a place, at this speed at most.
    Place(f64, f64),
    /// On and on.
    Speed(f64),
}

/// One motor.
#[derive(Clone, Copy, Debug)]
struct Axis {
    at: f64,
    speed: f64,
    goal: Goal,
    span: Span,
    top: f64,
    acceleration: f64,
}

impl Axis {
    fn new(at: f64, span: Span, top: f64, acceleration: f64) -> Self {
        Self { at, speed: 0.0, goal: Goal::Speed(0.0), span, top, acceleration }
    }

    /// The speed from which it can still stop after so far, with a little in hand for the length of a step.
    fn braking(&self, way: f64) -> f64 {
        (2.0 * IN_HAND * self.acceleration * way.abs()).sqrt()
    }

    fn step(&mut self) {
        let change = self.acceleration * STEP;
        let wanted = match self.goal {
            Goal::Place(place, speed) => {
                let way = place - self.at;
                // With the next step it is there or past it, and slow enough to stand.
                if way.abs() <= (self.speed.abs() + change) * STEP && self.speed.abs() <= 4.0 * change {
                    (self.at, self.speed) = (place, 0.0);
                    return;
                }
                way.signum() * speed.min(self.braking(way))
            }
            Goal::Speed(speed) => {
                let end = if speed > 0.0 { self.span.greatest } else { self.span.least };
                speed.signum() * speed.abs().min(self.braking(end - self.at))
            }
        };
        self.speed += (wanted - self.speed).clamp(-change, change);
        self.at = self.span.clamp(self.at + self.speed * STEP);
        if matches!(self.goal, Goal::Speed(0.0)) && self.speed.abs() < 1e-9 {
            self.speed = 0.0;
        }
    }

    fn rests(&self) -> bool {
        match self.goal {
            Goal::Place(place, _) => self.at == place && self.speed == 0.0,
            Goal::Speed(_) => self.speed.abs() < 1e-3,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Body {
    now: f64,
    pan: Axis,
    tilt: Axis,
    /// The logarithm of the factor: a zoom motor feels even so.
    zoom: Axis,
    presets: BTreeMap<u8, View>,
    /// Count the orders to pan and tilt, and to zoom.
    turns: u64,
    zooms: u64,
}

impl Body {
    pub(super) fn new(settings: &SimSettings) -> Self {
        let zoom = Span::new(0.0, LIMITS.zoom.greatest.ln());
        let zoom_top = zoom.greatest / settings.zoom_seconds;
        let SimSettings { speed, acceleration, .. } = *settings;
        Self {
            now: 0.0,
            pan: Axis::new(0.0, LIMITS.pan, speed, acceleration),
            tilt: Axis::new(0.0, LIMITS.tilt, speed, acceleration),
            zoom: Axis::new(0.0, zoom, zoom_top, zoom_top * 4.0),
            presets: settings.presets.iter().copied().collect(),
            turns: 0,
            zooms: 0,
        }
    }

    /// Lives through the time until then.
    pub(super) fn advance(&mut self, to: Duration) {
        let to = to.as_secs_f64();
        self.now = self.now.max(to - LONGEST);
        while self.now + STEP <= to {
            self.now += STEP;
            for axis in [&mut self.pan, &mut self.tilt, &mut self.zoom] {
                axis.step();
            }
        }
    }

    pub(super) fn view(&self) -> View {
        View { pan: self.pan.at, tilt: self.tilt.at, zoom: self.zoom.at.exp() }
    }

    pub(super) fn pan_speed(&self) -> f64 {
        self.pan.speed
    }

    pub(super) fn rests(&self) -> bool {
        self.turn_rests() && self.zoom_rests()
    }

    pub(super) fn turn_rests(&self) -> bool {
        self.pan.rests() && self.tilt.rests()
    }

    pub(super) fn zoom_rests(&self) -> bool {
        self.zoom.rests()
    }

    /// The number of the newest order to pan and tilt; another order makes another number.
    pub(super) fn turns(&self) -> u64 {
        self.turns
    }

    pub(super) fn zooms(&self) -> u64 {
        self.zooms
    }

    /// Speeds are shares of the greatest.
    pub(super) fn turn_to(&mut self, (pan, tilt): (f64, f64), (pan_speed, tilt_speed): (f64, f64)) {
        self.turns += 1;
        self.pan.goal = Goal::Place(self.pan.span.clamp(pan), self.pan.top * pan_speed);
        self.tilt.goal = Goal::Place(self.tilt.span.clamp(tilt), self.tilt.top * tilt_speed);
    }

    pub(super) fn turn_on(&mut self, pan: f64, tilt: f64) {
        self.turns += 1;
        self.pan.goal = Goal::Speed(self.pan.top * pan);
        self.tilt.goal = Goal::Speed(self.tilt.top * tilt);
    }

    pub(super) fn zoom_to(&mut self, factor: f64) {
        self.zooms += 1;
        self.zoom.goal = Goal::Place(self.zoom.span.clamp(factor.max(1.0).ln()), self.zoom.top);
    }

    pub(super) fn zoom_on(&mut self, share: f64) {
        self.zooms += 1;
        self.zoom.goal = Goal::Speed(self.zoom.top * share);
    }

    pub(super) fn store(&mut self, number: u8) {
        self.presets.insert(number, self.view());
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u8> {
        self.presets.keys().copied()
    }

    /// Whether there is such a preset.
    pub(super) fn recall(&mut self, number: u8) -> bool {
        let Some(view) = self.presets.get(&number).copied() else { return false };
        self.turn_to((view.pan, view.tilt), (1.0, 1.0));
        self.zoom_to(view.zoom);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Body {
        Body::new(&SimSettings::default())
    }

    #[test]
    fn it_sets_out_and_brakes_and_never_passes_its_goal() {
        let mut body = body();
        body.turn_to((60.0, -20.0), (1.0, 1.0));
        let (mut last, mut fastest, mut arrived) = (0.0, 0.0_f64, None);
        for ms in 1..3000 {
            body.advance(Duration::from_millis(ms));
            let speed = body.pan_speed();
            assert!((speed - last).abs() <= 250.0 * 0.0081, "{ms} ms: from {last} to {speed} °/s");
            assert!(body.view().pan <= 60.0);
            (last, fastest) = (speed, fastest.max(speed));
            arrived = arrived.or(body.rests().then_some(ms));
        }
        assert!((99.0..=100.01).contains(&fastest), "{fastest}");
        // 60° at 100 °/s, with 0.4 s to set out and 0.4 s to brake.
        assert!(arrived.is_some_and(|ms| (990..1100).contains(&ms)), "{arrived:?}");
        assert_eq!(body.view(), View { pan: 60.0, tilt: -20.0, zoom: 1.0 });
    }

    #[test]
    fn it_runs_on_after_a_stop_and_not_beyond_its_end() {
        let mut body = body();
        body.turn_on(1.0, 0.0);
        body.advance(Duration::from_secs(1));
        let before = body.view().pan;
        body.turn_on(0.0, 0.0);
        body.advance(Duration::from_secs(2));
        assert!((19.0..21.0).contains(&(body.view().pan - before)), "{} to {}", before, body.view().pan);
        assert!(body.rests());
        body.turn_on(1.0, -0.5);
        body.zoom_on(1.0);
        body.advance(Duration::from_secs(20));
        let view = body.view();
        assert!(
            (view.pan - 170.0).abs() < 0.1 && (view.tilt + 30.0).abs() < 0.1 && (view.zoom - 20.0).abs() < 0.1,
            "{view:?}"
        );
        assert!(body.rests());
    }

    #[test]
    fn it_finds_back_to_what_it_stored() {
        let mut body = body();
        assert!(!body.recall(9));
        body.turn_to((-33.0, 11.0), (1.0, 1.0));
        body.zoom_to(5.0);
        body.advance(Duration::from_secs(5));
        body.store(9);
        assert!(body.recall(4));
        body.advance(Duration::from_secs(10));
        assert_eq!(body.view(), View { pan: 0.0, tilt: 0.0, zoom: 1.0 });
        assert!(body.recall(9));
        body.advance(Duration::from_secs(15));
        let view = body.view();
        assert!((view.pan, view.tilt) == (-33.0, 11.0) && (view.zoom - 5.0).abs() < 1e-6, "{view:?}");
    }
}
