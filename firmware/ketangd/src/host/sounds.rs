//! The microphones' volumes, and the controls of their sound cards.

use std::collections::{BTreeMap, BTreeSet};

use ketang_hal::role::{Role, SoundRole};
use ketang_hal::sound::{CaptureControl, shut_by};
use ketang_lesson::{Moment, What};
use ketang_pipelines::sound::Volume;
use ketang_protocol::command::{Command, Refusal, RefusalCode, Sound, SoundCard};
use ketang_protocol::lesson::{EventKind, LessonId};
use ketang_protocol::snapshot::CardControl;

use super::{Host, Message, tell};
use crate::config::Config;
use crate::volumes::Volumes;

/// A card that lets nothing through is looked at again so often: somebody may open it with a tool of the system.
const LOOK_SECONDS: u32 = 5;

#[derive(Debug)]
pub(super) struct Sounds {
    volumes: Volumes,
    muted: BTreeSet<SoundRole>,
    cards: BTreeMap<SoundRole, Vec<CaptureControl>>,
    /// Seconds since a card that lets nothing through was looked at.
    looked: u32,
}

impl Sounds {
    pub(super) fn new(volumes: Volumes) -> Self {
        Self { volumes, muted: BTreeSet::new(), cards: BTreeMap::new(), looked: 0 }
    }

    pub(super) fn volume(&self, role: SoundRole) -> Volume {
        Volume { gain_db: self.volumes.get(role), muted: self.muted.contains(&role) }
    }

    /// As the snapshot tells of it.
    pub(super) fn card(&self, role: SoundRole) -> Vec<CardControl> {
        self.cards.get(&role).into_iter().flatten().cloned().map(CardControl::from).collect()
    }
}

impl Host {
    pub(super) fn set_volume(&mut self, Sound { role, gain_db, muted }: &Sound) -> Result<(), Refusal> {
        configured(&self.config, *role)?;
        if let Some(gain) = *gain_db
            && let Err(error) = self.sounds.volumes.set(*role, gain)
        {
            tracing::warn!(%error, "a volume holds until the host is started anew");
        }
        if let Some(muted) = muted {
            self.sounds.muted.retain(|other| other != role);
            self.sounds.muted.extend(muted.then_some(*role));
        }
        self.desk.set_volume(*role, self.sounds.volume(*role));
        Ok(())
    }

    /// A lesson begins with every microphone open, and its events say which were muted until then.
    pub(super) fn unmute_for_lesson(&mut self, lesson: &LessonId, moment: Moment) {
        for role in std::mem::take(&mut self.sounds.muted) {
            tracing::info!(input = %role, "unmuted, because a lesson begins");
            self.desk.set_volume(role, self.sounds.volume(role));
            let command = Command::Sound(Sound { role, gain_db: None, muted: Some(false) });
            let kind = EventKind::Command { from: "ketangd".into(), command };
            self.step_logged(lesson, moment, What::Note(kind));
        }
    }

    pub(super) fn set_card(&mut self, SoundCard { role, control, percent, on }: SoundCard) -> Result<(), Refusal> {
        let address = configured(&self.config, role)?;
        let known = self.sounds.cards.get(&role).map(Vec::as_slice).unwrap_or_default();
        if !known.iter().any(|known| known.name == control) {
            let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
            let all = if names.is_empty() { "-".to_owned() } else { names.join(", ") };
            let chinese = format!("{}的声卡没有录音控制项 `{control}`：可用 {all}", role.chinese());
            let english = format!("the sound card of {role} has no capture control `{control}`: use {all}");
            return Err(Refusal::new(RefusalCode::NotFound, chinese, english));
        }
        let set = self.board.set_capture(&address, &CaptureControl { name: control, percent, on });
        set.map_err(|error| Refusal::new(RefusalCode::Failed, format!("声卡无法设置：{error}"), error.to_string()))?;
        let controls = self.board.capture_controls(&address).unwrap_or_default();
        self.card_told(role, controls);
        Ok(())
    }

    /// What a card's controls are, at its opening and when somebody changed them.
    pub(super) fn card_told(&mut self, role: SoundRole, controls: Vec<CaptureControl>) {
        let alarm = shut_by(&controls).map(|control| tell::microphone_shut(role, control));
        let (input, raised) = (Role::Sound(role), alarm.is_some());
        let changed = match alarm {
            Some(alarm) => self.alarms.raise(alarm),
            None => self.alarms.clear(tell::MICROPHONE_SHUT, Some(input)),
        };
        if changed {
            let kind = EventKind::Alarm { alarm: tell::MICROPHONE_SHUT.into(), raised };
            self.note_in_lesson(self.clock.now(), kind);
        }
        self.sounds.cards.insert(role, controls);
    }

    /// Once a second. Asking a card may take a moment, which the owner has not.
    pub(super) fn look_at_cards(&mut self) {
        let shut = self.sounds.cards.iter().filter(|(_, controls)| shut_by(controls).is_some());
        let shut: Vec<SoundRole> = shut.map(|(role, _)| *role).collect();
        self.sounds.looked += 1;
        if shut.is_empty() || self.sounds.looked < LOOK_SECONDS {
            return;
        }
        self.sounds.looked = 0;
        for role in shut {
            let Ok(address) = configured(&self.config, role) else { continue };
            let (board, news) = (self.board.clone(), self.news.clone());
            let look = move || {
                let controls = board.capture_controls(&address).unwrap_or_default();
                // The host may have ended meanwhile.
                let _ = news.send(Message::Card(role, controls));
            };
            if let Err(error) = std::thread::Builder::new().name(format!("card {role}")).spawn(look) {
                tracing::warn!(%error, "a sound card is not looked at");
            }
        }
    }

    /// Once a second: a teacher's microphone that is silent, or muted, while somebody teaches.
    pub(super) fn look_at_teachers_microphone(&mut self, moved: bool) {
        let moved = moved && self.lessons.running().is_some();
        let teacher = self.sounds.volume(SoundRole::TeacherMic);
        let looked = self.microphones.look(&self.desk.levels(), moved, self.lessons.is_recording());
        for (raised, alarm) in
            [(looked.silent, tell::microphone_silent()), (looked.muted, tell::microphone_muted(teacher))]
        {
            let Some(raised) = raised else { continue };
            let kind = EventKind::Alarm { alarm: alarm.alarm.clone(), raised };
            if raised {
                self.alarms.raise(alarm);
            } else {
                self.alarms.clear(&alarm.alarm, alarm.input);
            }
            self.note_in_lesson(self.clock.now(), kind);
        }
    }
}

/// Where a microphone is, if the host has it.
fn configured(config: &Config, role: SoundRole) -> Result<ketang_hal::address::Address, Refusal> {
    let mut sounds = config.inputs.sounds();
    let found = sounds.find(|(of, _)| *of == role).map(|(_, input)| input.source.get().clone());
    found.ok_or_else(|| {
        let chinese = format!("没有配置{}：请写上 `inputs.{role}`", role.chinese());
        let english = format!("there is no {role}: write `inputs.{role}` if the room has one");
        Refusal::new(RefusalCode::NotFound, chinese, english)
    })
}
