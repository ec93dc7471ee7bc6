//! The four cameras: where they hang, what they see, and how the close-ups follow. Pure geometry.
//!
//! All look straight along the room with a shifted lens, so that upright things stay upright and everything at one depth
//! has one scale. A close-up is a window that moves over the picture of a longer lens at the same place.

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;

use super::body;
use super::looks::Look;
use super::plan;
use super::posture::{Figure, Posture};
use super::scene::{Course, Person};
use super::sculpt::{self, View};
use super::space::{V3, v3};
use super::story::Student;

/// A close-up's picture is the mean of where it wants to look over this time, in this many looks.
const FOLLOWING_SECONDS: f64 = 1.4;
const FOLLOWING_LOOKS: u32 = 14;

pub(super) struct Camera {
    pub(super) at: V3,
    /// Looks from the board to the class, so that x runs to the left.
    pub(super) turned: bool,
    /// Pixels of a metre at a distance of one metre.
    pub(super) focal: f32,
    /// Where the point straight ahead lies in the whole picture, in pixels.
    pub(super) centre: (f32, f32),
    /// Size of the whole picture, of which frames are windows.
    pub(super) whole: (u32, u32),
    role: PictureRole,
}

const TEACHER_CAMERA: V3 = v3(4.8, 8.5, 2.85);
const STUDENTS_CAMERA: V3 = v3(4.8, 0.0, 3.0);

impl Camera {
    /// The camera of a role; `None` for a role that is no camera of this room.
    pub(super) fn of(role: PictureRole) -> Option<Camera> {
        let Size { width, height } = Size::FULL_HD;
        let (at, turned, focal, centre, whole) = match role {
            PictureRole::TeacherPanorama => (TEACHER_CAMERA, false, 1600.0, (960.0, 180.0), (width, height)),
            PictureRole::TeacherCloseup => (TEACHER_CAMERA, false, 4600.0, (2960.0, -300.0), (5920, 1760)),
            PictureRole::StudentsPanorama => (STUDENTS_CAMERA, true, 850.0, (960.0, 180.0), (width, height)),
            PictureRole::StudentsCloseup => (STUDENTS_CAMERA, true, 2000.0, (2500.0, 80.0), (5000, 1940)),
            PictureRole::Hdmi | PictureRole::Board => return None,
        };
        Some(Camera { at, turned, focal, centre, whole, role })
    }

    /// Metres from the camera to a depth of the room.
    pub(super) fn distance(&self, y: f32) -> f32 {
        (if self.turned { y - self.at.y } else { self.at.y - y }).max(0.05)
    }

    /// Pixels of a metre at a depth of the room.
    pub(super) fn scale(&self, y: f32) -> f32 {
        self.focal / self.distance(y)
    }

    /// Where a point of the room lies in the whole picture.
    pub(super) fn project(&self, p: V3) -> (f32, f32) {
        let scale = self.scale(p.y);
        let aside = if self.turned { self.at.x - p.x } else { p.x - self.at.x };
        (self.centre.0 + aside * scale, self.centre.1 + (self.at.z - p.z) * scale)
    }

    /// The top left corner of the frame's window in the whole picture, even.
    pub(super) fn window(&self, course: Course<'_>, seconds: f64) -> (i32, i32) {
        let Size { width, height } = Size::FULL_HD;
        if self.whole == (width, height) {
            return (0, 0);
        }
        let (mut u, mut v) = (0.0, 0.0);
        for look in 0..FOLLOWING_LOOKS {
            let past = FOLLOWING_SECONDS * f64::from(look) / f64::from(FOLLOWING_LOOKS);
            let (dx, dy) = self.target(course, seconds - past);
            (u, v) = (u + dx, v + dy);
        }
        let looks = FOLLOWING_LOOKS as f32;
        let corner = |middle: f32, size: u32, whole: u32| {
            ((middle - size as f32 / 2.0).clamp(0.0, (whole - size) as f32) / 2.0) as i32 * 2
        };
        (corner(u / looks, width, self.whole.0), corner(v / looks, height, self.whole.1))
    }

    /// What the middle of a close-up wants to show, in the whole picture.
    fn target(&self, course: Course<'_>, seconds: f64) -> (f32, f32) {
        let story = course.story(seconds);
        if self.turned {
            let who = story.students.iter().position(Student::stands);
            let who = who.or_else(|| story.students.iter().position(Student::raises_hand));
            let (seat, height) = match who {
                Some(student) => (plan::seat(student), 1.25),
                // Nobody: a part of the class, another one each half minute.
                None => ([plan::seat(8), plan::seat(10), plan::seat(7)][(seconds.max(0.0) / 30.0) as usize % 3], 0.85),
            };
            return self.project(seat + v3(0.0, 0.0, height));
        }
        let [x, y] = story.teacher_step().spot;
        let ground = if y < plan::PLATFORM_DEPTH { plan::PLATFORM_HEIGHT } else { 0.0 };
        let (u, v) = self.project(v3(x.min(plan::WIDTH), y, ground + 1.78));
        (u, v - 170.0 + Size::FULL_HD.height as f32 / 2.0)
    }

    /// How a person is seen, sizes and slants in the steps that sprites are kept in.
    pub(super) fn view(&self, person: &Person, window: (i32, i32)) -> Seen {
        let distance = self.distance(person.at.y);
        let aside = if self.turned { self.at.x - person.at.x } else { person.at.x - self.at.x };
        let at_desk = person.figure(self.turned).at_desk();
        // Who walks is seen straight: a slant that changes with each step would need a sprite each.
        let slant_x = if at_desk { aside / distance } else { 0.0 };
        let step = |slant: f32| (slant.clamp(-1.2, 1.2) * SLANT * 20.0).round() as i8;
        let slants = (step(slant_x), step((self.at.z - person.at.z) / distance));
        let slants = if walks(person) { (slants.0, (slants.1 + 2) / 4 * 4) } else { slants };
        let size = self.size_step(person);
        let mut figure = person.figure(self.turned);
        // Lips are too small to be seen from afar, and from behind.
        let turned_away = figure.yaw.abs() > 6;
        figure.mouth_open &= self.scale(person.at.y) > LIPS_SEEN && !turned_away;
        if turned_away && !at_desk {
            figure.gaze = 0;
        }
        if self.scale(person.at.y) < FINE_BELOW {
            figure.keep_steady();
        }
        if self.role == PictureRole::TeacherCloseup && at_desk {
            // Of the class only the tops of heads are seen here.
            figure.keep_still();
        }
        // What lies below the frame need not be drawn.
        let (_, ground) = self.project(person.at);
        let below = (ground - window.1 as f32 - Size::FULL_HD.height as f32) / self.scale(person.at.y);
        let lowest = if self.turned && at_desk { 0 } else { (below / LOWEST_STEP).floor().clamp(0.0, 8.0) as u8 };
        Seen { figure, size, doubled: self.doubles(person), slants, lowest, turned: self.turned }
    }

    /// Whether a person's sprite is made at half the size and doubled.
    fn doubles(&self, person: &Person) -> bool {
        !walks(person) && self.scale(person.at.y) > FINE_BELOW
    }

    /// The step of size that a person's sprite is made in.
    fn size_step(&self, person: &Person) -> u16 {
        let scale = self.scale(person.at.y);
        let made = if scale > FINE_BELOW { scale / 2.0 } else { scale };
        let step = made.ln() * SIZE_STEPS;
        match walks(person) {
            true => (step.ceil() as u16).next_multiple_of(WALKING_SIZE_STEPS).min(WALKING_LARGEST),
            false => step.round() as u16,
        }
    }

    /// Pixels of the frame that a pixel of the person's sprite takes.
    pub(super) fn zoom(&self, person: &Person) -> f32 {
        if walks(person) { self.scale(person.at.y) / size_of_step(self.size_step(person)) } else { 1.0 }
    }

    /// Where the person is in the frame, in pixels: left, top, right, bottom, not cut at its borders; and the window.
    pub(super) fn outline(&self, seed: u64, person: &Person, window: (i32, i32)) -> [f32; 4] {
        // A window far below, so that nothing of the person lies below the frame and is left out.
        let seen = self.view(person, (0, i32::MAX / 2));
        let look = Look::of(seed, person.who);
        let model = body::body(look, &seen.figure.pose(look.scale), false);
        let view = seen.view();
        let [left, right, bottom, top] = sculpt::bounds(&model, &view);
        let (u, v) = self.project(person.at);
        let (u, v) = (u - window.0 as f32, v - window.1 as f32);
        let doubled = if seen.doubled { 2.0 } else { 1.0 };
        let scale = view.pixels_per_metre * doubled * self.zoom(person);
        [u + left * scale, v - top * scale, u + right * scale, v - bottom * scale]
    }

    /// Whether a person stands before this camera, in the room.
    pub(super) fn sees(&self, person: &Person) -> bool {
        self.distance(person.at.y) > 0.5 && person.at.x < plan::WIDTH
    }

    /// The same camera for a part of its whole picture.
    pub(super) fn part(&self, (left, top): (i32, i32), size: (u32, u32)) -> Camera {
        let centre = (self.centre.0 - left as f32, self.centre.1 - top as f32);
        Camera { centre, whole: size, ..*self }
    }

    pub(super) fn role(&self) -> PictureRole {
        self.role
    }
}

/// Figures larger than this, in pixels a metre, are made at half the size: they would take most of the time.
const FINE_BELOW: f32 = 330.0;
/// Sizes are kept in steps of 2 %.
const SIZE_STEPS: f32 = 50.0;
/// Who walks is kept in a few sizes, the largest of 400 pixels a metre, and zoomed to that of the moment.
const WALKING_SIZE_STEPS: u16 = 20;
const WALKING_LARGEST: u16 = 300;

fn walks(person: &Person) -> bool {
    matches!(person.posture, Posture::Walk { .. })
}

fn size_of_step(step: u16) -> f32 {
    (f32::from(step) / SIZE_STEPS).exp()
}

/// A camera as far away as ours makes heads longer than they are; bodies are drawn with this part of the slant.
const SLANT: f32 = 0.65;
/// Metres.
const LOWEST_STEP: f32 = 0.6;
/// Pixels of a metre from which lips are drawn moving.
const LIPS_SEEN: f32 = 380.0;

/// Everything that a sprite of a person depends on but the light.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) figure: Figure,
    size: u16,
    doubled: bool,
    slants: (i8, i8),
    /// Height of what is seen above the ground, in steps.
    lowest: u8,
    turned: bool,
}

impl Seen {
    /// Whether the sprite is made at half the size and doubled.
    pub(super) fn doubled(&self) -> bool {
        self.doubled
    }

    /// Whether the camera looks at the class's backs.
    pub(super) fn sees_backs(&self) -> bool {
        !self.turned
    }

    pub(super) fn view(&self) -> View {
        let slant = (f32::from(self.slants.0) / 20.0, f32::from(self.slants.1) / 20.0);
        // One's own desk hides the legs from before.
        let desk = self.turned && self.figure.at_desk();
        let desk = desk.then_some((plan::DESK_NEAR, plan::DESK_HEIGHT - slant.1 / SLANT * plan::DESK_NEAR));
        View {
            yaw: f32::from(self.figure.yaw) * super::posture::TURN_STEP,
            slant,
            pixels_per_metre: size_of_step(self.size),
            light: v3(if self.turned { 0.55 } else { -0.55 }, 0.5, 0.7).unit(),
            desk,
            lowest: (self.lowest > 0).then_some(f32::from(self.lowest) * LOWEST_STEP - 0.02),
        }
    }
}
