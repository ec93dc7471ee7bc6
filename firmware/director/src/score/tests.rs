use ketang_hal::role::PictureRole::{self, Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Reason, RuleName};

use super::*;
use crate::observation::Zone;

const INPUTS: [PictureRole; 5] = [TeacherPanorama, TeacherCloseup, StudentsPanorama, StudentsCloseup, Hdmi];

/// A lesson of `seconds` at ten situations a second: a speaking teacher at the podium, changed by `change`.
fn situations(seconds: u64, change: impl Fn(Ms, &mut Situation)) -> Vec<Situation> {
    let situation = |tenth| {
        let mut situation = Situation {
            at: Ms(tenth * 100),
            teacher: Zone::Podium,
            at_the_screen: false,
            writing: false,
            teacher_speaks: true,
            class_speaks: false,
            teacher_seen_in: vec![TeacherPanorama, TeacherCloseup],
            standing: 0,
            hands: 0,
            slide: 1,
            film: false,
            pointing: false,
            lost: vec![],
        };
        change(situation.at, &mut situation);
        situation
    };
    (0..seconds * 10).map(situation).collect()
}

/// Cuts at these milliseconds, by these rules of the lecture.
fn cuts(cuts: &[(u64, PictureRole, &str)]) -> Vec<Decision> {
    let cut = |(index, (at, role, rule)): (usize, &(u64, PictureRole, &str))| Decision {
        at: Ms(*at),
        shot: Shot { layout: "single".into(), inputs: vec![*role] },
        reason: Reason {
            cause: if index == 0 { Cause::Start {} } else { Cause::Rule {} },
            rule: Some(RuleName { name: (*rule).into(), priority: 0 }),
            facts: vec![],
            before_ms: 0,
            below_minimum: false,
            otherwise: None,
        },
    };
    cuts.iter().enumerate().map(cut).collect()
}

fn score(situations: &[Situation], cuts: &[Decision]) -> Score {
    let rules = Rules::shipped("lecture").unwrap();
    let end = Ms(situations.len() as u64 * 100);
    Score::of(&Directed { rules: &rules, inputs: &INPUTS, situations, cuts, end })
}

#[test]
fn what_is_right_all_the_time_scores_nothing() {
    let score = score(&situations(20, |_, _| {}), &cuts(&[(0, TeacherCloseup, "teacher")]));
    assert_eq!(score, Score { length: Ms::seconds(20), ..Score::default() });
}

#[test]
fn who_follows_in_time_is_not_wrong_and_who_is_late_is_from_then_on() {
    let lesson = situations(20, |at, now| now.standing = usize::from((Ms(5000)..Ms(15_000)).contains(&at)));
    let silent: Vec<_> = lesson.into_iter().map(|now| Situation { teacher_speaks: false, ..now }).collect();
    let in_time = score(&silent, &cuts(&[(0, TeacherCloseup, "teacher"), (6400, StudentsCloseup, "student-stands")]));
    // From 15 s on nobody stands, and the teacher is not shown; from 10 s on the silence makes the class right too.
    assert_eq!((in_time.wrong_subject, in_time.wrong_at_all), (Ms(0), Ms(1400)));
    assert_eq!((in_time.follow_delays, in_time.stand_up_delays), (vec![Ms(1400)], vec![Ms(1400)]));
    let late = score(&silent, &cuts(&[(0, TeacherCloseup, "teacher"), (8250, StudentsCloseup, "student-stands")]));
    assert_eq!((late.wrong_subject, late.wrong_at_all), (Ms(1750), Ms(3250)));
    assert_eq!(late.stand_up_delays, [Ms(3250)]);
}

#[test]
fn the_class_as_a_whole_is_no_shot_of_who_stands() {
    let class = cuts(&[(0, StudentsPanorama, "class-works")]);
    let closer = cuts(&[(0, StudentsPanorama, "class-works"), (6200, StudentsCloseup, "student-stands")]);
    let stand = |count: usize, until: u64| {
        situations(20, move |at, now| now.standing = if (Ms(5000)..Ms(until)).contains(&at) { count } else { 0 })
    };
    assert_eq!(score(&stand(1, 15_000), &closer).stand_up_delays, [Ms(1200)]);
    assert_eq!(score(&stand(1, 15_000), &class).stand_up_delays, [Ms::seconds(10)], "never shown");
    assert_eq!(score(&stand(1, 6000), &class).stand_up_delays, [], "sat down again at once");
    assert_eq!(score(&stand(2, 15_000), &class).stand_up_delays, [Ms(0)]);
}

#[test]
fn a_cut_away_from_what_is_wanted_has_no_grace() {
    let lesson = situations(20, |_, _| {});
    let away =
        cuts(&[(0, TeacherCloseup, "teacher"), (8000, StudentsPanorama, "wide"), (9000, TeacherCloseup, "teacher")]);
    let score = score(&lesson, &away);
    assert_eq!((score.wrong_subject, score.follow_delays.len(), score.cuts), (Ms(1000), 0, 2));
}

#[test]
fn an_empty_podium_counts_by_the_second() {
    let lesson = situations(20, |at, now| {
        if at >= Ms(12_000) {
            (now.teacher, now.teacher_seen_in) = (Zone::Absent, vec![]);
        }
    });
    let stays = score(&lesson, &cuts(&[(0, TeacherPanorama, "wide")]));
    assert_eq!((stays.empty_podium, stays.wrong_subject), (Ms(8000), Ms(6500)));
    let goes = score(&lesson, &cuts(&[(0, TeacherPanorama, "wide"), (13_000, StudentsPanorama, "teacher-away")]));
    assert_eq!((goes.empty_podium, goes.wrong_subject), (Ms(1000), Ms(0)));
}

#[test]
fn a_new_slide_is_wanted_while_it_is_read_and_right_while_it_is_talked_about() {
    let lesson = situations(60, |at, now| now.slide = if at < Ms(5000) { 1 } else { 2 });
    let never = score(&lesson, &cuts(&[(0, TeacherCloseup, "teacher")]));
    assert_eq!((never.wrong_at_all, never.wrong_subject), (READING, READING - GRACE));
    let stays = score(&lesson, &cuts(&[(0, TeacherCloseup, "teacher"), (6000, Hdmi, "slide")]));
    assert_eq!(stays.wrong_at_all, Ms(1000) + Ms::seconds(60 - 5) - TALKED_ABOUT);
}

#[test]
fn what_the_pointer_points_at_and_a_film_are_right_but_nobody_must_show_them() {
    let pointing = situations(30, |at, now| now.pointing = (Ms(10_000)..Ms(13_000)).contains(&at));
    let teacher = score(&pointing, &cuts(&[(0, TeacherCloseup, "teacher")]));
    assert_eq!(teacher.wrong_at_all, Ms(0));
    let slide = score(&pointing, &cuts(&[(0, TeacherCloseup, "teacher"), (11_500, Hdmi, "pointer")]));
    // The last moment at which the pointer was seen to move is 12.9 s.
    assert_eq!(slide.wrong_at_all, Ms(30_000 - 12_900) - POINTED_AT);
    let film = situations(90, |_, now| now.film = true);
    assert_eq!(score(&film, &cuts(&[(0, Hdmi, "video")])).wrong_at_all, Ms(0));
}

#[test]
fn shots_below_their_rules_minimum_are_counted_unless_the_next_is_urgent() {
    let shots = |next| cuts(&[(0, TeacherCloseup, "teacher"), (2000, StudentsCloseup, next), (9000, Hdmi, "slide")]);
    let lesson = situations(20, |_, _| {});
    assert_eq!(score(&lesson, &shots("slide")).shots_below_minimum, 1);
    assert_eq!(score(&lesson, &shots("student-stands")).shots_below_minimum, 0);
    let flash = cuts(&[(0, TeacherCloseup, "teacher"), (700, StudentsCloseup, "student-stands")]);
    assert_eq!(score(&lesson, &flash).shots_below_minimum, 1);
}

#[test]
fn where_nothing_wanted_lives_anything_that_lives_is_right() {
    let lesson = situations(10, |_, now| now.lost = vec![TeacherPanorama, TeacherCloseup]);
    assert_eq!(score(&lesson, &cuts(&[(0, Hdmi, "wide")])).wrong_at_all, Ms(0));
    assert_eq!(score(&lesson, &cuts(&[(0, TeacherPanorama, "wide")])).wrong_at_all, Ms::seconds(10));
}

#[test]
fn the_95th_percentile_is_a_value_that_was_measured() {
    assert_eq!(p95(&[]), Ms(0));
    assert_eq!(p95(&[Ms(7)]), Ms(7));
    let delays: Vec<_> = (1..=20).map(Ms).collect();
    assert_eq!(p95(&delays), Ms(19));
    assert_eq!(p95(&[delays, vec![Ms(21)]].concat()), Ms(20));
}
