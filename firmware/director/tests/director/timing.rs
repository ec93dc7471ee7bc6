//! Times: delay, hold, minimum, maximum, relief, urgency, forgetting, trust. Each with rules of its own, small enough to see.

use ketang_director::observation::{Observation, Students, Sure, Teacher, Zone};
use ketang_director::{Ms, Rules};
use ketang_hal::role::PictureRole::{StudentsCloseup, TeacherCloseup, TeacherPanorama};
use ketang_protocol::directing::{Cause, Fact, Lost};

use crate::room::Room;

/// Two rules and a wide one.
const SMALL: &str = r#"
[rules.student]
priority = 80
urgent = true
when = { students-standing = "one" }
delay = "200ms"
show = ["students-closeup", "students-panorama"]
min = "3s"

[rules.writing]
priority = 60
when = { teacher-writing = true }
delay = "1s"
hold = "2s"
show = ["board"]
min = "4s"
max = "20s"
relief = ["teacher-closeup"]
relief-lasts = "5s"

[rules.wide]
priority = 10
show = ["teacher-panorama"]
min = "2s"
"#;

fn room() -> Room {
    let mut room = Room::new(Rules::read(SMALL, None).unwrap());
    room.wait(10_000);
    assert_eq!(room.take(), [(0, "teacher-panorama".into())]);
    room
}

fn cut(at: u64, shot: &str) -> (u64, String) {
    (at, shot.into())
}

#[test]
fn a_rule_waits_for_its_delay_and_forgets_what_did_not_last() {
    let mut room = room();
    room.teacher_writes(true);
    room.wait(900);
    room.teacher_writes(false);
    room.wait(100);
    room.teacher_writes(true);
    room.wait(3000);
    assert_eq!(room.take(), [cut(12_000, "board")]);
}

#[test]
fn a_rule_holds_on_after_its_conditions_and_a_pause_in_them_does_not_cut() {
    let mut room = room();
    room.teacher_writes(true);
    room.wait(6000);
    room.teacher_writes(false);
    room.wait(1900);
    room.teacher_writes(true);
    room.wait(1000);
    room.teacher_writes(false);
    room.wait(10_000);
    assert_eq!(room.take(), [cut(11_000, "board"), cut(20_900, "teacher-panorama")]);
}

#[test]
fn a_minimum_is_kept_by_rules_and_below_it_only_an_urgent_one_cuts() {
    let mut room = room();
    room.teacher_writes(true);
    room.wait(1000);
    room.wait(100);
    room.students_stand(1);
    room.wait(500);
    room.students_stand(0);
    room.teacher_writes(false);
    room.wait(10_000);
    // The student sat down again before the shortest length had passed.
    assert_eq!(room.take(), [cut(11_000, "board"), cut(15_000, "teacher-panorama")]);
    room.wait(2000);
    room.teacher_writes(true);
    room.wait(1100);
    room.students_stand(1);
    room.wait(10_000);
    let cuts = room.cuts.clone();
    assert_eq!(room.take(), [cut(24_600, "board"), cut(25_600, "students-closeup")]);
    assert!(cuts[1].reason.below_minimum);
    assert_eq!(cuts[1].reason.before_ms, 1000);
}

#[test]
fn what_was_shown_for_its_maximum_gives_way_to_its_relief_and_comes_back() {
    let mut room = room();
    room.teacher_writes(true);
    room.wait(50_000);
    let cuts = room.cuts.clone();
    assert_eq!(
        room.take(),
        [cut(11_000, "board"), cut(31_000, "teacher-closeup"), cut(36_000, "board"), cut(56_000, "teacher-closeup")]
    );
    assert_eq!(cuts[1].reason.cause, Cause::Maximum {});
    let otherwise = cuts[1].reason.otherwise.clone().unwrap();
    assert_eq!((otherwise.rule.name.as_str(), otherwise.lost), ("writing", Lost::Maximum {}));
}

#[test]
fn a_relief_ends_when_something_happens_anew() {
    let mut room = room();
    room.teacher_writes(true);
    room.wait(22_000);
    assert_eq!(room.shown(), "teacher-closeup");
    room.wait(500);
    room.students_stand(1);
    room.wait(1000);
    assert_eq!(room.shown(), "students-closeup");
}

#[test]
fn without_a_relief_of_its_own_the_next_rule_has_a_turn() {
    let rules = SMALL.replace("relief = [\"teacher-closeup\"]", "");
    let mut room = Room::new(Rules::read(&rules, None).unwrap());
    room.teacher_writes(true);
    room.wait(30_000);
    let shown: Vec<_> = room.take().into_iter().map(|(_, shot)| shot).collect();
    assert_eq!(shown, ["teacher-panorama", "board", "teacher-panorama", "board"]);
}

#[test]
fn the_reason_holds_the_values_and_the_runner_up() {
    let mut room = room();
    room.teacher(|teacher| (teacher.writing, teacher.sure) = (Some(true), Sure(83)));
    room.wait(1100);
    let reason = room.last().reason.clone();
    let fact = Fact { what: "teacher-writing".into(), is: "true".into(), for_ms: 1000, ended_ms: 0, sure: Some(83) };
    assert_eq!((reason.cause, reason.facts), (Cause::Rule {}, vec![fact]));
    assert_eq!(reason.rule.unwrap().name, "writing");
    assert_eq!((reason.before_ms, reason.below_minimum), (11_000, false));
    let otherwise = reason.otherwise.unwrap();
    assert_eq!((otherwise.rule.name.as_str(), otherwise.lost), ("wide", Lost::Lower {}));
}

#[test]
fn a_rule_that_could_not_be_shown_is_named_with_the_input_that_lacks() {
    let mut room = room();
    room.live(StudentsCloseup, false);
    room.live(ketang_hal::role::PictureRole::StudentsPanorama, false);
    room.students_stand(1);
    room.teacher_writes(true);
    room.wait(1100);
    let otherwise = room.last().reason.otherwise.clone().unwrap();
    assert_eq!(otherwise.rule.name, "student");
    assert_eq!(otherwise.lost, Lost::NoPicture { input: StudentsCloseup });
}

#[test]
fn a_lost_picture_is_left_at_once_and_trusted_again_only_after_a_while() {
    let mut room = room();
    room.students_stand(1);
    room.wait(5000);
    room.live(StudentsCloseup, false);
    assert_eq!(room.shown(), "students-panorama");
    assert_eq!(room.last().reason.cause, Cause::InputLost { input: StudentsCloseup });
    room.wait(5000);
    room.live(StudentsCloseup, true);
    room.wait(2000);
    assert_eq!(
        room.take(),
        [cut(10_200, "students-closeup"), cut(15_000, "students-panorama"), cut(21_000, "students-closeup")]
    );
}

#[test]
fn a_camera_on_its_way_to_a_preset_is_not_shown() {
    let mut room = room();
    room.camera_moves(StudentsCloseup, true);
    room.students_stand(1);
    room.wait(1000);
    room.camera_moves(StudentsCloseup, false);
    room.wait(4000);
    room.camera_moves(StudentsCloseup, true);
    assert_eq!(room.last().reason.cause, Cause::CameraMoves { input: StudentsCloseup });
    assert_eq!(
        room.take(),
        [cut(10_200, "students-panorama"), cut(13_200, "students-closeup"), cut(15_000, "students-panorama")]
    );
}

#[test]
fn a_camera_that_does_not_look_at_whom_it_is_for_is_not_chosen() {
    let mut room = room();
    room.camera_looks_at_its_subject(StudentsCloseup, false);
    room.students_stand(1);
    room.wait(5000);
    room.camera_looks_at_its_subject(StudentsCloseup, true);
    room.wait(1000);
    assert_eq!(room.take(), [cut(10_200, "students-panorama"), cut(15_000, "students-closeup")]);
}

#[test]
fn when_nothing_is_left_the_slate_stays_and_the_first_that_returns_is_shown() {
    let mut room = room();
    for role in crate::room::ALL {
        room.live(role, false);
    }
    room.wait(5000);
    let stayed = room.shown();
    room.live(TeacherCloseup, true);
    assert_eq!(room.shown(), "teacher-closeup");
    assert_ne!(stayed, "teacher-closeup");
    room.wait(100);
    room.live(TeacherPanorama, true);
    room.wait(3000);
    assert_eq!(room.shown(), "teacher-panorama");
}

#[test]
fn who_is_not_sure_has_seen_nothing_and_what_is_old_is_forgotten() {
    let mut unsure = room();
    unsure.teacher(|teacher| (teacher.writing, teacher.sure) = (Some(true), Sure(40)));
    unsure.wait(5000);
    assert_eq!(unsure.take(), []);
    let mut silent = room();
    silent.teacher_writes(true);
    silent.wait(5000);
    silent.wait_in_silence(20_000);
    // Told last at 15 s; forgotten after 6 s, held for 2 s more.
    assert_eq!(silent.take(), [cut(11_000, "board"), cut(23_000, "teacher-panorama")]);
}

#[test]
fn a_close_up_that_does_not_show_the_teacher_is_not_chosen() {
    let mut room = Room::shipped("lecture");
    room.teacher(|teacher| teacher.closeup = Some(false));
    room.wait(5000);
    assert_eq!(room.shown(), "teacher-panorama");
    room.teacher(|teacher| teacher.closeup = Some(true));
    room.wait(1100);
    assert_eq!(room.shown(), "teacher-closeup");
}

#[test]
fn a_loose_plug_does_not_make_the_picture_jump() {
    let mut room = Room::shipped("lecture");
    room.wait(10_000);
    room.take();
    for _ in 0..15 {
        room.live(TeacherCloseup, false);
        room.wait(1500);
        room.live(TeacherCloseup, true);
        room.wait(2500);
    }
    let jumps = room.take().into_iter().filter(|(_, shot)| shot == "teacher-closeup").count();
    assert!(jumps <= 2, "{jumps} cuts to a flapping camera");
}

#[test]
fn unknown_meets_no_condition_in_either_sense() {
    let rules = |condition: &str| {
        let text = format!(
            "[rules.a]\npriority = 2\nwhen = {{ {condition} }}\nshow = 'hdmi'\n[rules.wide]\npriority = 1\nshow = 'board'"
        );
        Rules::read(&text, None).unwrap()
    };
    for condition in [
        "teacher-writing = true",
        "teacher-writing = false",
        "teacher-walking = false",
        "teacher-speaks = false",
        "room-speaks = false",
        "students-standing = 'none'",
        "hands-raised = 'none'",
        "teacher-near = 'board'",
        "teacher-known = true",
    ] {
        let mut room = Room::unknown(rules(condition));
        room.see(Observation::Teacher(Teacher { sure: Sure::QUITE, ..Teacher::default() }));
        room.see(Observation::Students(Students::default()));
        room.wait_in_silence(5000);
        assert_eq!(room.shown(), "board", "{condition}");
    }
    let mut room = Room::unknown(rules("teacher-known = false"));
    room.wait_in_silence(1000);
    assert_eq!(room.shown(), "hdmi");
    room.teacher_is(Zone::Podium);
    room.see(Observation::Teacher(Teacher { zone: Some(Zone::Podium), sure: Sure(90), ..Teacher::default() }));
    room.wait_in_silence(4500);
    assert_eq!(room.shown(), "board");
}

#[test]
fn an_input_from_the_past_counts_as_now() {
    let mut room = room();
    let decisions = {
        let mut director = room.director().clone();
        let teacher = Teacher { writing: Some(true), sure: Sure::QUITE, ..Teacher::default() };
        director.step(ketang_director::Input::seen(Ms(3), Observation::Teacher(teacher)));
        director.step(ketang_director::Input::time(Ms(12_000)))
    };
    assert_eq!(decisions.iter().map(|cut| cut.at.0).collect::<Vec<_>>(), [11_000]);
    room.wait(10);
    assert_eq!(room.take(), []);
}
