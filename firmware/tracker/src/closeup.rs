//! The digital close-up: which part of a fixed camera's picture shows the teacher well, moved as a good operator would:
//! not at all while the teacher is well in frame, else once and smoothly; wide where nobody is sure who is where.
//!
//! It plans crops; whoever scales pictures takes them. JX-5: the teacher is two thirds as high as the picture.

use std::collections::VecDeque;

use ketang_director::Ms;

use crate::area::Area;
use crate::smooth::{Limits, Smooth};
use crate::watcher::Person;

/// The teacher is so high in the close-up.
const TEACHER: f32 = 2.0 / 3.0;
/// So much of the close-up is free above the head.
const HEAD_ROOM: f32 = 0.12;
/// Who walks has so much more room ahead than behind, in widths of the close-up.
const LEAD: f32 = 0.08;
/// A walk is foreseen so far.
const FORESEEN: f32 = 0.7;
/// The dead band: the middle may be off by so much of the width, the head by so much of the height, the size by so much.
const OFF_SIDEWAYS: f32 = 0.10;
const OFF_UPRIGHT: f32 = 0.09;
const OFF_SIZE: f32 = 0.22;
/// A size must be off for so long, so that an arm or a step does not zoom.
const OFF_SIZE_FOR: Ms = Ms::seconds(2);
/// On the way a new target counts if it is off by so much of the width, and not oftener than so.
const RETARGET: f32 = 0.05;
const RETARGET_AFTER: Ms = Ms(400);
/// The teacher must have been the same for so long.
const SURE_FOR: Ms = Ms::seconds(2);
/// Who walked and has stood for so long is put right once, or would rest at the edge of the dead band.
const STOOD_FOR: Ms = Ms(600);
const OFF_STOOD: f32 = 0.075;
/// Without the teacher the close-up stays for so long before it opens to the wide picture.
const LOST_FOR: Ms = Ms(1200);
/// How far back the teacher's size is looked at.
const SIZES: Ms = Ms::seconds(3);
/// Walks faster than so many own heights a second have a lead.
const WALKS: f32 = 0.25;

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
    sizes: VecDeque<(Ms, f32)>,
    size_off_since: Option<Ms>,
    /// When the teacher walked last, if the close-up was not put right since.
    walked: Option<Ms>,
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
            sizes: VecDeque::new(),
            size_off_since: None,
            walked: None,
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
        match &mut self.teacher {
            Some((id, _, seen)) if *id == person.id => *seen = at,
            other => {
                *other = Some((person.id, at, at));
                self.sizes.clear();
            }
        }
        self.sizes.push_back((at, person.area.height));
        while self.sizes.front().is_some_and(|(then, _)| at - *then > SIZES) {
            self.sizes.pop_front();
        }
    }

    /// The teacher's usual height: steps, arms and a desk in front change the box, and not the teacher.
    fn size(&self) -> f32 {
        let mut sizes: Vec<f32> = self.sizes.iter().map(|(_, size)| *size).collect();
        sizes.sort_by(f32::total_cmp);
        sizes.get(sizes.len() / 2).copied().unwrap_or(1.0)
    }

    fn wanted_height(&self) -> f32 {
        (self.size() / TEACHER).clamp(self.frame.least_height(), self.frame.greatest_height())
    }

    /// The middle of a close-up so high that shows somebody well.
    fn wanted_middle(&self, person: &Person, height: f32) -> (f32, f32) {
        let width = self.frame.width(height);
        let pace = person.speed.0;
        let ahead = if self.walks(person) { pace * FORESEEN + LEAD * width * pace.signum() } else { 0.0 };
        let top = person.area.y - HEAD_ROOM * height;
        self.within(person.area.centre().0 + ahead, top + height / 2.0, height)
    }

    fn walks(&self, person: &Person) -> bool {
        (person.speed.0 * self.frame.camera_aspect).abs() > WALKS * person.area.height
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
        let off = (wanted / self.height.target()).ln().abs() > OFF_SIZE;
        self.size_off_since = if off { self.size_off_since.or(Some(at)) } else { None };
        let zoom = self.size_off_since.is_some_and(|since| at - since >= OFF_SIZE_FOR);
        let height = if zoom { wanted } else { self.height.target() };
        let (x, y) = self.wanted_middle(person, height);
        let width = self.frame.width(height);
        let off_by = |x: f32, y: f32| ((x - self.x.target()).abs() / width, (y - self.y.target()).abs() / height);
        let (sideways, upright) = off_by(x, y);
        if self.walks(person) {
            self.walked = Some(at);
        }
        let stands = self.walked.is_some_and(|walked| at - walked >= STOOD_FOR);
        let due = if self.is_at_rest(at) {
            if stands {
                self.walked = None;
            }
            zoom || sideways > OFF_SIDEWAYS || upright > OFF_UPRIGHT || stands && sideways > OFF_STOOD
        } else {
            at - self.set_out >= RETARGET_AFTER && (zoom || sideways > RETARGET || upright > OFF_UPRIGHT)
        };
        if due {
            self.size_off_since = None;
            self.go(at, x, y, height);
        }
    }

    /// Sets out for the wide picture.
    fn open(&mut self, at: Ms) {
        if self.is_close() {
            self.go(at, 0.5, 0.5, self.frame.greatest_height());
        }
        self.size_off_since = None;
    }

    /// One move for all three, so that they arrive together.
    fn go(&mut self, at: Ms, x: f32, y: f32, height: f32) {
        self.moves += u32::from(self.is_at_rest(at));
        self.set_out = at;
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
