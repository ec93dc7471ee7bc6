//! The button, the lamps and the remote control: their drivers, and the real `ketang-controls` with a real `ketangd`.

use std::io::ErrorKind;
use std::time::Duration;

use evdev::KeyCode;
use evdev::raw_stream::RawDevice;
use ketang_board::linux::controls::{Active, Bias, GpioButton, GpioLamp, Line, RemoteControls};
use ketang_hal::HalError;
use ketang_hal::controls::{Button, KeyEvent, Keys, Lamp};
use ketang_hal::role::PictureRole;
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::Daemon;

use crate::gear::{Chip, Remote, Running, pattern_room, soon};
use crate::inside_the_guest;

const REMOTE: &str = "Ketang Test Remote";
const WAIT: Duration = Duration::from_millis(100);

fn line(name: &str, active: Active, bias: Bias) -> Line {
    Line { chip: Some("ketang-pins".into()), line: name.into(), active, bias }
}

/// A press is as long as a finger's: longer than contacts bounce, shorter than what is held.
fn press(chip: &Chip, name: &str) {
    chip.pull(name, false);
    std::thread::sleep(Duration::from_millis(200));
    chip.pull(name, true);
}

#[test]
fn a_button_is_debounced_and_owned_by_one_program() {
    if !inside_the_guest() {
        return;
    }
    let chip = Chip::with(&["BUTTON", "OTHER"]);
    let wanted = line("BUTTON", Active::Low, Bias::PullUp);
    let mut button = GpioButton::open(&wanted).unwrap();
    assert!(chip.level("BUTTON"), "the chip's resistor pulls it up");
    assert_eq!(button.next(Duration::ZERO).unwrap(), None);
    let mut next = || soon("the button is pressed or let go of", || button.next(WAIT).unwrap());
    for _ in 0..3 {
        // The contacts bounce; what counts is where they come to rest.
        for bounce in 0..20 {
            chip.pull("BUTTON", bounce % 2 == 1);
        }
        chip.pull("BUTTON", false);
        assert!(next(), "pressed");
        chip.pull("BUTTON", true);
        assert!(!next(), "let go of");
    }
    let error = GpioButton::open(&wanted).err().unwrap();
    assert!(matches!(&error, HalError::LineInUse { by, .. } if by == "ketang"), "{error}");
    let error = GpioButton::open(&line("BELL", Active::Low, Bias::None)).err().unwrap().to_string();
    assert!(error.starts_with("no GPIO line `ketang-pins:BELL` is there"), "{error}");
}

#[test]
fn lamps_are_lit_by_the_level_that_lights_them() {
    if !inside_the_guest() {
        return;
    }
    let chip = Chip::with(&["RED", "AMBER"]);
    let mut red = GpioLamp::open(&Line { chip: None, ..line("RED", Active::High, Bias::None) }).unwrap();
    // By its number.
    let mut amber = GpioLamp::open(&line("1", Active::Low, Bias::None)).unwrap();
    assert_eq!((chip.level("RED"), chip.level("AMBER")), (false, true), "both are dark");
    for lit in [true, false, true] {
        red.set(lit).unwrap();
        amber.set(lit).unwrap();
        assert_eq!((chip.level("RED"), chip.level("AMBER")), (lit, !lit));
    }
}

#[test]
fn a_remote_control_comes_and_goes_and_belongs_to_nobody_else() {
    if !inside_the_guest() {
        return;
    }
    let mut keys = RemoteControls::new(vec![REMOTE.into()]);
    let mut stranger = Remote::plug_in("Somebody's Keyboard", &[KeyCode::KEY_A]);
    for _ in 0..2 {
        let mut remote = Remote::plug_in(REMOTE, &[KeyCode::KEY_RECORD, KeyCode::KEY_1]);
        // Each wait begins with a look for what came.
        assert_eq!(keys.next(Duration::ZERO).unwrap(), None);
        let error = RawDevice::open(remote.node()).unwrap().grab().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceBusy, "it is taken");
        RawDevice::open(stranger.node()).unwrap().grab().unwrap();
        stranger.press(KeyCode::KEY_A);
        remote.press(KeyCode::KEY_1);
        remote.key(KeyCode::KEY_RECORD, true);
        let mut next = || soon("a key is pressed", || keys.next(WAIT).unwrap());
        let key = |name: &str| name.to_owned();
        assert_eq!(next(), KeyEvent::Down { key: key("KEY_1") });
        assert_eq!(next(), KeyEvent::Up { key: key("KEY_1") });
        assert_eq!(next(), KeyEvent::Down { key: key("KEY_RECORD") });
        drop(remote);
        assert_eq!(next(), KeyEvent::Lost);
    }
}

fn is(now: &Snapshot, outcome: &Outcome) -> bool {
    now.lesson.as_ref().is_some_and(|lesson| lesson.outcome == *outcome)
}

#[test]
fn a_lesson_is_begun_cut_paused_and_ended_without_a_screen() {
    if !inside_the_guest() {
        return;
    }
    let chip = Chip::with(&["BUTTON", "RED", "AMBER", "FAULT"]);
    chip.pull("BUTTON", true);
    let daemon = Daemon::start(&pattern_room());
    daemon.wait_until_live();
    let config = daemon.folder().path().join("controls.toml");
    let text = format!(
        "[pins]
button = {{ line = 'BUTTON', active = 'low', bias = 'pull-up' }}
[pins.lamps]
recording = {{ line = 'RED' }}
paused = {{ line = 'AMBER' }}
fault = {{ line = 'FAULT' }}
[remote]
devices = ['{REMOTE}']
"
    );
    std::fs::write(&config, text).unwrap();
    let controls = Running::start("ketang-controls", &daemon, &["--config", config.to_str().unwrap()]);
    let lamps = |red, amber| {
        soon("the lamps are lit", || (chip.level("RED") == red && chip.level("AMBER") == amber).then_some(()));
    };
    // An alarm, as of a missing model, lights the fault lamp; a host that does not answer makes it blink.
    soon("the line is taken", || GpioLamp::open(&line("FAULT", Active::High, Bias::None)).is_err().then_some(()));
    lamps(false, false);

    // Until the host has answered once, a press does nothing.
    soon("it is recorded", || {
        press(&chip, "BUTTON");
        is(&daemon.snapshot(), &Outcome::Recording).then_some(())
    });
    let id = daemon.snapshot().lesson.unwrap().id;
    lamps(true, false);
    // A bump.
    press(&chip, "BUTTON");
    // The remote control comes while it runs.
    let keys = [KeyCode::KEY_1, KeyCode::KEY_NUMERIC_3, KeyCode::KEY_PAUSE, KeyCode::KEY_RECORD];
    let mut remote = Remote::plug_in(REMOTE, &keys);
    let mut other = RawDevice::open(remote.node()).unwrap();
    soon("it is taken", || match other.grab() {
        Err(_) => Some(()),
        Ok(()) => other.ungrab().ok().and(None),
    });
    for (key, role) in [(KeyCode::KEY_1, PictureRole::Hdmi), (KeyCode::KEY_NUMERIC_3, PictureRole::TeacherPanorama)] {
        remote.press(key);
        daemon.wait("it is cut to", |now| now.programme.shot.inputs == [role]);
    }
    remote.press(KeyCode::KEY_PAUSE);
    daemon.wait("it is paused", |now| is(now, &Outcome::Paused));
    lamps(false, true);
    remote.press(KeyCode::KEY_RECORD);
    daemon.wait("it goes on", |now| is(now, &Outcome::Recording));
    lamps(true, false);
    // Held until it has had its effect.
    chip.pull("BUTTON", false);
    daemon.wait("it is stopped", |now| {
        now.lesson.as_ref().is_some_and(|lesson| lesson.id == id && !is(now, &Outcome::Recording))
    });
    lamps(false, false);
    chip.pull("BUTTON", true);
    let kept = daemon.ended(&id);
    let commands = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::Command { from, command } => Some((from.as_str(), command)),
        _ => None,
    });
    let from: Vec<_> = commands.map(|(from, _)| from).collect();
    assert!(from.ends_with(&["remote", "remote", "remote", "remote", "button"]), "{from:?}");
    assert_eq!(daemon.lessons().len(), 1);

    drop(daemon);
    for lit in [true, false, true] {
        soon("the fault lamp blinks", || (chip.level("FAULT") == lit).then_some(()));
    }
    controls.terminate();
    assert!(!chip.level("FAULT") && !chip.level("RED"), "it leaves no lamp lit");
}
