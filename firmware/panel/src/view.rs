//! What the panel itself remembers: where the reader is, what was touched, what is counted down. Events in, effects out; no
//! clock and no I/O.

use std::time::Duration;

use embedded_graphics::prelude::*;
use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_protocol::command::{Command, Ptz, PtzAction, Refusal, RefusalCode, Reply, Shot, Sound, Start};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::pairing::PairingCode;
use ketang_protocol::snapshot::SoundState;
use ketang_protocol::turning::Turning;
use serde::{Deserialize, Serialize};

use crate::action::{self, Action, Target};
use crate::cuts::Cuts;
use crate::lock::{Door, Lock, LockState};
use crate::pairing;
use crate::seen::{Seen, Stage};
use crate::theme::Theme;
use crate::words::Language;

/// So long a stop can be taken back.
pub const UNDO: Duration = Duration::from_secs(5);
/// A microphone below this level for so long is silent: even a quiet room is louder through one that works.
const SILENT_DBFS: f32 = -60.0;
const SILENT_FOR: Duration = Duration::from_secs(10);
/// No second command of a kind that changes the state goes out while one waits for its answer, or for so long.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(3);
/// So long a refusal is shown.
const NOTICE: Duration = Duration::from_secs(8);
/// So long the report of an ended lesson stays when nobody closes it.
const REPORT: Duration = Duration::from_secs(600);
/// Settings and lists give way to the first screen when nobody touches them for so long.
const HOME: Duration = Duration::from_secs(120);

/// The rest of a lesson's controls closes when nobody touches it for so long.
const MORE: Duration = Duration::from_secs(10);

/// The screen that the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// What fits what the host does.
    #[default]
    Home,
    Checks,
    Lessons,
    Settings,
    /// The second leaf of the settings.
    Microphones,
    /// The third: cameras that turn.
    Cameras,
    /// The leaf of IT, behind a PIN of its own.
    It,
    /// IT's first access.
    Pairing,
}

/// What a teacher chose for this panel; kept by the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub language: Language,
    pub theme: Theme,
    /// In percent.
    pub brightness: u8,
    /// The length of lessons that are started here, in minutes; an open end where it is absent from the file.
    #[serde(default)]
    pub plan_minutes: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { language: Language::default(), theme: Theme::default(), brightness: 80, plan_minutes: Some(45) }
    }
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Send(Command),
    /// The settings changed: keep them, and set the display's brightness.
    Keep(Settings),
    /// Somebody locked or unlocked something, or typed a wrong PIN: keep that, and write it down.
    KeepLock(Door, LockState),
    /// A page of IT's is let in from now on.
    BeginAssistance,
    /// None is any more.
    EndAssistance,
}

#[derive(Clone, Debug, Default)]
pub struct View {
    pub settings: Settings,
    pub screen: Screen,
    pub lock: Lock,
    /// Keeps the leaf of IT, and is open for as long as that is shown.
    pub it: Lock,
    pub(crate) page: usize,
    /// The chosen name of the lesson to come, and its teacher.
    pub(crate) name: Option<(String, Option<String>)>,
    finger: Option<Finger>,
    pub(crate) pressed: Option<Action>,
    /// Whether the rest of a lesson's controls is shown.
    pub(crate) more: bool,
    /// Which of the layouts are shown, where they do not fit.
    pub(crate) layouts: usize,
    /// When the stop is sent.
    pub(crate) stops_at: Option<Duration>,
    pub(crate) paused_since: Option<Duration>,
    /// Since when each microphone is below the level.
    quiet: Vec<(SoundRole, Duration)>,
    waits_until: Option<Duration>,
    cuts: Cuts,
    /// The camera that was chosen to be turned.
    pub(crate) camera: Option<PictureRole>,
    turning: Turning,
    pub(crate) notice: Option<(Refusal, Duration)>,
    closed: Option<LessonId>,
    ended_since: Option<Duration>,
    touched: Duration,
    /// No touch can come: the touchscreen does not work.
    pub(crate) untouchable: bool,
    began: bool,
}

impl View {
    pub fn new(settings: Settings, lock: Lock, mut it: Lock) -> Self {
        it.shut();
        Self { settings, lock, it, ..Self::default() }
    }

    /// The lock whose PIN is typed.
    fn pad(&mut self) -> &mut Lock {
        if self.lock.is_shut() { &mut self.lock } else { &mut self.it }
    }

    fn doors(&self) -> [(Door, LockState); 2] {
        [(Door::Panel, self.lock.state()), (Door::It, self.it.state())]
    }

    /// What the host does, without reports that were closed.
    pub fn stage(&self, seen: &Seen) -> Stage {
        match seen.stage() {
            Stage::Ended if seen.lesson().is_some_and(|lesson| self.closed.as_ref() == Some(&lesson.id)) => Stage::Idle,
            stage => stage,
        }
    }

    /// The code for IT's first access, where no lesson is in its way.
    pub(crate) fn pairing<'a>(&self, seen: &Seen<'a>) -> Option<&'a PairingCode> {
        let code = seen.pairing.filter(|code| pairing::is_current(code, seen.wall.timestamp()));
        code.filter(|_| self.stage(seen) == Stage::Idle)
    }

    /// To be called at each new snapshot and some times a second: what time alone brings about.
    pub fn pass(&mut self, seen: &Seen) -> Vec<Effect> {
        let now = seen.now;
        if !self.began && seen.snapshot.is_some() {
            self.began = true;
            // A lesson that was over before the panel began is history.
            self.closed = seen.lesson().filter(|lesson| lesson.outcome.is_end()).map(|lesson| lesson.id.clone());
        }
        self.hear(seen);
        let stage = self.stage(seen);
        let since = |was: &mut Option<Duration>, is: bool| *was = is.then(|| was.unwrap_or(now));
        since(&mut self.paused_since, stage == Stage::Paused);
        since(&mut self.ended_since, stage == Stage::Ended && seen.lesson().is_some_and(|of| of.outcome.is_end()));
        if self.ended_since.is_some_and(|since| now >= since + REPORT) {
            self.closed = seen.lesson().map(|lesson| lesson.id.clone());
        }
        let is_over = self.screen == Screen::Pairing && self.pairing(seen).is_none();
        if is_over || self.screen != Screen::Home && now >= self.touched + HOME {
            self.open(Screen::Home);
        }
        if self.more && now >= self.touched + MORE {
            self.more = false;
        }
        self.notice.take_if(|(_, until)| now >= *until);
        self.waits_until.take_if(|until| now >= *until);
        let runs = matches!(stage, Stage::Recording | Stage::Paused);
        if !runs {
            self.cuts.forget();
            // No lesson is ended later by what nobody sees any more.
            let taken_back = self.stops_at.take().filter(|_| stage == Stage::Unreachable);
            if taken_back.is_some() {
                self.notice = Some((not_stopped(), now + NOTICE));
            }
        }
        let mut effects: Vec<Effect> = self.cuts.due(now).map(cut).into_iter().collect();
        // What waits for an answer is waited for: a stop is not lost behind it.
        if !self.waits() && self.stops_at.take_if(|at| now >= *at).is_some() {
            effects.extend(self.send(Command::Stop {}, now));
        }
        effects.extend(self.turn(now));
        effects
    }

    fn hear(&mut self, seen: &Seen) {
        let sounds = seen.snapshot.map(|snapshot| snapshot.sounds.as_slice()).unwrap_or_default();
        // One that people turned down or muted works as well as before.
        let is_quiet = |sound: &SoundState| !sound.muted && sound.level_dbfs - sound.gain_db <= SILENT_DBFS;
        let silent = |role: SoundRole| {
            role != SoundRole::LineIn && sounds.iter().any(|sound| sound.role == role && sound.live && is_quiet(sound))
        };
        self.quiet.retain(|(role, _)| silent(*role));
        for role in SoundRole::ALL {
            if silent(role) && self.quiet.iter().all(|(of, _)| *of != role) {
                self.quiet.push((role, seen.now));
            }
        }
    }

    /// Whether a microphone gives no sound for so long that it must be off.
    pub(crate) fn is_silent(&self, role: SoundRole, now: Duration) -> bool {
        self.quiet.iter().any(|(of, since)| *of == role && now >= *since + SILENT_FOR)
    }

    /// A finger: acts when the first one leaves the target that it touched. Others are ignored until then.
    pub fn touch(&mut self, event: TouchEvent, targets: &[Target], seen: &Seen) -> Vec<Effect> {
        match event {
            TouchEvent::Away | TouchEvent::Here => self.untouchable = event == TouchEvent::Away,
            TouchEvent::Lost => {}
            TouchEvent::Down { .. } | TouchEvent::Move { .. } | TouchEvent::Up { .. } => self.touched = seen.now,
        }
        let mut effects = self.follow(event, targets, seen);
        effects.extend(self.turn(seen.now));
        effects
    }

    /// A camera turns as long as a finger lies on what turns it.
    fn turn(&mut self, now: Duration) -> Option<Effect> {
        let held = match self.pressed {
            Some(Action::Turn { input, way }) if self.screen == Screen::Cameras => Some((input, way)),
            _ => None,
        };
        self.turning.hold(held);
        self.turning.due(now).map(|ptz| Effect::Send(Command::Ptz(ptz)))
    }

    fn follow(&mut self, event: TouchEvent, targets: &[Target], seen: &Seen) -> Vec<Effect> {
        match event {
            TouchEvent::Down { finger, x, y } if self.finger.is_none() => {
                self.finger = Some(finger);
                self.pressed = action::at(targets, Point::new(x, y)).cloned();
            }
            TouchEvent::Move { finger, x, y } if self.finger == Some(finger) => {
                let under = action::at(targets, Point::new(x, y));
                self.pressed.take_if(|pressed| under != Some(&*pressed));
            }
            TouchEvent::Up { finger } if self.finger == Some(finger) => {
                self.finger = None;
                // The screen may have changed under the finger: what is no longer there is not done.
                let pressed = self.pressed.take().filter(|action| targets.iter().any(|at| at.action == *action));
                let before = self.doors();
                let mut effects = pressed.map(|action| self.act(action, seen)).unwrap_or_default();
                let changed = self.doors().into_iter().zip(before).filter(|(after, before)| after != before);
                effects.extend(changed.map(|((door, lock), _)| Effect::KeepLock(door, lock)));
                return effects;
            }
            TouchEvent::Lost | TouchEvent::Away | TouchEvent::Here => (self.finger, self.pressed) = (None, None),
            _ => {}
        }
        Vec::new()
    }

    fn act(&mut self, action: Action, seen: &Seen) -> Vec<Effect> {
        let now = seen.now;
        match action {
            Action::Start => {
                let (title, teacher) = self.name.take().map_or((None, None), |(title, of)| (Some(title), of));
                // The host knows when the period ends.
                let in_period = seen.at_hand().is_some();
                let minutes = self.settings.plan_minutes.filter(|_| !in_period);
                let planned_seconds = minutes.map(|minutes| u64::from(minutes) * 60);
                let open_end = !in_period && planned_seconds.is_none();
                self.open(Screen::Home);
                return self.send(Command::Start(Start { title, teacher, planned_seconds, open_end }), now);
            }
            Action::Show(shot) => return self.cuts.wish(shot, now).map(cut).into_iter().collect(),
            Action::Direct(mode) => return self.send(Command::Direct { mode }, now),
            Action::Mute { role, muted } => {
                return self.send(Command::Sound(Sound { role, gain_db: None, muted: Some(muted) }), now);
            }
            Action::Volume { role, gain_db } => {
                return self.send(Command::Sound(Sound { role, gain_db: Some(gain_db), muted: None }), now);
            }
            Action::Camera(input) => (self.camera, self.page) = (Some(input), 0),
            // It turned while it was held.
            Action::Turn { .. } => {}
            Action::Preset { input, preset } => {
                return self.send(Command::Ptz(Ptz { input, action: PtzAction::Go { preset } }), now);
            }
            Action::More(open) => self.more = open,
            Action::Chapter => {
                self.more = false;
                return self.send(Command::Chapter { title: None }, now);
            }
            Action::Extend(minutes) => {
                self.more = false;
                return self.send(Command::Extend { minutes }, now);
            }
            Action::Pause => return self.send(Command::Pause {}, now),
            Action::Resume => return self.send(Command::Resume {}, now),
            Action::Stop => self.stops_at = Some(now + UNDO),
            Action::GoOn => self.stops_at = None,
            Action::Name { title, teacher } => {
                let chosen = self.name.take_if(|(of, _)| *of == title).is_some();
                self.name = (!chosen).then_some((title, teacher));
            }
            Action::Open(screen) => self.open(screen),
            Action::Page(page) => self.page = page,
            Action::Layouts(page) => self.layouts = page,
            Action::Lock => {
                self.open(Screen::Home);
                self.lock.shut();
            }
            Action::Digit(digit) => self.pad().press(digit, now),
            Action::Erase => self.pad().erase(),
            Action::Seen(lesson) => self.closed = Some(lesson),
            Action::BeginAssistance => return vec![Effect::BeginAssistance],
            Action::EndAssistance => return vec![Effect::EndAssistance],
            Action::Plan(minutes) => return self.set(|settings| settings.plan_minutes = minutes),
            Action::Speak(language) => return self.set(|settings| settings.language = language),
            Action::Look(theme) => return self.set(|settings| settings.theme = theme),
            Action::Brightness(percent) => return self.set(|settings| settings.brightness = percent),
        }
        Vec::new()
    }

    fn open(&mut self, screen: Screen) {
        (self.screen, self.page) = (screen, 0);
        if screen != Screen::It {
            self.it.shut();
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut Settings)) -> Vec<Effect> {
        change(&mut self.settings);
        vec![Effect::Keep(self.settings.clone())]
    }

    /// Sends what changes the state, but not twice in a flood of taps.
    fn send(&mut self, command: Command, now: Duration) -> Vec<Effect> {
        if self.waits() {
            return Vec::new();
        }
        self.waits_until = Some(now + ANSWER_LIMIT);
        vec![Effect::Send(command)]
    }

    /// A command is on its way.
    pub(crate) fn waits(&self) -> bool {
        self.waits_until.is_some()
    }

    /// The host answered a command, or could not be asked.
    pub fn answered(&mut self, command: &Command, answer: &Reply, now: Duration) -> Vec<Effect> {
        if let Reply::Refused(refusal) = answer {
            self.notice = Some((refusal.clone(), now + NOTICE));
        }
        // The answer to what is asked again and again says nothing about what changes the state.
        match command {
            Command::Layout(_) => self.cuts.answered(now).map(cut).into_iter().collect(),
            Command::Ptz(Ptz { action: PtzAction::Steer(_) | PtzAction::Stop {}, .. }) => {
                self.turning.answered();
                if matches!(answer, Reply::Refused(_)) {
                    self.pressed = None;
                }
                self.turn(now).into_iter().collect()
            }
            _ => {
                self.waits_until = None;
                Vec::new()
            }
        }
    }
}

fn cut(shot: Shot) -> Effect {
    Effect::Send(Command::Layout(shot))
}

fn not_stopped() -> Refusal {
    let chinese = "还没有下课：等主机恢复后，请再点一次“下课”";
    Refusal::new(
        RefusalCode::Unavailable,
        chinese,
        "The class was not ended: touch End class again when the host is back",
    )
}
