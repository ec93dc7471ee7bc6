//! ONVIF over loopback HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use ketang_board::ptz::sim::{LIMITS, SimCamera, SimSettings, Trick};
use ketang_hal::board::Credentials;
use ketang_hal::ptz::{Ptz, PtzError, Steer, View};

use crate::{LIMIT, arrive, wait};

fn camera(login: Option<(&str, &str)>) -> (SimCamera, String) {
    let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
    let camera = SimCamera::new(SimSettings { login, ..SimSettings::default() });
    let address = format!("onvif:http://{}/onvif/device_service", camera.serve_onvif().unwrap());
    (camera, address)
}

fn open_as(address: &str, login: Option<(&str, &str)>) -> Result<Box<dyn Ptz>, PtzError> {
    let credentials = Credentials {
        user: login.map(|(user, _)| user.to_owned()),
        password: login.map(|(_, password)| password.to_owned()),
    };
    ketang_board::ptz::open(&address.parse()?, &credentials, Path::new("/nowhere"))
}

/// The share of its way at which a camera is, which is all that ONVIF tells.
fn share(view: View) -> (f64, f64) {
    let middle = (LIMITS.tilt.least + LIMITS.tilt.greatest) / 2.0;
    (view.pan / LIMITS.pan.greatest, (view.tilt - middle) / (LIMITS.tilt.greatest - middle))
}

fn assert_near(one: (f64, f64), other: (f64, f64)) {
    assert!((one.0 - other.0).abs() < 0.002 && (one.1 - other.1).abs() < 0.002, "{one:?}, not {other:?}");
}

#[test]
fn it_goes_where_it_is_sent_and_says_when_it_is_there() {
    let (camera, address) = camera(None);
    let mut ptz = open_as(&address, None).unwrap();
    ptz.go(View { pan: 90.0, tilt: -45.0, zoom: 4.0 }, 1.0).unwrap();
    let seen = arrive(ptz.as_mut());
    assert!(!camera.is_moving());
    assert_near(share(camera.view()), (0.5, -0.5));
    assert!((camera.view().zoom - 4.0).abs() < 0.01, "{:?}", camera.view());
    assert!(seen.iter().any(|view| (1.0..89.0).contains(&view.pan)), "never seen between: {seen:?}");
    assert!((seen.last().unwrap().pan - 90.0).abs() < 0.1, "told in the same measure");
}

#[test]
fn presets_of_the_camera_and_of_the_host_are_found() {
    let (camera, address) = camera(None);
    let mut ptz = open_as(&address, None).unwrap();
    ptz.go_preset(1).unwrap();
    arrive(ptz.as_mut());
    assert!((camera.view().pan + 12.0).abs() < 0.1);
    let error = ptz.go_preset(9).unwrap_err();
    assert!(error.to_string().contains("no preset 9"), "{error}");
    for number in [9, 1] {
        ptz.go(View { pan: f64::from(number) * 10.0, tilt: 0.0, zoom: 1.0 }, 1.0).unwrap();
        arrive(ptz.as_mut());
        let stored = camera.view();
        ptz.set_preset(number).unwrap();
        ptz.go_preset(4).unwrap();
        arrive(ptz.as_mut());
        ptz.go_preset(number).unwrap();
        arrive(ptz.as_mut());
        assert_near(share(camera.view()), share(stored));
    }
}

#[test]
fn it_is_steered_and_stopped() {
    let (camera, address) = camera(None);
    let mut ptz = open_as(&address, None).unwrap();
    ptz.steer(Steer { pan: -0.5, tilt: 0.0, zoom: 1.0 }).unwrap();
    wait(ptz.as_mut(), "it turns and zooms", |view| view.pan < -10.0 && view.zoom > 2.0);
    ptz.steer(Steer::STILL).unwrap();
    arrive(ptz.as_mut());
    assert!(!camera.is_moving());
}

#[test]
fn only_who_knows_the_password_is_let_in_whatever_the_cameras_clock_says() {
    // The simulated camera's clock is years behind and its digests are checked against it.
    let right = Some(("teacher & co", "pass<word>"));
    let (camera, address) = camera(right);
    let mut ptz = open_as(&address, right).unwrap();
    ptz.go_preset(1).unwrap();
    arrive(ptz.as_mut());
    assert!((camera.view().pan + 12.0).abs() < 0.1);
    for wrong in [None, Some(("teacher & co", "other")), Some(("someone", "pass<word>"))] {
        let error = open_as(&address, wrong).err().unwrap();
        assert!(matches!(error, PtzError::NotLetIn { .. }), "{error}");
        assert!(!error.to_string().contains("pass<word>"), "{error}");
    }
}

#[test]
fn lost_late_and_garbled_replies_are_made_up_for() {
    let (camera, address) = camera(None);
    let mut ptz = open_as(&address, None).unwrap();
    // Bits of the head, and of the words; the second try is good.
    let late = Trick::Late(Duration::from_secs(3));
    for trick in [Trick::Lose, late, Trick::Garble(1), Trick::Garble(5), Trick::Garble(12)] {
        camera.play([Some(trick)]);
        ptz.go(View { pan: 18.0, tilt: 9.0, zoom: 2.0 }, 1.0).unwrap();
        let before = ptz.state().unwrap();
        arrive(ptz.as_mut());
        assert!(before.view.pan <= 18.1, "no answer of before: {before:?}");
        assert_near(share(camera.view()), (0.1, 0.1));
        ptz.go(View { pan: 0.0, tilt: 0.0, zoom: 1.0 }, 1.0).unwrap();
        arrive(ptz.as_mut());
    }
    camera.set_dead(true);
    assert!(ptz.state().unwrap_err().is_lost());
    camera.set_dead(false);
    ptz.state().unwrap();
}

#[test]
fn what_does_not_turn_or_is_no_camera_is_said_so() {
    let (camera, address) = camera(None);
    let ip = address.strip_prefix("onvif:http://").unwrap().split('/').next().unwrap().to_owned();
    let mut stranger = TcpStream::connect(&ip).unwrap();
    stranger.set_read_timeout(Some(LIMIT)).unwrap();
    let body = "<a><b></a>";
    write!(stranger, "POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut said = String::new();
    stranger.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 400") && said.contains("not well formed"), "{said}");
    drop(camera);
    let error = open_as(&address, None).err().unwrap();
    assert!(error.is_lost(), "{error}");
}
