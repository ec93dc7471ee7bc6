//! IT's remote assistance: the page of `--browser` beside the panel's own display and touchscreen, which shows the same picture
//! and touches the same buttons. That somebody looks on is for the screens to say; here is how it is opened and closed, and whose
//! finger comes first.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::panel::{Finger, Touch, TouchEvent};
use ketang_hal::picture::Size;

use crate::browser::{self, Fingers, Screen};

/// Where the page is when it is let in at the panel and nobody has said where: for those alone who may sign in to the host.
pub(crate) const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8800);

/// The page of IT, which is closed when this is dropped.
pub(crate) struct Assistance {
    pub(crate) screen: Screen,
    pub(crate) at: SocketAddr,
}

/// Opens the page. Where that fails the room has its panel all the same, and the log tells IT.
pub(crate) fn open(listen: SocketAddr, size: Size) -> Option<(Assistance, Fingers)> {
    match browser::open(listen, size) {
        Ok((screen, fingers, at)) => {
            tracing::info!("remote assistance is at http://{at}/");
            Some((Assistance { screen, at }, fingers))
        }
        Err(error) => {
            tracing::error!("there is no remote assistance: {error}");
            None
        }
    }
}

/// The panel's own touchscreen where pages touch as well. The panel follows one finger at a time, so the first that comes down
/// here takes it from theirs: a page that holds a button cannot keep a teacher from any.
pub(crate) struct OwnFirst {
    touch: Box<dyn Touch>,
    down: BTreeSet<Finger>,
    /// To be told next.
    waiting: Option<TouchEvent>,
}

impl OwnFirst {
    pub(crate) fn new(touch: Box<dyn Touch>) -> Self {
        Self { touch, down: BTreeSet::new(), waiting: None }
    }
}

impl Touch for OwnFirst {
    fn next(&mut self, limit: Duration) -> Result<Option<TouchEvent>, HalError> {
        if let Some(event) = self.waiting.take() {
            return Ok(Some(event));
        }
        let event = self.touch.next(limit)?;
        match event {
            Some(TouchEvent::Down { finger, .. }) => {
                let is_first = self.down.is_empty();
                self.down.insert(finger);
                if is_first {
                    self.waiting = event;
                    return Ok(Some(TouchEvent::Lost));
                }
            }
            Some(TouchEvent::Up { finger }) => {
                self.down.remove(&finger);
            }
            Some(TouchEvent::Lost | TouchEvent::Away | TouchEvent::Here) => self.down.clear(),
            Some(TouchEvent::Move { .. }) | None => {}
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A touchscreen that tells what it was given, in turn.
    struct Told(Vec<TouchEvent>);

    impl Touch for Told {
        fn next(&mut self, _: Duration) -> Result<Option<TouchEvent>, HalError> {
            Ok((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    #[test]
    fn the_first_finger_of_a_hand_takes_the_panel_and_the_others_do_not() {
        let down = |finger| TouchEvent::Down { finger: Finger(finger), x: 1, y: 1 };
        let (slide, up) =
            (TouchEvent::Move { finger: Finger(0), x: 2, y: 2 }, |finger| TouchEvent::Up { finger: Finger(finger) });
        let hand = vec![down(0), slide, down(1), up(0), up(1), down(0), TouchEvent::Lost, down(2)];
        let mut touch = OwnFirst::new(Box::new(Told(hand)));
        let told: Vec<_> = std::iter::from_fn(|| touch.next(Duration::ZERO).unwrap()).collect();
        let lost = TouchEvent::Lost;
        assert_eq!(told, [lost, down(0), slide, down(1), up(0), up(1), lost, down(0), lost, lost, down(2)]);
    }
}
