//! Every failure as the same JSON, `{"code", "chinese", "english"}`, with an HTTP status that fits the code.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A refusal as an HTTP answer.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    refusal: Refusal,
}

impl Refused {
    pub(super) fn new(status: StatusCode, refusal: Refusal) -> Self {
        Self { status, refusal }
    }

    /// A request that could not be read; `why` is the web framework's word for it.
    pub(super) fn not_read(status: StatusCode, why: &str) -> Self {
        let (chinese, english) = (format!("请求无法读取：{why}"), format!("the request cannot be read: {why}"));
        Self::new(status, Refusal::new(RefusalCode::Invalid, chinese, english))
    }
}

/// The status that fits a code.
pub(super) fn status_of(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::WrongState => StatusCode::CONFLICT,
        RefusalCode::NotFound => StatusCode::NOT_FOUND,
        RefusalCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalCode::ChangedMeanwhile => StatusCode::PRECONDITION_FAILED,
        RefusalCode::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
        RefusalCode::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { status: status_of(refusal.code), refusal }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.refusal)).into_response()
    }
}

/// Does what may wait for the disk. `names`: what it reads and writes, in Chinese and in English.
pub(super) async fn done<T: Send + 'static>(
    names: (&str, &str),
    act: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done.map_err(Refused::from),
        Err(error) => {
            tracing::error!("{} panicked: {error}", names.1);
            let chinese = format!("主机读写{}失败：原因见日志", names.0);
            Err(Refusal::new(RefusalCode::Failed, chinese, "the host could not do this: its log tells why").into())
        }
    }
}

/// What is replaced whole, with its version as the tag that a change names.
pub(super) fn versioned<T: Serialize>(version: &str, told: &T) -> Response {
    ([(ETAG, format!("\"{version}\""))], Json(told)).into_response()
}

/// A body that is one JSON object. A list is none, although its values could be taken for those of the keys.
pub(super) fn object<T: DeserializeOwned>(body: Result<Json<Map<String, Value>>, JsonRejection>) -> Result<T, Refused> {
    let Json(object) = body.map_err(|rejection| Refused::not_read(rejection.status(), &rejection.body_text()))?;
    let wrong = |error: serde_json::Error| Refused::not_read(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
    serde_json::from_value(Value::Object(object)).map_err(wrong)
}

/// The version that a change was made from, as `If-Match` names it.
pub(super) fn seen_version(headers: &HeaderMap) -> Result<String, Refused> {
    let seen = headers.get(IF_MATCH).and_then(|version| version.to_str().ok()?.strip_prefix('"')?.strip_suffix('"'));
    seen.map(str::to_owned).ok_or_else(no_version)
}

fn no_version() -> Refused {
    let chinese = "请在 If-Match 中写明修改自哪个版本，例如 If-Match: \"none\"：用 GET 读取时给出版本";
    let english = "say in If-Match which version this was made from, such as If-Match: \"none\": GET tells it";
    Refused::new(StatusCode::PRECONDITION_REQUIRED, Refusal::new(RefusalCode::Invalid, chinese, english))
}

pub(super) async fn no_such_route(uri: Uri) -> Refused {
    let path = uri.path();
    let chinese = format!("{path} 不存在：可用的地址见 docs/zh/reference/api.md");
    let english = format!("there is nothing at {path}: docs/reference/api.md lists what there is");
    Refused::new(StatusCode::NOT_FOUND, Refusal::new(RefusalCode::NotFound, chinese, english))
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Refused {
    let path = uri.path();
    let chinese =
        format!("{path} 不接受 {method}：命令用 POST 发送，设置、课表、直播目标和区域用 PUT 保存，其余用 GET 读取");
    let english = format!(
        "{path} does not take {method}: commands are POSTed, settings, the timetable, live targets and zones are PUT, all else is read with GET"
    );
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, Refusal::new(RefusalCode::Invalid, chinese, english))
}
