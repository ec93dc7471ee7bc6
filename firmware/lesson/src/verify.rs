//! The verdict on a finished lesson: figures in, checks out, each with the clause that asks for it.
//!
//! Pure judgement. What was measured comes as [`TrackFigures`]; the lesson says what to expect and which gaps are known. A fault
//! that a gap of the lesson accounts for is [`CheckResult::Explained`] and does not spoil the lesson. The files themselves are
//! read by `ketang-pipelines`' `measure`.
//!
//! What is asked of a track depends on what it is: the programme must meet HB-1 to HB-5 in full; the track of an input may be
//! lowered, and the computer's picture may stand still; a track of sound is asked for sound alone.

mod explain;
mod picture;
mod sound;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use explain::Missing;
use jiff::Timestamp;
use ketang_hal::figures::{FileFigures, Stretch, SyncFigures, TrackFigures};
use ketang_hal::role::PictureRole;
use ketang_protocol::lesson::{Check, CheckResult, GapKind, Lesson, Track, Verdict};
use ketang_protocol::sentence::Sentence;

/// Each file must be smaller (HB-5).
const MOST_BYTES: u64 = 200_000_000;
/// How far a track may be from the time that it should last, in seconds and as a share; each interruption of the host may cost
/// another second (DESIGN.md §4).
const DURATION_SECONDS: f64 = 2.0;
const DURATION_SHARE: f64 = 0.002;
const SECONDS_A_CRASH: f64 = 1.0;
/// How far sound or picture may be from each other's end at a joint: one block of AAC is 21.3 ms.
const JOINT_SECONDS: f64 = 0.025;
/// How far sound and picture may begin and end apart (HB-2), in seconds.
const ENDS_SECONDS: f64 = 0.1;
/// A lesson that ends so much before its slot is worth a note, in seconds.
const EARLY_SECONDS: f64 = 60.0;
/// The lesson as a whole, where a check names a track.
const WHOLE: &str = "lesson";

/// What is asked of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Programme,
    Camera,
    /// The computer's picture: stands still by nature.
    Computer,
    /// The lesson's sound: teacher on channel 1, room on channel 2 (HB-2).
    Sound,
    /// The sound of the next best microphone.
    SoundFallback,
}

impl Rank {
    fn of(track: &str) -> Self {
        match track {
            "programme" => Self::Programme,
            "sound" => Self::Sound,
            "sound-fallback" => Self::SoundFallback,
            name if name == PictureRole::Hdmi.as_str() => Self::Computer,
            _ => Self::Camera,
        }
    }

    fn has_picture(self) -> bool {
        !matches!(self, Self::Sound | Self::SoundFallback)
    }
}

/// Judges a lesson by what was measured in its tracks, at the moment `checked`.
pub fn judge(lesson: &Lesson, figures: &BTreeMap<String, TrackFigures>, checked: Timestamp) -> Verdict {
    let mut checks = Vec::new();
    let mut values = BTreeMap::new();
    for track in &lesson.tracks {
        let mut judge = Judge::new(lesson, track, figures, &mut checks);
        judge.track();
        values.insert(track.name.clone(), judge.values());
    }
    whole(lesson, &mut checks);
    let ok = !checks.iter().any(|check| check.result == CheckResult::Fail);
    Verdict { checked, ok, checks, figures: values }
}

/// What concerns the lesson and no track.
fn whole(lesson: &Lesson, checks: &mut Vec<Check>) {
    let mut add = |check: &str, result, finding| {
        let (track, check, clause) = (WHOLE.to_owned(), check.to_owned(), String::new());
        checks.push(Check { track, check, clause, result, finding });
    };
    if lesson.tracks.is_empty() {
        add("tracks", CheckResult::Fail, Sentence::new("什么也没有录到", "nothing was recorded"));
    }
    let (result, finding) = match lesson.gaps.len() {
        0 => (CheckResult::Pass, Sentence::new("没有", "none")),
        _ => {
            let gaps: Vec<_> = lesson.gaps.iter().map(explain::words).collect();
            (CheckResult::Explained, Sentence::joined(&gaps))
        }
    };
    add("gaps", result, finding);
    if let (Some(planned), Some(ended)) = (lesson.planned_seconds, lesson.ended) {
        let lasted = ended.duration_since(lesson.started).as_secs_f64();
        let early = planned as f64 - lasted;
        let result = if early > EARLY_SECONDS { CheckResult::Note } else { CheckResult::Pass };
        let finding = Sentence::new(
            format!("开始后 {lasted:.0} 秒结束；计划 {planned} 秒"),
            format!("ended {lasted:.0} s after its start; {planned} s were planned"),
        );
        add("slot", result, finding);
    }
}

/// One track before the judge.
struct Judge<'a> {
    lesson: &'a Lesson,
    track: &'a Track,
    rank: Rank,
    /// `None`: nobody measured it.
    figures: Option<&'a TrackFigures>,
    /// Parts that could be played, with where they begin on the lesson's time line, in seconds.
    parts: Vec<(f64, &'a FileFigures)>,
    /// Where the computer's picture stood still, on the lesson's time line.
    computer_still: Vec<Stretch>,
    checks: &'a mut Vec<Check>,
}

impl<'a> Judge<'a> {
    fn new(
        lesson: &'a Lesson,
        track: &'a Track,
        figures: &'a BTreeMap<String, TrackFigures>,
        checks: &'a mut Vec<Check>,
    ) -> Self {
        let computer = lesson.tracks.iter().find(|track| Rank::of(&track.name) == Rank::Computer);
        let still = computer.and_then(|track| Some(on_time_line(track, figures.get(&track.name)?))).unwrap_or_default();
        let computer_still = joined(&still, |part| part.video.as_ref().map_or(&[], |video| &video.frozen));
        let figures = figures.get(&track.name);
        let parts = figures.map(|figures| on_time_line(track, figures)).unwrap_or_default();
        Self { lesson, track, rank: Rank::of(&track.name), figures, parts, computer_still, checks }
    }

    fn add(&mut self, check: &str, clause: &str, result: CheckResult, finding: Sentence) {
        let (track, check, clause) = (self.track.name.clone(), check.to_owned(), clause.to_owned());
        self.checks.push(Check { track, check, clause, result, finding });
    }

    fn track(&mut self) {
        if !self.decodes() {
            return;
        }
        self.container();
        self.bytes();
        if self.rank.has_picture() {
            self.picture();
        }
        self.sound();
        self.together();
        self.joints();
        self.duration();
    }

    /// Whether there is anything to judge further.
    fn decodes(&mut self) -> bool {
        let Some(figures) = self.figures else {
            self.add("decodes", "", CheckResult::Fail, Sentence::new("没有测量", "was not measured"));
            return false;
        };
        let mut faults: Vec<Sentence> = self.track.parts.iter().zip(&figures.parts).filter_map(unplayable).collect();
        if figures.parts.len() < self.track.parts.len() {
            let (measured, all) = (figures.parts.len(), self.track.parts.len());
            faults.push(Sentence::new(
                format!("{all} 段中只测量了 {measured} 段"),
                format!("{measured} of {all} parts were measured"),
            ));
        }
        if figures.parts.is_empty() {
            faults.push(Sentence::new("没有文件", "it has no parts"));
        }
        let mut frames = 0;
        for (begins, part) in &self.parts {
            let video = part.video.as_ref().map(|video| (video.faults, &video.faults_at));
            let audio = part.audio.as_ref().map(|audio| (audio.faults, &audio.faults_at));
            for (count, at) in video.into_iter().chain(audio).filter(|(count, _)| *count > 0) {
                let first = at.first().map_or(*begins, |at| begins + at);
                faults.push(Sentence::new(
                    format!("数据有 {count} 处错误，最早在 {first:.1} 秒"),
                    format!("{count} faults in the data, first at {first:.1} s"),
                ));
            }
            if let Some(video) = &part.video {
                frames += video.frames;
                if !part.key_frames_only && video.decoded < video.frames {
                    let (decoded, frames) = (video.decoded, video.frames);
                    faults.push(Sentence::new(
                        format!("{frames} 帧中只解出 {decoded} 帧"),
                        format!("{decoded} of {frames} frames came out of the decoder"),
                    ));
                }
            }
            faults.extend(part.complaints.iter().map(|said| said.as_str().into()));
        }
        let (result, finding) = match faults.is_empty() {
            true if self.rank.has_picture() => {
                (CheckResult::Pass, Sentence::new(format!("{frames} 帧"), format!("{frames} frames")))
            }
            true => (CheckResult::Pass, Sentence::new("全部", "all of it")),
            false => (CheckResult::Fail, Sentence::joined(&faults)),
        };
        self.add("decodes", "", result, finding);
        !self.parts.is_empty()
    }

    fn container(&mut self) {
        let fault = self.parts.iter().find_map(|(_, part)| {
            let container = &part.container;
            match () {
                () if !container.mp4 => Some(("不是 MP4", "not an MP4")),
                () if container.truncated => Some((
                    "被截断：文件在最后一个盒子结束前就没有了",
                    "cut off: the file ends before its last box does",
                )),
                () if container.fragmented => Some(("仍是分片文件：没有收尾", "still in fragments: not finished")),
                () if !container.index_in_front => Some(("索引在媒体数据之后", "its index lies behind the media")),
                () => None,
            }
        });
        let result = if fault.is_none() { CheckResult::Pass } else { CheckResult::Fail };
        let (chinese, english) = fault.unwrap_or(("MP4，索引在前", "MP4, index in front"));
        self.add("container", "HB-5", result, Sentence::new(chinese, english));
    }

    fn bytes(&mut self) {
        let largest = self.parts.iter().map(|(_, part)| part.bytes).max().unwrap_or_default();
        let result = if largest < MOST_BYTES { CheckResult::Pass } else { CheckResult::Fail };
        let largest = largest as f64 / 1e6;
        let finding = Sentence::new(
            format!("最大的文件 {largest:.1} MB，要求小于 200"),
            format!("largest part {largest:.1} MB, below 200 asked"),
        );
        self.add("bytes", "HB-5", result, finding);
    }

    /// Sound and picture as one: offset, and whether both last as long.
    fn together(&mut self) {
        let offsets = self.parts.iter().filter_map(|(begins, part)| part.sync.map(|sync| (*begins, sync)));
        if let Some((begins, worst)) = offsets.max_by(|a, b| a.1.worst_ms.abs().total_cmp(&b.1.worst_ms.abs())) {
            let result = if worst.worst_ms.abs() <= 40.0 { CheckResult::Pass } else { CheckResult::Fail };
            let SyncFigures { worst_ms, median_ms, pairs, .. } = worst;
            let at = begins + worst.worst_at;
            let finding = Sentence::new(
                format!(
                    "最大 {worst_ms:+.1} ms（{at:.0} 秒处），{pairs} 次的中位数 {median_ms:+.1} ms（声音滞后为正），允许 40"
                ),
                format!(
                    "worst {worst_ms:+.1} ms at {at:.0} s, median {median_ms:+.1} ms of {pairs} (sound late is positive), 40 allowed"
                ),
            );
            self.add("sync", "HB-2", result, finding);
        }
        let ends = self.parts.iter().filter_map(|(begins, part)| {
            let (video, audio) = part.video.as_ref().zip(part.audio.as_ref())?;
            Some([(video.begins - audio.begins, *begins), (video.ends - audio.ends, begins + part.seconds)])
        });
        let ends: Vec<(f64, f64)> = ends.flatten().map(|(apart, at)| (apart.abs(), at)).collect();
        let begins = self.parts.first().map_or(0.0, |(begins, _)| *begins);
        let judged = ends.iter().map(|&(apart, at)| match apart <= ENDS_SECONDS {
            true => CheckResult::Pass,
            // The camera's picture begins with a key frame, the sound at once.
            false if apart <= self.key_frame_wait() && at <= begins => CheckResult::Note,
            // A power cut leaves what had reached the disk of each.
            false if self.is_interrupted(at) => CheckResult::Explained,
            false => self.unless_minor(),
        });
        if let Some(result) = judged.max_by_key(|result| picture::severity(*result)) {
            let worst = ends.iter().map(|(apart, _)| *apart).fold(0.0, f64::max);
            let worst = worst * 1e3;
            let finding = Sentence::new(
                format!("声音与画面的起止相差 {worst:.0} ms"),
                format!("sound and picture begin and end {worst:.0} ms apart"),
            );
            self.add("ends", "HB-2", result, finding);
        }
    }

    fn joints(&mut self) {
        let Some(figures) = self.figures.filter(|figures| !figures.joints.is_empty()) else { return };
        let (mut faults, mut explained) = (Vec::new(), true);
        for (number, joint) in figures.joints.iter().enumerate() {
            let at = self.track.parts.get(number + 1).map_or(0.0, |part| part.begins_at);
            let mut here = Vec::new();
            for (chinese, english, gap) in [("画面", "picture", joint.picture_gap), ("声音", "sound", joint.sound_gap)]
            {
                if let Some(gap) = gap.filter(|gap| gap.abs() > JOINT_SECONDS) {
                    let gap = gap * 1e3;
                    here.push(Sentence::new(format!("{chinese} {gap:+.0} ms"), format!("{english} {gap:+.0} ms")));
                }
            }
            if let Some(missing) = joint.frames_missing.filter(|&missing| missing != 0) {
                here.push(Sentence::new(format!("缺 {missing} 帧"), format!("{missing} frames missing")));
            }
            if let Some(hole) = self.hole_before(number + 1).filter(|hole| hole.seconds().abs() > JOINT_SECONDS) {
                let seconds = hole.seconds();
                here.push(Sentence::new(
                    format!("缺课程内容 {seconds:.1} 秒"),
                    format!("{seconds:.1} s of the lesson missing"),
                ));
                explained &= self.is_explained(Missing::Either, hole) || self.is_interrupted(hole.from);
            } else if !here.is_empty() {
                explained &= self.is_interrupted(at);
            }
            if !here.is_empty() {
                let here = Sentence::joined(&here);
                faults.push(Sentence::new(
                    format!("{at:.1} 秒处{}", here.chinese),
                    format!("at {at:.1} s {}", here.english),
                ));
            }
        }
        let (result, finding) = match (faults.is_empty(), explained) {
            (true, _) => {
                let joints = figures.joints.len();
                let finding = Sentence::new(format!("{joints} 处衔接无缝"), format!("{joints} without a gap"));
                (CheckResult::Pass, finding)
            }
            (false, true) => (CheckResult::Explained, Sentence::joined(&faults)),
            (false, false) => (CheckResult::Fail, Sentence::joined(&faults)),
        };
        self.add("joints", "HB-5", result, finding);
    }

    /// What lies between a part and the one before on the lesson's time line.
    fn hole_before(&self, number: usize) -> Option<Stretch> {
        let before = self.track.parts.get(number.checked_sub(1)?)?;
        let lasts = self.figures?.parts.get(number - 1)?.as_ref().ok()?.seconds;
        Some(Stretch { from: before.begins_at + lasts, to: self.track.parts.get(number)?.begins_at })
    }

    fn duration(&mut self) {
        let reached = self.parts.iter().map(|(begins, part)| begins + part.seconds).fold(0.0, f64::max);
        let Some(ended) = self.lesson.ended else {
            let finding = Sentence::new(
                format!("{reached:.1} 秒；课程还没有结束"),
                format!("{reached:.1} s; the lesson is still open"),
            );
            self.add("duration", "", CheckResult::Note, finding);
            return;
        };
        let wall = ended.duration_since(self.lesson.started).as_secs_f64();
        let expected = wall - explain::interrupted_seconds(self.lesson);
        let crashes = self.lesson.gaps.iter().filter(|gap| gap.what == GapKind::HostDown).count();
        let slack = (expected * DURATION_SHARE).max(DURATION_SECONDS) + crashes as f64 * SECONDS_A_CRASH;
        let result = match reached - expected {
            off if off.abs() <= slack => CheckResult::Pass,
            off if off < 0.0 && self.is_explained(Missing::Either, Stretch { from: reached, to: expected }) => {
                CheckResult::Explained
            }
            _ => CheckResult::Fail,
        };
        let finding = Sentence::new(
            format!("录到 {reached:.1} 秒，课程共 {expected:.1} 秒"),
            format!("{reached:.1} s of {expected:.1} s that the lesson lasted"),
        );
        self.add("duration", "", result, finding);
    }

    /// What a fault counts where only the programme must be faultless.
    fn unless_minor(&self) -> CheckResult {
        match (self.rank, &self.track.lowered) {
            (Rank::Programme | Rank::Sound, _) => CheckResult::Fail,
            (Rank::SoundFallback, _) | (_, Some(_)) => CheckResult::Note,
            _ => CheckResult::Fail,
        }
    }

    /// Measured values, for `lesson.json` and for whoever draws curves.
    fn values(&self) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::new();
        let mut set = |name: &str, value: f64| {
            // JSON has no infinity.
            if value.is_finite() {
                values.insert(name.to_owned(), value);
            }
        };
        if self.parts.is_empty() {
            return values;
        }
        let sum = |value: &dyn Fn(&FileFigures) -> f64| self.parts.iter().map(|(_, part)| value(part)).sum::<f64>();
        set("seconds", sum(&|part| part.seconds));
        set("bytes", sum(&|part| part.bytes as f64));
        set("parts", self.parts.len() as f64);
        for (name, value) in self.picture_values().into_iter().chain(self.sound_values()) {
            set(name, value);
        }
        let syncs = self.parts.iter().filter_map(|(_, part)| part.sync);
        if let Some(worst) = syncs.max_by(|a, b| a.worst_ms.abs().total_cmp(&b.worst_ms.abs())) {
            set("sync_worst_ms", worst.worst_ms);
            set("sync_median_ms", worst.median_ms);
        }
        values
    }
}

fn unplayable((part, measured): (&ketang_protocol::lesson::Part, &Result<FileFigures, String>)) -> Option<Sentence> {
    let why = measured.as_ref().err()?;
    Some(Sentence::new(format!("{} 无法播放：{why}", part.file), format!("{} cannot be played: {why}", part.file)))
}

/// The parts that could be played, with where they begin.
fn on_time_line<'a>(track: &Track, figures: &'a TrackFigures) -> Vec<(f64, &'a FileFigures)> {
    let parts = track.parts.iter().zip(&figures.parts);
    parts.filter_map(|(part, measured)| Some((part.begins_at, measured.as_ref().ok()?))).collect()
}

/// Stretches of several parts on the lesson's time line; those that meet at a joint become one.
fn joined(parts: &[(f64, &FileFigures)], of: impl Fn(&FileFigures) -> &[Stretch]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (begins, part) in parts {
        for stretch in of(part).iter().map(|stretch| stretch.shifted(*begins)) {
            match all.last_mut() {
                Some(last) if stretch.from - last.to < 0.1 => last.to = stretch.to,
                _ => all.push(stretch),
            }
        }
    }
    all
}
