//! Pages that change by themselves: the fragments that changed, as server-sent events, drawn here in the reader's language.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive, KeepAliveStream};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::clock;
use crate::pages::{
    Fragment, cameras, console, files, inputs, lesson, network, overview, sound, state_pill, targets, time, update,
};
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::{Person, not_allowed};

/// Between two looks at what changed: a level meter moves, a machine that records is left alone.
const RHYTHM: Duration = Duration::from_millis(250);
/// Each so many looks, whether the reader is still signed in.
const LOOK: u32 = 40;

type Lines = Sse<KeepAliveStream<ReceiverStream<Result<Event, Infallible>>>>;

/// The pages whose fragments there are.
#[derive(Clone, Debug)]
enum Live {
    Overview,
    Console,
    Cameras,
    Inputs,
    Sound,
    Targets,
    Network,
    Time,
    Update,
    Files,
    Lesson(LessonId),
    /// The head alone.
    None,
}

impl Live {
    fn fragments(&self, site: &Site, person: &Person, snapshot: Option<&Snapshot>) -> Vec<Fragment> {
        let mut all = vec![state_pill(person.lang, snapshot)];
        match self {
            Self::Overview => all.extend(overview::fragments(site, person, snapshot)),
            Self::Console => all.extend(console::fragments(person, snapshot)),
            Self::Cameras => all.push(cameras::fragment(person, snapshot)),
            Self::Inputs => all.push(inputs::fragment(person, snapshot)),
            Self::Sound => all.push(sound::fragment(person, snapshot)),
            Self::Targets => all.push(targets::fragment(person, snapshot)),
            Self::Network => all.push(network::fragment(site, person, snapshot)),
            Self::Time => all.push(time::fragment(person, snapshot, clock::now())),
            Self::Update => all.push(update::fragment(site, person, snapshot)),
            Self::Files => all.push(files::works(site, person.lang)),
            Self::Lesson(id) => all.push(lesson::downloads(&site.cli.data, id, snapshot, person.lang)),
            Self::None => {}
        }
        all
    }
}

pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path(page): Path<String>,
) -> Result<Lines, Said> {
    let page = match page.as_str() {
        "overview" => Live::Overview,
        "console" if person.may(Role::Directing) => Live::Console,
        "sound" if person.may(Role::Directing) => Live::Sound,
        "targets" if person.may(Role::Directing) => Live::Targets,
        "cameras" if person.may(Role::It) => Live::Cameras,
        "network" if person.may(Role::It) => Live::Network,
        "time" if person.may(Role::It) => Live::Time,
        "update" if person.may(Role::It) => Live::Update,
        "console" | "sound" | "targets" | "network" | "time" | "update" => return Err(not_allowed()),
        "inputs" => Live::Inputs,
        "files" => Live::Files,
        other => {
            let lesson = other.strip_prefix("lesson-").and_then(|id| LessonId::try_from(id.to_owned()).ok());
            lesson.map_or(Live::None, Live::Lesson)
        }
    };
    let (to, from) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = feed(&site, &person, page, &to) => {}
            () = to.closed() => {}
            () = site.stopped() => {}
        }
    });
    Ok(Sse::new(ReceiverStream::new(from)).keep_alive(KeepAlive::new()))
}

/// Sends what changed, until nobody reads or the reader is no longer signed in.
async fn feed(site: &Site, person: &Person, page: Live, to: &mpsc::Sender<Result<Event, Infallible>>) {
    let mut sent: HashMap<&'static str, String> = HashMap::new();
    let mut rhythm = tokio::time::interval(RHYTHM);
    rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    for look in 1_u32.. {
        rhythm.tick().await;
        if look.is_multiple_of(LOOK) && !site.is_signed_in(person) {
            let _ = to.send(Ok(Event::default().event("signed-out").data("-"))).await;
            return;
        }
        let snapshot = site.snapshots.borrow().clone();
        for (name, content) in page.fragments(site, person, snapshot.as_deref()) {
            let html = content.into_string();
            if sent.get(name) == Some(&html) {
                continue;
            }
            let data = json!({"id": name, "html": html}).to_string();
            if to.send(Ok(Event::default().event("fragment").data(data))).await.is_err() {
                return;
            }
            sent.insert(name, html);
        }
    }
}
