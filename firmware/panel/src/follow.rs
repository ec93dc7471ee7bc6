//! Following the host for ever: its snapshots, its cuts, its lessons. What comes is sent on; what fails is tried again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ketang_client::{Client, Error, Picture};
use ketang_panel::LastCut;
use ketang_protocol::lesson::{Event, EventKind, Lesson};
use ketang_protocol::live::Feed;
use ketang_protocol::snapshot::{LessonSummary, Snapshot};
use tokio::sync::{mpsc, watch};

/// Between two tries to reach the host.
const RETRY: Duration = Duration::from_secs(1);

/// What is new at the host.
#[derive(Debug)]
pub(crate) enum News {
    Snapshot(Box<Snapshot>),
    Lessons(Vec<LessonSummary>),
    /// The record of a lesson that ended.
    Ended(Box<Lesson>),
    Cut(Box<LastCut>),
    /// The host does not answer.
    Gone,
}

/// Sends snapshots and what they lead to, until nobody listens.
pub(crate) async fn snapshots(client: Client, to: mpsc::Sender<News>) {
    let mut told = false;
    loop {
        let Err(why) = snapshots_once(&client, &to, &mut told).await else { return };
        if std::mem::take(&mut told) {
            tracing::warn!("the host does not answer: {why}");
        }
        if to.send(News::Gone).await.is_err() {
            return;
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Ends well when nobody listens any more.
async fn snapshots_once(client: &Client, to: &mpsc::Sender<News>, told: &mut bool) -> Result<(), Error> {
    let mut lines = client.stream("/v1/watch").await?;
    let mut before = None;
    loop {
        let snapshot: Snapshot = lines.next().await?;
        *told = true;
        let lesson = snapshot.lesson.as_ref().map(|lesson| (lesson.id.clone(), lesson.outcome.clone()));
        if to.send(News::Snapshot(Box::new(snapshot))).await.is_err() {
            return Ok(());
        }
        if before.as_ref() == Some(&lesson) {
            continue;
        }
        let mut news = vec![News::Lessons(client.get("/v1/lessons").await?)];
        if let Some((id, outcome)) = &lesson
            && outcome.is_end()
        {
            news.push(News::Ended(client.get(&format!("/v1/lessons/{id}")).await?));
        }
        for one in news {
            if to.send(one).await.is_err() {
                return Ok(());
            }
        }
        before = Some(lesson);
    }
}

/// Sends the cuts of the lesson that runs, until nobody listens.
pub(crate) async fn cuts(client: Client, to: mpsc::Sender<News>) {
    while !to.is_closed() {
        // Whether the host answers is told by the snapshots.
        let _: Result<(), Error> = cuts_once(&client, &to).await;
        tokio::time::sleep(RETRY).await;
    }
}

async fn cuts_once(client: &Client, to: &mpsc::Sender<News>) -> Result<(), Error> {
    let mut lines = client.stream("/v1/events").await?;
    while !to.is_closed() {
        // A number stands in the stream where events were missed.
        let value: serde_json::Value = lines.next().await?;
        if let Ok(Event { what: EventKind::Cut { shot, reason, why }, .. }) = serde_json::from_value(value) {
            let _ = to.send(News::Cut(Box::new(LastCut { shot, reason, why }))).await;
        }
    }
    Ok(())
}

/// The newest picture of each feed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gallery(Arc<Mutex<HashMap<Feed, Picture>>>);

impl Gallery {
    pub(crate) fn pictures(&self) -> MutexGuard<'_, HashMap<Feed, Picture>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hangs the pictures of a feed into the gallery while they are wanted.
pub(crate) async fn pictures(client: Client, feed: Feed, gallery: Gallery, mut wanted: watch::Receiver<bool>) {
    while wanted.wait_for(|wanted| *wanted).await.is_ok() {
        let unwanted = async { wanted.wait_for(|wanted| !*wanted).await.is_ok() };
        // Whether the host answers is told by the snapshots.
        let broken = tokio::select! {
            _ = unwanted => false,
            _ = pictures_once(&client, feed, &gallery) => true,
        };
        gallery.pictures().remove(&feed);
        if broken {
            tokio::time::sleep(RETRY).await;
        }
    }
}

async fn pictures_once(client: &Client, feed: Feed, gallery: &Gallery) -> Result<(), Error> {
    let mut pictures = client.pictures(feed).await?;
    loop {
        let picture = pictures.next().await?;
        gallery.pictures().insert(feed, picture);
    }
}
