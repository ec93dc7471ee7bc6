//! The host's pages end to end: a real daemon, the real `ketang-admin` over HTTPS, and a real Chromium.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod chromium;
mod day;
mod files;
mod lesson;
mod live;
mod remote;
mod settings;
mod shelf;
mod sizes;
mod sound;
mod system;
mod timetable;
mod together;
mod update;
mod zones;

use chromium::Chromium;
use ketang_tests::{Admin, Daemon, HostSettings};

/// A password that is taken.
const PASSWORD: &str = "a sentence will do";

fn daemon() -> Daemon {
    let inputs = ["teacher-panorama", "hdmi", "teacher-mic", "room-mic"];
    let daemon = Daemon::start(&HostSettings::simulated(&inputs).set("recording.tracks", "[]").beside_others());
    daemon.wait_until_live();
    daemon
}

/// Makes the first account with the code, as IT does on the first day, and is signed in then.
fn pair(admin: &Admin, browser: &Chromium) {
    browser.go("/");
    assert_eq!(browser.place(), "/pair");
    browser.fill("[name=code]", &admin.code());
    browser.fill("[name=name]", "li");
    browser.fill("[name=password]", PASSWORD);
    browser.fill("[name=again]", PASSWORD);
    browser.follow("main .primary");
    assert_eq!(browser.place(), "/");
}

fn sign_in(browser: &Chromium, name: &str) {
    browser.go("/sign-in");
    browser.fill("[name=name]", name);
    browser.fill("[name=password]", PASSWORD);
    browser.follow("main .primary");
}
