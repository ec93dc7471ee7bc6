//! Sound.
use ketang_hal::time::BLOCK_SAMPLES;
pub(crate) type Block = [f32; BLOCK_SAMPLES];
mod decimate;
mod drift;
mod levels;
mod loudness;
mod echo;
mod echo_delay;
mod process;
#[cfg(test)]
mod testing;
