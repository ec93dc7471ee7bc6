//! The programme: one shot out of all lanes, slot after slot.
//!
//! ```text
//!  lane ─┐
//!  lane ─┼─► mixer thread: shot ─► single? pass the frame on : compose ─► sinks (encoder, HDMI out, preview)
//!  lane ─┘
//! ```
//!
//! A new shot takes effect at the next slot, so a cut lies on a frame's border and no slot is missing or repeated. A slot is
//! given out when every input of the shot has filled it; since lanes fill every slot, that always comes.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_hal::time::Slot;

use crate::MediaError;
use crate::compose::{Composer, dissolve};
use crate::lane::{Frame, FrameSink};
use crate::layout::{Layouts, SINGLE};
use crate::pool::FramePool;

/// Frames of a lane that may wait for the lanes that are slower: 0.6 s. The grace of a late camera is a third of it.
const WAITING: usize = 15;
/// Messages on their way to the mixer: two thirds of a second of six lanes. What is beyond is let go, not piled up.
const INBOX: usize = 100;

/// Which inputs are shown, and in which layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgrammeShot {
    pub layout: String,
    pub inputs: Vec<PictureRole>,
}

/// A shot that was asked for.
#[derive(Clone, Debug)]
pub struct ShotChange {
    pub shot: ProgrammeShot,
    /// Length of the dissolve into it, in slots; 0 is a cut.
    pub dissolve_slots: u64,
    /// Why, for the lesson's events.
    pub reason: String,
}

/// What the programme tells.
#[derive(Clone, Debug)]
pub struct CutEvent {
    /// The first slot of the new shot.
    pub slot: Slot,
    pub shot: ProgrammeShot,
    pub reason: String,
}

enum Message {
    Frame(PictureRole, Frame),
    Show(ShotChange),
    Subscribe(FrameSink),
    Close,
}

pub(crate) struct Programme {
    messages: SyncSender<Message>,
    layouts: Layouts,
    thread: Option<JoinHandle<()>>,
}

impl Programme {
    pub(crate) fn open(
        size: Size,
        layouts: Layouts,
        first: ShotChange,
        events: impl Fn(CutEvent) + Send + 'static,
    ) -> Result<Self, MediaError> {
        check(&layouts, &first.shot)?;
        let (messages, inbox) = mpsc::sync_channel(INBOX);
        let mixer = Mixer::new(size, layouts.clone(), first)?;
        let thread = std::thread::Builder::new()
            .name("programme".into())
            .spawn(move || mixer.run(&inbox, &events))
            .expect("the system can start a thread");
        Ok(Self { messages, layouts, thread: Some(thread) })
    }

    /// Shows another shot, which was checked, from the next slot on.
    pub(crate) fn show(&self, change: ShotChange) {
        let _ = self.messages.send(Message::Show(change));
    }

    pub(crate) fn check(&self, shot: &ProgrammeShot) -> Result<(), MediaError> {
        check(&self.layouts, shot)
    }

    /// The way in for the frames of `role`'s lane.
    pub(crate) fn lane_sink(&self, role: PictureRole) -> FrameSink {
        let messages = self.messages.clone();
        Box::new(move |frame| {
            let sent = messages.try_send(Message::Frame(role, frame.clone()));
            !matches!(sent, Err(TrySendError::Disconnected(_)))
        })
    }

    pub(crate) fn subscribe(&self, sink: FrameSink) {
        self.subscriber().subscribe(sink);
    }

    pub(crate) fn subscriber(&self) -> Subscriber {
        Subscriber(self.messages.clone())
    }
}

/// A way to the programme's frames for who comes and goes on a thread of its own.
pub(crate) struct Subscriber(SyncSender<Message>);

impl Subscriber {
    pub(crate) fn subscribe(&self, sink: FrameSink) {
        let _ = self.0.send(Message::Subscribe(sink));
    }
}

impl Drop for Programme {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn check(layouts: &Layouts, shot: &ProgrammeShot) -> Result<(), MediaError> {
    let Some(layout) = layouts.get(&shot.layout) else {
        let names: Vec<_> = layouts.names().collect();
        return Err(MediaError::Invalid(format!("there is no layout `{}`: use {}", shot.layout, names.join(", "))));
    };
    if layout.panes.len() != shot.inputs.len() {
        return Err(MediaError::Invalid(format!(
            "layout `{}` has {} panes and {} inputs were given: give one input a pane",
            shot.layout,
            layout.panes.len(),
            shot.inputs.len()
        )));
    }
    Ok(())
}

/// What is shown now.
struct OnAir {
    shot: ProgrammeShot,
    /// `None` for a single picture, which is passed on as it is.
    composer: Option<Composer>,
}

/// The shot that is being left.
struct Leaving {
    from: OnAir,
    /// Slots of the dissolve that were given out.
    done: u64,
    slots: u64,
}

struct Mixer {
    size: Size,
    layouts: Layouts,
    lanes: HashMap<PictureRole, VecDeque<Frame>>,
    on_air: OnAir,
    leaving: Option<Leaving>,
    waiting: Option<ShotChange>,
    /// The next slot to give out; `None` before the first frame.
    next: Option<Slot>,
    pool: FramePool,
    sinks: Vec<FrameSink>,
}

impl Mixer {
    fn new(size: Size, layouts: Layouts, first: ShotChange) -> Result<Self, MediaError> {
        let on_air = on_air(&layouts, size, first.shot.clone())?;
        Ok(Self {
            size,
            layouts,
            lanes: HashMap::new(),
            on_air,
            leaving: None,
            waiting: Some(ShotChange { dissolve_slots: 0, ..first }),
            next: None,
            pool: FramePool::new(size)?,
            sinks: Vec::new(),
        })
    }

    fn run(mut self, inbox: &Receiver<Message>, events: &dyn Fn(CutEvent)) {
        for message in inbox {
            match message {
                Message::Frame(role, frame) => {
                    let lane = self.lanes.entry(role).or_default();
                    lane.push_back(frame);
                    if lane.len() > WAITING {
                        lane.pop_front();
                    }
                    self.give_out(events);
                    self.let_go();
                }
                Message::Show(change) => self.waiting = Some(change),
                Message::Subscribe(sink) => self.sinks.push(sink),
                Message::Close => return,
            }
        }
    }

    /// Gives out every slot that is complete.
    fn give_out(&mut self, events: &dyn Fn(CutEvent)) {
        loop {
            if let Some(change) = self.waiting.take() {
                self.cut(change, events);
            }
            let Some(slot) = self.next.or_else(|| self.first_slot()) else { return };
            let Some(inputs) = self.inputs(&self.on_air.shot, slot) else { return };
            let from = match &self.leaving {
                None => None,
                Some(leaving) => match self.inputs(&leaving.from.shot, slot) {
                    None => return,
                    from => from,
                },
            };
            let picture = match self.picture(&inputs, from.as_deref()) {
                Ok(picture) => picture,
                Err(error) => {
                    tracing::error!(%error, "a slot of the programme could not be drawn; its first input is shown");
                    inputs[0].buffer.clone()
                }
            };
            let captured = inputs.iter().map(|frame| frame.captured).min().unwrap_or_else(|| slot.start());
            let kind = inputs[0].kind;
            let frame = Frame { slot, buffer: picture, captured, kind };
            self.sinks.retain_mut(|sink| sink(&frame));
            self.next = Some(slot.next());
        }
    }

    /// No shot, this one or a later one, shows a slot that was given out.
    fn let_go(&mut self) {
        let Some(next) = self.next else { return };
        for lane in self.lanes.values_mut() {
            while lane.front().is_some_and(|frame| frame.slot < next) {
                lane.pop_front();
            }
        }
    }

    fn first_slot(&self) -> Option<Slot> {
        let newest = |role| self.lanes.get(role)?.back().map(|frame| frame.slot);
        self.on_air.shot.inputs.iter().map(newest).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The frames of `slot`, one a pane, as soon as all are there.
    fn inputs(&self, shot: &ProgrammeShot, slot: Slot) -> Option<Vec<Frame>> {
        shot.inputs
            .iter()
            .map(|role| {
                let lane = self.lanes.get(role)?;
                // A lane that was opened after this slot has only later frames: its first one serves.
                lane.iter().find(|frame| frame.slot >= slot).cloned()
            })
            .collect()
    }

    /// Draws one slot; `from` is there while a shot is being left.
    fn picture(&mut self, inputs: &[Frame], from: Option<&[Frame]>) -> Result<gst::Buffer, MediaError> {
        let to = draw(&self.on_air, inputs)?;
        let (Some(leaving), Some(from)) = (&mut self.leaving, from) else { return Ok(to) };
        leaving.done += 1;
        let share = (leaving.done * 256 / (leaving.slots + 1)) as u16;
        let mixed = draw(&leaving.from, from).and_then(|from| dissolve(&from, &to, share, &self.pool));
        if leaving.done >= leaving.slots {
            self.leaving = None;
        }
        mixed
    }

    fn cut(&mut self, change: ShotChange, events: &dyn Fn(CutEvent)) {
        let on_air = match on_air(&self.layouts, self.size, change.shot.clone()) {
            Ok(on_air) => on_air,
            Err(error) => {
                tracing::error!(%error, "a shot could not be prepared; the one before stays");
                return;
            }
        };
        let from = std::mem::replace(&mut self.on_air, on_air);
        self.leaving = (change.dissolve_slots > 0).then_some(Leaving { from, done: 0, slots: change.dissolve_slots });
        let slot = self.next.or_else(|| self.first_slot()).unwrap_or_default();
        events(CutEvent { slot, shot: change.shot, reason: change.reason });
    }
}

fn on_air(layouts: &Layouts, size: Size, shot: ProgrammeShot) -> Result<OnAir, MediaError> {
    let composer = match layouts.get(&shot.layout) {
        _ if shot.layout == SINGLE => None,
        Some(layout) => Some(Composer::new(layout, size)?),
        None => return Err(MediaError::Invalid(format!("there is no layout `{}`", shot.layout))),
    };
    Ok(OnAir { shot, composer })
}

fn draw(on_air: &OnAir, inputs: &[Frame]) -> Result<gst::Buffer, MediaError> {
    match &on_air.composer {
        None => Ok(inputs[0].buffer.clone()),
        Some(composer) => {
            let buffers: Vec<_> = inputs.iter().map(|frame| frame.buffer.clone()).collect();
            composer.compose(&buffers)
        }
    }
}
