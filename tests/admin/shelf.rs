//! A lesson that is over, in the browser: renamed, deleted, taken back (JX-22).

use ketang_tests::Admin;

use super::chromium::Chromium;
use super::{daemon, pair};

#[test]
fn a_lesson_is_renamed_deleted_and_taken_back() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    let id = daemon.start_lesson(&["--title", "Mathe"]);
    daemon.record_until(2.0);
    daemon.ctl(&["stop"]);
    daemon.ended(&id);
    pair(&admin, &browser);
    let page = format!("/lessons/{id}");
    let title = || daemon.lesson(&id).lesson.title;

    browser.go(&page);
    browser.click("#rename summary");
    browser.fill("#rename [name=title]", "Brüche");
    browser.follow("#rename button");
    browser.wait("it is renamed", "document.querySelector('h1').innerText === 'Brüche'");
    assert_eq!(title().as_deref(), Some("Brüche"));

    // What is not confirmed goes only with a tick.
    browser.click("#delete summary");
    browser.click("#delete button");
    browser.see("#delete [name=unconfirmed]:invalid");
    assert_eq!(browser.place(), page);
    browser.click("#delete [name=unconfirmed]");
    browser.picture("lesson-delete");
    browser.follow("#delete button");
    assert_eq!(browser.place(), format!("/lessons?deleted={id}"));
    browser.see_no(&format!("a[href='{page}']"));
    browser.picture("lesson-deleted");
    assert!(daemon.lessons().is_empty());

    browser.follow("#undo button");
    assert_eq!(browser.place(), page);
    assert_eq!(title().as_deref(), Some("Brüche"));

    // Confirmed it needs no tick, and the list has it as long as it can be taken back.
    daemon.ctl(&["confirm", &id.0]);
    browser.go(&page);
    browser.click("#delete summary");
    browser.follow("#delete button");
    browser.go("/lessons");
    browser.see_no("#undo");
    browser.follow(&format!("#trash [data-deleted='{id}'] button"));
    assert_eq!(browser.place(), page);
    browser.go("/lessons");
    browser.see_no("#trash");

    // Who did it is written down.
    browser.go("/logs");
    for deed in ["rename", "delete", "restore"] {
        browser.read(&format!("{{\"name\":\"{deed}\",\"lesson\":\"{id}\""));
    }
    // Whoever helps gets what the last lessons were, and what happened in them.
    for file in ["lesson.json", "events.jsonl"] {
        let has = format!(
            "fetch('/logs/bundle').then((answer) => answer.text()).then((zip) => zip.includes('lessons/{id}/{file}'))"
        );
        assert_eq!(browser.evaluate(&has), true, "{file}");
    }
}
