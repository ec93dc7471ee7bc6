//! What the site says to a person or a program: done, or no, and why. Worded in the reader's language on the way out, as a
//! page, as a redirect with a notice, or in both languages as JSON, as the host's own refusals are.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::lang::Lang;
use crate::pages;
use crate::store::StoreError;

/// The cookie that carries a notice over a redirect.
pub(crate) const NOTICE: &str = "said";

/// A message, and where the reader goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    status: StatusCode,
    /// A stable name for programs.
    code: &'static str,
    chinese: String,
    english: String,
    /// The page to go to.
    to: Option<String>,
}

impl Said {
    /// Something was done; the reader goes to the page `to`.
    pub(crate) fn done(to: impl Into<String>, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        let (chinese, english) = (chinese.into(), english.into());
        Self { status: StatusCode::OK, code: "done", chinese, english, to: Some(to.into()) }
    }

    /// Something was not done.
    pub(crate) fn no(
        status: StatusCode,
        code: &'static str,
        chinese: impl Into<String>,
        english: impl Into<String>,
    ) -> Self {
        Self { status, code, chinese: chinese.into(), english: english.into(), to: None }
    }

    pub(crate) fn not_found(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::no(StatusCode::NOT_FOUND, "not-found", chinese, english)
    }

    pub(crate) fn invalid(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self::no(StatusCode::UNPROCESSABLE_ENTITY, "invalid", chinese, english)
    }

    /// Somebody else changed the same thing meanwhile.
    pub(crate) fn meanwhile() -> Self {
        Self::no(
            StatusCode::CONFLICT,
            "changed-meanwhile",
            "刚才有其他人改动了它：请刷新页面，看过再改",
            "Somebody else has just changed this: reload the page, look, and try again",
        )
    }

    /// What went wrong here; the log has the rest.
    pub(crate) fn failed(error: &dyn std::fmt::Display) -> Self {
        tracing::error!("{error}");
        Self::no(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "管理站点出错：详情见日志（journalctl -u ketang-admin）",
            "Something failed here: the log tells more (journalctl -u ketang-admin)",
        )
    }

    /// The host cannot be asked.
    pub(crate) fn host_away() -> Self {
        Self::no(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "录播主机没有应答：用 systemctl status ketangd 查看，正在录的课不受本站影响",
            "The recording host does not answer: look at systemctl status ketangd",
        )
    }

    /// With this page to go to although nothing was done.
    pub(crate) fn at(self, to: impl Into<String>) -> Self {
        Self { to: Some(to.into()), ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.chinese, &self.english)
    }

    fn page(&self, lang: Lang, wants_json: bool) -> Response {
        if wants_json {
            let body = json!({"code": self.code, "chinese": self.chinese, "english": self.english, "to": self.to});
            return (self.status, Json(body)).into_response();
        }
        let Some(to) = &self.to else {
            return (self.status, pages::notice(lang, self.text(lang))).into_response();
        };
        let mut response = (StatusCode::SEE_OTHER, Body::empty()).into_response();
        let mark = if self.status.is_success() { '+' } else { '-' };
        let notice = utf8_percent_encode(self.text(lang), NON_ALPHANUMERIC);
        let cookie = format!("{NOTICE}={mark}{notice}; Path=/; Max-Age=30; Secure; HttpOnly; SameSite=Strict");
        for (name, value) in [(SET_COOKIE, cookie), (LOCATION, to.clone())] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// The status that fits a refusal of the host, as its own API answers.
pub(crate) fn status_of(code: RefusalCode) -> (StatusCode, &'static str) {
    match code {
        RefusalCode::WrongState => (StatusCode::CONFLICT, "wrong-state"),
        RefusalCode::NotFound => (StatusCode::NOT_FOUND, "not-found"),
        RefusalCode::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        RefusalCode::ChangedMeanwhile => (StatusCode::PRECONDITION_FAILED, "changed-meanwhile"),
        RefusalCode::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "no-space"),
        RefusalCode::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        RefusalCode::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    }
}

impl From<Refusal> for Said {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = status_of(refusal.code);
        Self::no(status, code, Lang::Chinese.refusal(&refusal), Lang::English.refusal(&refusal))
    }
}

impl From<ketang_client::Error> for Said {
    fn from(error: ketang_client::Error) -> Self {
        match error {
            ketang_client::Error::Refused(refusal) => refusal.into(),
            ketang_client::Error::NotUnderstood(_) => Self::failed(&error),
            _ => Self::host_away(),
        }
    }
}

impl From<StoreError> for Said {
    fn from(error: StoreError) -> Self {
        Self::failed(&error)
    }
}

impl IntoResponse for Said {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts what was said into words, for a person or a program.
pub(crate) async fn worded(request: Request, next: Next) -> Response {
    let lang = Lang::of(request.headers());
    let json = request.headers().get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let path = request.uri().path();
    let json = json || ["/v1/", "/uploads", "/live/"].iter().any(|start| path.starts_with(start));
    let mut response = next.run(request).await;
    let Some(said) = response.extensions_mut().remove::<Said>() else { return response };
    let mut page = said.page(lang, json);
    for (name, value) in response.headers() {
        page.headers_mut().append(name, value.clone());
    }
    page
}
