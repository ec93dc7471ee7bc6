//! Which preset a camera that turns should stand at, where it is not calibrated: by the zone of the teacher, or by the seat of the
//! student who has the word. Never for ever at one that the teacher has left. Pure.

use ketang_director::Ms;
use ketang_director::observation::Zone;

/// The names that presets of this use have.
pub const PODIUM: &str = "podium";
pub const BOARD_LEFT: &str = "board-left";
pub const BOARD_RIGHT: &str = "board-right";
pub const WIDE: &str = "wide";
pub const STUDENTS: [&str; 3] = ["students-left", "students-middle", "students-right"];

/// Somebody must have been there for so long, so that who passes is not followed.
const LASTS: Ms = Ms(1500);
/// Somebody who is not seen may only be hidden for a moment.
const UNSEEN: Ms = Ms::seconds(3);
/// No camera goes oftener than so, but for a student who stands up.
const STAYS: Ms = Ms::seconds(4);
/// Who stands at the middle of the board is not changed over, in shares of the panorama's width.
const MIDDLE: f32 = 0.04;

/// Where the teacher is to be seen; `x` in shares of the panorama's width, `middle` of the board, `now` where the camera stands.
pub fn of_teacher(zone: Option<Zone>, x: Option<f32>, middle: f32, now: Option<&str>) -> &'static str {
    match (zone, x) {
        (Some(Zone::Podium), _) => PODIUM,
        (Some(Zone::Board), Some(x)) => {
            let middle = match now {
                Some(BOARD_LEFT) => middle + MIDDLE,
                Some(BOARD_RIGHT) => middle - MIDDLE,
                _ => middle,
            };
            if x < middle { BOARD_LEFT } else { BOARD_RIGHT }
        }
        (Some(Zone::Board | Zone::Students | Zone::Absent) | None, _) => WIDE,
    }
}

/// Where a student at this place is to be seen, left and right as the panorama shows them.
pub fn of_student(x: f32) -> &'static str {
    STUDENTS[((x.clamp(0.0, 1.0) * 3.0) as usize).min(2)]
}

/// One camera that goes from post to post.
#[derive(Debug, Default)]
pub struct Posts {
    /// Goes to a student at once.
    at_once: bool,
    now: Option<&'static str>,
    went: Option<Ms>,
    wanted: Option<(&'static str, Ms)>,
}

impl Posts {
    pub fn of_students() -> Self {
        Self { at_once: true, ..Self::default() }
    }

    /// Where it was sent.
    pub fn now(&self) -> Option<&'static str> {
        self.now
    }

    /// Forgets where it was sent: somebody else turned the camera since.
    pub fn let_go(&mut self) {
        self.now = None;
    }

    /// Where to go at a time, if anywhere.
    pub fn step(&mut self, at: Ms, wanted: &'static str) -> Option<&'static str> {
        if self.wanted.is_none_or(|(before, _)| before != wanted) {
            self.wanted = Some((wanted, at));
        }
        let since = self.wanted.map_or(at, |(_, since)| since);
        let lasts = match wanted {
            WIDE => UNSEEN,
            _ if self.at_once => Ms::ZERO,
            _ => LASTS,
        };
        let rested = self.at_once || self.went.is_none_or(|went| at - went >= STAYS);
        if self.now == Some(wanted) || at - since < lasts || !rested {
            return None;
        }
        (self.now, self.went) = (Some(wanted), Some(at));
        self.now
    }

    /// Whether it stands where the one whom it is for is.
    pub fn on_subject(&self) -> bool {
        let wanted = self.wanted.map(|(wanted, _)| wanted);
        self.now.is_some_and(|now| now != WIDE && Some(now) == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a lesson of (second, zone, x); the posts and when the camera set out for them, in ms.
    fn run(lesson: &[(u64, Option<Zone>, f32)], until: u64) -> Vec<(u64, &'static str)> {
        let mut posts = Posts::default();
        let mut went = Vec::new();
        for ms in (0..until * 1000).step_by(100) {
            let (_, zone, x) = lesson.iter().rev().find(|(from, ..)| from * 1000 <= ms).expect("it begins at 0");
            let wanted = of_teacher(*zone, Some(*x), 0.5, posts.now());
            went.extend(posts.step(Ms(ms), wanted).map(|post| (ms, post)));
        }
        went
    }

    #[test]
    fn it_goes_where_the_teacher_is_and_leaves_a_board_half_that_the_teacher_left() {
        let lesson = [
            (0, Some(Zone::Podium), 0.7),
            (10, Some(Zone::Board), 0.3),
            (20, Some(Zone::Board), 0.7),
            (30, Some(Zone::Podium), 0.8),
            (40, Some(Zone::Board), 0.2),
            (50, None, 0.2),
        ];
        let went = [
            (1500, PODIUM),
            (11_500, BOARD_LEFT),
            (21_500, BOARD_RIGHT),
            (31_500, PODIUM),
            (41_500, BOARD_LEFT),
            (53_000, WIDE),
        ];
        assert_eq!(run(&lesson, 120), went);
    }

    #[test]
    fn who_passes_and_who_stands_at_the_middle_turn_no_camera() {
        let passes = [(0, Some(Zone::Podium), 0.7), (10, Some(Zone::Board), 0.3), (11, Some(Zone::Podium), 0.7)];
        assert_eq!(run(&passes, 30), [(1500, PODIUM)]);
        let sways = |second| if second < 3 { 0.4 } else { [0.48, 0.52][second as usize % 2] };
        let sways: Vec<_> = (0..30).map(|second| (second, Some(Zone::Board), sways(second))).collect();
        assert_eq!(run(&sways, 30), [(1500, BOARD_LEFT)]);
    }

    #[test]
    fn a_student_who_stands_up_is_not_waited_for() {
        let mut posts = Posts::of_students();
        assert_eq!(posts.step(Ms(0), of_student(0.1)), Some("students-left"));
        assert!(posts.on_subject());
        assert_eq!(posts.step(Ms(500), of_student(0.99)), Some("students-right"));
        assert_eq!(posts.step(Ms(1000), WIDE), None);
        assert!(!posts.on_subject(), "nobody stands there");
        assert_eq!(posts.step(Ms(4000), WIDE), Some(WIDE));
        assert_eq!(of_student(f32::NAN), "students-left");
    }
}
