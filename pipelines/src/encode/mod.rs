//! Encoding pictures to H.264 with the best encoder that this board really has.

mod h264;
mod probe;
mod rate_floor;

pub(crate) use h264::H264Encoder;
pub use h264::{EncoderCounts, H264Settings};
pub use probe::{EncoderKind, EncoderSpeed, cost, probe};
