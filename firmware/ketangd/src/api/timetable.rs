//! `GET` and `PUT /v1/timetable`: the room's timetable, with the version that a change of it was made from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::timetable::Timetable;
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Refused, object, seen_version};
use crate::timetable::Timetables;

pub(super) async fn get(State(api): State<Api>) -> Response {
    answer(api, |_| Ok(())).await
}

/// Replaces the timetable that `If-Match` names, and answers with what there is then.
pub(super) async fn put(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    let seen = match seen_version(&headers) {
        Ok(seen) => seen,
        Err(refused) => return refused.into_response(),
    };
    match object::<Timetable>(body) {
        Ok(timetable) => answer(api, move |timetables| timetables.replace(&seen, timetable)).await,
        Err(refused) => refused.into_response(),
    }
}

/// Does something with the timetable, which may wait for the disk, and tells what it is then.
async fn answer(api: Api, act: impl FnOnce(&Timetables) -> Result<(), Refusal> + Send + 'static) -> Response {
    let timetables = Arc::clone(&api.host.timetables);
    let acted = tokio::task::spawn_blocking(move || {
        act(&timetables)?;
        timetables.told()
    });
    match acted.await {
        Ok(Ok(told)) => ([(ETAG, format!("\"{}\"", told.version))], Json(told)).into_response(),
        Ok(Err(refusal)) => Refused::from(refusal).into_response(),
        Err(error) => {
            tracing::error!("the timetable panicked: {error}");
            let (chinese, english) = ("主机读写课表失败：原因见日志", "the host could not do this: its log tells why");
            Refused::from(Refusal::new(RefusalCode::Failed, chinese, english)).into_response()
        }
    }
}
