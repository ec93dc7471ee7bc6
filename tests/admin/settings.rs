//! Settings in the browser: changed in fields, by two people at once, wrong, exported and imported.

use std::io::{Cursor, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ketang_protocol::settings::State;
use ketang_tests::{Admin, Daemon, HostSettings};

use super::chromium::Chromium;
use super::{daemon, pair};

#[test]
fn settings_are_changed_by_two_people_and_imported() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/settings");
    let second = browser.another();
    second.go("/settings");
    browser.picture("settings");
    browser.fill("[name='recording.track-kbit']", "3000");
    browser.follow("#save");
    // The host has begun anew with them when this is said.
    browser.read("主机按此运行");
    let now = daemon.settings();
    assert_eq!((now.text.as_str(), now.state), ("[recording]\ntrack-kbit = 3000\n", State::InForce));

    // The second has looked at the page before: told, with nothing lost of either.
    second.fill("[name='lesson.planned']", "40min");
    second.follow("#save");
    second.see("#meanwhile");
    second.read("recording.track-kbit: – → 3000");
    second.picture("settings-meanwhile");
    second.follow("#save");
    second.read("主机按此运行");
    assert_eq!(daemon.settings().text, "[lesson]\nplanned = \"40min\"\n\n[recording]\ntrack-kbit = 3000\n");

    second.fill("[name='recording.part-limit-mb']", "500");
    second.follow("#save");
    second.see(".bad [name='recording.part-limit-mb']");
    second.read("from 10 to 200");
    second.picture("settings-wrong");

    let file = daemon.socket().with_file_name("import.toml");
    std::fs::write(&file, "[recording]\ntrack-kbit = 2000\n").unwrap();
    browser.go("/settings");
    browser.evaluate("document.querySelector('details:has(#text)').open = true");
    browser.choose("#import", &file);
    browser.read("主机按此运行");
    assert_eq!(daemon.settings().text, "[recording]\ntrack-kbit = 2000\n");
    browser.go("/logs");
    browser.read("settings: recording.track-kbit: 3000 → 2000");
}

#[test]
fn whoever_helps_gets_no_password() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("inputs.board.source", "rtsp://127.0.0.1:9/board")
        .set("inputs.board.user", "admin")
        .set("inputs.board.password", "s3cret-of-a-flag");
    let daemon = Daemon::start(&settings);
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/settings");
    browser.evaluate("document.querySelector('details:has(#text)').open = true");
    let text =
        "[inputs.hdmi]\nsource = \"rtsp://127.0.0.1:9/hdmi\"\nuser = \"admin\"\npassword = \"s3cret-of-a-page\"\n";
    let file = daemon.socket().with_file_name("import.toml");
    std::fs::write(&file, text).unwrap();
    browser.choose("#import", &file);
    browser.read("主机按此运行");
    browser.go("/targets");
    browser.fill("#add [name=name]", "校园网");
    browser.fill("#add [name=address]", "rtmp://127.0.0.1:9/live");
    browser.fill("#add [name=key]", "s3cret-of-live");
    browser.follow("#add .primary");
    browser.see("[data-target='校园网']");

    let fetched = browser.evaluate(
        "fetch('/logs/bundle').then(answer => answer.arrayBuffer())
            .then(bytes => btoa(Array.from(new Uint8Array(bytes), byte => String.fromCharCode(byte)).join('')))",
    );
    let bytes = STANDARD.decode(fetched.as_str().unwrap()).unwrap();
    let mut bundle = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut names = Vec::new();
    for index in 0..bundle.len() {
        let mut part = bundle.by_index(index).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("s3cret"), "{name}: {text}");
        names.push(name);
    }
    for name in ["snapshot.json", "settings.json", "deeds.tsv", "ketangd.toml", "host.log"] {
        assert!(names.iter().any(|of| of == name), "{name}: {names:?}");
    }
}
