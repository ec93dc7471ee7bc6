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

impl Coded {
    /// An access unit (AVC, lengths of 4 bytes) or a raw AAC frame that comes from elsewhere than a graph of this crate. Times in ns.
    pub fn new(bytes: Vec<u8>, pts: u64, dts: u64, duration: u64, key: bool) -> Self {
        Self { buffer: gst::Buffer::from_mut_slice(bytes), pts, dts, duration, key }
    }

    /// The same frame on another time line, where it is shown at `pts`.
    pub(crate) fn on_lesson_time(self, pts: u64) -> Self {
        let dts = (pts + self.dts).saturating_sub(self.pts);
        Self { pts, dts, ..self }
    }

    /// Size in bytes.
    pub fn len(&self) -> usize {
        self.buffer.size()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When it is no longer shown, in nanoseconds.
    pub(crate) fn end(&self) -> u64 {
        self.pts.saturating_add(self.duration)
    }
}

/// What a stream of [`Coded`] is made of.
#[derive(Clone, Debug)]
pub struct CodedFormat {
    /// `video/x-h264,stream-format=avc,alignment=au,codec_data=…` or `audio/mpeg,mpegversion=4,stream-format=raw,codec_data=…`.
    pub(crate) caps: gst::Caps,
}

impl CodedFormat {
    /// Width and height of pictures.
    pub(crate) fn size(&self) -> Option<(i32, i32)> {
        let structure = self.caps.structure(0)?;
        Some((structure.get("width").ok()?, structure.get("height").ok()?))
    }

    /// Whether whole pictures of square pixels are coded, as HB-1 and HB-3 ask.
    pub(crate) fn is_progressive(&self) -> bool {
        let mode = self.caps.structure(0).and_then(|caps| caps.get::<String>("interlace-mode").ok());
        mode.is_none_or(|mode| mode == "progressive")
    }

    pub(crate) fn has_square_pixels(&self) -> bool {
        let aspect = self.caps.structure(0).and_then(|caps| caps.get::<gst::Fraction>("pixel-aspect-ratio").ok());
        aspect.is_none_or(|aspect| aspect.numer() == aspect.denom())
    }

    /// Whether a decoder that was set up for this one can go on with `other`.
    pub(crate) fn decodes_like(&self, other: &Self) -> bool {
        let setup = |format: &Self| {
            let data = format.caps.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
            Some(data.map_readable().ok()?.to_vec())
        };
        self.caps == other.caps || setup(self) == setup(other)
    }

    /// H.264 pictures; `avcc` is the AVCDecoderConfigurationRecord.
    pub fn avc(width: u16, height: u16, avcc: &[u8]) -> Self {
        let caps = gst::Caps::builder("video/x-h264")
            .field("stream-format", "avc")
            .field("alignment", "au")
            .field("width", i32::from(width))
            .field("height", i32::from(height))
            .field("codec_data", gst::Buffer::from_slice(avcc.to_vec()))
            .build();
        Self { caps }
    }

    /// AAC sound; `config` is the AudioSpecificConfig.
    pub fn aac(rate: u32, channels: u8, config: &[u8]) -> Self {
        let caps = gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4)
            .field("stream-format", "raw")
            .field("rate", rate as i32)
            .field("channels", i32::from(channels))
            .field("codec_data", gst::Buffer::from_slice(config.to_vec()))
            .build();
        Self { caps }
    }
}

/// In which order the frames of a stream come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameOrder {
    /// As they are shown: there are no B-frames.
    AsShown,
    /// As their decoding times say.
    AsSent,
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

    /// Publishes what an `appsink` gave; its running time becomes the time stamp. Where frames are known to come in the order in
    /// which they are shown, what their maker says of decoding times is not believed: some make them up.
    pub(crate) fn publish_sample(&self, sample: &gst::Sample, order: FrameOrder) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else { return };
        let running = |time: Option<gst::ClockTime>| {
            let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
            segment.to_running_time(time).map(gst::ClockTime::nseconds)
        };
        let Some(pts) = running(buffer.pts()) else { return };
        let coded = Coded {
            pts,
            dts: running(buffer.dts()).filter(|_| order == FrameOrder::AsSent).unwrap_or(pts),
            duration: buffer.duration().map_or(SLOT_NS, gst::ClockTime::nseconds),
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            buffer,
        };
        self.publish(&coded, &CodedFormat { caps });
    }
}
