//! Notices a teacher's microphone that is silent while somebody teaches: muted, empty, or left in its box (DESIGN.md §4).

use ketang_hal::role::SoundRole;
use ketang_pipelines::sound::Levels;

/// The wall tells of it within 10 s.
const SECONDS: u32 = 8;
/// A microphone that is open in a room is louder than this even when nobody speaks, in dBFS.
const SILENT_DB: f32 = -65.0;

/// Looks once a second.
#[derive(Debug, Default)]
pub(super) struct MicrophoneWatch {
    /// Seconds for which it has been silent.
    silent: u32,
    /// Somebody spoke or moved in that time.
    anybody: bool,
    raised: bool,
}

impl MicrophoneWatch {
    /// Takes the levels of this second and whether anything moved before the cameras. Returns whether the alarm has just been
    /// raised (`true`) or is over (`false`).
    pub(super) fn look(&mut self, levels: &Levels, moved: bool) -> Option<bool> {
        let teacher = levels.microphones.iter().find(|level| level.role == SoundRole::TeacherMic);
        // One that is lost has an alarm of its own.
        let silent = teacher.is_some_and(|level| level.live && level.rms_db < SILENT_DB);
        if !silent {
            self.silent = 0;
            self.anybody = false;
            return std::mem::take(&mut self.raised).then_some(false);
        }
        self.silent = self.silent.saturating_add(1);
        self.anybody |= moved || levels.microphones.iter().any(|level| level.speech);
        let raise = !self.raised && self.anybody && self.silent >= SECONDS;
        self.raised |= raise;
        raise.then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use ketang_pipelines::sound::Level;

    use super::*;

    fn levels(teacher_db: f32, live: bool, room_speaks: bool) -> Levels {
        let level = |role, live, rms_db, speech| Level { role, live, rms_db, peak_db: rms_db, speech };
        let teacher = level(SoundRole::TeacherMic, live, teacher_db, false);
        let room = level(SoundRole::RoomMic, true, -40.0, room_speaks);
        Levels { microphones: vec![teacher, room], ..Levels::default() }
    }

    /// The second in which the alarm is raised.
    fn raised_after(levels: &Levels, moved: bool) -> Option<u32> {
        let mut watch = MicrophoneWatch::default();
        (1..60).find(|_| watch.look(levels, moved) == Some(true))
    }

    #[test]
    fn silence_while_somebody_teaches_is_told_within_10_s() {
        assert_eq!(raised_after(&levels(-100.0, true, true), false), Some(SECONDS));
        assert_eq!(raised_after(&levels(-100.0, true, false), true), Some(SECONDS));
        assert_eq!(raised_after(&levels(-100.0, true, false), false), None, "an empty room");
        assert_eq!(raised_after(&levels(-55.0, true, true), true), None, "a teacher who listens");
        assert_eq!(raised_after(&levels(-100.0, false, true), true), None, "lost, which is told already");
    }

    #[test]
    fn it_is_taken_back_when_the_microphone_is_heard() {
        let mut watch = MicrophoneWatch::default();
        for _ in 0..SECONDS {
            watch.look(&levels(-100.0, true, true), true);
        }
        assert_eq!(watch.look(&levels(-100.0, true, true), true), None, "told once");
        assert_eq!(watch.look(&levels(-30.0, true, false), true), Some(false));
        assert_eq!(watch.look(&levels(-30.0, true, false), true), None);
    }
}
