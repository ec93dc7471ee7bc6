//! The API over a real Unix socket: what is answered, refused, streamed, and what happens at start and stop.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod fake;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use fake::{Fake, NEW, OLD};
use ketang_protocol::command::{Command, Start};
use ketang_protocol::lesson::{Event, Lesson};
use ketang_protocol::settings::{Settings, State};
use ketang_protocol::snapshot::{DeletedLesson, LessonSummary, Snapshot};
use ketangd::api::{Socket, SocketError, serve_metrics};
use serde_json::{Value, json};

/// No answer takes longer, on any machine that still works.
const LIMIT: Duration = Duration::from_secs(20);

fn connect(fake: &Fake) -> UnixStream {
    let stream = UnixStream::connect(&fake.socket).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Sends one request and reads the whole answer: status and body.
fn exchange(fake: &Fake, method: &str, path: &str, body: &str) -> (u16, String) {
    exchange_with(fake, method, path, "", body)
}

/// As [`exchange`], with further lines in the request's head.
fn exchange_with(fake: &Fake, method: &str, path: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = connect(fake);
    let length = body.len();
    // A server that refuses a long body may close before it has read all of it.
    let _ = write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: ketang\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn get<T: serde::de::DeserializeOwned>(fake: &Fake, path: &str) -> T {
    let (status, body) = exchange(fake, "GET", path, "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn command(fake: &Fake, command: Value) -> (u16, Value) {
    let (status, body) =
        exchange(fake, "POST", "/v1/commands", &json!({"from": "test", "command": command}).to_string());
    (status, serde_json::from_str(&body).unwrap())
}

/// Asserts that this is refused with the status, the code and a message that holds `wanted`.
fn assert_refused((status, body): (u16, Value), wanted: (u16, &str, &str)) {
    assert_eq!((status, body["code"].as_str().unwrap()), (wanted.0, wanted.1), "{body}");
    assert!(body["english"].as_str().unwrap().contains(wanted.2), "{body}");
    assert!(body["chinese"].as_str().unwrap().chars().any(|one| one as u32 > 0x2e80), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
}

/// The lines of a stream of server-sent events.
struct Stream(BufReader<UnixStream>);

impl Stream {
    fn open(fake: &Fake, path: &str) -> Self {
        let mut stream = connect(fake);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: ketang\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the stream begins");
        }
        Self(reader)
    }

    /// The next event's name and data; `None` at the stream's end.
    fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(text) = line.trim_end().strip_prefix("event: ") {
                name = text.to_owned();
            } else if let Some(text) = line.trim_end().strip_prefix("data: ") {
                return Some((name, serde_json::from_str(text).unwrap()));
            }
        }
    }

    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (_, data) = self.next().expect("the stream lasts until what is wanted");
            if wanted(&data) {
                return data;
            }
        }
    }
}

#[test]
fn a_lesson_is_started_and_stopped() {
    let fake = Fake::start();
    let start = json!({"name": "start", "title": "分数", "planned_seconds": 2700});
    assert_eq!(command(&fake, start.clone()), (200, json!({"done": {"lesson": NEW}})));
    let snapshot: Snapshot = get(&fake, "/v1/snapshot");
    assert_eq!(snapshot.lesson.unwrap().title.as_deref(), Some("分数"));
    assert_refused(command(&fake, start), (409, "wrong-state", "stop it first"));
    assert_eq!(command(&fake, json!({"name": "pause"})), (200, json!({"done": {}})));
    assert_eq!(command(&fake, json!({"name": "stop"})), (200, json!({"done": {"lesson": NEW, "job": 1}})));
    let title = Some("分数".to_owned());
    let start = Command::Start(Start { title, teacher: None, planned_seconds: Some(2700), open_end: false });
    assert_eq!(fake.commands(), [start.clone(), start, Command::Pause {}, Command::Stop {}]);
    assert_eq!(fake.requests.lock().unwrap()[0].from, "test");
}

#[test]
fn refusals_have_a_status_and_a_remedy() {
    let fake = Fake::start();
    let export = |change: Value| {
        let mut export = json!({"name": "export", "lesson": OLD, "track": "programme", "to": "/tmp/a.mp4"});
        export.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        export
    };
    for (asked, wanted) in [
        (json!({"name": "stop"}), (409, "wrong-state", "no lesson")),
        (json!({"name": "scene", "scene": "x"}), (404, "not-found", "the scenes are hdmi")),
        (json!({"name": "verify", "lesson": "20260101-000000-0009"}), (404, "not-found", "`lessons` lists them")),
        (json!({"name": "verify", "lesson": "../../etc"}), (400, "invalid", "is not a lesson's name")),
        (json!({"name": "verify-folder", "folder": "disk"}), (422, "invalid", "absolute path")),
        (export(json!({"to": "/full/a.mp4"})), (507, "no-space", "free 200 MB")),
        (export(json!({"to": "a.mp4"})), (422, "invalid", "absolute path")),
        (export(json!({"from_seconds": 9, "to_seconds": 3})), (422, "invalid", "ends before it begins")),
        (export(json!({"from_seconds": -1})), (422, "invalid", "not negative")),
        (export(json!({"lesson": "a/b"})), (400, "invalid", "is not a lesson's name")),
        (json!({"name": "layout", "layout": "single", "inputs": []}), (422, "invalid", "at least one")),
        (json!({"name": "start", "planned_seconds": 0}), (422, "invalid", "longer than 0 s")),
        (json!({"name": "start", "title": "a\nb"}), (422, "invalid", "one line")),
        (json!({"name": "rename", "lesson": OLD}), (422, "invalid", "name a new `title` or `teacher`")),
        (
            json!({"name": "rename", "lesson": OLD, "teacher": "a\tb"}),
            (422, "invalid", "`teacher` is a text of one line"),
        ),
        (json!({"name": "rename", "lesson": "x/..", "title": "a"}), (400, "invalid", "is not a lesson's name")),
        (json!({"name": "delete", "lesson": OLD}), (409, "wrong-state", "insist with `--unconfirmed`")),
        // What is not a request at all.
        (json!({"name": "explode"}), (400, "invalid", "unknown variant `explode`, expected one of `start`")),
        (json!({"name": "start", "colour": 1}), (400, "invalid", "unknown field `colour`")),
        (json!({"name": "stop", "now": true}), (400, "invalid", "unknown field `now`")),
        (json!({"name": "scene"}), (400, "invalid", "missing field `scene`")),
        (json!({"name": "layout", "layout": "single", "inputs": ["desk"]}), (400, "invalid", "unknown variant `desk`")),
        (json!(7), (400, "invalid", "this is not a request")),
    ] {
        assert_refused(command(&fake, asked), wanted);
    }
    let asked = |body: &str| {
        let (status, body) = exchange(&fake, "POST", "/v1/commands", body);
        (status, serde_json::from_str(&body).unwrap())
    };
    assert_refused(asked(""), (400, "invalid", "send {\"from\""));
    assert_refused(asked("{\"from\": \"\", \"command\": {\"name\": \"stop\"}}"), (422, "invalid", "`from` names"));
    assert_refused(asked(&" ".repeat(70_000)), (413, "invalid", ""));
    // What the API refuses by itself does not reach the owner.
    assert_eq!(fake.commands().len(), 5);
}

#[test]
fn what_is_not_there_is_answered_in_the_same_form() {
    let fake = Fake::start();
    let asked = |method: &str, path: &str| {
        let (status, body) = exchange(&fake, method, path, "");
        (status, serde_json::from_str(&body).unwrap())
    };
    assert_refused(asked("GET", "/"), (404, "not-found", "docs/reference/api.md"));
    assert_refused(asked("GET", "/v1/lessons/"), (404, "not-found", ""));
    assert_refused(asked("GET", "/v1/lessons/20260101-000000-0009"), (404, "not-found", "there is no lesson"));
    assert_refused(asked("GET", "/v1/lessons/..%2F..%2Fetc/events"), (404, "not-found", "not a lesson's name"));
    assert_refused(asked("GET", "/v1/lessons/%ff"), (404, "not-found", ""));
    assert_refused(asked("GET", "/v1/commands"), (405, "invalid", "does not take GET"));
    assert_refused(asked("DELETE", "/v1/snapshot"), (405, "invalid", "does not take DELETE"));
}

#[test]
fn lessons_and_inputs_are_read() {
    let fake = Fake::start();
    let lessons: Vec<LessonSummary> = get(&fake, "/v1/lessons");
    assert_eq!(lessons, [LessonSummary::from(&fake::lesson_on_disk())]);
    assert_eq!((lessons[0].seconds, lessons[0].bytes, lessons[0].verified), (372.4, 186_200_000, Some(true)));
    assert_eq!(get::<Lesson>(&fake, &format!("/v1/lessons/{OLD}")), fake::lesson_on_disk());
    assert_eq!(get::<Vec<Event>>(&fake, &format!("/v1/lessons/{OLD}/events")).len(), 1);
    assert_eq!(get::<Vec<DeletedLesson>>(&fake, "/v1/trash"), [fake::deleted_lesson()]);
    assert_eq!(get::<Value>(&fake, "/v1/inputs")[0]["address"], "v4l2:/dev/video4");
}

#[test]
fn the_timetable_is_read_and_replaced() {
    const PATH: &str = "/v1/timetable";
    let fake = Fake::start();
    let change = |version: &str, text: &str| {
        let head = format!("Content-Type: application/json\r\nIf-Match: \"{version}\"\r\n");
        let (status, body) = exchange_with(&fake, "PUT", PATH, &head, text);
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let told: Value = get(&fake, PATH);
    assert_eq!(told, json!({"timetable": {"entries": []}, "version": "none"}));
    let entry = |begins: &str| json!({"title": "数学", "days": ["mon"], "begins": begins, "ends": "08:45"});
    let (status, told) = change("none", &json!({"entries": [entry("08:00")]}).to_string());
    assert_eq!((status, &told["timetable"]["entries"][0]["starts"]), (200, &json!("by-tap")), "{told}");
    let version = told["version"].as_str().unwrap();
    assert_refused(change("none", "{}"), (412, "changed-meanwhile", "somebody else"));
    let both = json!({"entries": [entry("08:00"), entry("08:30")]}).to_string();
    assert_refused(change(version, &both), (422, "invalid", "at the same time"));
    for wrong in ["[]", "{\"entrys\": []}", "{\"entries\": [{}]}", "{"] {
        let (status, refused) = change(version, wrong);
        assert_eq!((status / 100, &refused["code"]), (4, &json!("invalid")), "{wrong}: {refused}");
    }
    let after: Value = get(&fake, PATH);
    assert_eq!(after, told, "what is refused changes nothing");
    let (status, _) = exchange(&fake, "PUT", PATH, "{}");
    assert_eq!(status, 428, "without the version that was seen");
}

#[test]
fn live_targets_are_read_and_replaced_and_their_keys_stay_inside() {
    const PATH: &str = "/v1/targets";
    let fake = Fake::start();
    let change = |version: &str, text: &str| {
        let head = format!("Content-Type: application/json\r\nIf-Match: \"{version}\"\r\n");
        let (status, body) = exchange_with(&fake, "PUT", PATH, &head, text);
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let told: Value = get(&fake, PATH);
    assert_eq!(told, json!({"targets": [], "version": "none"}));
    let target =
        |address: &str, key: &str| json!({"targets": [{"name": "校园网", "address": address, "key": key}]}).to_string();
    let (status, told) = change("none", &target("rtmp://a.example/live", "s3cret"));
    assert_eq!((status, &told["targets"][0]["starts"]), (200, &json!("by-hand")), "{told}");
    assert_eq!(told["targets"][0]["key"], json!("••••••"));
    let version = told["version"].as_str().unwrap();
    assert_refused(change("none", "{}"), (412, "changed-meanwhile", "somebody else"));
    assert_refused(change(version, &target("rtmp://b.example/live", "••••••")), (422, "invalid", "type it again"));
    assert_refused(change(version, &target("rtmp://a.example/live/k?a=b", "k")), (422, "invalid", "stream key"));
    for wrong in ["[]", "{\"target\": []}", "{\"targets\": [{}]}", "{"] {
        let (status, refused) = change(version, wrong);
        assert_eq!((status / 100, &refused["code"]), (4, &json!("invalid")), "{wrong}: {refused}");
    }
    let after: Value = get(&fake, PATH);
    assert_eq!(after, told, "what is refused changes nothing");
    let (status, told) = change(version, &target("rtmp://a.example/live", "••••••"));
    assert_eq!((status, &told["targets"][0]["key"]), (200, &json!("••••••")), "the key that the host knows: {told}");
}

#[test]
fn zones_of_a_camera_are_read_and_replaced() {
    const PATH: &str = "/v1/zones/students-panorama";
    let fake = Fake::start();
    let change = |method: &str, version: &str, text: &str| {
        let head = format!("Content-Type: application/json\r\nIf-Match: \"{version}\"\r\n");
        let (status, body) = exchange_with(&fake, method, PATH, &head, text);
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let told: Value = get(&fake, PATH);
    assert_eq!(
        (&told["version"], &told["drawn"], &told["zones"]["masks"]),
        (&json!("none"), &json!(false), &json!([]))
    );
    let mask = json!({"masks": [[[0.5, 0.0], [0.75, 0.0], [0.75, 0.5]]]}).to_string();
    let (status, told) = change("PUT", "none", &mask);
    assert_eq!((status, &told["drawn"]), (200, &json!(true)), "{told}");
    assert_eq!(told["zones"]["masks"][0][1], json!([0.75, 0.0]));
    let (status, refused) = change("PUT", "none", &mask);
    assert_eq!((status, &refused["code"]), (412, &json!("changed-meanwhile")), "{refused}");
    let version = told["version"].as_str().unwrap();
    for wrong in ["{\"windows\": []}", "{\"masks\": [[[0.5, 0.0], [2.0, 0.0], [0.75, 0.5]]]}", "[]"] {
        let (status, refused) = change("PUT", version, wrong);
        assert_eq!((status / 100, &refused["code"]), (4, &json!("invalid")), "{wrong}: {refused}");
    }
    let (status, told) = change("DELETE", version, "");
    assert_eq!((status, &told["drawn"]), (200, &json!(false)), "{told}");
    let (status, _) = exchange(&fake, "GET", "/v1/zones/hdmi", "");
    assert_eq!(status, 404, "nobody watches it");
    let (status, _) = exchange(&fake, "DELETE", PATH, "");
    assert_eq!(status, 428, "no version");
}

#[test]
fn settings_are_read_and_replaced() {
    let fake = Fake::start();
    let put = |version: &str, text: &str| {
        let head = format!("If-Match: \"{version}\"\r\n");
        let (status, body) = exchange_with(&fake, "PUT", "/v1/settings", &head, text);
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let read = || get::<Settings>(&fake, "/v1/settings");
    let before = read();
    assert_eq!((before.text.as_str(), before.version.as_str(), before.state), ("", "none", State::InForce));
    assert!(before.file.contains("10.0.0.2") && !before.file.contains("tiger"), "{}", before.file);
    assert_eq!(before.flags, ["sim.seed"]);

    // What goes live is left alone.
    let (status, told) = put("none", "[host]\nname = \"301 教室\"");
    assert_eq!((status, told["state"].as_str()), (200, Some("waiting")), "{told}");
    fake.change(|snapshot| snapshot.live.clear());
    assert_eq!(read().state, State::Restarting);
    let after = read();
    assert_eq!(after.text, "[host]\nname = \"301 教室\"\n");
    // A lesson that runs is left alone.
    fake.change(|snapshot| snapshot.lesson = Some(fake::lesson_state()));
    assert_eq!(read().state, State::Waiting);

    assert_refused(put("none", "[host]\nname = \"b\""), (412, "changed-meanwhile", "somebody else"));
    let (status, wrong) = put(&after.version, "[recording]\n\ntrack-kbit = 7");
    assert_eq!((status, wrong["code"].as_str()), (422, Some("invalid")), "{wrong}");
    assert_eq!((wrong["key"].as_str(), wrong["line"].as_u64()), (Some("recording.track-kbit"), Some(3)), "{wrong}");
    assert!(wrong["chinese"].as_str().unwrap().contains("第 3 行"), "{wrong}");
    let refused = |(status, body): (u16, String)| (status, serde_json::from_str(&body).unwrap());
    assert_refused(refused(exchange(&fake, "PUT", "/v1/settings", "")), (428, "invalid", "If-Match"));
    let head = "If-Match: none\r\n";
    assert_refused(refused(exchange_with(&fake, "PUT", "/v1/settings", head, "")), (428, "invalid", "If-Match"));
    assert_refused(put(&after.version, &"#".repeat(70_000)), (413, "invalid", ""));
    assert_refused(
        refused(exchange(&fake, "DELETE", "/v1/settings", "")),
        (405, "invalid", "settings, the timetable, live targets and zones are PUT"),
    );
    assert_eq!(read().text, after.text, "what was refused changed nothing");
}

#[test]
fn metrics_are_text_for_prometheus() {
    let fake = Fake::start();
    fake.change(|snapshot| snapshot.lesson = Some(fake::lesson_state()));
    let (status, text) = exchange(&fake, "GET", "/metrics", "");
    assert_eq!(status, 200);
    for line in [
        "ketang_up{host=\"301 教室\",version=\"0.1.0\",board=\"sim\"} 1",
        "ketang_input_live{input=\"hdmi\"} 0",
        "ketang_input_losses_total{input=\"hdmi\"} 1",
        "ketang_sound_level_dbfs{input=\"teacher-mic\"} -24",
        "ketang_lesson_state{state=\"recording\"} 1",
        "ketang_lesson_state{state=\"failed\"} 0",
        "ketang_track_frames_total{track=\"programme\"} 18855",
        "ketang_track_dropped_frames_total{track=\"programme\"} 0",
        "ketang_storage_lessons_left 41",
        "ketang_clock_synchronised 1",
        "ketang_network_up 1",
        "ketang_alarm{alarm=\"input-lost\",input=\"hdmi\"} 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|l| l == line || l == format!("{line}.0")), "{line}\n is not in\n{text}");
    }
}

#[tokio::test]
async fn metrics_alone_are_served_on_the_network() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_snapshots, watched) = tokio::sync::watch::channel(std::sync::Arc::new(fake::snapshot()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve_metrics(listener, watched, async {
        let _ = stopped.await;
    }));
    let get = move |path: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: ketang\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (metrics, snapshot) =
        tokio::task::spawn_blocking(move || (get("/metrics"), get("/v1/snapshot"))).await.unwrap();
    assert!(metrics.starts_with("HTTP/1.1 200") && metrics.contains("ketang_storage_lessons_left 41"), "{metrics}");
    assert!(snapshot.starts_with("HTTP/1.1 404"), "{snapshot}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn a_watcher_sees_the_snapshot_now_and_at_each_change() {
    let fake = Fake::start();
    let mut watch = Stream::open(&fake, "/v1/watch");
    let (name, first) = watch.next().unwrap();
    assert_eq!((name.as_str(), &first["host"]), ("snapshot", &json!("301 教室")));
    // More changes than are sent: whatever is left out, the last is seen.
    for free in 1..=10_000 {
        fake.change(|snapshot| snapshot.storage.free_bytes = free);
    }
    watch.until(|data| data["storage"]["free_bytes"] == 10_000);
    command(&fake, json!({"name": "start"}));
    let data = watch.until(|data| !data["lesson"].is_null());
    assert_eq!(data["lesson"]["outcome"]["state"], "recording");
}

#[test]
fn events_are_streamed_and_missed_ones_are_counted() {
    let fake = Fake::start();
    let mut events = Stream::open(&fake, "/v1/events");
    command(&fake, json!({"name": "start"}));
    let (name, event) = events.next().unwrap();
    assert_eq!((name.as_str(), &event["what"]["kind"]), ("event", &json!("started")));
    // A reader that does not read: the socket fills, then the host counts what it drops.
    let lost = ketang_protocol::lesson::EventKind::InputLost {
        input: ketang_hal::role::Role::Picture(ketang_hal::role::PictureRole::Hdmi),
        why: "x".repeat(4000),
    };
    for at in 0..3000 {
        let event = Event { at: f64::from(at), time: "2026-11-22T08:15:00Z".parse().unwrap(), what: lost.clone() };
        fake.events.send(event).unwrap();
    }
    let missed = loop {
        match events.next().unwrap() {
            (name, data) if name == "missed" => break data,
            (name, _) => assert_eq!(name, "event"),
        }
    };
    assert!(missed.as_u64().unwrap() > 0);
}

#[test]
fn a_stop_ends_streams_and_removes_the_socket() {
    let mut fake = Fake::start();
    let mut watch = Stream::open(&fake, "/v1/watch");
    let mut events = Stream::open(&fake, "/v1/events");
    watch.next().unwrap();
    fake.stop();
    assert_eq!(watch.next(), None);
    assert_eq!(events.next(), None);
    assert!(!fake.socket.exists());
}

#[test]
fn the_socket_belongs_to_owner_and_group_alone() {
    let fake = Fake::start();
    assert_eq!(std::fs::metadata(&fake.socket).unwrap().permissions().mode() & 0o777, 0o660);
}

#[tokio::test]
async fn a_second_daemon_is_refused_and_the_first_lives_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let first = Socket::bind(&path).unwrap();
    let error = Socket::bind(&path).unwrap_err();
    assert!(
        matches!(error, SocketError::InUse { .. }) && error.to_string().contains("systemctl stop ketangd"),
        "{error}"
    );
    assert!(UnixStream::connect(&path).is_ok());
    drop(first);
    assert!(!path.exists());
    Socket::bind(&path).unwrap();
}

#[tokio::test]
async fn a_dead_daemons_socket_is_taken_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists() && UnixStream::connect(&path).is_err());
    let _socket = Socket::bind(&path).unwrap();
    assert!(UnixStream::connect(&path).is_ok());
}

#[tokio::test]
async fn what_is_not_a_socket_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("precious");
    std::fs::write(&path, "x").unwrap();
    let error = Socket::bind(&path).unwrap_err().to_string();
    assert!(error.contains("is not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x");
    let error = Socket::bind(&path.join("below/s")).unwrap_err().to_string();
    assert!(error.contains("--socket"), "{error}");
}

#[test]
fn the_references_name_every_endpoint_command_code_and_metric() {
    let fake = Fake::start();
    fake.change(|snapshot| snapshot.lesson = Some(fake::lesson_state()));
    let (_, metrics) = exchange(&fake, "GET", "/metrics", "");
    let metrics = metrics.lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<String> = metrics.filter_map(|line| Some(line.split([' ', '{']).next()?.to_owned())).collect();
    let routes = include_str!("../src/api/mod.rs").split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let routes: Vec<String> = routes.map(str::to_owned).collect();
    assert!(routes.len() > 8 && names.len() > 15, "{routes:?} {names:?}");
    names.extend(routes);
    let (_, unknown) = command(&fake, json!({"name": "zzz"}));
    let (_, commands) = unknown["english"].as_str().unwrap().split_once("expected one of").unwrap();
    names.extend(commands.split('`').skip(1).step_by(2).map(str::to_owned));
    names.extend(["wrong-state", "not-found", "invalid", "no-space", "failed", "unavailable"].map(str::to_owned));
    for (file, text) in [
        ("docs/reference/api.md", include_str!("../../../docs/reference/api.md")),
        ("docs/zh/reference/api.md", include_str!("../../../docs/zh/reference/api.md")),
    ] {
        for name in &names {
            let there = [format!("`{name}`"), format!("GET {name}`"), format!("POST {name}`")];
            assert!(there.iter().any(|form| text.contains(form)), "{file} lacks {name}");
        }
    }
}
