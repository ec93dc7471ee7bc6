//! Sound: from microphones to mixes, levels and AAC.
//!
//! ```text
//!  capture (a thread each) ─► desk (one thread): drift ─► join ─► process ─► mix ─┬─► blocks: local sound
//!                                                   └─► levels ─► callback       └─► aac: record, push
//! ```
//!
//! Sound is cut in blocks of 10 ms that are numbered from the studio's opening: block *n* begins at *n* × 10 ms of media time,
//! whatever card it came from. Every block comes out exactly once; where a microphone is missing there is silence. A block leaves the
//! desk some 50 ms after it was recorded, 90 ms at the most; its number tells when it was recorded, so that no delay matters to who
//! joins it with pictures.
//!
//! Not here: which microphones there are (the board), what a lost one means for a lesson (firmware), files (`record`).
//!
//! Locks, never held together, nor while GStreamer or a callback is called: `microphones`, `running`, `levels`.

mod aac;
mod capture;
mod card;
mod clip;
mod console;
mod decimate;
mod desk;
mod drift;
mod ear;
mod echo;
mod echo_delay;
mod join;
mod levels;
mod loudness;
mod mix;
mod process;
#[cfg(test)]
mod testing;
mod volume;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ketang_hal::role::SoundRole;
use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, MediaTime};

pub use aac::{AAC_BIT_RATE, probe};
pub use capture::Reopen;
pub use ear::Ear;
pub use levels::{Level, Levels, SILENCE_DB};
pub use loudness::CEILING_DB;
pub use process::Treatment;
pub use volume::Volume;

use crate::MediaError;
use crate::clock::MediaClock;
use crate::coded::{Coded, CodedFormat};
use aac::{Encoder, Starting};
use capture::Microphone;
use console::Console;
use desk::{Desk, Listener, Message, tell};
use worker::Worker;

/// 10 ms of one channel, −1..1.
type Block = [f32; BLOCK_SAMPLES];

/// Blocks that a subscriber may leave lying (1 s); then it misses the newest.
const WAITING_BLOCKS: usize = 100;

/// The mixes that are made at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Everything, on both channels (HB-4): for the programme and for live.
    Mixed,
    /// The teacher on channel 1, the room and the computer on channel 2 (HB-2).
    Roles,
    /// The next best microphone after the teacher's, on both channels: what is left if that one was dead.
    Fallback,
}

impl Variant {
    pub const ALL: [Self; 3] = [Self::Mixed, Self::Roles, Self::Fallback];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Roles => "roles",
            Self::Fallback => "fallback",
        }
    }
}

/// 10 ms of a mix.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundBlock {
    /// Counted from the studio's opening.
    pub number: u64,
    /// Left and right in turn, −1..1, never above [`CEILING_DB`].
    pub samples: [f32; 2 * BLOCK_SAMPLES],
}

impl SoundBlock {
    fn new(number: u64, left: &Block, right: &Block) -> Self {
        Self { number, samples: std::array::from_fn(|i| if i % 2 == 0 { left[i / 2] } else { right[i / 2] }) }
    }

    /// When its first sample was recorded.
    pub fn start(&self) -> MediaTime {
        MediaTime(self.number * BLOCK_NS)
    }
}

/// How sound is treated and mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundSettings {
    pub teacher: Treatment,
    pub room: Treatment,
    pub line: Treatment,
    /// Loudness that speech is brought to, as RMS in dBFS; −23 on both channels is about −20 LUFS.
    pub speech_db: f32,
    /// The room in the mix while the teacher is heard, in decibels.
    pub room_db: f32,
    /// The computer in the mix, in decibels.
    pub line_db: f32,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            teacher: Treatment::SPEAKER,
            room: Treatment::ROOM,
            line: Treatment::LINE,
            speech_db: -23.0,
            room_db: -12.0,
            line_db: -3.0,
        }
    }
}

impl SoundSettings {
    fn treatment(&self, role: SoundRole) -> &Treatment {
        match role {
            SoundRole::TeacherMic => &self.teacher,
            SoundRole::RoomMic => &self.room,
            SoundRole::LineIn => &self.line,
        }
    }
}

/// What happens at the desk.
#[derive(Clone, Debug, PartialEq)]
pub enum SoundEvent {
    /// Nothing comes from this microphone any more; it is looked for, for ever.
    Lost { role: SoundRole, at: MediaTime, why: String },
    /// It is heard again.
    Back { role: SoundRole, at: MediaTime },
    /// The card lost samples (positive) or repeated some, and was resynchronised; `at`: in the card's sound.
    Jumped { role: SoundRole, at: MediaTime, seconds: f64 },
    /// This microphone works, but the computer's sound stays audible in it.
    WithoutEchoCancellation { role: SoundRole, why: String },
    /// An encoder broke; its subscriptions have ended. A recording has another one begin.
    EncoderFailed { variant: Variant, why: String },
    /// Twenty times a second.
    Levels(Levels),
}

/// The blocks of one mix, from the moment of subscribing on.
pub struct BlockSubscription {
    blocks: Receiver<Arc<SoundBlock>>,
}

impl BlockSubscription {
    /// The next block, waiting at most `limit`; `Disconnected` once the desk has closed.
    pub fn next(&self, limit: Duration) -> Result<Arc<SoundBlock>, RecvTimeoutError> {
        self.blocks.recv_timeout(limit)
    }
}

/// The AAC packets of one mix, from the moment of subscribing on. The encoder runs as long as somebody subscribes.
pub struct CodedSubscription {
    packets: Receiver<Coded>,
    encoder: Arc<Encoder>,
    variant: Variant,
    encoders: Arc<Encoders>,
}

impl CodedSubscription {
    pub fn format(&self) -> &CodedFormat {
        self.encoder.format()
    }

    /// The next packet, waiting at most `limit`; `Disconnected` once the desk has closed or the encoder has failed.
    pub fn next(&self, limit: Duration) -> Result<Coded, RecvTimeoutError> {
        self.packets.recv_timeout(limit)
    }

    /// Why the encoder gives no packets any more; `None` where it does, or was ended.
    pub(crate) fn failure(&self) -> Option<String> {
        self.encoder.failure()
    }

    /// The GStreamer name of its encoder.
    pub(crate) fn encoder(&self) -> &'static str {
        self.encoder.name()
    }

    /// The packets of the same mix from a new encoder, after this one's has failed `failures` times in a row: the same once more, then
    /// the others.
    pub(crate) fn again(&self, failures: usize) -> Result<Self, MediaError> {
        let order = aac::order_after(self.encoder());
        let mut last = None;
        for name in order.into_iter().skip(failures.saturating_sub(1)) {
            match self.encoders.encode(self.variant, Some(name)) {
                Ok(again) => return Ok(again),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(aac::none_is_left))
    }
}

/// All sound of one studio. Dropping it ends everything; subscriptions then hand over what is left and end.
pub struct SoundDesk {
    clock: MediaClock,
    desk: Sender<Message>,
    worker: Worker,
    microphones: Mutex<Vec<(SoundRole, Microphone)>>,
    encoders: Arc<Encoders>,
    levels: Arc<Mutex<Levels>>,
    generation: AtomicU64,
}

impl SoundDesk {
    /// Opens the desk with its microphones. `callback` is called from the desk's thread and must return at once.
    pub fn open(
        clock: &MediaClock,
        settings: SoundSettings,
        inputs: Vec<(SoundRole, Reopen)>,
        callback: impl FnMut(SoundEvent) + Send + 'static,
    ) -> Result<Self, MediaError> {
        let (sender, inbox) = channel();
        let levels = Arc::new(Mutex::new(Levels::default()));
        let desk = Desk {
            clock: clock.clone(),
            console: Console::new(settings, clock.now()),
            inbox,
            callback: Box::new(callback),
            levels: levels.clone(),
            listeners: Vec::new(),
            generations: Default::default(),
        };
        let desk = Self {
            clock: clock.clone(),
            desk: sender.clone(),
            worker: Worker::start("sound desk", move || desk.run())?,
            microphones: Mutex::default(),
            encoders: Arc::new(Encoders { clock: clock.clone(), desk: sender, running: Mutex::default() }),
            levels,
            generation: AtomicU64::new(0),
        };
        for (role, reopen) in inputs {
            desk.add(role, reopen)?;
        }
        Ok(desk)
    }

    /// Adds a microphone, in place of the one that has this role.
    pub fn add(&self, role: SoundRole, reopen: Reopen) -> Result<(), MediaError> {
        self.take_away(role);
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        tell(&self.desk, Message::Add { role, generation });
        let desk = self.desk.clone();
        let listen = move |news| tell(&desk, Message::News { role, generation, news });
        let microphone = Microphone::start(role, self.clock.clone(), reopen, listen)?;
        lock(&self.microphones).push((role, microphone));
        Ok(())
    }

    /// Takes a microphone away; without it, nothing is lost.
    pub fn remove(&self, role: SoundRole) {
        self.take_away(role);
        tell(&self.desk, Message::Remove { role });
    }

    /// Sets a microphone's volume, whether it is there yet or not; it stays when the microphone goes and comes.
    pub fn set_volume(&self, role: SoundRole, volume: Volume) {
        tell(&self.desk, Message::Volume { role, volume });
    }

    fn take_away(&self, role: SoundRole) {
        let mut microphones = lock(&self.microphones);
        let old = microphones.iter().position(|(other, _)| *other == role).map(|i| microphones.swap_remove(i));
        drop(microphones);
        drop(old);
    }

    /// The levels of the last 50 ms.
    pub fn levels(&self) -> Levels {
        lock(&self.levels).clone()
    }

    /// The blocks of a mix, for local sound.
    pub fn subscribe(&self, variant: Variant) -> BlockSubscription {
        let (sender, blocks) = sync_channel::<Arc<SoundBlock>>(WAITING_BLOCKS);
        let listener: Listener =
            Box::new(move |block| !matches!(sender.try_send(block.clone()), Err(TrySendError::Disconnected(_))));
        tell(&self.desk, Message::Listen { variant, listener });
        BlockSubscription { blocks }
    }

    /// The AAC packets of a mix; all who want the same mix share one encoder. Waits until that has begun (0.1 s).
    pub fn encode(&self, variant: Variant) -> Result<CodedSubscription, MediaError> {
        self.encoders.encode(variant, None)
    }

    pub(crate) fn mixes(&self) -> Mixes {
        Mixes(self.encoders.clone())
    }
}

/// A way to the mixes for who comes and goes on a thread of its own.
pub(crate) struct Mixes(Arc<Encoders>);

impl Mixes {
    /// As [`SoundDesk::encode`].
    pub(crate) fn encode(&self, variant: Variant) -> Result<CodedSubscription, MediaError> {
        self.0.encode(variant, None)
    }
}

#[cfg(test)]
impl SoundDesk {
    /// The encoder of this mix, which runs, tells of an error.
    pub(crate) fn break_encoder(&self, variant: Variant) {
        self.encoders.running(variant).expect("it runs").break_down();
    }
}

/// The encoders of all mixes.
struct Encoders {
    clock: MediaClock,
    desk: Sender<Message>,
    running: Mutex<Vec<(Variant, Weak<Encoder>)>>,
}

impl Encoders {
    /// `name`: the GStreamer element to be tried; the best one that is installed where absent.
    fn encode(self: &Arc<Self>, variant: Variant, name: Option<&str>) -> Result<CodedSubscription, MediaError> {
        let subscription = |packets, encoder| CodedSubscription { packets, encoder, variant, encoders: self.clone() };
        if let Some(encoder) = self.running(variant) {
            return Ok(subscription(encoder.subscribe(), encoder));
        }
        let desk = self.desk.clone();
        let failed = move |why| tell(&desk, Message::Report(SoundEvent::EncoderFailed { variant, why }));
        let starting = Starting::new(&self.clock, variant, name, failed)?;
        let mut feed = starting.feed();
        let listener: Listener = Box::new(move |block| feed.push(block));
        tell(&self.desk, Message::Listen { variant, listener });
        let (encoder, packets) = starting.wait()?;
        if let Some(other) = self.running(variant) {
            // Somebody else was quicker; ours ends here.
            return Ok(subscription(other.subscribe(), other));
        }
        let encoder = Arc::new(encoder);
        let mut running = lock(&self.running);
        running.retain(|(_, encoder)| encoder.strong_count() > 0);
        running.push((variant, Arc::downgrade(&encoder)));
        drop(running);
        Ok(subscription(packets, encoder))
    }

    fn running(&self, variant: Variant) -> Option<Arc<Encoder>> {
        let candidates: Vec<Arc<Encoder>> = lock(&self.running)
            .iter()
            .filter(|(other, _)| *other == variant)
            .filter_map(|(_, encoder)| encoder.upgrade())
            .collect();
        candidates.into_iter().find(|encoder| encoder.is_running())
    }
}

impl Drop for SoundDesk {
    fn drop(&mut self) {
        let microphones = std::mem::take(&mut *lock(&self.microphones));
        drop(microphones);
        tell(&self.desk, Message::Stop);
        self.worker.join();
        let encoders = std::mem::take(&mut *lock(&self.encoders.running));
        for encoder in encoders.iter().filter_map(|(_, encoder)| encoder.upgrade()) {
            encoder.finish();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these mutexes guard is whole at any moment, even if a thread panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
