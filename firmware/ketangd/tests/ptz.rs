//! One camera kept, against the simulated one over UDP: lost and found, steered within limits, stopped when nobody steers any more.

#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ketang_board::ptz::sim::{SimCamera, SimSettings};
use ketang_hal::board::Credentials;
use ketang_hal::ptz::{Limits, PtzAddress, Span, Steer, View};
use ketangd::ptz::{Order, PtzCamera, PtzNews};

/// Everything takes a few seconds; this only keeps a broken test from waiting for ever.
const LIMIT: Duration = Duration::from_secs(40);

struct Kept {
    camera: SimCamera,
    ptz: PtzCamera,
    news: Receiver<PtzNews>,
}

fn keep(settings: SimSettings, limits: Option<Limits>) -> Kept {
    let camera = SimCamera::new(settings);
    let address: PtzAddress = format!("visca-udp:{}", camera.serve_udp().unwrap()).parse().unwrap();
    let (told, news) = mpsc::channel();
    let reach = move || ketang_board::ptz::open(&address, &Credentials::default(), Path::new("/nowhere"));
    let ptz = PtzCamera::keep("test", limits, Box::new(reach), Box::new(move |news| drop(told.send(news))));
    Kept { camera, ptz, news }
}

impl Kept {
    /// Waits for news that `pick` takes; all others are left out.
    fn wait<T>(&self, what: &str, mut pick: impl FnMut(&PtzNews) -> Option<T>) -> T {
        loop {
            let news = self.news.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("no news: {what}"));
            if let Some(found) = pick(&news) {
                return found;
            }
        }
    }

    fn wait_for(&self, wanted: &PtzNews) {
        self.wait(&format!("{wanted:?}"), |news| (news == wanted).then_some(()));
    }

    fn reached(&self) {
        self.wait("it is reached", |news| matches!(news, PtzNews::Reached(_)).then_some(()));
    }

    /// How the next rest is told.
    fn rests(&self) -> (Option<String>, u64) {
        self.wait("it rests", |news| match news {
            PtzNews::Rests { preset, goes, .. } => Some((preset.clone(), *goes)),
            _ => None,
        })
    }
}

fn go(preset: &str, number: u8) -> Order {
    Order::Go { preset: preset.into(), number }
}

#[test]
fn it_looks_where_it_is_told_within_the_rooms_limits() {
    let room = Limits { pan: Span::new(-20.0, 20.0), tilt: Span::new(-90.0, 90.0), zoom: Span::new(1.0, 3.0) };
    let kept = keep(SimSettings::default(), Some(room));
    kept.reached();
    let look = |pan| kept.ptz.order(Order::Look { view: View { pan, tilt: -5.0, zoom: 8.0 }, speed: 0.5 });
    // Of those that pile up the last counts, and all are counted.
    [5.0, 10.0, 60.0].into_iter().for_each(look);
    let strays = kept.wait("it rests", |news| match news {
        PtzNews::Rests { goes: 3, strays, .. } => Some(*strays),
        _ => None,
    });
    assert!(strays.is_some_and(|strays| strays < 0.1), "{strays:?}");
    let View { pan, tilt, zoom } = kept.camera.view();
    assert!((pan - 20.0).abs() < 0.1 && (tilt + 5.0).abs() < 0.1 && (zoom - 3.0).abs() < 0.05, "{pan} {tilt} {zoom}");
}

#[test]
fn it_goes_to_presets_stores_one_and_says_so() {
    let kept = keep(SimSettings::default(), None);
    kept.reached();
    kept.ptz.order(go("podium", 1));
    assert_eq!(kept.rests(), (Some("podium".into()), 1));
    assert!(!kept.camera.is_moving() && (kept.camera.view().pan + 12.0).abs() < 0.1);
    kept.ptz.order(Order::Set { preset: "mine".into(), number: 9 });
    kept.wait_for(&PtzNews::Stored("mine".into()));
    // The second overtakes the first.
    kept.ptz.order(go("wide", 4));
    kept.ptz.order(go("mine", 9));
    assert_eq!(kept.rests(), (Some("mine".into()), 3));
    // One that is not there is an error, and then it rests where it is.
    kept.ptz.order(go("nowhere", 99));
    let why = kept.wait("it failed", |news| if let PtzNews::Failed(why) = news { Some(why.clone()) } else { None });
    assert!(why.contains("the camera refused this"), "{why}");
    assert_eq!(kept.rests(), (None, 4));
}

#[test]
fn who_does_not_go_on_steering_lets_it_stop() {
    let kept = keep(SimSettings::default(), None);
    kept.reached();
    kept.ptz.order(Order::Steer(Steer { pan: 0.2, ..Steer::STILL }));
    let looks =
        |from: f64| move |news: &PtzNews| matches!(news, PtzNews::Looks(View { pan, .. }) if *pan > from).then_some(());
    kept.wait("it turns", looks(1.0));
    assert_eq!(kept.rests(), (None, 0), "nobody said stop");
    let stopped = kept.camera.view().pan;
    // It stops when the surface is dropped, too.
    kept.ptz.order(Order::Steer(Steer { pan: 0.2, ..Steer::STILL }));
    kept.wait("it turns again", looks(stopped + 2.0));
    let Kept { camera, ptz, .. } = kept;
    drop(ptz);
    let at = camera.view().pan;
    while camera.is_moving() {
        assert!(camera.view().pan < at + 20.0, "it turns on though nobody steers");
        std::thread::yield_now();
    }
}

#[test]
fn the_rooms_limits_hold_it_back() {
    let limits = Limits { pan: Span::new(-10.0, 10.0), tilt: Span::new(-90.0, 90.0), zoom: Span::new(1.0, 100.0) };
    let kept = keep(SimSettings::default(), Some(limits));
    kept.reached();
    let steer = Order::Steer(Steer { pan: 0.3, ..Steer::STILL });
    kept.ptz.order(steer.clone());
    // Somebody steers on and on; only the limits end it, long before the camera's own end at 170°.
    kept.wait("it stands beyond its limit", |news| {
        kept.ptz.order(steer.clone());
        let PtzNews::Looks(View { pan, .. }) = news else { return None };
        (*pan > 10.0 && !kept.camera.is_moving()).then_some(())
    });
    let pan = kept.camera.view().pan;
    assert!(pan < 80.0, "{pan}");
    // And back it goes.
    kept.ptz.order(Order::Steer(Steer { pan: -0.3, ..Steer::STILL }));
    kept.wait("it turns back", |news| matches!(news, PtzNews::Looks(view) if view.pan < pan - 2.0).then_some(()));
}

#[test]
fn a_lost_camera_is_told_once_and_found_again_and_a_journey_goes_on_meanwhile() {
    let kept = keep(SimSettings { speed: 4.0, ..SimSettings::default() }, None);
    kept.reached();
    kept.ptz.order(go("podium", 1));
    kept.wait("it is on its way", |news| matches!(news, PtzNews::Looks(view) if view.pan < -1.0).then_some(()));
    kept.camera.set_dead(true);
    let why = kept.wait("it is lost", |news| if let PtzNews::Lost(why) = news { Some(why.clone()) } else { None });
    assert!(why.contains("no answer from the camera at visca-udp:127.0.0.1"), "{why}");
    kept.ptz.order(Order::Set { preset: "x".into(), number: 1 });
    // It is not told again before it is found, however often it is tried.
    kept.wait_for(&PtzNews::Failed(why));
    kept.camera.set_dead(false);
    let told = kept.wait("it is found", |news| match news {
        PtzNews::Reached(_) => Some(true),
        PtzNews::Lost(_) => Some(false),
        _ => None,
    });
    assert!(told, "told twice");
    assert_eq!(kept.rests(), (Some("podium".into()), 1), "the journey of before");
    assert!(!kept.camera.is_moving());
}
