//! The OpenAPI description of what programs may ask here, made of the very tables that the routes are made of.

use serde_json::{Map, Value, json};

use crate::api::{READ, SETTINGS, TARGETS, TIMETABLE, ZONES};

/// What a command is called, who may send it, and its further keys with their types.
type Described = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const COMMANDS: [Described; 24] = [
    (
        "start",
        "directing",
        &[("title", "string"), ("teacher", "string"), ("planned_seconds", "integer"), ("open_end", "boolean")],
    ),
    ("stop", "directing", &[]),
    ("pause", "directing", &[]),
    ("resume", "directing", &[]),
    ("extend", "directing", &[("minutes", "integer")]),
    ("chapter", "directing", &[("title", "string")]),
    ("scene", "directing", &[("scene", "string")]),
    ("layout", "directing", &[("layout", "string"), ("inputs", "array")]),
    ("direct", "directing", &[("mode", "string")]),
    ("ptz", "directing", &[("input", "string"), ("action", "object")]),
    ("sound", "directing", &[("role", "string"), ("gain_db", "number"), ("muted", "boolean")]),
    (
        "sound-card",
        "directing",
        &[("role", "string"), ("control", "string"), ("percent", "integer"), ("on", "boolean")],
    ),
    ("verify", "directing", &[("lesson", "string")]),
    ("verify-folder", "it", &[("folder", "string")]),
    (
        "export",
        "it",
        &[
            ("lesson", "string"),
            ("track", "string"),
            ("to", "string"),
            ("from_seconds", "number"),
            ("to_seconds", "number"),
            ("parts", "boolean"),
        ],
    ),
    ("recut", "it", &[("lesson", "string"), ("rules", "string"), ("to", "string"), ("without_room_rules", "boolean")]),
    ("confirm", "it", &[("lesson", "string")]),
    ("rename", "directing", &[("lesson", "string"), ("title", "string"), ("teacher", "string")]),
    ("delete", "it", &[("lesson", "string"), ("unconfirmed", "boolean")]),
    ("restore", "it", &[("lesson", "string")]),
    ("update", "it", &[("action", "object")]),
    ("live-start", "directing", &[("target", "string")]),
    ("live-stop", "directing", &[("target", "string")]),
    ("live-test", "it", &[("target", "string")]),
];

pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for (path, summary) in READ {
        paths.insert(path.into(), json!({"get": operation(path, summary)}));
    }
    let variants: Vec<Value> = COMMANDS.iter().map(command).collect();
    paths.insert(
        "/v1/commands".into(),
        json!({"post": {
            "summary": "Carries out a command; `from` is set to who is signed in",
            "requestBody": {"required": true, "content": {"application/json": {"schema": {
                "type": "object",
                "required": ["from", "command"],
                "additionalProperties": false,
                "properties": {"from": {"type": "string"}, "command": {"oneOf": variants}},
            }}}},
            "responses": responses("application/json"),
        }}),
    );
    let replace = replacement(SETTINGS, "Replaces the settings, for the role `it`", "application/toml");
    let read = operation(SETTINGS, "The settings as TOML with their version, without passwords, for the role `it`");
    paths.insert(SETTINGS.into(), json!({"get": read, "put": replace}));
    let replace = replacement(TIMETABLE, "Replaces the timetable, for the role `it`", "application/json");
    paths[TIMETABLE]["put"] = replace;
    let replace = replacement(TARGETS, "Replaces the live targets, for the role `it`", "application/json");
    let read = operation(TARGETS, "The live targets with their version, without their keys, for the role `it`");
    paths.insert(TARGETS.into(), json!({"get": read, "put": replace}));
    paths.insert(ZONES.into(), zones());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ketang host",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The recording host's API as docs/reference/api.md describes it, for signed-in people and their tokens.",
        },
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {"securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": crate::who::SESSION},
        }},
    })
}

/// The version that a change was made from.
fn if_match() -> Value {
    json!({
        "name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"},
        "description": "The version that it was made from, in quotation marks",
    })
}

fn zones() -> Value {
    let read = operation(ZONES, "Zones and masks of a camera with their version, for the role `it`");
    let mut replace = operation(ZONES, "Replaces them, from the camera's next picture on, for the role `it`");
    let mut remove = operation(ZONES, "Goes back to those of the host's own file, for the role `it`");
    for change in [&mut replace, &mut remove] {
        change["parameters"].as_array_mut().expect("an operation has a list of them").push(if_match());
    }
    let corner =
        json!({"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2});
    let outlines = json!({"type": "array", "maxItems": 32, "items": {"type": "array", "items": corner, "minItems": 3, "maxItems": 64}});
    let kinds = ["podium", "board", "board-surface", "students", "lectern", "screen", "masks"];
    let properties: Map<String, Value> = kinds.map(|kind| (kind.to_owned(), outlines.clone())).into_iter().collect();
    let schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    replace["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    json!({"get": read, "put": replace, "delete": remove})
}

fn operation(path: &str, summary: &str) -> Value {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> =
        names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect();
    let content = match path {
        "/v1/watch" | "/v1/events" => "text/event-stream",
        "/metrics" => "application/openmetrics-text",
        _ if path.contains("pictures") => "multipart/x-mixed-replace",
        _ => "application/json",
    };
    json!({"summary": summary, "parameters": parameters, "responses": responses(content)})
}

/// How something is replaced whole by who says which version they saw.
fn replacement(path: &str, summary: &str, content: &str) -> Value {
    let mut replace = operation(path, summary);
    replace["parameters"] = json!([{
        "name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"},
        "description": "The version that it was made from, in quotation marks",
    }]);
    replace["requestBody"] = json!({"required": true, "content": {content: {"schema": {}}}});
    replace
}

fn responses(content: &str) -> Value {
    let refused = json!({"description": "No, and why", "content": {"application/json": {"schema": {
        "type": "object",
        "required": ["code", "chinese", "english"],
        "properties": {"code": {"type": "string"}, "chinese": {"type": "string"}, "english": {"type": "string"}},
    }}}});
    json!({"200": {"description": "As docs/reference/api.md has it", "content": {content: {}}}, "default": refused})
}

fn command((name, role, keys): &Described) -> Value {
    let mut properties = Map::from_iter([("name".to_owned(), json!({"const": name}))]);
    properties.extend(keys.iter().map(|(key, kind)| ((*key).to_owned(), json!({"type": kind}))));
    let description = format!("For the role `{role}` and above");
    json!({"type": "object", "description": description, "required": ["name"], "properties": properties})
}

#[cfg(test)]
mod tests {
    use ketang_hal::role::{PictureRole, SoundRole};
    use ketang_protocol::command::{Command, Export, Ptz, PtzAction, Recut, Rename, Shot, Sound, SoundCard, Start};
    use ketang_protocol::directing::Mode;
    use ketang_protocol::lesson::LessonId;
    use ketang_protocol::update::UpdateAction;

    use super::*;
    use crate::api::least;

    /// The host's own reference: its table of endpoints, and that of commands.
    const REFERENCE: &str = include_str!("../../../docs/reference/api.md");

    #[test]
    fn every_endpoint_of_the_host_is_served_here() {
        let told: Vec<&str> =
            REFERENCE.lines().filter_map(|line| line.strip_prefix("| `GET ")?.split('`').next()).collect();
        assert!(told.len() >= 8, "{told:?}");
        for path in told {
            let path = path.split('?').next().unwrap_or(path);
            let mut served = READ.iter().map(|(known, _)| *known).chain([SETTINGS, TARGETS, ZONES]);
            assert!(served.any(|known| known == path), "{path} is not in the table");
        }
        assert!(document()["paths"][SETTINGS]["put"]["requestBody"].is_object());
        assert!(document()["paths"]["/v1/lessons/{id}"]["get"].is_object());
        let zones = &document()["paths"][ZONES];
        assert_eq!(zones["put"]["parameters"].as_array().unwrap().len(), 2, "{zones}");
        assert!(zones["delete"].is_object() && zones["put"]["requestBody"].is_object());
    }

    #[test]
    fn every_command_is_described_with_its_role() {
        let id = || LessonId("20261122-081500-0001".into());
        let all = [
            Command::Start(Start::default()),
            Command::Stop {},
            Command::Pause {},
            Command::Resume {},
            Command::Extend { minutes: 5 },
            Command::Chapter { title: None },
            Command::Scene { scene: "a".into() },
            Command::Layout(Shot { layout: "single".into(), inputs: Vec::new() }),
            Command::Direct { mode: Mode::Manual },
            Command::Ptz(Ptz { input: PictureRole::TeacherCloseup, action: PtzAction::Stop {} }),
            Command::Sound(Sound { role: SoundRole::RoomMic, gain_db: Some(-3.0), muted: Some(false) }),
            Command::SoundCard(SoundCard {
                role: SoundRole::RoomMic,
                control: "Mic".into(),
                percent: Some(50),
                on: Some(true),
            }),
            Command::Verify { lesson: id() },
            Command::VerifyFolder { folder: "/a".into() },
            Command::Export(Export {
                lesson: id(),
                track: "hdmi".into(),
                to: "/a".into(),
                from_seconds: None,
                to_seconds: None,
                parts: false,
            }),
            Command::Recut(Recut { lesson: id(), rules: None, to: None, without_room_rules: false }),
            Command::Confirm { lesson: id() },
            Command::Rename(Rename { lesson: id(), title: None, teacher: None }),
            Command::Delete { lesson: id(), unconfirmed: false },
            Command::Restore { lesson: id() },
            Command::Update { action: UpdateAction::Cancel {} },
            Command::LiveStart { target: "a".into() },
            Command::LiveStop { target: "a".into() },
            Command::LiveTest { target: "a".into() },
        ];
        for command in all {
            let value = serde_json::to_value(&command).unwrap();
            let name = value["name"].as_str().unwrap();
            let (_, role, keys) =
                COMMANDS.iter().find(|(known, _, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(*role, least(&command).as_str(), "{name}");
            for key in value.as_object().unwrap().keys().filter(|key| *key != "name") {
                assert!(keys.iter().any(|(known, _)| known == key), "{name}.{key}");
            }
        }
    }
}
