//! From media time to lesson time: the stretches that are recorded, laid end to end.
//!
//! Recording begins and pauses at slots' borders, so every track has the same frames. Pure; shared by all tracks of a recording.

use ketang_hal::time::{MediaTime, Slot};

/// One stretch of recording without a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    from: Slot,
    /// The first slot that is no longer recorded; `None` while it goes on.
    to: Option<Slot>,
    /// Lesson time of its first slot, in nanoseconds.
    lesson_ns: u64,
}

/// Where a media time lies in the lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Nanoseconds into the lesson.
    pub(crate) lesson_ns: u64,
    /// Counts the stretches from 0; a new stretch must begin with a key frame.
    pub(crate) stretch: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    stretches: Vec<Stretch>,
}

impl Timeline {
    /// A time line whose first stretch begins at `from`, `lesson_ns` into the lesson.
    pub(crate) fn begin(from: Slot, lesson_ns: u64) -> Self {
        Self { stretches: vec![Stretch { from, to: None, lesson_ns }] }
    }

    /// Ends the running stretch before slot `to`; nothing changes where none runs.
    pub(crate) fn pause(&mut self, to: Slot) {
        if let Some(last) = self.stretches.last_mut()
            && last.to.is_none()
        {
            last.to = Some(to.max(last.from));
        }
    }

    /// Begins another stretch at slot `from`; nothing changes where one runs.
    pub(crate) fn resume(&mut self, from: Slot) {
        if let Some(Stretch { from: began, to: Some(to), lesson_ns }) = self.stretches.last().copied() {
            let lesson_ns = lesson_ns + to.start().0 - began.start().0;
            self.stretches.push(Stretch { from: from.max(to), to: None, lesson_ns });
        }
    }

    /// Where `time` lies in the lesson; `None` while nothing was recorded.
    pub(crate) fn place(&self, time: MediaTime) -> Option<Placed> {
        let inside = |stretch: &Stretch| time >= stretch.from.start() && stretch.to.is_none_or(|to| time < to.start());
        let stretch = self.stretches.iter().rposition(inside)?;
        let found = self.stretches[stretch];
        Some(Placed { lesson_ns: found.lesson_ns + time.0 - found.from.start().0, stretch })
    }

    /// How much was recorded up to `now`, in nanoseconds into the lesson.
    pub(crate) fn recorded(&self, now: MediaTime) -> u64 {
        let Some(last) = self.stretches.last() else { return 0 };
        let until = last.to.map_or(now, |to| now.min(to.start()));
        last.lesson_ns + until.0.saturating_sub(last.from.start().0)
    }

    /// When the frame was taken that lies `lesson_ns` into the lesson.
    pub(crate) fn media(&self, lesson_ns: u64) -> MediaTime {
        let stretch = self.stretches.iter().rev().find(|stretch| stretch.lesson_ns <= lesson_ns);
        let stretch = stretch.or(self.stretches.first());
        stretch.map_or(MediaTime(0), |stretch| {
            MediaTime(stretch.from.start().0 + lesson_ns - stretch.lesson_ns.min(lesson_ns))
        })
    }

    /// The end of the last stretch, where it has one.
    pub(crate) fn end(&self) -> Option<Slot> {
        self.stretches.last().and_then(|last| last.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: u64 = ketang_hal::time::SLOT_NS;

    #[test]
    fn a_pause_takes_no_lesson_time() {
        let mut line = Timeline::begin(Slot(100), 0);
        line.pause(Slot(150));
        line.resume(Slot(400));
        let placed = |slot: u64| line.place(Slot(slot).start()).map(|placed| (placed.lesson_ns / SLOT, placed.stretch));
        assert_eq!(placed(99), None);
        assert_eq!(placed(100), Some((0, 0)));
        assert_eq!(placed(149), Some((49, 0)));
        assert_eq!(placed(150), None);
        assert_eq!(placed(399), None);
        assert_eq!(placed(400), Some((50, 1)));
        assert_eq!([49, 50].map(|frame| line.media(frame * SLOT).slot()), [Slot(149), Slot(400)]);
        assert_eq!(line.recorded(Slot(300).start()) / SLOT, 50);
        assert_eq!(line.recorded(Slot(410).start()) / SLOT, 60);
    }

    #[test]
    fn pausing_or_resuming_twice_changes_nothing() {
        let mut line = Timeline::begin(Slot(0), 0);
        line.resume(Slot(5));
        line.pause(Slot(10));
        line.pause(Slot(20));
        line.resume(Slot(30));
        line.resume(Slot(40));
        assert_eq!(line.place(Slot(35).start()).map(|placed| placed.lesson_ns / SLOT), Some(15));
        assert_eq!(line.end(), None);
    }
}
