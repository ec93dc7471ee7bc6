//! GStreamer, and only here: the graphs that capture, mix, encode, record and measure.
//!
//! No GStreamer type leaves this crate; nothing in it knows what a lesson means.

pub mod clock;
pub mod coded;
pub mod error;
pub mod export;
pub mod finish;
pub mod measure;
mod mp4;
pub mod record;
pub mod sound;

pub use error::MediaError;

/// Starts GStreamer; to be called once before anything else of this crate. Calling it again does nothing.
pub fn init() -> Result<(), MediaError> {
    gst::init().map_err(|error| MediaError::Missing { what: "GStreamer".into(), why: error.to_string() })
}
