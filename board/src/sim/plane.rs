//! One plane of a sprite, packed: what is not there takes no memory, and only edges are mixed with what is under them.

use super::area::Area;

/// What becomes of each byte.
pub(super) type Bytes = [u8; 256];

/// A run of pixels of one row that is either solid or mixed.
pub(super) struct Run {
    pub(super) start: u16,
    pub(super) length: u16,
    /// Where its bytes begin among the plane's.
    bytes: u32,
    /// Where its opacities begin; a solid run has none.
    alphas: Option<u32>,
}

/// One plane of a sprite, without the pixels that are not there.
pub(super) struct Plane {
    channels: usize,
    width: usize,
    runs: Vec<Run>,
    /// Where each row's runs begin; one more than there are rows.
    rows: Vec<u32>,
    bytes: Vec<u8>,
    /// The opacity of each byte of a mixed run.
    alphas: Vec<u8>,
}

impl Plane {
    /// Packs a plane of `width` pixels a row.
    pub(super) fn new(values: &[u8], alpha: &[u8], width: usize) -> Plane {
        let channels = values.len() / alpha.len().max(1);
        let mut plane =
            Plane { channels, width, runs: Vec::new(), rows: vec![0], bytes: Vec::new(), alphas: Vec::new() };
        for (row, line) in alpha.chunks_exact(width).enumerate() {
            let mut x = 0;
            while x < width {
                let kind = |a: u8| (a > 0, a == 255);
                let length = line[x..].iter().take_while(|&&a| kind(a) == kind(line[x])).count();
                if line[x] > 0 {
                    let alphas = (line[x] < 255).then_some(plane.alphas.len() as u32);
                    let bytes = plane.bytes.len() as u32;
                    plane.runs.push(Run { start: x as u16, length: length as u16, bytes, alphas });
                    let from = (row * width + x) * channels;
                    plane.bytes.extend_from_slice(&values[from..from + length * channels]);
                    if alphas.is_some() {
                        plane.alphas.extend(line[x..x + length].iter().flat_map(|&a| std::iter::repeat_n(a, channels)));
                    }
                }
                x += length;
            }
            plane.rows.push(plane.runs.len() as u32);
        }
        // It is kept long.
        plane.runs.shrink_to_fit();
        plane.rows.shrink_to_fit();
        plane.bytes.shrink_to_fit();
        plane.alphas.shrink_to_fit();
        plane
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.rows.len() - 1
    }

    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.alphas.len() + size_of_val(&self.runs[..]) + size_of_val(&self.rows[..])
    }

    pub(super) fn runs_of(&self, row: usize) -> &[Run] {
        &self.runs[self.rows[row] as usize..self.rows[row + 1] as usize]
    }

    /// A run's values, and its opacities if it is not solid.
    pub(super) fn bytes_of(&self, run: &Run) -> (&[u8], Option<&[u8]>) {
        let length = usize::from(run.length) * self.channels;
        let alphas = run.alphas.map(|at| &self.alphas[at as usize..][..length]);
        (&self.bytes[run.bytes as usize..][..length], alphas)
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Lays the plane over another of `stride` bytes a row, its corner at (`left`, `top`), all in this plane's pixels.
    pub(super) fn lay(
        &self,
        (left, top): (i32, i32),
        clip: Area,
        tone: Option<[&Bytes; 2]>,
        target: &mut [u8],
        stride: usize,
    ) {
        for row in (clip.top - top).max(0)..(self.height() as i32).min(clip.bottom - top) {
            let line = &mut target[(top + row) as usize * stride..];
            for run in self.runs_of(row as usize) {
                let begin = left + i32::from(run.start);
                let (from, to) = (begin.max(clip.left), (begin + i32::from(run.length)).min(clip.right));
                if from >= to {
                    continue;
                }
                let (skipped, length) = ((from - begin) as usize * self.channels, (to - from) as usize * self.channels);
                let target = &mut line[from as usize * self.channels..][..length];
                let (bytes, alphas) = self.bytes_of(run);
                let (bytes, alphas) = (&bytes[skipped..][..length], alphas.map(|alphas| &alphas[skipped..][..length]));
                match (alphas, tone) {
                    (None, None) => target.copy_from_slice(bytes),
                    (None, Some([tone, _])) if self.channels == 1 => {
                        target.iter_mut().zip(bytes).for_each(|(target, &byte)| *target = tone[byte as usize]);
                    }
                    (None, Some([blue, red])) => {
                        for (target, pair) in target.chunks_exact_mut(2).zip(bytes.chunks_exact(2)) {
                            target.copy_from_slice(&[blue[pair[0] as usize], red[pair[1] as usize]]);
                        }
                    }
                    (Some(alphas), None) => {
                        let all = target.iter_mut().zip(bytes).zip(alphas);
                        all.for_each(|((under, &over), &alpha)| *under = mix(*under, over, alpha));
                    }
                    (Some(alphas), Some(tone)) => {
                        let all = target.iter_mut().zip(bytes).zip(alphas).enumerate();
                        all.for_each(|(at, ((under, &over), &alpha))| {
                            *under = mix(*under, tone[at % self.channels][over as usize], alpha);
                        });
                    }
                }
            }
        }
    }
}

fn mix(under: u8, over: u8, alpha: u8) -> u8 {
    let (under, over, alpha) = (u32::from(under), u32::from(over), u32::from(alpha));
    (((under * (255 - alpha) + over * alpha + 127) * 257) >> 16) as u8
}
