//! Cameras that turn as long as a finger lies on what turns them.

use std::time::Duration;

use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::role::PictureRole;
use ketang_panel::{Action, Effect, Screen};
use ketang_protocol::command::{Command, Ptz, PtzAction, Refusal, RefusalCode, Reply};
use ketang_protocol::turning::Way;

use crate::room::Room;
use crate::touches::{DONE, Hand};

/// What turns the teacher's camera.
fn turns(action: PtzAction) -> Command {
    Command::Ptz(Ptz { input: PictureRole::TeacherCloseup, action })
}

/// A hand at the cameras that turn, in a lesson.
fn at_cameras() -> Option<Hand> {
    let mut hand = Hand::at(Room::recording().with_cameras_that_turn())?;
    hand.tap(Action::More(true));
    hand.tap(Action::Open(Screen::Cameras));
    Some(hand)
}

#[test]
fn a_camera_turns_from_the_touch_on_until_the_finger_leaves() {
    let Some(mut hand) = at_cameras() else { return };
    let (steer, stop) = (turns(PtzAction::Steer(Way::Left.steer())), turns(PtzAction::Stop {}));
    let sent = |command: &Command| vec![Effect::Send(command.clone())];
    let left = hand.place(&Action::Turn { input: PictureRole::TeacherCloseup, way: Way::Left });
    for slides_off in [false, true] {
        assert_eq!(hand.down(0, left), sent(&steer));
        assert_eq!(hand.wait(Duration::from_millis(600)), [], "it is not said again before it is answered");
        assert_eq!(hand.answer(&steer, &DONE), sent(&steer), "it is said again as long as it is held");
        hand.answer(&steer, &DONE);
        let stopped = match slides_off {
            true => hand.touch(TouchEvent::Move { finger: Finger(0), x: 5, y: 5 }),
            false => hand.up(0),
        };
        assert_eq!(stopped, sent(&stop));
        hand.answer(&stop, &DONE);
        assert_eq!(hand.up(0), []);
        assert_eq!(hand.wait(Duration::from_secs(2)), []);
    }
}

#[test]
fn a_camera_stops_when_touches_are_lost_or_the_host_refuses() {
    let steer = turns(PtzAction::Steer(Way::Up.steer()));
    let stop = [Effect::Send(turns(PtzAction::Stop {}))];
    let action = Action::Turn { input: PictureRole::TeacherCloseup, way: Way::Up };
    let Some(mut hand) = at_cameras() else { return };
    let up = hand.place(&action);
    hand.down(0, up);
    hand.answer(&steer, &DONE);
    assert_eq!(hand.touch(TouchEvent::Lost), stop);
    let Some(mut hand) = at_cameras() else { return };
    hand.down(0, up);
    let refusal = Refusal::new(RefusalCode::Failed, "云台没有应答", "the camera does not answer");
    assert_eq!(hand.answer(&steer, &Reply::Refused(refusal)), stop);
}

#[test]
fn a_preset_is_one_touch_and_the_next_camera_another() {
    let Some(mut hand) = at_cameras() else { return };
    let (input, preset) = (PictureRole::TeacherCloseup, "黑板左".to_owned());
    let go = turns(PtzAction::Go { preset: preset.clone() });
    assert_eq!(hand.tap(Action::Preset { input, preset }), [Effect::Send(go.clone())]);
    hand.answer(&go, &DONE);
    let last = || Action::Preset { input, preset: "全景".into() };
    assert!(!hand.offers(&last()));
    hand.tap(Action::Page(1));
    assert!(hand.offers(&last()), "not all fit at once");
    hand.tap(Action::Camera(PictureRole::StudentsCloseup));
    assert!(hand.offers(&Action::Preset { input: PictureRole::StudentsCloseup, preset: "right".into() }));
}

#[test]
fn a_room_without_cameras_that_turn_has_no_leaf_for_them() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::More(true));
    assert!(!hand.offers(&Action::Open(Screen::Cameras)));
    hand.tap(Action::Open(Screen::Settings));
    assert!(!hand.offers(&Action::Open(Screen::Cameras)));
}
