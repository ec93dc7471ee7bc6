//! `GET` and `PUT /v1/settings`: the settings as TOML, with the version that a change of them was made from.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::settings::NotTaken;
use ketang_protocol::snapshot::{JobState, Snapshot};
use ketang_protocol::targets::PushState;

use super::Api;
use super::answer::{Refused, seen_version, status_of, versioned};
use crate::settings::Settings;

pub(super) async fn get(State(api): State<Api>) -> Response {
    answer(api, |_| Ok(())).await
}

/// Replaces the settings that `If-Match` names, and answers with what there is then.
pub(super) async fn put(State(api): State<Api>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let seen = match seen_version(&headers) {
        Ok(seen) => seen,
        Err(refused) => return refused.into_response(),
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return Refused::not_read(rejection.status(), &rejection.body_text()).into_response(),
    };
    match String::from_utf8(body.into()) {
        Ok(text) => answer(api, move |settings| settings.replace(&seen, text)).await,
        Err(error) => Refused::not_read(StatusCode::BAD_REQUEST, &error.utf8_error().to_string()).into_response(),
    }
}

/// Does something with the settings, which may wait for the disk, and tells what they are then.
async fn answer(api: Api, act: impl FnOnce(&Settings) -> Result<(), NotTaken> + Send + 'static) -> Response {
    let settings = Arc::clone(&api.host.settings);
    let acted = tokio::task::spawn_blocking(move || {
        act(&settings)?;
        let busy = is_busy(&api.host.snapshots.borrow());
        settings.told(busy)
    });
    match acted.await {
        Ok(Ok(told)) => versioned(&told.version, &told),
        Ok(Err(not_taken)) => (status_of(not_taken.refusal.code), Json(not_taken)).into_response(),
        Err(error) => {
            tracing::error!("the settings panicked: {error}");
            let (chinese, english) = ("主机读写设置失败：原因见日志", "the host could not do this: its log tells why");
            Refused::from(Refusal::new(RefusalCode::Failed, chinese, english)).into_response()
        }
    }
}

/// Whether the host has something in hand that it does not start itself anew in.
fn is_busy(snapshot: &Snapshot) -> bool {
    snapshot.lesson.as_ref().is_some_and(|lesson| !lesson.outcome.is_end())
        || snapshot.jobs.iter().any(|job| job.state == JobState::Running)
        || snapshot.live.iter().any(|target| target.push != PushState::Off)
}
