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

/// Why a stream may not be recorded as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// More must be seen of it.
    NotYet(&'static str),
    /// As long as it is as it is.
    Never(&'static str),
}

#[derive(Default)]
struct State {
    format: Option<CodedFormat>,
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
        let is_other = state.format.as_ref().is_none_or(|before| !before.decodes_like(format));
        let follows = state.window.back().is_none_or(|last| coded.pts.saturating_sub(last.pts) < STALE_NS);
        if is_other || !follows {
            state.window.clear();
        }
        state.format = Some(format.clone());
        state.window.push_back(Seen { pts: coded.pts, bytes: coded.len() as u64, key: coded.key });
        while state.window.front().is_some_and(|first| coded.pts.saturating_sub(first.pts) > WINDOW_NS) {
            state.window.pop_front();
        }
    }

    /// Size of its pictures; `None` before any came.
    pub(crate) fn size(&self) -> Option<Size> {
        let (width, height) = self.state.lock().unwrap_or_else(PoisonError::into_inner).format.as_ref()?.size()?;
        Some(Size { width: width.try_into().ok()?, height: height.try_into().ok()? })
    }

    /// Whether pictures of this form may be recorded as they come, whatever their rates are, or why not.
    pub(crate) fn form(format: &CodedFormat) -> Result<(), &'static str> {
        match format.size() {
            Some((1920, 1080) | (1280, 720)) => {}
            _ => return Err("its pictures are neither 1920×1080 nor 1280×720"),
        }
        if !format.is_progressive() {
            return Err("its pictures are interlaced");
        }
        if !format.has_square_pixels() {
            return Err("its pixels are not square");
        }
        Ok(())
    }

    /// Whether it may be recorded as it comes, or why not.
    pub(crate) fn fit(&self) -> Result<(), Unfit> {
        use Unfit::{Never, NotYet};
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(first), Some(last), Some(format)) = (state.window.front(), state.window.back(), &state.format) else {
            return Err(NotYet("the camera sends no H.264 of its own"));
        };
        if self.clock.now().0.saturating_sub(last.pts) > STALE_NS {
            return Err(NotYet("the camera's stream has stopped"));
        }
        let time = last.pts.saturating_sub(first.pts);
        if time < KEY_FRAME_EVERY_NS {
            return Err(NotYet("the stream has not been seen for long enough"));
        }
        Self::form(format).map_err(Never)?;
        let frames = state.window.len() as u64 - 1;
        if (frames * 1_000_000_000).abs_diff(time * 25) > time {
            return Err(Never("it does not have 25 frames a second"));
        }
        let bytes: u64 = state.window.iter().map(|seen| seen.bytes).sum();
        if bytes * 8 * 1_000_000 / time < FLOOR_KBIT_S {
            return Err(Never("its rate is below 1024 kbit/s"));
        }
        let keys: Vec<_> = state.window.iter().filter(|seen| seen.key).map(|seen| seen.pts).collect();
        let longest = keys.windows(2).map(|pair| pair[1] - pair[0]).max();
        if longest.is_none_or(|longest| longest > KEY_FRAME_EVERY_NS) {
            return Err(Never("its key frames are more than 4 s apart"));
        }
        Ok(())
    }
}
