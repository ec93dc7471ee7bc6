//! Collects the stretches in which something holds for long enough.

use ketang_hal::figures::Stretch;

/// More are not kept: a picture that flickers for a day must not fill the memory.
const MOST: usize = 1000;

pub(super) struct Stretches {
    least: f64,
    since: Option<f64>,
    list: Vec<Stretch>,
}

impl Stretches {
    /// Keeps stretches of `least` seconds and more.
    pub(super) fn of(least: f64) -> Self {
        Self { least, since: None, list: Vec::new() }
    }

    /// At `at` seconds it holds, or holds no longer.
    pub(super) fn see(&mut self, at: f64, holds: bool) {
        match (self.since, holds) {
            (None, true) => self.since = Some(at),
            (Some(_), false) => self.close(at),
            _ => {}
        }
    }

    pub(super) fn close(&mut self, at: f64) {
        if let Some(from) = self.since.take()
            && at - from >= self.least
            && self.list.len() < MOST
        {
            self.list.push(Stretch { from, to: at });
        }
    }

    pub(super) fn finish(mut self, end: f64) -> Vec<Stretch> {
        self.close(end);
        self.list
    }
}
