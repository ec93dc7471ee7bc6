//! Judges the H.264 that a network camera encodes itself: may it be recorded as it comes (HB-3)?

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ketang_hal::picture::Size;

use crate::clock::MediaClock;
use crate::coded::{Coded, CodedBus, CodedFormat};

/// The judgement rests on this much of the stream, in nanoseconds.
const WINDOW_NS: u64 = 6_000_000_000;
/// A stream that has been silent for longer is gone.
const STALE_NS: u64 = 1_000_000_000;
/// HB-3's floor, in kbit/s.
const FLOOR_KBIT_S: u64 = 1024;
/// Seeking in a recording jumps to key frames; players want them at least this often.
const KEY_FRAME_EVERY_NS: u64 = 4_000_000_000;

struct Seen {
    pts: u64,
    bytes: u64,
    key: bool,
}

#[derive(Default)]
struct State {
    size: Option<(i32, i32)>,
    window: VecDeque<Seen>,
}

pub(crate) struct OwnStream {
    state: Mutex<State>,
    clock: MediaClock,
}

impl OwnStream {
    pub(crate) fn watch(coded: &CodedBus, clock: &MediaClock) -> Arc<Self> {
        let watch = Arc::new(Self { state: Mutex::default(), clock: clock.clone() });
        let seen = Arc::downgrade(&watch);
        coded.subscribe(Box::new(move |coded, format| {
            let Some(watch) = seen.upgrade() else { return false };
            watch.take(coded, format);
            true
        }));
        watch
    }

    fn take(&self, coded: &Coded, format: &CodedFormat) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.size = format.size();
        state.window.push_back(Seen { pts: coded.pts, bytes: coded.len() as u64, key: coded.key });
        while state.window.front().is_some_and(|first| coded.pts.saturating_sub(first.pts) > WINDOW_NS) {
            state.window.pop_front();
        }
    }

    /// Size of its pictures; `None` before any came.
    pub(crate) fn size(&self) -> Option<Size> {
        let (width, height) = self.state.lock().unwrap_or_else(PoisonError::into_inner).size?;
        Some(Size { width: width.try_into().ok()?, height: height.try_into().ok()? })
    }

    /// Whether it may be recorded as it comes, or why not.
    pub(crate) fn fit(&self) -> Result<(), &'static str> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(first), Some(last)) = (state.window.front(), state.window.back()) else {
            return Err("the camera sends no H.264 of its own");
        };
        if self.clock.now().0.saturating_sub(last.pts) > STALE_NS {
            return Err("the camera's stream has stopped");
        }
        let time = last.pts.saturating_sub(first.pts);
        if time < KEY_FRAME_EVERY_NS {
            return Err("the stream has not been seen for long enough");
        }
        if !matches!(state.size, Some((1920, 1080) | (1280, 720))) {
            return Err("its pictures are neither 1920×1080 nor 1280×720");
        }
        let frames = state.window.len() as u64 - 1;
        if (frames * 1_000_000_000).abs_diff(time * 25) > time {
            return Err("it does not have 25 frames a second");
        }
        let bytes: u64 = state.window.iter().map(|seen| seen.bytes).sum();
        if bytes * 8 * 1_000_000 / time < FLOOR_KBIT_S {
            return Err("its rate is below 1024 kbit/s");
        }
        let keys: Vec<_> = state.window.iter().filter(|seen| seen.key).map(|seen| seen.pts).collect();
        let longest = keys.windows(2).map(|pair| pair[1] - pair[0]).max();
        if longest.is_none_or(|longest| longest > KEY_FRAME_EVERY_NS) {
            return Err("its key frames are more than 4 s apart");
        }
        Ok(())
    }
}
