//! The people of the room at a moment: where each stands, where they look, what their bodies do.
//!
//! A pure function of seed, script and time, so that every camera sees the same, in whatever order they look.

use super::plan;
use super::posture::{Act, DOUBLE_STEP, Figure, Gesture, Posture, STEPS, TURN_STEP, WALK_PHASES};
use super::script::{Script, Timed, Zone};
use super::space::{V3, bits, chance, v3};
use super::speech;
use super::story::{Story, Student};

/// Idle movements count from the script's beginning, so that each round shows the same bodies, whose sprites are kept.
///
/// Seconds that a gesture or a pupil's act lasts, and that the way to it takes.
const GESTURE_SECONDS: f64 = 3.6;
const ACT_SECONDS: f64 = 14.0;
const CHANGE_SECONDS: f64 = 0.4;
/// A turning body is the mean of where it wants to look over this time.
const TURNING_SECONDS: f64 = 0.5;

/// Somebody in the room, before any camera looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) who: u8,
    /// On the floor or the platform.
    pub(super) at: V3,
    /// Direction of the body: 0 looks to the back wall, +90° to the door. Radians.
    pub(super) facing: f32,
    pub(super) posture: Posture,
    pub(super) gaze: i8,
    pub(super) mouth_open: bool,
}

impl Person {
    /// The figure that a camera sees which looks to the board (`turned` false) or to the class (`turned` true).
    pub(super) fn figure(&self, turned: bool) -> Figure {
        let yaw = self.facing + if turned { std::f32::consts::PI } else { 0.0 };
        // Who turns away or walks does it in larger steps.
        let fine = (yaw / TURN_STEP / 2.0).round() as i32 * 2;
        let walks = matches!(self.posture, Posture::Walk { .. });
        let yaw = if yaw.cos() > 0.7 && !walks { fine } else { (yaw / TURN_STEP / 4.0).round() as i32 * 4 };
        Figure {
            who: self.who,
            posture: self.posture,
            yaw: ((yaw + 12).rem_euclid(24) - 12) as i8,
            gaze: self.gaze,
            mouth_open: self.mouth_open,
        }
    }
}

/// The room at a moment.
pub(super) struct Scene {
    pub(super) story: Story,
    /// The teacher first.
    pub(super) people: Vec<Person>,
}

/// What makes the story: shared by the cameras.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) seed: u64,
    pub(super) script: &'a Script,
    pub(super) told: &'a [Timed],
}

impl Course<'_> {
    pub(super) fn story(&self, seconds: f64) -> Story {
        Story::at(self.script, self.told, seconds.max(0.0))
    }

    pub(super) fn scene(&self, seconds: f64) -> Scene {
        let story = self.story(seconds);
        let teacher = self.teacher(&story);
        let mut people = vec![teacher];
        people.extend(
            story.students.iter().enumerate().map(|(index, pupil)| self.student(&story, index, pupil, teacher.at)),
        );
        Scene { story, people }
    }

    fn teacher(&self, story: &Story) -> Person {
        let step = story.teacher_step();
        let [x, y] = step.spot;
        let z = if y < plan::PLATFORM_DEPTH { plan::PLATFORM_HEIGHT } else { 0.0 };
        let facing = self.turned_teacher(story.now);
        let posture = if step.direction.is_some() {
            let cycle = (step.walked / DOUBLE_STEP).rem_euclid(1.0);
            Posture::Walk { phase: (cycle * f32::from(WALK_PHASES)) as u8 % WALK_PHASES }
        } else if let Some(line) = story.writing() {
            Posture::Chalk { line: line as u8, wiggle: ((story.into_round * 9.0) as u64 % 4) as u8 }
        } else if story.teacher.wiping.is_some_and(|since| story.now - since < 2.0) {
            Posture::Wipe { phase: ((story.into_round * 12.0) as u64 % 8) as u8 }
        } else {
            self.teacher_gesture(story)
        };
        // A head turns when nothing else moves: each turn of each posture would need a sprite.
        let glance = [0, 2, -2, 0][(bits(self.seed ^ 7, (story.into_round / 3.1) as u64) % 4) as usize];
        let gaze = if matches!(posture, Posture::Stand { step: 0, .. }) { glance } else { 0 };
        Person {
            who: super::looks::TEACHER,
            at: v3(x, y, z),
            facing,
            posture,
            gaze,
            mouth_open: matches!(posture, Posture::Stand { step: 0 | STEPS, .. })
                && story.teacher.speaking
                && speech::mouth_open(speech::teacher(self.seed), story.now),
        }
    }

    fn teacher_gesture(&self, story: &Story) -> Posture {
        let (slot, step) = slot(story.into_round, GESTURE_SECONDS);
        let step = fewer(step);
        let choice = bits(self.seed ^ 0x6e57, slot);
        let gesture = match (story.teacher.zone, story.teacher.speaking) {
            (Zone::Screen, _) if !choice.is_multiple_of(3) => Gesture::Point,
            (Zone::Podium, false) => Gesture::Read,
            (_, false) => Gesture::Rest,
            _ => [Gesture::Open, Gesture::Both, Gesture::Rest, Gesture::Open][(choice % 4) as usize],
        };
        // Every gesture begins at rest, which is one picture.
        if step == 0 || gesture == Gesture::Rest {
            Posture::Stand { gesture: Gesture::Rest, step: 0 }
        } else {
            Posture::Stand { gesture, step }
        }
    }

    /// Where the teacher's body looks, smoothed as bodies turn.
    fn turned_teacher(&self, now: f64) -> f32 {
        let (mut x, mut y) = (0.0, 0.0);
        for past in 0..6 {
            let story = self.story(now - TURNING_SECONDS * f64::from(past) / 6.0);
            let [dx, dy] = wanted_direction(&story);
            (x, y) = (x + dx, y + dy);
        }
        x.atan2(y)
    }

    fn student(&self, story: &Story, index: usize, pupil: &Student, teacher: V3) -> Person {
        let who = index as u8 + 1;
        let at = plan::seat(index);
        let own = self.seed ^ (u64::from(who) << 8);
        let steps = |k: f32| (k * f32::from(STEPS)).round() as u8;
        let (hand, risen) = (steps(pupil.hand.value(story.now)), steps(pupil.risen.value(story.now)));
        let shifted = story.into_round + f64::from(chance(own, 1)) * ACT_SECONDS;
        let (slot, step) = slot(shifted, ACT_SECONDS);
        let habit = if bits(own, 2).is_multiple_of(2) { Act::Chin } else { Act::Lean };
        let act = [Act::Write, habit, Act::Listen, Act::Listen][(bits(own ^ 0xac7, slot) % 4) as usize];
        let idle = hand == 0 && risen == 0 && act != Act::Listen;
        let (act, step) = if idle && step > 0 { (act, fewer(step)) } else { (Act::Listen, 0) };
        // Pupils look at the teacher, more or less.
        let towards = (at.x - teacher.x).atan2(at.y - teacher.y) / TURN_STEP;
        let gaze = if step == 0 { (towards / 2.0).round().clamp(-1.0, 1.0) as i8 * 2 } else { 0 };
        Person {
            who,
            at,
            facing: std::f32::consts::PI,
            posture: Posture::Desk { act, step, hand, risen },
            gaze,
            mouth_open: pupil.speaking && speech::mouth_open(speech::student(self.seed, index), story.now),
        }
    }
}

/// Which slot of time this is, and how far its posture has come on: up at its beginning and down at its end.
fn slot(now: f64, lasts: f64) -> (u64, u8) {
    let slot = (now / lasts).floor();
    let into = now - slot * lasts;
    let share = (into / CHANGE_SECONDS).min((lasts - into) / CHANGE_SECONDS).clamp(0.0, 1.0);
    (slot as u64, (share * f64::from(STEPS)).round() as u8)
}

/// Idle movements take half the steps.
fn fewer(step: u8) -> u8 {
    step.next_multiple_of(2).min(STEPS)
}

fn wanted_direction(story: &Story) -> [f32; 2] {
    if let Some(direction) = story.teacher_step().direction {
        return direction;
    }
    let [x, y] = story.teacher_step().spot;
    if story.writing().is_some() || story.teacher.wiping.is_some_and(|since| story.now - since < 2.0) {
        return [0.0, -1.0];
    }
    if y > plan::PLATFORM_DEPTH {
        // Among the students: towards whoever stands, else up the aisle to the board.
        let standing = story.students.iter().position(Student::stands).map(plan::seat);
        let target = standing.unwrap_or(v3(x + 0.6, y + 3.0, 0.0));
        let (dx, dy) = (target.x - x, target.y - y);
        let length = dx.hypot(dy).max(0.01);
        return [dx / length, dy / length];
    }
    // A little towards the middle of the class.
    let aside = (plan::WIDTH / 2.0 - x) * 0.12;
    let length = aside.hypot(1.0);
    [aside / length, 1.0 / length]
}
