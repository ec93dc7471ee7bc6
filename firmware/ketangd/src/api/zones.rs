//! `GET`, `PUT` and `DELETE /v1/zones/{input}`: zones and masks of a camera, with the version that a change of them was made from.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_tracker::room::Room;
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Refused, done, object, seen_version, versioned};
use crate::zones::Zones;

pub(super) async fn get(State(api): State<Api>, Path(input): Path<String>) -> Result<Response, Refused> {
    answer(api, &input, |_, _| Ok(())).await
}

/// Replaces the zones that `If-Match` names, and answers with what there is then.
pub(super) async fn put(
    State(api): State<Api>,
    Path(input): Path<String>,
    headers: HeaderMap,
    zones: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Refused> {
    let seen = seen_version(&headers)?;
    let zones: Room = object(zones)?;
    answer(api, &input, move |all, input| all.replace(input, &seen, Some(zones))).await
}

/// Back to the zones of the host's own file.
pub(super) async fn delete(
    State(api): State<Api>,
    Path(input): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let seen = seen_version(&headers)?;
    answer(api, &input, move |all, input| all.replace(input, &seen, None)).await
}

/// Does something with the zones, which may wait for the disk, and tells what they are then.
async fn answer(
    api: Api,
    input: &str,
    act: impl FnOnce(&Zones, PictureRole) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, Refused> {
    let input: PictureRole = input.parse().map_err(|_| {
        let english = format!("there is no input `{}`: GET /v1/snapshot lists them", input.escape_debug());
        Refusal::new(
            RefusalCode::NotFound,
            format!("没有输入 `{}`：GET /v1/snapshot 列出全部", input.escape_debug()),
            english,
        )
    })?;
    let zones = Arc::clone(&api.host.zones);
    let told = done(("区域", "the zones"), move || {
        act(&zones, input)?;
        zones.told(input)
    });
    let told = told.await?;
    Ok(versioned(&told.version, &told))
}
