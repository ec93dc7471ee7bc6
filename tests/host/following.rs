//! A camera that the host turns by itself: calibrated it follows the teacher, else it goes to presets. The simulated camera hangs where the
//! teacher's panorama hangs and has no picture of its own: what it would show follows from its angles and the room's truth.

use std::path::PathBuf;

use ketang_board::ptz::sim::{SimCamera, SimSettings};
use ketang_board::sim::{Happening, Outline, Zone};
use ketang_detector::MoveNet;
use ketang_hal::ptz::{Steer, View};
use ketang_hal::role::PictureRole::{TeacherCloseup, TeacherPanorama};
use ketang_protocol::command::{Command, Point, Ptz, PtzAction, RefusalCode};
use ketang_protocol::snapshot::{PtzState, Snapshot};
use ketang_tests::{HostSettings, TestHost};
use ketang_tracker::follow::Lens;

/// The lens of the room's panorama: pixels of a metre at one metre, and the point straight ahead.
const FOCAL: f64 = 1600.0;
const AHEAD: (f64, f64) = (960.0, 180.0);
/// Points of the panorama by which the camera is calibrated.
const POINTS: [(f64, f64); 6] = [(0.1, 0.3), (0.5, 0.25), (0.9, 0.3), (0.9, 0.7), (0.5, 0.75), (0.1, 0.7)];
/// Degrees that the camera's picture is wide at its widest, as is configured.
const FIELD: f64 = 60.0;

/// Where a camera beside the panorama looks to see a point of it.
fn direction(x: f64, y: f64) -> (f64, f64) {
    let (right, up) = ((x * 1920.0 - AHEAD.0) / FOCAL, (AHEAD.1 - y * 1080.0) / FOCAL);
    (right.atan().to_degrees(), up.atan2(right.hypot(1.0)).to_degrees())
}

/// Keeps a view of each point as a preset, for a hand to go to.
fn camera() -> SimCamera {
    let shown = (11..).zip(POINTS).map(|(number, (x, y))| {
        let (pan, tilt) = direction(x, y);
        (number, View { pan, tilt, zoom: 8.0 })
    });
    let usual = SimSettings::default();
    SimCamera::new(SimSettings { presets: usual.presets.iter().copied().chain(shown).collect(), ..usual })
}

fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("KETANG_MODELS").map(PathBuf::from);
    let folder = folder.filter(|folder| MoveNet::open(folder).is_ok());
    if folder.is_none() {
        eprintln!("skipped: no detector of people: run scripts/models and set KETANG_MODELS");
    }
    folder
}

fn settings(camera: &SimCamera, models: &std::path::Path) -> HostSettings {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-closeup", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("directing.mode", "automatic")
        .set("directing.models", format!("{models:?}"))
        .set("sim.marks", false)
        .set("sim.beeps", false)
        .set("inputs.teacher-closeup.source", "sim")
        .set("inputs.teacher-closeup.field-of-view", FIELD)
        .set("inputs.teacher-closeup.ptz", format!("visca-udp:{}", camera.serve_udp().expect("it listens")));
    (11..11 + POINTS.len())
        .fold(settings, |settings, number| settings.set(format!("ptz.presets.shown-{number}"), number))
}

/// Looks, ten a second, within which a teacher who stands is framed.
const SETTLES: usize = 150;

fn ptz(now: &Snapshot) -> &PtzState {
    let state =
        now.pictures.iter().find(|picture| picture.role == TeacherCloseup).and_then(|picture| picture.ptz.as_ref());
    state.expect("its camera turns")
}

fn order(action: PtzAction) -> Command {
    Command::Ptz(Ptz { input: TeacherCloseup, action })
}

fn calibrate(host: &TestHost) {
    for (number, (x, y)) in (11..).zip(POINTS) {
        let preset = format!("shown-{number}");
        host.done(order(PtzAction::Go { preset: preset.clone() }));
        host.wait("it is there", |now| ptz(now).at.as_deref() == Some(&preset));
        host.done(order(PtzAction::Calibrate(Point { x, y })));
    }
}

/// Where the camera would show the teacher: left, top, right, bottom, 0 to 1 from its top left corner.
fn shown(camera: &SimCamera, Outline { x, y, width, height, .. }: Outline) -> [f64; 4] {
    let (looks, lens) = (camera.view(), Lens::of_width(FIELD));
    let high = ketang_tracker::calibration::picture(lens.field, looks.zoom);
    let wide = 2.0 * ((high / 2.0).to_radians().tan() * 16.0 / 9.0).atan().to_degrees();
    let place = |x: f32, y: f32| {
        let (pan, tilt) = direction(x.into(), y.into());
        (0.5 + (pan - looks.pan) * looks.tilt.to_radians().cos() / wide, 0.5 - (tilt - looks.tilt) / high)
    };
    let ((left, top), (right, bottom)) = (place(x, y), place(x + width, y + height));
    [left, top, right, bottom]
}

fn framed(camera: &SimCamera, host: &TestHost) -> Option<[f64; 4]> {
    host.truth().teacher.seen.get(&TeacherPanorama).map(|outline| shown(camera, *outline))
}

#[test]
fn a_calibrated_camera_keeps_the_teacher_who_walks_in_its_picture() {
    let Some(models) = models() else { return };
    let camera = camera();
    let host = TestHost::open(&settings(&camera, &models));
    host.wait("the camera is reached", |now| ptz(now).live);
    let refusal = host.refused(order(PtzAction::Check(Point { x: 0.5, y: 0.5 })));
    assert_eq!(refusal.code, RefusalCode::WrongState, "{refusal:?}");
    calibrate(&host);
    let now = host.wait("it is calibrated", |now| ptz(now).calibration.points == POINTS.len() as u32);
    assert!(ptz(&now).calibration.off_degrees.is_some_and(|off| off < 0.2), "{:?}", ptz(&now).calibration);
    assert!(!ptz(&now).follows && ptz(&now).returns_in_seconds.is_some_and(|left| left > 200), "a hand has it still");
    host.start();
    host.done(order(PtzAction::Follow {}));
    host.wait("the close-up is on air by a rule", |now| now.programme.shot.inputs == [TeacherCloseup]);

    let (mut kept, mut all) = (0, 0);
    for to in [Zone::Screen, Zone::Board, Zone::Podium] {
        host.tell(Happening::TeacherWalks { to });
        for _ in 0..60 {
            host.record_for(0.1);
            let [left, top, right, _] = framed(&camera, &host).expect("the panorama shows the teacher");
            all += 1;
            kept += u32::from(left > 0.0 && right < 1.0 && top > 0.0);
        }
        // Who stands is framed after a while; how fast is told by what was kept on the way.
        let mut looks = Vec::new();
        let settled = (0..SETTLES).any(|_| {
            host.record_for(0.1);
            let [left, top, right, bottom] = framed(&camera, &host).expect("the panorama shows the teacher");
            let (middle, high) = ((left + right) / 2.0, bottom - top);
            looks.push((middle, high));
            // The lectern hides the legs: two thirds are those of what is seen, and the whole is larger.
            let framed = (0.5..0.85).contains(&high) || to == Zone::Podium && (0.0..0.4).contains(&top);
            (middle - 0.5).abs() < 0.15 && framed
        });
        assert!(settled, "{to:?}: {:?}", looks.iter().step_by(10).collect::<Vec<_>>());
    }
    assert!(kept * 100 >= all * 95, "head and sides in the picture in {kept} of {all} looks");

    // A joystick has it at once, and the host has it back when it is told so.
    host.done(order(PtzAction::Steer(Steer { pan: 1.0, ..Steer::STILL })));
    host.done(order(PtzAction::Stop {}));
    host.wait("a hand has it", |now| !ptz(now).follows && ptz(now).returns_in_seconds.is_some());
    host.done(order(PtzAction::Follow {}));
    host.wait("the host has it", |now| ptz(now).follows && ptz(now).returns_in_seconds.is_none());
    host.tell(Happening::TeacherWalks { to: Zone::Outside });
    host.wait("nobody is there", |now| ptz(now).zoom == Some(1.0));
    host.stop();
}

#[test]
fn a_camera_that_is_not_calibrated_goes_where_the_teacher_is() {
    let Some(models) = models() else { return };
    let camera = camera();
    let host = TestHost::open(&settings(&camera, &models));
    let at = |preset: &str| host.wait(preset, |now| ptz(now).at.as_deref() == Some(preset));
    at("podium");
    host.tell(Happening::TeacherWalks { to: Zone::Board });
    at("board-left");
    host.tell(Happening::TeacherWalks { to: Zone::Screen });
    at("podium");
    host.tell(Happening::TeacherWalks { to: Zone::Outside });
    at("wide");
    host.done(Command::Direct { mode: ketang_protocol::directing::Mode::Manual });
    host.wait("manual leaves it alone", |now| !ptz(now).follows);
}

#[test]
fn a_calibration_is_checked_and_a_broken_one_is_told_of() {
    let camera = camera();
    let settings = settings(&camera, std::path::Path::new("/nowhere")).set("directing.mode", "manual");
    let host = TestHost::open(&settings);
    host.wait("the camera is reached", |now| ptz(now).live);
    calibrate(&host);
    let alarm = |now: &Snapshot| now.alarms.iter().any(|alarm| alarm.alarm == "ptz-off");
    let point = |x: f64| Point { x, y: 0.7 };
    host.done(order(PtzAction::Check(point(0.1))));
    let now = host.wait("it is right", |now| ptz(now).calibration.checked_degrees.is_some());
    assert!(!alarm(&now) && ptz(&now).calibration.checked_degrees < Some(0.3), "{:?}", ptz(&now));
    host.done(order(PtzAction::Check(point(0.2))));
    host.wait("it is off", |now| alarm(now) && ptz(now).calibration.checked_degrees > Some(3.0));
    host.done(order(PtzAction::Look(point(0.4))));
    host.wait("it looks there", |now| ptz(now).pan.is_some_and(|pan| (pan - direction(0.4, 0.7).0).abs() < 0.3));
    let file = host.data().join("ptz/teacher-closeup-calibration.toml");
    std::fs::write(&file, "format = 1\nmood = 3\n").unwrap();
    let host = host.restart(&settings);
    let now = host.wait("it is told of", alarm);
    assert!(ptz(&now).calibration.off_degrees.is_none() && ptz(&now).calibration.fault.is_some());
    host.wait("the camera is reached", |now| ptz(now).live);
    host.wait("it has told where it looks twice", |now| ptz(now).pan.is_some());
    host.done(order(PtzAction::Uncalibrate {}));
    host.wait("it begins anew", |now| !alarm(now) && ptz(now).calibration.points == 0);
}
