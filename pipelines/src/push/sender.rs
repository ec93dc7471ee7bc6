//! One server's thread: connects, sends, and begins anew where that fails, for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::outgoing::Outgoing;
use super::{Item, PushEvent, PushEvents, PushFault, PushTarget, Shared};
use crate::coded::CodedFormat;

/// How often its state is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Between two tries: a server that is being restarted is back within seconds, and one that is gone is not stormed.
const PATIENCE: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(10)];
/// One that was live for so long begins with the shortest wait again.
const STEADY: Duration = Duration::from_secs(30);
/// A key frame comes every 2 s, and opening an encoder takes less than one.
const FIRST_PICTURE_LIMIT: Duration = Duration::from_secs(10);
/// A server that takes nothing for so long while frames wait is given up. Longer than it may take to answer at first.
const STUCK: Duration = Duration::from_secs(12);
/// The rate is that of so long.
const RATE_OVER: Duration = Duration::from_secs(2);

pub(super) struct PushSender {
    target: PushTarget,
    items: Receiver<Item>,
    shared: Arc<Shared>,
    events: PushEvents,
    /// Of the sound, once some has come.
    sound: Option<CodedFormat>,
}

impl PushSender {
    pub(super) fn new(target: PushTarget, items: Receiver<Item>, shared: Arc<Shared>, events: PushEvents) -> Self {
        Self { target, items, shared, events, sound: None }
    }

    /// Pushes until it is told to end.
    pub(super) fn run(mut self) {
        let mut failures: usize = 0;
        loop {
            let begun = Instant::now();
            let Err(fault) = self.push_once() else { return };
            self.shared.kbit_s.store(0, Ordering::Relaxed);
            failures = if begun.elapsed() > STEADY { 0 } else { failures + 1 };
            tracing::warn!(live = self.target.name, ?fault, "a push fails");
            (self.events)(PushEvent::Failing(fault));
            let until = Instant::now() + PATIENCE[failures.saturating_sub(1).min(PATIENCE.len() - 1)];
            while Instant::now() < until {
                // What comes meanwhile is for nobody.
                if self.next().is_none() {
                    return;
                }
            }
        }
    }

    /// What comes next, if something does within [`LOOK`]; `None` when it is to end.
    fn next(&mut self) -> Option<Option<Item>> {
        if self.shared.ended.load(Ordering::Relaxed) {
            return None;
        }
        match self.items.recv_timeout(LOOK) {
            Ok(item) => {
                if let Item::Sound(_, format) = &item {
                    self.sound = Some(format.clone());
                }
                Some(Some(item))
            }
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Connects and sends until it is told to end.
    fn push_once(&mut self) -> Result<(), PushFault> {
        let until = Instant::now() + FIRST_PICTURE_LIMIT;
        let (first, mut outgoing) = loop {
            match (self.next(), &self.sound) {
                (None, _) => return Ok(()),
                (Some(Some(Item::Picture(coded, format))), Some(sound)) if coded.key => {
                    let outgoing = Outgoing::open(&self.target, &format, sound, coded.pts);
                    let outgoing = outgoing.map_err(|error| PushFault::Other(error.to_string()))?;
                    break (Item::Picture(coded, format), outgoing);
                }
                _ if Instant::now() > until => return Err(PushFault::NoPicture),
                _ => {}
            }
        };
        outgoing.send(&first);
        let mut told_live = false;
        let mut rate = (Instant::now(), 0);
        let mut moved = (Instant::now(), 0);
        loop {
            match self.next() {
                None => {
                    outgoing.say_goodbye();
                    return Ok(());
                }
                Some(item) => {
                    let dropped = item.map_or(0, |item| outgoing.send(&item));
                    self.shared.dropped.fetch_add(dropped, Ordering::Relaxed);
                }
            }
            if let Some(fault) = outgoing.fault(&self.target) {
                return Err(fault);
            }
            if !told_live && outgoing.is_live() {
                told_live = true;
                tracing::info!(live = self.target.name, "the programme goes out");
                (self.events)(PushEvent::Live);
            }
            let now = Instant::now();
            if moved.1 != outgoing.passed() || !outgoing.is_behind() {
                moved = (now, outgoing.passed());
            } else if now.duration_since(moved.0) > STUCK {
                return Err(PushFault::TooSlow);
            }
            let passed = now.duration_since(rate.0);
            if passed >= RATE_OVER {
                let bits = outgoing.bytes().saturating_sub(rate.1) * 8;
                let kbit_s = bits / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
                self.shared.kbit_s.store(u32::try_from(kbit_s).unwrap_or(u32::MAX), Ordering::Relaxed);
                rate = (now, outgoing.bytes());
            }
        }
    }
}
