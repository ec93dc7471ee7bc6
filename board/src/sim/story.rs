//! What has become of the room at a moment: the script and what was told to it, added up. Knows time and places, no pictures.

use ketang_hal::role::{Role, SoundRole};

use super::plan;
use super::script::{Happening, Script, Timed, Zone};

/// Metres a second.
const WALKING_SPEED: f32 = 1.15;
const SECONDS_A_LETTER: f64 = 0.55;
const RISING_SECONDS: f64 = 0.8;
const HAND_SECONDS: f64 = 0.5;
/// Where the teacher stands while writing, from the wall, and how far the written letter is to the side of the body.
const WRITING_DISTANCE: f32 = 0.45;
const WRITING_REACH: f32 = 0.34;

/// A point of the floor.
pub(super) type Spot = [f32; 2];

/// A value on its way from one to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ease {
    from: f32,
    to: f32,
    since: f64,
    lasts: f64,
}

impl Ease {
    fn still(value: f32, lasts: f64) -> Ease {
        Ease { from: value, to: value, since: f64::MIN, lasts }
    }

    fn towards(self, to: f32, now: f64) -> Ease {
        Ease { from: self.value(now), to, since: now, ..self }
    }

    pub(super) fn value(&self, now: f64) -> f32 {
        self.from + (self.to - self.from) * (((now - self.since) / self.lasts).clamp(0.0, 1.0) as f32)
    }
}

/// A walk along straight lines.
#[derive(Clone, Debug)]
struct Walk {
    begin: f64,
    points: Vec<Spot>,
}

/// Where somebody on a walk is.
pub(super) struct Step {
    pub(super) spot: Spot,
    /// Direction of the walk as (x, y) of length 1; `None` once arrived.
    pub(super) direction: Option<Spot>,
    /// Metres walked.
    pub(super) walked: f32,
}

fn distance(a: Spot, b: Spot) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

impl Walk {
    fn end(&self) -> f64 {
        let length: f32 = self.points.windows(2).map(|leg| distance(leg[0], leg[1])).sum();
        self.begin + f64::from(length / WALKING_SPEED)
    }

    fn at(&self, now: f64) -> Step {
        let walked = ((now - self.begin).max(0.0) as f32) * WALKING_SPEED;
        let mut rest = walked;
        for leg in self.points.windows(2) {
            let length = distance(leg[0], leg[1]);
            if rest < length {
                let direction = [(leg[1][0] - leg[0][0]) / length, (leg[1][1] - leg[0][1]) / length];
                let spot = [leg[0][0] + direction[0] * rest, leg[0][1] + direction[1] * rest];
                return Step { spot, direction: Some(direction), walked };
            }
            rest -= length;
        }
        Step { spot: *self.points.last().expect("a walk has a beginning"), direction: None, walked }
    }
}

/// A line on the blackboard.
#[derive(Clone, Debug)]
pub(super) struct Chalk {
    pub(super) text: String,
    begin: f64,
    /// When the chalk was put down before the end of the text.
    interrupted: f64,
}

impl Chalk {
    /// Letters that stand on the board, the last one in part.
    pub(super) fn letters(&self, now: f64) -> f32 {
        let letters = ((now.min(self.interrupted) - self.begin) / SECONDS_A_LETTER) as f32;
        letters.clamp(0.0, self.text.chars().count() as f32)
    }

    fn end(&self) -> f64 {
        self.begin + self.text.chars().count() as f64 * SECONDS_A_LETTER
    }

    /// Width of what stands on the board, in metres.
    pub(super) fn width(&self, now: f64) -> f32 {
        let letters = self.letters(now);
        let widths = self.text.chars().map(super::lettering::advance).enumerate();
        widths.map(|(index, width)| width * (letters - index as f32).clamp(0.0, 1.0)).sum::<f32>() * plan::CHALK_SIZE
    }
}

#[derive(Clone, Debug)]
pub(super) struct Teacher {
    walk: Walk,
    /// Where the teacher is, or is on the way to.
    pub(super) zone: Zone,
    pub(super) speaking: bool,
    /// The line that is written, by its place on the board.
    pen: Option<usize>,
    /// When the teacher began to wipe.
    pub(super) wiping: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Student {
    /// 0 seated, 1 standing.
    pub(super) risen: Ease,
    /// 0 hand down, 1 hand raised.
    pub(super) hand: Ease,
    pub(super) speaking: bool,
}

impl Student {
    pub(super) fn stands(&self) -> bool {
        self.risen.to > 0.5
    }

    pub(super) fn raises_hand(&self) -> bool {
        self.hand.to > 0.5
    }
}

/// Everything that the script has brought about at one moment.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) now: f64,
    /// Seconds since the script began this time.
    pub(super) into_round: f64,
    pub(super) teacher: Teacher,
    pub(super) students: [Student; plan::SEATS],
    /// Counted from 1.
    pub(super) slide: usize,
    pub(super) slide_since: f64,
    pub(super) light: bool,
    pub(super) board: Vec<Chalk>,
    pub(super) unplugged: Vec<Role>,
    pub(super) dead: Vec<SoundRole>,
    /// Moments at which something scraped or knocked in the room, newest last.
    pub(super) noises: Vec<f64>,
}

/// Where the teacher stands in a zone.
fn spot(zone: Zone) -> Spot {
    match zone {
        Zone::Podium => [5.55, 0.95],
        Zone::Board => [2.6, 0.85],
        Zone::Screen => [6.0, 1.0],
        Zone::Students => [plan::AISLE, 3.6],
        Zone::Outside => [10.8, 1.0],
    }
}

/// The way round the lectern and the desks.
fn route(from: Spot, to: Spot) -> Vec<Spot> {
    let mut points = vec![from];
    let on_platform = |spot: Spot| spot[1] < plan::PLATFORM_DEPTH;
    match (on_platform(from), on_platform(to)) {
        (true, false) => points.push([plan::AISLE, 1.0]),
        (false, true) => points.push([plan::AISLE, 1.05]),
        _ => {}
    }
    points.push(to);
    points
}

impl Story {
    /// Adds up the script, which begins again after its length, and what was told, at absolute times in rising order.
    pub(super) fn at(script: &Script, told: &[Timed], now: f64) -> Story {
        let round = (now / script.length()).floor() * script.length();
        let mut story = Story::beginning(round);
        let happened = script.happenings().iter().map(|timed| (round + timed.at, &timed.happening));
        let mut scripted = happened.take_while(|(at, _)| *at <= now).peekable();
        let told = told.iter().filter(|timed| timed.at >= round || timed.happening.concerns_equipment());
        for timed in told.take_while(|timed| timed.at <= now) {
            while let Some((at, happening)) = scripted.next_if(|(at, _)| *at <= timed.at) {
                story.apply(at, happening);
            }
            story.apply(timed.at, &timed.happening);
        }
        for (at, happening) in scripted {
            story.apply(at, happening);
        }
        (story.now, story.into_round) = (now, now - round);
        story
    }

    fn beginning(now: f64) -> Story {
        let student =
            Student { risen: Ease::still(0.0, RISING_SECONDS), hand: Ease::still(0.0, HAND_SECONDS), speaking: false };
        Story {
            now,
            into_round: 0.0,
            teacher: Teacher {
                walk: Walk { begin: now, points: vec![spot(Zone::Podium)] },
                zone: Zone::Podium,
                speaking: false,
                pen: None,
                wiping: None,
            },
            students: [student; plan::SEATS],
            slide: 1,
            slide_since: now,
            light: true,
            board: Vec::new(),
            unplugged: Vec::new(),
            dead: Vec::new(),
            noises: Vec::new(),
        }
    }

    fn apply(&mut self, at: f64, happening: &Happening) {
        let teacher = &mut self.teacher;
        match happening {
            Happening::TeacherWalks { to } => {
                self.put_chalk_down(at);
                self.walk_to(at, spot(*to), *to);
            }
            Happening::TeacherWrites { text } => {
                self.put_chalk_down(at);
                if self.board.len() == plan::CHALK_LINES.len() {
                    self.board.clear();
                }
                let start = [plan::CHALK_LEFT - WRITING_REACH, WRITING_DISTANCE];
                self.walk_to(at, start, Zone::Board);
                let begin = self.teacher.walk.end() + 0.5;
                self.board.push(Chalk { text: text.clone(), begin, interrupted: f64::MAX });
                self.teacher.pen = Some(self.board.len() - 1);
            }
            Happening::BoardIsWiped {} => {
                self.put_chalk_down(at);
                self.board.clear();
                if self.teacher.zone == Zone::Board {
                    self.teacher.wiping = Some(at);
                }
            }
            Happening::TeacherSpeaks {} => teacher.speaking = true,
            Happening::TeacherIsSilent {} => teacher.speaking = false,
            Happening::StudentStands { student } => self.raise(*student, at, 1.0),
            Happening::StudentSits { student } => self.raise(*student, at, 0.0),
            Happening::StudentRaisesHand { student } => self.hand(*student, at, 1.0),
            Happening::StudentLowersHand { student } => self.hand(*student, at, 0.0),
            Happening::StudentSpeaks { student } => self.students[student - 1].speaking = true,
            Happening::StudentIsSilent { student } => self.students[student - 1].speaking = false,
            Happening::SlideChanges { to } => (self.slide, self.slide_since) = (*to, at),
            Happening::LightSwitches { on } => {
                self.light = *on;
                self.noises.push(at);
            }
            Happening::MicrophoneDies { role } => self.dead.push(*role),
            Happening::MicrophoneReturns { role } => self.dead.retain(|dead| dead != role),
            Happening::Unplugged { input } => self.unplugged.push(*input),
            Happening::PluggedIn { input } => self.unplugged.retain(|unplugged| unplugged != input),
        }
    }

    fn raise(&mut self, student: usize, at: f64, to: f32) {
        let student = &mut self.students[student - 1];
        student.risen = student.risen.towards(to, at);
        student.hand = student.hand.towards(0.0, at);
        self.noises.push(at);
    }

    fn hand(&mut self, student: usize, at: f64, to: f32) {
        let hand = &mut self.students[student - 1].hand;
        *hand = hand.towards(to, at);
    }

    fn walk_to(&mut self, at: f64, to: Spot, zone: Zone) {
        let from = self.step(at).spot;
        self.teacher.walk = Walk { begin: at, points: route(from, to) };
        self.teacher.zone = zone;
    }

    /// Ends the line that is being written where it is, and leaves the teacher standing there.
    fn put_chalk_down(&mut self, at: f64) {
        let from = self.step(at).spot;
        self.teacher.wiping = None;
        if let Some(line) = self.teacher.pen.take() {
            self.teacher.walk = Walk { begin: at, points: vec![from] };
            self.board[line].interrupted = at;
        }
    }

    /// The line that the teacher writes at this very moment, by its place on the board.
    pub(super) fn writing(&self) -> Option<usize> {
        self.teacher.pen.filter(|&line| {
            let chalk = &self.board[line];
            (chalk.begin..chalk.end()).contains(&self.now)
        })
    }

    /// The teacher's place at `now`, which must not lie before the last happening.
    fn step(&self, now: f64) -> Step {
        let step = self.teacher.walk.at(now);
        match self.teacher.pen.map(|line| &self.board[line]) {
            Some(chalk) if now >= chalk.begin => {
                let x = plan::CHALK_LEFT + chalk.width(now) - WRITING_REACH;
                Step { spot: [x, WRITING_DISTANCE], direction: None, walked: step.walked }
            }
            _ => step,
        }
    }

    /// The teacher's place now.
    pub(super) fn teacher_step(&self) -> Step {
        self.step(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(list: &[(f64, Happening)]) -> Vec<Timed> {
        list.iter().map(|(at, happening)| Timed { at: *at, happening: happening.clone() }).collect()
    }

    fn story(script: &Script, told: &[Timed], now: f64) -> Story {
        Story::at(script, told, now)
    }

    #[test]
    fn the_teacher_walks_and_arrives() {
        let script = Script::new(60.0, told(&[(2.0, Happening::TeacherWalks { to: Zone::Board })])).unwrap();
        assert_eq!(story(&script, &[], 1.9).teacher_step().spot, [5.55, 0.95]);
        let on_the_way = story(&script, &[], 3.0).teacher_step();
        assert!(on_the_way.direction.is_some_and(|direction| direction[0] < -0.9));
        let arrived = story(&script, &[], 10.0).teacher_step();
        assert_eq!((arrived.spot, arrived.direction), ([2.6, 0.85], None));
    }

    #[test]
    fn chalk_grows_and_stops_when_the_teacher_leaves() {
        let script = Script::new(
            60.0,
            told(&[
                (1.0, Happening::TeacherWrites { text: "光的折射定律光的折射定律".into() }),
                (9.0, Happening::TeacherWalks { to: Zone::Podium }),
            ]),
        )
        .unwrap();
        let letters = |now| story(&script, &[], now).board[0].letters(now);
        assert_eq!(letters(2.0), 0.0);
        assert!(letters(7.5) > 1.0 && letters(8.5) > letters(7.5));
        assert_eq!(letters(9.0), letters(30.0));
        assert_eq!(story(&script, &[], 8.5).writing(), Some(0));
        assert_eq!(story(&script, &[], 9.5).writing(), None);
    }

    #[test]
    fn a_new_round_begins_as_the_first_but_equipment_stays_as_told() {
        let script = Script::new(10.0, told(&[(5.0, Happening::SlideChanges { to: 4 })])).unwrap();
        let unplugged = Role::Picture(ketang_hal::role::PictureRole::Hdmi);
        let told =
            told(&[(7.0, Happening::StudentStands { student: 3 }), (8.0, Happening::Unplugged { input: unplugged })]);
        let late = story(&script, &told, 9.5);
        assert_eq!((late.slide, late.students[2].stands(), late.unplugged.len()), (4, true, 1));
        let next = story(&script, &told, 11.0);
        assert_eq!((next.slide, next.students[2].stands(), next.unplugged.len()), (1, false, 1));
    }
}
