//! The same over each wire: a serial line, UDP and TCP.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use ketang_board::ptz::sim::{SimCamera, SimSettings, Trick};
use ketang_hal::ptz::{PtzError, Steer, View};

use crate::{LIMIT, Wire, arrive, assert_at, fast, open, wait};

const PODIUM: View = View { pan: -12.0, tilt: -4.0, zoom: 4.0 };
/// Later than an answer is waited for.
const LATE: Duration = Duration::from_millis(700);

/// A camera on each wire, all at once: most of a test is waiting for one.
fn on_each(settings: SimSettings, test: impl Fn(&SimCamera, &str) + Sync) {
    let on = &|wire: Wire| {
        let camera = SimCamera::new(settings.clone());
        let address = wire.serve(&camera);
        eprintln!("{address}");
        test(&camera, &address);
    };
    std::thread::scope(|scope| Wire::ALL.iter().for_each(|&wire| drop(scope.spawn(move || on(wire)))));
}

#[test]
fn it_goes_to_views_and_presets_and_is_seen_on_its_way() {
    on_each(SimSettings::default(), |camera, address| {
        let mut ptz = open(address).unwrap();
        assert!(ptz.name().contains("Sony"), "{}", ptz.name());
        let view = View { pan: 40.0, tilt: 15.0, zoom: 6.0 };
        ptz.go(view, 1.0).unwrap();
        let seen = arrive(ptz.as_mut());
        assert!(!camera.is_moving());
        assert_at(camera.view(), view);
        assert!(seen.iter().any(|seen| (1.0..39.0).contains(&seen.pan)), "it was never seen between: {seen:?}");
        ptz.go_preset(1).unwrap();
        arrive(ptz.as_mut());
        assert_at(camera.view(), PODIUM);
        // Beyond its limits, and back.
        ptz.go(View { pan: 1e9, tilt: f64::NAN, zoom: -3.0 }, 1.0).unwrap();
        arrive(ptz.as_mut());
        assert_at(camera.view(), View { pan: 170.0, tilt: -30.0, zoom: 1.0 });
    });
}

#[test]
fn a_preset_is_kept_and_one_that_is_not_there_is_said_to_be_so() {
    on_each(fast(), |camera, address| {
        let mut ptz = open(address).unwrap();
        let error = ptz.go_preset(77).unwrap_err();
        assert!(matches!(error, PtzError::Refused { .. }) && !error.is_lost(), "{error}");
        assert!(matches!(ptz.set_preset(200), Err(PtzError::NoPreset { number: 200, .. })));
        let view = View { pan: -60.0, tilt: 20.0, zoom: 2.0 };
        ptz.go(view, 1.0).unwrap();
        arrive(ptz.as_mut());
        ptz.set_preset(77).unwrap();
        ptz.go_preset(4).unwrap();
        arrive(ptz.as_mut());
        ptz.go_preset(77).unwrap();
        arrive(ptz.as_mut());
        assert_at(camera.view(), view);
    });
}

#[test]
fn it_is_steered_and_runs_on_a_little_after_the_stop() {
    on_each(SimSettings::default(), |camera, address| {
        let mut ptz = open(address).unwrap();
        ptz.steer(Steer { pan: 1.0, tilt: 0.3, zoom: 0.5 }).unwrap();
        wait(ptz.as_mut(), "it turns at full speed", |view| view.pan > 30.0);
        assert!(camera.pan_speed() > 90.0);
        ptz.stop().unwrap();
        let view = arrive(ptz.as_mut()).last().copied().unwrap();
        assert!(!camera.is_moving() && view.tilt > 1.0 && view.zoom > 1.1, "{view:?}");
        // 100 °/s at 250 °/s² take 20°.
        assert!(view.pan > 45.0, "it has inertia: {view:?}");
        ptz.steer(Steer { pan: -1.0, ..Steer::STILL }).unwrap();
        wait(ptz.as_mut(), "it turns back", |now| now.pan < view.pan - 10.0);
        ptz.stop().unwrap();
    });
}

#[test]
fn a_journey_that_another_overtakes_does_not_count() {
    on_each(fast(), |camera, address| {
        let mut ptz = open(address).unwrap();
        for pan in [160.0, -160.0, 120.0, -120.0, 10.0] {
            ptz.go(View { pan, tilt: 0.0, zoom: 2.0 }, 1.0).unwrap();
        }
        arrive(ptz.as_mut());
        assert_at(camera.view(), View { pan: 10.0, tilt: 0.0, zoom: 2.0 });
        ptz.go_preset(1).unwrap();
        ptz.stop().unwrap();
        arrive(ptz.as_mut());
        assert!(!camera.is_moving());
    });
}

#[test]
fn lost_late_and_garbled_replies_are_made_up_for() {
    on_each(fast(), |camera, address| {
        let mut ptz = open(address).unwrap();
        let view = View { pan: 30.0, tilt: 5.0, zoom: 3.0 };
        for trick in [Trick::Lose, Trick::Late(LATE), Trick::Garble(3), Trick::Garble(8)] {
            // Twice in the way of the command, once in the way of each question.
            camera.play([Some(trick), Some(trick)]);
            ptz.go(view, 1.0).unwrap();
            camera.play([Some(trick), None, Some(trick)]);
            arrive(ptz.as_mut());
            assert_at(camera.view(), view);
            ptz.go(View { pan: 0.0, tilt: 0.0, zoom: 1.0 }, 1.0).unwrap();
            arrive(ptz.as_mut());
        }
    });
}

#[test]
fn a_late_answer_is_not_taken_for_that_to_the_next_question() {
    on_each(SimSettings::default(), |camera, address| {
        let mut ptz = open(address).unwrap();
        ptz.go(View { pan: 50.0, tilt: 0.0, zoom: 1.0 }, 1.0).unwrap();
        arrive(ptz.as_mut());
        // Where it looked a while ago comes when it has turned away long since.
        camera.play([Some(Trick::Late(Duration::from_millis(1100)))]);
        let mut other = SimulatedTurn::begin(camera);
        let view = ptz.state().unwrap().view;
        other.check(view);
        for _ in 0..20 {
            let view = ptz.state().unwrap().view;
            other.check(view);
        }
    });
}

/// The camera turns on steadily, so that each answer must be newer than the one before.
struct SimulatedTurn<'a> {
    camera: &'a SimCamera,
    last: f64,
}

impl<'a> SimulatedTurn<'a> {
    /// Another controller turns the camera.
    fn begin(camera: &'a SimCamera) -> Self {
        let mut other = TcpStream::connect(camera.serve_tcp().unwrap()).unwrap();
        other.write_all(&[0x81, 0x01, 0x06, 0x01, 0x05, 0x01, 0x01, 0x03, 0xff]).unwrap();
        other.set_read_timeout(Some(LIMIT)).unwrap();
        // Its ACK is the late one, or comes before; wait for the turning itself.
        let begun = Instant::now();
        while camera.pan_speed() > -10.0 {
            assert!(begun.elapsed() < LIMIT);
            std::thread::yield_now();
        }
        Self { camera, last: f64::INFINITY }
    }

    fn check(&mut self, told: View) {
        let now = self.camera.view().pan;
        // An answer is on its way for a moment only, in which it turns by less than this.
        assert!(
            told.pan <= self.last + 0.1 && told.pan - now < 9.0,
            "told {} at {now}, before {}",
            told.pan,
            self.last
        );
        self.last = told.pan;
    }
}

#[test]
fn a_camera_that_is_gone_is_lost_and_one_that_is_back_is_found() {
    on_each(fast(), |camera, address| {
        let mut ptz = open(address).unwrap();
        camera.set_dead(true);
        let error = ptz.state().unwrap_err();
        assert!(error.is_lost(), "{error}");
        assert!(ptz.go_preset(1).unwrap_err().is_lost());
        assert!(open(address).err().unwrap().is_lost());
        drop(ptz);
        camera.set_dead(false);
        let mut ptz = open(address).unwrap();
        ptz.go_preset(1).unwrap();
        arrive(ptz.as_mut());
        assert_at(camera.view(), PODIUM);
    });
}

#[test]
fn who_is_not_there_is_said_so() {
    for (address, says) in [
        ("visca:/dev/ttyNOTHERE", "no camera to turn at visca:/dev/ttyNOTHERE"),
        ("visca:/dev/null", "no camera to turn at visca:/dev/null"),
        ("visca-tcp:127.0.0.1:1", "no camera to turn at visca-tcp:127.0.0.1:1"),
        ("visca-udp:127.0.0.1:1", "camera"),
        ("uvc:/dev/video-that-is-not", "no camera to turn at uvc:"),
        ("uvc:/dev/null", "cannot turn"),
    ] {
        let error = open(address).err().unwrap_or_else(|| panic!("{address} is there"));
        assert!(error.to_string().contains(says), "{address}: {error}");
    }
}

#[test]
fn strangers_on_the_wire_change_nothing() {
    // Somebody else's camera on the same serial line, noise, and replies that nobody asked for.
    let camera = SimCamera::new(SimSettings::default());
    let mut ptz = open(&Wire::Tcp.serve(&camera)).unwrap();
    ptz.state().unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let udp = camera.serve_udp().unwrap();
    for bytes in [&b""[..], b"\x00", b"GET / HTTP/1.0\r\n\r\n", &[0xff; 100], &[0x01, 0x00, 0x00, 0x06]] {
        stranger.send_to(bytes, udp).unwrap();
    }
    let mut noisy = TcpStream::connect(camera.serve_tcp().unwrap()).unwrap();
    noisy.set_read_timeout(Some(LIMIT)).unwrap();
    noisy
        .write_all(&[&[0x00, 0x81, 0x01, 0xff][..], &[0x82, 0x09, 0x04, 0x47, 0xff], &[0x77; 64], &[0xff]].concat())
        .unwrap();
    noisy.write_all(&[0x81, 0x09, 0x04, 0x47, 0xff]).unwrap();
    let mut said = [0; 11];
    noisy.read_exact(&mut said).unwrap();
    assert_eq!(said, [0x90, 0x60, 0x02, 0xff, 0x90, 0x50, 0x00, 0x00, 0x00, 0x00, 0xff], "one complaint, one answer");
    ptz.go_preset(1).unwrap();
    arrive(ptz.as_mut());
    assert_at(camera.view(), PODIUM);
}

#[test]
fn the_simulated_address_is_such_a_camera() {
    let mut ptz = open("sim").unwrap();
    ptz.go_preset(1).unwrap();
    arrive(ptz.as_mut());
    assert_at(ptz.state().unwrap().view, PODIUM);
}
