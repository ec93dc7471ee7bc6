//! Three numbers and the chance of a seed: the arithmetic that the drawing of the room shares.

use std::ops::{Add, Mul, Sub};

/// A point or direction in metres. In the room: x from the window wall to the door, y from the blackboard to the back wall,
/// z up from the floor. In a body: x to its left, y forward, z up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct V3 {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) z: f32,
}

pub(super) const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl Add for V3 {
    type Output = V3;
    fn add(self, o: V3) -> V3 {
        v3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for V3 {
    type Output = V3;
    fn sub(self, o: V3) -> V3 {
        v3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for V3 {
    type Output = V3;
    fn mul(self, k: f32) -> V3 {
        v3(self.x * k, self.y * k, self.z * k)
    }
}

impl V3 {
    pub(super) fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    pub(super) fn cross(self, o: V3) -> V3 {
        v3(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }

    pub(super) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub(super) fn unit(self) -> V3 {
        self * (1.0 / self.length().max(1e-9))
    }

    pub(super) fn lerp(self, to: V3, k: f32) -> V3 {
        self + (to - self) * k
    }
}

pub(super) fn lerp(from: f32, to: f32, k: f32) -> f32 {
    from + (to - from) * k
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let k = ((x - from) / (to - from)).clamp(0.0, 1.0);
    k * k * (3.0 - 2.0 * k)
}

/// Chance without a state: the same seed and place give the same bits, in whatever order they are asked.
pub(super) fn bits(seed: u64, place: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ place.wrapping_add(0x632B_E59B_D9B4_E019);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// As [`bits`], from 0 up to 1.
pub(super) fn chance(seed: u64, place: u64) -> f32 {
    (bits(seed, place) >> 40) as f32 / (1u64 << 24) as f32
}
