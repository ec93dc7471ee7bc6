//! The lesson's own time: it runs while tracks are written and stands still in pauses and power cuts.
//!
//! Three clocks meet here. *Wall* time is what people read; it may be set while a lesson runs, so nothing is measured by
//! it except the length of a power cut. *Media* time counts from the daemon's start. *Elapsed* time counts from the
//! lesson's start and never stands still; stretches map it to *lesson* time:
//!
//! ```text
//! elapsed  0────────10════════25─────────40
//! lesson   0────────10        10─────────25        ═ paused, or the host was down
//! ```

use std::time::Duration;

use jiff::Timestamp;
use ketang_hal::time::MediaTime;
use ketang_protocol::lesson::{Event, EventKind};

/// A moment on both clocks of the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub wall: Timestamp,
    pub media: MediaTime,
}

/// A stretch in which the lesson's time ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    elapsed: Duration,
    lesson: Duration,
    /// `None` while it runs.
    length: Option<Duration>,
}

/// Maps the host's clocks to the lesson's time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Never empty; in order.
    stretches: Vec<Stretch>,
    /// One moment of this run of the daemon on both axes.
    anchor: (MediaTime, Duration),
}

impl Timeline {
    /// The time line of a lesson that starts now.
    pub fn begin(now: Moment) -> Self {
        let first = Stretch { elapsed: Duration::ZERO, lesson: Duration::ZERO, length: None };
        Self { stretches: vec![first], anchor: (now.media, Duration::ZERO) }
    }

    /// The time line of a lesson that was interrupted: it stands still at `recorded`, the length of what lies on disk.
    ///
    /// Events tell of earlier pauses. Where wall time was set back in between, elapsed time is taken to stand still.
    pub fn interrupted(started: Timestamp, events: &[Event], recorded: Duration, now: Moment) -> Self {
        let mut stretches: Vec<Stretch> = Vec::new();
        for event in events {
            let lesson = seconds(event.at);
            match event.what {
                EventKind::Started | EventKind::Continued | EventKind::Resumed => {
                    let free = stretches.last().map(end).unwrap_or_default();
                    let elapsed = since(started, event.time).max(free);
                    stretches.push(Stretch { elapsed, lesson, length: None });
                }
                EventKind::Paused => close(&mut stretches, lesson),
                _ => {}
            }
        }
        stretches.retain(|stretch| stretch.lesson < recorded);
        if stretches.is_empty() {
            stretches.push(Stretch { elapsed: Duration::ZERO, lesson: Duration::ZERO, length: None });
        }
        // Each stretch ends where the next begins; what the disk holds is the truth about the last.
        for index in 1..stretches.len() {
            let next = stretches[index].lesson;
            let stretch = &mut stretches[index - 1];
            stretch.length = Some(next.saturating_sub(stretch.lesson));
        }
        if let Some(last) = stretches.last_mut() {
            last.length = Some(recorded.saturating_sub(last.lesson));
        }
        let down_from = stretches.last().map(end).unwrap_or_default();
        Self { stretches, anchor: (now.media, since(started, now.wall).max(down_from)) }
    }

    /// Lesson time stands still from now on. Does nothing where it already stands.
    pub fn hold(&mut self, now: MediaTime) {
        let lesson = self.at(now);
        close(&mut self.stretches, lesson);
    }

    /// Lesson time runs from now on. Does nothing where it already runs.
    pub fn go(&mut self, now: MediaTime) {
        if self.runs() {
            return;
        }
        let stretch = Stretch { elapsed: self.elapsed(now), lesson: self.at(now), length: None };
        self.stretches.push(stretch);
    }

    pub fn runs(&self) -> bool {
        self.last().length.is_none()
    }

    /// Time since the lesson's start, pauses and power cuts counted.
    pub fn elapsed(&self, media: MediaTime) -> Duration {
        let (anchor, elapsed) = self.anchor;
        match media.0.checked_sub(anchor.0) {
            Some(after) => elapsed + Duration::from_nanos(after),
            None => elapsed.saturating_sub(Duration::from_nanos(anchor.0 - media.0)),
        }
    }

    /// Lesson time of a moment of this run of the daemon; a moment in a pause is the pause's own.
    pub fn at(&self, media: MediaTime) -> Duration {
        self.at_elapsed(self.elapsed(media))
    }

    /// Lesson time of a moment, given as time since the lesson's start.
    pub fn at_elapsed(&self, elapsed: Duration) -> Duration {
        let index = self.stretches.partition_point(|stretch| stretch.elapsed <= elapsed);
        let Some(stretch) = index.checked_sub(1).map(|index| self.stretches[index]) else { return Duration::ZERO };
        let into = elapsed.saturating_sub(stretch.elapsed);
        stretch.lesson + stretch.length.map_or(into, |length| into.min(length))
    }

    /// The first moment at which the lesson's time was `lesson`, as time since the lesson's start.
    pub fn elapsed_at(&self, lesson: Duration) -> Duration {
        let reaches = |stretch: &&Stretch| stretch.length.is_none_or(|length| lesson <= stretch.lesson + length);
        let stretch = self.stretches.iter().find(reaches).unwrap_or(self.last());
        stretch.elapsed + lesson.saturating_sub(stretch.lesson)
    }

    /// Where the running stretch began, as time since the lesson's start; where lesson time stands, where it stopped.
    pub fn turned(&self) -> Duration {
        if self.runs() { self.last().elapsed } else { end(self.last()) }
    }

    fn last(&self) -> &Stretch {
        self.stretches.last().expect("a time line is made with one stretch and never loses any")
    }
}

fn close(stretches: &mut [Stretch], lesson: Duration) {
    if let Some(last) = stretches.last_mut()
        && last.length.is_none()
    {
        last.length = Some(lesson.saturating_sub(last.lesson));
    }
}

/// End of a stretch as time since the lesson's start; of a running one, its beginning.
fn end(stretch: &Stretch) -> Duration {
    stretch.elapsed + stretch.length.unwrap_or_default()
}

/// Time from `started` to `then`; zero where the clock was set back.
pub(crate) fn since(started: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(started)).unwrap_or_default()
}

/// Seconds as they stand in a file: nonsense is zero.
pub(crate) fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000;

    fn s(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn wall(count: i64) -> Timestamp {
        Timestamp::from_second(START + count).unwrap()
    }

    fn media(count: u64) -> MediaTime {
        MediaTime(count * 1_000_000_000)
    }

    fn event(at: u64, time: i64, what: EventKind) -> Event {
        Event { at: at as f64, time: wall(time), what }
    }

    #[test]
    fn lesson_time_stands_still_in_pauses() {
        let mut line = Timeline::begin(Moment { wall: wall(0), media: media(100) });
        line.hold(media(110));
        line.hold(media(115)); // a second pause changes nothing
        line.go(media(125));
        line.go(media(126));
        let table =
            [(90, 0), (100, 0), (105, 5), (110, 10), (118, 10), (125, 10), (130, 15)].map(|(m, l)| (media(m), s(l)));
        for (moment, lesson) in table {
            assert_eq!(line.at(moment), lesson, "{moment}");
        }
        assert_eq!(line.elapsed(media(130)), s(30));
        assert_eq!(line.elapsed_at(s(5)), s(5));
        assert_eq!(line.elapsed_at(s(10)), s(10));
        assert_eq!(line.elapsed_at(s(12)), s(27));
    }

    #[test]
    fn a_power_cut_is_a_stretch_that_the_lesson_does_not_have() {
        let events =
            [event(0, 0, EventKind::Started), event(10, 10, EventKind::Paused), event(10, 25, EventKind::Resumed)];
        // Cut at 31 s of the wall, 15.5 s lie on disk, power back at 60 s.
        let now = Moment { wall: wall(60), media: media(4) };
        let mut line = Timeline::interrupted(wall(0), &events, Duration::from_millis(15_500), now);
        assert!(!line.runs());
        assert_eq!(line.turned(), Duration::from_millis(30_500));
        assert_eq!(line.elapsed(media(4)), s(60));
        line.go(media(4));
        assert_eq!(line.at(media(9)), Duration::from_millis(20_500));
        assert_eq!(line.at_elapsed(s(20)), s(10));
        assert_eq!(line.at_elapsed(s(45)), Duration::from_millis(15_500));
    }

    #[test]
    fn the_disk_is_the_truth_about_what_was_recorded() {
        // The pause was noted at 10 s, but the last fragment did not reach the disk; or a frame more did.
        for recorded in [Duration::from_millis(9_400), Duration::from_millis(10_040)] {
            let events = [event(0, 0, EventKind::Started), event(10, 10, EventKind::Paused)];
            let now = Moment { wall: wall(60), media: media(0) };
            let line = Timeline::interrupted(wall(0), &events, recorded, now);
            assert_eq!(line.at(media(0)), recorded);
        }
    }

    #[test]
    fn nonsense_on_disk_gives_a_time_line_all_the_same() {
        let now = Moment { wall: wall(-500), media: media(0) };
        let broken = [
            Event { at: f64::NAN, time: wall(9), what: EventKind::Resumed },
            Event { at: -4.0, time: wall(-9), what: EventKind::Paused },
        ];
        for events in [&broken[..], &[]] {
            let mut line = Timeline::interrupted(wall(0), events, s(7), now);
            assert_eq!(line.at(media(0)), s(7));
            line.go(media(1));
            assert_eq!(line.at(media(3)), s(9));
        }
    }
}
