//! Puts the frames of a camera, whose clock is its own, into the slots of the host's 25 fps grid.
//!
//! Nearest-slot rounding repeats and drops frames when a camera's phase lies near a slot's border. This follows
//! the phase instead: frame after frame goes into slot after slot, whatever the jitter, until the two clocks have really
//! drifted apart by most of a frame. Pure: time comes in as timestamps.

use ketang_hal::time::{MediaTime, SLOT_NS, Slot};

/// How fast the phase follows what is seen; 1/64 averages jitter over two and a half seconds.
const PHASE_GAIN: i64 = 64;
/// How far the phase may wander outside its slot before the numbering moves by one.
const HYSTERESIS_NS: i64 = SLOT_NS as i64 / 4;
/// A frame this far from where it was expected starts the numbering anew.
const JUMP_NS: i64 = 5 * SLOT_NS as i64;

/// Where a frame belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Slot(Slot),
    /// Its slot is taken: the camera is faster than 25 fps, or its clock is ahead by a frame.
    Surplus,
}

#[derive(Debug, Default)]
pub(crate) struct Cadence {
    /// Distance from a slot's start to its frame; `None` before the first frame.
    phase: Option<i64>,
    /// Frames that the phase was averaged over, up to [`PHASE_GAIN`].
    seen: i64,
    last: Option<Slot>,
}

impl Cadence {
    pub(crate) fn place(&mut self, pts: MediaTime) -> Place {
        let pts = pts.0 as i64;
        let slot_ns = SLOT_NS as i64;
        let phase = match self.phase {
            Some(phase) if !self.jumped(pts, phase) => phase,
            _ => {
                self.last = self.last.filter(|last| (last.0 as i64) < pts / slot_ns);
                self.seen = 0;
                pts.rem_euclid(slot_ns)
            }
        };
        let number = (pts - phase + slot_ns / 2).div_euclid(slot_ns);
        let error = pts - phase - number * slot_ns;
        self.seen = (self.seen + 1).min(PHASE_GAIN);
        let mut followed = phase + error / self.seen;
        if followed > slot_ns + HYSTERESIS_NS {
            followed -= slot_ns;
        } else if followed < -HYSTERESIS_NS {
            followed += slot_ns;
        }
        self.phase = Some(followed);

        let slot = Slot(number.max(0) as u64);
        if self.last.is_some_and(|last| slot <= last) {
            return Place::Surplus;
        }
        self.last = Some(slot);
        Place::Slot(slot)
    }

    /// When the frame of `slot` is expected, in nanoseconds of media time.
    pub(crate) fn expected(&self, slot: Slot) -> u64 {
        slot.start().0.saturating_add_signed(self.phase.unwrap_or(0))
    }

    fn jumped(&self, pts: i64, phase: i64) -> bool {
        let Some(last) = self.last else { return true };
        let since = pts - phase - last.0 as i64 * SLOT_NS as i64;
        !(-JUMP_NS..=JUMP_NS).contains(&since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeatable jitter within ±`limit` nanoseconds.
    fn jitter(n: u64, limit: i64) -> i64 {
        let mixed = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as i64;
        mixed % (2 * limit + 1) - limit
    }

    fn run(frames: u64, pts: impl Fn(u64) -> i64) -> (Vec<u64>, usize) {
        let mut cadence = Cadence::default();
        let mut slots = Vec::new();
        let mut surplus = 0;
        for n in 0..frames {
            match cadence.place(MediaTime(pts(n).max(0) as u64)) {
                Place::Slot(slot) => slots.push(slot.0),
                Place::Surplus => surplus += 1,
            }
        }
        (slots, surplus)
    }

    fn holes(slots: &[u64]) -> u64 {
        slots.windows(2).map(|pair| pair[1] - pair[0] - 1).sum()
    }

    #[test]
    fn jitter_costs_no_frame_whatever_the_phase() {
        for phase_ms in 0..40 {
            let (slots, surplus) =
                run(1000, |n| 1_000_000_000 + n as i64 * 40_000_000 + phase_ms * 1_000_000 + jitter(n, 9_000_000));
            assert_eq!((holes(&slots), surplus), (0, 0), "phase {phase_ms} ms");
        }
    }

    #[test]
    fn a_clock_that_is_100_ppm_off_costs_one_frame_in_400_seconds() {
        let hour = 25 * 3600;
        let (slots, surplus) = run(hour, |n| n as i64 * 40_004_000 + jitter(n, 2_000_000));
        assert_eq!(surplus, 0);
        assert!((8..=10).contains(&holes(&slots)), "{}", holes(&slots));
        let (slots, surplus) = run(hour, |n| n as i64 * 39_996_000 + jitter(n, 2_000_000));
        assert_eq!(holes(&slots), 0);
        assert!((8..=10).contains(&surplus), "{surplus}");
    }

    #[test]
    fn thirty_and_sixty_fps_fill_every_slot() {
        for (interval, expected_surplus) in [(33_333_333, 5000 / 6), (16_666_667, 5000 * 7 / 12)] {
            let (slots, surplus) = run(5000, |n| n as i64 * interval);
            assert_eq!(holes(&slots), 0, "interval {interval}");
            assert!(surplus.abs_diff(expected_surplus) < 5, "interval {interval}: {surplus}");
        }
    }

    #[test]
    fn after_a_pause_the_numbering_follows_the_clock() {
        let mut cadence = Cadence::default();
        assert_eq!(cadence.place(MediaTime(0)), Place::Slot(Slot(0)));
        assert_eq!(cadence.place(MediaTime(10_000_000_000)), Place::Slot(Slot(250)));
        assert_eq!(cadence.place(MediaTime(10_040_000_000)), Place::Slot(Slot(251)));
    }
}
