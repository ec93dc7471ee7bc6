//! Where a box is and how it moves: a Kalman filter with steady speed for its middle across and its top each, because a head is
//! seen when the legs are not. Width and height come and go with steps, arms and what is in front: they wander and lead nowhere.
//!
//! The four are filtered apart from each other, for what is measured is measured well and often.

use crate::area::Area;

/// One number that moves.
#[derive(Clone, Copy, Debug)]
struct Axis {
    value: f32,
    speed: f32,
    /// Variances of value and speed, and what they share.
    value_variance: f32,
    both: f32,
    speed_variance: f32,
}

impl Axis {
    fn new(value: f32, deviation: f32, speed_deviation: f32) -> Self {
        let square = |value: f32| value * value;
        Self {
            value,
            speed: 0.0,
            value_variance: square(deviation),
            both: 0.0,
            speed_variance: square(speed_deviation),
        }
    }

    /// Goes on by `seconds`; the speed may change by `acceleration` a second, and counts as none below `rest`.
    fn predict(&mut self, seconds: f32, acceleration: f32, rest: f32) {
        if self.speed.abs() > rest {
            self.value += self.speed * seconds;
        }
        let noise = acceleration * acceleration;
        self.value_variance += 2.0 * seconds * self.both + seconds * seconds * self.speed_variance;
        self.value_variance += noise * seconds.powi(4) / 4.0;
        self.both += seconds * self.speed_variance + noise * seconds.powi(3) / 2.0;
        self.speed_variance += noise * seconds * seconds;
    }

    fn measure(&mut self, value: f32, deviation: f32) {
        let variance = self.value_variance + deviation * deviation;
        let (of_value, of_speed) = (self.value_variance / variance, self.both / variance);
        let error = value - self.value;
        self.value += of_value * error;
        self.speed += of_speed * error;
        self.speed_variance -= of_speed * self.both;
        self.both *= 1.0 - of_value;
        self.value_variance *= 1.0 - of_value;
    }
}

/// One number that wanders.
#[derive(Clone, Copy, Debug)]
struct Level {
    value: f32,
    variance: f32,
}

impl Level {
    /// Goes on by `seconds`; the number wanders by `swing` in a second.
    fn predict(&mut self, seconds: f32, swing: f32) {
        self.variance += swing * swing * seconds;
    }

    fn measure(&mut self, value: f32, deviation: f32) {
        let share = self.variance / (self.variance + deviation * deviation);
        self.value += share * (value - self.value);
        self.variance *= 1.0 - share;
    }
}

/// A box that moves.
#[derive(Clone, Debug)]
pub struct Moving {
    x: Axis,
    top: Axis,
    width: Level,
    height: Level,
}

/// People change their pace by about so many of their own heights a second, each second.
const ACCELERATION: f32 = 1.5;
/// Boxes change their size by so many of their heights in a second, as arms and legs swing.
const SWING: f32 = 0.3;
/// Below so many own heights a second nobody goes anywhere; it is the jitter of boxes.
const REST: f32 = 0.05;
/// How well a box's place is measured, in its own heights; its height, for legs are found in one look and not in the next; and
/// its width, for they swing.
const DEVIATION: f32 = 0.015;
const HEIGHT_DEVIATION: f32 = 0.04;
const WIDTH_DEVIATION: f32 = 0.1;
/// Unseen, a pace fades within about so many seconds.
const PACE_FADES: f32 = 1.2;

impl Moving {
    pub fn new(area: &Area) -> Self {
        let height = area.height;
        let place = |value: f32, speed: f32| Axis::new(value, DEVIATION * height, speed * height);
        let size = |value: f32, deviation: f32| Level { value, variance: (deviation * height).powi(2) };
        Self {
            x: place(area.centre().0, 0.6),
            top: place(area.y, 0.3),
            width: size(area.width, WIDTH_DEVIATION),
            height: size(height, HEIGHT_DEVIATION),
        }
    }

    pub fn predict(&mut self, seconds: f32) {
        let height = self.height.value.max(0.02);
        let rest = REST * height;
        self.x.predict(seconds, ACCELERATION * height, rest);
        self.top.predict(seconds, 0.6 * ACCELERATION * height, rest);
        self.width.predict(seconds, SWING * height);
        self.height.predict(seconds, SWING * height);
        for axis in [&mut self.x, &mut self.top] {
            axis.speed *= (-seconds / PACE_FADES).exp();
        }
    }

    pub fn measure(&mut self, area: &Area) {
        let height = area.height.max(0.02);
        self.x.measure(area.centre().0, DEVIATION * height);
        self.top.measure(area.y, DEVIATION * height);
        self.width.measure(area.width, WIDTH_DEVIATION * height);
        self.height.measure(area.height, HEIGHT_DEVIATION * height);
    }

    pub fn area(&self) -> Area {
        let (width, height) = (self.width.value.max(0.005), self.height.value.max(0.005));
        Area::new(self.x.value - width / 2.0, self.top.value, width, height)
    }

    /// Right and down, in picture widths and heights a second.
    pub fn speed(&self) -> (f32, f32) {
        (self.x.speed, self.top.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_walks_is_where_the_walk_leads() {
        let at = |seconds: f32| Area::new(0.1 + 0.15 * seconds, 0.3, 0.1, 0.5);
        let mut moving = Moving::new(&at(0.0));
        for step in 1..=10 {
            moving.predict(0.2);
            moving.measure(&at(step as f32 * 0.2));
        }
        assert!((moving.speed().0 - 0.15).abs() < 0.04, "{:?}", moving.speed());
        moving.predict(0.3);
        assert!(moving.area().iou(&at(2.3)) > 0.8, "{:?}", moving.area());
    }

    #[test]
    fn who_stands_does_not_drift_when_unseen() {
        let area = Area::new(0.4, 0.2, 0.1, 0.6);
        let mut moving = Moving::new(&area);
        for step in 0..20 {
            moving.predict(0.2);
            let jitter = if step % 2 == 0 { 0.0015 } else { -0.0015 };
            moving.measure(&Area { x: area.x + jitter, ..area });
        }
        (0..50).for_each(|_| moving.predict(0.1));
        assert!(moving.area().iou(&area) > 0.85, "{:?}", moving.area());
    }
}
