//! The touch watchdog: a touchscreen that dies is opened again, for ever, while the picture goes on.
//!
//! It notices a device that goes, a node that cannot be read, and a finger that never leaves (a stain, a driver that lost the end
//! of a touch), under which no other would count. A screen that is there and tells nothing cannot be told from one that nobody
//! touches: nothing notices that.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use ketang_hal::HalError;
use ketang_hal::panel::{Finger, Touch, TouchEvent};

use super::touch_screen::{TouchScreen, TouchSettings};

/// Between two tries to open it.
const RETRY: Duration = Duration::from_millis(500);
/// A finger that is down for so long is none.
const STUCK: Duration = Duration::from_secs(30);

/// A touchscreen that may be absent, now or later. Waiting for it never fails.
pub struct WatchedTouch {
    settings: TouchSettings,
    screen: Option<TouchScreen>,
    /// That it is absent was told.
    told: bool,
    held: Held,
}

/// Since when each finger is down.
#[derive(Debug, Default)]
struct Held(BTreeMap<Finger, Instant>);

impl Held {
    fn note(&mut self, event: TouchEvent, now: Instant) {
        match event {
            TouchEvent::Down { finger, .. } => {
                self.0.insert(finger, now);
            }
            TouchEvent::Up { finger } => {
                self.0.remove(&finger);
            }
            TouchEvent::Lost => self.0.clear(),
            TouchEvent::Move { .. } => {}
        }
    }

    fn is_stuck(&self, now: Instant) -> bool {
        self.0.values().any(|since| now.saturating_duration_since(*since) >= STUCK)
    }
}

impl WatchedTouch {
    pub fn new(settings: TouchSettings) -> Self {
        let mut watched = Self { settings, screen: None, told: false, held: Held::default() };
        watched.open();
        watched
    }

    fn open(&mut self) {
        match TouchScreen::open(&self.settings) {
            Ok(screen) => {
                tracing::info!("touches come from {} · 触摸来自该设备", screen.path().display());
                (self.screen, self.told) = (Some(screen), false);
            }
            Err(error) if !self.told => {
                tracing::warn!(
                    "no touches ({error}): the touchscreen is looked for until it is there · 触摸屏不可用，正在持续重试"
                );
                self.told = true;
            }
            Err(_) => {}
        }
    }

    /// Opens the screen anew, and tells that no finger counts as down.
    fn begin_anew(&mut self) -> TouchEvent {
        self.screen = None;
        self.held = Held::default();
        self.open();
        TouchEvent::Lost
    }
}

impl Touch for WatchedTouch {
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        if self.held.is_stuck(Instant::now()) {
            tracing::warn!(
                "a finger is down for {STUCK:?}: the touchscreen is opened anew · 触点长时间不释放，重新打开触摸屏"
            );
            return Ok(Some(self.begin_anew()));
        }
        let Some(screen) = &mut self.screen else {
            self.open();
            if self.screen.is_none() {
                thread::sleep(limit.min(RETRY));
            }
            return Ok(None);
        };
        match screen.next(limit) {
            Ok(event) => {
                event.into_iter().for_each(|event| self.held.note(event, Instant::now()));
                Ok(event)
            }
            Err(error) => {
                tracing::warn!("touches ended ({error}): the touchscreen is opened anew · 触摸屏中断，重新打开");
                Ok(Some(self.begin_anew()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_that_never_leaves_is_noticed_and_one_that_leaves_is_not() {
        let (begun, mut held) = (Instant::now(), Held::default());
        let down = |finger| TouchEvent::Down { finger: Finger(finger), x: 1, y: 1 };
        held.note(down(0), begun);
        held.note(down(1), begun);
        held.note(TouchEvent::Up { finger: Finger(0) }, begun + STUCK / 2);
        held.note(down(0), begun + STUCK / 2);
        held.note(TouchEvent::Move { finger: Finger(1), x: 2, y: 2 }, begun + STUCK / 2);
        assert!(!held.is_stuck(begun + STUCK - Duration::from_millis(1)));
        assert!(held.is_stuck(begun + STUCK));
        held.note(TouchEvent::Up { finger: Finger(1) }, begun + STUCK);
        assert!(!held.is_stuck(begun + STUCK));
        held.note(TouchEvent::Lost, begun + STUCK);
        assert!(!held.is_stuck(begun + STUCK * 9));
    }
}
