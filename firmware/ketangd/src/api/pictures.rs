//! Live small pictures as a stream that browsers show in an `<img>`.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::live::Feed;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Api;
use super::answer::Refused;
use crate::live::{BOUNDARY, Form};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    form: Form,
}

/// One part a picture, until the reader goes or the host stops.
pub(super) async fn follow(
    State(api): State<Api>,
    Path(feed): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(wanted) = wanted.map_err(|error| Refused::not_read(error.status(), &error.body_text()))?;
    let parts = feed.parse::<Feed>().ok().and_then(|feed| api.host.live.follow(feed, wanted.form));
    let Some(mut parts) = parts else {
        let there: Vec<_> = api.host.live.feeds().map(Feed::as_str).collect();
        let chinese = format!("本机没有画面 `{feed}`：可用 {}", there.join("、"));
        let english = format!("this host has no picture `{feed}`: use {}", there.join(", "));
        return Err(Refusal::new(RefusalCode::NotFound, chinese, english).into());
    };
    let (to, from) = mpsc::channel::<Bytes>(1);
    let mut stopping = api.stopping;
    tokio::spawn(async move {
        let feeding = async {
            let first = Bytes::from(format!("--{BOUNDARY}\r\n"));
            let mut sent = to.send(first).await;
            while sent.is_ok() && parts.changed().await.is_ok() {
                let part = parts.borrow_and_update().clone();
                sent = to.send(part).await;
            }
        };
        tokio::select! {
            () = feeding => {}
            () = to.closed() => {}
            // An error means that the server has ended.
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    let body = Body::from_stream(ReceiverStream::new(from).map(Ok::<_, Infallible>));
    let kind = format!("multipart/x-mixed-replace; boundary={BOUNDARY}");
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store".to_owned())], body).into_response())
}
