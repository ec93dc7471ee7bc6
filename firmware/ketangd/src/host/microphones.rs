//! Notices a teacher's microphone that is silent while somebody teaches: switched off, empty, or left in its box (DESIGN.md §4); and
//! one that people muted here and forgot.

use ketang_hal::role::SoundRole;
use ketang_pipelines::sound::Levels;

/// The wall tells of it within 10 s.
const SILENT_SECONDS: u32 = 8;
/// A microphone that is open in a room is louder than this even when nobody speaks, in dBFS.
const SILENT_DB: f32 = -65.0;
/// Whoever mutes for a word with somebody is not disturbed.
const MUTED_SECONDS: u32 = 60;
/// Turned down so far, it is as good as muted.
const FAINT_DB: f32 = -40.0;

/// Looks once a second.
#[derive(Debug, Default)]
pub(super) struct MicrophoneWatch {
    silent: Trouble,
    muted: Trouble,
}

/// What has just been raised (`true`) or is over (`false`).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Looked {
    pub(super) silent: Option<bool>,
    pub(super) muted: Option<bool>,
}

impl MicrophoneWatch {
    /// Takes the levels of this second, whether anything moved before the cameras, and whether a lesson is recorded.
    pub(super) fn look(&mut self, levels: &Levels, moved: bool, recording: bool) -> Looked {
        let teacher = levels.microphones.iter().find(|level| level.role == SoundRole::TeacherMic);
        // One that is lost has an alarm of its own.
        let teacher = teacher.filter(|level| level.live);
        let silent = teacher.is_some_and(|level| level.rms_db < SILENT_DB && !level.volume.muted);
        let muted = teacher.is_some_and(|level| level.volume.muted || level.volume.gain_db <= FAINT_DB);
        let anybody = moved || levels.microphones.iter().any(|level| level.speech);
        Looked {
            silent: self.silent.look(silent, anybody, SILENT_SECONDS),
            muted: self.muted.look(muted && recording, anybody, MUTED_SECONDS),
        }
    }
}

#[derive(Debug, Default)]
struct Trouble {
    /// Seconds for which it has been so.
    seconds: u32,
    /// Somebody spoke or moved in that time.
    anybody: bool,
    raised: bool,
}

impl Trouble {
    fn look(&mut self, is_so: bool, anybody: bool, limit: u32) -> Option<bool> {
        if !is_so {
            return std::mem::take(self).raised.then_some(false);
        }
        self.seconds = self.seconds.saturating_add(1);
        self.anybody |= anybody;
        let raise = !self.raised && self.anybody && self.seconds >= limit;
        self.raised |= raise;
        raise.then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use ketang_pipelines::sound::{Level, Volume};

    use super::*;

    fn levels(teacher_db: f32, live: bool, room_speaks: bool) -> Levels {
        let level = |role, live, rms_db, speech| Level {
            role,
            live,
            rms_db,
            peak_db: rms_db,
            speech,
            volume: Volume::default(),
        };
        let teacher = level(SoundRole::TeacherMic, live, teacher_db, false);
        let room = level(SoundRole::RoomMic, true, -40.0, room_speaks);
        Levels { microphones: vec![teacher, room], ..Levels::default() }
    }

    /// The second in which the alarm is raised.
    fn raised_after(levels: &Levels, moved: bool) -> Option<u32> {
        let mut watch = MicrophoneWatch::default();
        (1..200).find(|_| watch.look(levels, moved, true).silent == Some(true))
    }

    #[test]
    fn silence_while_somebody_teaches_is_told_within_10_s() {
        assert_eq!(raised_after(&levels(-100.0, true, true), false), Some(SILENT_SECONDS));
        assert_eq!(raised_after(&levels(-100.0, true, false), true), Some(SILENT_SECONDS));
        assert_eq!(raised_after(&levels(-100.0, true, false), false), None, "an empty room");
        assert_eq!(raised_after(&levels(-55.0, true, true), true), None, "a teacher who listens");
        assert_eq!(raised_after(&levels(-100.0, false, true), true), None, "lost, which is told already");
    }

    #[test]
    fn it_is_taken_back_when_the_microphone_is_heard() {
        let mut watch = MicrophoneWatch::default();
        for _ in 0..SILENT_SECONDS {
            watch.look(&levels(-100.0, true, true), true, true);
        }
        assert_eq!(watch.look(&levels(-100.0, true, true), true, true).silent, None, "told once");
        assert_eq!(watch.look(&levels(-30.0, true, false), true, true).silent, Some(false));
        assert_eq!(watch.look(&levels(-30.0, true, false), true, true).silent, None);
    }

    fn with(volume: Volume, teacher_db: f32) -> Levels {
        let mut levels = levels(teacher_db, true, true);
        levels.microphones[0].volume = volume;
        levels
    }

    const MUTED: Volume = Volume { gain_db: 0.0, muted: true };

    #[test]
    fn a_muted_microphone_is_not_silent_but_forgotten_after_a_minute_of_a_lesson() {
        let after = |levels: &Levels, recording| {
            let mut watch = MicrophoneWatch::default();
            (1..200).find_map(|second| {
                Some((second, watch.look(levels, false, recording))).filter(|(_, l)| *l != Looked::default())
            })
        };
        let muted = Looked { silent: None, muted: Some(true) };
        assert_eq!(after(&with(MUTED, -100.0), true), Some((MUTED_SECONDS, muted)), "it is known to be off");
        assert_eq!(after(&with(MUTED, -30.0), false), None, "between lessons it does no harm");
        let faint = Volume { gain_db: -45.0, muted: false };
        assert_eq!(after(&with(faint, -30.0), true).map(|(second, _)| second), Some(MUTED_SECONDS));
        let quiet = Volume { gain_db: -20.0, muted: false };
        assert_eq!(after(&with(quiet, -55.0), true), None, "turned down, it is not silent");
    }

    #[test]
    fn the_alarm_of_a_muted_one_ends_when_it_is_opened_or_the_lesson_pauses() {
        for (levels, recording) in [(with(Volume::default(), -30.0), true), (with(MUTED, -30.0), false)] {
            let mut watch = MicrophoneWatch::default();
            for _ in 0..MUTED_SECONDS {
                watch.look(&with(MUTED, -30.0), true, true);
            }
            assert_eq!(watch.look(&levels, true, recording).muted, Some(false));
            assert_eq!(watch.look(&levels, true, recording), Looked::default());
        }
    }
}
