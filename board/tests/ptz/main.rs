//! Cameras that turn, over real pseudo terminals and sockets, against the simulated one; their bytes against the command list.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod bytes;
mod fuzz;
mod onvif;
mod storms;
mod wires;

use std::path::Path;
use std::time::{Duration, Instant};

use ketang_board::ptz::sim::{SimCamera, SimSettings};
use ketang_board::ptz::{Progress, Travel};
use ketang_hal::board::Credentials;
use ketang_hal::ptz::{Ptz, PtzError, View};

/// A camera arrives within a second or two; this only keeps a broken test from waiting for ever.
const LIMIT: Duration = Duration::from_secs(30);

/// The wires that carry VISCA.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wire {
    Serial,
    Udp,
    Tcp,
}

impl Wire {
    const ALL: [Self; 3] = [Self::Serial, Self::Udp, Self::Tcp];

    fn serve(self, camera: &SimCamera) -> String {
        match self {
            Self::Serial => format!("visca:{}", camera.serve_pty().unwrap().display()),
            Self::Udp => format!("visca-udp:{}", camera.serve_udp().unwrap()),
            Self::Tcp => format!("visca-tcp:{}", camera.serve_tcp().unwrap()),
        }
    }
}

/// A camera that takes no time, for tests that are not about the way.
fn fast() -> SimSettings {
    SimSettings { speed: 600.0, acceleration: 6000.0, zoom_seconds: 0.3, ..SimSettings::default() }
}

fn open(address: &str) -> Result<Box<dyn Ptz>, PtzError> {
    ketang_board::ptz::open(&address.parse()?, &Credentials::default(), Path::new("/nowhere/presets.toml"))
}

/// Asks until the camera has arrived, and gives what was seen on the way.
fn arrive(ptz: &mut dyn Ptz) -> Vec<View> {
    let mut travel = Travel::begin(Instant::now());
    let mut seen = Vec::new();
    loop {
        let told = ptz.state().unwrap();
        seen.push(told.view);
        match travel.hear(Instant::now(), Some(told)) {
            Progress::OnTheWay => {}
            Progress::Arrived => return seen,
            Progress::GivenUp => panic!("never arrived: {:?}", seen.last()),
        }
    }
}

/// Waits until something holds, asking the camera meanwhile.
fn wait(ptz: &mut dyn Ptz, what: &str, holds: impl Fn(View) -> bool) -> View {
    let begun = Instant::now();
    loop {
        let view = ptz.state().unwrap().view;
        if holds(view) {
            return view;
        }
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}: {what}; now {view:?}");
    }
}

/// As near as steps and roundings allow.
fn assert_at(view: View, wanted: View) {
    let near = (view.pan - wanted.pan).abs() < 0.1
        && (view.tilt - wanted.tilt).abs() < 0.1
        && (view.zoom / wanted.zoom - 1.0).abs() < 0.01;
    assert!(near, "at {view:?}, not at {wanted:?}");
}
