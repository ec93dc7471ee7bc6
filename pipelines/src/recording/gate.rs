//! The gate before a track's encoder: it lets through the frames that belong to the recording, and is where another encoder takes
//! over. A lane gives every slot once, so the slots before belong to the one encoder and those after to the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Message, Shared};
use crate::encode::H264Encoder;
use crate::lane::{FrameKind, FrameSink};
use crate::tracks::TrackName;

/// What the gate and the recording share of a track. The gate closes for good when the recording lets go of it.
///
/// The lock guards one plain value and is held for no call.
#[derive(Default)]
pub(super) struct WayIn {
    next: Mutex<Option<(u32, Arc<H264Encoder>)>>,
    /// A frame beyond the recording's end was seen: no more are let through.
    complete: AtomicBool,
    /// Slots of the recording to which the input gave no frame of its own, though it lives.
    repeated: AtomicU64,
}

impl WayIn {
    /// From its next frame on the gate gives its frames to this encoder, which is the maker `number`.
    pub(super) fn hand_over_to(&self, number: u32, encoder: Arc<H264Encoder>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, encoder));
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    pub(super) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    fn take_next(&self) -> Option<(u32, Arc<H264Encoder>)> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Takes a lane's frames, on its thread. Each stretch of the recording, and each encoder, begins with a key frame.
pub(super) fn open(way_in: &Arc<WayIn>, shared: Arc<Shared>, messages: Sender<Message>, name: TrackName) -> FrameSink {
    let way_in = Arc::downgrade(way_in);
    let mut encoder: Option<(Weak<H264Encoder>, FrameSink)> = None;
    let mut stretch = 0;
    Box::new(move |frame| {
        let Some(way_in) = way_in.upgrade() else { return false };
        if let Some((number, next)) = way_in.take_next() {
            encoder = Some((Arc::downgrade(&next), next.sink()));
            // Told before the encoder has its first frame, so that it is known before the first encoded one comes.
            if messages.send(Message::TookOver(name, number)).is_err() {
                return false;
            }
        }
        let Some(placed) = shared.place(frame.slot.start()) else {
            if shared.end().is_some_and(|end| frame.slot >= end) {
                way_in.complete.store(true, Ordering::Release);
            }
            return true;
        };
        if placed.stretch != stretch {
            stretch = placed.stretch;
            way_in.complete.store(false, Ordering::Release);
            if let Some(encoder) = encoder.as_ref().and_then(|(encoder, _)| encoder.upgrade()) {
                encoder.force_key_frame();
            }
        }
        if frame.kind == FrameKind::Repeat {
            way_in.repeated.fetch_add(1, Ordering::Relaxed);
        }
        if let Some((_, into)) = &mut encoder {
            // One that takes no more has failed, which its own graph tells.
            into(frame);
        }
        true
    })
}
