//! A lower sample rate for those who only listen (speech detector, search for an echo's delay): filter, then every n-th sample.

use std::f32::consts::PI;

use ketang_hal::time::BLOCK_SAMPLES;

use super::Block;

/// Taps of the filter for each step of the decimation.
const TAPS_A_STEP: usize = 16;
/// Where the filter cuts, of the new sample rate.
const CUT: f32 = 0.45;

/// Takes every `factor`-th sample of a filtered stream of blocks; `factor` divides a block.
pub(crate) struct Decimator {
    factor: usize,
    taps: Vec<f32>,
    window: Vec<f32>,
}

impl Decimator {
    pub(crate) fn new(factor: usize) -> Self {
        debug_assert!(BLOCK_SAMPLES.is_multiple_of(factor));
        let length = TAPS_A_STEP * factor;
        let last = length as f32 - 1.0;
        let cut = CUT / factor as f32;
        let mut taps: Vec<f32> = (0..length)
            .map(|i| {
                let x = i as f32 - last / 2.0;
                (0.54 - 0.46 * (2.0 * PI * i as f32 / last).cos()) * (2.0 * PI * cut * x).sin() / (PI * x)
            })
            .collect();
        let sum: f32 = taps.iter().sum();
        taps.iter_mut().for_each(|tap| *tap /= sum);
        Self { factor, window: vec![0.0; length + BLOCK_SAMPLES], taps }
    }

    pub(crate) fn process(&mut self, block: &Block, mut each: impl FnMut(f32)) {
        let length = self.taps.len();
        self.window.copy_within(BLOCK_SAMPLES.., 0);
        self.window[length..].copy_from_slice(block);
        for end in (self.factor..=BLOCK_SAMPLES).step_by(self.factor) {
            each(dot(&self.window[end..end + length], &self.taps));
        }
    }
}

/// Sum of products; both slices are as long as each other, a multiple of eight.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums side by side, so that the compiler uses vector instructions.
    let mut sums = [0.0f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_passes_and_what_would_fold_back_does_not() {
        for (hertz, low, high) in
            [(300.0, 0.99, 1.01), (5_000.0, 0.95, 1.05), (10_500.0, 0.0, 0.01), (20_000.0, 0.0, 0.01)]
        {
            let mut decimator = Decimator::new(3);
            let mut loudest: f32 = 0.0;
            for number in 0..20 {
                let wave = |i| (2.0 * PI * hertz * (number * BLOCK_SAMPLES + i) as f32 / 48_000.0).sin();
                decimator.process(&std::array::from_fn(wave), |sample| {
                    loudest = if number > 1 { loudest.max(sample.abs()) } else { loudest };
                });
            }
            assert!((low..high).contains(&loudest), "{hertz} Hz passes as {loudest}");
        }
    }
}
