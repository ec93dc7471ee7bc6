//! What changes: the snapshot as it is and as it changes, and the events of the lesson that runs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as Line, KeepAlive, KeepAliveStream};
use ketang_protocol::snapshot::Snapshot;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Api;

/// The shortest time between two snapshots of one stream: 10 a second is what a level meter needs.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(100);
/// How often an idle stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

type Lines =
    Sse<KeepAliveStream<tokio_stream::adapters::Map<ReceiverStream<Line>, fn(Line) -> Result<Line, Infallible>>>>;

pub(super) async fn snapshot(State(api): State<Api>) -> Json<Snapshot> {
    Json(Snapshot::clone(&api.host.snapshots.borrow()))
}

/// The snapshot now, and again at each change; a slow reader misses some and always gets the newest.
pub(super) async fn changes(State(api): State<Api>) -> Lines {
    let mut snapshots = api.host.snapshots.clone();
    snapshots.mark_changed();
    lines(api, |to| feed_snapshots(snapshots, to))
}

async fn feed_snapshots(mut snapshots: watch::Receiver<Arc<Snapshot>>, to: mpsc::Sender<Line>) {
    while snapshots.changed().await.is_ok() {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        if to.send(line("snapshot", &*snapshot)).await.is_err() {
            return;
        }
        tokio::time::sleep(SNAPSHOT_INTERVAL).await;
    }
}

/// The events of the lesson as they happen; a reader that is too slow is told how many it missed.
pub(super) async fn events(State(api): State<Api>) -> Lines {
    let mut events = api.host.events.subscribe();
    lines(api, async move |to| {
        loop {
            let line = match events.recv().await {
                Ok(event) => line("event", &event),
                Err(RecvError::Lagged(missed)) => line("missed", &missed),
                Err(RecvError::Closed) => return,
            };
            if to.send(line).await.is_err() {
                return;
            }
        }
    })
}

fn line<T: Serialize>(name: &str, data: &T) -> Line {
    Line::default().event(name).json_data(data).expect("wire types have string keys and no failing part")
}

/// A stream that `feed` fills until it ends, the reader goes or the host stops.
fn lines<F>(api: Api, feed: impl FnOnce(mpsc::Sender<Line>) -> F) -> Lines
where
    F: Future<Output = ()> + Send + 'static,
{
    let (to, from) = mpsc::channel(1);
    let feeding = feed(to.clone());
    let mut stopping = api.stopping;
    tokio::spawn(async move {
        tokio::select! {
            () = feeding => {}
            () = to.closed() => {}
            // An error means that the server has ended.
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    let ok: fn(Line) -> Result<Line, Infallible> = Ok;
    Sse::new(ReceiverStream::new(from).map(ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn snapshot(free_bytes: u64) -> Arc<Snapshot> {
        let snapshot = json!({
            "host": "", "version": "", "board": "", "pictures": [], "sounds": [], "jobs": [], "alarms": [],
            "programme": {"shot": {"layout": "single", "inputs": []}, "scenes": [], "layouts": []},
            "storage": {"free_bytes": free_bytes, "total_bytes": 0, "lessons_left": 0},
        });
        Arc::new(serde_json::from_value(snapshot).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_of_changes_gives_ten_snapshots() {
        let (change, mut changed) = watch::channel(snapshot(0));
        changed.mark_changed();
        let (to, mut from) = mpsc::channel(100);
        let feeding = tokio::spawn(feed_snapshots(changed, to));
        for free in 1..1000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            change.send_replace(snapshot(free));
        }
        drop(change);
        feeding.await.unwrap();
        let mut sent = 0;
        while from.recv().await.is_some() {
            sent += 1;
        }
        // Ten in that second, and the last when it is over.
        assert_eq!(sent, 11);
    }
}
