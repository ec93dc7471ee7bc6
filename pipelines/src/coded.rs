//! Encoded pictures and sound on their way from an encoder to whoever records or sends them.

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
