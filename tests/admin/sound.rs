//! Faders and mutes: on the console, on a phone, and on the page of the sound.

use ketang_hal::role::SoundRole::{self, RoomMic, TeacherMic};
use ketang_protocol::snapshot::{Snapshot, SoundState};
use ketang_tests::Admin;

use super::chromium::Chromium;
use super::{daemon, pair};

fn of(now: &Snapshot, role: SoundRole) -> &SoundState {
    now.sounds.iter().find(|sound| sound.role == role).expect("it is configured")
}

#[test]
fn a_microphone_is_muted_and_turned_down_on_the_console_and_on_the_page_of_the_sound() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/console");
    browser.see("[data-sound=teacher-mic][data-muted=false]");
    browser.click("[data-mute=teacher-mic]");
    let now = daemon.wait("it is muted", |now| of(now, TeacherMic).muted && of(now, TeacherMic).level_dbfs <= -100.0);
    assert!(!of(&now, RoomMic).muted, "no other one is");
    browser.see("[data-sound=teacher-mic][data-muted=true] .number");
    browser
        .wait("its level says so", "document.querySelector('[data-sound=teacher-mic] .number').innerText === '已静音'");
    browser.wait("its meter is empty", "document.querySelector('[data-sound=teacher-mic] meter').value === -60");
    browser.picture("console-muted");
    browser.click("[data-mute=teacher-mic]");
    daemon.wait("it is open again", |now| !of(now, TeacherMic).muted);

    // A fader by keyboard, as it is dragged: the focus stays on it while the page changes.
    browser.evaluate("document.querySelector('[name=room-mic]').focus(); true");
    for _ in 0..3 {
        browser.press("\u{e012}");
    }
    daemon.wait("it is turned down", |now| of(now, RoomMic).gain_db == -3.0);
    browser.wait("its number follows", "document.querySelector('[data-sound=room-mic] output').innerText === '-3 dB'");

    browser.be_a_phone();
    browser.go("/sound");
    browser.see("[data-sound=room-mic]");
    browser.see("[data-treatment='sound.noise-suppression'].good");
    let wide = browser.evaluate("document.documentElement.scrollWidth <= innerWidth");
    assert_eq!(wide, true, "nothing sticks out on a phone");
    browser.click("[data-mute=room-mic]");
    daemon.wait("it is muted from a phone", |now| of(now, RoomMic).muted && of(now, RoomMic).gain_db == -3.0);
    browser.see("[data-sound=room-mic][data-muted=true]");
    browser.picture("sound-phone");
    browser.go("/logs");
    browser.read("\"name\":\"sound\"");
}
