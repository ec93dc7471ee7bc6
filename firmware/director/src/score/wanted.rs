//! What a viewer wants to see at a moment, given what is really the case. Knows no rules: it is what rules are judged by.

use ketang_hal::role::PictureRole::{
    self, Board, Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama,
};
use ketang_protocol::command::Shot;

use crate::observation::Zone;
use crate::time::Ms;

/// A new slide is to be read: so long nothing but a standing student or writing is as good.
pub const READING: Ms = Ms::seconds(6);
/// So long after its change the slide is what is talked about, and as good as who talks.
pub const TALKED_ABOUT: Ms = Ms::seconds(40);
/// The same since the pointer moved on it.
pub const POINTED_AT: Ms = Ms::seconds(10);
/// When nobody has spoken for so long the class works, and is as good as a silent teacher.
pub const SILENCE: Ms = Ms::seconds(10);

/// What is really the case, from `at` until the next one. To be sampled densely: ten a second or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    pub at: Ms,
    pub teacher: Zone,
    /// The teacher stands beside the screen.
    pub at_the_screen: bool,
    pub writing: bool,
    pub teacher_speaks: bool,
    /// Somebody but the teacher speaks.
    pub class_speaks: bool,
    /// The pictures that show the teacher.
    pub teacher_seen_in: Vec<PictureRole>,
    /// How many students stand.
    pub standing: usize,
    pub hands: usize,
    /// The slide's number.
    pub slide: usize,
    /// A film plays on the computer.
    pub film: bool,
    /// The computer's pointer moves.
    pub pointing: bool,
    /// Inputs that give no picture.
    pub lost: Vec<PictureRole>,
}

/// What has to be remembered from one situation to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    slide: Option<(usize, Option<Ms>)>,
    pointed: Option<Ms>,
    silent_since: Option<Ms>,
}

/// The pictures that are right at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted(Vec<PictureRole>);

impl Wanted {
    /// A shot is right if one of its panes is.
    pub(super) fn is_met_by(&self, shot: &Shot) -> bool {
        shot.inputs.iter().any(|role| self.0.contains(role))
    }
}

impl Memory {
    pub(super) fn note(&mut self, situation: &Situation) {
        let changed = match self.slide {
            Some((slide, changed)) if slide == situation.slide => changed,
            Some(_) => Some(situation.at),
            None => None,
        };
        self.slide = Some((situation.slide, changed));
        if situation.pointing {
            self.pointed = Some(situation.at);
        }
        let silent = !situation.teacher_speaks && !situation.class_speaks;
        self.silent_since = silent.then(|| self.silent_since.unwrap_or(situation.at));
    }

    fn slide_is_younger_than(&self, age: Ms, now: Ms) -> bool {
        self.slide.and_then(|(_, changed)| changed).is_some_and(|changed| now - changed < age)
    }

    /// What is wanted now of a room with these inputs. Where nothing of it can be had, anything that lives is right.
    pub(super) fn wanted(&self, now: Situation, inputs: &[PictureRole]) -> Wanted {
        let lives = |role: &PictureRole| inputs.contains(role) && !now.lost.contains(role);
        let mut wanted = self.ideal(&now);
        wanted.retain(lives);
        if wanted.is_empty() {
            wanted = inputs.iter().copied().filter(lives).collect();
        }
        // As good as what else there is, and never the only thing that is.
        let pointed = self.pointed.is_some_and(|pointed| now.at - pointed < POINTED_AT);
        if (now.film || pointed) && now.standing == 0 && !now.writing && lives(&Hdmi) {
            wanted.push(Hdmi);
        }
        wanted.sort();
        wanted.dedup();
        Wanted(wanted)
    }

    fn ideal(&self, now: &Situation) -> Vec<PictureRole> {
        let mut wanted = Vec::new();
        let class = [StudentsPanorama, StudentsCloseup];
        let new_slide = self.slide_is_younger_than(READING, now.at);
        if now.standing > 0 {
            wanted.extend(class);
            if now.teacher_speaks {
                wanted.extend(&now.teacher_seen_in);
            }
        }
        if new_slide {
            wanted.push(Hdmi);
        }
        if now.writing {
            wanted.extend([Board, TeacherPanorama]);
        }
        if !wanted.is_empty() {
            return wanted;
        }
        let works = self.silent_since.is_some_and(|since| now.at - since >= SILENCE);
        if now.hands > 0 || now.class_speaks || works || matches!(now.teacher, Zone::Students | Zone::Absent) {
            wanted.extend(class);
        }
        if now.teacher != Zone::Absent {
            wanted.extend(&now.teacher_seen_in);
        }
        if now.teacher == Zone::Board {
            wanted.push(Board);
        }
        if now.teacher == Zone::Absent || now.at_the_screen || self.slide_is_younger_than(TALKED_ABOUT, now.at) {
            wanted.push(Hdmi);
        }
        wanted
    }
}

impl Situation {
    /// Nothing but cameras on the teacher, and no teacher in them, though something else could be shown.
    pub(super) fn shows_an_empty_podium(&self, shot: &Shot, inputs: &[PictureRole]) -> bool {
        let of_teacher = |role: &PictureRole| matches!(role, TeacherPanorama | TeacherCloseup);
        let choice = inputs.iter().any(|role| !of_teacher(role) && !self.lost.contains(role));
        choice && shot.inputs.iter().all(|role| of_teacher(role) && !self.teacher_seen_in.contains(role))
    }
}
