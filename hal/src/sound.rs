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

/// A control of a sound card's capture side: what a microphone passes through before any sample comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureControl {
    /// What the card calls it: `Mic`, `Capture`, `Line` …
    pub name: String,
    /// Of its range; `None` where it has no volume.
    pub percent: Option<u8>,
    /// `None` where it has no switch.
    pub on: Option<bool>,
}

impl CaptureControl {
    fn is_shut(&self) -> bool {
        self.on == Some(false) || self.percent == Some(0)
    }
}

/// The control because of which a card cannot deliver any sound. What every source passes through is called `Capture` by the
/// kernel's rules; else one source that is open is enough. An amplifier that is not used, a "boost", shuts nothing.
pub fn shut_by(controls: &[CaptureControl]) -> Option<&CaptureControl> {
    let all = controls.iter().find(|control| control.name == "Capture" && control.is_shut());
    let mut sources = controls.iter().filter(|control| control.name != "Capture" && !control.name.contains("Boost"));
    all.or_else(|| {
        let first = sources.next().filter(|control| control.is_shut())?;
        sources.all(CaptureControl::is_shut).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(name: &str, percent: Option<u8>, on: Option<bool>) -> CaptureControl {
        CaptureControl { name: name.into(), percent, on }
    }

    #[test]
    fn a_card_is_shut_by_its_capture_switch_or_by_all_its_sources() {
        let shut = |controls: &[CaptureControl]| shut_by(controls).map(|control| control.name.clone());
        assert_eq!(shut(&[]), None);
        assert_eq!(shut(&[control("Capture", Some(60), Some(true)), control("Mic Boost", Some(0), None)]), None);
        assert_eq!(
            shut(&[control("Capture", Some(60), Some(false)), control("Mic", Some(50), Some(true))]).as_deref(),
            Some("Capture")
        );
        assert_eq!(shut(&[control("Capture", Some(0), None)]).as_deref(), Some("Capture"));
        assert_eq!(shut(&[control("Mic", Some(50), Some(false)), control("Line", Some(50), Some(true))]), None);
        assert_eq!(
            shut(&[control("Mic", Some(50), Some(false)), control("Line", Some(0), Some(true))]).as_deref(),
            Some("Mic")
        );
        assert_eq!(shut(&[control("Mic", None, Some(false))]).as_deref(), Some("Mic"));
        assert_eq!(
            shut(&[control("Capture", Some(60), Some(true)), control("Mic", Some(50), Some(false))]).as_deref(),
            Some("Mic")
        );
    }
}
