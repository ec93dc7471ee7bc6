//! The touch watchdog: a touchscreen that dies is opened again, for ever, while the picture goes on, and whoever draws is told.
//!
//! It notices a device that goes, a node that cannot be read, and a finger that rests (a stain, a driver that lost the end of a
//! touch), under which no other would count. A screen that is there and tells nothing cannot be told from one that nobody touches:
//! nothing notices that. So one that is quiet is opened anew now and then, because many drivers switch their controller off when
//! nobody listens and begin it anew with the next who does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use ketang_hal::HalError;
use ketang_hal::panel::{Finger, Touch, TouchEvent};

use super::touch_screen::{TouchScreen, TouchSettings};

/// Between two tries to open it. One that cannot be read for so long after it was opened is as good as absent.
const RETRY: Duration = Duration::from_millis(500);
/// A finger that is down for so long is none.
const STUCK: Duration = Duration::from_secs(30);
/// A finger that lay still for so long gives way to another.
const RESTS: Duration = Duration::from_secs(3);
/// One that told nothing for so long is opened anew.
const QUIET: Duration = Duration::from_secs(300);

/// Opens a touchscreen, and tells where it is.
type Opener = Box<dyn FnMut() -> Result<(PathBuf, Box<dyn Touch>), HalError> + Send>;

/// A touchscreen that may be absent, now or later. Waiting for it never fails.
pub struct WatchedTouch {
    opener: Opener,
    screen: Option<Box<dyn Touch>>,
    opened: Instant,
    /// Where the screen is that the log tells of; absent where what came last is that there is none.
    logged: Option<PathBuf>,
    /// Whether it was told that no touch can come.
    away: bool,
    fingers: Fingers,
    /// To be told next.
    waiting: Option<TouchEvent>,
}

/// The fingers that are down, and when something was heard last.
#[derive(Debug)]
struct Fingers {
    /// Since when each is down, and since when it lies still.
    down: BTreeMap<Finger, (Instant, Instant)>,
    heard: Instant,
}

impl Fingers {
    fn none(now: Instant) -> Self {
        Self { down: BTreeMap::new(), heard: now }
    }

    fn note(&mut self, event: TouchEvent, now: Instant) {
        self.heard = now;
        match event {
            TouchEvent::Down { finger, .. } => {
                self.down.insert(finger, (now, now));
            }
            TouchEvent::Move { finger, .. } => {
                self.down.entry(finger).and_modify(|(_, still)| *still = now);
            }
            TouchEvent::Up { finger } => {
                self.down.remove(&finger);
            }
            TouchEvent::Lost | TouchEvent::Away | TouchEvent::Here => self.down.clear(),
        }
    }

    fn is_stuck(&self, now: Instant) -> bool {
        self.down.values().any(|(since, _)| now.saturating_duration_since(*since) >= STUCK)
    }

    /// Whether one lies still that another must not wait for.
    fn rests(&self, now: Instant) -> bool {
        self.down.values().any(|(_, still)| now.saturating_duration_since(*still) >= RESTS)
    }

    fn is_quiet(&self, now: Instant) -> bool {
        self.down.is_empty() && now.saturating_duration_since(self.heard) >= QUIET
    }
}

impl WatchedTouch {
    pub fn new(settings: TouchSettings) -> Self {
        Self::of(Box::new(move || {
            let screen = TouchScreen::open(&settings)?;
            Ok((screen.path().into(), Box::new(screen) as Box<dyn Touch>))
        }))
    }

    fn of(opener: Opener) -> Self {
        let now = Instant::now();
        let fingers = Fingers::none(now);
        let mut watched = Self { opener, screen: None, opened: now, logged: None, away: false, fingers, waiting: None };
        watched.open();
        watched
    }

    /// Opens the screen anew; no finger counts as down.
    fn open(&mut self) {
        self.opened = Instant::now();
        self.fingers = Fingers::none(self.opened);
        // Closed before it is opened: only then does its driver begin anew.
        self.screen = None;
        match (self.opener)() {
            Ok((path, screen)) => {
                if self.logged.as_ref() != Some(&path) {
                    tracing::info!("touches come from {} · 触摸来自该设备", path.display());
                }
                (self.screen, self.logged) = (Some(screen), Some(path));
            }
            Err(error) => {
                if !self.away {
                    tracing::warn!(
                        "no touches ({error}): the touchscreen is looked for until it is there · 触摸屏不可用，正在持续重试"
                    );
                }
                self.logged = None;
            }
        }
    }

    /// Tells, once, that no touch can come, after a while that is not too short for another try.
    fn be_away(&mut self, limit: Duration) -> Option<TouchEvent> {
        thread::sleep(limit.min(RETRY));
        (!std::mem::replace(&mut self.away, true)).then_some(TouchEvent::Away)
    }

    fn take(&mut self, event: Option<TouchEvent>) -> Option<TouchEvent> {
        let now = Instant::now();
        let settled = event.is_some() || now.saturating_duration_since(self.opened) >= RETRY;
        let first = match event {
            // Whoever taps again and again beside a stain is not to wait for it.
            Some(TouchEvent::Down { .. }) if self.fingers.rests(now) => Some(TouchEvent::Lost),
            _ if self.away && settled => Some(TouchEvent::Here),
            _ => None,
        };
        if let Some(first) = first {
            self.away = false;
            self.fingers.note(first, now);
        }
        if let Some(event) = event {
            self.fingers.note(event, now);
        }
        match first {
            Some(first) => {
                self.waiting = event;
                Some(first)
            }
            None => event,
        }
    }
}

impl Touch for WatchedTouch {
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        if let Some(event) = self.waiting.take() {
            return Ok(Some(event));
        }
        let now = Instant::now();
        if self.fingers.is_stuck(now) {
            tracing::warn!(
                "a finger is down for {STUCK:?}: the touchscreen is opened anew · 触点长时间不释放，重新打开触摸屏"
            );
            self.open();
            return Ok(Some(TouchEvent::Lost));
        }
        if self.screen.is_none() || self.fingers.is_quiet(now) {
            self.open();
        }
        let Some(screen) = &mut self.screen else { return Ok(self.be_away(limit)) };
        match screen.next(limit) {
            Ok(event) => Ok(self.take(event)),
            Err(error) => {
                if !self.away {
                    tracing::warn!("touches ended ({error}): the touchscreen is opened anew · 触摸屏中断，重新打开");
                }
                self.screen = None;
                let lost = (!self.away).then_some(TouchEvent::Lost);
                if now.saturating_duration_since(self.opened) < RETRY {
                    self.waiting = self.be_away(limit);
                }
                Ok(lost)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    fn down(finger: u32) -> TouchEvent {
        TouchEvent::Down { finger: Finger(finger), x: 1, y: 1 }
    }

    #[test]
    fn a_finger_that_never_leaves_is_noticed_and_one_that_leaves_is_not() {
        let begun = Instant::now();
        let mut fingers = Fingers::none(begun);
        fingers.note(down(0), begun);
        fingers.note(down(1), begun);
        fingers.note(TouchEvent::Up { finger: Finger(0) }, begun + STUCK / 2);
        fingers.note(down(0), begun + STUCK / 2);
        fingers.note(TouchEvent::Move { finger: Finger(1), x: 2, y: 2 }, begun + STUCK / 2);
        assert!(!fingers.is_stuck(begun + STUCK - Duration::from_millis(1)));
        assert!(fingers.is_stuck(begun + STUCK));
        fingers.note(TouchEvent::Up { finger: Finger(1) }, begun + STUCK);
        assert!(!fingers.is_stuck(begun + STUCK));
        fingers.note(TouchEvent::Lost, begun + STUCK);
        assert!(!fingers.is_stuck(begun + STUCK * 9));
    }

    #[test]
    fn a_finger_that_moves_does_not_rest_and_a_screen_with_one_down_is_not_quiet() {
        let begun = Instant::now();
        let mut fingers = Fingers::none(begun);
        assert!(!fingers.rests(begun + RESTS), "there is none");
        assert!(!fingers.is_quiet(begun + QUIET / 2) && fingers.is_quiet(begun + QUIET));
        fingers.note(down(0), begun + QUIET);
        let moved = begun + QUIET + RESTS / 2;
        fingers.note(TouchEvent::Move { finger: Finger(0), x: 2, y: 2 }, moved);
        assert!(!fingers.rests(begun + QUIET + RESTS) && fingers.rests(moved + RESTS));
        assert!(!fingers.is_quiet(begun + QUIET * 9), "somebody holds it");
    }

    /// A touchscreen that tells what it was given, in turn, and fails then.
    struct Told(VecDeque<TouchEvent>);

    impl Touch for Told {
        fn next(&mut self, _: Duration) -> Result<Option<TouchEvent>, HalError> {
            match self.0.pop_front() {
                Some(event) => Ok(Some(event)),
                None => Err(HalError::Absent { what: "touchscreen".into() }),
            }
        }
    }

    /// Tries to open it meet these in turn; `None` is nothing there.
    fn watched(tries: Vec<Option<Vec<TouchEvent>>>) -> WatchedTouch {
        let mut tries = tries.into_iter();
        WatchedTouch::of(Box::new(move || match tries.next().flatten() {
            Some(events) => Ok(("/dev/input/event0".into(), Box::new(Told(events.into())) as Box<dyn Touch>)),
            None => Err(HalError::NoTouchscreen { which: String::new() }),
        }))
    }

    fn told(touch: &mut WatchedTouch, most: usize) -> Vec<TouchEvent> {
        (0..most).filter_map(|_| touch.next(Duration::ZERO).expect("waiting never fails")).collect()
    }

    #[test]
    fn a_screen_that_is_gone_is_told_once_and_so_is_its_return() {
        let up = TouchEvent::Up { finger: Finger(0) };
        let mut touch = watched(vec![None, None, Some(vec![down(0), up])]);
        let (away, here) = (TouchEvent::Away, TouchEvent::Here);
        assert_eq!(told(&mut touch, 20), [away, here, down(0), up, TouchEvent::Lost, away]);
    }

    #[test]
    fn one_that_can_be_opened_and_never_read_is_away_too() {
        let mut touch = watched(vec![Some(Vec::new()); 10]);
        assert_eq!(told(&mut touch, 20), [TouchEvent::Lost, TouchEvent::Away]);
    }

    #[test]
    fn a_stain_does_not_keep_other_fingers_waiting() {
        let mut touch = watched(vec![Some(vec![down(1)])]);
        let long_ago = Instant::now().checked_sub(RESTS).expect("the machine has run for some seconds");
        touch.fingers.down.insert(Finger(0), (long_ago, long_ago));
        assert_eq!(told(&mut touch, 2), [TouchEvent::Lost, down(1)]);
    }
}
