//! The picture before the judge: HB-1, HB-3, JT-1, black, frozen, frame numbers.

use ketang_hal::figures::{Stretch, VideoFigures};
use ketang_protocol::lesson::CheckResult;
use ketang_protocol::sentence::Sentence;

use super::explain::Missing;
use super::{Judge, Rank, joined};

/// HB-3.
const KBIT_S: f64 = 1024.0;
const FPS: f64 = 25.0;
const FPS_OFF: f64 = 0.01;
/// Frames are 40 ms apart; timescales round, jitter does not.
const INTERVAL: (f64, f64) = (0.038, 0.042);
/// A network camera stamps its frames itself, and the network adds its jitter.
const CAMERA_INTERVAL: (f64, f64) = (0.02, 0.06);
/// JT-1.
const COURSEWARE_KBIT_S: f64 = 512.0;
const COURSEWARE_LINES: u32 = 480;
/// A picture that is black or stands still for longer is a fault, in seconds.
const BLACK_SECONDS: f64 = 2.0;
const FROZEN_SECONDS: f64 = 10.0;

impl Judge<'_> {
    pub(super) fn picture(&mut self) {
        let videos: Vec<(f64, &VideoFigures)> =
            self.parts.iter().filter_map(|(begins, part)| Some((*begins, part.video.as_ref()?))).collect();
        if videos.len() < self.parts.len() || videos.is_empty() {
            self.add("codec", "HB-3", CheckResult::Fail, Sentence::new("有一段没有画面", "a part holds no picture"));
            return;
        }
        self.form(&videos);
        self.rate(&videos);
        self.time(&videos);
        self.content();
        self.numbers(&videos);
    }

    /// Codec and size.
    fn form(&mut self, videos: &[(f64, &VideoFigures)]) {
        let fault = videos.iter().find(|(_, video)| video.codec != "h264");
        let (_, video) = fault.unwrap_or(&videos[0]);
        let result = if fault.is_none() { CheckResult::Pass } else { CheckResult::Fail };
        let (codec, profile) = (&video.codec, video.profile.as_deref().unwrap_or("?"));
        let finding =
            Sentence::new(format!("{codec}（{profile}），要求 H.264"), format!("{codec} ({profile}), H.264 asked"));
        self.add("codec", "HB-3", result, finding);

        let fault = videos.iter().any(|(_, video)| !is_high_definition(video));
        let result = if fault { self.unless_minor() } else { CheckResult::Pass };
        let Sentence { chinese, english } = sizes_in_words(videos);
        let finding = Sentence::new(
            format!("{chinese}，要求 1280×720 或 1920×1080"),
            format!("{english}, 1280×720 or 1920×1080 asked"),
        );
        self.add("size", "HB-1", result, self.with_excuse(finding, result));

        let interlaced = videos.iter().any(|(_, video)| !video.progressive);
        let result = if interlaced { self.unless_minor() } else { CheckResult::Pass };
        let finding = match interlaced {
            true => Sentence::new("隔行，要求逐行", "interlaced, progressive asked"),
            false => Sentence::new("逐行", "progressive"),
        };
        self.add("scan", "HB-3", result, finding);

        let lines = videos.iter().map(|(_, video)| video.height).min().unwrap_or_default();
        let kbit_s = average(videos);
        let result = match (lines >= COURSEWARE_LINES, kbit_s >= COURSEWARE_KBIT_S, self.rank) {
            (true, true, _) => CheckResult::Pass,
            // What stands still needs few bits: no more is lost than that.
            (true, false, Rank::Camera | Rank::Computer) => CheckResult::Note,
            _ => CheckResult::Fail,
        };
        let finding = Sentence::new(
            format!("{lines} 行，{kbit_s:.0} kbit/s，要求 480 和 512"),
            format!("{lines} lines and {kbit_s:.0} kbit/s, 480 and 512 asked"),
        );
        self.add("courseware", "JT-1", result, self.with_excuse(finding, result));
    }

    fn rate(&mut self, videos: &[(f64, &VideoFigures)]) {
        let kbit_s = average(videos);
        let result = match (kbit_s >= KBIT_S, self.rank) {
            (true, _) => CheckResult::Pass,
            (false, Rank::Programme) => CheckResult::Fail,
            (false, _) => CheckResult::Note,
        };
        let finding = Sentence::new(
            format!("平均 {kbit_s:.0} kbit/s，要求 1024"),
            format!("{kbit_s:.0} kbit/s on average, 1024 asked"),
        );
        self.add("bit rate", "HB-3", result, self.with_excuse(finding, result));
    }

    /// Frame rate and evenness.
    fn time(&mut self, videos: &[(f64, &VideoFigures)]) {
        let frames: u64 = videos.iter().map(|(_, video)| video.frames).sum();
        let weighted: f64 = videos.iter().map(|(_, video)| video.fps * video.frames as f64).sum();
        let fps = weighted / (frames as f64).max(1.0);
        let shortest = videos.iter().map(|(_, video)| video.shortest_interval).fold(f64::INFINITY, f64::min);
        let longest = videos.iter().map(|(_, video)| video.longest_interval).fold(0.0, f64::max);
        let holes = joined_holes(videos);
        let (least, most) = if self.track.as_it_comes { CAMERA_INTERVAL } else { INTERVAL };
        let even = (least..=most).contains(&shortest) && longest <= most;
        let monotone = videos.iter().all(|(_, video)| video.monotone);
        let excused = !holes.is_empty()
            && shortest >= least
            && holes.iter().all(|&hole| self.is_explained(Missing::Picture, hole));
        let result = match () {
            () if !monotone => CheckResult::Fail,
            () if even && (fps - FPS).abs() <= FPS_OFF => CheckResult::Pass,
            () if excused => CheckResult::Explained,
            () => self.unless_minor(),
        };
        let (shortest, longest) = (shortest * 1e3, longest * 1e3);
        let mut findings = vec![Sentence::new(
            format!("{fps:.2} 帧/秒，帧间隔 {shortest:.1} 至 {longest:.1} ms，要求均匀 25"),
            format!("{fps:.2} fps, {shortest:.1} to {longest:.1} ms from frame to frame, 25 even asked"),
        )];
        findings.extend(holes.first().map(|first| holes_in_words(holes.len(), first.from)));
        if !monotone {
            findings.push(Sentence::new("时间戳倒退", "timestamps run backwards"));
        }
        self.add("frame rate", "HB-3", result, Sentence::joined(&findings));
    }

    /// Black and frozen.
    fn content(&mut self) {
        let black = joined(&self.parts, |part| part.video.as_ref().map_or(&[], |video| &video.black));
        let fault = if self.rank == Rank::Computer { CheckResult::Note } else { CheckResult::Fail };
        self.stretches(("black", ""), Missing::Picture, &black, BLACK_SECONDS, |_| fault);

        if self.parts.iter().any(|(_, part)| part.key_frames_only) {
            let finding = Sentence::new("未检查：只解码了关键帧", "not looked for: only key frames were decoded");
            self.add("frozen", "", CheckResult::Note, finding);
            return;
        }
        let frozen = joined(&self.parts, |part| part.video.as_ref().map_or(&[], |video| &video.frozen));
        if self.rank == Rank::Computer {
            let seconds: f64 = frozen.iter().map(|stretch| stretch.seconds()).sum();
            let finding = Sentence::new(
                format!("静止 {seconds:.0} 秒，课件本来如此"),
                format!("stood still for {seconds:.0} s, as slides do"),
            );
            self.add("frozen", "", CheckResult::Pass, finding);
            return;
        }
        // The programme may show a slide, and then stands still when the slide does.
        let slides = if self.rank == Rank::Programme { std::mem::take(&mut self.computer_still) } else { Vec::new() };
        self.stretches(("frozen", ""), Missing::Picture, &frozen, FROZEN_SECONDS, |stretch| {
            let slide = slides.iter().any(|still| still.from <= stretch.from + 1.0 && stretch.to <= still.to + 1.0);
            if slide { CheckResult::Note } else { CheckResult::Fail }
        });
    }

    /// A check on stretches of `least` seconds and more: what counts as `fault` unless a gap explains it.
    pub(super) fn stretches(
        &mut self,
        (check, clause): (&str, &str),
        missing: Missing,
        stretches: &[Stretch],
        least: f64,
        fault: impl Fn(Stretch) -> CheckResult,
    ) {
        let long: Vec<Stretch> = stretches.iter().copied().filter(|stretch| stretch.seconds() >= least).collect();
        let result = long.iter().map(|&stretch| match self.is_explained(missing, stretch) {
            true => CheckResult::Explained,
            false => fault(stretch),
        });
        let result = result.max_by_key(|result| severity(*result)).unwrap_or(CheckResult::Pass);
        let finding = match long.first() {
            None => Sentence::new(format!("没有达到 {least:.0} 秒的"), format!("nowhere for {least:.0} s")),
            Some(first) => {
                let total: f64 = long.iter().map(|stretch| stretch.seconds()).sum();
                let (many, Stretch { from, to }) = (long.len(), first);
                Sentence::new(
                    format!("{many} 处共 {total:.1} 秒，最早从 {from:.1} 到 {to:.1} 秒"),
                    format!("{total:.1} s in {many} stretches, first from {from:.1} to {to:.1} s"),
                )
            }
        };
        self.add(check, clause, result, finding);
    }

    /// Missing and repeated frames, where they carry numbers.
    fn numbers(&mut self, videos: &[(f64, &VideoFigures)]) {
        let (mut missing, mut repeated, mut backwards, mut marked) = (0, 0, 0, false);
        let mut unexplained = None;
        for (begins, video) in videos {
            for marks in video.marks.iter().flatten() {
                marked = true;
                missing += marks.missing;
                repeated += marks.repeated;
                backwards += marks.backwards;
                for slip in &marks.slips {
                    let at = begins + slip.at;
                    if unexplained.is_none() && !self.is_interrupted(at) {
                        unexplained = Some(at);
                    }
                }
            }
        }
        if !marked {
            return;
        }
        let mut findings = vec![Sentence::new(
            format!("缺 {missing} 帧，重复 {repeated} 帧，倒退 {backwards} 次"),
            format!("{missing} missing, {repeated} repeated, {backwards} times backwards"),
        )];
        let result = match (missing + repeated + backwards, unexplained) {
            (0, _) => CheckResult::Pass,
            (_, None) => CheckResult::Explained,
            (_, Some(at)) => {
                findings.push(Sentence::new(
                    format!("最早一处无法说明的在 {at:.2} 秒"),
                    format!("first unexplained at {at:.2} s"),
                ));
                CheckResult::Fail
            }
        };
        self.add("frames", "", result, Sentence::joined(&findings));
    }

    /// The finding, with why the track is less than was asked where that is its excuse.
    fn with_excuse(&self, finding: Sentence, result: CheckResult) -> Sentence {
        match &self.track.lowered {
            Some(why) if result == CheckResult::Note => {
                let why = Sentence::new(format!("已降低：{}", why.chinese), format!("lowered: {}", why.english));
                Sentence::joined(&[finding, why])
            }
            _ => finding,
        }
    }

    pub(super) fn picture_values(&self) -> Vec<(&'static str, f64)> {
        let videos: Vec<(f64, &VideoFigures)> =
            self.parts.iter().filter_map(|(begins, part)| Some((*begins, part.video.as_ref()?))).collect();
        let Some((_, first)) = videos.first() else { return Vec::new() };
        let sum = |value: fn(&VideoFigures) -> u64| videos.iter().map(|(_, video)| value(video)).sum::<u64>() as f64;
        let mut values = vec![
            ("width", f64::from(first.width)),
            ("height", f64::from(first.height)),
            ("fps", first.fps),
            ("kbit_s", average(&videos)),
            ("frames", sum(|video| video.frames)),
            ("faults", sum(|video| video.faults)),
            ("key_interval_seconds", videos.iter().map(|(_, video)| video.key_interval).fold(0.0, f64::max)),
        ];
        let marks: Vec<_> = videos.iter().flat_map(|(_, video)| video.marks.iter().flatten()).collect();
        if !marks.is_empty() {
            values.push(("frames_missing", marks.iter().map(|marks| marks.missing).sum::<u64>() as f64));
            values.push(("frames_repeated", marks.iter().map(|marks| marks.repeated).sum::<u64>() as f64));
        }
        values
    }
}

/// The size that a track begins with, and each other one from where it does.
fn sizes_in_words(videos: &[(f64, &VideoFigures)]) -> Sentence {
    let mut before = None;
    let mut words = Vec::new();
    for (begins, video) in videos {
        let (numerator, denominator) = video.pixel_aspect;
        let size = (video.width, video.height, numerator == denominator);
        if before.replace(size) == Some(size) {
            continue;
        }
        let size = format!("{}×{}", video.width, video.height);
        let (chinese, english) = match numerator == denominator {
            true => (size.clone(), size),
            false => (
                format!("{size}，像素 {numerator}:{denominator}"),
                format!("{size} with pixels {numerator}:{denominator}"),
            ),
        };
        words.push(match words.is_empty() {
            true => Sentence::new(chinese, english),
            false => Sentence::new(format!("{begins:.1} 秒起 {chinese}"), format!("from {begins:.1} s on {english}")),
        });
    }
    Sentence::joined(&words)
}

fn is_high_definition(video: &VideoFigures) -> bool {
    matches!((video.width, video.height), (1280, 720) | (1920, 1080)) && video.pixel_aspect.0 == video.pixel_aspect.1
}

/// Over all parts, by their length, in kbit/s.
fn average(videos: &[(f64, &VideoFigures)]) -> f64 {
    let seconds: f64 = videos.iter().map(|(_, video)| video.ends - video.begins).sum();
    let kbit: f64 = videos.iter().map(|(_, video)| video.kbit_s * (video.ends - video.begins)).sum();
    if seconds > 0.0 { kbit / seconds } else { 0.0 }
}

pub(super) fn holes_in_words(holes: usize, first: f64) -> Sentence {
    Sentence::new(format!("{holes} 处缺口，最早在 {first:.2} 秒"), format!("{holes} holes, first at {first:.2} s"))
}

fn joined_holes(videos: &[(f64, &VideoFigures)]) -> Vec<Stretch> {
    videos.iter().flat_map(|(begins, video)| video.holes.iter().map(|hole| hole.shifted(*begins))).collect()
}

pub(super) fn severity(result: CheckResult) -> u8 {
    match result {
        CheckResult::Pass => 0,
        CheckResult::Note => 1,
        CheckResult::Explained => 2,
        CheckResult::Fail => 3,
    }
}
