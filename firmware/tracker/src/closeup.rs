//! The digital close-up: which part of a fixed camera's picture shows the teacher well, moved as a good operator would:
//! not at all while the teacher is well in frame, else once and smoothly; wide where nobody is sure who is where.
//!
//! It plans crops; whoever scales pictures takes them. JX-5: the teacher is two thirds as high as the picture.

use ketang_director::Ms;

use crate::area::Area;
use crate::dead_band::{DeadBand, FORESEEN, LEAD, LOST_FOR, Off, SURE_FOR, walks};
use crate::smooth::{Limits, Smooth};
use crate::watcher::Person;

/// The teacher is so high in the close-up.
const TEACHER: f32 = 2.0 / 3.0;
/// So much of the close-up is free above the head.
const HEAD_ROOM: f32 = 0.12;
/// The head may be off by so much of the height.
const OFF_UPRIGHT: f32 = 0.09;
/// On the way a new target counts not oftener than so.
const RETARGET_AFTER: Ms = Ms(400);

/// In shares of the camera's picture.
const SIDEWAYS: Limits = Limits { speed: 0.35, acceleration: 0.45, shortest: Ms(1400) };
const ZOOM: Limits = Limits { speed: 0.25, acceleration: 0.25, shortest: Ms(2000) };

/// What the camera and the close-up are.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Width over height of the camera's picture.
    pub camera_aspect: f32,
    /// Width over height of the close-up.
    pub aspect: f32,
    /// The close-up is at least so high, as a share of the camera's picture: else it would be blurred.
    pub least_height: f32,
}

impl Frame {
    /// For a camera of this size in pixels and a close-up of 16:9, of which at least 540 lines are the camera's own.
    pub fn for_camera(width: usize, height: usize) -> Self {
        const LINES: f32 = 540.0;
        let (width, height) = (width.max(1) as f32, height.max(1) as f32);
        let least_height = (LINES / height).min(1.0);
        Self { camera_aspect: width / height, aspect: 16.0 / 9.0, least_height }
    }

    /// The closest close-up.
    fn least_height(&self) -> f32 {
        self.least_height.min(self.greatest_height())
    }

    /// Of a close-up so high; both in shares of the camera's picture.
    fn width(&self, height: f32) -> f32 {
        height * self.aspect / self.camera_aspect
    }

    /// The widest close-up.
    fn greatest_height(&self) -> f32 {
        (self.camera_aspect / self.aspect).min(1.0)
    }
}

/// Plans the close-up, step by step.
#[derive(Debug)]
pub struct CloseUp {
    frame: Frame,
    /// Somebody must have been the same for so long before the close-up leaves the wide picture.
    sure_for: Ms,
    /// It goes there at once instead of moving there.
    at_once: bool,
    x: Smooth,
    y: Smooth,
    height: Smooth,
    /// Who is followed, since when, and seen last when.
    teacher: Option<(u32, Ms, Ms)>,
    band: DeadBand,
    set_out: Ms,
    moves: u32,
}

impl CloseUp {
    pub fn new(frame: Frame) -> Self {
        Self {
            frame,
            sure_for: SURE_FOR,
            at_once: false,
            x: Smooth::at_rest(0.5),
            y: Smooth::at_rest(0.5),
            height: Smooth::at_rest(frame.greatest_height()),
            teacher: None,
            band: DeadBand::new(OFF_UPRIGHT, RETARGET_AFTER),
            set_out: Ms::ZERO,
            moves: 0,
        }
    }

    /// Of students who stand up to answer: there at once, because the audience sees another picture until then.
    pub fn of_students(frame: Frame) -> Self {
        Self { sure_for: Ms::ZERO, at_once: true, ..Self::new(frame) }
    }

    /// How often the close-up set out from rest.
    pub fn moves(&self) -> u32 {
        self.moves
    }

    /// Whether it shows the teacher, rather than everything.
    pub fn is_close(&self) -> bool {
        self.height.target() < self.frame.greatest_height() - 0.01
    }

    /// The crop of a time, in shares of the camera's picture; `teacher` as seen last. Call it for each frame.
    pub fn step(&mut self, at: Ms, teacher: Option<&Person>) -> Area {
        self.remember(at, teacher);
        match (teacher, self.teacher) {
            (Some(person), Some((_, since, _))) if at - since >= self.sure_for => self.follow(at, person),
            // Not yet sure of the one who is there; the one before may still be in the close-up for a moment.
            (Some(_), _) => self.open(at),
            (None, Some((.., seen))) if at - seen < LOST_FOR => {}
            (None, _) => self.open(at),
        }
        self.crop(at)
    }

    fn remember(&mut self, at: Ms, teacher: Option<&Person>) {
        let Some(person) = teacher else {
            if self.teacher.is_some_and(|(.., seen)| at - seen >= LOST_FOR) {
                self.teacher = None;
            }
            return;
        };
        let new = self.teacher.is_none_or(|(id, ..)| id != person.id);
        let since = self.teacher.filter(|_| !new).map_or(at, |(_, since, _)| since);
        self.teacher = Some((person.id, since, at));
        self.band.see(at, person.area.height, new);
    }

    fn wanted_height(&self) -> f32 {
        (self.band.size() / TEACHER).clamp(self.frame.least_height(), self.frame.greatest_height())
    }

    /// The middle of a close-up so high that shows somebody well.
    fn wanted_middle(&self, person: &Person, height: f32) -> (f32, f32) {
        let width = self.frame.width(height);
        let pace = person.speed.0;
        let ahead = if self.walks(person) {
            pace * FORESEEN.as_seconds_f64() as f32 + LEAD * width * pace.signum()
        } else {
            0.0
        };
        let top = person.area.y - HEAD_ROOM * height;
        self.within(person.area.centre().0 + ahead, top + height / 2.0, height)
    }

    fn walks(&self, person: &Person) -> bool {
        walks(person.speed.0 * self.frame.camera_aspect, person.area.height)
    }

    /// The nearest middle whose crop lies within the picture.
    fn within(&self, x: f32, y: f32, height: f32) -> (f32, f32) {
        let (half_width, half_height) = (self.frame.width(height) / 2.0, height / 2.0);
        (
            x.clamp(half_width.min(0.5), (1.0 - half_width).max(0.5)),
            y.clamp(half_height.min(0.5), (1.0 - half_height).max(0.5)),
        )
    }

    fn follow(&mut self, at: Ms, person: &Person) {
        let wanted = self.wanted_height();
        if self.at_once && !self.is_close() {
            let (x, y) = self.wanted_middle(person, wanted);
            (self.x, self.y, self.height) = (Smooth::at_rest(x), Smooth::at_rest(y), Smooth::at_rest(wanted));
            return;
        }
        let zooms = self.band.zooms(at, wanted / self.height.target());
        let height = if zooms { wanted } else { self.height.target() };
        let (x, y) = self.wanted_middle(person, height);
        let off = Off {
            sideways: (x - self.x.target()).abs() / self.frame.width(height),
            upright: (y - self.y.target()).abs() / height,
        };
        let under_way = (!self.is_at_rest(at)).then_some(self.set_out);
        if self.band.is_due(at, off, zooms, self.walks(person), under_way) {
            self.go(at, x, y, height);
        }
    }

    /// Sets out for the wide picture.
    fn open(&mut self, at: Ms) {
        if self.is_close() {
            self.go(at, 0.5, 0.5, self.frame.greatest_height());
        }
        self.band.sets_out();
    }

    /// One move for all three, so that they arrive together.
    fn go(&mut self, at: Ms, x: f32, y: f32, height: f32) {
        self.moves += u32::from(self.is_at_rest(at));
        self.set_out = at;
        self.band.sets_out();
        let zooms = (height - self.height.target()).abs() > 1e-3;
        let length = self.x.needs(at, x, &SIDEWAYS).max(self.y.needs(at, y, &SIDEWAYS));
        let length = if zooms { length.max(self.height.needs(at, height, &ZOOM)) } else { length };
        self.x.go(at, x, length);
        self.y.go(at, y, length);
        if zooms {
            self.height.go(at, height, length);
        }
    }

    fn is_at_rest(&self, at: Ms) -> bool {
        self.x.is_at_rest(at) && self.y.is_at_rest(at) && self.height.is_at_rest(at)
    }

    fn crop(&self, at: Ms) -> Area {
        let height = self.height.value(at).clamp(self.frame.least_height(), self.frame.greatest_height());
        let middle = self.within(self.x.value(at), self.y.value(at), height);
        Area::around(middle, self.frame.width(height).min(1.0), height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Keypoints;

    const FRAME: Frame = Frame { camera_aspect: 16.0 / 9.0, aspect: 16.0 / 9.0, least_height: 0.3 };

    fn teacher(id: u32, x: f32, height: f32, pace: f32) -> Person {
        let area = Area::new(x - 0.05, 0.9 - height, 0.1, height);
        Person { id, area, speed: (pace, 0.0), keypoints: Keypoints::default(), sure: 0.9, seen: Ms::ZERO }
    }

    /// Steps at 25 frames a second over whom a function of the seconds tells; each crop.
    fn run(closeup: &mut CloseUp, from: u64, seconds: u64, who: impl Fn(f32) -> Option<Person>) -> Vec<Area> {
        let frames = from * 25..(from + seconds) * 25;
        frames.map(|frame| closeup.step(Ms(frame * 40), who(frame as f32 / 25.0).as_ref())).collect()
    }

    #[test]
    fn the_teacher_is_two_thirds_high_with_head_room() {
        for height in [0.25, 0.4, 0.5] {
            let mut closeup = CloseUp::new(FRAME);
            let crops = run(&mut closeup, 0, 12, |_| Some(teacher(1, 0.5, height, 0.0)));
            assert_eq!(crops[0], Area::WHOLE, "wide while nobody is sure");
            let (last, person) = (crops.last().unwrap(), teacher(1, 0.5, height, 0.0).area);
            assert!((person.height / last.height - TEACHER).abs() < 0.01, "{height}: {last:?}");
            assert!((0.05..0.2).contains(&((person.y - last.y) / last.height)), "{height}: {last:?}");
            assert_eq!(closeup.moves(), 1);
        }
    }

    #[test]
    fn who_sways_is_not_followed() {
        let mut closeup = CloseUp::new(FRAME);
        let sways = |seconds: f32| {
            Some(teacher(1, 0.5 + 0.03 * (seconds * 2.0).sin(), 0.4 + 0.02 * (seconds * 5.0).sin(), 0.0))
        };
        run(&mut closeup, 0, 8, sways);
        let moves = closeup.moves();
        run(&mut closeup, 8, 60, sways);
        assert_eq!(closeup.moves(), moves);
    }

    #[test]
    fn who_walks_stays_in_frame_and_the_move_is_smooth() {
        let mut closeup = CloseUp::new(FRAME);
        run(&mut closeup, 0, 10, |_| Some(teacher(1, 0.2, 0.4, 0.0)));
        let place = |seconds: f32| (0.2 + 0.12 * (seconds - 10.0)).min(0.8);
        let walk = |seconds: f32| Some(teacher(1, place(seconds), 0.4, if place(seconds) < 0.8 { 0.12 } else { 0.0 }));
        let crops = run(&mut closeup, 10, 10, walk);
        for (frame, crop) in crops.iter().enumerate() {
            let person = walk(10.0 + frame as f32 / 25.0).unwrap().area;
            assert!(person.share_in(crop) > 0.99, "frame {frame}: {person:?} in {crop:?}");
        }
        let speeds: Vec<f32> = crops.windows(2).map(|pair| (pair[1].centre().0 - pair[0].centre().0) * 25.0).collect();
        assert!(speeds.iter().all(|speed| (-0.005..0.4).contains(speed)), "forward, never back: {speeds:?}");
        let kicks = speeds.windows(2).map(|pair| ((pair[1] - pair[0]) * 25.0).abs());
        assert!(kicks.fold(0.0, f32::max) < 0.9);
    }

    #[test]
    fn who_is_lost_is_waited_for_and_then_the_picture_opens() {
        let mut closeup = CloseUp::new(FRAME);
        run(&mut closeup, 0, 8, |_| Some(teacher(1, 0.3, 0.4, 0.0)));
        let crops = run(&mut closeup, 8, 8, |_| None);
        assert!(crops[20].height < 0.65, "waited for");
        assert!((crops.last().unwrap().height - 1.0).abs() < 1e-3, "wide");
        assert!(crops.windows(2).all(|pair| pair[1].height - pair[0].height < 0.02), "opened, not jumped");
    }

    #[test]
    fn somebody_else_is_no_reason_to_jump() {
        let mut closeup = CloseUp::new(FRAME);
        run(&mut closeup, 0, 8, |_| Some(teacher(1, 0.2, 0.4, 0.0)));
        let crops = run(&mut closeup, 8, 2, |_| Some(teacher(2, 0.8, 0.4, 0.0)));
        assert!(crops.windows(2).all(|pair| (pair[1].centre().0 - pair[0].centre().0).abs() < 0.02));
        assert!(crops.last().unwrap().height > 0.8, "opens");
    }

    #[test]
    fn a_student_who_stands_up_is_there_at_once() {
        let mut closeup = CloseUp::of_students(FRAME);
        assert_eq!(run(&mut closeup, 0, 2, |_| None).last(), Some(&Area::WHOLE));
        let crops = run(&mut closeup, 2, 3, |_| Some(teacher(7, 0.8, 0.3, 0.0)));
        assert!(crops.iter().all(|crop| *crop == crops[0]), "at once, and still");
        assert!((0.3 / crops[0].height - TEACHER).abs() < 0.01, "{:?}", crops[0]);
        let crops = run(&mut closeup, 5, 8, |_| None);
        assert!(crops.windows(2).all(|pair| pair[1].height - pair[0].height < 0.02), "opened, not jumped");
        assert!((crops.last().unwrap().height - 1.0).abs() < 1e-3);
    }

    #[test]
    fn any_camera_has_a_close_up_however_small_or_narrow() {
        for (width, height) in
            [(640, 480), (720, 480), (848, 480), (720, 1280), (270, 480), (1600, 720), (1, 1), (0, 0)]
        {
            let frame = Frame::for_camera(width, height);
            let mut closeup = CloseUp::new(frame);
            for crop in run(&mut closeup, 0, 10, |_| Some(teacher(1, 0.7, 0.3, 0.0))) {
                let inside = crop.share_in(&Area::WHOLE) > 0.999 && crop.size() > 0.0;
                let shape = crop.width * frame.camera_aspect / crop.height;
                assert!(inside && (shape - frame.aspect).abs() < 0.01, "{width}x{height}: {crop:?}");
            }
        }
    }

    #[test]
    fn a_crop_never_leaves_the_picture_nor_its_resolution() {
        let mut closeup = CloseUp::new(FRAME);
        let corner = |seconds: f32| Some(teacher(1, if seconds < 10.0 { 0.02 } else { 0.98 }, 0.05, 0.0));
        for crop in run(&mut closeup, 0, 25, corner) {
            let limit = crop.x >= -1e-4 && crop.y >= -1e-4 && crop.right() <= 1.0001 && crop.bottom() <= 1.0001;
            assert!(limit && crop.height >= FRAME.least_height - 1e-4, "{crop:?}");
        }
    }
}
