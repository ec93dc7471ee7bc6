//! The OpenAPI description of what programs may ask here, made of the very tables that the routes are made of.

use serde_json::{Map, Value, json};

use crate::api::{READ, SETTINGS};

/// What a command is called, who may send it, and its further keys with their types.
type Described = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const COMMANDS: [Described; 18] = [
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
    ("recut", "it", &[("lesson", "string"), ("rules", "string"), ("to", "string")]),
    ("confirm", "it", &[("lesson", "string")]),
    ("rename", "directing", &[("lesson", "string"), ("title", "string"), ("teacher", "string")]),
    ("delete", "it", &[("lesson", "string"), ("unconfirmed", "boolean")]),
    ("restore", "it", &[("lesson", "string")]),
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
    let mut replace = operation(SETTINGS, "Replaces the settings, for the role `it`");
    replace["parameters"] = json!([{
        "name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"},
        "description": "The version that they were made from, in quotation marks",
    }]);
    replace["requestBody"] = json!({"required": true, "content": {"application/toml": {"schema": {"type": "string"}}}});
    let read = operation(SETTINGS, "The settings as TOML with their version, without passwords, for the role `it`");
    paths.insert(SETTINGS.into(), json!({"get": read, "put": replace}));
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
    use ketang_hal::role::PictureRole;
    use ketang_protocol::command::{Command, Export, Ptz, PtzAction, Recut, Rename, Shot, Start};
    use ketang_protocol::directing::Mode;
    use ketang_protocol::lesson::LessonId;

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
            let mut served = READ.iter().map(|(known, _)| *known).chain([SETTINGS]);
            assert!(served.any(|known| known == path), "{path} is not in the table");
        }
        assert!(document()["paths"][SETTINGS]["put"]["requestBody"].is_object());
        assert!(document()["paths"]["/v1/lessons/{id}"]["get"].is_object());
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
            Command::Recut(Recut { lesson: id(), rules: "lecture".into(), to: "/a".into() }),
            Command::Confirm { lesson: id() },
            Command::Rename(Rename { lesson: id(), title: None, teacher: None }),
            Command::Delete { lesson: id(), unconfirmed: false },
            Command::Restore { lesson: id() },
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
