//! The shipped rule sets: what each shows of what happens in a lesson.

use ketang_director::Rules;
use ketang_director::observation::{Near, Screen, Zone};
use ketang_hal::role::PictureRole::{self, Board, StudentsCloseup, TeacherCloseup, TeacherPanorama};

use crate::room::{Room, panes};

/// A happening, and the shot that follows within the milliseconds, by rule set.
type Row = (&'static str, fn(&mut Room), u64, &'static str);

/// Puts each row's happening into a lesson that has been going on for a while.
fn assert_shows(rules: &str, rows: &[Row]) {
    for (what, happen, within_ms, shot) in rows {
        let mut room = Room::shipped(rules);
        room.wait(10_000);
        happen(&mut room);
        room.wait(*within_ms);
        assert_eq!(room.shown(), *shot, "{rules}: {what} (rule {})", room.rule());
    }
}

#[test]
fn lecture() {
    let rows: [Row; 18] = [
        ("nothing", |_| {}, 1, "teacher-closeup"),
        ("a new slide", Room::slide_changes, 1, "hdmi"),
        ("a new slide, read", Room::slide_changes, 8100, "teacher-closeup"),
        ("a video", |room| room.screen(Screen::Video), 1100, "hdmi"),
        ("a long video", |room| room.screen(Screen::Video), 300_000, "hdmi"),
        ("the pointer", |room| room.screen(Screen::Pointer), 1600, "picture-in-picture(hdmi, teacher-closeup)"),
        (
            "hands, after the pointer",
            |room| {
                room.screen(Screen::Pointer);
                room.wait(6000);
                room.hands_rise(2);
            },
            600,
            "students-panorama",
        ),
        ("writing", |room| room.teacher_writes(true), 700, "board"),
        (
            "writing, and then a slide",
            |room| {
                room.teacher_writes(true);
                room.wait(5000);
                room.slide_changes();
            },
            1,
            "hdmi",
        ),
        ("a student stands", |room| room.students_stand(1), 300, "students-closeup"),
        ("the class stands", |room| room.students_stand(24), 400, "students-panorama"),
        ("hands", |room| room.hands_rise(3), 600, "students-panorama"),
        ("among the students", |room| room.teacher_is(Zone::Students), 600, "students-panorama"),
        ("away", |room| room.teacher_is(Zone::Absent), 600, "students-panorama"),
        ("back at the board", |room| room.teacher_is(Zone::Board), 600, "teacher-closeup"),
        (
            "beside the screen",
            |room| room.teacher(|teacher| teacher.near = Some(Near::Screen)),
            1100,
            "picture-in-picture(hdmi, teacher-closeup)",
        ),
        ("silence", |room| room.speak(false, false), 15_100, "students-panorama"),
        ("nobody can tell", Room::teacher_is_lost, 600, "teacher-panorama"),
    ];
    assert_shows("lecture", &rows);
}

#[test]
fn board_work() {
    let rows: [Row; 5] = [
        ("writing", |room| room.teacher_writes(true), 500, "board"),
        (
            "a slide while writing",
            |room| {
                room.teacher_writes(true);
                room.wait(5000);
                room.slide_changes();
            },
            4000,
            "board",
        ),
        (
            "writing, read",
            |room| {
                room.teacher_writes(true);
                room.wait(5000);
                room.teacher_writes(false);
            },
            5900,
            "board",
        ),
        ("at the board", |room| room.teacher_is(Zone::Board), 600, "picture-in-picture(board, teacher-closeup)"),
        ("a student stands", |room| room.students_stand(1), 300, "students-closeup"),
    ];
    assert_shows("board-work", &rows);
}

#[test]
fn discussion() {
    let rows: [Row; 3] = [
        ("the class speaks", |room| room.speak(false, true), 900, "students-panorama"),
        ("both speak", |room| room.speak(true, true), 5000, "teacher-closeup"),
        ("a student stands", |room| room.students_stand(1), 300, "students-closeup"),
    ];
    assert_shows("discussion", &rows);
}

#[test]
fn group_work() {
    let rows: [Row; 4] = [
        ("the teacher speaks", |_| {}, 1, "teacher-closeup"),
        ("the teacher is silent", |room| room.speak(false, false), 5100, "students-panorama"),
        ("among the students", |room| room.teacher_is(Zone::Students), 2100, "students-panorama"),
        ("away", |room| room.teacher_is(Zone::Absent), 2600, "students-panorama"),
    ];
    assert_shows("group-work", &rows);
}

#[test]
fn common() {
    let rows: [Row; 7] = [
        ("the teacher speaks", |_| {}, 1, "teacher-closeup"),
        ("the pointer moves while the teacher speaks", |room| room.screen(Screen::Pointer), 10_000, "teacher-closeup"),
        (
            "the pointer moves, and nobody speaks",
            |room| {
                room.screen(Screen::Pointer);
                room.speak(false, false);
            },
            // What else there is had its least time first.
            3600,
            "hdmi",
        ),
        ("a student stands while the teacher speaks", |room| room.students_stand(1), 3000, "teacher-closeup"),
        (
            "a student stands, and the teacher listens",
            |room| {
                room.students_stand(1);
                room.speak(false, true);
            },
            1600,
            "students-closeup",
        ),
        ("among the students", |room| room.teacher_is(Zone::Students), 1600, "students-panorama"),
        ("nothing to be told", |room| room.speak(false, false), 1600, "teacher-panorama"),
    ];
    assert_shows("common", &rows);
}

#[test]
fn every_set_is_read_draws_with_the_shipped_layouts_and_has_every_time_within_reason() {
    for name in Rules::names() {
        let rules = Rules::shipped(name).unwrap();
        rules.check_layouts(panes).unwrap();
        for rule in rules.rules() {
            assert!(rule.min.0 >= 2000, "{name}: {} flashes", rule.name);
            assert!(
                rule.max.is_some() || rule.when.iter().any(|when| when.key() == "computer"),
                "{name}: {}",
                rule.name
            );
        }
    }
}

#[test]
fn a_pointer_that_moves_now_and_then_does_not_make_the_picture_flip() {
    for name in Rules::names() {
        let mut room = Room::shipped(name);
        room.wait(10_000);
        room.take();
        for _ in 0..40 {
            room.screen(Screen::Pointer);
            room.wait(3000);
            room.screen(Screen::Unchanged);
            room.wait(12_000);
        }
        let cuts = room.take().len();
        assert!(cuts <= 60, "{name}: {cuts} cuts in ten minutes");
    }
}

#[test]
fn the_first_minute_is_directed() {
    for name in Rules::names() {
        let mut room = Room::shipped(name);
        room.wait(2500);
        assert_eq!(room.shown(), "teacher-closeup", "{name}");
    }
}

#[test]
fn a_camera_that_a_set_prefers_is_done_without() {
    let rows: [(PictureRole, Row); 4] = [
        (TeacherCloseup, ("nothing", |_| {}, 1, "teacher-panorama")),
        (StudentsCloseup, ("a student stands", |room| room.students_stand(1), 300, "students-panorama")),
        (Board, ("writing", |room| room.teacher_writes(true), 700, "teacher-panorama")),
        (TeacherPanorama, ("nothing to be told", Room::teacher_is_lost, 700, "students-panorama")),
    ];
    for (lost, (what, happen, within_ms, shot)) in rows {
        let mut room = Room::shipped("lecture");
        room.live(lost, false);
        room.wait(10_000);
        happen(&mut room);
        room.wait(within_ms);
        assert_eq!(room.shown(), shot, "{what}, without {lost}");
    }
}

#[test]
fn nobody_looks_at_an_empty_podium() {
    for name in Rules::names() {
        let mut room = Room::shipped(name);
        room.wait(10_000);
        room.teacher_is(Zone::Absent);
        room.wait(3000);
        for _ in 0..600 {
            room.wait(1000);
            assert!(!room.shown().contains("teacher"), "{name}: {} at {}", room.shown(), room.now);
        }
        room.teacher_is(Zone::Podium);
        room.wait(5000);
        assert_eq!(room.shown(), "teacher-closeup", "{name}");
    }
}

#[test]
fn nothing_stays_for_ever() {
    for name in Rules::names() {
        let mut room = Room::shipped(name);
        room.wait(600_000);
        let cuts = room.take();
        let longest = cuts.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap();
        assert!(longest <= 45_000, "{name}: {longest} ms");
        assert!(cuts.len() >= 20, "{name}: {cuts:?}");
        assert!(cuts.len() <= 90, "{name}: {} cuts in ten minutes of nothing", cuts.len());
    }
}
