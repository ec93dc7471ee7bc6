//! Recordings for the tests of sound, where they are at hand. Nothing in the host uses this.

use std::path::{Path, PathBuf};

/// Where the recordings for tests are: `shared/media/audio` beside the project or above it.
fn folder() -> Option<PathBuf> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/media/audio"));
    above.find(|folder| folder.is_dir())
}

/// A recording (16 kHz mono WAV) at 48 kHz; `None` where it is absent.
pub(crate) fn recording(name: &str) -> Option<Vec<f32>> {
    let bytes = std::fs::read(folder()?.join(name)).ok()?;
    let data = bytes.windows(4).position(|window| window == b"data")? + 8;
    let samples: Vec<f32> =
        bytes[data..].as_chunks::<2>().0.iter().map(|s| f32::from(i16::from_le_bytes(*s)) / 32768.0).collect();
    Some(upsample(&samples))
}

/// From 16 to 48 kHz.
fn upsample(samples: &[f32]) -> Vec<f32> {
    use rubato::audioadapter_buffers::direct::SequentialSlice;
    use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction};
    let filter = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2);
    let mut resampler = Async::<f32>::new_sinc(3.0, 1.1, &filter, 1024, 1, FixedAsync::Input).unwrap();
    let mut output = vec![0.0; samples.len() * 3 + 65536];
    let length = output.len();
    let (_, made) = resampler
        .process_all_into_buffer(
            &SequentialSlice::new(samples, 1, samples.len()).unwrap(),
            &mut SequentialSlice::new_mut(&mut output, 1, length).unwrap(),
            samples.len(),
            None,
        )
        .unwrap();
    output.truncate(made);
    output
}

/// From, to (in seconds), and whether somebody speaks.
pub(crate) type Label = (f64, f64, bool);

/// Recording `number` of those whose pauses people have labelled.
pub(crate) fn labelled_speech(number: u32) -> Option<(Vec<f32>, Vec<Label>)> {
    let samples = recording(&format!("tenvad-{number:02}.wav"))?;
    let text = std::fs::read_to_string(folder()?.join(format!("tenvad-{number:02}.scv"))).ok()?;
    let fields: Vec<f64> = text.trim().split(',').skip(1).filter_map(|field| field.parse().ok()).collect();
    let labels = fields.chunks_exact(3).map(|label| (label[0], label[1], label[2] > 0.5)).collect();
    Some((samples, labels))
}
