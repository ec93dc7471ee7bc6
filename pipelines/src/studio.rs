//! The studio: every picture input as a lane, and the programme mixed from them. What the daemon opens once and keeps.
//!
//! Recording is beside it (`recording`), sound has a desk of its own (`sound`).

use std::collections::BTreeMap;
use std::sync::Arc;

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;

use crate::MediaError;
use crate::black::BlackWatch;
use crate::capture::{Capture, CaptureSettings, OpenPicture};
use crate::clock::MediaClock;
use crate::coded::CodedBus;
use crate::crop::{Crop, PlanPart};
use crate::glance::Glances;
pub use crate::lane::FrameSink;
use crate::lane::{Lane, LaneEvent};
use crate::layout::Layouts;
use crate::movement::MovementWatch;
use crate::own_stream::OwnStream;
use crate::programme::{CutEvent, Programme, ProgrammeShot, ShotChange, Subscriber};
use crate::slate;

/// What a studio is asked for.
#[derive(Clone, Debug)]
pub struct StudioSettings {
    /// The size that pictures are brought to and mixed at.
    pub size: Size,
    pub layouts: Layouts,
    /// The shot to begin with.
    pub first: ShotChange,
}

/// What happens in a studio.
#[derive(Clone, Debug)]
pub enum StudioEvent {
    Lane(LaneEvent),
    Cut(CutEvent),
}

/// Called on the studio's own threads; it must return at once.
pub type StudioEvents = Arc<dyn Fn(StudioEvent) + Send + Sync>;

/// What feeds a lane until it is dropped.
trait Source: Send {
    /// Its signal changed.
    fn reopen(&self) {}
    /// A device came.
    fn try_now(&self) {}
}

impl Source for Capture {
    fn reopen(&self) {
        self.reopen();
    }
    fn try_now(&self) {
        self.try_now();
    }
}

impl Source for Crop {}

struct Input {
    // Closed in this order: the source first, then the lane that it feeds.
    source: Box<dyn Source>,
    lane: Lane,
    coded: CodedBus,
    own_stream: Arc<OwnStream>,
    black: Arc<BlackWatch>,
    movement: Arc<MovementWatch>,
}

pub struct Studio {
    clock: MediaClock,
    size: Size,
    events: StudioEvents,
    inputs: BTreeMap<PictureRole, Input>,
    programme: Programme,
    recorded_programme: CodedBus,
}

impl Studio {
    pub fn open(clock: MediaClock, settings: StudioSettings, events: StudioEvents) -> Result<Self, MediaError> {
        let told = events.clone();
        let programme = Programme::open(settings.size, settings.layouts, settings.first, move |cut| {
            told(StudioEvent::Cut(cut));
        })?;
        let inputs = BTreeMap::new();
        Ok(Self { clock, size: settings.size, events, inputs, programme, recorded_programme: CodedBus::default() })
    }

    /// Adds an input. It shows its slate until the source that `open` opens gives frames.
    pub fn add(&mut self, role: PictureRole, open: OpenPicture) -> Result<(), MediaError> {
        let (lane, coded) = (self.lane(role)?, CodedBus::default());
        let settings = CaptureSettings {
            role,
            size: self.size,
            clock: self.clock.clone(),
            entry: lane.entry(),
            coded: coded.clone(),
        };
        self.insert(role, Box::new(Capture::open(settings, open)), lane, coded);
        Ok(())
    }

    /// Adds an input that shows a part of another one's picture, as `plan` says. It is lost where the other is.
    pub fn add_part(&mut self, role: PictureRole, of: PictureRole, plan: PlanPart) -> Result<(), MediaError> {
        let lane = self.lane(role)?;
        let whole = self.inputs.get(&of).ok_or_else(|| self.no_input(of))?;
        let crop = Crop::open((of, &whole.lane), self.size, lane.entry(), plan)?;
        self.insert(role, Box::new(crop), lane, CodedBus::default());
        Ok(())
    }

    /// A lane that the programme takes frames from.
    fn lane(&self, role: PictureRole) -> Result<Lane, MediaError> {
        let slate = slate::draw(role, self.size)?;
        let events = self.events.clone();
        let lane = Lane::open(role, self.clock.clone(), slate, move |event| events(StudioEvent::Lane(event)));
        lane.subscribe(self.programme.lane_sink(role));
        Ok(lane)
    }

    fn insert(&mut self, role: PictureRole, source: Box<dyn Source>, lane: Lane, coded: CodedBus) {
        let own_stream = OwnStream::watch(&coded, &self.clock);
        let black = BlackWatch::watch(&lane, self.size);
        let movement = MovementWatch::watch(&lane, self.size);
        self.inputs.insert(role, Input { source, lane, coded, own_stream, black, movement });
    }

    /// Opens an input's source anew, because its signal changed.
    pub fn reopen(&self, role: PictureRole) {
        if let Some(input) = self.inputs.get(&role) {
            input.source.reopen();
        }
    }

    /// A device came: sources that are not open are tried at once.
    pub fn device_came(&self) {
        self.inputs.values().for_each(|input| input.source.try_now());
    }

    /// Changes the programme from its next frame on.
    pub fn show(&self, change: ShotChange) -> Result<(), MediaError> {
        self.check(&change.shot)?;
        self.programme.show(change);
        Ok(())
    }

    pub fn clock(&self) -> &MediaClock {
        &self.clock
    }

    pub fn size(&self) -> Size {
        self.size
    }

    pub fn roles(&self) -> impl Iterator<Item = PictureRole> {
        self.inputs.keys().copied()
    }

    /// Gives the programme's frames to `sink`, on the mixer's thread.
    pub fn take_programme(&self, sink: FrameSink) {
        self.programme.subscribe(sink);
    }

    pub(crate) fn programme_subscriber(&self) -> Subscriber {
        self.programme.subscriber()
    }

    /// The programme's frames as a recording has coded them, in order and on media time, for who sends them on.
    pub(crate) fn recorded_programme(&self) -> &CodedBus {
        &self.recorded_programme
    }

    /// Gives an input's frames to `sink`, on its lane's thread.
    pub fn take_input(&self, role: PictureRole, sink: FrameSink) {
        if let Some(input) = self.inputs.get(&role) {
            input.lane.subscribe(sink);
        }
    }

    /// Small pictures of an input for somebody who watches it, one every `every` slots.
    pub fn watch(&self, role: PictureRole, size: Size, every: u64) -> Option<Glances> {
        let (glances, sink) = Glances::new(self.size, size, every);
        self.inputs.get(&role)?.lane.subscribe(sink);
        Some(glances)
    }

    /// Small pictures of the programme, one every `every` slots.
    pub fn watch_programme(&self, size: Size, every: u64) -> Glances {
        let (glances, sink) = Glances::new(self.size, size, every);
        self.programme.subscribe(sink);
        glances
    }

    /// Refuses a shot that cannot be shown, whether its inputs are live or not.
    pub fn check(&self, shot: &ProgrammeShot) -> Result<(), MediaError> {
        if let Some(absent) = shot.inputs.iter().find(|role| !self.inputs.contains_key(role)) {
            return Err(self.no_input(*absent));
        }
        self.programme.check(shot)
    }

    fn no_input(&self, role: PictureRole) -> MediaError {
        let there: Vec<_> = self.inputs.keys().map(|role| role.as_str()).collect();
        MediaError::Invalid(format!("this host has no input `{role}`: use {}", there.join(", ")))
    }

    /// Whether an input's picture has been black for some seconds although frames come, as with HDCP.
    pub fn is_black(&self, role: PictureRole) -> bool {
        self.inputs.get(&role).is_some_and(|input| input.black.is_black())
    }

    /// Whether anything moved before this input's camera since this was asked last.
    pub fn moved(&self, role: PictureRole) -> bool {
        self.inputs.get(&role).is_some_and(|input| input.movement.take())
    }

    /// Whether an input's camera encodes itself, in a form that may be recorded as it comes (HB-3).
    pub fn comes_fit_to_record(&self, role: PictureRole) -> bool {
        self.inputs.get(&role).is_some_and(|input| input.own_stream.fit().is_ok())
    }

    /// Size of the pictures that an input's camera encodes itself.
    pub fn own_size(&self, role: PictureRole) -> Option<Size> {
        self.inputs.get(&role)?.own_stream.size()
    }

    /// The stream that a network camera encodes itself, where it does, and who judges it.
    pub(crate) fn coded_input(&self, role: PictureRole) -> Option<(CodedBus, Arc<OwnStream>)> {
        self.inputs.get(&role).map(|input| (input.coded.clone(), input.own_stream.clone()))
    }
}
