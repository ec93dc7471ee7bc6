//! The host's own API, `/v1/…`, for whoever is signed in: handed on by role, with the name of who asks.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::BodyExt;
use ketang_protocol::command::{self, Command, PtzAction, Reply};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::openapi;
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::{Person, not_allowed};

/// How often a stream looks whether its reader is still signed in.
const LOOK: Duration = Duration::from_secs(10);

/// What is read at the host: as `docs/reference/api.md` has it.
pub(crate) const READ: [(&str, &str); 11] = [
    ("/v1/snapshot", "All that the host tells of itself"),
    ("/v1/watch", "The snapshot at once and at each change, as server-sent events"),
    ("/v1/events", "The events of the lesson that runs, as server-sent events"),
    ("/v1/inputs", "Every input that can be seen now"),
    ("/v1/lessons", "The lessons, the newest first"),
    (TIMETABLE, "The timetable of the room, with its version"),
    ("/v1/trash", "The deleted lessons that can be taken back, those deleted last first"),
    ("/v1/lessons/{id}", "A lesson's record"),
    ("/v1/lessons/{id}/events", "A lesson's events"),
    ("/v1/pictures/{feed}", "Live small pictures of `programme` or of an input by its role, as motion JPEG"),
    ("/metrics", "Metrics in the OpenMetrics text format"),
];

/// What IT reads at the host and replaces there.
pub(crate) const SETTINGS: &str = "/v1/settings";
pub(crate) const ZONES: &str = "/v1/zones/{input}";
pub(crate) const TARGETS: &str = "/v1/targets";

/// What everybody reads at the host and IT replaces there.
pub(crate) const TIMETABLE: &str = "/v1/timetable";

/// The routes that a viewer may use; commands look at the role themselves.
pub(crate) fn routes() -> Router<Arc<Site>> {
    let read = READ.iter().fold(Router::new(), |router, (path, _)| router.route(path, get(pass)));
    read.route("/v1/commands", post(send)).route("/v1/openapi.json", get(async || Json(openapi::document())))
}

/// Hands a question on, and the answer back as it comes, for as long as the reader is signed in.
pub(crate) async fn pass(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    request: Request,
) -> Result<Response, Said> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let answer = site.client.ask(path).await?;
    let (parts, body) = answer.into_parts();
    let mut response = Response::builder().status(parts.status);
    for name in [CONTENT_TYPE, CACHE_CONTROL, ETAG] {
        if let Some(value) = parts.headers.get(&name) {
            response = response.header(name, value);
        }
    }
    let body = while_signed_in(site, person, Body::new(body));
    Ok(response.body(body).expect("its parts come from a response"))
}

/// The body, which ends when the session does, the reader goes or this program stops.
fn while_signed_in(site: Arc<Site>, person: Person, mut body: Body) -> Body {
    let (to, from) = mpsc::channel::<Result<Bytes, axum::Error>>(4);
    tokio::spawn(async move {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                frame = body.frame() => {
                    let Some(frame) = frame else { return };
                    let data = match frame.map(|frame| frame.into_data().ok()) {
                        Ok(Some(data)) => Ok(data),
                        Ok(None) => continue,
                        Err(error) => Err(error),
                    };
                    let failed = data.is_err();
                    if to.send(data).await.is_err() || failed {
                        return;
                    }
                }
                _ = look.tick() => if !site.is_signed_in(&person) { return },
                () = to.closed() => return,
                () = site.stopped() => return,
            }
        }
    });
    Body::from_stream(ReceiverStream::new(from))
}

/// The role that a command wants. What reads or writes files of the host by their path is IT's.
pub(crate) fn least(command: &Command) -> Role {
    match command {
        // What outlives the lesson.
        Command::Ptz(ptz) if matches!(ptz.action, PtzAction::Calibrate(_) | PtzAction::Uncalibrate {}) => Role::It,
        Command::Start(_)
        | Command::Stop {}
        | Command::Pause {}
        | Command::Resume {}
        | Command::Extend { .. }
        | Command::Chapter { .. }
        | Command::Ptz(_)
        | Command::Sound(_)
        | Command::SoundCard(_)
        | Command::Scene { .. }
        | Command::Layout(_)
        | Command::Direct { .. }
        | Command::LiveStart { .. }
        | Command::LiveStop { .. }
        | Command::Verify { .. }
        | Command::Rename(_) => Role::Directing,
        _ => Role::It,
    }
}

/// Carries out a command for a program. Who sends it is who is signed in, whatever the request says.
async fn send(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    body: Bytes,
) -> Result<Response, Said> {
    let request: command::Request = serde_json::from_slice(&body).map_err(|error| {
        Said::no(
            StatusCode::BAD_REQUEST,
            "invalid",
            format!("这不是一条命令（{error}）：格式见 /v1/openapi.json"),
            format!("this is not a request ({error}): /v1/openapi.json has the form"),
        )
    })?;
    let reply = command(&site, &person, request.command).await?;
    Ok(Json(reply).into_response())
}

/// Carries out a command in the name of a person, and writes it down.
pub(crate) async fn command(site: &Site, person: &Person, command: Command) -> Result<Reply, Said> {
    if !person.may(least(&command)) {
        site.note(person.name(), person.address, &serde_json::to_string(&command).unwrap_or_default(), false);
        return Err(not_allowed());
    }
    carry_out(site, person, command).await
}

/// The same for a command that is made here, whose right was looked at already.
pub(crate) async fn carry_out(site: &Site, person: &Person, command: Command) -> Result<Reply, Said> {
    let what = serde_json::to_string(&command).unwrap_or_default();
    // Said twice a second while a camera is turned by hand; presets and everything else are written down.
    let passing =
        matches!(&command, Command::Ptz(ptz) if matches!(ptz.action, PtzAction::Steer(_) | PtzAction::Stop {}));
    let reply = site.client.command_from(&format!("admin:{}", person.name()), command).await;
    if !passing {
        site.note(person.name(), person.address, &what, matches!(reply, Ok(Reply::Done { .. })));
    }
    match reply? {
        Reply::Refused(refusal) => Err(refusal.into()),
        done => Ok(done),
    }
}
