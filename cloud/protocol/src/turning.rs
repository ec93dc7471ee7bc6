//! A camera turned by hand on a surface that has something to hold down: which way, and what is said to the host meanwhile. Pure:
//! the time comes with the events.

use std::time::Duration;

use ketang_hal::ptz::Steer;
use ketang_hal::role::PictureRole;

use crate::command::{Ptz, PtzAction};

/// How fast a camera turns and zooms while a key is held, as a share of its speed.
const SPEED: f64 = 0.5;
/// The host stops a camera by itself that hears nothing for 1.5 s.
const SAY_AGAIN: Duration = Duration::from_millis(500);
/// An order that is not answered for so long is waited for no more.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// What a key does to a camera as long as it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
    Left,
    Right,
    Closer,
    Wider,
}

impl Way {
    pub fn steer(self) -> Steer {
        let (pan, tilt, zoom) = match self {
            Self::Up => (0.0, SPEED, 0.0),
            Self::Down => (0.0, -SPEED, 0.0),
            Self::Left => (-SPEED, 0.0, 0.0),
            Self::Right => (SPEED, 0.0, 0.0),
            Self::Closer => (0.0, 0.0, SPEED),
            Self::Wider => (0.0, 0.0, -SPEED),
        };
        Steer { pan, tilt, zoom }
    }

    /// By its name in a configuration.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "up" => Some(Self::Up),
            "down" => Some(Self::Down),
            "left" => Some(Self::Left),
            "right" => Some(Self::Right),
            "closer" => Some(Self::Closer),
            "wider" => Some(Self::Wider),
            _ => None,
        }
    }
}

/// The orders of one hand: said again as long as it holds, and then once that the camera stops. One at a time, so that no stop is
/// overtaken by what came before it, and so that a slow host is not flooded.
#[derive(Clone, Debug, Default)]
pub struct Turning {
    held: Option<(PictureRole, Way)>,
    /// The camera that was told to turn and not yet to stop: which way, and when it was told last.
    turned: Option<(PictureRole, Way, Duration)>,
    waits_until: Option<Duration>,
}

impl Turning {
    /// What is held now, if anything.
    pub fn hold(&mut self, held: Option<(PictureRole, Way)>) {
        self.held = held;
    }

    /// What is to be said to the host now; to be asked some times a second, and whenever something was answered.
    pub fn due(&mut self, now: Duration) -> Option<Ptz> {
        self.waits_until.take_if(|until| now >= *until);
        if self.waits_until.is_some() {
            return None;
        }
        let (input, action) = match (self.held, self.turned) {
            (held, Some((input, ..))) if held.is_none_or(|(of, _)| of != input) => {
                self.turned = None;
                (input, PtzAction::Stop {})
            }
            (Some((input, way)), turned) if turned.is_none_or(|(_, told, at)| told != way || now >= at + SAY_AGAIN) => {
                self.turned = Some((input, way, now));
                (input, PtzAction::Steer(way.steer()))
            }
            _ => return None,
        };
        self.waits_until = Some(now + ANSWER_LIMIT);
        Some(Ptz { input, action })
    }

    /// The host answered the last order.
    pub fn answered(&mut self) {
        self.waits_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PictureRole::{StudentsCloseup, TeacherCloseup};

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn steer(input: PictureRole, way: Way) -> Option<Ptz> {
        Some(Ptz { input, action: PtzAction::Steer(way.steer()) })
    }

    fn stop(input: PictureRole) -> Option<Ptz> {
        Some(Ptz { input, action: PtzAction::Stop {} })
    }

    #[test]
    fn what_is_held_is_said_again_until_it_is_let_go_of() {
        let mut turning = Turning::default();
        assert_eq!(turning.due(at(0)), None);
        turning.hold(Some((TeacherCloseup, Way::Left)));
        for time in [0, 500, 1000] {
            assert_eq!(turning.due(at(time)), steer(TeacherCloseup, Way::Left), "{time}");
            turning.answered();
            assert_eq!(turning.due(at(time + 499)), None, "{time}");
        }
        turning.hold(None);
        assert_eq!((turning.due(at(1600)), turning.due(at(1600))), (stop(TeacherCloseup), None));
    }

    #[test]
    fn a_stop_waits_for_the_answer_and_not_for_ever() {
        let mut turning = Turning::default();
        turning.hold(Some((TeacherCloseup, Way::Closer)));
        turning.due(at(0));
        turning.hold(None);
        assert_eq!(turning.due(at(2999)), None, "the host has not answered");
        assert_eq!(turning.due(at(3000)), stop(TeacherCloseup));
    }

    #[test]
    fn another_way_is_said_at_once_and_another_camera_after_the_first_has_stopped() {
        let mut turning = Turning::default();
        let mut said = |held, time| {
            turning.hold(held);
            turning.answered();
            turning.due(at(time))
        };
        assert_eq!(said(Some((TeacherCloseup, Way::Up)), 0), steer(TeacherCloseup, Way::Up));
        assert_eq!(said(Some((TeacherCloseup, Way::Down)), 10), steer(TeacherCloseup, Way::Down));
        assert_eq!(said(Some((StudentsCloseup, Way::Down)), 20), stop(TeacherCloseup));
        assert_eq!(said(Some((StudentsCloseup, Way::Down)), 30), steer(StudentsCloseup, Way::Down));
    }
}
