//! The host's API: HTTP/1.1 over a Unix socket, with server-sent events for what changes.
//!
//! It knows the host only through [`HostHandle`]: requests go to the owner task, snapshots and events come from it, and
//! the library reads what lies on disk. Nothing here decides anything. Reference: `docs/reference/api.md`.

mod answer;
mod commands;
mod library;
mod pictures;
mod settings;
mod socket;
mod streams;
mod targets;
mod timetable;
mod zones;

use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use ketang_protocol::command::{Reply, Request};
use ketang_protocol::lesson::Event;
use ketang_protocol::snapshot::Snapshot;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::live::LivePictures;
use crate::settings::Settings;
use crate::targets::LiveTargets;
use crate::timetable::Timetables;
use crate::zones::Zones;

pub use library::Library;
pub use socket::{Socket, SocketError};

/// The greatest body of a request, in bytes: a command is far smaller.
const BODY_LIMIT: usize = 64 * 1024;
/// How long open requests may take once the host stops; systemd would wait longer, the files of a lesson should not.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A request on its way to the owner task, with the place for its answer.
pub type Asked = (Request, oneshot::Sender<Reply>);

/// All that a surface sees of the host.
#[derive(Clone)]
pub struct HostHandle {
    pub commands: mpsc::Sender<Asked>,
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The events of the lesson that runs, as they go into its `events.jsonl`.
    pub events: broadcast::Sender<Event>,
    pub library: Arc<dyn Library>,
    pub live: Arc<LivePictures>,
    pub settings: Arc<Settings>,
    pub targets: Arc<LiveTargets>,
    pub timetables: Arc<Timetables>,
    pub zones: Arc<Zones>,
}

#[derive(Clone)]
struct Api {
    host: HostHandle,
    /// Becomes true when the host stops, so that streams end.
    stopping: watch::Receiver<bool>,
}

/// Serves the API until `stop` completes and open requests are answered.
pub async fn serve(
    mut socket: Socket,
    host: HostHandle,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let router = router(Api { host, stopping: stopped.clone() });
    let server = axum::serve(socket.take_listener()?, router).with_graceful_shutdown(async move {
        stop.await;
        stopping.send_replace(true);
    });
    let limit = async {
        // An error means that the server has ended, which the other arm sees.
        let _ = stopped.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(STOP_LIMIT).await;
    };
    tokio::select! {
        served = server.into_future() => served,
        () = limit => {
            tracing::warn!("requests were still open {STOP_LIMIT:?} after the stop and are cut off");
            Ok(())
        }
    }
}

/// Serves `/metrics` alone on the network, for Prometheus.
pub async fn serve_metrics(
    listener: tokio::net::TcpListener,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(async move || metrics(&snapshots)))
        .fallback(answer::no_such_route)
        .method_not_allowed_fallback(answer::no_such_method);
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/commands", post(commands::post))
        .route("/v1/snapshot", get(streams::snapshot))
        .route("/v1/watch", get(streams::changes))
        .route("/v1/events", get(streams::events))
        .route("/v1/pictures/{feed}", get(pictures::follow))
        .route("/v1/inputs", get(library::inputs))
        .route("/v1/lessons", get(library::lessons))
        .route("/v1/trash", get(library::trash))
        .route("/v1/settings", get(settings::get).put(settings::put))
        .route("/v1/targets", get(targets::get).put(targets::put))
        .route("/v1/timetable", get(timetable::get).put(timetable::put))
        .route("/v1/zones/{input}", get(zones::get).put(zones::put).delete(zones::delete))
        .route("/v1/lessons/{id}", get(library::lesson))
        .route("/v1/lessons/{id}/events", get(library::events))
        .route("/metrics", get(async move |State(api): State<Api>| metrics(&api.host.snapshots)))
        .fallback(answer::no_such_route)
        .method_not_allowed_fallback(answer::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(api)
}

fn metrics(snapshots: &watch::Receiver<Arc<Snapshot>>) -> impl IntoResponse + use<> {
    let text = crate::metrics::text(&snapshots.borrow());
    ([(CONTENT_TYPE, crate::metrics::CONTENT_TYPE)], text)
}
