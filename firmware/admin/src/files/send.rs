//! Sends a file: whole, or the piece that was asked for, so that players can jump and downloads can go on.

use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::Kind;
use crate::said::Said;

/// Sends the file at `path`, called `name`; with `?download` the browser keeps it rather than show it.
pub(crate) async fn send(path: &Path, name: &str, request: Request) -> Result<Response, Said> {
    // Ordinary files only: a link could lead anywhere.
    let meta = tokio::fs::symlink_metadata(path).await;
    if !meta.is_ok_and(|meta| meta.is_file()) {
        return Err(Said::not_found(format!("“{name}”不存在"), format!("There is no `{name}`")));
    }
    let download = request.uri().query().is_some_and(|query| query.split('&').any(|part| part == "download"));
    let kind = Kind::of_name(name);
    let response = ServeFile::new(path).oneshot(request).await;
    let mut response = match response {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Said::not_found(format!("“{name}”不存在"), format!("There is no `{name}`")));
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.map_or("application/octet-stream", |kind| kind.mime)));
    let how = if download || kind.is_none() { "attachment" } else { "inline" };
    let how = format!("{how}; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&how).expect("it is encoded"));
    Ok(response)
}

/// The rest of an address below `prefix`, as it was typed: decoded once, and only if it is text.
pub(crate) fn segments<'a>(request: &'a Request, prefix: &str) -> Result<std::borrow::Cow<'a, str>, Said> {
    let path = request.uri().path();
    let rest = path.strip_prefix(prefix).unwrap_or_default();
    // An encoded slash is part of a name, and no name has one.
    if rest.to_ascii_lowercase().contains("%2f") {
        return Err(Said::invalid("名称不能含 /", "A name has no /"));
    }
    percent_decode_str(rest).decode_utf8().map_err(|_| Said::invalid("地址不是文字", "The address is no text"))
}
