//! The host as the commands ask it, with errors in the words of this program.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use ketang_client::Lines;
use ketang_protocol::command::{Command, Reply};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Timetable, Versioned};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// How long the host may take to answer; it gives up by itself after 30 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(40);

#[derive(Debug)]
pub(crate) struct Client(ketang_client::Client);

/// What was begun by a command.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) lesson: Option<LessonId>,
    pub(crate) job: Option<u64>,
}

impl Client {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self(ketang_client::Client::new(socket, "ketangctl", ANSWER_LIMIT))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.0.get(path).await.map_err(|error| self.worded(error))
    }

    pub(crate) async fn command(&self, command: Command) -> Result<Begun, Error> {
        match self.0.command(command).await.map_err(|error| self.worded(error))? {
            Reply::Done { lesson, job } => Ok(Begun { lesson, job }),
            Reply::Refused(refusal) => Err(Error::Refused(refusal)),
        }
    }

    /// Replaces the timetable that had this version.
    pub(crate) async fn replace_timetable(&self, version: &str, timetable: &Timetable) -> Result<Versioned, Error> {
        self.0.replace_timetable(version, timetable).await.map_err(|error| self.worded(error))
    }

    /// The snapshot now and at each change.
    pub(crate) async fn watch(&self) -> Result<Watch<'_>, Error> {
        let lines = self.0.stream("/v1/watch").await.map_err(|error| self.worded(error))?;
        Ok(Watch { client: self, lines })
    }

    fn worded(&self, error: ketang_client::Error) -> Error {
        let socket = self.0.socket().clone();
        match error {
            ketang_client::Error::Connect { error, .. } => match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => Error::NotRunning { socket },
                ErrorKind::PermissionDenied => Error::Denied { socket },
                _ => Error::Connection { socket, why: error.to_string() },
            },
            ketang_client::Error::Broken(why) => Error::Connection { socket, why },
            ketang_client::Error::NotUnderstood(why) => Error::NotUnderstood { why },
            ketang_client::Error::Refused(refusal) => Error::Refused(refusal),
        }
    }
}

/// A stream of snapshots.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    client: &'a Client,
    lines: Lines,
}

impl Watch<'_> {
    /// Waits for the next snapshot; an error when the host ends.
    pub(crate) async fn next(&mut self) -> Result<Snapshot, Error> {
        self.lines.next().await.map_err(|error| self.client.worded(error))
    }
}
