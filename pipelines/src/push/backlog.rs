//! What is sent to a server that is slower than the programme: whole groups of frames, each from its key frame on.

use std::time::Duration;

/// So much waits for a server at the most; beyond it, nothing goes on before a key frame.
const MOST: Duration = Duration::from_secs(4);
/// No more than this waits when it goes on, so that there is room for a group.
const ROOM: Duration = Duration::from_secs(1);

/// Decides of one picture after the other.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Too much waited, and there is no room for a group yet.
    is_full: bool,
    /// One is missing, and there was no key frame since.
    has_hole: bool,
    /// The one that was offered last, in nanoseconds.
    last: Option<u64>,
}

impl Backlog {
    /// Whether the picture goes out that is shown at `pts`, lasts `duration`, both in nanoseconds, and finds so much `waiting` before it.
    pub(super) fn takes(&mut self, pts: u64, duration: u64, key: bool, waiting: Duration) -> bool {
        // Nothing can be made of a picture whose predecessor is missing.
        let follows = self.last.replace(pts).is_none_or(|last| pts <= last + duration + duration / 2);
        self.has_hole |= !follows;
        self.is_full |= waiting > MOST;
        if key && (!self.is_full || waiting <= ROOM) {
            (self.is_full, self.has_hole) = (false, false);
        }
        !self.is_full && !self.has_hole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u64 = 40_000_000;

    /// Which of the pictures of these slots go out, with a key frame every five and so many seconds waiting.
    fn sent(backlog: &mut Backlog, slots: std::ops::Range<u64>, waiting: f64) -> Vec<u64> {
        let waiting = Duration::from_secs_f64(waiting);
        slots.filter(|slot| backlog.takes(slot * FRAME, FRAME, slot.is_multiple_of(5), waiting)).collect()
    }

    #[test]
    fn a_slow_server_gets_whole_groups() {
        let mut backlog = Backlog::default();
        assert_eq!(sent(&mut backlog, 0..7, 0.2), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(sent(&mut backlog, 7..12, 4.1), [0; 0], "too much waits");
        assert_eq!(sent(&mut backlog, 12..17, 1.5), [0; 0], "a key frame, and no room for its group yet");
        assert_eq!(sent(&mut backlog, 17..22, 0.5), [20, 21]);
    }

    #[test]
    fn nothing_follows_a_hole_but_a_key_frame() {
        let mut backlog = Backlog::default();
        assert_eq!(sent(&mut backlog, 0..3, 0.0), [0, 1, 2]);
        assert_eq!(sent(&mut backlog, 4..8, 2.0), [5, 6, 7]);
        assert_eq!(sent(&mut backlog, 10..12, 2.0), [10, 11], "another maker takes over with a key frame");
    }
}
