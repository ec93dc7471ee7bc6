//! One microphone: opens its source, passes on what it hears, and opens it again for ever after it was lost.
//!
//! ```text
//!  card (its own graph) ─┐
//!  clip, tone, voice ────┴─► microphone's thread ─► desk
//! ```
//!
//! What is made by a program is paced here, at the speed of its (simulated) card.

use std::f64::consts::TAU;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

use ketang_hal::role::SoundRole;
use ketang_hal::sound::{Heard, SoundSource, Voice};
use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, MediaTime, SAMPLE_RATE};

use super::Block;
use super::card::{Card, READ_BLOCKS};
use super::clip::Clip;
use super::worker::Worker;
use crate::MediaError;
use crate::clock::MediaClock;

/// Finds a microphone's source, at first and whenever it was lost; the error says why it is not there.
pub type Reopen = Box<dyn FnMut() -> Result<SoundSource, String> + Send>;

/// A microphone from which nothing came for so long is lost.
const SILENT_LIMIT: Duration = Duration::from_millis(500);
/// A card takes its time to begin.
const OPENING_LIMIT: Duration = Duration::from_secs(2);
/// A lost microphone is looked for this often.
const RETRY: Duration = Duration::from_secs(1);
/// A voice that is this late (the host slept) goes on from now.
const LATE_LIMIT: Duration = Duration::from_millis(500);
/// Amplitude of the test tone: −20 dBFS peak.
const TONE: f64 = 0.1;
const TONE_HERTZ: u64 = 440;

/// What a microphone's thread is told, by its card and by its owner.
pub(super) enum Word {
    /// `at`: when the first of the samples was recorded.
    Samples {
        at: MediaTime,
        samples: Vec<f32>,
    },
    Failed(String),
    Stop,
}

/// What a microphone tells the desk.
#[derive(Debug)]
pub(super) enum News {
    Samples { at: MediaTime, samples: Vec<f32> },
    Lost(String),
    Back,
}

/// A running microphone; dropping it ends it.
pub(super) struct Microphone {
    words: Sender<Word>,
    worker: Worker,
}

impl Microphone {
    pub(super) fn start(
        role: SoundRole,
        clock: MediaClock,
        reopen: Reopen,
        tell: impl FnMut(News) + Send + 'static,
    ) -> Result<Self, MediaError> {
        let (words, inbox) = channel();
        let for_cards = words.clone();
        let mut listener = Listener { clock, inbox, words: for_cards, tell: Box::new(tell), lost: false };
        let worker = Worker::start(&format!("sound {role}"), move || listener.run(reopen))?;
        Ok(Self { words, worker })
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        // The thread may have ended already.
        let _ = self.words.send(Word::Stop);
        self.worker.join();
    }
}

/// Why hearing ended.
enum End {
    Stopped,
    Lost(String),
}

struct Listener {
    clock: MediaClock,
    inbox: Receiver<Word>,
    words: Sender<Word>,
    tell: Box<dyn FnMut(News) + Send>,
    lost: bool,
}

impl Listener {
    fn run(&mut self, mut reopen: Reopen) {
        loop {
            let end = match reopen() {
                Ok(source) => self.hear(source),
                Err(why) => End::Lost(why),
            };
            let End::Lost(why) = end else { return };
            if !self.lost {
                self.lost = true;
                (self.tell)(News::Lost(why));
            }
            if self.stopped_within(RETRY) {
                return;
            }
        }
    }

    fn hear(&mut self, source: SoundSource) -> End {
        match source {
            SoundSource::Alsa { device, rate, channels } => self.hear_card(&device, rate, channels),
            SoundSource::File { path } => match Clip::open(&path) {
                Ok(mut clip) => self.hear_voice(0.0, |_, block| clip.fill(block).map(|()| Heard::Samples)),
                Err(error) => End::Lost(error.to_string()),
            },
            SoundSource::Made(mut voice) => {
                let ppm = voice.clock_error_ppm();
                self.hear_voice(ppm, |number, block| Ok(Voice::fill(voice.as_mut(), number, block)))
            }
            SoundSource::Tone => self.hear_voice(0.0, |number, block| {
                block.iter_mut().enumerate().for_each(|(i, sample)| *sample = tone(number, i));
                Ok(Heard::Samples)
            }),
        }
    }

    fn hear_card(&mut self, device: &str, rate: u32, channels: u32) -> End {
        let card = Card::open(&self.clock, device, rate, channels, &self.words);
        let end = match &card {
            Ok(_) => self.listen(),
            // The graph has said more exactly why.
            Err(error) => match self.inbox.try_recv() {
                Ok(Word::Stop) => End::Stopped,
                Ok(Word::Failed(why)) => End::Lost(why),
                _ => End::Lost(error.to_string()),
            },
        };
        drop(card);
        // What the card still said is of no interest to the next one.
        let stopped = self.inbox.try_iter().any(|word| matches!(word, Word::Stop));
        if stopped { End::Stopped } else { end }
    }

    fn listen(&mut self) -> End {
        let mut limit = OPENING_LIMIT;
        loop {
            match self.inbox.recv_timeout(limit) {
                Ok(Word::Samples { at, samples }) => self.pass_on(at, samples),
                Ok(Word::Failed(why)) => return End::Lost(why),
                Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return End::Stopped,
                Err(RecvTimeoutError::Timeout) => return End::Lost(nothing_came()),
            }
            limit = SILENT_LIMIT;
        }
    }

    /// Plays what a program makes, as a card would that runs `ppm` faster than the host.
    fn hear_voice(&mut self, ppm: f64, mut fill: impl FnMut(u64, &mut Block) -> Result<Heard, String>) -> End {
        let block_ns = BLOCK_NS as f64 / (1.0 + ppm * 1e-6);
        let begin = |number: u64| MediaTime((number as f64 * block_ns) as u64);
        let mut number = (self.clock.now().0 as f64 / block_ns).ceil() as u64;
        let mut silent_since = self.clock.now();
        loop {
            // A card hands over its blocks when their last sample has been recorded.
            let wait = begin(number + READ_BLOCKS).0.saturating_sub(self.clock.now().0);
            if self.stopped_within(Duration::from_nanos(wait)) {
                return End::Stopped;
            }
            let late = self.clock.now().0.saturating_sub(begin(number + READ_BLOCKS).0);
            if u128::from(late) > LATE_LIMIT.as_nanos() {
                number = (self.clock.now().0 as f64 / block_ns) as u64;
            }
            for number in number..number + READ_BLOCKS {
                let mut block = [0.0; BLOCK_SAMPLES];
                match fill(number, &mut block) {
                    Ok(Heard::Samples) => {
                        self.pass_on(begin(number), block.to_vec());
                        silent_since = self.clock.now();
                    }
                    Ok(Heard::Nothing) if u128::from(self.clock.now().0 - silent_since.0) > SILENT_LIMIT.as_nanos() => {
                        return End::Lost(nothing_came());
                    }
                    Ok(Heard::Nothing) => {}
                    Err(why) => return End::Lost(why),
                }
            }
            number += READ_BLOCKS;
        }
    }

    fn pass_on(&mut self, at: MediaTime, samples: Vec<f32>) {
        if self.lost {
            self.lost = false;
            (self.tell)(News::Back);
        }
        (self.tell)(News::Samples { at, samples });
    }

    /// Waits; true if the microphone is to end.
    fn stopped_within(&self, wait: Duration) -> bool {
        if wait.is_zero() {
            return match self.inbox.try_recv() {
                Ok(word) => matches!(word, Word::Stop),
                Err(error) => error == TryRecvError::Disconnected,
            };
        }
        match self.inbox.recv_timeout(wait) {
            Ok(word) => matches!(word, Word::Stop),
            Err(error) => error == RecvTimeoutError::Disconnected,
        }
    }
}

fn nothing_came() -> String {
    format!("no samples came for {} ms", SILENT_LIMIT.as_millis())
}

fn tone(number: u64, i: usize) -> f32 {
    // After a second a tone of whole hertz begins anew: exact for ever.
    let sample = (number * BLOCK_SAMPLES as u64 + i as u64) % u64::from(SAMPLE_RATE);
    (TONE * (TAU * (sample * TONE_HERTZ) as f64 / f64::from(SAMPLE_RATE)).sin()) as f32
}
