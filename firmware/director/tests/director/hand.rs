//! Cuts by hand, modes, and the countdown back.

use ketang_director::Ms;
use ketang_hal::role::PictureRole::{Hdmi, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_protocol::directing::{Cause, Lost, Mode};

use crate::room::Room;

fn room() -> Room {
    let mut room = Room::shipped("lecture");
    room.wait(10_000);
    assert_eq!(room.shown(), "teacher-closeup");
    room.take();
    room
}

#[test]
fn a_cut_by_hand_is_made_at_once_and_holds_until_its_countdown_ends() {
    let mut room = room();
    room.show(Hdmi);
    assert_eq!(room.shown(), "hdmi");
    assert_eq!(room.director().returns_at(), Some(Ms(40_000)));
    let reason = &room.last().reason;
    assert_eq!(reason.cause, Cause::Hand { from: "panel".into() });
    assert_eq!(reason.otherwise.as_ref().unwrap().lost, Lost::ByHand {});
    room.students_stand(1);
    room.wait(29_000);
    assert_eq!(room.shown(), "hdmi");
    room.wait(2000);
    assert_eq!(room.last().reason.cause, Cause::HandedBack {});
    assert_eq!(room.take(), [(10_000, "hdmi".into()), (40_000, "students-closeup".into())]);
    assert_eq!(room.director().returns_at(), None);
}

#[test]
fn a_double_press_cuts_once_and_begins_the_countdown_anew() {
    let mut room = room();
    room.show(Hdmi);
    room.wait(200);
    room.show(Hdmi);
    room.wait(200);
    room.show(Hdmi);
    assert_eq!(room.take(), [(10_000, "hdmi".into())]);
    assert_eq!(room.director().returns_at(), Some(Ms(40_400)));
}

#[test]
fn a_hand_may_end_a_shot_below_its_minimum_and_the_reason_says_so() {
    let mut room = room();
    room.slide_changes();
    room.wait(300);
    room.show(TeacherPanorama);
    assert!(room.last().reason.below_minimum);
    assert_eq!(room.shown(), "teacher-panorama");
}

#[test]
fn in_the_manual_modes_nothing_is_cut_but_by_hand_for_a_long_while() {
    for mode in [Mode::SemiAutomatic, Mode::Manual] {
        let mut room = room();
        room.mode(mode);
        assert_eq!(room.director().is_tracking(), mode == Mode::SemiAutomatic);
        room.slide_changes();
        room.students_stand(1);
        room.wait(600_000);
        assert_eq!(room.take(), [], "{mode:?}");
        room.show(StudentsPanorama);
        room.wait(100);
        assert_eq!(room.take().len(), 1);
        assert_eq!(room.director().mode(), mode);
        room.wait(15 * 60_000);
        assert_eq!(room.director().mode(), Mode::Automatic);
        assert_eq!(room.take()[0].1, "students-closeup");
    }
}

#[test]
fn handing_back_ends_the_countdown() {
    let mut room = room();
    room.show(Hdmi);
    room.wait(3000);
    room.mode(Mode::Automatic);
    assert_eq!(room.take(), [(10_000, "hdmi".into()), (13_000, "teacher-closeup".into())]);
    assert_eq!(room.director().returns_at(), None);
}

#[test]
fn what_was_chosen_by_hand_is_lost_replaced_and_comes_back() {
    let mut room = room();
    room.show(Hdmi);
    room.wait(2000);
    room.live(Hdmi, false);
    assert_eq!(room.shown(), "teacher-closeup");
    room.wait(3000);
    room.live(Hdmi, true);
    room.wait(1100);
    assert_eq!(room.last().reason.cause, Cause::Hand { from: "panel".into() });
    assert_eq!(room.take(), [(10_000, "hdmi".into()), (12_000, "teacher-closeup".into()), (16_000, "hdmi".into())]);
}

#[test]
fn what_cannot_be_shown_waits_and_leaves_the_picture_alone() {
    let mut room = room();
    room.live(Hdmi, false);
    room.show(Hdmi);
    room.wait(5000);
    assert_eq!(room.take(), []);
    room.camera_moves(TeacherCloseup, true);
    room.show(TeacherCloseup);
    room.wait(500);
    room.camera_moves(TeacherCloseup, false);
    assert_eq!(room.take(), [(15_000, "teacher-panorama".into()), (15_500, "teacher-closeup".into())]);
}
