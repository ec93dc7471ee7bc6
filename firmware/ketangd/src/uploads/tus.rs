//! A client of the tus protocol 1.0.0 (<https://tus.io/protocols/resumable-upload>): files in pieces, each with its check sum
//! where the server compares it, going on after any interruption from where the server is.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ketang_protocol::sentence::Sentence;
use sha1::{Digest, Sha1};
use ureq::http::{Method, Request, Response, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

const VERSION: &str = "1.0.0";
/// A server that says nothing for so long is away.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);

/// Why nothing more is uploaded for now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    #[error("the server cannot be reached ({0}): check the network and `upload.address`")]
    Unreachable(String),

    #[error("the server does not let this host in ({0}): check the key in `upload.key-file`")]
    NotLetIn(u16),

    #[error("`upload.address` is no tus 1.0.0 server (it answers {0}): check the address with your platform")]
    NoTus(u16),

    #[error("the server takes no file of {megabytes} MB: let it take larger ones, or lower `recording.part-limit-mb`")]
    TooLarge { megabytes: u64 },

    #[error("the server answers {0}: see its own log")]
    Answer(u16),

    #[error("a piece arrived otherwise than it was sent: it is sent again")]
    Mangled,

    #[error("the key in {file} cannot be used ({why}): write it there as your platform gave it")]
    Key { file: String, why: String },

    #[error("{file} cannot be read ({why}): check the disk")]
    File { file: String, why: String },

    #[error("the host ends")]
    Ends,
}

impl UploadError {
    /// In both languages. What the system said stands as it is.
    pub fn told(&self) -> Sentence {
        let chinese = match self {
            Self::Unreachable(why) => format!("连不上上传服务器（{why}）：请检查网络和 `upload.address`"),
            Self::NotLetIn(status) => {
                format!("上传服务器不接受这台主机（{status}）：请检查 `upload.key-file` 里的密钥")
            }
            Self::NoTus(status) => {
                format!("`upload.address` 不是 tus 1.0.0 服务器（回答 {status}）：请向平台核对地址")
            }
            Self::TooLarge { megabytes } => {
                format!("上传服务器不收 {megabytes} MB 的文件：请放宽服务器的限制，或调低 `recording.part-limit-mb`")
            }
            Self::Answer(status) => format!("上传服务器回答 {status}：请查看服务器的日志"),
            Self::Mangled => "有一段数据在途中损坏：会重新发送".into(),
            Self::Key { file, why } => format!("{file} 里的密钥无法使用（{why}）：请写入平台给的密钥"),
            Self::File { file, why } => format!("无法读取 {file}（{why}）：请检查磁盘"),
            Self::Ends => "主机正在停止".into(),
        };
        Sentence::new(chinese, self.to_string())
    }
}

/// What the server can do beside the protocol's core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    /// It compares each piece with its SHA-1.
    pub(super) compares: bool,
    /// The largest file that it takes, in bytes.
    pub(super) largest: Option<u64>,
}

/// One tus server.
#[derive(Debug)]
pub(super) struct Tus {
    agent: Agent,
    address: Uri,
    key: Option<String>,
}

impl Tus {
    pub(super) fn new(address: Uri, key: Option<String>) -> Self {
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_send_body(Some(ANSWER))
            .max_redirects(0)
            // What the machine's administrator trusts, a school's own authority too.
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build();
        Self { agent: settings.into(), address, key }
    }

    pub(super) fn abilities(&self) -> Result<Abilities, UploadError> {
        let answer = self.ask(Method::OPTIONS, &self.address, &[], Vec::new())?;
        let status = answer.status();
        if !status.is_success() || header(&answer, "tus-version").is_none() {
            return Err(refused(status, UploadError::NoTus));
        }
        let lists =
            |name, wanted| header(&answer, name).is_some_and(|list| list.split(',').any(|one| one.trim() == wanted));
        if !lists("tus-extension", "creation") {
            return Err(UploadError::NoTus(status.as_u16()));
        }
        let compares = lists("tus-extension", "checksum") && lists("tus-checksum-algorithm", "sha1");
        let largest = header(&answer, "tus-max-size").and_then(|size| size.parse().ok()).filter(|size| *size > 0);
        Ok(Abilities { compares, largest })
    }

    /// Makes a file of so many bytes on the server; returns its address.
    pub(super) fn create(&self, bytes: u64, metadata: &[(&str, &str)]) -> Result<Uri, UploadError> {
        let pairs = metadata.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
        let headers = [("upload-length", bytes.to_string()), ("upload-metadata", pairs.collect::<Vec<_>>().join(","))];
        let answer = self.ask(Method::POST, &self.address, &headers, Vec::new())?;
        match (answer.status(), header(&answer, "location")) {
            (StatusCode::CREATED, Some(location)) => self.beside(&location).ok_or(UploadError::NoTus(201)),
            (StatusCode::PAYLOAD_TOO_LARGE, _) => Err(UploadError::TooLarge { megabytes: bytes.div_ceil(1_000_000) }),
            (status, _) => Err(refused(status, UploadError::Answer)),
        }
    }

    /// How much of a file the server has; `None` where it knows none there any more.
    pub(super) fn offset(&self, file: &Uri) -> Result<Option<u64>, UploadError> {
        let answer = self.ask(Method::HEAD, file, &[], Vec::new())?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_success() => offset_of(&answer).map(Some),
            status => Err(refused(status, UploadError::Answer)),
        }
    }

    /// Sends a piece from an offset on; returns how much the server has then.
    pub(super) fn send(&self, file: &Uri, offset: u64, piece: Vec<u8>, compares: bool) -> Result<u64, UploadError> {
        let mut headers =
            vec![("upload-offset", offset.to_string()), ("content-type", "application/offset+octet-stream".to_owned())];
        if compares {
            headers.push(("upload-checksum", format!("sha1 {}", STANDARD.encode(Sha1::digest(&piece)))));
        }
        /// `Checksum Mismatch`, of the extension.
        const MISMATCH: u16 = 460;
        let answer = self.ask(Method::PATCH, file, &headers, piece)?;
        match answer.status() {
            status if status.is_success() => offset_of(&answer),
            // Somebody else sends the same, or a piece before arrived after all: the server says where it is when it is asked.
            StatusCode::CONFLICT => Err(UploadError::Mangled),
            status if status.as_u16() == MISMATCH => Err(UploadError::Mangled),
            status => Err(refused(status, UploadError::Answer)),
        }
    }

    fn ask(
        &self,
        method: Method,
        to: &Uri,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Response<Body>, UploadError> {
        let mut request = Request::builder().method(method).uri(to).header("tus-resumable", VERSION);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).map_err(|error| UploadError::Unreachable(error.to_string()))?;
        self.agent.run(request).map_err(|error| UploadError::Unreachable(error.to_string()))
    }

    /// An address as the server gave it, whole or as a path. The key goes to no other server.
    fn beside(&self, location: &str) -> Option<Uri> {
        let given: Uri = location.parse().ok()?;
        let (scheme, authority) = (self.address.scheme()?, self.address.authority()?);
        if given.authority().is_some_and(|other| other != authority) {
            return None;
        }
        let path = given.path_and_query()?.clone();
        Uri::builder().scheme(scheme.clone()).authority(authority.clone()).path_and_query(path).build().ok()
    }
}

fn header(answer: &Response<Body>, name: &str) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.to_owned())
}

fn offset_of(answer: &Response<Body>) -> Result<u64, UploadError> {
    let offset = header(answer, "upload-offset").and_then(|offset| offset.parse().ok());
    offset.ok_or(UploadError::NoTus(answer.status().as_u16()))
}

fn refused(status: StatusCode, otherwise: fn(u16) -> UploadError) -> UploadError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => UploadError::NotLetIn(status.as_u16()),
        _ => otherwise(status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_address_is_on_the_server_that_was_asked() {
        let tus = Tus::new("https://a.example:8443/files/".parse().unwrap(), None);
        let beside = |location: &str| tus.beside(location).map(|uri| uri.to_string());
        assert_eq!(beside("/files/1?x=2").as_deref(), Some("https://a.example:8443/files/1?x=2"));
        assert_eq!(beside("https://a.example:8443/f/1").as_deref(), Some("https://a.example:8443/f/1"));
        // A server behind a proxy knows not always by what scheme it is reached.
        assert_eq!(beside("http://a.example:8443/f/1").as_deref(), Some("https://a.example:8443/f/1"));
        assert_eq!(beside("https://b.example/f/1"), None);
        assert_eq!(beside("not an address"), None);
    }
}
