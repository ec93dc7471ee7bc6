//! A conversation with one VISCA camera over any line: each request has a limit and a bounded number of tries, and no reply is
//! taken for that to another request.
//!
//! How late replies are told from those that are waited for: a line that numbers its messages (UDP) tells itself. On the others
//! replies come in the order of the requests, so after a request that was not answered in time the camera is first asked for its
//! version, and everything that comes before that answer is old. No other answer looks like it.

use std::io;
use std::time::{Duration, Instant};

use ketang_hal::ptz::PtzError;

use super::visca::{Answer, Fault, Message, Reply, Version};

/// How long an answer is waited for: a camera answers within two pictures, a network adds little.
pub(super) const ANSWER: Duration = Duration::from_millis(400);
/// A request is sent so often before the camera counts as lost.
pub(super) const TRIES: usize = 3;
/// No journey takes longer: after this a completion is not waited for any more.
const JOURNEY: Duration = Duration::from_secs(20);
/// Every camera has these two.
const SOCKETS: [u8; 2] = [1, 2];
/// A camera says less than this between two requests.
const HEARD_AT_ONCE: usize = 64;

/// What carries messages and replies.
pub(super) trait Line: Send {
    /// Sends a message; tells the number that its replies will bear, where the line numbers them.
    fn send(&mut self, message: &Message) -> io::Result<Option<u32>>;

    /// What is heard next, or `None` where nothing came until then. What was heard already is told even if it is too late.
    fn hear(&mut self, until: Instant) -> io::Result<Option<Heard>>;

    /// Begins to number anew.
    fn restart(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Reply {
        /// The number of the message that it answers, where the line tells.
        number: Option<u32>,
        reply: Reply,
    },
    /// The camera expects other numbers.
    OutOfStep,
}

/// A command that was taken and is not done.
#[derive(Clone, Copy, Debug)]
struct Journey {
    socket: u8,
    number: Option<u32>,
    until: Instant,
}

pub(super) struct Conversation<L> {
    line: L,
    /// For errors.
    address: String,
    journeys: Vec<Journey>,
    /// A reply may still come that nobody waits for any more.
    doubt: bool,
    /// Why a command ended that had been taken.
    failed: Option<Fault>,
}

/// What came of one try.
enum Tried<T> {
    Answered(T),
    Refused(Fault),
    Nothing,
}

impl<L: Line> Conversation<L> {
    pub(super) fn new(line: L, address: String) -> Self {
        Self { line, address, journeys: Vec::new(), doubt: false, failed: None }
    }

    /// Sends a message to all cameras of a line and gives them time to carry it out. That they answer is not needed.
    pub(super) fn announce(&mut self, message: Message) -> Result<(), PtzError> {
        let number = self.send(&message)?;
        self.hear_out(number, |reply| match reply {
            Reply::AddressSet(_) | Reply::Cleared => Some(Tried::Answered(())),
            _ => None,
        })?;
        Ok(())
    }

    /// Has a command carried out. Returns when the camera has taken it. Where it is too busy, what was begun before gives way.
    pub(super) fn command(&mut self, message: Message) -> Result<(), PtzError> {
        self.command_beside(message, None).map(drop)
    }

    /// The same, but what is carried out in the socket `beside` goes on. Tells the socket of this one.
    pub(super) fn command_beside(&mut self, message: Message, beside: Option<u8>) -> Result<Option<u8>, PtzError> {
        let busy: Vec<u8> = self.journeys.iter().map(|journey| journey.socket).collect();
        let mut why = None;
        for _ in 0..TRIES {
            self.settle()?;
            let number = self.send(&message)?;
            let tried = self.hear_out(number, |reply| match reply {
                Reply::Ack(socket) => Some(Tried::Answered(Some(socket))),
                // A camera without sockets says only that it is done.
                Reply::Done(0) => Some(Tried::Answered(None)),
                // These end what was begun before.
                Reply::Error(socket, _) if busy.contains(&socket) => None,
                Reply::Error(1.., Fault::Cancelled | Fault::NoSocket) => None,
                Reply::Error(_, fault) => Some(Tried::Refused(fault)),
                _ => None,
            })?;
            match tried {
                Tried::Answered(socket) => {
                    self.failed = None;
                    if let (true, Some(socket)) = (message.is_journey(), socket) {
                        // A socket that is used again has done what it did before.
                        self.journeys.retain(|journey| journey.socket != socket);
                        self.journeys.push(Journey { socket, number, until: Instant::now() + JOURNEY });
                    }
                    return Ok(socket);
                }
                Tried::Refused(Fault::Full) => {
                    why = Some(Fault::Full);
                    self.make_room(beside)?;
                }
                Tried::Refused(Fault::NotNow) => return Err(self.refused(Fault::NotNow)),
                // The line may have changed the message.
                Tried::Refused(fault) => why = Some(fault),
                Tried::Nothing => {}
            }
        }
        Err(why.map_or_else(|| self.no_answer(), |fault| self.refused(fault)))
    }

    /// Asks, until an answer comes that `pick` takes.
    pub(super) fn ask<T>(&mut self, message: Message, pick: fn(Answer) -> Option<T>) -> Result<T, PtzError> {
        let mut why = None;
        for _ in 0..TRIES {
            self.settle()?;
            match self.try_to_ask(message, pick)? {
                Tried::Answered(answer) => return Ok(answer),
                Tried::Refused(fault) => why = Some(fault),
                Tried::Nothing => {}
            }
        }
        Err(why.map_or_else(|| self.no_answer(), |fault| self.refused(fault)))
    }

    /// Whether a command that was taken is still being carried out, as far as the camera has said.
    pub(super) fn is_moving(&mut self) -> Result<bool, PtzError> {
        let now = Instant::now();
        // Others may talk without end.
        for _ in 0..HEARD_AT_ONCE {
            match self.hear(now)? {
                Some(Heard::Reply { number, reply }) => self.note(number, reply),
                Some(Heard::OutOfStep) => {}
                None => break,
            }
        }
        self.journeys.retain(|journey| journey.until > now);
        match self.failed.take() {
            Some(fault) => Err(self.refused(fault)),
            None => Ok(!self.journeys.is_empty()),
        }
    }

    /// What was begun does not count any more.
    pub(super) fn forget_journeys(&mut self) {
        self.journeys.clear();
    }

    /// Makes sure that no late reply can come: see the top of this file.
    fn settle(&mut self) -> Result<(), PtzError> {
        if !self.doubt {
            return Ok(());
        }
        for _ in 0..TRIES {
            if let Tried::Answered(_) = self.try_to_ask(Message::AskVersion, version)? {
                self.doubt = false;
                return Ok(());
            }
        }
        Err(self.no_answer())
    }

    fn try_to_ask<T>(&mut self, message: Message, pick: fn(Answer) -> Option<T>) -> Result<Tried<T>, PtzError> {
        let number = self.send(&message)?;
        self.hear_out(number, |reply| match reply {
            Reply::Answer(answer) => pick(answer).map(Tried::Answered),
            Reply::Error(0, fault) => Some(Tried::Refused(fault)),
            _ => None,
        })
    }

    /// Makes room in a camera whose sockets are all busy. What is in them need not be known: an acknowledgement may have been
    /// lost. Whether there is room then is for the next try to find.
    fn make_room(&mut self, beside: Option<u8>) -> Result<(), PtzError> {
        for socket in SOCKETS.into_iter().filter(|socket| Some(*socket) != beside) {
            self.journeys.retain(|journey| journey.socket != socket);
            let number = self.send(&Message::Cancel(socket))?;
            self.hear_out(number, |reply| match reply {
                Reply::Error(of, Fault::Cancelled | Fault::NoSocket) if of == socket => Some(Tried::Answered(())),
                _ => None,
            })?;
        }
        Ok(())
    }

    /// Hears until `pick` takes a reply to the message of this number, or time is up.
    fn hear_out<T>(
        &mut self,
        number: Option<u32>,
        mut pick: impl FnMut(Reply) -> Option<Tried<T>>,
    ) -> Result<Tried<T>, PtzError> {
        let until = Instant::now() + ANSWER;
        while let Some(heard) = self.hear(until)? {
            let Heard::Reply { number: of, reply } = heard else {
                self.line.restart().map_err(|error| self.lost(&error))?;
                return Ok(Tried::Nothing);
            };
            if of == number
                && let Some(tried) = pick(reply)
            {
                return Ok(tried);
            }
            self.note(of, reply);
            // Others may talk without end.
            if Instant::now() >= until {
                break;
            }
        }
        self.doubt = number.is_none();
        Ok(Tried::Nothing)
    }

    /// Takes note of the end of a journey.
    fn note(&mut self, number: Option<u32>, reply: Reply) {
        let (socket, fault) = match reply {
            Reply::Done(socket) => (socket, None),
            Reply::Error(socket, fault) => (socket, Some(fault)),
            _ => return,
        };
        let before = self.journeys.len();
        self.journeys.retain(|journey| journey.socket != socket || number.is_some() && journey.number != number);
        if self.journeys.len() < before {
            self.failed = fault.filter(|fault| *fault != Fault::Cancelled).or(self.failed);
        }
    }

    fn send(&mut self, message: &Message) -> Result<Option<u32>, PtzError> {
        self.line.send(message).map_err(|error| self.lost(&error))
    }

    fn hear(&mut self, until: Instant) -> Result<Option<Heard>, PtzError> {
        self.line.hear(until).map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &io::Error) -> PtzError {
        PtzError::NotThere { address: self.address.clone(), why: error.to_string() }
    }

    fn no_answer(&self) -> PtzError {
        PtzError::NoAnswer { address: self.address.clone() }
    }

    fn refused(&self, fault: Fault) -> PtzError {
        PtzError::Refused { address: self.address.clone(), why: fault.words() }
    }
}

pub(super) fn version(answer: Answer) -> Option<Version> {
    if let Answer::Version(version) = answer { Some(version) } else { None }
}
