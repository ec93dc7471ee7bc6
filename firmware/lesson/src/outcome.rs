//! How a lesson ended: exactly one of kept, kept with gaps, nobody came, or failed with a reason.

use ketang_protocol::lesson::{Check, CheckResult, GapKind, Lesson, Outcome, Verdict};
use ketang_protocol::names;
use ketang_protocol::sentence::Sentence;

/// What was seen and heard in the room during the lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Content {
    /// Seconds of speech; `None` where no microphone could tell.
    pub speech_seconds: Option<f64>,
    /// Seconds in which somebody moved; `None` where no camera could tell.
    pub movement_seconds: Option<f64>,
}

/// Less speech and movement than this share of the lesson is a room that nobody came to.
const NOBODY: f64 = 0.01;
/// A shorter lesson says nothing about whether somebody came, in seconds.
const TOO_SHORT_TO_TELL: f64 = 60.0;
/// Tracks end within this time of each other, in seconds.
const SAME_END: f64 = 2.0;
/// What an empty room rightly fails.
const EMPTY_ROOM_CHECKS: [&str; 5] = ["black", "frozen", "silence", "teacher silence", "room silence"];

/// The outcome of a lesson whose gaps are closed.
pub fn decide(lesson: &Lesson, verdict: &Verdict, content: Content) -> Outcome {
    let recorded = lesson.recorded_seconds();
    if recorded <= 0.0 {
        let why = ended_early(lesson, 0.0).cloned();
        let why = why.unwrap_or_else(|| Sentence::new("没有写入任何轨道", "no track was written"));
        let chinese = format!("什么也没有录到：{}", why.chinese);
        return Outcome::Failed { why: Sentence::new(chinese, format!("nothing was recorded: {}", why.english)) };
    }
    let failures = || verdict.checks.iter().filter(|check| check.result == CheckResult::Fail);
    let empty_room = failures().all(|check| EMPTY_ROOM_CHECKS.contains(&check.check.as_str()));
    if nobody_came(lesson, content, recorded) && empty_room {
        return Outcome::NobodyCame;
    }
    if let Some(why) = ended_early(lesson, recorded) {
        let at = clock(recorded);
        let chinese = format!("录制在 {at} 时自行结束：{}；此前录下的内容都在", why.chinese);
        let english =
            format!("recording ended by itself after {at}: {}; what was recorded until then is here", why.english);
        return Outcome::Failed { why: Sentence::new(chinese, english) };
    }
    if !verdict.ok {
        return Outcome::Failed { why: found(failures()) };
    }
    if lesson.gaps.is_empty() { Outcome::Kept } else { Outcome::KeptWithGaps }
}

/// The first of what failed, and how much more there is.
fn found<'a>(failures: impl Iterator<Item = &'a Check>) -> Sentence {
    const MOST: usize = 3;
    let mut failures = failures.map(|check| {
        let (track, name) = (names::track(&check.track).chinese, names::check(&check.check).chinese);
        let english = format!("{} {}: {}", check.track, check.check, check.finding.english);
        Sentence::new(format!("{track}{name}：{}", check.finding.chinese), english)
    });
    let mut found: Vec<_> = failures.by_ref().take(MOST).collect();
    match failures.count() {
        0 if found.is_empty() => return Sentence::new("校验发现它不完整", "verification found it not whole"),
        0 => {}
        more => found.push(Sentence::new(format!("另有 {more} 项"), format!("and {more} more"))),
    }
    Sentence::joined(&found)
}

/// Nobody is missed who was not expected, so only a planned lesson can end so.
fn nobody_came(lesson: &Lesson, content: Content, recorded: f64) -> bool {
    let nothing = |seconds: Option<f64>| seconds.is_some_and(|seconds| seconds < NOBODY * recorded);
    lesson.planned_seconds.is_some()
        && recorded >= TOO_SHORT_TO_TELL
        && nothing(content.speech_seconds)
        && nothing(content.movement_seconds)
}

/// Why every track was over before the lesson was; `None` where at least one went on to the end.
fn ended_early(lesson: &Lesson, recorded: f64) -> Option<&Sentence> {
    let mut last = None;
    for track in &lesson.tracks {
        let gap = lesson.gaps.iter().rev().find_map(|gap| match &gap.what {
            GapKind::TrackEnded { track: ended, why } if *ended == track.name => Some((gap, why)),
            _ => None,
        });
        let (gap, why) = gap?;
        if gap.seconds.is_some_and(|seconds| gap.at + seconds + SAME_END < recorded) {
            return None;
        }
        last = Some(why);
    }
    last
}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ketang_protocol::lesson::{Gap, LessonId, Part, Track};

    fn lesson(gaps: &[GapKind]) -> Lesson {
        let started = "2026-11-22T08:15:00Z".parse().unwrap();
        let track = |name: &str| {
            let part = Part {
                file: crate::tracks::part_file(name, 1),
                begins_at: 0.0,
                seconds: 2700.0,
                bytes: 1,
                finished: true,
                ..Part::default()
            };
            Track {
                name: name.into(),
                codec: "h264".into(),
                width: 1920,
                height: 1080,
                kbit_s: 4000,
                parts: vec![part],
                ..Track::default()
            }
        };
        Lesson {
            format: 1,
            id: LessonId::new(started, 1),
            host: "here".into(),
            title: None,
            teacher: None,
            started,
            ended: Some(started),
            planned_seconds: Some(2700),
            outcome: Outcome::Finishing,
            tracks: vec![track("programme"), track("hdmi")],
            gaps: gaps.iter().map(|what| Gap { at: 2690.0, seconds: Some(9.0), what: what.clone() }).collect(),
            verdict: None,
            confirmed_upstream: false,
            attendance: None,
            recuts: Vec::new(),
        }
    }

    fn verdict(failing: &[&str]) -> Verdict {
        let check = |check: &&str| Check {
            track: "programme".into(),
            check: (*check).into(),
            clause: String::new(),
            result: CheckResult::Fail,
            finding: "bad".into(),
        };
        let checked = "2026-11-22T09:15:00Z".parse().unwrap();
        let checks = failing.iter().map(check).collect();
        Verdict { checked, ok: failing.is_empty(), checks, figures: Default::default() }
    }

    fn ended(track: &str) -> GapKind {
        GapKind::TrackEnded { track: track.into(), why: "disk full".into() }
    }

    const SOMEBODY: Content = Content { speech_seconds: Some(900.0), movement_seconds: Some(2000.0) };
    const NOBODY_THERE: Content = Content { speech_seconds: Some(3.0), movement_seconds: Some(1.0) };
    const NO_MICROPHONE: Content = Content { speech_seconds: None, movement_seconds: Some(1.0) };

    #[test]
    fn every_lesson_ends_in_exactly_one_way() {
        let failed = |chinese: &str, english: &str| Outcome::Failed { why: Sentence::new(chinese, english) };
        let early = failed(
            "录制在 0:45:00 时自行结束：disk full；此前录下的内容都在",
            "recording ended by itself after 0:45:00: disk full; what was recorded until then is here",
        );
        type Row<'a> = (&'a str, &'a [GapKind], &'a [&'a str], Content, Outcome);
        let table: &[Row<'_>] = &[
            ("whole", &[], &[], SOMEBODY, Outcome::Kept),
            ("paused", &[GapKind::Paused], &[], SOMEBODY, Outcome::KeptWithGaps),
            ("one track ended", &[ended("hdmi")], &[], SOMEBODY, Outcome::KeptWithGaps),
            ("all tracks ended", &[ended("hdmi"), ended("programme")], &[], SOMEBODY, early),
            ("empty room", &[], &[], NOBODY_THERE, Outcome::NobodyCame),
            ("empty, dark, quiet", &[], &["black", "silence"], NOBODY_THERE, Outcome::NobodyCame),
            ("empty and broken", &[], &["decodes"], NOBODY_THERE, failed("节目可解码：bad", "programme decodes: bad")),
            ("cannot tell", &[], &[], NO_MICROPHONE, Outcome::Kept),
            ("nothing known", &[], &["silence"], Content::default(), failed("节目静音：bad", "programme silence: bad")),
        ];
        for (name, gaps, failing, content, wanted) in table {
            assert_eq!(decide(&lesson(gaps), &verdict(failing), *content), *wanted, "{name}");
        }
    }

    #[test]
    fn an_unplanned_lesson_had_somebody_who_began_it() {
        let lesson = Lesson { planned_seconds: None, ..lesson(&[]) };
        assert_eq!(decide(&lesson, &verdict(&[]), NOBODY_THERE), Outcome::Kept);
    }

    #[test]
    fn nothing_on_disk_is_a_failure_with_its_reason() {
        let mut lesson = lesson(&[ended("programme"), ended("hdmi")]);
        for track in &mut lesson.tracks {
            track.parts.clear();
        }
        let why = Sentence::new("什么也没有录到：disk full", "nothing was recorded: disk full");
        assert_eq!(decide(&lesson, &verdict(&[]), SOMEBODY), Outcome::Failed { why });
    }
}
