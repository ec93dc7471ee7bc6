//! The desk's thread: the one owner of the console and of the list of those who listen.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ketang_hal::role::SoundRole;

use super::capture::News;
use super::console::{Console, Out};
use super::levels::Levels;
use super::{SoundBlock, SoundEvent, Variant, Volume};
use crate::clock::MediaClock;

/// Gets every block of one mix; false: wants no more.
pub(super) type Listener = Box<dyn FnMut(&Arc<SoundBlock>) -> bool + Send>;

/// What the desk is told. `generation` tells a microphone from the one that had its role before.
pub(super) enum Message {
    Add { role: SoundRole, generation: u64 },
    Remove { role: SoundRole },
    Volume { role: SoundRole, volume: Volume },
    News { role: SoundRole, generation: u64, news: News },
    Listen { variant: Variant, listener: Listener },
    Report(SoundEvent),
    Stop,
}

pub(super) struct Desk {
    pub(super) clock: MediaClock,
    pub(super) console: Console,
    pub(super) inbox: Receiver<Message>,
    pub(super) callback: Box<dyn FnMut(SoundEvent) + Send>,
    /// The newest levels, for who asks.
    pub(super) levels: Arc<Mutex<Levels>>,
    pub(super) listeners: Vec<(Variant, Listener)>,
    pub(super) generations: [Option<u64>; SoundRole::ALL.len()],
}

impl Desk {
    pub(super) fn run(mut self) {
        loop {
            let now = self.clock.now();
            while let Some(out) = self.console.next(now) {
                self.hand_out(out);
            }
            let wait = self.console.deadline().0.saturating_sub(self.clock.now().0);
            match self.inbox.recv_timeout(Duration::from_nanos(wait)) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // All microphones deliver at about the same moment.
            while let Ok(message) = self.inbox.try_recv() {
                match message {
                    Message::Stop => return,
                    message => self.take(message),
                }
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Add { role, generation } => {
                self.generations[role as usize] = Some(generation);
                for (role, error) in self.console.add(role) {
                    (self.callback)(SoundEvent::WithoutEchoCancellation { role, why: error.to_string() });
                }
            }
            Message::Remove { role } => {
                self.generations[role as usize] = None;
                self.console.remove(role);
            }
            Message::Volume { role, volume } => self.console.set_volume(role, volume),
            Message::News { role, generation, news } if self.generations[role as usize] == Some(generation) => {
                self.take_news(role, news);
            }
            Message::Listen { variant, listener } => self.listeners.push((variant, listener)),
            Message::Report(event) => (self.callback)(event),
            Message::News { .. } | Message::Stop => {}
        }
    }

    fn take_news(&mut self, role: SoundRole, news: News) {
        match news {
            News::Samples { at, samples } => {
                if let Some(jump) = self.console.hear(role, at, &samples) {
                    (self.callback)(SoundEvent::Jumped { role, at, seconds: jump.0 });
                }
            }
            News::Lost(why) => {
                self.console.lose(role);
                (self.callback)(SoundEvent::Lost { role, at: self.clock.now(), why });
            }
            News::Back => (self.callback)(SoundEvent::Back { role, at: self.clock.now() }),
        }
    }

    fn hand_out(&mut self, out: Out) {
        if let Some(blocks) = out.blocks {
            let blocks = blocks.map(Arc::new);
            self.listeners.retain_mut(|(variant, listener)| listener(&blocks[*variant as usize]));
        }
        if let Some((role, error)) = out.complaint {
            (self.callback)(SoundEvent::WithoutEchoCancellation { role, why: error.to_string() });
        }
        if let Some(levels) = out.levels {
            *self.levels.lock().unwrap_or_else(PoisonError::into_inner) = levels.clone();
            (self.callback)(SoundEvent::Levels(levels));
        }
    }
}

/// Sends to the desk; a desk that has ended wants to know nothing.
pub(super) fn tell(desk: &Sender<Message>, message: Message) {
    let _ = desk.send(message);
}
