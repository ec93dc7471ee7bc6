//! The touchscreen against the host: the real panel in a page is touched, and the daemon tells what came of it.

use std::os::unix::net::UnixDatagram;

use embedded_graphics::prelude::Point;
use ketang_board::ptz::sim::{SimCamera, SimSettings};
use ketang_hal::role::PictureRole;
use ketang_panel::{Action, LockState, Screen, UNDO};
use ketang_protocol::command::{Command, Shot};
use ketang_protocol::lesson::{EventKind, LessonId, Outcome};
use ketang_protocol::snapshot::{PtzState, Snapshot};
use ketang_protocol::turning::Way;
use ketang_tests::{Admin, Daemon, HostSettings, LIMIT, Panel, assert_consecutive};
use serde_json::json;

fn daemon() -> Daemon {
    let inputs = ["teacher-panorama", "hdmi", "teacher-mic", "room-mic"];
    let daemon = Daemon::start(&HostSettings::simulated(&inputs).set("recording.tracks", "[]"));
    daemon.wait_until_live();
    daemon
}

fn is(now: &Snapshot, outcome: &Outcome) -> bool {
    now.lesson.as_ref().is_some_and(|lesson| lesson.outcome == *outcome)
}

/// Waits until a lesson is recorded, and gives its name.
fn recording(daemon: &Daemon) -> LessonId {
    daemon.wait("a lesson is recorded", |now| is(now, &Outcome::Recording)).lesson.unwrap().id
}

fn picture_of(role: PictureRole) -> Action {
    Action::Show(Shot { layout: "single".into(), inputs: vec![role] })
}

#[test]
fn a_lesson_is_begun_cut_paused_and_ended_by_touch_alone() {
    let daemon = daemon();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Start);
    let id = recording(&daemon);
    for role in [PictureRole::Hdmi, PictureRole::TeacherPanorama] {
        panel.tap(picture_of(role));
        daemon.wait("it is cut to", |now| now.programme.shot.inputs == [role]);
    }
    panel.tap(Action::Pause);
    daemon.wait("it is paused", |now| is(now, &Outcome::Paused));
    panel.tap(Action::Resume);
    daemon.wait("it goes on", |now| is(now, &Outcome::Recording));
    panel.tap(Action::Stop);
    let kept = daemon.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(daemon.lessons().len(), 1);
    let in_lesson = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::Command { from, command } if *command != Command::Stop {} => Some(from.as_str()),
        _ => None,
    });
    assert_eq!(in_lesson.collect::<Vec<_>>(), ["panel"; 5], "start, two cuts, pause, resume");
    panel.tap(Action::Seen(id));
    panel.find(&Action::Start);
}

/// The teacher's microphone is off when class begins, and somebody switches it on later.
const SWITCHED_OFF: &str = r#"length = 3600.0
happening = [
    { at = 0.1, do = "teacher-speaks" },
    { at = 0.1, do = "microphone-dies", role = "teacher-mic" },
    { at = 45.0, do = "microphone-returns", role = "teacher-mic" },
]"#;

/// JX-12, JX-16: somebody who has never seen it.
#[test]
fn class_is_begun_by_one_tap_a_silent_microphone_mended_by_what_the_screen_says_and_the_lesson_ended() {
    let inputs = ["teacher-panorama", "hdmi", "teacher-mic", "room-mic"];
    let settings = HostSettings::simulated(&inputs).script(SWITCHED_OFF).set("recording.tracks", "[]").beside_others();
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Start);
    let id = recording(&daemon);

    let warning = Action::Open(Screen::Checks);
    panel.tap(warning.clone());
    panel.tap(Action::Open(Screen::Home));
    // Somebody switches it on.
    panel.until_gone(&warning);
    let silent = |of: &EventKind| matches!(of, EventKind::Alarm { alarm, .. } if alarm == "microphone-silent");

    panel.tap(picture_of(PictureRole::Hdmi));
    daemon.wait("it is cut to", |now| now.programme.shot.inputs == [PictureRole::Hdmi]);
    panel.tap(Action::Stop);
    let kept = daemon.ended(&id);
    assert_eq!(kept.count(silent), 2, "the host knew of it, and that it was mended: {:#?}", kept.events);
    panel.tap(Action::Seen(id));
    panel.find(&Action::Start);
}

#[test]
fn a_stop_that_is_taken_back_in_time_never_happened() {
    let daemon = daemon();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Start);
    let id = recording(&daemon);
    panel.tap(Action::Stop);
    panel.tap(Action::GoOn);
    panel.find(&Action::Stop);
    let told = daemon.snapshot().lesson.unwrap().seconds;
    daemon.record_until(told + UNDO.as_secs_f64() + 1.0);
    assert!(is(&daemon.snapshot(), &Outcome::Recording));
    panel.tap(Action::Stop);
    daemon.ended(&id).assert_outcome(Outcome::Kept);
}

#[test]
fn a_flood_of_taps_ten_fingers_and_nonsense_begin_one_lesson() {
    let daemon = daemon();
    let mut panel = Panel::start(&daemon);
    let start = panel.find(&Action::Start).center();
    for outside in [(-1, -1), (100_000, 5), (i32::MIN, i32::MAX)] {
        panel.tap_at(Point::new(outside.0, outside.1));
    }
    let nonsense =
        [json!(null), json!({"is": "start"}), json!({"is": "down", "finger": 1e9, "x": "left"}), json!([[]])];
    nonsense.iter().for_each(|one| panel.say(one));
    // Touches are taken in turn: what came before this one has had its effect.
    panel.tap(Action::Plan(Some(90)));
    panel.find(&Action::Plan(Some(90)));
    assert!(daemon.snapshot().lesson.is_none(), "nothing of this begins a lesson");
    (0..300).for_each(|_| panel.tap_at(start));
    (0..10).for_each(|finger| panel.down(finger, start));
    (0..10).for_each(|finger| panel.up(finger));
    let id = recording(&daemon);

    // The panel is well: it takes the next touch.
    panel.tap(picture_of(PictureRole::Hdmi));
    daemon.wait("it is cut to", |now| now.programme.shot.inputs == [PictureRole::Hdmi]);
    assert!(panel.runs());
    let lessons: Vec<_> = daemon.lessons().into_iter().map(|lesson| lesson.id).collect();
    assert_eq!(lessons, std::slice::from_ref(&id));
    panel.tap(Action::Stop);
    let kept = daemon.ended(&id);
    kept.assert_outcome(Outcome::Kept);
    assert_consecutive(&kept.numbers("programme"));
}

#[test]
fn a_panel_that_is_killed_in_mid_lesson_comes_back_to_it() {
    let daemon = daemon();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Start);
    let id = recording(&daemon);
    panel.tap(Action::Stop);
    panel.find(&Action::GoOn);
    panel.kill();
    let told = daemon.snapshot().lesson.unwrap().seconds;

    let mut panel = Panel::start(&daemon);
    panel.find(&Action::Pause);
    daemon.record_until(told + UNDO.as_secs_f64() + 1.0);
    assert_eq!(recording(&daemon), id, "the stop that nobody confirmed died with the panel");
    panel.tap(Action::Stop);
    daemon.ended(&id).assert_outcome(Outcome::Kept);
}

#[test]
fn the_service_manager_is_told_as_long_as_it_draws() {
    let daemon = daemon();
    let notify = daemon.socket().with_file_name("panel-notify");
    let told = UnixDatagram::bind(&notify).unwrap();
    let mut panel = Panel::start_watched(&daemon, &notify);
    let mut said = [0; 256];
    told.set_read_timeout(Some(LIMIT)).unwrap();
    for _ in 0..3 {
        let length = told.recv(&mut said).unwrap();
        assert_eq!(&said[..length], b"WATCHDOG=1\n");
    }
    assert!(panel.runs());
}

#[test]
fn a_locked_panel_stays_locked_when_it_is_started_anew_and_wrong_pins_are_written_down() {
    let daemon = daemon();
    let mut panel = Panel::start_with_pin(&daemon, "2468\n", LockState::default());
    panel.tap(Action::Start);
    let id = recording(&daemon);
    panel.tap(Action::Lock);
    panel.until_said("the panel: locked");
    [1, 1, 1, 1].into_iter().for_each(|digit| panel.tap(Action::Digit(digit)));
    panel.until_said("a wrong PIN was typed at the panel, the 1. in a row");
    panel.kill();

    let mut panel = Panel::start_with_pin(&daemon, "2468", LockState { shut: true, wrong: 1 });
    [2, 4, 6, 8].into_iter().for_each(|digit| panel.tap(Action::Digit(digit)));
    panel.until_said("the panel: unlocked");
    panel.tap(Action::Stop);
    daemon.ended(&id).assert_outcome(Outcome::Kept);
}

#[test]
fn the_code_for_the_first_access_of_it_is_shown_while_there_is_one() {
    let daemon = daemon();
    let mut panel = Panel::start(&daemon);
    panel.find(&Action::Start);
    let admin = Admin::start(&daemon, &[]);
    panel.tap(Action::Open(Screen::Pairing));
    panel.find(&Action::Open(Screen::Home));
    drop(admin);
    std::fs::remove_file(daemon.socket().with_file_name("admin-run").join("pairing.json")).unwrap();
    panel.tap(Action::Start);
    recording(&daemon);
}

#[test]
fn it_helps_in_plain_sight_until_somebody_at_the_panel_ends_it() {
    let daemon = daemon();
    let mut panel = Panel::start_with_assistance(&daemon);
    panel.find(&Action::Start);
    let mut it = panel.assist();
    panel.find(&Action::EndAssistance);
    it.tap_at(panel.find(&Action::Start).center());
    let id = recording(&daemon);
    panel.tap(Action::EndAssistance);
    it.wait_until_sent_away();
    panel.tap(Action::Stop);
    daemon.ended(&id).assert_outcome(Outcome::Kept);
}

#[test]
fn it_lets_its_page_in_at_the_wall_after_a_teacher_has_ended_it() {
    let daemon = daemon();
    let mut panel = Panel::start_with_pin_of_it(&daemon, "13579");
    let it = panel.assist();
    panel.tap(Action::EndAssistance);
    it.wait_until_sent_away();
    panel.tap(Action::Open(Screen::Settings));
    panel.tap(Action::Open(Screen::It));
    [1, 3, 5, 7, 9].into_iter().for_each(|digit| panel.tap(Action::Digit(digit)));
    panel.until_said("the settings of IT at the panel: unlocked");
    panel.tap(Action::BeginAssistance);
    panel.is_assisted_anew();
    let _it = panel.assist();
    panel.find(&Action::EndAssistance);
}

#[test]
fn a_camera_turns_under_a_finger_and_goes_to_a_preset() {
    // At half of it one order, which ends by itself, leads less than 20 degrees.
    let camera = SimCamera::new(SimSettings { speed: 20.0, ..SimSettings::default() });
    let at = format!("visca-udp:{}", camera.serve_udp().expect("it listens"));
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-closeup", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("inputs.teacher-closeup.source", "sim")
        .set("inputs.teacher-closeup.ptz", at.as_str())
        .set("inputs.teacher-closeup.follow", false);
    let daemon = Daemon::start(&settings);
    let input = PictureRole::TeacherCloseup;
    let ptz = |now: &Snapshot| -> PtzState {
        let picture = now.pictures.iter().find(|picture| picture.role == input);
        picture.and_then(|picture| picture.ptz.clone()).expect("its camera turns")
    };
    let began = daemon.wait("the camera is reached", |now| ptz(now).pan.is_some());
    let before = ptz(&began).pan.unwrap();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Open(Screen::Settings));
    panel.tap(Action::Open(Screen::Cameras));
    let right = panel.find(&Action::Turn { input, way: Way::Right }).center();
    panel.down(0, right);
    daemon.wait("it turns", |now| ptz(now).pan.is_some_and(|pan| pan > before + 20.0));
    panel.up(0);
    panel.tap(Action::Preset { input, preset: "podium".into() });
    daemon.wait("it has arrived", |now| ptz(now).at.as_deref() == Some("podium"));
}
