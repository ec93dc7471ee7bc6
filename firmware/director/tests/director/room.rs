//! A room whose happenings are told to a director at once: the words that the tests are written in.

use ketang_director::observation::{
    CameraState, Computer, InputState, Observation, Screen, Speech, Student, Students, Sure, Teacher, Zone,
};
use ketang_director::{Decision, Director, Input, Ms, Order, Rules, replay};
use ketang_hal::role::PictureRole::{
    self, Board, Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama,
};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;

pub(crate) const ALL: [PictureRole; 6] =
    [TeacherPanorama, TeacherCloseup, StudentsPanorama, StudentsCloseup, Hdmi, Board];

/// The layouts of the pipelines, and how many panes they have.
pub(crate) fn panes(layout: &str) -> Option<usize> {
    let layouts = [("single", 1), ("side-by-side", 2), ("picture-in-picture", 2), ("two-by-two", 4)];
    layouts.into_iter().find(|(name, _)| *name == layout).map(|(_, panes)| panes)
}

pub(crate) fn single(role: PictureRole) -> Shot {
    Shot { layout: "single".into(), inputs: vec![role] }
}

/// A shot in few words: `teacher-closeup`, or `picture-in-picture(hdmi, teacher-closeup)`.
pub(crate) fn short(shot: &Shot) -> String {
    let inputs: Vec<_> = shot.inputs.iter().map(|role| role.as_str()).collect();
    if shot.layout == "single" { inputs.join(", ") } else { format!("{}({})", shot.layout, inputs.join(", ")) }
}

pub(crate) struct Room {
    director: Director,
    rules: Rules,
    pub(crate) now: Ms,
    teacher: Teacher,
    students: Students,
    screen: Screen,
    speech: Speech,
    told: Vec<Input>,
    pub(crate) cuts: Vec<Decision>,
}

impl Room {
    /// The teacher stands at the podium and speaks, everybody sits, the slide is unchanged.
    pub(crate) fn new(rules: Rules) -> Self {
        let mut room = Self::unknown(rules);
        room.teacher =
            Teacher { zone: Some(Zone::Podium), writing: Some(false), sure: Sure::QUITE, ..Teacher::default() };
        room.students = Students { standing: Some(vec![]), hands: Some(vec![]), heads: Some(24) };
        room.speech = Speech { teacher: Some(true), room: Some(false) };
        room.tell_all();
        room
    }

    /// Nobody says anything of the room.
    pub(crate) fn unknown(rules: Rules) -> Self {
        Self {
            director: Director::new(rules.clone(), &ALL, Ms::ZERO),
            rules,
            now: Ms::ZERO,
            teacher: Teacher::default(),
            students: Students::default(),
            screen: Screen::Unchanged,
            speech: Speech::default(),
            told: Vec::new(),
            cuts: Vec::new(),
        }
    }

    pub(crate) fn shipped(name: &str) -> Self {
        Self::new(Rules::shipped(name).unwrap())
    }

    pub(crate) fn director(&self) -> &Director {
        &self.director
    }

    fn tell(&mut self, input: Input) {
        self.told.push(input.clone());
        self.cuts.extend(self.director.step(input));
    }

    pub(crate) fn see(&mut self, observation: Observation) {
        self.tell(Input::seen(self.now, observation));
    }

    fn tell_all(&mut self) {
        self.see(Observation::Teacher(self.teacher.clone()));
        self.see(Observation::Students(self.students.clone()));
        self.see(Observation::Computer(Computer { screen: Some(self.screen) }));
        self.see(Observation::Speech(self.speech));
    }

    /// Time passes; what is known is said again every second, and the director is woken when it asks to be.
    pub(crate) fn wait(&mut self, ms: u64) {
        let end = self.now + Ms(ms);
        let mut renew = self.now + Ms::seconds(1);
        while self.now < end {
            self.now = renew.min(end);
            self.wake();
            if self.now == renew {
                self.tell_all();
                renew = renew + Ms::seconds(1);
            }
        }
    }

    /// Time passes, and nobody says anything.
    pub(crate) fn wait_in_silence(&mut self, ms: u64) {
        self.now = self.now + Ms(ms);
        self.wake();
    }

    fn wake(&mut self) {
        while let Some(wake) = self.director.next_wake().filter(|wake| *wake <= self.now) {
            self.cuts.extend(self.director.step(Input::time(wake)));
        }
    }

    pub(crate) fn teacher(&mut self, change: impl FnOnce(&mut Teacher)) {
        change(&mut self.teacher);
        self.see(Observation::Teacher(self.teacher.clone()));
    }

    pub(crate) fn teacher_is(&mut self, zone: Zone) {
        self.teacher(|teacher| teacher.zone = Some(zone));
    }

    pub(crate) fn teacher_is_lost(&mut self) {
        self.teacher(|teacher| teacher.zone = None);
    }

    pub(crate) fn teacher_writes(&mut self, writing: bool) {
        self.teacher(|teacher| teacher.writing = Some(writing));
    }

    pub(crate) fn speak(&mut self, teacher: bool, room: bool) {
        self.speech = Speech { teacher: Some(teacher), room: Some(room) };
        self.see(Observation::Speech(self.speech));
    }

    fn some(count: u32) -> Option<Vec<Student>> {
        Some((1..=count).map(|id| Student { id, x: 500, y: 400, sure: Sure(90) }).collect())
    }

    pub(crate) fn students_stand(&mut self, count: u32) {
        self.students.standing = Self::some(count);
        self.see(Observation::Students(self.students.clone()));
    }

    pub(crate) fn hands_rise(&mut self, count: u32) {
        self.students.hands = Self::some(count);
        self.see(Observation::Students(self.students.clone()));
    }

    pub(crate) fn screen(&mut self, screen: Screen) {
        self.screen = if screen == Screen::SlideChanged { Screen::Unchanged } else { screen };
        self.see(Observation::Computer(Computer { screen: Some(screen) }));
    }

    pub(crate) fn slide_changes(&mut self) {
        self.screen(Screen::SlideChanged);
    }

    pub(crate) fn live(&mut self, input: PictureRole, live: bool) {
        self.see(Observation::Input(InputState { input, live }));
    }

    pub(crate) fn camera_moves(&mut self, input: PictureRole, moving: bool) {
        self.see(Observation::Camera(CameraState { input, moving, subject: None }));
    }

    pub(crate) fn camera_looks_at_its_subject(&mut self, input: PictureRole, subject: bool) {
        self.see(Observation::Camera(CameraState { input, moving: false, subject: Some(subject) }));
    }

    pub(crate) fn show(&mut self, role: PictureRole) {
        self.tell(Input::told(self.now, Order::Show { shot: single(role), from: "panel".into() }));
    }

    pub(crate) fn mode(&mut self, mode: Mode) {
        self.tell(Input::told(self.now, Order::Mode { mode, from: "panel".into() }));
    }

    /// What is shown now.
    pub(crate) fn shown(&self) -> String {
        self.director.shown().map(|(shot, _)| short(shot)).unwrap_or_default()
    }

    pub(crate) fn rule(&self) -> &str {
        self.director.rule().map_or("", |rule| &rule.name)
    }

    /// The cuts so far, as milliseconds and what was shown, and forgets them.
    pub(crate) fn take(&mut self) -> Vec<(u64, String)> {
        self.assert_replays();
        std::mem::take(&mut self.cuts).into_iter().map(|cut| (cut.at.0, short(&cut.shot))).collect()
    }

    pub(crate) fn last(&self) -> &Decision {
        self.cuts.last().unwrap()
    }

    /// The log alone gives the newest of the same cuts.
    pub(crate) fn assert_replays(&self) {
        let lesson = Ms::ZERO..self.now + Ms(1);
        let again = replay(self.rules.clone(), &ALL, self.told.iter().cloned(), lesson);
        assert!(again.ends_with(&self.cuts), "live {:#?}\nagain {again:#?}", self.cuts);
    }
}
