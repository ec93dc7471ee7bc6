//! The sound before the judge: HB-2, HB-4, silence, clipping, loudness.

use ketang_hal::figures::{AudioFigures, Stretch};
use ketang_protocol::lesson::CheckResult;
use ketang_protocol::sentence::Sentence;

use super::explain::Missing;
use super::picture::holes_in_words;
use super::{Judge, Rank, joined};

/// HB-4.
const RATE: u32 = 48_000;
const CHANNELS: u32 = 2;
const KBIT_S: f64 = 128.0;
/// How far the average may be off, and how far each second from the average. AAC lends bits from block to block, so that no
/// encoder is constant to the bit.
const AVERAGE_OFF: f64 = 0.1;
const SECOND_OFF: f64 = 0.25;
/// Silence is worth a note from here on, and a fault from there on, in seconds: pupils may write in silence, but a room whose
/// microphones work is never at −60 dBFS for a minute.
const SILENCE_NOTE: f64 = 10.0;
const SILENCE_FAULT: f64 = 60.0;
/// A short track may not be silent for more than this share of it either.
const SILENT_SHARE: f64 = 0.5;
/// Clipped samples: audible from here on, a fault from there on, as shares.
const CLIPPED_NOTE: f64 = 1e-5;
const CLIPPED_FAULT: f64 = 1e-3;
/// Loudness that a listener does not reach for the knob for, in LUFS.
const LOUDNESS: (f64, f64) = (-35.0, -12.0);

impl Judge<'_> {
    pub(super) fn sound(&mut self) {
        let sounds: Vec<&AudioFigures> = self.parts.iter().filter_map(|(_, part)| part.audio.as_ref()).collect();
        let asked = matches!(self.rank, Rank::Programme | Rank::Sound | Rank::SoundFallback);
        if asked && sounds.len() < self.parts.len() {
            self.add("sound", "HB-4", CheckResult::Fail, Sentence::new("有一段没有声音", "a part holds no sound"));
            return;
        }
        // A camera's track may have its own sound; what that is like is worth a note at most.
        let fault = match self.rank {
            Rank::Programme | Rank::Sound => CheckResult::Fail,
            _ => CheckResult::Note,
        };
        let Some(&first) = sounds.first() else { return };
        self.sound_form(&sounds, first, fault);
        self.sound_rate(&sounds, fault);
        self.silence(fault);
        self.level(&sounds, fault);
    }

    fn sound_form(&mut self, sounds: &[&AudioFigures], first: &AudioFigures, fault: CheckResult) {
        let wrong = |sound: &&&AudioFigures| {
            sound.codec != "aac"
                || sound.profile.as_deref().is_some_and(|profile| profile != "lc")
                || sound.rate != RATE
                || sound.channels != CHANNELS
        };
        let bad = sounds.iter().find(wrong);
        let sound = bad.map_or(first, |sound| sound);
        let profile = sound.profile.as_deref().unwrap_or("?");
        let AudioFigures { codec, rate, channels, .. } = sound;
        let finding = Sentence::new(
            format!("{codec}（{profile}），{rate} Hz，{channels} 声道；要求 AAC、48000 Hz、2 声道"),
            format!("{codec} ({profile}), {rate} Hz, {channels} channels; AAC, 48000 Hz, 2 asked"),
        );
        self.add("sound", "HB-4", if bad.is_some() { fault } else { CheckResult::Pass }, finding);

        let holes: Vec<Stretch> = joined(&self.parts, |part| part.audio.as_ref().map_or(&[], |audio| &audio.holes));
        if !holes.is_empty() {
            // Blocks of sound do not end where frames do, so a pause may leave a hole of part of one.
            let explained = |hole: &Stretch| self.is_explained(Missing::Sound, *hole) || self.is_interrupted(hole.from);
            let explained = holes.iter().all(explained);
            let result = if explained { CheckResult::Explained } else { fault };
            let finding = holes_in_words(holes.len(), holes[0].from);
            self.add("sound holes", "HB-2", result, finding);
        }
    }

    fn sound_rate(&mut self, sounds: &[&AudioFigures], fault: CheckResult) {
        let seconds: f64 = sounds.iter().map(|sound| sound.ends - sound.begins).sum();
        let kbit: f64 = sounds.iter().map(|sound| sound.kbit_s * (sound.ends - sound.begins)).sum();
        let average = if seconds > 0.0 { kbit / seconds } else { 0.0 };
        let lowest = sounds.iter().map(|sound| sound.kbit_s_lowest).fold(f64::INFINITY, f64::min);
        let highest = sounds.iter().map(|sound| sound.kbit_s_highest).fold(0.0, f64::max);
        let right = (average / KBIT_S - 1.0).abs() <= AVERAGE_OFF;
        let constant = lowest >= average * (1.0 - SECOND_OFF) && highest <= average * (1.0 + SECOND_OFF);
        let finding = Sentence::new(
            format!("平均 {average:.0} kbit/s，每秒 {lowest:.0} 至 {highest:.0}，要求恒定 128"),
            format!(
                "{average:.0} kbit/s on average, {lowest:.0} to {highest:.0} from second to second, 128 constant asked"
            ),
        );
        self.add("sound rate", "HB-4", if right && constant { CheckResult::Pass } else { fault }, finding);
    }

    /// Silence of everything, and of the teacher's channel where there is one.
    fn silence(&mut self, fault: CheckResult) {
        let all = joined(&self.parts, |part| part.audio.as_ref().map_or(&[], |audio| &audio.silence));
        self.silent("silence", &all, fault);
        if self.rank == Rank::Sound {
            for (number, name, fault) in [(0, "teacher silence", fault), (1, "room silence", CheckResult::Note)] {
                let silent = joined(&self.parts, |part| {
                    let channel = part.audio.as_ref().and_then(|audio| audio.by_channel.get(number));
                    channel.map_or(&[], |channel| &channel.silence)
                });
                self.silent(name, &silent, fault);
            }
        }
    }

    fn silent(&mut self, check: &str, silent: &[Stretch], fault: CheckResult) {
        let lasts: f64 = self.parts.iter().map(|(_, part)| part.seconds).sum();
        let total: f64 = silent.iter().map(|stretch| stretch.seconds()).sum();
        let mostly = total > lasts * SILENT_SHARE;
        let least = if mostly { 0.0 } else { SILENCE_NOTE };
        self.stretches((check, "HB-2"), Missing::Sound, silent, least, |stretch| match () {
            () if mostly || stretch.seconds() >= SILENCE_FAULT => fault,
            () => CheckResult::Note,
        });
    }

    fn level(&mut self, sounds: &[&AudioFigures], fault: CheckResult) {
        let channels = || sounds.iter().flat_map(|sound| &sound.by_channel);
        let clipped = channels().map(|channel| channel.clipped_share).fold(0.0, f64::max);
        let longest = channels().map(|channel| channel.clipped_longest).max().unwrap_or_default();
        let result = match clipped {
            share if share >= CLIPPED_FAULT => fault,
            share if share >= CLIPPED_NOTE => CheckResult::Note,
            _ => CheckResult::Pass,
        };
        let clipped = clipped * 100.0;
        let finding = Sentence::new(
            format!("削波样点 {clipped:.3} %，最多连续 {longest} 个"),
            format!("{clipped:.3} % of samples clipped, {longest} in a row at most"),
        );
        self.add("clipping", "HB-2", result, finding);

        let (result, finding) = match self.loudness(sounds) {
            Some(lufs) if (LOUDNESS.0..=LOUDNESS.1).contains(&lufs) => {
                (CheckResult::Pass, format!("{lufs:.1} LUFS").into())
            }
            Some(lufs) => {
                let (least, most) = LOUDNESS;
                let finding = Sentence::new(
                    format!("{lufs:.1} LUFS，{least:.0} 至 {most:.0} 为宜"),
                    format!("{lufs:.1} LUFS, {least:.0} to {most:.0} is pleasant"),
                );
                (CheckResult::Note, finding)
            }
            None => (CheckResult::Note, Sentence::new("没有响到可以测量的声音", "nothing loud enough to measure")),
        };
        self.add("loudness", "HB-2", result, finding);
    }

    /// Mean of the parts by their energy and length, in LUFS.
    fn loudness(&self, sounds: &[&AudioFigures]) -> Option<f64> {
        let heard = || sounds.iter().filter_map(|sound| Some((sound.loudness_lufs?, sound.ends - sound.begins)));
        let seconds: f64 = heard().map(|(_, seconds)| seconds).sum();
        let energy: f64 = heard().map(|(lufs, seconds)| 10f64.powf(lufs / 10.0) * seconds).sum();
        (seconds > 0.0).then(|| 10.0 * (energy / seconds).log10())
    }

    pub(super) fn sound_values(&self) -> Vec<(&'static str, f64)> {
        let sounds: Vec<&AudioFigures> = self.parts.iter().filter_map(|(_, part)| part.audio.as_ref()).collect();
        let Some(first) = sounds.first() else { return Vec::new() };
        let channels = || sounds.iter().flat_map(|sound| &sound.by_channel);
        let mut values = vec![
            ("sound_kbit_s", first.kbit_s),
            ("sound_hertz", f64::from(first.rate)),
            ("sound_channels", f64::from(first.channels)),
            ("peak_dbfs", channels().map(|channel| channel.peak_dbfs).fold(f64::NEG_INFINITY, f64::max)),
            ("clipped_share", channels().map(|channel| channel.clipped_share).fold(0.0, f64::max)),
        ];
        values.extend(self.loudness(&sounds).map(|lufs| ("loudness_lufs", lufs)));
        values
    }
}
