//! `GET` and `PUT /v1/targets`: the live targets without their keys, with the version that a change of them was made from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use ketang_protocol::command::Refusal;
use ketang_protocol::targets::Targets;
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Refused, done, object, seen_version, versioned};
use crate::targets::LiveTargets;

pub(super) async fn get(State(api): State<Api>) -> Result<Response, Refused> {
    answer(api, |_| Ok(())).await
}

/// Replaces the targets that `If-Match` names, and answers with what there is then.
pub(super) async fn put(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Refused> {
    let seen = seen_version(&headers)?;
    let new: Targets = object(body)?;
    answer(api, move |all| all.replace(&seen, new)).await
}

/// Does something with the targets, which may wait for the disk, and tells what they are then.
async fn answer(
    api: Api,
    act: impl FnOnce(&LiveTargets) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, Refused> {
    let all = Arc::clone(&api.host.targets);
    let told = done(("直播目标", "the live targets"), move || {
        act(&all)?;
        all.told()
    });
    let told = told.await?;
    Ok(versioned(&told.version, &told))
}
