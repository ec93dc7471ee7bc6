//! The page of the settings before a host that keeps them in memory: what reaches it, and what its answers become.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::settings::{KEPT, NotTaken, Settings, State as Running};

use super::{Room, Visitor};
use crate::store::Role;

/// What the host has, and how often it was replaced.
type Host = Arc<Mutex<Settings>>;

/// A host that takes everything but a rate of 7.
fn host(room: &Room) -> Host {
    let host = Arc::new(Mutex::new(Settings {
        text: "[recording]\ntrack-kbit = 2500\n".into(),
        version: "1".into(),
        state: Running::InForce,
        file: format!(
            "[inputs.hdmi]\npassword = \"{KEPT}\"\nsource = \"rtsp://10.0.0.2/1\"\nuser = \"it\"\n\n[lesson]\nplanned = \"40min\"\n"
        ),
        flags: vec!["host.name".into()],
    }));
    let listener = tokio::net::UnixListener::bind(&room.site.cli.socket).unwrap();
    let router = Router::new().route("/v1/settings", get(read).put(replace)).with_state(Arc::clone(&host));
    tokio::spawn(axum::serve(listener, router).into_future());
    host
}

async fn read(State(host): State<Host>) -> Json<Settings> {
    Json(host.lock().unwrap().clone())
}

async fn replace(State(host): State<Host>, headers: HeaderMap, text: String) -> Response {
    let mut settings = host.lock().unwrap();
    let refuse = |status: StatusCode, code, key: Option<&str>| {
        let refusal = Refusal::new(code, "不行：请改正", "no: mend it");
        let key = key.map(str::to_owned);
        (status, Json(NotTaken { key, line: Some(2), ..refusal.into() })).into_response()
    };
    if headers["if-match"] != format!("\"{}\"", settings.version) {
        return refuse(StatusCode::PRECONDITION_FAILED, RefusalCode::ChangedMeanwhile, None);
    }
    if text.contains("kbit = 7") {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, RefusalCode::Invalid, Some("recording.track-kbit"));
    }
    settings.version = format!("{}1", settings.version);
    settings.text = text.replace("\r\n", "\n");
    Json(settings.clone()).into_response()
}

async fn save(it: &Visitor<'_>, what: &str, seen: &Settings, typed: &[(&str, &str)]) -> super::Answer {
    let seen = [("version", seen.version.as_str()), ("before", seen.text.as_str())];
    it.post(&format!("/settings/{what}"), &[&seen[..], typed].concat()).await
}

fn deeds(room: &Room) -> Vec<String> {
    room.site.store.deeds(20).unwrap().into_iter().map(|deed| deed.what).collect()
}

#[tokio::test]
async fn the_page_shows_what_is_set_and_what_holds_below() {
    let room = Room::roomy().await;
    host(&room);
    let page = room.person("it", Role::It).await.get("/settings").await.text;
    for part in [
        "name=\"recording.track-kbit\" value=\"2500\" placeholder=\"2500\"",
        // Of the file, of the defaults, fixed by a flag.
        "name=\"lesson.planned\" value=\"\" placeholder=\"40min\"",
        "name=\"recording.programme-kbit\" value=\"\" placeholder=\"4000\"",
        "name=\"host.name\" value=\"\" placeholder=\"ketang\" disabled",
        "name=\"inputs.hdmi.source\" value=\"\" placeholder=\"rtsp://10.0.0.2/1\"",
        "未设置（开）",
        "name=\"version\" value=\"1\"",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
}

#[tokio::test]
async fn what_is_typed_is_saved_and_written_down() {
    let room = Room::roomy().await;
    let host = host(&room);
    let it = room.person("it", Role::It).await;
    let seen = host.lock().unwrap().clone();
    let typed = [
        ("recording.track-kbit", "3000"),
        ("lesson.planned", "45min"),
        ("inputs.hdmi.source", "rtsp://10.0.0.9/1"),
        ("inputs.hdmi.user", "it"),
        ("inputs.hdmi.password", "tiger"),
    ];
    let saved = save(&it, "fields", &seen, &typed).await;
    assert_eq!((saved.status, saved.code().as_str()), (StatusCode::OK, "done"), "{saved:?}");
    let text = host.lock().unwrap().text.clone();
    assert!(text.contains("track-kbit = 3000") && text.contains("password = \"tiger\""), "{text}");
    let deeds = deeds(&room);
    for change in ["settings: recording.track-kbit: 2500 → 3000", "settings: lesson.planned: – → \"45min\""] {
        assert!(deeds.iter().any(|deed| deed == change), "{deeds:?}");
    }
    assert!(!deeds.iter().any(|deed| deed.contains("tiger")), "{deeds:?}");
    // A lesson runs: it is said when they hold.
    host.lock().unwrap().state = Running::Waiting;
    let seen = host.lock().unwrap().clone();
    let saved = save(&it, "fields", &seen, &[("lesson.planned", "50min")]).await;
    assert!(saved.text.contains("结束后生效"), "{saved:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_with_all_that_was_typed() {
    let room = Room::roomy().await;
    let host = host(&room);
    let it = room.person("it", Role::It).await;
    let seen = host.lock().unwrap().clone();
    let wrong = save(&it, "fields", &seen, &[("recording.track-kbit", "7"), ("lesson.planned", "35min")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["id=\"fault\"", "value=\"7\"", "value=\"35min\"", "class=\"bad\"", "不行：请改正"] {
        assert!(wrong.text.contains(part), "{part} is not in\n{}", wrong.text);
    }
    let text = "# mine\r\n[recording]\r\ntrack-kbit = 7";
    let wrong = save(&it, "text", &seen, &[("text", text)]).await;
    assert!(wrong.text.contains("# mine\r\n[recording]"), "the text stays as it was typed: {}", wrong.text);
    assert_eq!(host.lock().unwrap().version, "1");
    assert!(deeds(&room).iter().any(|deed| deed == "settings, not taken: recording.track-kbit"));
}

#[tokio::test]
async fn of_two_people_neither_loses_anything() {
    let room = Room::roomy().await;
    let host = host(&room);
    let it = room.person("it", Role::It).await;
    let seen = host.lock().unwrap().clone();
    save(&it, "fields", &seen, &[("recording.track-kbit", "3000"), ("lesson.longest", "3h")]).await;
    // The second has looked at the same page.
    let typed = [("recording.track-kbit", "2500"), ("lesson.planned", "35min")];
    let told = save(&it, "fields", &seen, &typed).await;
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    for part in [
        "id=\"meanwhile\"",
        "recording.track-kbit: 2500 → 3000",
        "name=\"recording.track-kbit\" value=\"3000\"",
        "name=\"lesson.planned\" value=\"35min\"",
        "name=\"lesson.longest\" value=\"3h\"",
        "name=\"version\" value=\"11\"",
    ] {
        assert!(told.text.contains(part), "{part} is not in\n{}", told.text);
    }
    // The same with the text; one that is no TOML stays as it was typed.
    let told = save(&it, "text", &seen, &[("text", "[sound]\ngain-control = false\n")]).await;
    assert!(told.text.contains("[sound]\ngain-control = false") && told.text.contains("longest = &quot;3h&quot;"));
    let told = save(&it, "text", &seen, &[("text", "[sound\ngain")]).await;
    assert!(told.text.contains("[sound\ngain") && told.text.contains("第 1 行不是 TOML"), "{}", told.text);
    assert_eq!(host.lock().unwrap().version, "11");
}

#[tokio::test]
async fn settings_are_exported_and_replaced_by_programs_of_it_alone() {
    let room = Room::roomy().await;
    let host = host(&room);
    let it = room.person("it", Role::It).await;
    let file = it.get("/settings/export").await;
    assert_eq!(file.text, "[recording]\ntrack-kbit = 2500\n");
    assert!(file.header("content-disposition").contains("ketang-settings.toml"));

    let put = |visitor: &Visitor<'_>, version: &str, text: &str| {
        let request = visitor.request("PUT", "/v1/settings").header("if-match", version);
        room.ask(request.body(Body::from(text.to_owned())).unwrap())
    };
    assert_eq!(put(&it, "1", "").await.status, StatusCode::PRECONDITION_REQUIRED);
    let wrong = put(&it, "\"1\"", "[recording]\ntrack-kbit = 7").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
    assert!(wrong.text.contains("\"key\":\"recording.track-kbit\""), "{wrong:?}");
    let taken = put(&it, "\"1\"", "[recording]\ntrack-kbit = 3000\n").await;
    assert_eq!((taken.status, taken.header("etag")), (StatusCode::OK, "\"11\""));
    assert_eq!(put(&it, "\"1\"", "").await.code(), "changed-meanwhile");
    let directing = room.person("directing", Role::Directing).await;
    assert_eq!(put(&directing, "\"11\"", "").await.code(), "not-allowed");
    for path in ["/settings", "/settings/export", "/v1/settings"] {
        assert_eq!(directing.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/settings/fields", "/settings/text"] {
        assert_eq!(directing.post(path, &[]).await.code(), "not-allowed", "{path}");
    }
    assert_eq!(host.lock().unwrap().version, "11");
}

#[tokio::test(start_paused = true)]
async fn without_a_host_the_page_says_so() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    assert!(it.get("/settings").await.text.contains("录播主机没有应答"));
    assert_eq!(it.post("/settings/text", &[("text", "")]).await.code(), "unavailable");
    assert_eq!(it.get("/settings/export").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
