//! A camera that turns, in a whole host: its picture is not on air on the way to a preset, and nobody waits for it.

use ketang_board::ptz::sim::{SimCamera, SimSettings};
use ketang_hal::ptz::Steer;
use ketang_hal::role::PictureRole::{self, TeacherCloseup, TeacherPanorama};
use ketang_protocol::command::{Command, Ptz, PtzAction, RefusalCode};
use ketang_protocol::directing::Cause;
use ketang_protocol::lesson::EventKind;
use ketang_protocol::snapshot::{PtzState, Snapshot};
use ketang_tests::{Daemon, HostSettings, TestHost};

/// So slow that it is seen on its way.
const SLOW: f64 = 10.0;

fn settings(ptz: &str) -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-closeup", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("directing.mode", "automatic")
        .set("directing.models", "/nowhere")
        .set("inputs.teacher-closeup.source", "sim")
        .set("inputs.teacher-closeup.ptz", ptz)
        .set("inputs.teacher-closeup.follow", false)
}

fn ptz(now: &Snapshot) -> &PtzState {
    let state =
        now.pictures.iter().find(|picture| picture.role == TeacherCloseup).and_then(|picture| picture.ptz.as_ref());
    state.expect("its camera turns")
}

fn shows(now: &Snapshot, role: PictureRole) -> bool {
    now.programme.shot.inputs == [role]
}

fn order(action: PtzAction) -> Command {
    Command::Ptz(Ptz { input: TeacherCloseup, action })
}

fn go(preset: &str) -> Command {
    order(PtzAction::Go { preset: preset.into() })
}

#[test]
fn a_camera_on_its_way_to_a_preset_is_not_on_air() {
    let camera = SimCamera::new(SimSettings { speed: SLOW, ..SimSettings::default() });
    let host = TestHost::open(&settings(&format!("visca-udp:{}", camera.serve_udp().expect("it listens"))));
    host.wait("the camera is reached", |now| ptz(now).live);
    let id = host.start();
    host.show("single", &[TeacherCloseup]);
    host.wait("it is on air by hand", |now| shows(now, TeacherCloseup));
    host.record_for(1.0);
    host.done(go("podium"));
    let away = host.wait("another picture is on air", |now| shows(now, TeacherPanorama));
    assert_eq!(ptz(&away).going_to.as_deref(), Some("podium"));
    assert!(away.programme.directing.why.as_ref().is_some_and(|why| why.chinese.contains("摄像机正在转动")));
    let back = host.wait("what was chosen is back", |now| shows(now, TeacherCloseup));
    assert!(!camera.is_moving());
    assert_eq!((ptz(&back).going_to.as_deref(), ptz(&back).at.as_deref()), (None, Some("podium")));
    assert_eq!(ptz(&back).pan, Some(-12.0));
    // Who steers sees what is done.
    host.done(order(PtzAction::Steer(Steer { pan: 1.0, ..Steer::STILL })));
    host.done(order(PtzAction::Steer(Steer { pan: 1.0, ..Steer::STILL })));
    host.wait("it turns", |now| ptz(now).pan.is_some_and(|pan| pan > -10.0) && shows(now, TeacherCloseup));
    host.done(order(PtzAction::Stop {}));
    host.done(order(PtzAction::Set { preset: "wide".into() }));
    host.wait("it is stored", |now| ptz(now).at.as_deref() == Some("wide"));
    host.stop();
    let kept = host.ended(&id);

    let said = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::Cut { why: Some(why), .. } if why.cause == (Cause::CameraMoves { input: TeacherCloseup }) => {
            Some("cut away")
        }
        EventKind::Cut { why: Some(why), .. } if matches!(why.cause, Cause::Hand { .. }) => Some("by hand"),
        EventKind::CameraArrived { input: TeacherCloseup, preset } if preset == "podium" => Some("arrived"),
        EventKind::CameraFailed { .. } => Some("failed"),
        EventKind::Command { command: Command::Ptz(ptz), .. } => Some(match ptz.action {
            PtzAction::Go { .. } => "go",
            PtzAction::Steer(_) => "steer",
            PtzAction::Stop {} => "stop",
            PtzAction::Set { .. } => "set",
            _ => "something else",
        }),
        _ => None,
    });
    let said: Vec<_> = said.collect();
    assert_eq!(said, ["by hand", "go", "cut away", "arrived", "by hand", "steer", "stop", "set"]);
}

#[test]
fn what_cannot_be_is_refused_and_a_lost_camera_is_an_alarm_until_it_is_back() {
    let camera = SimCamera::new(SimSettings::default());
    let host = TestHost::open(&settings(&format!("visca-tcp:{}", camera.serve_tcp().expect("it listens"))));
    host.wait("the camera is reached", |now| ptz(now).live);
    let refusal = host.refused(go("ceiling"));
    assert!(refusal.code == RefusalCode::NotFound && refusal.english.contains("podium"), "{refusal:?}");
    let refusal = host.refused(Command::Ptz(Ptz { input: TeacherPanorama, action: PtzAction::Stop {} }));
    assert!(refusal.english.contains("does not turn"), "{refusal:?}");
    let refusal = host.refused(order(PtzAction::Steer(Steer { pan: 2.0, ..Steer::STILL })));
    assert_eq!(refusal.code, RefusalCode::Invalid);
    camera.set_dead(true);
    let alarm = |now: &Snapshot| now.alarms.iter().any(|alarm| alarm.alarm == "ptz-lost");
    host.wait("the alarm is raised", alarm);
    let refusal = host.refused(go("podium"));
    assert!(refusal.code == RefusalCode::Failed && refusal.english.contains("camera"), "{refusal:?}");
    camera.set_dead(false);
    host.wait("the alarm is taken back", |now| !alarm(now) && ptz(now).live);
    host.done(go("podium"));
    host.wait("it arrives", |now| ptz(now).at.as_deref() == Some("podium"));
}

#[test]
fn the_command_line_turns_the_simulated_camera() {
    let daemon = Daemon::start(&settings("sim"));
    daemon.wait_until_live();
    daemon.wait("the camera is reached", |now| ptz(now).live);
    let ran = daemon.ctl(&["ptz", "teacher-closeup", "go", "board-left"]);
    assert!(ran.code == 0 && ran.out.contains("On its way to board-left"), "{ran:?}");
    daemon.wait("it arrives", |now| ptz(now).at.as_deref() == Some("board-left"));
    let ran = daemon.ctl(&["inputs"]);
    assert!(ran.out.contains("board-left; presets board-left, board-right, podium, wide"), "{}", ran.out);
    assert_eq!(daemon.ctl(&["ptz", "teacher-closeup", "steer", "--pan", "-0.5"]).code, 0);
    daemon.wait("it turns", |now| ptz(now).pan.is_some_and(|pan| pan < -10.0));
    assert_eq!(daemon.ctl(&["ptz", "teacher-closeup", "stop"]).code, 0);
    let ran = daemon.ctl(&["ptz", "teacher-closeup", "go", "ceiling", "--lang", "zh"]);
    assert!(ran.code == 1 && ran.err.contains("没有预置位 `ceiling`"), "{ran:?}");
}
