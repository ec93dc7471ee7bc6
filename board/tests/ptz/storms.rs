//! Bad lines: for many seeds a share of the replies is lost, late or garbled, and a controller goes on all the same.

use std::time::Instant;

use ketang_board::ptz::fuzz::Dice;
use ketang_board::ptz::sim::SimCamera;
use ketang_board::ptz::{Progress, Travel};
use ketang_hal::ptz::{Ptz, PtzError, View};

use crate::{LIMIT, Wire, assert_at, fast, open};

/// Replies of 100 that go wrong.
const PERCENT: u64 = 15;
const SEEDS: u64 = 2;
const JOURNEYS: u64 = 2;

/// What a host does: tries again when the camera is lost, from the opening on.
struct Host {
    address: String,
    ptz: Option<Box<dyn Ptz>>,
    losses: u32,
}

impl Host {
    fn until_done<T>(&mut self, mut ask: impl FnMut(&mut dyn Ptz) -> Result<T, PtzError>) -> T {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < LIMIT, "never done: lost {} times", self.losses);
            let Some(ptz) = &mut self.ptz else {
                self.ptz = open(&self.address).inspect_err(|_| self.losses += 1).ok();
                continue;
            };
            match ask(ptz.as_mut()) {
                Ok(done) => return done,
                Err(error) if error.is_lost() => {
                    self.losses += 1;
                    self.ptz = None;
                }
                // A garbled refusal is one all the same.
                Err(_) => {}
            }
        }
    }

    fn go(&mut self, view: View) {
        self.until_done(|ptz| ptz.go(view, 1.0));
        let mut travel = Travel::begin(Instant::now());
        loop {
            let told = self.until_done(|ptz| ptz.state());
            if travel.hear(Instant::now(), Some(told)) != Progress::OnTheWay {
                return;
            }
        }
    }
}

/// Every order is carried out in the end.
fn storm(wire: Wire, seed: u64) {
    let camera = SimCamera::new(fast());
    let mut host = Host { address: wire.serve(&camera), ptz: None, losses: 0 };
    camera.play_at_random(seed, PERCENT);
    let mut dice = Dice::new(seed);
    for _ in 0..JOURNEYS {
        let mut within = |least: i64, greatest: i64| (dice.below((greatest - least) as u64) as i64 + least) as f64;
        let view = View { pan: within(-90, 90), tilt: within(-20, 60), zoom: within(1, 18) };
        host.go(view);
        // What was told may have been garbled; where it is was not.
        assert!(!camera.is_moving(), "{wire:?} {seed}: still on its way to {view:?}");
        assert_at(camera.view(), view);
    }
    eprintln!("{wire:?}, seed {seed}: {JOURNEYS} journeys, {} messages, lost {} times", camera.heard(), host.losses);
}

#[test]
fn storms_on_every_wire_are_weathered() {
    // All at once: they are little but waiting.
    std::thread::scope(|scope| {
        for (wire, seed) in Wire::ALL.iter().flat_map(|&wire| (0..SEEDS).map(move |seed| (wire, seed))) {
            scope.spawn(move || storm(wire, seed));
        }
    });
}
