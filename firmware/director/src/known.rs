//! What is known at a moment: the newest of each observation until it is too old, and which inputs can be shown.

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;

use crate::observation::{CameraState, InputState, Observation, Screen, Speech, Students, Sure, Teacher, Zone};
use crate::steady::Steady;
use crate::time::Ms;

/// The order in which inputs stand in where no rule has a picture left: the wide ones first.
const WIDE_FIRST: [PictureRole; PictureRole::ALL.len()] = [
    PictureRole::TeacherPanorama,
    PictureRole::StudentsPanorama,
    PictureRole::Board,
    PictureRole::Hdmi,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsCloseup,
];

/// The longest that a loose plug is waited for.
const LOOSE_PLUG: Ms = Ms::seconds(30);
/// The same for a close-up that loses the teacher now and then: that is no defect.
const LOST_TEACHER: Ms = Ms::seconds(4);

/// How long knowledge lasts, and how much sureness counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trust {
    pub(crate) forget_after: Ms,
    pub(crate) trust_after: Ms,
    pub(crate) unsure_below: Sure,
}

#[derive(Clone, Debug)]
struct Told<T> {
    value: T,
    at: Ms,
}

/// One input as far as showing it goes.
#[derive(Clone, Copy, Debug)]
struct Source {
    live: Steady,
    moving: bool,
    /// It does not look at whom it is for.
    astray: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Known {
    trust: Trust,
    teacher: Option<Told<Teacher>>,
    students: Option<Told<Students>>,
    screen: Option<Told<Screen>>,
    speech: Option<Told<Speech>>,
    /// The slide changed at this very moment.
    slide_changed: bool,
    /// Whether the teacher's close-up shows the teacher.
    closeup: Steady,
    /// Since when the teacher has surely been away.
    away_since: Option<Ms>,
    /// In the order of [`PictureRole::ALL`]; `None` for those that the room does not have.
    sources: [Option<Source>; PictureRole::ALL.len()],
}

impl Known {
    /// Nothing, but that these inputs exist and are live.
    pub(crate) fn new(trust: Trust, inputs: &[PictureRole]) -> Self {
        let source = Source { live: Steady::well(LOOSE_PLUG), moving: false, astray: false };
        Self {
            trust,
            teacher: None,
            students: None,
            screen: None,
            speech: None,
            slide_changed: false,
            closeup: Steady::well(LOST_TEACHER),
            away_since: None,
            sources: PictureRole::ALL.map(|role| inputs.contains(&role).then_some(source)),
        }
    }

    pub(crate) fn learn(&mut self, at: Ms, observation: Observation) {
        match observation {
            Observation::Teacher(teacher) => {
                self.closeup.set(teacher.closeup != Some(false), at, self.trust.trust_after);
                self.teacher = Some(Told { value: teacher, at });
                let away = self.sure_teacher().is_some_and(|teacher| teacher.zone == Some(Zone::Absent));
                self.away_since = away.then(|| self.away_since.unwrap_or(at));
            }
            Observation::Students(students) => self.students = Some(Told { value: students, at }),
            Observation::Computer(computer) => {
                self.slide_changed = computer.screen == Some(Screen::SlideChanged);
                let lasting = if self.slide_changed { Some(Screen::Unchanged) } else { computer.screen };
                self.screen = lasting.map(|value| Told { value, at });
            }
            Observation::Speech(speech) => self.speech = Some(Told { value: speech, at }),
            Observation::Input(InputState { input, live }) => {
                if let Some(source) = &mut self.sources[input as usize] {
                    source.live.set(live, at, self.trust.trust_after);
                }
            }
            Observation::Camera(CameraState { input, moving, subject }) => {
                if let Some(source) = &mut self.sources[input as usize] {
                    source.moving = moving;
                    source.astray = subject == Some(false);
                }
            }
        }
    }

    /// What was a moment is over.
    pub(crate) fn pass(&mut self) {
        self.slide_changed = false;
    }

    /// Lets go what was not renewed in time.
    pub(crate) fn forget(&mut self, now: Ms) {
        let forget_after = self.trust.forget_after;
        fn old<T>(told: &mut Option<Told<T>>, now: Ms, forget_after: Ms) {
            told.take_if(|told| told.at + forget_after <= now);
        }
        old(&mut self.teacher, now, forget_after);
        old(&mut self.students, now, forget_after);
        old(&mut self.screen, now, forget_after);
        old(&mut self.speech, now, forget_after);
        if self.teacher.is_none() {
            self.closeup.set(true, now, self.trust.trust_after);
            self.away_since = None;
        }
    }

    /// Times at which time alone changes what is known or trusted.
    pub(crate) fn turns(&self) -> impl Iterator<Item = Ms> {
        let told = [
            self.teacher.as_ref().map(|told| told.at),
            self.students.as_ref().map(|told| told.at),
            self.screen.as_ref().map(|told| told.at),
            self.speech.as_ref().map(|told| told.at),
        ];
        let forgotten = told.into_iter().flatten().map(|at| at + self.trust.forget_after);
        let trusted = self.sources.iter().flatten().map(|source| source.live.turn());
        let away = self.away_since.map(|since| since + self.trust.trust_after);
        forgotten.chain(trusted).chain([self.closeup.turn()]).chain(away)
    }

    fn teacher(&self) -> Option<&Teacher> {
        self.teacher.as_ref().map(|told| &told.value)
    }

    /// The teacher, where whoever saw that is sure enough.
    pub(crate) fn sure_teacher(&self) -> Option<&Teacher> {
        self.teacher().filter(|teacher| teacher.sure >= self.trust.unsure_below)
    }

    pub(crate) fn unsure_below(&self) -> Sure {
        self.trust.unsure_below
    }

    pub(crate) fn students(&self) -> Option<&Students> {
        self.students.as_ref().map(|told| &told.value)
    }

    pub(crate) fn speech(&self) -> Option<&Speech> {
        self.speech.as_ref().map(|told| &told.value)
    }

    pub(crate) fn screen(&self) -> Option<Screen> {
        if self.slide_changed {
            return Some(Screen::SlideChanged);
        }
        self.screen.as_ref().map(|told| told.value)
    }

    /// Whether a picture comes in.
    pub(crate) fn is_live(&self, role: PictureRole) -> bool {
        self.sources[role as usize].is_some_and(|source| source.live.is_well())
            && !(role == PictureRole::Hdmi && self.screen() == Some(Screen::NoSignal))
    }

    /// Whether it may be on air at all: live, and no camera on its way.
    pub(crate) fn can_stay(&self, role: PictureRole) -> bool {
        self.is_live(role) && !self.sources[role as usize].is_some_and(|source| source.moving)
    }

    /// Whether it may be put on air: it can stay there, and was not lost a moment ago.
    fn is_trusted(&self, role: PictureRole, now: Ms) -> bool {
        self.can_stay(role) && self.sources[role as usize].is_some_and(|source| source.live.is_trusted(now))
    }

    /// Whether a person may put the shot on air now.
    pub(crate) fn can_be_put_on(&self, shot: &Shot, now: Ms) -> bool {
        shot.inputs.iter().all(|role| self.is_trusted(*role, now))
    }

    /// Whether a rule may choose it now: there is somebody in it, as far as is known.
    fn is_fit(&self, role: PictureRole, now: Ms) -> bool {
        let away = self.away_since.is_some_and(|since| now >= since + self.trust.trust_after);
        let empty = match role {
            PictureRole::TeacherPanorama => away,
            PictureRole::TeacherCloseup => away || !self.closeup.is_trusted(now),
            _ => false,
        };
        self.is_trusted(role, now) && !empty && !self.sources[role as usize].is_some_and(|source| source.astray)
    }

    /// The input of the shot that keeps a rule from choosing it now, if one does.
    pub(crate) fn unfit(&self, shot: &Shot, now: Ms) -> Option<PictureRole> {
        shot.inputs.iter().copied().find(|role| !self.is_fit(*role, now))
    }

    /// The input of the shot that may not stay on air, if one may not.
    pub(crate) fn gone(&self, shot: &Shot) -> Option<PictureRole> {
        shot.inputs.iter().copied().find(|role| !self.can_stay(*role))
    }

    /// What is left to show where no rule has a picture, better than `shown`: an input that can stay, else one that is live.
    pub(crate) fn left_over(&self, shown: Option<&Shot>, now: Ms) -> Option<PictureRole> {
        let first = |good: &dyn Fn(PictureRole) -> bool| WIDE_FIRST.into_iter().find(|role| good(*role));
        let shown_is_live = shown.is_some_and(|shot| shot.inputs.iter().all(|role| self.is_live(*role)));
        first(&|role| self.is_fit(role, now))
            .or_else(|| first(&|role| self.can_stay(role)))
            .or_else(|| if shown_is_live { None } else { first(&|role| self.is_live(role)) })
    }
}
