//! HTTP over the host's Unix socket: one question, one command, or a stream that is followed. What every client of the host
//! shares; it retries nothing and words no error for people, which is for those who know the reader. With the feature `remote`
//! the same to a host elsewhere, through its pages.

mod pictures;
#[cfg(feature = "remote")]
mod remote;

use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, IF_MATCH};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use ketang_protocol::command::{self, Command, Refusal, Reply};
use ketang_protocol::live::Feed;
use ketang_protocol::settings::{NotTaken, Settings};
use ketang_protocol::targets::{self, Targets};
use ketang_protocol::timetable::{Timetable, Versioned};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::time::timeout;

pub use pictures::{Picture, Pictures};
#[cfg(feature = "remote")]
pub use remote::{Remote, RemoteError};

/// How long a stream may say nothing; the host sends a sign of life every 10 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(35);
/// Longer lines than any snapshot: the stream is not one of ours.
const LINE_LIMIT: usize = 4 << 20;

/// Why the host was not reached or understood.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket cannot be opened.
    #[error("{socket}: {error}", socket = socket.display())]
    Connect { socket: PathBuf, error: std::io::Error },
    /// The connection failed or ended, in words.
    #[error("{0}")]
    Broken(String),
    /// The host says what this program does not understand.
    #[error("{0}")]
    NotUnderstood(String),
    /// The host says no.
    #[error("{}", .0.english)]
    Refused(Refusal),
    /// A host elsewhere does not answer at its address.
    #[error("{host}: {why}")]
    Unreachable { host: String, why: String },
    /// It shows another certificate than it should: this one.
    #[error("{host}: {shown}")]
    OtherCertificate { host: String, shown: String },
    /// The pages of the host let nobody in with this token, or not for this.
    #[error("{english}")]
    NotLetIn { chinese: String, english: String },
}

impl Error {
    fn broken(why: impl ToString) -> Self {
        Self::Broken(why.to_string())
    }
}

/// Why it did not go well: the host's own refusal, or that of its pages, which know more reasons.
fn refused(body: &[u8]) -> Error {
    #[derive(serde::Deserialize)]
    struct Said {
        chinese: String,
        english: String,
    }
    if let Ok(refusal) = serde_json::from_slice(body) {
        return Error::Refused(refusal);
    }
    match understood(body) {
        Ok(Said { chinese, english }) => Error::NotLetIn { chinese, english },
        Err(error) => error,
    }
}

fn understood<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::NotUnderstood(error.to_string()))
}

/// The version that somebody saw, as a header. What cannot stand in one is no version; the host says so.
fn seen(version: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

#[derive(Clone, Debug)]
enum Way {
    Socket(PathBuf),
    #[cfg(feature = "remote")]
    Remote(Remote),
}

/// The way to a host. Each question opens a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    way: Way,
    from: &'static str,
    answer_limit: Duration,
}

impl Client {
    /// `from` is who sends the commands, as the lesson's events tell; `answer_limit` is how long the host may take to answer.
    pub fn new(socket: PathBuf, from: &'static str, answer_limit: Duration) -> Self {
        Self { way: Way::Socket(socket), from, answer_limit }
    }

    /// The same to a host elsewhere. Commands are those of the token's account, whatever `from` says.
    #[cfg(feature = "remote")]
    pub fn remote(remote: Remote, from: &'static str, answer_limit: Duration) -> Self {
        Self { way: Way::Remote(remote), from, answer_limit }
    }

    /// Where the host is asked, for people.
    pub fn place(&self) -> String {
        match &self.way {
            Way::Socket(socket) => socket.display().to_string(),
            #[cfg(feature = "remote")]
            Way::Remote(remote) => remote.address().to_owned(),
        }
    }

    /// What the host says at `path`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.answer(Request::get(path), Bytes::new()).await
    }

    /// Asks for `path` (and query) and hands out the answer as it comes, whatever its kind.
    pub async fn ask(&self, path: &str) -> Result<Response<Incoming>, Error> {
        self.send(Request::get(path), Bytes::new()).await
    }

    /// Sends a command; a refusal is the host's reply, not an error of the way.
    pub async fn command(&self, command: Command) -> Result<Reply, Error> {
        self.command_from(self.from, command).await
    }

    /// The same in the name of somebody else, of 1 to 64 characters.
    pub async fn command_from(&self, from: &str, command: Command) -> Result<Reply, Error> {
        let request = command::Request { from: from.into(), command };
        let body = serde_json::to_vec(&request).expect("wire types have string keys and no failing part");
        let request = Request::post("/v1/commands").header(CONTENT_TYPE, "application/json");
        match self.answer(request, body.into()).await {
            Err(Error::Refused(refusal)) => Ok(Reply::Refused(refusal)),
            reply => reply,
        }
    }

    /// The host's settings.
    pub async fn settings(&self) -> Result<Settings, Error> {
        self.get("/v1/settings").await
    }

    /// Replaces the settings that had this version; what the host does not take is its reply, not an error of the way.
    pub async fn replace_settings(&self, version: &str, text: String) -> Result<Result<Settings, NotTaken>, Error> {
        let request =
            Request::put("/v1/settings").header(IF_MATCH, seen(version)).header(CONTENT_TYPE, "application/toml");
        let (ok, body) = self.exchange(request, text.into()).await?;
        if ok { understood(&body).map(Ok) } else { understood(&body).map(Err) }
    }

    /// Replaces the timetable that had this version, and tells what there is then.
    pub async fn replace_timetable(&self, version: &str, timetable: &Timetable) -> Result<Versioned, Error> {
        let body = serde_json::to_vec(timetable).expect("wire types have string keys and no failing part");
        let request = Request::put("/v1/timetable").header(IF_MATCH, seen(version));
        self.answer(request.header(CONTENT_TYPE, "application/json"), body.into()).await
    }

    /// Replaces the live targets that had this version, and tells what there is then.
    pub async fn replace_targets(&self, version: &str, new: &Targets) -> Result<targets::Versioned, Error> {
        let body = serde_json::to_vec(new).expect("wire types have string keys and no failing part");
        let request = Request::put("/v1/targets").header(IF_MATCH, seen(version));
        self.answer(request.header(CONTENT_TYPE, "application/json"), body.into()).await
    }

    /// Changes what had a version at `path`, or takes it away without a body, and hands out the answer as it comes.
    pub async fn change(
        &self,
        path: &str,
        version: HeaderValue,
        body: Option<Bytes>,
    ) -> Result<Response<Incoming>, Error> {
        let request = if body.is_some() { Request::put(path) } else { Request::delete(path) };
        let request = request.header(IF_MATCH, version).header(CONTENT_TYPE, "application/json");
        self.send(request, body.unwrap_or_default()).await
    }

    /// A stream of server-sent events.
    pub async fn stream(&self, path: &str) -> Result<Lines, Error> {
        let response = self.send(Request::get(path), Bytes::new()).await?;
        if !response.status().is_success() {
            return Err(refused(&self.whole(response).await?));
        }
        Ok(Lines { body: response.into_body(), rest: Vec::new() })
    }

    /// The live small pictures of a feed.
    pub async fn pictures(&self, feed: Feed) -> Result<Pictures, Error> {
        let response = self.send(Request::get(format!("/v1/pictures/{feed}?form=ppm")), Bytes::new()).await?;
        if !response.status().is_success() {
            return Err(Error::NotUnderstood(format!("no pictures of {feed}: {}", response.status())));
        }
        Ok(Pictures { body: response.into_body(), rest: Vec::new() })
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<T, Error> {
        let (ok, body) = self.exchange(request, body).await?;
        if ok { understood(&body) } else { Err(refused(&body)) }
    }

    /// Whether it went well, and the answer whole.
    async fn exchange(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<(bool, Bytes), Error> {
        let response = self.send(request, body).await?;
        let ok = response.status().is_success();
        Ok((ok, self.whole(response).await?))
    }

    async fn whole(&self, response: Response<Incoming>) -> Result<Bytes, Error> {
        let body = timeout(self.answer_limit, response.into_body().collect()).await;
        Ok(body.map_err(|_| Error::broken("the answer did not end"))?.map_err(Error::broken)?.to_bytes())
    }

    async fn send(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<Response<Incoming>, Error> {
        let (mut sender, request) = match &self.way {
            Way::Socket(socket) => {
                let stream = UnixStream::connect(socket).await;
                let stream = stream.map_err(|error| Error::Connect { socket: socket.clone(), error })?;
                (speak(stream).await?, request.header(HOST, "ketang"))
            }
            #[cfg(feature = "remote")]
            Way::Remote(remote) => {
                let late =
                    || Error::Unreachable { host: remote.address().to_owned(), why: "it does not answer".into() };
                let stream = timeout(self.answer_limit, remote.connect()).await.map_err(|_| late())??;
                (speak(stream).await?, remote.signed(request))
            }
        };
        let request = request
            .body(Full::new(body))
            .expect("paths are made of lesson ids, which are checked, and fixed words, or come from a request");
        let late = || Error::Broken(format!("no answer within {} s", self.answer_limit.as_secs()));
        timeout(self.answer_limit, sender.send_request(request)).await.map_err(|_| late())?.map_err(Error::broken)
    }
}

/// Speaks HTTP on a connection.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<http1::SendRequest<Full<Bytes>>, Error> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::broken)?;
    // Ends with the answer; its errors reach us through the sender.
    tokio::spawn(connection);
    Ok(sender)
}

/// The data of a stream, piece by piece.
#[derive(Debug)]
pub struct Lines {
    body: Incoming,
    /// What has come of the next line.
    rest: Vec<u8>,
}

impl Lines {
    /// Waits for the next piece of data; an error when the host ends or says what is not understood.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        loop {
            while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data: ") {
                    return understood(data);
                }
            }
            if self.rest.len() > LINE_LIMIT {
                return Err(Error::broken("a line of the stream has no end"));
            }
            let data = timeout(SILENCE_LIMIT, next_data(&mut self.body)).await;
            self.rest.extend_from_slice(&data.map_err(|_| Error::broken("the host went silent"))??);
        }
    }
}

/// What comes next of an answer's body.
async fn next_data(body: &mut Incoming) -> Result<Bytes, Error> {
    let frame = body.frame().await.ok_or_else(|| Error::broken("the host stopped"))?.map_err(Error::broken)?;
    Ok(frame.into_data().unwrap_or_default())
}
