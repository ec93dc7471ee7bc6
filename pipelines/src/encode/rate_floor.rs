//! Keeps a variable-rate stream from falling below HB-3's 1024 kbit/s on average when little moves.
//!
//! A still slide costs an encoder next to nothing. What is missing to the floor is filled up by filler data, a NAL unit that
//! decoders skip (ITU-T H.264, 7.3.2.7 and 7.4.2.7). It works behind every encoder, in hardware or not.

use ketang_hal::time::{FRAMES_PER_SECOND, SLOT_NS};

const NAL_FILLER: u8 = 12;
const TRAILING_BITS: u8 = 0x80;
/// The floor is kept by this share more, in percent: the last frame's time counts, and containers round.
const MARGIN_PERCENT: u64 = 2;
/// Length prefix, NAL header and trailing bits: what the smallest filler costs.
const OVERHEAD: u64 = 6;
/// What encoders saved up in lively stretches counts for no longer than this many frames.
const CREDIT_FRAMES: u64 = 2 * FRAMES_PER_SECOND;

/// Counts bytes against a floor.
#[derive(Debug)]
pub(crate) struct RateFloor {
    bytes_a_frame: u64,
    /// Bytes by which the stream is above (positive) or below the floor.
    balance: i64,
    /// When the last frame was shown, in nanoseconds.
    last: Option<u64>,
}

impl RateFloor {
    pub(crate) fn new(kbit_s: u32) -> Self {
        let bytes_a_second = u64::from(kbit_s) * 10 * (100 + MARGIN_PERCENT) / 8;
        Self { bytes_a_frame: bytes_a_second / FRAMES_PER_SECOND, balance: 0, last: None }
    }

    /// The filler NAL unit, with its length prefix of four bytes, that has to follow the frame of `bytes` that is shown at `pts`, in
    /// nanoseconds; empty if none is needed. Time without a frame counts too, up to a second.
    pub(crate) fn after(&mut self, pts: u64, bytes: usize) -> Vec<u8> {
        let passed = self.last.map_or(1, |last| (pts.saturating_sub(last) + SLOT_NS / 2) / SLOT_NS);
        self.last = Some(pts);
        let due = self.bytes_a_frame * passed.clamp(1, FRAMES_PER_SECOND);
        let credit = (self.bytes_a_frame * CREDIT_FRAMES) as i64;
        self.balance = (self.balance + bytes as i64 - due as i64).min(credit);
        let missing = (-self.balance).max(0) as u64;
        if missing < OVERHEAD {
            return Vec::new();
        }
        self.balance = 0;
        let unit = (missing - 4) as usize;
        let mut filler = Vec::with_capacity(unit + 4);
        filler.extend_from_slice(&(unit as u32).to_be_bytes());
        filler.push(NAL_FILLER);
        filler.resize(unit + 3, 0xff);
        filler.push(TRAILING_BITS);
        filler
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_reaches_the_floor_and_lively_streams_get_nothing() {
        let mut floor = RateFloor::new(1024);
        let total: usize = (0..250).map(|frame| 900 + floor.after(frame * SLOT_NS, 900).len()).sum();
        let floor_bytes = 1024 * 1020 / 8 / 25;
        assert_eq!(total / 250, floor_bytes);
        let mut floor = RateFloor::new(1024);
        assert!((0..250).all(|frame| floor.after(frame * SLOT_NS, 6000).is_empty()));
        let mut floor = RateFloor::new(1024);
        let with_holes: usize = (0..50).map(|frame| 900 + floor.after(5 * frame * SLOT_NS, 900).len()).sum();
        assert_eq!(with_holes, (1 + 49 * 5) * floor_bytes);
    }

    #[test]
    fn a_filler_is_a_well_formed_nal_unit() {
        let filler = RateFloor::new(1024).after(0, 100);
        let (length, unit) = filler.split_at(4);
        assert_eq!(u32::from_be_bytes(length.try_into().unwrap()) as usize, unit.len());
        assert_eq!((unit[0], unit[unit.len() - 1]), (12, 0x80));
        assert!(unit[1..unit.len() - 1].iter().all(|&byte| byte == 0xff));
    }
}
