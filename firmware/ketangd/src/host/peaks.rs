//! The loudest moment of each microphone between one snapshot and the next: levels come oftener than snapshots, and a peak that falls
//! between two of these is one that clipped and nobody saw.

use std::collections::BTreeMap;

use ketang_hal::role::SoundRole;
use ketang_pipelines::sound::Levels;

/// Peaks as they went into the mixes since they were last told, in dBFS.
#[derive(Debug, Default)]
pub(super) struct Peaks(BTreeMap<SoundRole, f32>);

impl Peaks {
    pub(super) fn hear(&mut self, levels: &Levels) {
        for level in &levels.microphones {
            let (_, heard) = level.heard_db();
            let peak = self.0.entry(level.role).or_insert(heard);
            *peak = peak.max(heard);
        }
    }

    /// The peaks to tell; of a microphone of which nothing came since, that of the newest levels.
    pub(super) fn take(&mut self, newest: &Levels) -> BTreeMap<SoundRole, f32> {
        self.hear(newest);
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use ketang_pipelines::sound::{Level, Volume};

    use super::*;

    #[test]
    fn no_peak_is_lost_and_none_is_told_twice() {
        let levels = |peak_db| {
            let (role, volume) = (SoundRole::TeacherMic, Volume::default());
            let level = Level { role, live: true, rms_db: -40.0, peak_db, speech: true, volume };
            Levels { microphones: vec![level], ..Levels::default() }
        };
        let mut peaks = Peaks::default();
        for peak in [-30.0, -1.0, -30.0] {
            peaks.hear(&levels(peak));
        }
        assert_eq!(peaks.take(&levels(-30.0)), BTreeMap::from([(SoundRole::TeacherMic, -1.0)]));
        assert_eq!(peaks.take(&levels(-30.0)), BTreeMap::from([(SoundRole::TeacherMic, -30.0)]));
    }
}
