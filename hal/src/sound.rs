//! Sound: where it comes from.

use crate::time::BLOCK_SAMPLES;
use std::path::PathBuf;

/// Whether a voice delivered samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Samples,
    /// The microphone is unplugged: nothing arrives.
    Nothing,
}

/// A source of sound that is made by a program: one microphone of the simulated room.
pub trait Voice: Send {
    /// Writes block `number` (10 ms of mono at 48 kHz, −1..1, counted from the opening of the studio).
    fn fill(&mut self, number: u64, block: &mut [f32; BLOCK_SAMPLES]) -> Heard;

    /// How fast this card's clock runs against the host's, in parts per million.
    fn clock_error_ppm(&self) -> f64 {
        0.0
    }
}

/// A place where sound comes from, opened and probed by the board, ready to be put into a graph.
pub enum SoundSource {
    Alsa {
        /// The ALSA name, such as `hw:1,0`.
        device: String,
        rate: u32,
        channels: u32,
    },
    /// Plays a file again and again in real time.
    File {
        path: PathBuf,
    },
    Made(Box<dyn Voice>),
    /// A tone of 440 Hz.
    Tone,
}
