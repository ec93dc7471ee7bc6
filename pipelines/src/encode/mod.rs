//! Encoding pictures to H.264 with the best encoder that this board really has.

mod h264;
mod probe;
mod rate_floor;

pub use h264::{EncoderCounts, H264Settings, Preset};
pub(crate) use h264::{H264Encoder, encoder_chain};
pub use probe::{EncoderKind, Encoders, Hardware, Software, cost, probe};
