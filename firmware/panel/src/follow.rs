//! Following the host for ever: its snapshots, its cuts, its lessons, what its pages tell of themselves. What comes is sent on;
//! what fails is tried again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ketang_client::{Client, Error, Picture};
use ketang_panel::{LastCut, pairing};
use ketang_protocol::lesson::{Event, EventKind, Lesson};
use ketang_protocol::live::Feed;
use ketang_protocol::pairing::{Pages, PairingCode};
use ketang_protocol::snapshot::{LessonSummary, Snapshot};
use tokio::sync::{mpsc, watch};

/// Between two tries to reach the host, and two looks at the files of the pages.
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
    /// The code for IT's first access, while there is one.
    Pairing(Option<PairingCode>),
    /// Where the host's pages are, while they are served.
    Pages(Option<Pages>),
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
        // Each lesson that was uploaded is another in the list.
        let waiting = snapshot.uploads.as_ref().map(|uploads| uploads.waiting);
        let lesson = snapshot.lesson.as_ref().map(|lesson| (lesson.id.clone(), lesson.outcome.clone()));
        if to.send(News::Snapshot(Box::new(snapshot))).await.is_err() {
            return Ok(());
        }
        if before.as_ref() == Some(&(lesson.clone(), waiting)) {
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
        before = Some((lesson, waiting));
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

/// Sends what a file of `ketang-admin` tells whenever it is another, until nobody listens.
pub(crate) async fn told<T: Clone + PartialEq>(
    file: PathBuf,
    read: fn(&[u8]) -> Option<T>,
    news: fn(Option<T>) -> News,
    to: mpsc::Sender<News>,
) {
    let mut before = None;
    while !to.is_closed() {
        let now = bytes_of(&file).await.and_then(|bytes| read(&bytes));
        if now != before {
            before.clone_from(&now);
            let _ = to.send(news(now)).await;
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// None of a file that is not there, may not be read or cannot be one of these.
async fn bytes_of(file: &Path) -> Option<Vec<u8>> {
    let about = tokio::fs::metadata(file).await.ok()?;
    if !about.is_file() || about.len() > pairing::LONGEST as u64 {
        return None;
    }
    tokio::fs::read(file).await.ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_none_for_the_first_access_tells_of_no_code() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pairing.json");
        let code_in = async |file: &Path| bytes_of(file).await.and_then(|bytes| pairing::read(&bytes));
        assert_eq!(code_in(&file).await, None, "there is none");
        let text = r#"{"code":"ABCD2345","until":"2026-11-23T02:33:00Z","address":"https://room/","certificate":"AB"}"#;
        std::fs::write(&file, text).unwrap();
        assert_eq!(code_in(&file).await.unwrap().code, "ABCD2345");
        std::fs::write(&file, &text[..40]).unwrap();
        assert_eq!(code_in(&file).await, None, "it is torn");
        std::fs::write(&file, format!("{text}{}", " ".repeat(1 << 20))).unwrap();
        assert_eq!(code_in(&file).await, None, "it is too long");
        assert_eq!(code_in(folder.path()).await, None, "it is a folder");
    }
}
