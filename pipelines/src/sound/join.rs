//! Waits for the blocks of all microphones that belong together, but not longer than until a block's deadline.
//!
//! Pure: time comes in as a parameter. Every number comes out exactly once, in order, with silence for who is missing.

use std::collections::VecDeque;

use ketang_hal::role::SoundRole;
use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, MediaTime};

use super::Block;
use super::drift::{Aligner, Jump, Numbered};

/// A block that has not come so long after its last sample was recorded is silence, in nanoseconds.
const DEADLINE_NS: u64 = 50_000_000;
/// Sound that breaks off fades within this many samples (5 ms), sound that begins likewise.
const FADE: usize = 240;

pub(super) const ROLES: usize = SoundRole::ALL.len();

/// Place of a role in arrays over all roles.
pub(super) fn place(role: SoundRole) -> usize {
    role as usize
}

/// The blocks of all microphones with one number; `None`: nothing came.
pub(super) type Together = [Option<Block>; ROLES];

pub(super) struct Join {
    lanes: [Option<Lane>; ROLES],
    next: u64,
}

struct Lane {
    aligner: Aligner,
    blocks: VecDeque<Numbered>,
    live: bool,
    /// What came out last, if it was sound.
    last: Option<Block>,
    /// Blocks that came after their deadline, since the last warning.
    late: u32,
}

impl Join {
    /// Begins with the block that lies at `now`.
    pub(super) fn new(now: MediaTime) -> Self {
        Self { lanes: Default::default(), next: now.0 / BLOCK_NS }
    }

    pub(super) fn add(&mut self, role: SoundRole) {
        let lane = Lane { aligner: Aligner::new(), blocks: VecDeque::new(), live: false, last: None, late: 0 };
        self.lanes[place(role)] = Some(lane);
    }

    pub(super) fn remove(&mut self, role: SoundRole) {
        self.lanes[place(role)] = None;
    }

    pub(super) fn has(&self, role: SoundRole) -> bool {
        self.lanes[place(role)].is_some()
    }

    pub(super) fn is_live(&self, role: SoundRole) -> bool {
        self.lanes[place(role)].as_ref().is_some_and(|lane| lane.live)
    }

    /// Samples came, of which the first was recorded `at`.
    pub(super) fn hear(&mut self, role: SoundRole, at: MediaTime, samples: &[f32]) -> Option<Jump> {
        let lane = self.lanes[place(role)].as_mut()?;
        lane.live = true;
        let jump = lane.aligner.push(at, samples);
        while let Some(block) = lane.aligner.pop() {
            if block.number >= self.next {
                lane.blocks.push_back(block);
            } else {
                lane.late += 1;
            }
        }
        if lane.late >= 100 {
            tracing::warn!(%role, "sound comes later than {} ms after it was recorded and is lost", DEADLINE_NS / 1_000_000);
            lane.late = 0;
        }
        jump
    }

    /// The microphone is gone: nobody waits for it, and what comes later is of another card.
    pub(super) fn lose(&mut self, role: SoundRole) {
        if let Some(lane) = &mut self.lanes[place(role)] {
            lane.live = false;
            lane.aligner.restart();
        }
    }

    /// When the next block is due at the latest.
    pub(super) fn deadline(&self) -> MediaTime {
        MediaTime((self.next + 1) * BLOCK_NS + DEADLINE_NS)
    }

    /// The next blocks, once all live microphones have delivered them or the deadline has passed.
    pub(super) fn take(&mut self, now: MediaTime) -> Option<(u64, Together)> {
        let number = self.next;
        let mut live = self.lanes.iter().flatten().filter(|lane| lane.live).peekable();
        let complete = live.peek().is_some()
            && live.all(|lane| lane.blocks.back().is_some_and(|block| block.number >= number))
            // While a microphone begins, its first block may lie ahead: not before that moment has come.
            && now.0 >= (number + 1) * BLOCK_NS;
        if !complete && now < self.deadline() {
            return None;
        }
        self.next += 1;
        Some((number, std::array::from_fn(|i| self.lanes[i].as_mut().and_then(|lane| lane.take(number)))))
    }
}

impl Lane {
    fn take(&mut self, number: u64) -> Option<Block> {
        let mine = self.blocks.front().is_some_and(|block| block.number == number);
        let current = if mine { self.blocks.pop_front() } else { None };
        let fresh = current.as_ref().is_some_and(|block| block.fresh);
        let current = current.map(|block| block.samples);
        let out = match (&self.last, &current) {
            (Some(_), Some(block)) if !fresh => Some(*block),
            (None, None) => None,
            (last, block) => Some(splice(last.as_ref(), block.as_ref())),
        };
        self.last = current;
        out
    }
}

/// What joins two blocks that do not belong together: the old sound runs backwards while it fades, the new one fades in.
fn splice(last: Option<&Block>, block: Option<&Block>) -> Block {
    std::array::from_fn(|i| {
        let new = (i as f32 / FADE as f32).min(1.0);
        let old = 1.0 - new;
        new * block.map_or(0.0, |block| block[i]) + old * last.map_or(0.0, |last| last[BLOCK_SAMPLES - 1 - i])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use SoundRole::{RoomMic, TeacherMic};

    fn ms(ms: u64) -> MediaTime {
        MediaTime(ms * 1_000_000)
    }

    fn hear(join: &mut Join, role: SoundRole, from_ms: u64) {
        assert_eq!(join.hear(role, ms(from_ms), &[0.5; BLOCK_SAMPLES]), None);
    }

    #[test]
    fn a_block_waits_for_all_live_microphones_and_no_longer_than_its_deadline() {
        let mut join = Join::new(ms(1000));
        join.add(TeacherMic);
        join.add(RoomMic);
        for block in 100..104 {
            hear(&mut join, TeacherMic, block * 10);
            hear(&mut join, RoomMic, block * 10);
        }
        let numbers: Vec<u64> = std::iter::from_fn(|| join.take(ms(1040))).map(|(number, _)| number).collect();
        assert_eq!(numbers, [100, 101, 102], "the last one still waits for the filter's end");
        hear(&mut join, TeacherMic, 1040);
        assert!(join.take(ms(1050)).is_none(), "the room is missing");
        hear(&mut join, RoomMic, 1040);
        let (number, both) = join.take(ms(1050)).expect("both are there");
        assert_eq!((number, both.map(|block| block.is_some())), (103, [true, true, false]));
    }

    #[test]
    fn a_silent_microphone_is_waited_for_until_the_deadline_and_a_lost_one_is_not() {
        let mut join = Join::new(ms(1000));
        join.add(TeacherMic);
        join.add(RoomMic);
        // Too little for a whole block.
        join.hear(RoomMic, ms(1000), &[0.5; 100]);
        for block in 100..130 {
            hear(&mut join, TeacherMic, block * 10);
        }
        assert!(join.take(ms(1059)).is_none());
        assert_eq!(join.take(ms(1060)).map(|(number, _)| number), Some(100));
        assert!(join.take(ms(1061)).is_none());
        join.lose(RoomMic);
        assert_eq!(join.take(ms(1061)).map(|(number, _)| number), Some(101));
    }

    #[test]
    fn without_any_microphone_silence_comes_in_time() {
        let mut join = Join::new(ms(0));
        let taken: Vec<_> = std::iter::from_fn(|| join.take(ms(160))).collect();
        assert_eq!(taken, (0..11).map(|number| (number, [None; ROLES])).collect::<Vec<_>>());
    }

    #[test]
    fn sound_breaks_off_and_begins_without_a_click() {
        let mut join = Join::new(ms(1000));
        join.add(TeacherMic);
        let mut out: Vec<f32> = Vec::new();
        for block in 100..200 {
            if !(130..170).contains(&block) {
                hear(&mut join, TeacherMic, block * 10);
            } else if block == 140 {
                join.lose(TeacherMic);
            }
            while let Some((_, [teacher, ..])) = join.take(ms(block * 10 + 10)) {
                out.extend(teacher.unwrap_or([0.0; BLOCK_SAMPLES]));
            }
        }
        let steepest = out.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.02, "a step of {steepest}");
        assert!(out.contains(&0.0) && out.iter().any(|&sample| (sample - 0.5).abs() < 0.001));
    }
}
