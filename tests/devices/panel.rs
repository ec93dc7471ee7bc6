//! The real `ketang-panel` on a display and a touchscreen, with a real `ketangd`.

use ketang_board::linux::panel::KmsDisplay;
use ketang_hal::panel::Rotation;
use ketang_hal::picture::Size;
use ketang_panel::{Action, Frame, Letters, Lock, Seen, Settings, View, draw};
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::Daemon;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::gear::{CARD, RANGE, Running, Screen, pattern_room};
use crate::inside_the_guest;

const NAME: &str = "Ketang Test Touchscreen";
/// So long a panel in the guest may take to do what it was touched for; then it is touched again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a finger lands on the screen, as it measures, when an action is touched on a panel that is turned a quarter.
fn place(daemon: &Daemon, display: Size, action: &Action) -> (i32, i32) {
    let size = Rotation::Quarter.size(display);
    let (snapshot, lessons) = (daemon.snapshot(), daemon.lessons());
    let seen = Seen {
        snapshot: Some(&snapshot),
        lessons: &lessons,
        ended: None,
        cut: None,
        pairing: None,
        pages: None,
        assistance: None,
        assisted: false,
        millimetres: None,
        thumbnails: &|_| None,
        now: Duration::ZERO,
        wall: &jiff::Zoned::now(),
    };
    let mut frame = Frame::new(size.width, size.height);
    let letters = Letters::of_system().expect("scripts/setup installs the typeface");
    let view = View::new(Settings::default(), Lock::default(), Lock::default());
    let targets = draw(&mut frame, &letters, &seen, &view);
    let target = targets.iter().find(|target| target.action == *action).unwrap_or_else(|| panic!("{targets:#?}"));
    let (x, y) = (target.area.center().x, target.area.center().y);
    let (across, down) = (display.width as i32 - 1 - y, x);
    (across * RANGE / display.width as i32, down * RANGE / display.height as i32)
}

/// Touches until the host is where it should be.
fn touch(daemon: &Daemon, screen: &mut Screen, at: (i32, i32), outcome: &Outcome) {
    let is = |now: &Snapshot| now.lesson.as_ref().is_some_and(|lesson| lesson.outcome == *outcome);
    let begun = Instant::now();
    while !is(&daemon.snapshot()) {
        assert!(begun.elapsed() < ketang_tests::LIMIT, "the panel does nothing: {:#?}", daemon.snapshot().lesson);
        screen.down(0, at);
        screen.up(0);
        let touched = Instant::now();
        while touched.elapsed() < PATIENCE && !is(&daemon.snapshot()) {}
    }
}

#[test]
fn a_turned_panel_is_touched_and_its_screen_may_be_pulled_out() {
    if !inside_the_guest() {
        return;
    }
    let display = ketang_hal::panel::Display::size(&KmsDisplay::open(Path::new(CARD), None).unwrap());
    let daemon = Daemon::start(&pattern_room());
    daemon.wait_until_live();
    let start = place(&daemon, display, &Action::Start);
    let settings = daemon.folder().path().join("panel.toml");
    let args = ["--display", CARD, "--rotate", "90", "--touch", NAME, "--settings", settings.to_str().unwrap()];
    // The touchscreen is not there yet: the panel shows its picture all the same.
    let mut panel = Running::start("ketang-panel", &daemon, &args);
    let mut screen = Screen::plug_in(NAME);
    touch(&daemon, &mut screen, start, &Outcome::Recording);

    drop(screen);
    let mut screen = Screen::plug_in(NAME);
    let pause = place(&daemon, display, &Action::Pause);
    touch(&daemon, &mut screen, pause, &Outcome::Paused);
    assert!(panel.runs(), "it is the same panel that was touched first");
    assert!(KmsDisplay::open(Path::new(CARD), None).is_err(), "and it has the card");
}
