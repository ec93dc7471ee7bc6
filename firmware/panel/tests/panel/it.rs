//! The settings of IT: behind a PIN, shut behind whoever leaves, and what can be switched there.

use std::time::Duration;

use ketang_panel::{Action, Door, Effect, LockState, Screen};

use crate::room::Room;
use crate::touches::Hand;

/// Somebody types the PIN of IT.
fn enter(hand: &mut Hand, digits: [u8; 5]) -> Vec<Effect> {
    digits.into_iter().flat_map(|digit| hand.tap(Action::Digit(digit))).collect()
}

#[test]
fn the_settings_of_it_are_behind_a_pin_and_shut_again_when_somebody_goes() {
    let Some(mut hand) = Hand::at(Room::idle().of_it()) else { return };
    let kept = |shut, wrong| Effect::KeepLock(Door::It, LockState { shut, wrong });
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Open(Screen::It));
    assert!(!hand.offers(&Action::BeginAssistance));
    assert_eq!(enter(&mut hand, [2, 4, 6, 8, 0]), [kept(true, 1)], "the panel's own PIN is another");
    assert_eq!(enter(&mut hand, [1, 3, 5, 7, 9]), [kept(false, 0)]);
    assert!(hand.offers(&Action::BeginAssistance));
    assert_eq!(hand.tap(Action::Open(Screen::Microphones)), [kept(true, 0)]);
    hand.tap(Action::Open(Screen::It));
    enter(&mut hand, [1, 3, 5, 7, 9]);
    hand.wait(Duration::from_secs(120));
    assert!(hand.offers(&Action::Start), "nobody touched it");
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Open(Screen::It));
    assert!(hand.offers(&Action::Digit(1)) && !hand.offers(&Action::BeginAssistance));
}

#[test]
fn without_a_pin_of_it_there_are_no_settings_of_it() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    hand.tap(Action::Open(Screen::Settings));
    assert!(!hand.offers(&Action::Open(Screen::It)));
}

#[test]
fn a_locked_panel_asks_for_its_own_pin_first() {
    let Some(mut hand) = Hand::at(Room::idle().of_it()) else { return };
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Open(Screen::It));
    hand.room.view.lock.shut();
    [2, 4, 6, 8].into_iter().for_each(|digit| drop(hand.tap(Action::Digit(digit))));
    assert!(!hand.room.view.lock.is_shut() && hand.room.view.it.is_shut());
}

#[test]
fn it_lets_its_page_in_and_out_at_the_wall() {
    let Some(mut hand) = Hand::at(Room::idle().of_it()) else { return };
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Open(Screen::It));
    enter(&mut hand, [1, 3, 5, 7, 9]);
    assert_eq!(hand.tap(Action::BeginAssistance), [Effect::BeginAssistance]);
    hand.room.assistance = "127.0.0.1:8800".parse().ok();
    assert_eq!(hand.tap(Action::EndAssistance), [Effect::EndAssistance]);
}
