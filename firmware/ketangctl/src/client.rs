//! The host as the commands ask it, with errors in the words of this program.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ketang_client::{Lines, Remote, RemoteError};
use ketang_protocol::command::{Command, Reply};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
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

    /// A host elsewhere, by its pages.
    pub(crate) fn remote(host: &str, token_file: &Path, fingerprint: &str) -> Result<Self, Error> {
        let token = std::fs::read_to_string(token_file)
            .map_err(|error| Error::TokenUnreadable { file: token_file.to_owned(), why: error.to_string() })?;
        let remote = Remote::new(host, &token, fingerprint).map_err(|error| match error {
            RemoteError::Address => Error::NoAddress { host: host.to_owned() },
            RemoteError::Fingerprint => Error::NoFingerprint,
            RemoteError::Token => {
                Error::TokenUnreadable { file: token_file.to_owned(), why: "it holds no token".into() }
            }
        })?;
        Ok(Self(ketang_client::Client::remote(remote, "ketangctl", ANSWER_LIMIT)))
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

    /// The snapshot now and at each change.
    pub(crate) async fn watch(&self) -> Result<Watch<'_>, Error> {
        let lines = self.0.stream("/v1/watch").await.map_err(|error| self.worded(error))?;
        Ok(Watch { client: self, lines })
    }

    fn worded(&self, error: ketang_client::Error) -> Error {
        match error {
            ketang_client::Error::Connect { socket, error } => match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => Error::NotRunning { socket },
                ErrorKind::PermissionDenied => Error::Denied { socket },
                _ => Error::Connection { place: self.0.place(), why: error.to_string() },
            },
            ketang_client::Error::Broken(why) => Error::Connection { place: self.0.place(), why },
            ketang_client::Error::Unreachable { host, why } => Error::NobodyThere { host, why },
            ketang_client::Error::OtherCertificate { host, shown } => Error::OtherCertificate { host, shown },
            ketang_client::Error::NotLetIn { chinese, english } => Error::NotLetIn { chinese, english },
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
