//! The bars that are promised, held on the shipped scenarios.

use std::sync::OnceLock;

use ketang_director::observation::{Near, Zone};
use ketang_director::score::{Score, p95};
use ketang_director::{Ms, Rules};
use ketang_hal::role::PictureRole::{StudentsPanorama, TeacherCloseup, TeacherPanorama};

use crate::directing::{direct, play};
use crate::eyes::Eyes;
use crate::scenario::{ROOM, Scenario, near, shipped, zone};

const EYES: Eyes = Eyes { delay: Ms(400), mistakes: 0, seed: 1 };

fn scenarios() -> &'static [Scenario] {
    static PLAYED: OnceLock<Vec<Scenario>> = OnceLock::new();
    PLAYED.get_or_init(|| play(&shipped(), ROOM).unwrap())
}

#[test]
fn the_bars_are_held_by_every_scenario_under_its_own_rules() {
    assert!(scenarios().len() >= 20);
    let mut total = Score::default();
    for scenario in scenarios() {
        let rules = Rules::shipped(scenario.own_rules()).unwrap();
        let (_, score) = direct(scenario, &rules, EYES.watch(&scenario.truths));
        assert_eq!(score.shots_below_minimum, 0, "{}", scenario.name);
        let wrong = score.share(score.wrong_subject);
        assert!(wrong <= 0.03, "{}: {wrong:.3} of the time on the wrong subject", scenario.name);
        assert!(score.stand_up_delays.iter().all(|delay| *delay <= Ms(1500)), "{}: {score:?}", scenario.name);
        assert!(score.cuts_per_minute() <= 10.0, "{}: {} cuts a minute", scenario.name, score.cuts_per_minute());
        total.add(&score);
    }
    assert!(total.stand_up_delays.len() >= 20, "{} students stood up", total.stand_up_delays.len());
    assert!(p95(&total.follow_delays) <= Ms(3000));
    assert!(total.empty_podium <= Ms(2000), "{}", total.empty_podium);
}

#[test]
fn a_lesson_of_another_kind_is_not_directed_badly() {
    for name in Rules::names() {
        let rules = Rules::shipped(name).unwrap();
        let mut total = Score::default();
        for scenario in scenarios() {
            total.add(&direct(scenario, &rules, EYES.watch(&scenario.truths)).1);
        }
        assert_eq!(total.shots_below_minimum, 0, "{name}");
        assert!(total.share(total.wrong_subject) <= 0.03, "{name}: {total:?}");
    }
}

#[test]
fn eyes_that_err_now_and_then_do_not_spoil_it() {
    let mut total = Score::default();
    for scenario in scenarios() {
        let rules = Rules::shipped(scenario.own_rules()).unwrap();
        total.add(&direct(scenario, &rules, Eyes { mistakes: 50, ..EYES }.watch(&scenario.truths)).1);
    }
    assert_eq!(total.shots_below_minimum, 0);
    assert!(total.share(total.wrong_subject) <= 0.03, "{}", total.share(total.wrong_subject));
}

#[test]
fn bad_rules_score_badly() {
    let stubborn = Rules::read("[rules.wide]\npriority = 1\nshow = 'teacher-closeup'", None).unwrap();
    let mut total = Score::default();
    for scenario in scenarios() {
        total.add(&direct(scenario, &stubborn, EYES.watch(&scenario.truths)).1);
    }
    assert!(total.share(total.wrong_subject) > 0.1, "{}", total.share(total.wrong_subject));
    assert!(p95(&total.stand_up_delays) > Ms::seconds(10));
}

/// The adapter reads the room's truth as it is meant: places, not intentions.
#[test]
fn the_truth_of_the_room_is_understood() {
    let scenario = scenarios().iter().find(|scenario| scenario.name == "lecture-teacher-leaves").unwrap();
    let at = |seconds: f64| scenario.truths.iter().find(|truth| truth.seconds >= seconds).unwrap();
    assert_eq!((zone(at(5.0)), near(at(5.0))), (Zone::Podium, Some(Near::Lectern)));
    assert_eq!(zone(at(31.0)), Zone::Podium, "on the way out");
    assert_eq!((zone(at(50.0)), near(at(50.0))), (Zone::Absent, None));
    let situations = scenario.situations();
    let seen = |seconds: u64| &situations.iter().find(|now| now.at >= Ms::seconds(seconds)).unwrap().teacher_seen_in;
    assert_eq!(*seen(5), [TeacherPanorama, TeacherCloseup]);
    assert!(seen(50).is_empty());
    let rounds = scenarios().iter().find(|scenario| scenario.name == "group-work-rounds").unwrap();
    let among = rounds.situations().into_iter().find(|now| now.at >= Ms::seconds(40)).unwrap();
    assert_eq!(among.teacher, Zone::Students);
    assert!(among.teacher_seen_in.contains(&StudentsPanorama), "{:?}", among.teacher_seen_in);
}
