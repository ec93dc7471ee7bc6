//! One number that moves as a good operator's hand does: at rest, or on a way of least jerk to a place, with bounded speed
//! and acceleration. A new way begins with the speed and acceleration of the old one, so there is never a kick.

use ketang_director::Ms;

/// The bounds of a way, in units of the number a second.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub speed: f32,
    pub acceleration: f32,
    /// No way takes less time.
    pub shortest: Ms,
}

/// A number on its way: a polynomial of the fifth degree, at rest at its end.
#[derive(Clone, Copy, Debug)]
pub struct Smooth {
    since: Ms,
    length: f32,
    target: f32,
    factors: [f32; 6],
}

impl Smooth {
    pub fn at_rest(value: f32) -> Self {
        Self { since: Ms::ZERO, length: 0.0, target: value, factors: [value, 0.0, 0.0, 0.0, 0.0, 0.0] }
    }

    /// Where it will come to rest.
    pub fn target(&self) -> f32 {
        self.target
    }

    pub fn is_at_rest(&self, at: Ms) -> bool {
        self.elapsed(at) >= self.length
    }

    fn elapsed(&self, at: Ms) -> f32 {
        (at - self.since).as_seconds_f64() as f32
    }

    /// Value, speed and acceleration.
    pub fn state(&self, at: Ms) -> (f32, f32, f32) {
        let time = self.elapsed(at);
        if time >= self.length {
            return (self.target, 0.0, 0.0);
        }
        let [p, v, a, j, s, c] = self.factors;
        let value = p + time * (v + time * (a + time * (j + time * (s + time * c))));
        let speed = v + time * (2.0 * a + time * (3.0 * j + time * (4.0 * s + time * 5.0 * c)));
        let acceleration = 2.0 * a + time * (6.0 * j + time * (12.0 * s + time * 20.0 * c));
        (value, speed, acceleration)
    }

    pub fn value(&self, at: Ms) -> f32 {
        self.state(at).0
    }

    /// How long a way to `target` takes within the limits, in seconds.
    pub fn needs(&self, at: Ms, target: f32, limits: &Limits) -> f32 {
        let (value, speed, acceleration) = self.state(at);
        let way = (target - value).abs();
        // From rest to rest: the greatest speed is 15/8 way / T, the greatest acceleration 5.774 way / T².
        let from_rest = (1.875 * way / limits.speed).max((5.774 * way / limits.acceleration).sqrt());
        let to_stop = 2.0 * speed.abs() / limits.acceleration + 0.5 * acceleration.abs() / limits.acceleration;
        from_rest.max(to_stop).max(limits.shortest.as_seconds_f64() as f32)
    }

    /// Sets out for `target`, to be there after `length` seconds.
    pub fn go(&mut self, at: Ms, target: f32, length: f32) {
        let (value, speed, acceleration) = self.state(at);
        let way = target - value;
        let (t, t2) = (length, length * length);
        let (t3, t4, t5) = (t2 * t, t2 * t2, t2 * t2 * t);
        let cubic = (20.0 * way - 12.0 * speed * t - 3.0 * acceleration * t2) / (2.0 * t3);
        let quartic = (-30.0 * way + 16.0 * speed * t + 3.0 * acceleration * t2) / (2.0 * t4);
        let quintic = (12.0 * way - 6.0 * speed * t - acceleration * t2) / (2.0 * t5);
        *self =
            Self { since: at, length, target, factors: [value, speed, acceleration / 2.0, cubic, quartic, quintic] };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { speed: 0.3, acceleration: 0.4, shortest: Ms(1200) };

    #[test]
    fn a_way_keeps_its_limits_and_ends_at_rest() {
        for target in [0.05, 0.3, 0.9] {
            let mut number = Smooth::at_rest(0.1);
            let needs = number.needs(Ms::ZERO, target, &LIMITS);
            number.go(Ms::ZERO, target, needs);
            for step in 0..100 {
                let (_, speed, acceleration) = number.state(Ms(step * 50));
                assert!(speed.abs() <= 0.301 && acceleration.abs() <= 0.401, "{target}: {speed} {acceleration}");
            }
            assert_eq!(number.state(Ms(10_000)), (target, 0.0, 0.0));
            assert!(number.is_at_rest(Ms(10_000)) && !number.is_at_rest(Ms(100)));
        }
    }

    #[test]
    fn a_new_way_begins_as_the_old_one_was() {
        let mut number = Smooth::at_rest(0.0);
        number.go(Ms::ZERO, 0.5, 2.0);
        let before = number.state(Ms(900));
        let needs = number.needs(Ms(900), 0.1, &LIMITS);
        number.go(Ms(900), 0.1, needs);
        let after = number.state(Ms(900));
        assert!(
            (before.0 - after.0).abs() < 1e-5 && (before.1 - after.1).abs() < 1e-5 && (before.2 - after.2).abs() < 1e-4
        );
        assert!((number.value(Ms(60_000)) - 0.1).abs() < 1e-6);
    }
}
