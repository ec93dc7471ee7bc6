//! Perfect eyes: observations made of what is really the case, with a delay and, if asked, with mistakes. They try the
//! rules and not the detector, which knows the room by its pictures alone and is scored by evaluations of its own.

use ketang_board::sim::{Speaker, Truth};
use ketang_director::observation::{
    Computer, InputState, Observation, Screen, Speech, Student, Students, Sure, Teacher, Zone,
};
use ketang_director::{Input, Ms};
use ketang_hal::role::{PictureRole, Role};

use crate::scenario::{self, INPUTS};

/// What is unchanged is said again after so long.
const RENEWED_AFTER: Ms = Ms::seconds(2);
/// A lane counts as lost when it had no frame for so long.
const LOSS_TOLD_AFTER: Ms = Ms(400);
/// Of the teacher's outline so much lies within a close-up that shows the teacher well.
const WELL_FRAMED: f32 = 0.5;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Eyes {
    /// From what happens to its being told.
    pub(crate) delay: Ms,
    /// The share of looks, in thousandths, at which the teacher is not found, a standing student is missed, or a seated
    /// one seems to stand.
    pub(crate) mistakes: u64,
    pub(crate) seed: u64,
}

/// The four subjects, each said when it changes and renewed.
#[derive(Default)]
struct Said([Option<(Ms, Observation)>; 4]);

impl Said {
    fn is_news(&mut self, subject: usize, at: Ms, observation: &Observation) -> bool {
        let old = &mut self.0[subject];
        let same = old.as_ref().is_some_and(|(said, old)| old == observation && at - *said < RENEWED_AFTER);
        if !same {
            *old = Some((at, observation.clone()));
        }
        !same
    }
}

impl Eyes {
    /// What the director is told of a room, in the order of its times.
    pub(crate) fn watch(&self, truths: &[Truth]) -> Vec<Input> {
        let mut dice = Dice(self.seed);
        let mut told = Vec::new();
        let mut said = Said::default();
        let mut before: Option<&Truth> = None;
        for truth in truths {
            let seen = Ms::from_seconds_f64(truth.seconds);
            let at = seen + self.delay;
            for (subject, observation) in self.look(truth, before, &mut dice).into_iter().enumerate() {
                if said.is_news(subject, at, &observation) {
                    told.push(Input::seen(at, observation));
                }
            }
            for input in INPUTS {
                let lost = |truth: &Truth| truth.unplugged.contains(&Role::Picture(input));
                if lost(truth) != before.is_some_and(lost) {
                    let state = InputState { input, live: !lost(truth) };
                    told.push(Input::seen(seen + LOSS_TOLD_AFTER, Observation::Input(state)));
                }
            }
            before = Some(truth);
        }
        told.sort_by_key(|input| input.at);
        told
    }

    fn look(&self, truth: &Truth, before: Option<&Truth>, dice: &mut Dice) -> [Observation; 4] {
        let mut teacher = teacher(truth);
        if dice.rolls(self.mistakes) {
            teacher = Teacher { sure: Sure(20), ..Teacher::default() };
        }
        let mut standing = students(truth, |student| student.standing);
        if dice.rolls(self.mistakes) && standing.pop().is_none() {
            standing.push(Student { id: 999, x: 500, y: 500, sure: Sure(60) });
        }
        let hands = students(truth, |student| student.hand_raised && !student.standing);
        [
            Observation::Teacher(teacher),
            Observation::Students(Students { standing: Some(standing), hands: Some(hands), heads: None }),
            Observation::Computer(Computer { screen: Some(screen(truth, before)) }),
            Observation::Speech(Speech {
                teacher: Some(truth.speaker == Speaker::Teacher),
                room: Some(matches!(truth.speaker, Speaker::Student(_))),
            }),
        ]
    }
}

fn teacher(truth: &Truth) -> Teacher {
    let closeup = truth.teacher.seen.get(&PictureRole::TeacherCloseup);
    let zone = scenario::zone(truth);
    Teacher {
        zone: Some(zone),
        near: scenario::near(truth),
        writing: Some(truth.teacher.writing),
        walking: Some(truth.teacher.walking),
        closeup: Some(zone != Zone::Students && closeup.is_some_and(|outline| outline.inside >= WELL_FRAMED)),
        sure: Sure::QUITE,
    }
}

/// In the order in which the host's own eye prefers one to the other.
fn screen(truth: &Truth, before: Option<&Truth>) -> Screen {
    match () {
        () if truth.unplugged.contains(&Role::Picture(PictureRole::Hdmi)) => Screen::NoSignal,
        () if before.is_some_and(|before| before.slide != truth.slide) => Screen::SlideChanged,
        () if truth.film => Screen::Video,
        () if truth.pointing => Screen::Pointer,
        () => Screen::Unchanged,
    }
}

fn students(truth: &Truth, is: impl Fn(&ketang_board::sim::StudentTruth) -> bool) -> Vec<Student> {
    let thousandths = |share: f32| (share * 1000.0) as u16;
    let student = |student: &ketang_board::sim::StudentTruth| {
        let seen = student.seen.get(&PictureRole::StudentsPanorama)?;
        let (x, y) = (thousandths(seen.x + seen.width / 2.0), thousandths(seen.y));
        Some(Student { id: u32::try_from(student.student).ok()?, x, y, sure: Sure::QUITE })
    };
    truth.students.iter().filter(|student| is(student)).filter_map(student).collect()
}

/// A small generator, so that a run can be made again.
struct Dice(u64);

impl Dice {
    fn rolls(&mut self, in_thousand: u64) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % 1000 < in_thousand
    }
}
