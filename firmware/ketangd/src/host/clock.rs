//! The host's two clocks, and the only place that reads them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ketang_hal::time::Slot;
use ketang_lesson::Moment;
use ketang_pipelines::clock::MediaClock;

/// Wall time and media time.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    media: MediaClock,
}

impl Clock {
    pub(super) fn new(media: MediaClock) -> Self {
        Self { media }
    }

    pub(super) fn media(&self) -> &MediaClock {
        &self.media
    }

    pub(super) fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The time zone of the room.
    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::system()
    }

    /// The border of the slot that is `ahead` slots from the next one: where something that is ordered now takes effect, in the
    /// pictures and in the lesson's record alike.
    pub(super) fn border(&self, ahead: u64) -> (Slot, Moment) {
        let slot = self.media.now().slot().next() + ahead;
        (slot, Moment { wall: self.wall(), media: slot.start() })
    }

    pub(super) fn now(&self) -> Moment {
        Moment { wall: self.wall(), media: self.media.now() }
    }
}
