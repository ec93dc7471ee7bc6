//! A lane: one picture input, made into a steady stream of frames.
//!
//! A lane gives exactly one frame to every slot, in order, for ever: the camera's where there is one, the last one again
//! where a frame is late, a slate where the input is lost. So nothing downstream has to know about jitter, losses or
//! clocks, and frames of different inputs belong together when their slots are equal. What a lane does not do: open
//! sources (`capture`) or mix (`programme`).

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_hal::time::{MediaTime, Slot};

use crate::cadence::{Cadence, Place};
use crate::clock::MediaClock;

/// A lane without a frame for this long shows its slate; DESIGN.md §4 allows 0.5 s.
const LOST_AFTER_NS: u64 = 400_000_000;
/// How much later than usual a frame may come before the last one is shown again. It costs nothing while frames come, and a
/// busy machine hands them over late now and then.
const GRACE_NS: u64 = 200_000_000;
/// Messages on their way to the lane: a second of frames. What is beyond is let go, not piled up.
const INBOX: usize = 25;

/// One frame of the grid, NV12 at the studio's size.
#[derive(Clone, Debug)]
pub struct Frame {
    pub slot: Slot,
    pub(crate) buffer: gst::Buffer,
    /// When the camera took it; the slot's start where it is a repeat or a slate.
    pub captured: MediaTime,
    pub kind: FrameKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// The camera's own.
    Fresh,
    /// The one before again, because the camera's is late.
    Repeat,
    /// The input is lost.
    Slate,
}

impl Frame {
    /// Whether the camera itself delivered this frame.
    pub fn is_fresh(&self) -> bool {
        self.kind == FrameKind::Fresh
    }

    /// Lets `look` see the luma plane (rows of `size.width` bytes), then the chroma plane.
    pub fn look<T>(&self, size: Size, look: impl FnOnce(&[u8], &[u8]) -> T) -> Option<T> {
        let map = self.buffer.map_readable().ok()?;
        let (luma, chroma) = map.split_at_checked((size.width * size.height) as usize)?;
        Some(look(luma, chroma))
    }
}

/// Takes frames on the lane's thread; it must return at once. `false` ends the subscription.
pub type FrameSink = Box<dyn FnMut(&Frame) -> bool + Send>;

/// What a lane tells of its input.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneEvent {
    /// Its slate is shown; told again when the reason becomes another.
    Lost {
        role: PictureRole,
        at: Slot,
        why: String,
    },
    Back {
        role: PictureRole,
        at: Slot,
    },
}

enum Message {
    Arrived { buffer: gst::Buffer, pts: MediaTime },
    Lost { why: String },
    Subscribe(FrameSink),
}

/// The way in for the capture of this lane.
#[derive(Clone)]
pub(crate) struct LaneEntry {
    messages: SyncSender<Message>,
}

impl LaneEntry {
    /// Hands over a frame that was taken at `pts`. Never waits: a lane that is a second behind does without it and shows the
    /// one before again.
    pub(crate) fn arrived(&self, buffer: gst::Buffer, pts: MediaTime) {
        // The lane outlives its entries only during shutdown, when a frame more does not matter.
        let _ = self.messages.try_send(Message::Arrived { buffer, pts });
    }

    /// Says that the source failed; the slate is shown at once.
    pub(crate) fn lost(&self, why: impl Into<String>) {
        let _ = self.messages.send(Message::Lost { why: why.into() });
    }
}

pub(crate) struct Lane {
    entry: LaneEntry,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Starts a lane that shows `slate` until its first frame.
    pub(crate) fn open(
        role: PictureRole,
        clock: MediaClock,
        slate: gst::Buffer,
        events: impl Fn(LaneEvent) + Send + 'static,
    ) -> Self {
        let (messages, inbox) = mpsc::sync_channel(INBOX);
        let state = State::new(role, clock.now().slot(), slate);
        let thread = std::thread::Builder::new()
            .name(format!("lane {role}"))
            .spawn(move || state.run(&clock, &inbox, &events))
            .expect("the system can start a thread");
        Self { entry: LaneEntry { messages }, thread: Some(thread) }
    }

    pub(crate) fn entry(&self) -> LaneEntry {
        self.entry.clone()
    }

    pub(crate) fn subscribe(&self, sink: FrameSink) {
        let _ = self.entry.messages.send(Message::Subscribe(sink));
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // The thread ends when the last sender is gone; captures are closed before their lanes.
        let (nowhere, _) = mpsc::sync_channel(0);
        self.entry.messages = nowhere;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where the input stands.
enum Input {
    /// Frames come.
    Live { last: gst::Buffer, arrived: MediaTime },
    /// Nothing comes; the slate is shown.
    Lost,
}

struct State {
    role: PictureRole,
    /// The first slot that has no frame yet.
    next: Slot,
    cadence: Cadence,
    input: Input,
    /// What was told of the loss that lasts.
    told: Option<String>,
    /// How long frames usually take from being taken to arriving here.
    delay_ns: u64,
    slate: gst::Buffer,
    sinks: Vec<FrameSink>,
}

impl State {
    fn new(role: PictureRole, next: Slot, slate: gst::Buffer) -> Self {
        Self {
            role,
            next,
            cadence: Cadence::default(),
            input: Input::Lost,
            told: None,
            delay_ns: 0,
            slate,
            sinks: Vec::new(),
        }
    }

    fn run(mut self, clock: &MediaClock, inbox: &Receiver<Message>, events: &dyn Fn(LaneEvent)) {
        loop {
            let wait = self.overdue_at().saturating_sub(clock.now().0);
            match inbox.recv_timeout(Duration::from_nanos(wait)) {
                Ok(Message::Arrived { buffer, pts }) => self.arrived(buffer, pts, clock.now(), events),
                Ok(Message::Lost { why }) => self.lose(why, events),
                Ok(Message::Subscribe(sink)) => self.sinks.push(sink),
                Err(RecvTimeoutError::Timeout) => self.overdue(clock.now(), events),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// When the next slot is filled without a camera's frame.
    fn overdue_at(&self) -> u64 {
        match self.input {
            Input::Live { .. } => self.cadence.expected(self.next) + self.delay_ns + GRACE_NS,
            Input::Lost => self.next.start().0,
        }
    }

    fn arrived(&mut self, buffer: gst::Buffer, pts: MediaTime, now: MediaTime, events: &dyn Fn(LaneEvent)) {
        let was_lost = matches!(self.input, Input::Lost);
        if was_lost {
            self.cadence = Cadence::default();
        }
        let delay = now.0.saturating_sub(pts.0);
        // Follows a longer delay at once and forgets it slowly, as jitter demands.
        self.delay_ns = delay.max(self.delay_ns - self.delay_ns / 256);
        let place = self.cadence.place(pts);
        if let Place::Slot(slot) = place
            && slot >= self.next
        {
            while self.next < slot {
                self.repeat();
            }
            self.emit(buffer.clone(), pts, FrameKind::Fresh);
        }
        self.input = Input::Live { last: buffer, arrived: now };
        if was_lost {
            self.told = None;
            events(LaneEvent::Back { role: self.role, at: self.next });
        }
    }

    fn overdue(&mut self, now: MediaTime, events: &dyn Fn(LaneEvent)) {
        if let Input::Live { arrived, .. } = &self.input
            && now.0.saturating_sub(arrived.0) >= LOST_AFTER_NS
        {
            self.lose("no frame arrived for 0.4 s".to_owned(), events);
        }
        self.repeat();
    }

    /// Shows the slate. Told once for each reason, also of an input that never lived.
    fn lose(&mut self, why: String, events: &dyn Fn(LaneEvent)) {
        self.input = Input::Lost;
        self.delay_ns = 0;
        if self.told.as_ref() != Some(&why) {
            self.told = Some(why.clone());
            events(LaneEvent::Lost { role: self.role, at: self.next, why });
        }
    }

    /// Fills the next slot with what there is.
    fn repeat(&mut self) {
        let (buffer, kind) = match &self.input {
            Input::Live { last, .. } => (last.clone(), FrameKind::Repeat),
            Input::Lost => (self.slate.clone(), FrameKind::Slate),
        };
        self.emit(buffer, self.next.start(), kind);
    }

    fn emit(&mut self, buffer: gst::Buffer, captured: MediaTime, kind: FrameKind) {
        let frame = Frame { slot: self.next, buffer, captured, kind };
        self.next = self.next.next();
        self.sinks.retain_mut(|sink| sink(&frame));
    }
}
