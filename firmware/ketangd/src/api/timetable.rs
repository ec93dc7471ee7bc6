//! `GET` and `PUT /v1/timetable`: the room's timetable, with the version that a change of it was made from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use ketang_protocol::command::Refusal;
use ketang_protocol::timetable::Timetable;
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Refused, done, object, seen_version, versioned};
use crate::timetable::Timetables;

pub(super) async fn get(State(api): State<Api>) -> Result<Response, Refused> {
    answer(api, |_| Ok(())).await
}

/// Replaces the timetable that `If-Match` names, and answers with what there is then.
pub(super) async fn put(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Refused> {
    let seen = seen_version(&headers)?;
    let new: Timetable = object(body)?;
    answer(api, move |all| all.replace(&seen, new)).await
}

/// Does something with the timetable, which may wait for the disk, and tells what it is then.
async fn answer(
    api: Api,
    act: impl FnOnce(&Timetables) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, Refused> {
    let all = Arc::clone(&api.host.timetables);
    let told = done(("课表", "the timetable"), move || {
        act(&all)?;
        all.told()
    });
    let told = told.await?;
    Ok(versioned(&told.version, &told))
}
