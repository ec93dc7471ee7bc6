//! Notices a picture that is black while frames keep coming, as a computer's is that HDCP protects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ketang_hal::picture::Size;
use ketang_hal::time::FRAMES_PER_SECOND;

use crate::lane::{FrameKind, Lane};

/// Black for this many seconds is no fade between slides.
const SECONDS: u32 = 3;
/// Luma up to this is black; limited range begins at 16.
const BLACK: u8 = 20;
/// Every so many bytes of the luma plane are looked at: some 2000 of a full picture.
const STRIDE: usize = 1009;

#[derive(Debug, Default)]
pub(crate) struct BlackWatch {
    seconds: AtomicU32,
}

impl BlackWatch {
    pub(crate) fn watch(lane: &Lane, size: Size) -> Arc<Self> {
        let watch = Arc::new(Self::default());
        let seen = Arc::downgrade(&watch);
        lane.subscribe(Box::new(move |frame| {
            let Some(watch) = seen.upgrade() else { return false };
            if frame.kind == FrameKind::Slate {
                watch.seconds.store(0, Ordering::Relaxed);
            } else if frame.slot.0 % FRAMES_PER_SECOND == 0 {
                let black = frame.look(size, |luma, _| luma.iter().step_by(STRIDE).all(|&value| value <= BLACK));
                let seconds = watch.seconds.load(Ordering::Relaxed);
                watch.seconds.store(if black == Some(true) { seconds.saturating_add(1) } else { 0 }, Ordering::Relaxed);
            }
            true
        }));
        watch
    }

    pub(crate) fn is_black(&self) -> bool {
        self.seconds.load(Ordering::Relaxed) >= SECONDS
    }
}
