//! Every failure as the same JSON, `{"code", "message"}`, with an HTTP status that fits the code.

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};

/// A refusal as an HTTP answer.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    refusal: Refusal,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: RefusalCode, message: impl Into<String>) -> Self {
        Self { status, refusal: Refusal::new(code, message) }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code {
            RefusalCode::WrongState => StatusCode::CONFLICT,
            RefusalCode::NotFound => StatusCode::NOT_FOUND,
            RefusalCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalCode::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
            RefusalCode::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, refusal }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.refusal)).into_response()
    }
}

pub(super) async fn no_such_route(uri: Uri) -> Refused {
    let message = format!("there is nothing at {}: docs/reference/api.md lists what there is", uri.path());
    Refused::new(StatusCode::NOT_FOUND, RefusalCode::NotFound, message)
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Refused {
    let message = format!("{} does not take {method}: commands are POSTed, all else is read with GET", uri.path());
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, RefusalCode::Invalid, message)
}
