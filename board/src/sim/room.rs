//! The simulated room as its users hold it: made from settings, asked for painters, voices and the truth, told what happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ketang_hal::picture::Painter;
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::Voice;
use ketang_hal::time::FRAMES_PER_SECOND;

use super::cameras::Camera;
use super::computer::{Computer, Desktop};
use super::scene::Course;
use super::script::{Happening, Script, ScriptError, Timed};
use super::studio::{Shooting, Studio};
use super::truth::{self, Truth};
use super::voice::Microphone;

/// How a room is to be.
#[derive(Clone, Debug)]
pub struct RoomSettings {
    /// Chooses the people's looks and everything that is left to chance.
    pub seed: u64,
    /// Whether every frame carries its number (`ketang_hal::mark`).
    pub marks: bool,
    /// Whether every voice beeps at each full second.
    pub beeps: bool,
    /// How fast the sound cards' clocks run, in parts per million.
    pub sound_clock_ppm: f64,
    pub script: Script,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self { seed: 1, marks: false, beeps: false, sound_clock_ppm: 0.0, script: Script::default() }
    }
}

/// A classroom that a program draws. Clones are the same room.
#[derive(Clone)]
pub struct Room {
    shared: Arc<Shared>,
}

/// What a room's painters and voices have in common. The lock is held for the length of a look only.
pub(super) struct Shared {
    pub(super) settings: RoomSettings,
    /// In the order of their times.
    told: RwLock<Arc<Vec<Timed>>>,
    /// The newest frame that anybody has drawn or heard.
    newest: AtomicU64,
    studios: [OnceLock<Arc<Studio>>; PictureRole::ALL.len()],
    desktop: OnceLock<Arc<Desktop>>,
}

impl Shared {
    pub(super) fn with_course<T>(&self, look: impl FnOnce(Course<'_>) -> T) -> T {
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner).clone();
        look(Course { seed: self.settings.seed, script: &self.settings.script, told: &told })
    }

    pub(super) fn seen(&self, frame: u64) {
        self.newest.fetch_max(frame, Ordering::Relaxed);
    }

    pub(super) fn seen_seconds(&self, seconds: f64) {
        self.seen((seconds * FRAMES_PER_SECOND as f64) as u64);
    }
}

impl Room {
    pub fn new(settings: RoomSettings) -> Room {
        Room {
            shared: Arc::new(Shared {
                settings,
                told: RwLock::default(),
                newest: AtomicU64::new(0),
                studios: Default::default(),
                desktop: OnceLock::new(),
            }),
        }
    }

    /// A camera or the computer; the first of a role takes a moment, in which its background is painted. The room has no
    /// camera of its own for the blackboard: `board` shows the teacher's panorama.
    pub fn painter(&self, role: PictureRole) -> Box<dyn Painter> {
        let shared = self.shared.clone();
        let shown = if role == PictureRole::Board { PictureRole::TeacherPanorama } else { role };
        match Camera::of(shown) {
            Some(camera) => {
                let studio = shared.studios[shown as usize].get_or_init(|| Studio::open(camera, &shared)).clone();
                Box::new(Shooting::new(shared, studio, role))
            }
            None => {
                let desktop = shared.desktop.get_or_init(Arc::default).clone();
                Box::new(Computer::new(shared, desktop))
            }
        }
    }

    /// A microphone, or the computer's sound.
    pub fn voice(&self, role: SoundRole) -> Box<dyn Voice> {
        Box::new(Microphone::new(self.shared.clone(), role))
    }

    /// Seconds after which the script begins again.
    pub fn length(&self) -> f64 {
        self.shared.settings.script.length()
    }

    /// Seconds from the opening to the newest frame that anybody has drawn or heard.
    pub fn seconds(&self) -> f64 {
        self.shared.newest.load(Ordering::Relaxed) as f64 / FRAMES_PER_SECOND as f64
    }

    /// What is the case at `seconds` after the opening.
    pub fn truth(&self, seconds: f64) -> Truth {
        self.shared.with_course(|course| truth::truth(course, seconds))
    }

    /// Makes something happen now, which is the frame after the newest that was drawn. Returns its second.
    pub fn tell(&self, happening: Happening) -> Result<f64, ScriptError> {
        let next = self.shared.newest.load(Ordering::Relaxed) + 1;
        let seconds = next as f64 / FRAMES_PER_SECOND as f64;
        self.tell_at(seconds, happening)?;
        Ok(seconds)
    }

    /// Makes something happen at `seconds` after the opening, once.
    pub fn tell_at(&self, seconds: f64, happening: Happening) -> Result<(), ScriptError> {
        Script::check(&happening)?;
        let mut told = self.shared.told.write().unwrap_or_else(PoisonError::into_inner);
        let place = told.partition_point(|timed| timed.at <= seconds);
        Arc::make_mut(&mut told).insert(place, Timed { at: seconds, happening });
        Ok(())
    }
}
