//! What the studio, the desk and the devices tell, and what follows from it.

use ketang_hal::role::{PictureRole, Role};
use ketang_hal::time::MediaTime;
use ketang_lesson::{Moment, What};
use ketang_pipelines::lane::LaneEvent;
use ketang_pipelines::sound::{Levels, SoundEvent};
use ketang_pipelines::studio::StudioEvent;
use ketang_protocol::command::Shot;
use ketang_protocol::lesson::EventKind;

use super::receivers::SignalNews;
use super::{Host, tell};
use crate::eyes::Slide;

impl Host {
    pub(super) fn studio_event(&mut self, event: StudioEvent) {
        match event {
            StudioEvent::Lane(LaneEvent::Lost { role, at, why }) => {
                self.input_lost(role.into(), at.start(), why);
                self.seen_live(role, false);
            }
            StudioEvent::Lane(LaneEvent::Back { role, at }) => {
                self.input_back(role.into(), at.start());
                self.seen_live(role, true);
            }
            StudioEvent::Cut(cut) => {
                self.shot = cut.shot.clone();
                let shot = Shot { layout: cut.shot.layout, inputs: cut.shot.inputs };
                // What was ordered before a lesson began is on air before it, and none of its cuts.
                if let Some(why) = self.directing.made(&shot) {
                    let event = EventKind::Cut { shot, reason: cut.reason, why: Some(why) };
                    self.note_in_lesson(self.moment(cut.slot.start()), event);
                }
            }
        }
    }

    pub(super) fn sound_event(&mut self, event: SoundEvent) {
        match event {
            SoundEvent::Lost { role, at, why } => self.input_lost(role.into(), at, why),
            SoundEvent::Back { role, at } => self.input_back(role.into(), at),
            SoundEvent::Jumped { role, at, seconds } => {
                tracing::warn!(input = %role, seconds, "a sound card jumped and was resynchronised");
                self.note_in_lesson(self.moment(at), EventKind::SoundJumped { input: role, seconds });
            }
            SoundEvent::WithoutEchoCancellation { role, why } => {
                tracing::warn!(input = %role, why, "the computer's sound stays audible in this microphone");
                self.note_in_lesson(self.clock.now(), EventKind::WithoutEchoCancellation { input: role, why });
            }
            SoundEvent::EncoderFailed { variant, why } => {
                // The recording takes another one, and tells of it.
                tracing::error!(mix = variant.as_str(), why, "a sound encoder failed");
            }
            SoundEvent::Levels(levels) => {
                self.look_at_microphones(&levels);
                self.peaks.hear(&levels);
                self.hear(&levels);
            }
        }
    }

    pub(super) fn signal_news(&mut self, news: SignalNews) {
        match news {
            SignalNews::Changed { role, signal } => {
                let signal = signal.to_string();
                self.note_in_lesson(self.clock.now(), EventKind::SignalChanged { input: role, signal });
                self.studio.reopen(role);
            }
            SignalNews::Hotplug { device, there } => {
                tracing::info!(device = %device.display(), there, "a device came or went");
                if there {
                    self.studio.device_came();
                }
            }
        }
    }

    /// `at`: the first moment in which it is missing.
    fn input_lost(&mut self, role: Role, at: MediaTime, why: String) {
        let was_live = self.inputs.lost(role, &why);
        self.alarms.raise(tell::input_lost(role, &why));
        if was_live {
            self.lesson_input(self.moment(at), What::InputLost { input: role, why });
        }
    }

    fn input_back(&mut self, role: Role, at: MediaTime) {
        self.inputs.back(role);
        self.alarms.clear(tell::INPUT_LOST, Some(role));
        self.lesson_input(self.moment(at), What::InputBack { input: role });
    }

    /// The present on the wall's clock, and the moment on the media clock that something was told of.
    fn moment(&self, media: MediaTime) -> Moment {
        Moment { wall: self.clock.wall(), media }
    }

    /// Microphones begin without an event; their levels tell that they live.
    fn look_at_microphones(&mut self, levels: &Levels) {
        for level in levels.microphones.iter().filter(|level| level.live) {
            if self.inputs.sounds().any(|(role, input)| role == level.role && !input.live) {
                self.input_back(level.role.into(), self.clock.media().now());
            }
        }
    }

    /// Another slide: a chapter of the lesson that runs, with its picture.
    pub(super) fn slide_came(&mut self, Slide { began, png }: Slide) {
        let Some((id, in_hand)) = self.lessons.running() else { return };
        let at = self.moment(MediaTime(began.0 * 1_000_000));
        let Some(record) = in_hand.machine.state().record() else { return };
        let name = format!("slide-{:09}.png", record.timeline().at(at.media).as_millis());
        let kept = self
            .lessons
            .data
            .folder(id)
            .map_err(|error| error.to_string())
            .and_then(|folder| std::fs::write(folder.path().join(&name), png).map_err(|error| error.to_string()));
        if let Err(why) = &kept {
            tracing::warn!(lesson = %id, why, "a slide's picture could not be kept");
        }
        self.note_in_lesson(at, EventKind::Slide { picture: kept.is_ok().then_some(name) });
    }

    /// Whether anything moved before the cameras in the last second; `None` where no camera is live.
    pub(super) fn moved(&self) -> Option<bool> {
        let cameras = self.inputs.pictures().filter(|(role, input)| *role != PictureRole::Hdmi && input.live);
        // Every camera is asked, so that each forgets what it has told.
        cameras.map(|(role, _)| self.studio.moved(role)).reduce(|one, other| one | other)
    }

    /// A camera was opened and told how to make its picture.
    pub(super) fn picture_set(&mut self, role: PictureRole, set: Result<(), String>) {
        match set {
            Ok(()) => self.alarms.clear(tell::PICTURE_NOT_SET, Some(Role::Picture(role))),
            Err(why) => self.alarms.raise(tell::picture_not_set(role, &why)),
        };
    }

    /// Once a second: a computer picture that is black while its signal is there.
    pub(super) fn look_at_inputs(&mut self) {
        let computer = Role::from(PictureRole::Hdmi);
        let black = self.studio.is_black(PictureRole::Hdmi);
        let changed = if black {
            self.alarms.raise(tell::picture_black(computer))
        } else {
            self.alarms.clear(tell::PICTURE_BLACK, Some(computer))
        };
        if changed {
            let kind = EventKind::Alarm { alarm: tell::PICTURE_BLACK.into(), raised: black };
            self.note_in_lesson(self.clock.now(), kind);
        }
    }
}
