//! `PUT` and `DELETE /v1/zones/{input}`: handed on to the host, and written down.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

use crate::routes::BODY_LIMIT;
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn change(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path(input): Path<String>,
    request: Request,
) -> Result<Response, Said> {
    let path = request.uri().path().to_owned();
    let draws = request.method() == Method::PUT;
    let seen = request.headers().get(IF_MATCH).cloned().unwrap_or(HeaderValue::from_static(""));
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
        Said::no(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid",
            "轮廓太多：请合并一些",
            "These are too many outlines: join some",
        )
    })?;
    let answer = site.client.change(&path, seen, draws.then_some(body)).await?;
    let what = if draws { "drawn" } else { "those of the host's file again" };
    site.note(person.name(), person.address, &format!("zones of {input}: {what}"), answer.status().is_success());
    let (parts, body) = answer.into_parts();
    let mut response = Response::builder().status(parts.status);
    for name in [CONTENT_TYPE, ETAG] {
        if let Some(value) = parts.headers.get(&name) {
            response = response.header(name, value);
        }
    }
    Ok(response.body(Body::new(body)).expect("its parts come from a response"))
}
