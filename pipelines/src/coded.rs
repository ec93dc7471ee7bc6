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

/// What a stream of [`Coded`] is made of.
#[derive(Clone, Debug)]
pub struct CodedFormat {
    /// `video/x-h264,stream-format=avc,alignment=au,codec_data=…` or `audio/mpeg,mpegversion=4,stream-format=raw,codec_data=…`.
    pub(crate) caps: gst::Caps,
}
