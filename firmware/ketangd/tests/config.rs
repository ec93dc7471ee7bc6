//! The configuration as a person writes it, right and wrong; and that the commented default and the references tell the truth.

#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

use std::path::Path;

use ketang_hal::role::{PictureRole, SoundRole};
use ketangd::config::rule::{OrNever, Tracks};
use ketangd::config::{Config, ConfigError, load, load_text};

const DEFAULT: &str = include_str!("../ketangd.toml");
const REFERENCES: [(&str, &str); 2] = [
    ("docs/reference/configuration.md", include_str!("../../../docs/reference/configuration.md")),
    ("docs/zh/reference/configuration.md", include_str!("../../../docs/zh/reference/configuration.md")),
];
/// Keys whose value in `ketangd.toml` is an example.
const NO_DEFAULT: [&str; 10] = [
    "host.metrics-listen",
    "host.watchdog",
    "programme.scene",
    "programme.layouts-dir",
    "directing.room-rules",
    "directing.zones",
    "directing.students-zones",
    "sim.script",
    "upload.address",
    "upload.key-file",
];

fn read(text: &str) -> Result<Config, ConfigError> {
    load_text(Path::new("ketangd.toml"), text, &[])
}

fn read_with(text: &str, sets: &[&str]) -> Result<Config, ConfigError> {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    load_text(Path::new("ketangd.toml"), text, &sets)
}

fn error(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

/// Every key of the commented default: its section, its name, its value.
fn keys() -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in DEFAULT.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if !line.starts_with(' ')
            && let Some((key, value)) = line.split_once(" = ")
        {
            keys.push((section.clone(), key.to_owned(), value.to_owned()));
        }
    }
    keys
}

/// Takes the comment signs away from sections and keys.
fn uncommented() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    DEFAULT.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commented_default_is_the_default() {
    assert_eq!(read(DEFAULT).unwrap(), read("").unwrap());
    let fixed = |section: &str| !section.starts_with("inputs.") && !section.starts_with("scenes.");
    let fixed: Vec<_> = keys().into_iter().filter(|(section, ..)| fixed(section)).collect();
    assert!(fixed.len() > 30, "the default lists its keys");
    for (section, key, value) in fixed {
        if !NO_DEFAULT.contains(&format!("{section}.{key}").as_str()) {
            let config = read(&format!("[{section}]\n{key} = {value}")).unwrap();
            assert_eq!(config, read("").unwrap(), "{section}.{key} = {value} is not the default");
        }
    }
}

#[test]
fn the_commented_default_uncommented_is_right() {
    let config = read(&uncommented()).unwrap();
    assert_eq!(config.inputs.pictures().count(), 3);
    assert_eq!(config.initial_scene().unwrap().as_str(), "lesson");
}

/// The keys that a section knows, as the error about an unknown one lists them.
fn known_keys(section: &str) -> Vec<String> {
    let error = error(&format!("[{section}]\nzzz = 1"));
    assert!(error.contains("line 2") && error.contains("zzz"), "{error}");
    let (_, list) = error.split_once("expected").unwrap();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_commented_default_and_the_references_name_every_key() {
    let sections =
        ["host", "board", "programme", "recording", "lesson", "storage", "upload", "update", "sound", "sim", "log"];
    let named = ["inputs.teacher-panorama", "inputs.students-panorama.picture", "inputs.teacher-mic", "scenes.lesson"];
    for section in sections.into_iter().chain(named) {
        let known = known_keys(section);
        assert!(!known.is_empty(), "{section}");
        for key in known {
            // The password itself does not stand in an example, the picture is a section of its own, and the camera whose mode is
            // written is another one.
            let example = if key == "mode" { "inputs.students-panorama" } else { section };
            if key != "password" && key != "picture" {
                let listed = keys().into_iter().any(|(s, k, _)| s == example && k == key);
                assert!(listed, "ketangd.toml lacks {example}.{key}");
            }
            for (file, text) in REFERENCES {
                let heading = section
                    .replace("teacher-panorama", "<role>")
                    .replace("students-panorama", "<role>")
                    .replace("teacher-mic", "<role>");
                let heading = heading.replace("scenes.lesson", "scenes.<name>");
                let (_, part) =
                    text.split_once(&format!("## `[{heading}]`")).unwrap_or_else(|| panic!("{file}: {heading}"));
                let part = part.split("\n## ").next().unwrap();
                assert!(part.contains(&format!("`{key}`")), "{file} lacks {section}.{key}");
            }
        }
    }
    let roles = PictureRole::ALL.map(|r| r.to_string()).into_iter().chain(SoundRole::ALL.map(|r| r.to_string()));
    let mut roles: Vec<String> = roles.collect();
    let mut known = known_keys("inputs");
    roles.sort();
    known.sort();
    assert_eq!(known, roles);
}

#[test]
fn garbage_in_any_key_is_refused_with_its_name_and_the_remedy() {
    let keys = keys();
    for (section, key, _) in &keys {
        for garbage in ["\"zzz\\u0007\"", "-5000", "3.5", "[3]", "{ zzz = 1 }", "1979-05-27"] {
            // The garbage stands in the place of the good value, in an otherwise whole file.
            let text: Vec<String> = uncommented().lines().map(str::to_owned).collect();
            let section_line = text.iter().position(|line| *line == format!("[{section}]")).unwrap();
            let offset = text[section_line..].iter().position(|line| line.starts_with(&format!("{key} = "))).unwrap();
            let mut text = text;
            text[section_line + offset] = format!("{key} = {garbage}");
            let error = error(&text.join("\n"));
            assert!(error.contains(&format!("`{section}.{key}")), "{section}.{key} = {garbage}: {error}");
            assert!(error.contains(&format!("line {}:", section_line + offset + 1)), "{section}.{key}: {error}");
            assert!(error.contains("expected"), "{section}.{key} = {garbage}: {error}");
        }
    }
}

#[test]
fn limits_and_rules_are_named() {
    for (text, wanted) in [
        (
            "[recording]\npart-limit-mb = 500",
            "`recording.part-limit-mb`: invalid value: integer `500`, expected a whole number from 10 to 200",
        ),
        ("[recording]\nprogramme-kbit = 800", "from 1024 to"),
        (
            "[recording]\ntracks = [\"teacher\"]",
            "`recording.tracks[0]`: invalid value: string \"teacher\", expected one of teacher-panorama",
        ),
        ("[recording]\nprogramme = false\ntracks = []", "nothing would be recorded"),
        ("[recording]\ntracks = [\"hdmi\"]", "write its `source` below [inputs.hdmi]"),
        ("[lesson]\nplanned = \"3 moons\"", "written like \"30s\""),
        ("[lesson]\nplanned = \"5h\"", "more than `lesson.longest`"),
        ("[lesson]\noverrun = \"-5min\"", "\"never\" or a time from 0s"),
        ("[inputs.camera]\nsource = \"sim\"", "unknown field `camera`, expected one of `teacher-panorama`"),
        ("[inputs.hdmi]\nuser = \"x\"", "missing field `source`"),
        ("[inputs.hdmi]\nsource = \"alsa:hw:1\"", "`alsa:hw:1` is a sound card"),
        ("[inputs.line-in]\nsource = \"v4l2:/dev/video0\"", "`v4l2:/dev/video0` is a camera"),
        (
            "[inputs.board]\nsource = \"rtsp://camera/1\"\npicture.brightness = 50",
            "`inputs.board.picture`: only a camera at v4l2:/dev/videoN is set by the host",
        ),
        (
            "[inputs.board]\nsource = \"rtsp://camera/1\"\nmode = \"1280x720 Mjpeg at 30 fps\"",
            "`inputs.board.mode`: only a camera at v4l2:/dev/videoN is set by the host",
        ),
        (
            "[inputs.board.picture]\nexposure = \"dark\"",
            "invalid value: string \"dark\", expected \"auto\" or a whole number from 100 to 40000",
        ),
        ("[inputs.hdmi]\nsource = \"usb:1\"", "use v4l2:/dev/videoN"),
        ("[inputs.hdmi]\nsource = \"closeup:hdmi\"", "a close-up is of teacher-panorama or students-panorama"),
        ("[inputs.teacher-closeup]\nsource = \"closeup:teacher-panorama\"", "teacher-panorama is not configured"),
        (
            "[inputs.teacher-panorama]\nsource = \"closeup:students-panorama\"\n\
             [inputs.students-panorama]\nsource = \"closeup:teacher-panorama\"",
            "is a close-up itself",
        ),
        ("[inputs.line-in]\nsource = \"sim\"\nuser = \"x\"", "unknown field `user`, expected `source`"),
        ("[inputs.hdmi]\nsource = \"sim\"\npassword = \"a\"\npassword-file = \"/b\"", "keep one of the two"),
        ("[programme]\nscene = \"x\"\n[inputs.hdmi]\nsource = \"sim\"", "there is no scene `x`: the scenes are hdmi"),
        ("[scenes.a]\nlayout = \"single\"\ninputs = []", "`scenes.a.inputs`: a scene shows at least one input"),
        ("[scenes.a]\nlayout = \"single\"\ninputs = [\"board\"]", "board is not configured"),
        ("[host]\ndata = \"lessons\"", "an absolute path"),
        (
            "[sim]\ninputs = [\"desk\"]",
            "`sim.inputs[0]`: invalid value: string \"desk\", expected one of teacher-panorama",
        ),
        ("[log]\nlevel = \"loud\"", "off, error, warn"),
        ("[hosts]\nname = \"x\"", "unknown field `hosts`, expected one of `host`"),
        ("[host\nname = \"x\"", "ketangd.toml, line 1: this is not TOML"),
        ("[host]\nname = \"x\"\nname = \"y\"", "ketangd.toml, line 3: this is not TOML"),
    ] {
        let error = error(text);
        assert!(error.contains(wanted), "{text}\n gives\n{error}");
    }
}

#[test]
fn a_mistake_between_keys_names_the_line() {
    let error = error("[lesson]\nlongest = \"1h\"\nplanned = \"2h\"");
    assert!(error.starts_with("ketangd.toml, line 3: `lesson.planned`"), "{error}");
}

#[test]
fn a_password_is_not_shown() {
    let secret = "[inputs.hdmi]\nsource = \"rtsp://camera/1\"\npassword = \"tiger\"";
    assert!(!format!("{:?}", read(secret).unwrap()).contains("tiger"));
    let wrong = "[inputs.hdmi]\nsource = \"rtsp://camera/1\"\npassword = \"tiger\\u0007\"";
    assert!(!error(wrong).contains("tiger"));
}

#[test]
fn the_simulated_room_fills_its_roles() {
    let config = read("[board]\nname = \"sim\"\n[inputs.hdmi]\nsource = \"file:/slides.mp4\"").unwrap();
    assert_eq!(config.inputs.pictures().count(), 5);
    assert_eq!(config.inputs.sounds().count(), 3);
    assert_eq!(config.inputs.hdmi.unwrap().source.to_string(), "file:/slides.mp4");
    assert_eq!(config.inputs.teacher_mic.unwrap().source.get().to_string(), "sim");

    let config = read("[board]\nname = \"sim\"\n[sim]\ninputs = [\"hdmi\"]").unwrap();
    assert_eq!(config.inputs.pictures().map(|(role, _)| role).collect::<Vec<_>>(), [PictureRole::Hdmi]);
    assert_eq!(config.initial_scene().unwrap().as_str(), "hdmi");
    assert_eq!(config.scenes.len(), 1);
}

#[test]
fn an_override_wins_over_the_file() {
    let file = "[host]\nname = \"a\"\n[lesson]\npause-auto-resume = \"5min\"";
    let sets = [
        "host.name=301",
        "board.name = sim",
        "inputs.hdmi.source=v4l2:/dev/video9",
        "recording.tracks=[\"hdmi\"]",
        "lesson.pause-auto-resume=never",
        "sound.gain-control=false",
    ];
    let config = read_with(file, &sets).unwrap();
    assert_eq!(config.host.name.as_str(), "301");
    assert!(config.simulated() && !config.sound.gain_control);
    assert_eq!(config.inputs.hdmi.unwrap().source.to_string(), "v4l2:/dev/video9");
    assert_eq!(config.recording.tracks, Tracks::Only(vec![PictureRole::Hdmi]));
    assert_eq!(config.lesson.pause_auto_resume, OrNever::Never);
}

#[test]
fn a_wrong_override_names_the_flag() {
    for (set, wanted) in [
        (
            "recording.part-limit-mb=500",
            "--set recording.part-limit-mb: `recording.part-limit-mb`: invalid value: integer `500`",
        ),
        ("recording.parts=500", "unknown field `parts`"),
        ("lesson.planned=9h", "--set lesson.planned: `lesson.planned`: this is more than `lesson.longest`"),
        ("host.name.x=1", "`host.name`"),
        ("=1 =", "not of the form KEY=VALUE"),
        ("a b=1", "not of the form KEY=VALUE"),
    ] {
        let error = set.parse().and_then(|set| load_text(Path::new("x"), "", &[set])).unwrap_err().to_string();
        assert!(error.contains(wanted), "{set}\n gives\n{error}");
    }
}

#[test]
fn a_named_file_must_exist() {
    let error = load(Some(Path::new("/nonexistent/ketangd.toml")), &[]).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/ketangd.toml") && error.contains("--config"), "{error}");
}

#[test]
fn a_camera_that_turns_has_presets_and_limits() {
    let config = read(
        "[inputs.board]\nsource = \"v4l2:/dev/video0\"\nptz = \"visca:/dev/ttyUSB0?baud=38400\"\npan-limits = [-60, 60.5]\n\
         [ptz.presets]\nwide = 9\n\"门口\" = 5\n",
    )
    .unwrap();
    let input = config.inputs.board.as_ref().unwrap();
    assert_eq!(input.ptz.as_ref().unwrap().get().to_string(), "visca:/dev/ttyUSB0?baud=38400");
    assert_eq!(input.pan_limits.unwrap().get().greatest, 60.5);
    let presets: Vec<_> = config.ptz.presets.iter().map(|(name, number)| (name.as_str(), number.get())).collect();
    assert_eq!(presets, [("board-left", 2), ("board-right", 3), ("podium", 1), ("wide", 9), ("门口", 5)]);
    let with = |line: &str| error(&format!("[inputs.board]\nsource = \"pattern\"\n{line}"));
    for (line, wanted) in [
        (
            "ptz = \"pelco:/dev/ttyUSB0\"",
            "`inputs.board.ptz`: `pelco:/dev/ttyUSB0` is not the address of a camera that turns",
        ),
        ("pan-limits = [-60, 60]", "write its `ptz` too"),
        ("ptz = \"sim\"\npan-limits = [60, -60]", "the first of two limits is the less"),
        ("ptz = \"sim\"\nzoom-limits = 4", "expected two numbers, such as [-60, 60]"),
    ] {
        assert!(with(line).contains(wanted), "{line}: {}", with(line));
    }
    assert!(input.follow && input.field_of_view.get() == 60);
    let closeup = "[inputs.teacher-closeup]\nsource = \"closeup:teacher-panorama\"\n";
    let panorama = "[inputs.teacher-panorama]\nsource = \"pattern\"\n";
    let turns = error(&format!("{panorama}ptz = \"sim\"\n{closeup}"));
    assert!(turns.contains("the camera of teacher-panorama turns"), "{turns}");
    let turns = error(&format!("{panorama}{closeup}ptz = \"sim\"\n"));
    assert!(turns.contains("no camera of its own to turn"), "{turns}");
    assert!(error("[ptz]\nhand-back-after = \"soon\"").contains("\"never\""));
    assert!(error("[ptz.presets]\npodium = 128").contains("a whole number from 0 to 127"));
}
