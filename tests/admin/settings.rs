//! Settings in the browser: changed in fields, by two people at once, wrong, exported and imported.

use ketang_protocol::settings::State;
use ketang_tests::Admin;

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
