//! The account of what is missing from a lesson: gaps are opened when something goes and closed when it is back.

use std::time::Duration;

use ketang_hal::time::FRAMES_PER_SECOND;
use ketang_protocol::lesson::{Gap, GapKind};

use crate::timeline::{Timeline, seconds};

/// Dropped frames that are less than this apart, in lesson time, are one gap.
const ONE_DROP: Duration = Duration::from_secs(10);

/// The gaps of a lesson, with the moments at which they were opened as time since the lesson's start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gaps {
    list: Vec<(Gap, Duration)>,
}

impl Gaps {
    /// The gaps of a lesson that was interrupted when `timeline` stopped; those that still lasted are closed there.
    pub fn interrupted(gaps: &[Gap], timeline: &Timeline) -> Self {
        let down_from = timeline.turned();
        let recorded = timeline.at_elapsed(down_from);
        let list = gaps.iter().map(|gap| {
            let at = seconds(gap.at).min(recorded);
            (Gap { at: at.as_secs_f64(), ..gap.clone() }, timeline.elapsed_at(at).min(down_from))
        });
        let mut gaps = Self { list: list.collect() };
        // A pause goes on through a power cut.
        gaps.close(down_from, |kind| *kind != GapKind::Paused);
        gaps
    }

    /// Opens a gap, unless the same is open already.
    pub fn open(&mut self, what: GapKind, at: Duration, elapsed: Duration) {
        if !self.list.iter().any(|(gap, _)| gap.seconds.is_none() && gap.what == what) {
            self.insert(Gap { at: at.as_secs_f64(), seconds: None, what }, elapsed);
        }
    }

    /// Closes the open gaps that `which` names. Returns whether there were any.
    pub fn close(&mut self, elapsed: Duration, which: impl Fn(&GapKind) -> bool) -> bool {
        let mut any = false;
        for (gap, opened) in &mut self.list {
            if gap.seconds.is_none() && which(&gap.what) {
                gap.seconds = Some(elapsed.saturating_sub(*opened).as_secs_f64());
                any = true;
            }
        }
        any
    }

    /// Adds a stretch that is over.
    pub fn add(&mut self, what: GapKind, at: Duration, opened: Duration, length: Duration) {
        self.insert(Gap { at: at.as_secs_f64(), seconds: Some(length.as_secs_f64()), what }, opened);
    }

    /// Counts dropped frames of a track, into its last gap of that kind where that is not long ago.
    pub fn drop_frames(&mut self, dropped_from: &str, frames: u64, at: Duration, elapsed: Duration) {
        let length = |frames: u64| frames as f64 / FRAMES_PER_SECOND as f64;
        for (gap, _) in self.list.iter_mut().rev() {
            let begins = seconds(gap.at);
            if let GapKind::FramesDropped { track, frames: so_far } = &mut gap.what
                && track == dropped_from
                && at.saturating_sub(begins + seconds(gap.seconds.unwrap_or_default())) < ONE_DROP
            {
                *so_far += frames;
                gap.seconds = Some(at.saturating_sub(begins).as_secs_f64().max(length(*so_far)));
                return;
            }
        }
        let what = GapKind::FramesDropped { track: dropped_from.to_owned(), frames };
        self.add(what, at, elapsed, seconds(length(frames)));
    }

    /// In order of lesson time.
    pub fn list(&self) -> Vec<Gap> {
        self.list.iter().map(|(gap, _)| gap.clone()).collect()
    }

    fn insert(&mut self, gap: Gap, opened: Duration) {
        let index = self.list.partition_point(|(other, _)| other.at <= gap.at);
        self.list.insert(index, (gap, opened));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Moment;
    use ketang_hal::role::PictureRole::Hdmi;
    use ketang_hal::time::MediaTime;

    const fn s(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn lost() -> GapKind {
        GapKind::InputLost { input: Hdmi.into() }
    }

    fn gap(at: f64, seconds: impl Into<Option<f64>>, what: GapKind) -> Gap {
        Gap { at, seconds: seconds.into(), what }
    }

    #[test]
    fn a_gap_is_as_long_as_the_wall_says() {
        let mut gaps = Gaps::default();
        gaps.open(lost(), s(8), s(8));
        gaps.open(lost(), s(9), s(9)); // told twice, lost once
        gaps.open(GapKind::Paused, s(10), s(10));
        gaps.close(s(70), |kind| *kind == GapKind::Paused);
        gaps.open(GapKind::TrackEnded { track: "hdmi".into(), why: "disk".into() }, s(11), s(71));
        gaps.close(s(72), |kind| *kind == lost());
        assert!(!gaps.close(s(99), |kind| *kind == lost()), "it is closed already");
        let ended = GapKind::TrackEnded { track: "hdmi".into(), why: "disk".into() };
        let wanted = [gap(8.0, 64.0, lost()), gap(10.0, 60.0, GapKind::Paused), gap(11.0, None, ended)];
        assert_eq!(gaps.list(), wanted);
    }

    #[test]
    fn dropped_frames_that_are_close_are_one_gap() {
        let mut gaps = Gaps::default();
        for (at, frames) in [(10, 5), (12, 5), (15, 15), (60, 50)] {
            gaps.drop_frames("board", frames, s(at), s(at));
            gaps.drop_frames("hdmi", 1, s(at), s(at));
        }
        let of_board: Vec<Gap> = gaps
            .list()
            .into_iter()
            .filter(|gap| matches!(&gap.what, GapKind::FramesDropped { track, .. } if track == "board"))
            .collect();
        let dropped = |frames| GapKind::FramesDropped { track: "board".into(), frames };
        assert_eq!(of_board, [gap(10.0, 5.0, dropped(25)), gap(60.0, 2.0, dropped(50))]);
    }

    #[test]
    fn an_interruption_closes_what_was_open_but_not_a_pause() {
        let start: jiff::Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let now = Moment { wall: start + s(300), media: MediaTime(0) };
        let line = Timeline::interrupted(start, &[], s(100), now);
        // The last gap was noted after the last fragment that reached the disk.
        let before = [gap(90.0, None, lost()), gap(100.5, None, GapKind::Paused)];
        let gaps = Gaps::interrupted(&before, &line);
        assert_eq!(gaps.list(), [gap(90.0, 10.0, lost()), gap(100.0, None, GapKind::Paused)]);
    }
}
