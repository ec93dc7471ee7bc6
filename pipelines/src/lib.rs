//! GStreamer, and only here: the graphs that capture, mix, encode, record and measure.
//!
//! No GStreamer type leaves this crate; nothing in it knows what a lesson means.

mod black;
mod cadence;
pub mod capture;
pub mod chapters;
pub mod clock;
pub mod coded;
mod compose;
pub mod crop;
mod decoded;
pub mod encode;
pub mod error;
pub mod export;
pub mod finish;
pub mod glance;
mod graph;
pub mod lane;
pub mod layout;
pub mod measure;
mod movement;
mod mp4;
pub mod output;
mod own_stream;
pub mod plan;
mod pool;
pub mod priority;
pub mod programme;
pub mod push;
pub mod record;
pub mod recording;
pub mod recut;
mod slate;
pub mod sound;
pub mod studio;
mod timeline;
pub mod tracks;

pub use error::MediaError;

/// Starts GStreamer; to be called once before anything else of this crate. Calling it again does nothing.
pub fn init() -> Result<(), MediaError> {
    gst::init().map_err(|error| MediaError::Missing { what: "GStreamer".into(), why: error.to_string() })
}
