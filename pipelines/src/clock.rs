//! The one clock and the one base time that every graph runs on, so that their timestamps can be compared.

use gst::prelude::*;
use ketang_hal::time::MediaTime;

/// The host's media clock. Copies tell the same time.
#[derive(Clone, Debug)]
pub struct MediaClock {
    clock: gst::Clock,
    base: gst::ClockTime,
}

impl MediaClock {
    /// A clock that starts at zero now.
    pub fn start() -> Self {
        let clock = gst::SystemClock::obtain();
        let base = clock.time();
        Self { clock, base }
    }

    pub fn now(&self) -> MediaTime {
        MediaTime(self.clock.time().saturating_sub(self.base).nseconds())
    }

    /// Makes `pipeline` run on this clock: its running time is this clock's media time.
    pub(crate) fn drive(&self, pipeline: &gst::Pipeline) {
        pipeline.use_clock(Some(&self.clock));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(self.base);
    }
}
