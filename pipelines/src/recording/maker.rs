//! Where a track's pictures come from: an encoder, or the network camera itself, and who takes over from it.
//!
//! Makers are numbered; a frame carries its maker's number, and those of one are written before those of the next.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::gate::WayIn;
use super::{Message, TrackProgress};
use crate::MediaError;
use crate::coded::{Coded, CodedBus, CodedFormat};
use crate::encode::{EncoderCounts, EncoderKind, H264Encoder, H264Settings};
use crate::own_stream::{OwnStream, Unfit};
use crate::studio::Studio;
use crate::tracks::TrackName;

/// An encoder holds a few frames; a stuck one is left after this long.
pub(super) const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// An encoder that gives nothing for so long while frames pile up before it will not give any more.
const STUCK: Duration = Duration::from_secs(3);
/// One that made so many frames (10 s) before it failed is tried again; one that did not is passed over.
const STEADY_FRAMES: u64 = 250;

/// Opens an encoder for a track.
pub(super) type Opener = Arc<dyn Fn(TrackName, &H264Settings) -> Result<H264Encoder, MediaError> + Send + Sync>;

/// An encoder that is open.
pub(super) struct Opened {
    encoder: Arc<H264Encoder>,
    settings: H264Settings,
    /// How many kinds had been tried before.
    rank: usize,
}

/// Why another maker takes over.
pub(super) enum Why {
    /// It is to be made in another way.
    Asked,
    /// The one before has failed.
    Failed(String),
}

/// The one who makes, from its first frame on.
pub(super) struct TakenOver {
    pub(super) why: Why,
    pub(super) settings: H264Settings,
}

/// How far a change of makers is.
enum Change {
    /// None is under way.
    None,
    /// Another encoder is being opened.
    Opening(Why),
    /// It is open and gets the frames from the gate's next one on.
    Ready(Why, Opened),
    /// It gets the frames; what it makes waits until the encoder before has given all.
    Draining(Why, Vec<(Coded, CodedFormat)>),
}

pub(super) struct Maker {
    name: TrackName,
    way_in: Arc<WayIn>,
    opener: Opener,
    messages: Sender<Message>,
    /// Those that can be tried, the best first.
    kinds: Vec<EncoderKind>,
    /// How the pictures are to be made.
    wanted: H264Settings,
    /// The maker whose frames are written.
    number: u32,
    encoder: Option<Opened>,
    /// The camera's own stream, while that is the maker.
    own: Option<Arc<OwnStream>>,
    /// The camera's stream is another than when it was found fit, and has not been seen for long enough.
    on_trial: bool,
    /// It has failed: none of its frames is wanted any more.
    failed: bool,
    change: Change,
    /// What the encoders before have done.
    before: EncoderCounts,
    /// Frames made and dropped when frames came last, and when that was.
    seen: (u64, u64, Instant),
}

impl Maker {
    /// An encoder, which is opened here.
    pub(super) fn encoder(
        name: TrackName,
        wanted: &H264Settings,
        kinds: &[EncoderKind],
        opener: &Opener,
        messages: &Sender<Message>,
    ) -> Result<Self, MediaError> {
        let mut maker = Self::new(name, wanted, kinds, opener, messages);
        let opened = open(name, wanted, maker.order(), 0, opener)?;
        maker.listen(&opened.encoder.output, 0);
        maker.way_in.hand_over_to(0, opened.encoder.clone());
        maker.encoder = Some(opened);
        Ok(maker)
    }

    /// The camera of this input; an encoder with the settings `otherwise` is opened when its stream will not do any more.
    pub(super) fn camera(
        name: TrackName,
        otherwise: &H264Settings,
        studio: &Studio,
        kinds: &[EncoderKind],
        opener: &Opener,
        messages: &Sender<Message>,
    ) -> Result<Self, MediaError> {
        let stream = match name {
            TrackName::Input(role) => studio.coded_input(role),
            _ => None,
        };
        let Some((coded, own)) = stream else {
            return Err(MediaError::Invalid(format!("no camera encodes {name}: this host has no such input")));
        };
        let mut maker = Self::new(name, otherwise, kinds, opener, messages);
        maker.listen(&coded, 0);
        maker.own = Some(own);
        Ok(maker)
    }

    fn new(
        name: TrackName,
        wanted: &H264Settings,
        kinds: &[EncoderKind],
        opener: &Opener,
        messages: &Sender<Message>,
    ) -> Self {
        Self {
            name,
            way_in: Arc::default(),
            opener: opener.clone(),
            messages: messages.clone(),
            kinds: kinds.to_vec(),
            wanted: wanted.clone(),
            number: 0,
            encoder: None,
            own: None,
            on_trial: false,
            failed: false,
            change: Change::None,
            before: EncoderCounts::default(),
            seen: (0, 0, Instant::now()),
        }
    }

    pub(super) fn way_in(&self) -> &Arc<WayIn> {
        &self.way_in
    }

    /// The kinds in the order in which they are tried: the planned one once more after its first failure, then the others.
    fn order(&self) -> Vec<EncoderKind> {
        let planned = self.wanted.kind;
        [planned, planned].into_iter().chain(self.kinds.iter().copied().filter(|kind| *kind != planned)).collect()
    }

    fn listen(&self, coded: &CodedBus, number: u32) {
        let (messages, name) = (self.messages.clone(), self.name);
        coded.subscribe(Box::new(move |coded, format| {
            messages.send(Message::Picture(name, number, coded.clone(), format.clone())).is_ok()
        }));
    }

    /// Takes a frame of the maker `number`: gives it back if it is to be written now.
    pub(super) fn sort(&mut self, number: u32, coded: Coded, format: CodedFormat) -> Option<(Coded, CodedFormat)> {
        match &mut self.change {
            Change::Draining(_, held) if number == self.number + 1 => held.push((coded, format)),
            _ if number == self.number && !self.failed => return Some((coded, format)),
            _ => {}
        }
        None
    }

    /// Whether the camera's stream may be recorded although it is another than before: by its form at once, by its rates when it has
    /// been seen for long enough. An encoder's always may.
    pub(super) fn may_change(&mut self, format: &CodedFormat) -> Result<(), &'static str> {
        if self.own.is_none() {
            return Ok(());
        }
        self.on_trial = true;
        OwnStream::form(format)
    }

    /// Makes the pictures in another way. A change that is under way comes first, and is the last word.
    pub(super) fn remake(&mut self, settings: H264Settings) {
        if matches!(self.change, Change::None) && self.encoder.is_some() {
            self.wanted = settings;
            self.open_another(Why::Asked, 0);
        }
    }

    /// Looks whether the encoder has failed, and has another opened if so.
    pub(super) fn look(&mut self, now: Instant) {
        if matches!(self.change, Change::Draining(..)) {
            return;
        }
        if let Some(why) = self.failure(now) {
            self.fail(why);
        }
        match self.own.as_ref().filter(|_| self.on_trial && !self.failed).map(|own| own.fit()) {
            Some(Ok(())) => self.on_trial = false,
            Some(Err(Unfit::Never(why))) => self.fail(another_way(why)),
            Some(Err(Unfit::NotYet(_))) | None => {}
        }
    }

    fn failure(&mut self, now: Instant) -> Option<String> {
        let encoder = &self.encoder.as_ref()?.encoder;
        if let Some(why) = encoder.failure() {
            return Some(why);
        }
        let counts = encoder.counts();
        let (frames, dropped, since) = self.seen;
        if counts.frames != frames || counts.dropped == dropped {
            self.seen = (counts.frames, counts.dropped, now);
            return None;
        }
        (now.duration_since(since) >= STUCK).then(|| "it gives no frames any more".to_owned())
    }

    /// The maker has failed: nothing of it is wanted any more, and another goes on.
    pub(super) fn fail(&mut self, why: String) {
        tracing::warn!(track = %self.name, why, "what makes this track has failed");
        self.failed = true;
        let rank = match self.encoder.take() {
            Some(failed) => {
                let steady = failed.encoder.counts().frames >= STEADY_FRAMES;
                let rank = if steady { 1 } else { failed.rank + 1 };
                self.count(&failed.encoder);
                // Taking a broken graph down may take as long as it likes.
                let _ = spawn("let go", self.name, move || drop(failed));
                rank
            }
            None => 0,
        };
        match &mut self.change {
            // The one that is coming takes over for this reason.
            Change::Opening(asked) | Change::Ready(asked, _) => *asked = Why::Failed(why),
            _ => self.open_another(Why::Failed(why), rank),
        }
    }

    fn open_another(&mut self, why: Why, from: usize) {
        self.change = Change::Opening(why);
        let (name, wanted, order) = (self.name, self.wanted.clone(), self.order());
        let (opener, messages) = (self.opener.clone(), self.messages.clone());
        // A driver may take long: the other tracks must not wait for it.
        let opening = spawn("open", self.name, move || {
            let _ = messages.send(Message::Opened(name, open(name, &wanted, order, from, &opener)));
        });
        if let Err(error) = opening {
            let _ = self.messages.send(Message::Opened(self.name, Err(error)));
        }
    }

    /// Another encoder is open, or none would. An error: nothing makes this track any more.
    pub(super) fn opened(&mut self, opened: Result<Opened, MediaError>) -> Result<(), MediaError> {
        let Change::Opening(why) = std::mem::replace(&mut self.change, Change::None) else { return Ok(()) };
        match (opened, why) {
            (Ok(opened), why) => {
                let number = self.number + 1;
                self.listen(&opened.encoder.output, number);
                self.way_in.hand_over_to(number, opened.encoder.clone());
                self.change = Change::Ready(why, opened);
                Ok(())
            }
            (Err(error), Why::Asked) => {
                tracing::warn!(track = %self.name, %error, "the track goes on as it is");
                Ok(())
            }
            (Err(error), Why::Failed(why)) => Err(MediaError::Invalid(format!("{why}; {error}"))),
        }
    }

    /// The gate has changed over to the maker `number`.
    pub(super) fn took_over(&mut self, number: u32) -> Option<TakenOver> {
        if number != self.number + 1 || !matches!(self.change, Change::Ready(..)) {
            return None;
        }
        let Change::Ready(why, opened) = std::mem::replace(&mut self.change, Change::None) else { return None };
        self.own = None;
        let before = self.encoder.replace(opened);
        let Some(Opened { encoder: before, .. }) = before else { return Some(self.goes_on(why)) };
        self.count(&before);
        self.change = Change::Draining(why, Vec::new());
        let (name, messages) = (self.name, self.messages.clone());
        let draining = spawn("drain", self.name, move || {
            if let Err(error) = before.drain(DRAIN_LIMIT) {
                tracing::warn!(track = %name, %error, "an encoder did not finish; its last frames may be missing");
            }
            let _ = messages.send(Message::Drained(name));
        });
        if draining.is_err() {
            let _ = self.messages.send(Message::Drained(self.name));
        }
        None
    }

    /// The encoder before has given all: the next one, and what it has made already.
    pub(super) fn drained(&mut self) -> Option<(TakenOver, Vec<(Coded, CodedFormat)>)> {
        match std::mem::replace(&mut self.change, Change::None) {
            Change::Draining(why, held) => Some((self.goes_on(why), held)),
            other => {
                self.change = other;
                None
            }
        }
    }

    fn goes_on(&mut self, why: Why) -> TakenOver {
        self.number += 1;
        self.failed = false;
        self.seen = (0, 0, Instant::now());
        let settings = self.encoder.as_ref().map_or(&self.wanted, |opened| &opened.settings).clone();
        TakenOver { why, settings }
    }

    fn count(&mut self, encoder: &H264Encoder) {
        let counts = encoder.counts();
        self.before.frames += counts.frames;
        self.before.dropped += counts.dropped;
    }

    /// Whether the encoder has all frames, and no change is under way.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.change, Change::None) && (self.encoder.is_none() || self.way_in.is_complete())
    }

    /// The encoder, to get its last frames out of it.
    pub(super) fn last(&self) -> Option<&H264Encoder> {
        self.encoder.as_ref().map(|opened| &*opened.encoder)
    }

    pub(super) fn tell(&self, progress: &mut TrackProgress) {
        let now = self.encoder.as_ref().map(|opened| opened.encoder.counts()).unwrap_or_default();
        progress.counts = EncoderCounts {
            frames: self.before.frames + now.frames,
            dropped: self.before.dropped + now.dropped,
            delay_p99_ms: now.delay_p99_ms,
        };
        progress.repeated = self.way_in.repeated();
        progress.changes = !matches!(self.change, Change::None);
        progress.encoding = self.encoder.as_ref().map(|opened| opened.settings.clone());
    }
}

/// Opens the first of the kinds that opens, from the one at `from` on.
fn open(
    name: TrackName,
    wanted: &H264Settings,
    order: Vec<EncoderKind>,
    from: usize,
    opener: &Opener,
) -> Result<Opened, MediaError> {
    let mut failures = Vec::new();
    for (rank, kind) in order.into_iter().enumerate().skip(from) {
        let settings = H264Settings { kind, ..wanted.clone() };
        match opener(name, &settings) {
            Ok(encoder) => return Ok(Opened { encoder: Arc::new(encoder), settings, rank }),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures.dedup();
    Err(MediaError::Invalid(format!("no encoder is left to go on with {name}: {}", failures.join("; "))))
}

pub(super) fn another_way(why: &str) -> String {
    format!("the camera encodes in another way since it came back: {why}")
}

fn spawn(what: &str, name: TrackName, run: impl FnOnce() + Send + 'static) -> Result<(), MediaError> {
    let thread = std::thread::Builder::new().name(format!("{what} {name}")).spawn(run);
    thread.map(drop).map_err(|error| MediaError::Missing { what: "a thread".into(), why: error.to_string() })
}
