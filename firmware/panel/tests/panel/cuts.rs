//! Cuts by hand: floods of them, the layouts, and the reason that is told.

use std::time::Duration;

use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::role::PictureRole;
use ketang_panel::{Action, Effect, Frame, Target, UNDO, draw};
use ketang_protocol::command::{Command, Shot};
use ketang_protocol::directing::Mode;
use ketang_protocol::sentence::Sentence;

use crate::room::{Room, letters};
use crate::touches::{DONE, Hand, single};

#[test]
fn a_flood_of_taps_on_the_pictures_is_one_cut_at_a_time_and_ends_at_the_last() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let shots = [single(PictureRole::TeacherCloseup), single(PictureRole::StudentsPanorama)];
    let sent: Vec<Effect> = (0..50).flat_map(|tap| hand.tap(Action::Show(shots[tap % 2].clone()))).collect();
    let cut = |shot: &Shot| Effect::Send(Command::Layout(shot.clone()));
    assert_eq!(sent, [cut(&shots[0])], "the others wait for its answer");
    let command = Command::Layout(shots[0].clone());
    assert_eq!(hand.answer(&command, &DONE), [cut(&shots[1])], "the last that was touched");
    assert_eq!(hand.answer(&command, &DONE), []);
    // A host that does not answer is not waited for for ever.
    assert_eq!(hand.tap(Action::Show(shots[0].clone())), [cut(&shots[0])]);
    assert_eq!(hand.tap(Action::Show(shots[1].clone())), []);
    assert_eq!(hand.wait(Duration::from_secs(3)), [cut(&shots[1])]);
}

#[test]
fn the_answer_to_a_cut_does_not_let_a_second_command_of_the_state_through() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let shot = single(PictureRole::TeacherCloseup);
    assert_eq!(hand.tap(Action::Show(shot.clone())).len(), 1);
    assert_eq!(hand.tap(Action::Pause), [Effect::Send(Command::Pause {})]);
    hand.answer(&Command::Layout(shot), &DONE);
    assert_eq!(hand.tap(Action::Pause), [], "the first has no answer yet");
    hand.answer(&Command::Pause {}, &DONE);
    assert_eq!(hand.tap(Action::Pause), [Effect::Send(Command::Pause {})]);
}

#[test]
fn a_stop_behind_another_command_is_not_lost() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Stop);
    hand.wait(UNDO - Duration::from_secs(1));
    let other = Action::Direct(Mode::Automatic);
    // From another screen's controls, or just before the stop was touched: something is on its way when its time comes.
    let targets = [Target { area: hand.targets()[0].area, action: other }];
    let (at, room) = (targets[0].area.center(), hand.room.clone());
    let finger = Finger(0);
    hand.room.view.touch(TouchEvent::Down { finger, x: at.x, y: at.y }, &targets, &room.seen(&|_| None));
    assert_eq!(hand.room.view.touch(TouchEvent::Up { finger }, &targets, &room.seen(&|_| None)).len(), 1);
    assert_eq!(hand.wait(Duration::from_secs(1)), []);
    hand.answer(&Command::Direct { mode: Mode::Automatic }, &DONE);
    assert_eq!(hand.wait(Duration::from_millis(80)), [Effect::Send(Command::Stop {})]);
}

#[test]
fn every_layout_can_be_reached_on_every_panel() {
    let Some(letters) = letters() else { return };
    let mut room = Room::recording();
    let offered: Vec<Shot> =
        ketang_protocol::arrange::offered(room.state()).into_iter().map(|(_, shot)| shot).collect();
    assert!(offered.len() >= 5, "{offered:?}");
    for (width, height) in [(1024, 600), (1280, 800), (1920, 1080)] {
        let (mut hand, mut seen) = (Hand { room: Room::recording() }, Vec::new());
        for _ in 0..offered.len() {
            let mut frame = Frame::new(width, height);
            let targets = draw(&mut frame, letters, &hand.room.seen(&|_| None), &hand.room.view);
            let shown = targets.iter().filter_map(|target| match &target.action {
                Action::Show(shot) if offered.contains(shot) && shot.inputs.len() > 1 => Some(shot.clone()),
                _ => None,
            });
            seen.extend(shown);
            let Some(on) = targets.iter().find(|target| matches!(target.action, Action::Layouts(_))) else { break };
            let (at, room) = (on.area.center(), hand.room.clone());
            let finger = Finger(0);
            hand.room.view.touch(TouchEvent::Down { finger, x: at.x, y: at.y }, &targets, &room.seen(&|_| None));
            hand.room.view.touch(TouchEvent::Up { finger }, &targets, &room.seen(&|_| None));
        }
        let missing: Vec<_> = offered.iter().filter(|shot| shot.inputs.len() > 1 && !seen.contains(shot)).collect();
        assert!(missing.is_empty(), "{width}: {missing:?}");
    }
}

#[test]
fn a_panel_that_has_just_begun_tells_the_reason_that_the_host_remembers() {
    let Some(letters) = letters() else { return };
    let picture = |room: &Room| {
        let mut frame = Frame::new(1280, 800);
        draw(&mut frame, letters, &room.seen(&|_| None), &room.view);
        frame
    };
    let mut room = Room::recording();
    room.cut = None;
    let nothing = picture(&room);
    room.state().programme.directing.why = Some(Sentence::new("老师走向讲台", "the teacher walks to the desk"));
    assert!(picture(&room) != nothing, "the reason is shown");
}
