use std::collections::VecDeque;

use super::*;
use crate::calibration::Pair;
use crate::detector::Keypoints;

/// The panorama is so wide, in degrees; both cameras hang at one place, so high above the floor, in metres.
const PANORAMA: f64 = 62.0;
const HANGS: f64 = 2.6;
const TALL: f64 = 1.72;

/// A point of the room seen from the cameras: right, up, ahead, in metres; in shares of the panorama.
fn seen_at([right, up, ahead]: [f64; 3]) -> (f64, f64) {
    let half = (PANORAMA / 2.0).to_radians().tan();
    (0.5 + right / ahead / half / 2.0, 0.5 - up / ahead / half / 2.0 * ASPECT)
}

fn direction([right, up, ahead]: [f64; 3]) -> (f64, f64) {
    (right.atan2(ahead).to_degrees(), up.atan2(right.hypot(ahead)).to_degrees())
}

fn calibration() -> Calibration {
    let pairs: Vec<Pair> = [-3.0, 0.0, 3.0]
        .into_iter()
        .flat_map(|right| [0.2, -1.0, -2.4].map(|up| [right, up, 7.0]))
        .map(|point| {
            let ((x, y), (pan, tilt)) = (seen_at(point), direction(point));
            Pair { x, y, pan, tilt }
        })
        .collect();
    Calibration::fit(&pairs).unwrap()
}

/// Somebody on the floor, and how fast they walk to the right, in metres and metres a second.
fn person(id: u32, (right, ahead): (f64, f64), pace: f64) -> Person {
    let (x, top) = seen_at([right, TALL - HANGS, ahead]);
    let (_, bottom) = seen_at([right, -HANGS, ahead]);
    let height = bottom - top;
    let area = Area::around((x as f32, ((top + bottom) / 2.0) as f32), (height * 0.25) as f32, height as f32);
    let speed = seen_at([right + pace, -HANGS, ahead]).0 - x;
    Person { id, area, speed: (speed as f32, 0.0), keypoints: Keypoints::default(), sure: 0.9, seen: Ms::ZERO }
}

/// A motor as the simulated camera of `ketang-board` has it: bounded speed and acceleration.
#[derive(Clone, Copy, Default)]
struct Motor {
    at: f64,
    speed: f64,
    goal: f64,
    top: f64,
}

impl Motor {
    fn step(&mut self, seconds: f64, acceleration: f64) {
        let (way, change) = (self.goal - self.at, acceleration * seconds);
        if way.abs() <= (self.speed.abs() + change) * seconds && self.speed.abs() <= 4.0 * change {
            (self.at, self.speed) = (self.goal, 0.0);
            return;
        }
        let wanted = way.signum() * self.top.min((1.8 * acceleration * way.abs()).sqrt());
        self.speed += (wanted - self.speed).clamp(-change, change);
        self.at += self.speed * seconds;
    }
}

/// The camera's twin: obeys late, and is looked at as often as the host looks.
struct Rig {
    follow: Follow,
    pan: Motor,
    tilt: Motor,
    zoom: Motor,
    /// Moves that it has not heard of yet.
    late: VecDeque<(Ms, Move)>,
    now: Ms,
    lens: Lens,
    moves: Vec<Move>,
    fastest: f64,
    turned_back: u32,
}

const TICK: Ms = Ms(20);
/// The eyes look so often, and tell so late.
const LOOK: u64 = 120;

impl Rig {
    fn new(follow: impl Fn(Calibration, Lens) -> Follow) -> Self {
        let lens = Lens { zoom: (1.0, 12.0), ..Lens::of_width(60.0) };
        Self {
            follow: follow(calibration(), lens),
            pan: Motor { at: -40.0, ..Motor::default() },
            tilt: Motor::default(),
            zoom: Motor::default(),
            late: VecDeque::new(),
            now: Ms::ZERO,
            lens,
            moves: Vec::new(),
            fastest: 0.0,
            turned_back: 0,
        }
    }

    fn looks(&self) -> Aim {
        Aim { pan: self.pan.at, tilt: self.tilt.at, zoom: self.zoom.at.exp() }
    }

    /// Lives through seconds in which `who` is there; the share of them in which `good` holds.
    fn run(
        &mut self,
        seconds: u64,
        who: impl Fn(f64) -> Option<Person>,
        good: impl Fn(&Self, Option<&Person>) -> bool,
    ) -> f64 {
        let (mut kept, mut all) = (0, 0);
        let began = self.now;
        while self.now - began < Ms::seconds(seconds) {
            self.now = self.now + TICK;
            let since = |now: Ms| (now - began).as_seconds_f64();
            if self.now.0.is_multiple_of(LOOK) {
                // What the eyes tell is as old as a look.
                let seen = who((since(self.now) - 0.12).max(0.0));
                let looks = self.looks();
                if let Some(go) = self.follow.step(self.now, seen.as_ref(), Some(looks)) {
                    self.moves.push(go);
                    self.late.push_back((self.now + Ms(180), go));
                }
            }
            while let Some((_, go)) = self.late.pop_front_if(|(at, _)| *at <= self.now) {
                let way = go.to.pan - self.pan.at;
                self.turned_back += u32::from(self.pan.speed.abs() > 1.0 && way * self.pan.speed < 0.0);
                (self.pan.goal, self.pan.top) = (go.to.pan, go.speed * 100.0);
                (self.tilt.goal, self.tilt.top) = (go.to.tilt, go.speed * 100.0);
                (self.zoom.goal, self.zoom.top) = (go.to.zoom.ln(), 1.2);
            }
            self.pan.step(0.02, 250.0);
            self.tilt.step(0.02, 250.0);
            self.zoom.step(0.02, 4.8);
            self.fastest = self.fastest.max(self.pan.speed.abs() / self.lens.width(self.looks().zoom));
            all += 1;
            kept += u32::from(good(self, who(since(self.now)).as_ref()));
        }
        f64::from(kept) / f64::from(all)
    }

    /// Where a point of the panorama is in the camera's picture, 0 to 1 from its top left corner.
    fn shown(&self, x: f32, y: f32) -> (f64, f64) {
        let (pan, tilt) = self.follow.calibration.aim(f64::from(x), f64::from(y));
        let looks = self.looks();
        let aside = around(pan - looks.pan) * looks.tilt.to_radians().cos() / self.lens.width(looks.zoom);
        (0.5 + aside, 0.5 - (tilt - looks.tilt) / self.lens.height(looks.zoom))
    }

    /// Whether the whole person is in the picture, sides and head.
    fn has(&self, person: &Person) -> bool {
        let area = person.area;
        let (left, top) = self.shown(area.x, area.y);
        let (right, _) = self.shown(area.right(), area.y);
        left > 0.0 && right < 1.0 && top > 0.0 && top < 0.4
    }

    /// How high the person is in the picture.
    fn height_of(&self, person: &Person) -> f64 {
        let (_, top) = self.shown(person.area.centre().0, person.area.y);
        let (_, bottom) = self.shown(person.area.centre().0, person.area.bottom());
        bottom - top
    }
}

fn framed(rig: &Rig, person: Option<&Person>) -> bool {
    person.is_some_and(|person| rig.has(person))
}

#[test]
fn who_stands_is_two_thirds_high_and_the_camera_rests() {
    for place in [(0.0, 6.0), (-2.5, 7.0), (2.0, 5.0)] {
        let mut rig = Rig::new(Follow::new);
        rig.run(8, |_| Some(person(1, place, 0.0)), framed);
        let teacher = person(1, place, 0.0);
        assert!((rig.height_of(&teacher) - 2.0 / 3.0).abs() < 0.05, "{place:?}: {}", rig.height_of(&teacher));
        let (x, top) = rig.shown(teacher.area.centre().0, teacher.area.y);
        assert!((x - 0.5).abs() < 0.02 && (0.06..0.18).contains(&top), "{place:?}: {x} {top}");
        // First the wide view, unseen, then the teacher, unseen.
        assert_eq!(rig.moves.iter().map(|go| go.live).collect::<Vec<_>>(), [false, false], "{place:?}");
        let moves = rig.moves.len();
        // Sways, gestures, and is seen now shorter, now taller.
        let sways = |seconds: f64| {
            let mut teacher = person(1, (place.0 + 0.12 * (seconds * 2.0).sin(), place.1), 0.0);
            teacher.area.height *= 1.0 + 0.08 * (seconds * 5.0).sin() as f32;
            Some(teacher)
        };
        assert_eq!(rig.run(60, sways, framed), 1.0, "{place:?}");
        assert_eq!(rig.moves.len(), moves, "{place:?}: no move in a minute");
        assert!(rig.follow.on_subject(rig.now));
    }
}

/// Walks up and down with pauses: the place and the pace at a time.
fn walks(seconds: f64, pace: f64) -> Person {
    let (half, rest) = (2.5, 3.0);
    let way = 2.0 * half / pace;
    let into = seconds % (2.0 * (way + rest));
    let (right, pace) = match into {
        into if into < way => (-half + into * pace, pace),
        into if into < way + rest => (half, 0.0),
        into if into < 2.0 * way + rest => (half - (into - way - rest) * pace, -pace),
        _ => (-half, 0.0),
    };
    person(1, (right, 6.0), pace)
}

#[test]
fn who_walks_stays_in_the_picture_and_the_camera_neither_hunts_nor_races() {
    for pace in [0.6, 1.0, 1.5] {
        let mut rig = Rig::new(Follow::new);
        rig.run(8, |_| Some(walks(0.0, pace)), framed);
        let moves = rig.moves.len();
        (rig.fastest, rig.turned_back) = (0.0, 0);
        let kept = rig.run(60, |seconds| Some(walks(seconds, pace)), framed);
        assert!(kept >= 0.98, "{pace} m/s: {kept}");
        let live = rig.moves[moves..].iter().all(|go| go.live);
        assert!(live && rig.fastest < PACE + 0.05, "{pace} m/s: {} widths a second", rig.fastest);
        // Where the walk turns it may have been on its way still; never to and fro.
        let turns = (60.0 / (5.0 / pace + 3.0)).ceil() as u32;
        assert!(rig.turned_back <= turns, "{pace} m/s: turned back {} times", rig.turned_back);
    }
}

#[test]
fn who_is_gone_is_let_go_once_and_found_again_unseen() {
    let mut rig = Rig::new(Follow::new);
    rig.run(8, |_| Some(person(1, (1.0, 6.0), 0.0)), framed);
    let moves = rig.moves.len();
    rig.run(1, |_| None, framed);
    assert_eq!(rig.moves.len(), moves, "a moment is no loss");
    rig.run(10, |_| None, framed);
    assert_eq!(rig.moves.len(), moves + 1);
    assert!((rig.looks().zoom - 1.0).abs() < 0.01 && !rig.follow.on_subject(rig.now));
    rig.run(6, |_| Some(person(2, (-2.0, 6.0), 0.0)), framed);
    assert_eq!(rig.moves.len(), moves + 2);
    assert!(!rig.moves[moves + 1].live && rig.follow.on_subject(rig.now));
}

#[test]
fn it_does_not_jump_to_another_who_passes() {
    let mut rig = Rig::new(Follow::new);
    rig.run(8, |_| Some(person(1, (1.0, 6.0), 0.0)), framed);
    let moves = rig.moves.len();
    let another =
        |seconds: f64| Some(if seconds < 1.0 { person(9, (-1.5, 6.0), 1.0) } else { person(1, (1.0, 6.0), 0.0) });
    rig.run(10, another, framed);
    assert_eq!(rig.moves.len(), moves);
    // The same one under another number is no other.
    rig.run(10, |seconds| Some(person(1 + seconds as u32, (1.0, 6.0), 0.0)), framed);
    assert_eq!(rig.moves.len(), moves);
}

#[test]
fn who_comes_close_is_seen_in_the_wide_view_instead_of_from_above() {
    let mut rig = Rig::new(Follow::new);
    rig.run(8, |_| Some(person(1, (0.5, 6.0), 0.0)), framed);
    rig.run(8, |_| Some(person(1, (0.5, 2.2), 0.0)), framed);
    assert!((rig.looks().zoom - 1.0).abs() < 0.01 && rig.looks().tilt > STEEP, "{:?}", rig.looks());
    assert!(!rig.follow.on_subject(rig.now));
    rig.run(8, |_| Some(person(1, (0.5, 5.0), 0.0)), framed);
    assert!(rig.looks().zoom > 1.2 && rig.follow.on_subject(rig.now), "{:?}", rig.looks());
}

#[test]
fn the_rooms_limits_hold_it() {
    let mut rig = Rig::new(|calibration, lens| {
        Follow::new(calibration, Lens { pan: (-10.0, 10.0), tilt: (-12.0, 5.0), zoom: (1.5, 2.0), ..lens })
    });
    rig.run(20, |seconds| Some(walks(seconds, 1.0)), framed);
    rig.run(20, |_| None, framed);
    for Move { to, .. } in &rig.moves {
        let inside =
            (-10.0..=10.0).contains(&to.pan) && (-12.0..=5.0).contains(&to.tilt) && (1.5..=2.0).contains(&to.zoom);
        assert!(inside, "{to:?}");
    }
}

#[test]
fn a_student_who_stands_up_is_aimed_at_at_once() {
    let mut rig = Rig::new(Follow::of_students);
    rig.run(2, |_| None, framed);
    let began = rig.now;
    rig.run(1, |_| Some(person(4, (-1.0, 6.0), 0.0)), framed);
    assert!(!rig.moves.last().unwrap().live && rig.moves.len() == 2);
    while !rig.follow.on_subject(rig.now) {
        rig.run(1, |_| Some(person(4, (-1.0, 6.0), 0.0)), framed);
        assert!(rig.now - began < Ms::seconds(3));
    }
}

#[test]
fn after_a_hand_it_looks_anew() {
    let mut rig = Rig::new(Follow::new);
    rig.run(8, |_| Some(person(1, (1.0, 6.0), 0.0)), framed);
    let moves = rig.moves.len();
    rig.follow.let_go();
    assert!(!rig.follow.on_subject(rig.now));
    rig.run(1, |_| Some(person(1, (1.0, 6.0), 0.0)), framed);
    assert_eq!(rig.moves.len(), moves + 1);
}
