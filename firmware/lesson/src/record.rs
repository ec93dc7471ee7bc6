//! The record of the lesson in hand: `lesson.json` as it will be written, with its time line and its open gaps.

use std::time::Duration;

use ketang_hal::picture::Size;
use ketang_hal::time::MediaTime;
use ketang_protocol::lesson::{Event, EventKind, FORMAT, GapKind, Lesson, LessonId, Outcome, Part, PartSize, Track};

use crate::attendance::{Roll, Told};
use crate::gaps::Gaps;
use crate::timeline::{Moment, Timeline};

/// What is known of a lesson when it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub id: LessonId,
    pub host: String,
    pub title: Option<String>,
    pub teacher: Option<String>,
    pub planned_seconds: Option<u64>,
    /// Without parts.
    pub tracks: Vec<Track>,
}

/// A lesson as it was found on disk after the daemon, or the host, had stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub lesson: Lesson,
    pub events: Vec<Event>,
    /// The length of what lies on disk, in lesson time; see [`Lesson::recorded_seconds`].
    pub recorded: Duration,
}

/// The lesson in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    lesson: Lesson,
    timeline: Timeline,
    gaps: Gaps,
    roll: Roll,
}

impl Record {
    pub(crate) fn begin(plan: Plan, now: Moment) -> Self {
        let lesson = Lesson {
            format: FORMAT,
            id: plan.id,
            host: plan.host,
            title: plan.title,
            teacher: plan.teacher,
            started: now.wall,
            ended: None,
            planned_seconds: plan.planned_seconds,
            outcome: Outcome::Recording,
            tracks: plan.tracks,
            gaps: Vec::new(),
            verdict: None,
            confirmed_upstream: false,
            attendance: None,
            recuts: Vec::new(),
        };
        Self { lesson, timeline: Timeline::begin(now), gaps: Gaps::default(), roll: Roll::default() }
    }

    /// The record of a lesson that was interrupted. Where it is to go on, the time it was down is a gap.
    pub(crate) fn found(found: Found, now: Moment) -> Self {
        let Found { lesson, events, recorded } = found;
        let timeline = Timeline::interrupted(lesson.started, &events, recorded, now);
        let gaps = Gaps::interrupted(&lesson.gaps, &timeline);
        let mut record = Self { lesson, timeline, gaps, roll: Roll::default() };
        record.lesson.gaps = record.gaps.list();
        record
    }

    /// `lesson.json` as it stands.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(crate) fn into_lesson(self, outcome: Outcome) -> Lesson {
        Lesson { outcome, ..self.lesson }
    }

    pub(crate) fn set_outcome(&mut self, outcome: Outcome) {
        self.lesson.outcome = outcome;
    }

    pub(crate) fn lesson_mut(&mut self) -> &mut Lesson {
        &mut self.lesson
    }

    pub(crate) fn hold(&mut self, now: MediaTime) {
        self.timeline.hold(now);
    }

    pub(crate) fn go(&mut self, now: MediaTime) {
        self.timeline.go(now);
    }

    pub(crate) fn event(&self, now: Moment, what: EventKind) -> Event {
        Event { at: self.timeline.at(now.media).as_secs_f64(), time: now.wall, what }
    }

    pub(crate) fn open_gap(&mut self, what: GapKind, now: MediaTime) {
        self.gaps.open(what, self.timeline.at(now), self.timeline.elapsed(now));
        self.lesson.gaps = self.gaps.list();
    }

    pub(crate) fn close_gaps(&mut self, now: MediaTime, which: impl Fn(&GapKind) -> bool) {
        self.gaps.close(self.timeline.elapsed(now), which);
        self.lesson.gaps = self.gaps.list();
    }

    pub(crate) fn drop_frames(&mut self, track: &str, frames: u64, now: MediaTime) {
        self.gaps.drop_frames(track, frames, self.timeline.at(now), self.timeline.elapsed(now));
        self.lesson.gaps = self.gaps.list();
    }

    pub(crate) fn heads(&mut self, heads: u16, now: MediaTime) -> Told {
        self.roll.heads(&mut self.lesson.attendance, heads, self.timeline.at(now))
    }

    /// Notes that the host was down from where the time line stopped until now.
    pub(crate) fn was_down(&mut self, now: MediaTime) {
        let from = self.timeline.turned();
        let length = self.timeline.elapsed(now).saturating_sub(from);
        self.gaps.add(GapKind::HostDown, self.timeline.at(now), from, length);
        self.lesson.gaps = self.gaps.list();
    }

    /// Ends the lesson's time: at the last moment at which something was, or could have been, recorded.
    pub(crate) fn end(&mut self, now: Moment) {
        self.timeline.hold(now.media);
        self.close_gaps(now.media, |_| true);
        self.lesson.ended = Some(now.wall.max(self.lesson.started));
        self.lesson.outcome = Outcome::Finishing;
    }

    /// Ends the time of a lesson that was interrupted: where its recording stopped, however long ago that was.
    ///
    /// What was still to come of its planned time is a gap, unless somebody had stopped it. Past the planned end, or
    /// without one, the gap lasts until now.
    pub(crate) fn end_where_it_stopped(&mut self, now: MediaTime) {
        let stopped = self.timeline.turned();
        let planned = self.lesson.planned_seconds.map(Duration::from_secs).filter(|&planned| planned > stopped);
        let until = self.timeline.elapsed(now).min(planned.unwrap_or(Duration::MAX));
        if self.lesson.outcome == Outcome::Recording {
            self.gaps.add(GapKind::HostDown, self.timeline.at(now), stopped, until.saturating_sub(stopped));
        }
        self.gaps.close(until.max(stopped), |_| true);
        self.lesson.gaps = self.gaps.list();
        let ended = self.lesson.started.checked_add(stopped).unwrap_or(self.lesson.started);
        self.lesson.ended.get_or_insert(ended);
        self.lesson.outcome = Outcome::Finishing;
    }

    pub(crate) fn part_begun(&mut self, track: &str, file: String, size: Option<Size>, first_frame: MediaTime) {
        let begins_at = self.timeline.at(first_frame).as_secs_f64();
        if let Some(track) = self.track(track)
            && !track.parts.iter().any(|part| part.file == file)
        {
            let is_tracks = |size: &Size| (size.width, size.height) == (track.width, track.height);
            let size = size.filter(|size| !is_tracks(size));
            let size = size.map(|Size { width, height }| PartSize { width, height });
            track.parts.push(Part { file, begins_at, size, ..Part::default() });
        }
    }

    pub(crate) fn part_closed(&mut self, track: &str, file: &str, seconds: f64, bytes: u64) {
        let parts = self.track(track).into_iter().flat_map(|track| &mut track.parts);
        for part in parts.filter(|part| part.file == file) {
            (part.seconds, part.bytes) = (seconds, bytes);
        }
    }

    /// Tracks that have not ended early.
    pub(crate) fn running_tracks(&self) -> Vec<String> {
        running_tracks(&self.lesson)
    }

    fn track(&mut self, name: &str) -> Option<&mut Track> {
        self.lesson.tracks.iter_mut().find(|track| track.name == name)
    }
}

/// The names of the tracks that have not ended before their lesson.
pub fn running_tracks(lesson: &Lesson) -> Vec<String> {
    let ended = |name: &String| {
        lesson
            .gaps
            .iter()
            .any(|gap| gap.seconds.is_none() && matches!(&gap.what, GapKind::TrackEnded { track, .. } if track == name))
    };
    lesson.tracks.iter().map(|track| track.name.clone()).filter(|name| !ended(name)).collect()
}
