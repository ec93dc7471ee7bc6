//! The programme on its way to servers, by RTMP: coded once, whoever takes it, and sent by one small graph a server.
//!
//! ```text
//!  recording's programme, coded ─┐ while one is made              ┌─► sender ─► appsrc ─┐
//!  encoder of its own ───────────┼─► feed: which of them goes out ┤             appsrc ─┴─► flvmux ─► rtmp2sink
//!  sound desk: mixed, AAC ───────┘                                └─► sender ─► …
//! ```
//!
//! A recording makes the programme's frames for its file; the same go out. Where none is made, in a pause and without a lesson, an
//! encoder of its own makes them. Nothing here is waited for by anybody: a sender that cannot follow lets go of whole groups of
//! frames, up to the next key frame.
//!
//! `feed` what is sent · `sender` one server: tries for ever · `outgoing` its graph · `backlog` what is let go · `fault` why it fails

mod backlog;
mod fault;
mod feed;
mod outgoing;
mod sender;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender, SyncSender};
use std::sync::{Arc, mpsc::Receiver};
use std::thread::JoinHandle;

use crate::MediaError;
use crate::coded::{Coded, CodedFormat};
use crate::encode::{EncoderKind, H264Settings};
use crate::sound::SoundDesk;
use crate::studio::Studio;
pub use fault::PushFault;
use feed::{Feed, Maker, Message};
use sender::PushSender;

/// What may wait for a sender that is being taken down or built anew: 8 s of pictures and sound.
const WAITING: usize = 600;

/// A server, and what it knows the programme by.
#[derive(Clone, PartialEq, Eq)]
pub struct PushTarget {
    /// Of the thread, for logs.
    pub name: String,
    /// `rtmps` rather than `rtmp`.
    pub tls: bool,
    pub host: String,
    pub port: u16,
    /// What stands between the port and the key in the address.
    pub application: String,
    /// The stream key, which is a secret.
    pub key: String,
}

impl fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{}/{})", self.name, self.host, self.port, self.application)
    }
}

/// What becomes of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushEvent {
    /// The server takes what is sent.
    Live,
    /// It does not, or does no more; it is tried again by itself.
    Failing(PushFault),
}

/// Called on a sender's thread; it must return at once.
pub type PushEvents = Arc<dyn Fn(PushEvent) + Send + Sync>;

/// How a push is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushProgress {
    /// What the server took in the last second or two.
    pub kbit_s: u32,
    /// Frames that were let go because it was too slow.
    pub dropped: u64,
}

/// What a sender and who watches it share.
#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    kbit_s: AtomicU32,
    dropped: AtomicU64,
}

/// A running push. Dropping it ends it, within seconds; nobody waits for that but the next push of the same name.
#[derive(Debug)]
pub struct Push {
    shared: Arc<Shared>,
}

impl Push {
    pub fn progress(&self) -> PushProgress {
        PushProgress {
            kbit_s: self.shared.kbit_s.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

/// What goes to a sender.
#[derive(Clone)]
enum Item {
    Picture(Coded, CodedFormat),
    Sound(Coded, CodedFormat),
}

/// The feed's end of the way to a sender.
struct Outlet {
    items: SyncSender<Item>,
    shared: Arc<Shared>,
}

impl Outlet {
    /// False once nobody takes it any more.
    fn offer(&self, item: &Item) -> bool {
        if self.shared.ended.load(Ordering::Relaxed) {
            return false;
        }
        match self.items.try_send(item.clone()) {
            Ok(()) => true,
            Err(mpsc::TrySendError::Full(lost)) => {
                if matches!(lost, Item::Picture(..)) {
                    self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                }
                true
            }
            Err(mpsc::TrySendError::Disconnected(_)) => false,
        }
    }
}

/// All pushes of a host. Dropping it ends them and waits for that.
pub struct Broadcast {
    messages: Sender<Message>,
    feed: Option<JoinHandle<()>>,
    /// The latest sender of each name.
    senders: BTreeMap<String, (Arc<Shared>, JoinHandle<()>)>,
}

impl Broadcast {
    /// `encoders`: who encodes where one fails, the best first.
    pub fn open(studio: &Studio, desk: &SoundDesk, encoders: &[EncoderKind]) -> Result<Self, MediaError> {
        let (messages, inbox) = mpsc::channel();
        let feed = Feed::new(studio, desk, encoders.to_vec(), messages.clone());
        let wanted = feed.wanted();
        let recorded = messages.clone();
        studio.recorded_programme().subscribe(Box::new(move |coded, format| {
            // While nothing is pushed it costs nothing.
            if !wanted.load(Ordering::Relaxed) {
                return true;
            }
            recorded.send(Message::Picture(Maker::Recording, coded.clone(), format.clone())).is_ok()
        }));
        let feed = thread("live", move || feed.run(&inbox))?;
        Ok(Self { messages, feed: Some(feed), senders: BTreeMap::new() })
    }

    /// Whether a recording makes the programme's frames now, and how they are made where none does.
    pub fn recorded(&self, recorded: bool, otherwise: H264Settings) {
        let _ = self.messages.send(Message::Recorded(recorded, otherwise));
    }

    /// Pushes to a server until the push is dropped.
    pub fn push(&mut self, target: PushTarget, events: PushEvents) -> Result<Push, MediaError> {
        let (items, inbox): (_, Receiver<Item>) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let before = self.senders.remove(&target.name);
        let name = target.name.clone();
        let sender = PushSender::new(target, inbox, shared.clone(), events);
        let run = move || {
            // A server takes a stream once: the push before says goodbye first.
            if let Some((shared, thread)) = before {
                shared.ended.store(true, Ordering::Relaxed);
                let _ = thread.join();
            }
            sender.run();
        };
        let thread = thread("push", run)?;
        self.senders.insert(name, (shared.clone(), thread));
        let _ = self.messages.send(Message::Add(Outlet { items, shared: shared.clone() }));
        Ok(Push { shared })
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        for (shared, _) in self.senders.values() {
            shared.ended.store(true, Ordering::Relaxed);
        }
        let _ = self.messages.send(Message::End);
        let senders = std::mem::take(&mut self.senders);
        for thread in senders.into_values().map(|(_, thread)| thread).chain(self.feed.take()) {
            let _ = thread.join();
        }
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, MediaError> {
    let thread = std::thread::Builder::new().name(name.into()).spawn(run);
    thread.map_err(|error| MediaError::Missing { what: "a thread to push with".into(), why: error.to_string() })
}
