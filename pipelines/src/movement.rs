//! Notices whether anything moves before a camera: an empty room stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ketang_hal::picture::Size;

use crate::lane::{FrameKind, Lane};

/// The picture is compared in fields, so many across and down.
const ACROSS: usize = 48;
const DOWN: usize = 27;
/// Every so many pixels of a field are looked at, both ways.
const STEP: usize = 8;
/// A field whose mean brightness changes by more has something moving in it; a sensor's noise averages out.
const CHANGED: u32 = 6;
/// One field alone may be a lamp or a clock.
const FIELDS: usize = 3;
/// Frames from one look to the next: half a second.
const EVERY: u64 = 12;

#[derive(Debug, Default)]
pub(crate) struct MovementWatch {
    moved: AtomicBool,
}

impl MovementWatch {
    pub(crate) fn watch(lane: &Lane, size: Size) -> Arc<Self> {
        let watch = Arc::new(Self::default());
        let seen = Arc::downgrade(&watch);
        let mut before: Option<Vec<u32>> = None;
        lane.subscribe(Box::new(move |frame| {
            let Some(watch) = seen.upgrade() else { return false };
            if frame.kind == FrameKind::Slate {
                before = None;
            } else if frame.slot.0 % EVERY == 0 {
                let now = frame.look(size, |luma, _| fields(luma, size));
                if let (Some(before), Some(now)) = (&before, &now)
                    && moved(before, now)
                {
                    watch.moved.store(true, Ordering::Relaxed);
                }
                before = now;
            }
            true
        }));
        watch
    }

    /// Whether something moved since this was asked last.
    pub(crate) fn take(&self) -> bool {
        self.moved.swap(false, Ordering::Relaxed)
    }
}

/// The mean brightness of every field.
fn fields(luma: &[u8], size: Size) -> Vec<u32> {
    let (width, height) = (size.width as usize, size.height as usize);
    let field = |number: usize| {
        let (column, row) = (number % ACROSS, number / ACROSS);
        let (mut sum, mut count) = (0, 0);
        for y in (row * height / DOWN..(row + 1) * height / DOWN).step_by(STEP) {
            for x in (column * width / ACROSS..(column + 1) * width / ACROSS).step_by(STEP) {
                sum += u32::from(luma[y * width + x]);
                count += 1;
            }
        }
        sum / count.max(1)
    };
    (0..ACROSS * DOWN).map(field).collect()
}

fn moved(before: &[u32], now: &[u32]) -> bool {
    before.iter().zip(now).filter(|(before, now)| before.abs_diff(**now) > CHANGED).count() >= FIELDS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey picture with a bright person of this width, in pixels, at `x`.
    fn picture(person: usize, x: usize, noise: u8) -> Vec<u32> {
        let size = Size::HD;
        let (width, height) = (size.width as usize, size.height as usize);
        let mut luma = vec![90; width * height];
        for (index, value) in luma.iter_mut().enumerate() {
            let inside = (x..x + person).contains(&(index % width)) && (300..500).contains(&(index / width));
            // A noise that differs from look to look, with a mean of nought.
            let noise = if (index / STEP * 7 + x).is_multiple_of(2) { noise } else { 0 };
            *value = if inside { 160 } else { 90 + noise };
        }
        fields(&luma, size)
    }

    #[test]
    fn a_person_who_moves_is_seen_and_noise_is_not() {
        assert!(moved(&picture(60, 400, 0), &picture(60, 460, 0)));
        assert!(!moved(&picture(60, 400, 0), &picture(60, 400, 0)));
        assert!(!moved(&picture(0, 400, 6), &picture(0, 401, 6)));
    }
}
