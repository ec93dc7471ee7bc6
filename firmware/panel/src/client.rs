//! HTTP over the host's Unix socket: what the panel asks, and the streams that it follows.

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use ketang_protocol::command::{self, Command, Refusal, RefusalCode, Reply};
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the host may take to answer: a person waits in front of the screen.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long a stream may say nothing; the host sends a sign of life every 10 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(35);
/// Longer lines than any snapshot: the stream is not one of ours.
const LINE_LIMIT: usize = 4 << 20;

/// Who sends our commands, as the lesson's events tell.
const FROM: &str = "panel";

/// Why the host was not reached or understood, in words for the log.
pub(crate) type Why = String;

#[derive(Clone, Debug)]
pub(crate) struct Client {
    socket: PathBuf,
}

impl Client {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Why> {
        let (_, body) = self.answer(Request::get(path), Bytes::new()).await?;
        serde_json::from_slice(&body).map_err(|error| format!("{path}: {error}"))
    }

    /// Sends a command. A host that cannot be asked counts as one that refuses.
    pub(crate) async fn command(&self, command: Command) -> Reply {
        let request = command::Request { from: FROM.into(), command };
        let body = serde_json::to_vec(&request).expect("wire types have string keys and no failing part");
        let unavailable = |why: Why| Reply::Refused(Refusal::new(RefusalCode::Unavailable, why));
        match self.answer(Request::post("/v1/commands"), body.into()).await {
            Ok((true, body)) => serde_json::from_slice(&body).unwrap_or_else(|error| unavailable(error.to_string())),
            Ok((false, body)) => {
                serde_json::from_slice(&body).map_or_else(|error| unavailable(error.to_string()), Reply::Refused)
            }
            Err(why) => unavailable(why),
        }
    }

    /// A stream of server-sent events.
    pub(crate) async fn stream(&self, path: &str) -> Result<Lines, Why> {
        let response = self.send(Request::get(path), Bytes::new()).await?;
        Ok(Lines { body: response.into_body(), rest: Vec::new() })
    }

    async fn answer(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<(bool, Bytes), Why> {
        let response = self.send(request, body).await?;
        let ok = response.status().is_success();
        let body = timeout(ANSWER_LIMIT, response.into_body().collect()).await;
        let body = body.map_err(|_| "the answer did not end")?.map_err(|error| error.to_string())?;
        Ok((ok, body.to_bytes()))
    }

    async fn send(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<Response<Incoming>, Why> {
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|error| format!("{}: {error}", self.socket.display()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        // Ends with the answer; its errors reach us through the sender.
        tokio::spawn(connection);
        let request = request
            .header("host", "ketang")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .expect("paths are made of lesson ids, which are checked, and fixed words");
        let answer = timeout(ANSWER_LIMIT, sender.send_request(request)).await;
        answer.map_err(|_| "no answer within 10 s")?.map_err(|error| error.to_string())
    }
}

/// The data of a stream, piece by piece.
pub(crate) struct Lines {
    body: Incoming,
    /// What has come of the next line.
    rest: Vec<u8>,
}

impl Lines {
    /// Waits for the next piece of data; an error when the host ends or says what is not understood.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Result<T, Why> {
        loop {
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data: ") {
                    return serde_json::from_slice(data).map_err(|error| error.to_string());
                }
            }
            if self.rest.len() > LINE_LIMIT {
                return Err("a line of the stream has no end".into());
            }
            let frame = timeout(SILENCE_LIMIT, self.body.frame()).await.map_err(|_| "the host went silent")?;
            let frame = frame.ok_or("the host stopped")?.map_err(|error| error.to_string())?;
            if let Ok(data) = frame.into_data() {
                self.rest.extend_from_slice(&data);
            }
        }
    }
}
