//! Cuts by hand on their way to the host: one at a time, and of those that are wished meanwhile the last. A flood of taps on the
//! pictures ends at the picture that was tapped last, and asks no more of the host than it answers.

use std::time::Duration;

use ketang_protocol::command::Shot;

use crate::view::ANSWER_LIMIT;

#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts {
    /// One is on its way until it is answered, or until then.
    waits_until: Option<Duration>,
    next: Option<Shot>,
}

impl Cuts {
    /// Somebody wants a shot; given back where it is to be sent now.
    pub(crate) fn wish(&mut self, shot: Shot, now: Duration) -> Option<Shot> {
        self.next = Some(shot);
        self.due(now)
    }

    /// The one that was on its way is answered; the next to send.
    pub(crate) fn answered(&mut self, now: Duration) -> Option<Shot> {
        self.waits_until = None;
        self.due(now)
    }

    /// Time passes; what waited too long for an answer is waited for no more.
    pub(crate) fn due(&mut self, now: Duration) -> Option<Shot> {
        self.waits_until.take_if(|until| now >= *until);
        if self.waits_until.is_some() {
            return None;
        }
        let shot = self.next.take()?;
        self.waits_until = Some(now + ANSWER_LIMIT);
        Some(shot)
    }

    /// Nothing can be cut: what is wished now is wished in vain.
    pub(crate) fn forget(&mut self) {
        self.next = None;
    }
}
