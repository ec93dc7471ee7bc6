//! Which gaps of the lesson account for what was found.

use ketang_hal::figures::Stretch;
use ketang_hal::role::Role;
use ketang_protocol::lesson::{Gap, GapKind, Lesson};
use ketang_protocol::names;
use ketang_protocol::sentence::Sentence;

use super::{Judge, Rank};

/// A gap is noted when it is noticed: what it explains may begin earlier and end later by so much, in seconds.
const SLACK: f64 = 2.0;

/// A camera's own stream goes on with its next key frame; a stream with rarer ones is not recorded as it comes.
const KEY_FRAME_SECONDS: f64 = 4.0;

/// What is missing from a track. A lost microphone is no excuse for a picture, nor a lost camera for silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Picture,
    Sound,
    Either,
}

impl Judge<'_> {
    /// Whether gaps cover the whole of `stretch`, which is on the lesson's time line.
    pub(super) fn is_explained(&self, missing: Missing, stretch: Stretch) -> bool {
        let gaps = self.lesson.gaps.iter();
        let mut known: Vec<Stretch> = gaps.filter_map(|gap| self.covered_by(missing, gap)).collect();
        known.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut upto = stretch.from;
        let mut any = false;
        for gap in known {
            if gap.from - SLACK <= upto && gap.to + SLACK >= stretch.from {
                upto = upto.max(gap.to + SLACK);
                any = true;
            }
        }
        any && upto >= stretch.to
    }

    /// How long a track may wait for its picture where its stream begins or goes on, in seconds.
    pub(super) fn key_frame_wait(&self) -> f64 {
        if self.track.as_it_comes { KEY_FRAME_SECONDS } else { 0.0 }
    }

    /// Whether the lesson was interrupted at this time: numbers and joints may jump there.
    pub(super) fn is_interrupted(&self, at: f64) -> bool {
        self.lesson.gaps.iter().any(|gap| is_interruption(gap) && (gap.at - at).abs() <= SLACK)
            || self.is_explained(Missing::Either, Stretch { from: at, to: at })
    }

    /// The stretch of the lesson's time line in which `gap` excuses this track.
    fn covered_by(&self, missing: Missing, gap: &Gap) -> Option<Stretch> {
        let mine = match &gap.what {
            GapKind::InputLost { input: Role::Picture(role) } => {
                missing != Missing::Sound && (self.rank == Rank::Programme || role.as_str() == self.track.name)
            }
            GapKind::InputLost { input: Role::Sound(_) } => missing != Missing::Picture,
            GapKind::TrackEnded { track, .. } | GapKind::FramesDropped { track, .. } => *track == self.track.name,
            GapKind::Paused | GapKind::HostDown => false,
        };
        let ends = match gap.what {
            GapKind::TrackEnded { .. } => f64::INFINITY,
            _ => gap.seconds.map_or(f64::INFINITY, |seconds| gap.at + seconds),
        };
        mine.then_some(Stretch { from: gap.at, to: ends + self.key_frame_wait() })
    }
}

/// Whether the gap takes wall-clock time that the lesson's time line does not have.
fn is_interruption(gap: &Gap) -> bool {
    matches!(gap.what, GapKind::Paused | GapKind::HostDown)
}

/// Wall-clock time between start and end in which the lesson was paused or the host down, in seconds.
pub(super) fn interrupted_seconds(lesson: &Lesson) -> f64 {
    let wall = lesson.ended.map_or(0.0, |ended| ended.duration_since(lesson.started).as_secs_f64());
    let mut total = 0.0;
    for gap in lesson.gaps.iter().filter(|gap| is_interruption(gap)) {
        // A gap may reach beyond the end: into time that was planned and that the power cut took.
        let left = (wall - total - gap.at).max(0.0);
        total += gap.seconds.map_or(left, |seconds| seconds.min(left));
    }
    total
}

/// A gap in words.
pub(super) fn words(gap: &Gap) -> Sentence {
    let called = |track: &str| names::track(track).chinese;
    let Sentence { chinese, english } = match &gap.what {
        GapKind::InputLost { input } => Sentence::new(format!("{}信号丢失", input.chinese()), format!("{input} lost")),
        GapKind::Paused => Sentence::new("暂停", "paused"),
        GapKind::HostDown => Sentence::new("主机停机", "host down"),
        GapKind::TrackEnded { track, why } => Sentence::new(
            format!("{}提前结束：{}", called(track), why.chinese),
            format!("{track} ended: {}", why.english),
        ),
        GapKind::FramesDropped { track, frames } => {
            Sentence::new(format!("{}丢 {frames} 帧", called(track)), format!("{track}: {frames} frames dropped"))
        }
    };
    let at = gap.at;
    match gap.seconds {
        Some(seconds) => Sentence::new(
            format!("{at:.1} 秒起 {seconds:.1} 秒：{chinese}"),
            format!("{english} at {at:.1} s for {seconds:.1} s"),
        ),
        None => Sentence::new(format!("{at:.1} 秒起：{chinese}"), format!("{english} at {at:.1} s")),
    }
}
