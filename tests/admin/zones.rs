//! Zones and masks drawn on a camera's picture, with the mouse and with a finger, by two people at once, in a lesson.

use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::{Snapshot, ZonesState};
use ketang_tests::Admin;

use super::chromium::Chromium;
use super::{daemon, pair};

const PAGE: &str = "/zones/teacher-panorama";

fn zones(now: &Snapshot) -> ZonesState {
    now.pictures.iter().find_map(|picture| picture.zones.clone()).unwrap_or_default()
}

#[test]
fn masks_are_drawn_by_two_people_and_the_host_looks_by_them() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    let before = zones(&daemon.wait("the eye has the room's own zones", |now| zones(now).in_use));
    assert!(!before.drawn && before.zones > 0, "{before:?}");
    daemon.start_lesson(&[]);
    browser.go("/inputs");
    browser.follow("a[href='/zones/teacher-panorama']");
    assert_eq!(browser.place(), PAGE);
    browser.see("#drawing .zone");
    let second = browser.another();
    second.be_a_phone();
    second.go(PAGE);
    second.see("#drawing .zone");

    browser.click("[data-kind=masks]");
    browser.drag("#drawing", "mouse", (0.04, 0.70), (0.14, 0.92));
    browser.see(".zone.masks.chosen");
    // The middle of an edge becomes a corner.
    browser.drag("#drawing", "mouse", (0.14, 0.81), (0.19, 0.81));
    browser.wait("it has five corners", "document.querySelectorAll('.knob.corner').length === 5");
    browser.picture("zones");
    browser.click("#zones-save");
    browser.read("已保存，主机正按此看");
    let drawn = zones(&daemon.snapshot());
    assert_eq!(drawn, ZonesState { masks: before.masks + 1, drawn: true, in_use: true, ..before.clone() });
    let file = std::fs::read_to_string(daemon.data().join("zones/teacher-panorama.toml")).unwrap();
    assert!(file.contains("masks = ") && file.contains("board-surface = "), "the present format: {file}");

    // The second has looked at the page before: told, with nothing lost of either.
    second.click("[data-kind=masks]");
    second.drag("#drawing", "touch", (0.80, 0.70), (0.95, 0.90));
    second.see(".zone.masks.chosen");
    second.click("#zones-save");
    second.read("两个人的改动现在都在画面上");
    second.picture("zones-meanwhile");
    assert_eq!(zones(&daemon.snapshot()).masks, before.masks + 1, "nothing was saved over the other");
    second.click("#zones-save");
    second.read("已保存，主机正按此看");
    assert_eq!(zones(&daemon.snapshot()).masks, before.masks + 2);

    second.click("#zones-file");
    daemon.wait("the file's zones are in use again", |now| zones(now) == before);
    let lesson = daemon.snapshot().lesson.unwrap();
    assert_eq!((lesson.outcome, lesson.gaps), (Outcome::Recording, 0), "the lesson has not noticed");
    browser.go("/logs");
    browser.read("zones of teacher-panorama: drawn");
    browser.go("/zones/hdmi");
    browser.read("主机不在这台摄像机的画面里找人");
}
