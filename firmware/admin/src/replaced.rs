//! What the host keeps and programs replace whole, `/v1/timetable`, `/v1/targets` and `/v1/zones/{input}`: handed on as it comes, and
//! written down. The host alone says whether it is right.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

use crate::api::TARGETS;
use crate::routes::BODY_LIMIT;
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn change(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    request: Request,
) -> Result<Response, Said> {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let seen = request.headers().get(IF_MATCH).cloned().unwrap_or(HeaderValue::from_static(""));
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
        Said::no(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid",
            "内容太大：请删减或合并一些",
            "This is too large: leave some out, or join some",
        )
    })?;
    let answer = site.client.change(&path, seen, (method == Method::PUT).then_some(body)).await?;
    site.note(person.name(), person.address, &deed(&method, &path), answer.status().is_success());
    let (parts, body) = answer.into_parts();
    let mut response = Response::builder().status(parts.status);
    for name in [CONTENT_TYPE, ETAG] {
        if let Some(value) = parts.headers.get(&name) {
            response = response.header(name, value);
        }
    }
    Ok(response.body(Body::new(body)).expect("its parts come from a response"))
}

/// What the log calls it.
fn deed(method: &Method, path: &str) -> String {
    match (path.strip_prefix("/v1/zones/"), method) {
        (Some(input), &Method::PUT) => format!("zones of {input}: drawn"),
        (Some(input), _) => format!("zones of {input}: those of the host's file again"),
        (None, _) if path == TARGETS => "live targets: set by a program".to_owned(),
        (None, _) => "timetable: set by a program".to_owned(),
    }
}
