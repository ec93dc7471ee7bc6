//! HTTP over the host's Unix socket.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use ketang_protocol::command::{self, Command, Refusal, Reply};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::error::Error;

/// How long the host may take to answer; it gives up by itself after 30 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(40);
/// How long a stream may say nothing; the host sends a sign of life every 10 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(35);

/// Who sends our commands, as the lesson's events tell.
const FROM: &str = "ketangctl";

#[derive(Debug)]
pub(crate) struct Client {
    socket: PathBuf,
}

/// What was begun by a command.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) lesson: Option<LessonId>,
    pub(crate) job: Option<u64>,
}

impl Client {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let request = Request::get(path);
        self.answer(request, Bytes::new()).await
    }

    pub(crate) async fn command(&self, command: Command) -> Result<Begun, Error> {
        let request = command::Request { from: FROM.into(), command };
        let body = serde_json::to_vec(&request).expect("wire types have string keys and no failing part");
        match self.answer(Request::post("/v1/commands"), body.into()).await? {
            Reply::Done { lesson, job } => Ok(Begun { lesson, job }),
            Reply::Refused(refusal) => Err(Error::Refused(refusal)),
        }
    }

    /// The snapshot now and at each change.
    pub(crate) async fn watch(&self) -> Result<Watch, Error> {
        let response = self.send(Request::get("/v1/watch"), Bytes::new()).await?;
        Ok(Watch { socket: self.socket.clone(), body: response.into_body(), rest: Vec::new() })
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<T, Error> {
        let response = self.send(request, body).await?;
        let ok = response.status().is_success();
        let body = timeout(ANSWER_LIMIT, response.into_body().collect())
            .await
            .map_err(|_| self.broken("the answer did not end"))?
            .map_err(|error| self.broken(error))?
            .to_bytes();
        let not_understood = |error: serde_json::Error| Error::NotUnderstood { why: error.to_string() };
        if ok {
            serde_json::from_slice(&body).map_err(not_understood)
        } else {
            let refusal: Refusal = serde_json::from_slice(&body).map_err(not_understood)?;
            Err(Error::Refused(refusal))
        }
    }

    async fn send(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<Response<Incoming>, Error> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| no_connection(&self.socket, &error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.broken(error))?;
        // Ends with the answer; its errors reach us through the sender.
        tokio::spawn(connection);
        let request = request
            .header("host", "ketang")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .expect("paths are made of lesson ids, which are checked, and fixed words");
        timeout(ANSWER_LIMIT, sender.send_request(request))
            .await
            .map_err(|_| self.broken("no answer within 40 s"))?
            .map_err(|error| self.broken(error))
    }

    fn broken(&self, why: impl ToString) -> Error {
        Error::Connection { socket: self.socket.clone(), why: why.to_string() }
    }
}

fn no_connection(socket: &Path, error: &std::io::Error) -> Error {
    let socket = socket.to_owned();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => Error::NotRunning { socket },
        ErrorKind::PermissionDenied => Error::Denied { socket },
        _ => Error::Connection { socket, why: error.to_string() },
    }
}

/// A stream of snapshots.
#[derive(Debug)]
pub(crate) struct Watch {
    socket: PathBuf,
    body: Incoming,
    /// What has come of the next line.
    rest: Vec<u8>,
}

impl Watch {
    /// Waits for the next snapshot; an error when the host ends.
    pub(crate) async fn next(&mut self) -> Result<Snapshot, Error> {
        loop {
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data: ") {
                    return serde_json::from_slice(data)
                        .map_err(|error| Error::NotUnderstood { why: error.to_string() });
                }
            }
            let broken = |why: &str| Error::Connection { socket: self.socket.clone(), why: why.into() };
            let frame = timeout(SILENCE_LIMIT, self.body.frame()).await.map_err(|_| broken("the host went silent"))?;
            let frame = frame.ok_or_else(|| broken("the host stopped"))?;
            let frame = frame.map_err(|error| broken(&error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                self.rest.extend_from_slice(&data);
            }
        }
    }
}
