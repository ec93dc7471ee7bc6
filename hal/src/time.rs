//! Media time: one clock for every input, counted in nanoseconds and in slots of one frame.

use std::fmt;
use std::ops::{Add, Sub};

/// Frames per second of everything the host makes (JX-2, HB-3).
pub const FRAMES_PER_SECOND: u64 = 25;
/// Length of one slot, in nanoseconds.
pub const SLOT_NS: u64 = 1_000_000_000 / FRAMES_PER_SECOND;
/// Sample rate of everything the host makes, in hertz (HB-4).
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples of one sound block: 10 ms.
pub const BLOCK_SAMPLES: usize = 480;
/// Length of one sound block, in nanoseconds.
pub const BLOCK_NS: u64 = 10_000_000;

/// The nanosecond that is nearest to a time in seconds, which is not negative.
///
/// 8.04 × 10⁹ cut off is one too few, and with it goes the last of 201 frames.
pub fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// A moment on the host's media clock, in nanoseconds since the studio was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(pub u64);

impl MediaTime {
    pub fn from_seconds(seconds: f64) -> Self {
        Self(nanoseconds(seconds))
    }

    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The slot that this moment lies in.
    pub fn slot(self) -> Slot {
        Slot(self.0 / SLOT_NS)
    }
}

impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.seconds())
    }
}

/// The number of a frame on the host's 25 fps grid; slot `n` begins `n` × 40 ms after the studio was opened.
///
/// Every picture input fills every slot exactly once, so frames of different inputs with the same slot belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    pub fn start(self) -> MediaTime {
        MediaTime(self.0 * SLOT_NS)
    }

    pub fn next(self) -> Slot {
        Slot(self.0 + 1)
    }
}

impl Add<u64> for Slot {
    type Output = Slot;
    fn add(self, slots: u64) -> Slot {
        Slot(self.0 + slots)
    }
}

impl Sub for Slot {
    type Output = u64;
    fn sub(self, earlier: Slot) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_seconds_holds_all_its_slots() {
        for slots in 0..24 * 3600 * FRAMES_PER_SECOND {
            let time = slots * SLOT_NS;
            assert_eq!(nanoseconds(MediaTime(time).seconds()), time, "{slots} slots");
        }
    }
}
