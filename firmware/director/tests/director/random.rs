//! Random lessons of everything that can happen, at once and in any order. A failing seed can be played again.

use ketang_director::observation::{
    CameraState, Computer, InputState, Near, Observation, Screen, Speech, Student, Students, Sure, Teacher, Zone,
};
use ketang_director::{Decision, Director, Input, Ms, Order, Rules, replay};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Mode};

use crate::room::ALL;

const SEEDS: u64 = 25;
const HAPPENINGS: u64 = 300;

/// A small generator, so that a failing seed can be played again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn perhaps(&mut self) -> Option<bool> {
        self.one(&[None, Some(true), Some(false)])
    }

    fn students(&mut self) -> Option<Vec<Student>> {
        let count = self.below(4) as u32;
        let student = |id| Student { id, x: 1, y: 1, sure: Sure(self.one(&[30, 60, 100])) };
        let students = (0..count).map(student).collect();
        (count < 3).then_some(students)
    }

    fn observation(&mut self) -> Observation {
        match self.below(6) {
            0 => Observation::Teacher(Teacher {
                zone: self.one(&[
                    None,
                    Some(Zone::Podium),
                    Some(Zone::Board),
                    Some(Zone::Students),
                    Some(Zone::Absent),
                ]),
                near: self.one(&[None, Some(Near::Screen), Some(Near::Board)]),
                writing: self.perhaps(),
                walking: self.perhaps(),
                closeup: self.perhaps(),
                sure: Sure(self.one(&[10, 60, 100])),
            }),
            1 => Observation::Students(Students { standing: self.students(), hands: self.students(), heads: None }),
            2 => {
                use Screen::{NoSignal, Pointer, SlideChanged, Unchanged, Video};
                let screens = [None, Some(Unchanged), Some(SlideChanged), Some(Video), Some(Pointer), Some(NoSignal)];
                Observation::Computer(Computer { screen: self.one(&screens) })
            }
            3 => Observation::Speech(Speech { teacher: self.perhaps(), room: self.perhaps() }),
            4 => Observation::Input(InputState { input: self.one(&ALL), live: self.below(3) > 0 }),
            _ => {
                let (moving, subject) = (self.below(3) == 0, self.perhaps());
                Observation::Camera(CameraState { input: self.one(&ALL), moving, subject })
            }
        }
    }

    fn order(&mut self) -> Order {
        let from = "panel".to_owned();
        if self.below(2) == 0 {
            return Order::Mode { mode: self.one(&[Mode::Automatic, Mode::SemiAutomatic, Mode::Manual]), from };
        }
        let shot = match self.below(2) {
            0 => Shot { layout: "single".into(), inputs: vec![self.one(&ALL)] },
            _ => Shot { layout: "side-by-side".into(), inputs: vec![self.one(&ALL), self.one(&ALL)] },
        };
        Order::Show { shot, from }
    }

    /// What a lesson is told: bursts at one moment, and silences that outlast every time of the rules.
    fn lesson(&mut self) -> Vec<Input> {
        let mut at = Ms::ZERO;
        let mut lesson = Vec::new();
        for _ in 0..HAPPENINGS {
            at = at + Ms(self.one(&[0, 0, 1, 40, 200, 999, 1000, 1700, 4000, 20_000]));
            let input = match self.below(30) {
                0 => Input::told(at, self.order()),
                _ => Input::seen(at, self.observation()),
            };
            lesson.push(input);
        }
        lesson
    }
}

/// What the room's inputs really do, told by the same inputs.
#[derive(Default)]
struct Truth {
    lost: Vec<PictureRole>,
    no_signal: bool,
}

impl Truth {
    fn learn(&mut self, input: &Input) {
        if let ketang_director::What::Seen(observation) = &input.what {
            match observation {
                Observation::Input(state) => {
                    self.lost.retain(|role| *role != state.input);
                    if !state.live {
                        self.lost.push(state.input);
                    }
                }
                Observation::Computer(computer) => self.no_signal = computer.screen == Some(Screen::NoSignal),
                _ => {}
            }
        }
    }

    fn lives(&self, role: PictureRole) -> bool {
        let sleeps = role == PictureRole::Hdmi && self.no_signal;
        !sleeps && !self.lost.contains(&role)
    }
}

fn for_every_lesson(check: impl Fn(&str, u64, &Rules, &[Input])) {
    for name in Rules::names() {
        let rules = Rules::shipped(name).unwrap();
        for seed in 0..SEEDS {
            check(name, seed, &rules, &Dice(seed).lesson());
        }
    }
}

fn end(lesson: &[Input]) -> Ms {
    lesson.last().unwrap().at + Ms::seconds(30)
}

#[test]
fn the_minimum_is_never_violated_but_by_a_loss_or_a_hand() {
    for_every_lesson(|name, seed, rules, lesson| {
        let cuts = replay(rules.clone(), &ALL, lesson.iter().cloned(), Ms::ZERO..end(lesson));
        assert!(!cuts.is_empty());
        for pair in cuts.windows(2) {
            let (shown, next) = (&pair[0], &pair[1]);
            let free = |cut: &Decision| {
                matches!(cut.reason.cause, Cause::Hand { .. } | Cause::InputLost { .. } | Cause::CameraMoves { .. })
            };
            assert_ne!(shown.shot, next.shot, "{name} {seed}: a cut to the same shot");
            assert_eq!(next.reason.before_ms, (next.at - shown.at).0, "{name} {seed}");
            if free(next) || matches!(shown.reason.cause, Cause::Hand { .. }) {
                continue;
            }
            let rule = |cut: &Decision| cut.reason.rule.as_ref().and_then(|rule| rules.rule(&rule.name));
            let shortest = rules.timing().shortest;
            let min = rule(shown).map_or(shortest, |rule| rule.min);
            let urgent = rule(next).is_some_and(|rule| rule.urgent) && !rule(shown).is_some_and(|rule| rule.urgent);
            let allowed = if urgent { shortest } else { min };
            assert!(next.at - shown.at >= allowed, "{name} {seed}: {shown:?}\n{next:?}");
            assert_eq!(next.reason.below_minimum, next.at - shown.at < min, "{name} {seed}: {next:?}");
        }
    });
}

#[test]
fn a_lost_source_is_never_shown_when_another_lives() {
    for_every_lesson(|name, seed, rules, lesson| {
        let mut director = Director::new(rules.clone(), &ALL, Ms::ZERO);
        let mut truth = Truth::default();
        for input in lesson {
            truth.learn(input);
            director.step(input.clone());
            let Some((shot, _)) = director.shown() else { continue };
            let shows_lost = shot.inputs.iter().any(|role| !truth.lives(*role));
            // What the computer told may have been forgotten since: then it counts as any input that is live.
            let alive: Vec<_> = ALL.into_iter().filter(|role| truth.lives(*role)).collect();
            let forgotten = truth.no_signal && shot.inputs.contains(&PictureRole::Hdmi);
            assert!(!shows_lost || alive.is_empty() || forgotten, "{name} {seed} at {}: {shot:?}, {alive:?}", input.at);
        }
    });
}

#[test]
fn replaying_the_log_gives_the_same_cuts_bit_for_bit_however_often_time_was_told() {
    for_every_lesson(|name, seed, rules, lesson| {
        let mut dice = Dice(seed ^ 0xabcd);
        let mut director = Director::new(rules.clone(), &ALL, Ms::ZERO);
        let mut live = Vec::new();
        let mut log = String::new();
        for input in lesson {
            // Some wakes come in time, some late, some for nothing.
            while let Some(wake) = director.next_wake().filter(|wake| *wake < input.at) {
                let late = dice.below(3) * dice.below(2000);
                live.extend(director.step(Input::time((wake + Ms(late)).min(input.at))));
                if late > 0 {
                    break;
                }
            }
            live.extend(director.step(input.clone()));
            log += &(serde_json::to_string(input).unwrap() + "\n");
        }
        live.extend(director.step(Input::time(end(lesson))));
        let logged = log.lines().map(|line| serde_json::from_str::<Input>(line).unwrap());
        let again = replay(rules.clone(), &ALL, logged, Ms::ZERO..end(lesson));
        assert_eq!(live, again, "{name} {seed}");
        let reasons =
            |cuts: &[Decision]| serde_json::to_string(&cuts.iter().map(|cut| &cut.reason).collect::<Vec<_>>());
        assert_eq!(reasons(&live).unwrap(), reasons(&again).unwrap());
    });
}

#[test]
fn every_cut_is_made_when_it_is_due_and_not_when_somebody_happens_to_look() {
    // The room has no board camera: what is told of it changes nothing, but makes the director look.
    let inputs = &ALL[..5];
    assert!(!inputs.contains(&PictureRole::Board));
    let idle = |at| Input::seen(at, Observation::Input(InputState { input: PictureRole::Board, live: true }));
    for_every_lesson(|name, seed, rules, lesson| {
        let mut dice = Dice(seed ^ 0x1d1e);
        let mut looked_at = Vec::new();
        let mut now = Ms::ZERO;
        for input in lesson {
            // Not at the very moment of what is told: looking then would let time go first.
            while now + Ms(801) < input.at {
                now = now + Ms(1 + dice.below(800));
                looked_at.push(idle(now));
            }
            looked_at.push(input.clone());
            now = now.max(input.at);
        }
        let cuts = |told: &[Input]| replay(rules.clone(), inputs, told.iter().cloned(), Ms::ZERO..end(lesson));
        assert_eq!(cuts(lesson), cuts(&looked_at), "{name} {seed}");
    });
}

#[test]
fn times_of_a_damaged_log_keep_nobody_busy() {
    let rules = Rules::shipped("lecture").unwrap();
    let wild = [Ms(0), Ms(u64::MAX / 2), Ms(5), Ms(u64::MAX)];
    let told = wild.map(|at| Input::seen(at, Observation::Speech(Speech::default())));
    let mut director = Director::new(rules, &ALL, Ms::ZERO);
    let cuts: usize = told.into_iter().map(|input| director.step(input).len()).sum();
    assert!(cuts <= 10, "{cuts}");
}
