//! The panel's touchscreen and its watchdog.

use std::time::Duration;

use ketang_board::linux::panel::{Calibration, TouchScreen, TouchSettings, WatchedTouch};
use ketang_hal::panel::{Finger, Rotation, Touch, TouchEvent};
use ketang_hal::picture::Size;

use crate::gear::{RANGE, Screen, soon};
use crate::inside_the_guest;

const NAME: &str = "Ketang Test Touchscreen";
const WAIT: Duration = Duration::from_millis(100);

fn settings(rotation: Rotation) -> TouchSettings {
    let size = rotation.size(Size { width: 1280, height: 800 });
    TouchSettings { device: Some(NAME.into()), calibration: Calibration::default(), rotation, size }
}

fn next(touch: &mut impl Touch) -> TouchEvent {
    soon("something is touched", || touch.next(WAIT).unwrap())
}

fn down(finger: u32, x: i32, y: i32) -> TouchEvent {
    TouchEvent::Down { finger: Finger(finger), x, y }
}

fn up(finger: u32) -> TouchEvent {
    TouchEvent::Up { finger: Finger(finger) }
}

#[test]
fn fingers_are_told_apart_and_turned_with_the_picture() {
    if !inside_the_guest() {
        return;
    }
    let mut screen = Screen::plug_in(NAME);
    for (rotation, first, second) in [
        (Rotation::None, (320, 100), (640, 700)),
        (Rotation::Quarter, (100, 960), (700, 640)),
        (Rotation::Half, (960, 700), (640, 100)),
        (Rotation::ThreeQuarters, (700, 320), (100, 640)),
    ] {
        let mut touch = TouchScreen::open(&settings(rotation)).unwrap();
        screen.down(0, (RANGE / 4, RANGE / 8));
        screen.down(1, (RANGE / 2, RANGE / 8 * 7));
        assert_eq!(next(&mut touch), down(0, first.0, first.1), "{rotation:?}");
        assert_eq!(next(&mut touch), down(1, second.0, second.1), "{rotation:?}");
        screen.up(0);
        screen.up(1);
        assert_eq!((next(&mut touch), next(&mut touch)), (up(0), up(1)));
    }
}

#[test]
fn a_calibrated_screen_is_touched_where_it_is_shown() {
    if !inside_the_guest() {
        return;
    }
    // Its axes are swapped, and it tells a tenth at the upper edge and nine tenths at the lower.
    let calibration = Calibration::new([0.0, 1.0, 0.0, 1.25, 0.0, -0.125]).unwrap();
    let mut screen = Screen::plug_in(NAME);
    let mut touch = TouchScreen::open(&TouchSettings { calibration, ..settings(Rotation::None) }).unwrap();
    screen.down(0, (RANGE / 2, RANGE / 4));
    assert_eq!(next(&mut touch), down(0, 320, 400));
}

#[test]
fn a_touch_where_one_was_before_the_panel_began_is_in_its_place() {
    if !inside_the_guest() {
        return;
    }
    let mut screen = Screen::plug_in(NAME);
    let place = (RANGE / 4, RANGE / 8);
    screen.down(3, place);
    screen.up(3);
    // The kernel tells of what changes alone: neither the finger's number nor its place comes again.
    let mut touch = TouchScreen::open(&settings(Rotation::None)).unwrap();
    screen.down(3, place);
    assert_eq!(next(&mut touch), down(3, 320, 100));
}

#[test]
fn a_screen_that_is_pulled_out_is_lost_and_is_back_by_itself() {
    if !inside_the_guest() {
        return;
    }
    let mut touch = WatchedTouch::new(settings(Rotation::None));
    assert_eq!(touch.next(Duration::ZERO).unwrap(), Some(TouchEvent::Away), "it is not there yet, which is no error");
    for _ in 0..3 {
        let mut screen = Screen::plug_in(NAME);
        // It is opened between two tries; what is touched before is not seen.
        let mut touched = |touch: &mut WatchedTouch| {
            screen.down(0, (RANGE / 2, RANGE / 2));
            let event = touch.next(WAIT).unwrap();
            screen.up(0);
            event
        };
        assert_eq!(soon("it is opened again", || touched(&mut touch)), TouchEvent::Here);
        soon("it is touched", || (touched(&mut touch) == Some(down(0, 640, 400))).then_some(()));
        drop(screen);
        soon("its end is told", || (touch.next(WAIT).unwrap() == Some(TouchEvent::Away)).then_some(()));
    }
}

#[test]
fn a_finger_that_never_leaves_does_not_lock_the_screen() {
    if !inside_the_guest() {
        return;
    }
    let mut screen = Screen::plug_in(NAME);
    let mut touch = WatchedTouch::new(settings(Rotation::None));
    screen.down(0, (RANGE / 2, RANGE / 2));
    assert_eq!(next(&mut touch), down(0, 640, 400));
    assert_eq!(next(&mut touch), TouchEvent::Lost, "after half a minute");
    // It is there still, and the next one counts.
    screen.down(1, (RANGE / 4, RANGE / 8));
    assert_eq!(next(&mut touch), down(1, 320, 100));
    screen.up(0);
    screen.up(1);
    assert_eq!(next(&mut touch), up(1), "of the first nothing more is told");
}
