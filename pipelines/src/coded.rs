//! Encoded pictures and sound on their way from an encoder to whoever records or sends them.

use std::sync::{Arc, Mutex, PoisonError};

use ketang_hal::time::SLOT_NS;

/// One encoded frame, or one encoded block of sound.
#[derive(Clone, Debug)]
pub struct Coded {
    pub(crate) buffer: gst::Buffer,
    /// When it is shown, in nanoseconds; on which time line depends on where it is.
    pub pts: u64,
    /// When it must be decoded; equal to `pts` where the encoder does not reorder.
    pub dts: u64,
    pub duration: u64,
    /// Decoding can start here. Always so for sound.
    pub key: bool,
}

/// What a stream of [`Coded`] is made of.
#[derive(Clone, Debug)]
pub struct CodedFormat {
    /// `video/x-h264,stream-format=avc,alignment=au,codec_data=…` or `audio/mpeg,mpegversion=4,stream-format=raw,codec_data=…`.
    pub(crate) caps: gst::Caps,
}

/// H.264 as MP4 wants it.
pub(crate) fn avc_caps() -> gst::Caps {
    gst::Caps::builder("video/x-h264").field("stream-format", "avc").field("alignment", "au").build()
}

/// Takes encoded frames on the encoder's thread; it must return at once. `false` ends the subscription.
pub type CodedSink = Box<dyn FnMut(&Coded, &CodedFormat) -> bool + Send>;

/// One encoded stream and everybody who takes it. Copies are the same stream.
///
/// The lock guards the list of sinks only; sinks run outside of it.
#[derive(Clone, Default)]
pub struct CodedBus {
    sinks: Arc<Mutex<Vec<CodedSink>>>,
}

impl CodedBus {
    pub fn subscribe(&self, sink: CodedSink) {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner).push(sink);
    }

    pub fn has_subscribers(&self) -> bool {
        !self.sinks.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn publish(&self, coded: &Coded, format: &CodedFormat) {
        let mut sinks = std::mem::take(&mut *self.sinks.lock().unwrap_or_else(PoisonError::into_inner));
        sinks.retain_mut(|sink| sink(coded, format));
        let mut list = self.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        sinks.append(&mut list);
        *list = sinks;
    }

    /// Publishes what an `appsink` gave; its running time becomes the time stamp.
    pub(crate) fn publish_sample(&self, sample: &gst::Sample) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else { return };
        let running = |time: Option<gst::ClockTime>| {
            let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
            segment.to_running_time(time).map(gst::ClockTime::nseconds)
        };
        let Some(pts) = running(buffer.pts()) else { return };
        let coded = Coded {
            pts,
            dts: running(buffer.dts()).unwrap_or(pts),
            duration: buffer.duration().map_or(SLOT_NS, gst::ClockTime::nseconds),
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            buffer,
        };
        self.publish(&coded, &CodedFormat { caps });
    }
}
