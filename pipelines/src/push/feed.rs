//! What is sent: the programme's coded frames and the mixed sound, from whoever makes them at present, to every sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use ketang_hal::picture::Size;

use super::{Item, Outlet};
use crate::clock::MediaClock;
use crate::coded::{Coded, CodedFormat};
use crate::encode::{EncoderKind, H264Encoder, H264Settings};
use crate::programme::Subscriber;
use crate::sound::{CodedSubscription, Mixes, SoundDesk, Variant};
use crate::studio::Studio;

/// How often encoders are looked after.
const LOOK: Duration = Duration::from_millis(100);
/// So many looks lie between two tries to open what does not open.
const LOOKS_BETWEEN_TRIES: u32 = 20;

/// Who makes the programme's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// A lesson's recording.
    Recording,
    /// The encoder of this number, for pauses and without a lesson.
    Own(u32),
}

pub(super) enum Message {
    Picture(Maker, Coded, CodedFormat),
    /// Whether a recording makes frames, and how the own encoder is to make them.
    Recorded(bool, H264Settings),
    Add(Outlet),
    End,
}

pub(super) struct Feed {
    clock: MediaClock,
    size: Size,
    programme: Subscriber,
    mixes: Mixes,
    encoders: Vec<EncoderKind>,
    /// To itself, for its own encoder.
    messages: Sender<Message>,
    /// Whether anybody takes anything.
    wanted: Arc<AtomicBool>,
    outlets: Vec<Outlet>,
    recorded: bool,
    settings: Option<H264Settings>,
    own: Option<(u32, H264Encoder)>,
    opened: u32,
    sound: Option<CodedSubscription>,
    sound_failures: usize,
    pick: Pick,
    /// Looks until something is tried again.
    rest: u32,
}

impl Feed {
    pub(super) fn new(
        studio: &Studio,
        desk: &SoundDesk,
        encoders: Vec<EncoderKind>,
        messages: Sender<Message>,
    ) -> Self {
        Self {
            clock: studio.clock().clone(),
            size: studio.size(),
            programme: studio.programme_subscriber(),
            mixes: desk.mixes(),
            encoders,
            messages,
            wanted: Arc::default(),
            outlets: Vec::new(),
            recorded: false,
            settings: None,
            own: None,
            opened: 0,
            sound: None,
            sound_failures: 0,
            pick: Pick::default(),
            rest: 0,
        }
    }

    pub(super) fn wanted(&self) -> Arc<AtomicBool> {
        self.wanted.clone()
    }

    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            // While nobody takes anything there is nothing to look after.
            let message = if self.outlets.is_empty() {
                inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                inbox.recv_timeout(LOOK)
            };
            match message {
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Picture(maker, coded, format)) => self.picture(maker, coded, format),
                Ok(Message::Recorded(recorded, settings)) => {
                    self.recorded = recorded;
                    self.settings = Some(settings);
                    self.rest = 0;
                    self.look();
                }
                Ok(Message::Add(outlet)) => {
                    self.outlets.push(outlet);
                    self.wanted.store(true, Ordering::Relaxed);
                    self.rest = 0;
                    self.look();
                }
                Err(RecvTimeoutError::Timeout) => self.look(),
            }
            self.pass_sound_on();
        }
    }

    fn picture(&mut self, maker: Maker, coded: Coded, format: CodedFormat) {
        if let Maker::Own(number) = maker
            && self.own.as_ref().is_none_or(|(own, _)| *own != number)
        {
            return;
        }
        if !self.pick.takes(maker, coded.pts, coded.key) {
            return;
        }
        if maker == Maker::Recording && self.recorded {
            self.own = None;
        }
        self.offer(&Item::Picture(coded, format));
    }

    fn pass_sound_on(&mut self) {
        let Some(sound) = &self.sound else { return };
        let format = sound.format().clone();
        loop {
            match sound.next(Duration::ZERO) {
                Ok(coded) => self.outlets.retain(|outlet| outlet.offer(&Item::Sound(coded.clone(), format.clone()))),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.sound_failures += 1;
        self.sound = match sound.again(self.sound_failures) {
            Ok(again) => Some(again),
            Err(error) => {
                tracing::error!(%error, "no sound encoder goes on for live");
                None
            }
        };
    }

    fn offer(&mut self, item: &Item) {
        self.outlets.retain(|outlet| outlet.offer(item));
    }

    /// Opens what lacks, and lets go what nobody needs.
    fn look(&mut self) {
        self.outlets.retain(|outlet| !outlet.shared.ended.load(Ordering::Relaxed));
        if self.outlets.is_empty() {
            self.wanted.store(false, Ordering::Relaxed);
            (self.own, self.sound, self.sound_failures) = (None, None, 0);
            return;
        }
        if let Some(why) = self.own.as_ref().and_then(|(_, encoder)| encoder.failure()) {
            tracing::warn!(why, "the encoder for live has failed");
            self.own = None;
            // Another one comes first from now on.
            if let Some(settings) = &self.settings {
                self.encoders.retain(|kind| *kind != settings.kind);
                self.encoders.push(settings.kind);
                self.settings = self.encoders.first().map(|&kind| H264Settings { kind, ..settings.clone() });
            }
        }
        if self.rest > 0 {
            self.rest -= 1;
            return;
        }
        if self.sound.is_none() {
            match self.mixes.encode(Variant::Mixed) {
                Ok(sound) => self.sound = Some(sound),
                Err(error) => self.failed("no sound is there for live", &error),
            }
        }
        if !self.recorded
            && self.own.is_none()
            && let Err(error) = self.open_own()
        {
            self.failed("no encoder is there for live", &error);
        }
    }

    fn failed(&mut self, what: &str, error: &crate::MediaError) {
        tracing::warn!(%error, "{what}");
        self.rest = LOOKS_BETWEEN_TRIES;
    }

    fn open_own(&mut self) -> Result<(), crate::MediaError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        let kinds = self.encoders.iter().copied().filter(|kind| *kind != settings.kind);
        let mut last = None;
        for kind in [settings.kind].into_iter().chain(kinds) {
            let settings = H264Settings { kind, ..settings.clone() };
            match H264Encoder::open("live", &self.clock, self.size, &settings, false) {
                Ok(encoder) => {
                    self.opened += 1;
                    let (number, messages) = (self.opened, self.messages.clone());
                    encoder.output.subscribe(Box::new(move |coded, format| {
                        messages.send(Message::Picture(Maker::Own(number), coded.clone(), format.clone())).is_ok()
                    }));
                    self.programme.subscribe(encoder.sink());
                    self.own = Some((number, encoder));
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
        }
        last.map_or(Ok(()), Err)
    }
}

/// Puts the frames of several makers into one stream: each once, in order, and another maker begins with a key frame.
#[derive(Debug, Default)]
struct Pick {
    maker: Option<Maker>,
    /// Of the frame that went out last, in nanoseconds.
    last: Option<u64>,
}

impl Pick {
    fn takes(&mut self, maker: Maker, pts: u64, key: bool) -> bool {
        if self.last.is_some_and(|last| pts <= last) || self.maker != Some(maker) && !key {
            return false;
        }
        (self.maker, self.last) = (Some(maker), Some(pts));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_maker_takes_over_with_a_key_frame_and_no_frame_goes_out_twice() {
        let mut pick = Pick::default();
        let (recording, own) = (Maker::Recording, Maker::Own(1));
        let table = [
            (own, 3, false, false, "nothing begins without a key frame"),
            (own, 4, true, true, ""),
            (own, 5, false, true, ""),
            (recording, 5, true, false, "it has gone out already, and nothing can follow it"),
            (own, 6, false, true, ""),
            (recording, 6, false, false, ""),
            (own, 7, false, true, ""),
            (recording, 8, true, true, "with the recording's next one"),
            (own, 8, false, false, "late"),
            (recording, 9, false, true, ""),
        ];
        for (maker, pts, key, goes_out, why) in table {
            assert_eq!(pick.takes(maker, pts, key), goes_out, "{maker:?} {pts}: {why}");
        }
    }
}
