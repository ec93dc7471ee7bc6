//! Capture: brings the frames of one source into one lane, and begins again for ever when the source fails.
//!
//! ```text
//!  v4l2src ─ decode? ─ convert ─┐
//!  rtspsrc ─ parse ─ decode ────┼─► NV12 at the studio's size ─► lane
//!  file, painter, pattern ──────┘
//! ```

mod file;
mod live;
mod painter;
mod rtsp;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use ketang_hal::picture::{PictureSource, Size};
use ketang_hal::role::PictureRole;

use crate::MediaError;
use crate::clock::MediaClock;
use crate::coded::CodedBus;
use crate::lane::LaneEntry;

/// A source that failed is opened again after this long; DESIGN.md §4 wants it back within 5 s of its return.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often a running graph looks at its orders.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Opens the source anew: called before the first try and after each loss.
pub type OpenPicture = Box<dyn FnMut() -> Result<PictureSource, String> + Send>;

/// What a capture needs to know.
pub(crate) struct CaptureSettings {
    pub(crate) role: PictureRole,
    pub(crate) size: Size,
    pub(crate) clock: MediaClock,
    pub(crate) entry: LaneEntry,
    /// Where a camera that encodes by itself offers its stream.
    pub(crate) coded: CodedBus,
}

enum Order {
    /// The signal changed: open the source anew.
    Reopen,
    /// A device came: if the source is not open, try now.
    TryNow,
}

/// A running capture; dropping it closes the source.
pub(crate) struct Capture {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    pub(crate) fn open(settings: CaptureSettings, open: OpenPicture) -> Self {
        let (orders, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name(format!("capture {}", settings.role))
            .spawn(move || run(&settings, open, &inbox))
            .expect("the system can start a thread");
        Self { orders: Some(orders), thread: Some(thread) }
    }

    /// Opens the source anew, because its signal changed.
    pub(crate) fn reopen(&self) {
        self.order(Order::Reopen);
    }

    /// Tries at once to open the source, if it is not open, because a device came.
    pub(crate) fn try_now(&self) {
        self.order(Order::TryNow);
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why one try ended without an error.
enum Stopped {
    Closed,
    Reopen,
}

fn run(settings: &CaptureSettings, mut open: OpenPicture, inbox: &Receiver<Order>) {
    loop {
        let why = match open().map_err(MediaError::Invalid).and_then(|source| capture_once(settings, source, inbox)) {
            Ok(Stopped::Closed) => return,
            Ok(Stopped::Reopen) => {
                settings.entry.lost("it is opened anew");
                continue;
            }
            Err(error) => error.to_string(),
        };
        tracing::debug!(input = %settings.role, why, "capture ended; trying again");
        settings.entry.lost(why);
        match inbox.recv_timeout(RETRY_AFTER) {
            Ok(Order::Reopen | Order::TryNow) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn capture_once(
    settings: &CaptureSettings,
    source: PictureSource,
    inbox: &Receiver<Order>,
) -> Result<Stopped, MediaError> {
    match source {
        PictureSource::V4l2 { device, format, size, fps } => {
            live::v4l2(settings, &live::V4l2 { device, format, size, fps }, inbox)
        }
        PictureSource::Pattern => live::pattern(settings, inbox),
        PictureSource::Rtsp { url, user, password } => {
            rtsp::run(settings, &rtsp::Camera { url, user, password }, inbox)
        }
        PictureSource::File { path } => file::run(settings, &path, inbox),
        PictureSource::Drawn(painter) => painter::run(settings, painter, inbox),
    }
}

/// Looks whether an open source is to be closed, waiting for `limit`.
fn ordered(inbox: &Receiver<Order>, limit: Duration) -> Option<Stopped> {
    loop {
        match inbox.recv_timeout(limit) {
            Ok(Order::Reopen) => return Some(Stopped::Reopen),
            // It is open; waiting anew is a little longer, once.
            Ok(Order::TryNow) => {}
            Err(RecvTimeoutError::Disconnected) => return Some(Stopped::Closed),
            Err(RecvTimeoutError::Timeout) => return None,
        }
    }
}
