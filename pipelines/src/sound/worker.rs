//! A thread whose end is waited for, but not for ever.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::MediaError;

/// A thread that was told to end has ended by then, or hangs in a driver and is given up.
const JOIN_LIMIT: Duration = Duration::from_secs(3);

pub(super) struct Worker {
    name: String,
    handle: Option<JoinHandle<()>>,
    /// Closed when the thread ends, however it ends.
    ended: Mutex<Receiver<()>>,
}

impl Worker {
    pub(super) fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<Self, MediaError> {
        let (alive, ended) = channel();
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                work();
                drop::<std::sync::mpsc::Sender<()>>(alive);
            })
            .map_err(|error| MediaError::Graph { graph: name.to_owned(), why: error.to_string() })?;
        Ok(Self { name: name.to_owned(), handle: Some(handle), ended: Mutex::new(ended) })
    }

    /// Waits for the end of a thread that was told to end.
    pub(super) fn join(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(JOIN_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::error!(thread = self.name, "does not end and is left behind");
        } else if handle.join().is_err() {
            tracing::error!(thread = self.name, "panicked");
        }
    }
}
