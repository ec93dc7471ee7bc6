//! Follows the host for ever: one stream of snapshots for all pages, and a line for each alarm that comes or goes.

use std::sync::Arc;
use std::time::Duration;

use ketang_client::{Client, Error};
use ketang_protocol::snapshot::{Alarm, Snapshot};
use tokio::sync::watch;

use crate::clock;
use crate::site::Site;

/// The newest snapshot; `None` while the host does not answer.
pub(crate) type Seen = Option<Arc<Snapshot>>;

/// Between two tries to reach the host.
const RETRY: Duration = Duration::from_secs(1);

/// Follows until nobody listens any more.
pub(crate) async fn follow(client: Client, to: watch::Sender<Seen>) {
    let mut told = false;
    while !to.is_closed() {
        let Err(why) = follow_once(&client, &to, &mut told).await else { return };
        if std::mem::take(&mut told) {
            tracing::warn!("the host does not answer: {why}");
        }
        to.send_replace(None);
        tokio::time::sleep(RETRY).await;
    }
}

async fn follow_once(client: &Client, to: &watch::Sender<Seen>, told: &mut bool) -> Result<(), Error> {
    let mut lines = client.stream("/v1/watch").await?;
    while !to.is_closed() {
        let snapshot: Snapshot = lines.next().await?;
        *told = true;
        to.send_replace(Some(Arc::new(snapshot)));
    }
    Ok(())
}

/// Writes down alarms that come and go.
pub(crate) async fn alarms(site: Arc<Site>) {
    let mut snapshots = site.snapshots.clone();
    let mut before: Option<Vec<Alarm>> = None;
    while snapshots.changed().await.is_ok() {
        let Some(snapshot) = snapshots.borrow_and_update().clone() else { continue };
        if before.as_ref() == Some(&snapshot.alarms) {
            continue;
        }
        match site.store.see_alarms(clock::now(), &snapshot.alarms) {
            Ok(()) => before = Some(snapshot.alarms.clone()),
            Err(error) => tracing::error!("alarms are not written down: {error}"),
        }
    }
}
