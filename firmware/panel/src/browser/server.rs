//! The page and its WebSocket. Whatever a page sends is a touch, "drawn", or ignored.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::picture::Size;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::{Shown, Touches, changes};

/// So many pages can look on.
pub(super) const PAGES: usize = 8;
/// A page that takes no picture, or says nothing at all instead of drawing it, for so long is gone; if it lives it comes again.
const DRAW_LIMIT: Duration = Duration::from_secs(30);
/// Tells a page not to come again: its display is gone for good. WebSocket leaves the codes from 4000 to applications.
const ENDED: u16 = 4001;
/// Pages are numbered through the whole program, and from 1, so that no finger of theirs has the name of another's: those of a
/// touchscreen count from 0.
static NEXT: AtomicU32 = AtomicU32::new(1);
/// Longer than any message of the page, in bytes.
const MESSAGE_LIMIT: usize = 256;
/// Nothing from elsewhere, and in no other page's frame, where a hidden panel could be clicked.
const POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/// What all pages share.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) size: Size,
    pub(super) shown: watch::Receiver<Shown>,
    pub(super) touches: Touches,
    /// Those that are free.
    pub(super) places: Arc<Semaphore>,
}

/// Serves until the display is gone.
pub(super) async fn serve(listener: std::net::TcpListener, pages: Pages) {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], text) })
    };
    let router = Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/index.html")))
        .route("/panel.css", file("text/css; charset=utf-8", include_str!("page/panel.css")))
        .route("/panel.js", file("text/javascript; charset=utf-8", include_str!("page/panel.js")))
        .route("/panel", get(join))
        .with_state(pages.clone());
    let gone = ended(pages.shown);
    let served = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => axum::serve(listener, router).with_graceful_shutdown(gone).await,
        Err(error) => Err(error),
    };
    // Each page is told why it is sent away.
    let _ = pages.places.acquire_many(PAGES as u32).await;
    if let Err(error) = served {
        tracing::error!("the panel's page is served no more: {error}");
    }
}

async fn join(State(pages): State<Pages>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_our_page(&headers) {
        return (StatusCode::FORBIDDEN, "only the panel's own page may touch it: open it by the host's IP address")
            .into_response();
    }
    let Ok(place) = Arc::clone(&pages.places).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages look on: close one").into_response();
    };
    upgrade.max_message_size(MESSAGE_LIMIT).max_frame_size(MESSAGE_LIMIT).on_upgrade(async move |socket| {
        let mut page = Page { number: NEXT.fetch_add(1, Ordering::Relaxed), fingers: BTreeSet::new() };
        page.run(socket, &pages).await;
        drop(place);
        if !page.fingers.is_empty() {
            pages.touches.put(TouchEvent::Lost);
        }
    })
}

/// Whether the page that asks came from here. A name other than `localhost` could be anybody's who lets it lead here.
fn is_our_page(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(host), Some(origin)) = (text(HOST), text(ORIGIN)) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_matches(['[', ']']);
    (name == "localhost" || name.parse::<IpAddr>().is_ok()) && origin == format!("http://{host}")
}

/// What a page says. Fingers are numbered by the page.
#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum Said {
    Down {
        finger: u8,
        x: i32,
        y: i32,
    },
    Move {
        finger: u8,
        x: i32,
        y: i32,
    },
    Up {
        finger: u8,
    },
    Lost {},
    /// The last picture is on the screen.
    Drawn {},
}

struct Page {
    number: u32,
    fingers: BTreeSet<u8>,
}

impl Page {
    /// Until the page leaves or does not answer, or the display is gone.
    async fn run(&mut self, mut socket: WebSocket, pages: &Pages) {
        let mut shown = pages.shown.clone();
        shown.mark_changed();
        let (mut before, mut brightness): (Option<Arc<[u32]>>, _) = (None, None);
        let mut drawn = true;
        let ended = ended(pages.shown.clone());
        tokio::pin!(ended);
        loop {
            tokio::select! {
                // Nothing is shown, and no touch taken, that came after the end.
                biased;
                () = &mut ended => {
                    let why = CloseFrame { code: ENDED, reason: "ended at the panel".into() };
                    send(&mut socket, Message::Close(Some(why))).await;
                    return;
                }
                changed = shown.changed(), if drawn => {
                    if changed.is_err() {
                        return;
                    }
                    let now = shown.borrow_and_update().clone();
                    if brightness.replace(now.brightness) != Some(now.brightness) {
                        let Size { width, height } = pages.size;
                        let told = json!({"width": width, "height": height, "brightness": now.brightness});
                        if !send(&mut socket, Message::text(told.to_string())).await {
                            return;
                        }
                    }
                    let pieces = changes::pieces(before.as_deref(), &now.picture, pages.size);
                    if pieces.is_empty() {
                        continue;
                    }
                    let Ok(message) = changes::message(&pieces, &now.picture, pages.size) else { return };
                    if !send(&mut socket, Message::binary(message)).await {
                        return;
                    }
                    (before, drawn) = (Some(now.picture), false);
                }
                said = socket.recv() => match said {
                    Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                        Ok(Said::Drawn {}) => drawn = true,
                        Ok(said) => self.touch(said, &pages.touches),
                        Err(error) => tracing::debug!("a page says what is not understood: {error}"),
                    },
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = sleep(DRAW_LIMIT), if !drawn => return,
            }
        }
    }

    fn touch(&mut self, said: Said, touches: &Touches) {
        // Each page has fingers of its own.
        let number = self.number;
        let name = |finger: u8| Finger((number << 8) | u32::from(finger));
        touches.put(match said {
            Said::Down { finger, x, y } => {
                self.fingers.insert(finger);
                TouchEvent::Down { finger: name(finger), x, y }
            }
            Said::Move { finger, x, y } => TouchEvent::Move { finger: name(finger), x, y },
            Said::Up { finger } => {
                self.fingers.remove(&finger);
                TouchEvent::Up { finger: name(finger) }
            }
            Said::Lost {} => {
                self.fingers.clear();
                TouchEvent::Lost
            }
            Said::Drawn {} => return,
        });
    }
}

/// Completes when the display is gone.
async fn ended(mut shown: watch::Receiver<Shown>) {
    while shown.changed().await.is_ok() {}
}

/// Whether the page took it.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(DRAW_LIMIT, socket.send(message)).await, Ok(Ok(())))
}
