//! The panel in a browser page: a display and a touchscreen without a device. The program behind them is the very same, so
//! what works there works on the wall. It knows no screen and no command.
//!
//! ```text
//!  Display::show ──► newest picture ──► one viewer a page: what changed since its last picture, as PNG ──► canvas
//!  Touch::next  ◄── queue of touches ◄──────────────────────────────────────────────────────────── pointer events
//! ```
//!
//! Pages are served by a thread of their own. A page gets the next picture when it has drawn the one before, and then the
//! newest: one that is slow or gone holds up nobody, and sees fewer pictures rather than old ones.

mod changes;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::panel::{Display, Touch, TouchEvent};
use ketang_hal::picture::Size;
use tokio::sync::{Semaphore, watch};

/// So many touches wait at the most; ten fingers give as many in half a second.
const TOUCHES: usize = 512;

/// What pages show.
#[derive(Clone, Debug)]
struct Shown {
    /// As in [`Display::show`].
    picture: Arc<[u32]>,
    /// In percent.
    brightness: u8,
}

/// Opens the page's port. Returns where the page is, too.
pub(crate) fn open(listen: SocketAddr, size: Size) -> Result<(Screen, Fingers, SocketAddr), HalError> {
    let failed = |source| HalError::Io {
        device: listen.to_string(),
        what: "the panel's page cannot be served here, name another address",
        source,
    };
    let listener = TcpListener::bind(listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let black = vec![0; size.width as usize * size.height as usize];
    let (shown, to_show) = watch::channel(Shown { picture: black.into(), brightness: 100 });
    let (events, touched) = sync_channel(TOUCHES);
    let lost = Arc::new(AtomicBool::new(false));
    let touches = Touches { events, lost: Arc::clone(&lost) };
    let places = Arc::new(Semaphore::new(server::PAGES));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let pages = server::Pages { size, shown: to_show, touches, places: Arc::clone(&places) };
    let serve = move || runtime.block_on(server::serve(listener, pages));
    std::thread::Builder::new().name("browser".into()).spawn(serve).map_err(failed)?;
    Ok((Screen { size, shown, places }, Fingers { touched, lost }, address))
}

/// The display that is seen in pages. Dropping it sends them away and closes the port.
#[derive(Debug)]
pub(crate) struct Screen {
    size: Size,
    shown: watch::Sender<Shown>,
    places: Arc<Semaphore>,
}

impl Screen {
    /// Whether a page looks on.
    pub(crate) fn is_watched(&self) -> bool {
        self.places.available_permits() < server::PAGES
    }
}

impl Display for Screen {
    fn size(&self) -> Size {
        self.size
    }

    fn show(&mut self, picture: &[u32]) -> Result<(), HalError> {
        self.shown.send_modify(|shown| shown.picture = picture.into());
        Ok(())
    }

    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError> {
        self.shown.send_modify(|shown| shown.brightness = percent.min(100));
        Ok(())
    }
}

/// Where pages put touches.
#[derive(Clone, Debug)]
struct Touches {
    events: SyncSender<TouchEvent>,
    lost: Arc<AtomicBool>,
}

impl Touches {
    /// Never waits. When one does not fit, all are lost until those before it have been read; then that is told.
    fn put(&self, event: TouchEvent) {
        if !self.lost.load(Ordering::Acquire) && self.events.try_send(event).is_err() {
            self.lost.store(true, Ordering::Release);
        }
    }
}

/// The touchscreen of all pages together.
#[derive(Debug)]
pub(crate) struct Fingers {
    touched: Receiver<TouchEvent>,
    lost: Arc<AtomicBool>,
}

impl Touch for Fingers {
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        if let Ok(event) = self.touched.try_recv() {
            return Ok(Some(event));
        }
        if self.lost.swap(false, Ordering::AcqRel) {
            return Ok(Some(TouchEvent::Lost));
        }
        match self.touched.recv_timeout(limit) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(HalError::Absent { what: "page of the panel any more".into() }),
        }
    }
}

#[cfg(test)]
mod tests;
