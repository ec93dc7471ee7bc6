//! The timetable in the browser: a lesson added and removed, days off, the whole as text and as a file, and two people at once.

use ketang_protocol::timetable::{Day, Starts, Timetable, Versioned};
use ketang_tests::{Admin, Daemon};

use super::chromium::Chromium;
use super::{daemon, pair};

const PAGE: &str = "/timetable";

fn timetable(daemon: &Daemon) -> Timetable {
    let now: Versioned = daemon.json(&["timetable"]);
    now.timetable
}

/// Fields of times and dates take other keys in each country.
fn choose(browser: &Chromium, field: &str, value: &str) {
    browser.evaluate(&format!("document.querySelector('#add [name={field}]').value = '{value}'; true"));
}

fn type_lesson(browser: &Chromium, title: &str, begins: &str, ends: &str) {
    browser.fill("#add [name=title]", title);
    browser.fill("#add [name=teacher]", "李雪梅");
    for day in ["mon", "wed"] {
        browser.click(&format!("#add [name=day][value={day}]"));
    }
    choose(browser, "begins", begins);
    choose(browser, "ends", ends);
    choose(browser, "starts", "by-itself");
}

#[test]
fn lessons_of_the_week_are_added_and_removed_by_two_people() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go(PAGE);
    browser.read("还没有课表");
    let second = browser.another();
    second.go(PAGE);

    type_lesson(&browser, "数学", "08:45", "08:00");
    browser.follow("#add .primary");
    browser.read("08:45");
    assert_eq!(timetable(&daemon), Timetable::default(), "no lesson ends before it begins");
    browser.go(PAGE);
    type_lesson(&browser, "数学", "08:00", "08:45");
    browser.follow("#add .primary");
    browser.read("课表已保存");
    browser.see("[data-entry=数学]");
    let now = timetable(&daemon);
    let [entry] = now.entries.as_slice() else { panic!("{now:?}") };
    assert_eq!((entry.days.as_slice(), entry.starts), (&[Day::Mon, Day::Wed][..], Starts::ByItself));
    assert_eq!((entry.title.as_str(), entry.teacher.as_deref()), ("数学", Some("李雪梅")));

    // The second has looked at the page before.
    type_lesson(&second, "语文", "09:00", "09:45");
    second.follow("#add .primary");
    second.read("刚才有其他人改动了它");
    assert_eq!(timetable(&daemon), now);
    second.go(PAGE);
    type_lesson(&second, "语文", "09:00", "09:45");
    second.follow("#add .primary");
    second.see("[data-entry=语文]");

    browser.go(PAGE);
    browser.fill("[name=off]", "2026-10-01 国庆节");
    browser.follow("form[action='/timetable/off'] button");
    browser.read("“国庆节”不是日期");
    browser.go(PAGE);
    browser.fill("[name=off]", "2026-10-01 2026-10-02");
    browser.follow("form[action='/timetable/off'] button");
    browser.read("停课日：2026-10-01 2026-10-02");
    browser.picture("timetable");
    browser.follow("[data-entry=数学] button");
    browser.see_no("[data-entry=数学]");
    let now = timetable(&daemon);
    assert_eq!((now.entries.len(), now.off.len()), (1, 2));
}

#[test]
fn the_whole_timetable_is_taken_to_another_room_as_text() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go(PAGE);
    browser.click("details summary");
    browser.fill("[name=text]", "entries = 3");
    browser.follow("form[action='/timetable/text'] button");
    browser.read("这不是课表");
    browser.go(PAGE);
    browser.click("details summary");
    let lesson = r#"[[entries]]
title = "物理"
days = ["fri"]
begins = "14:00:00"
ends = "14:45:00"
"#;
    browser.fill("[name=text]", lesson);
    browser.follow("form[action='/timetable/text'] button");
    browser.see("[data-entry=物理]");
    let exported = browser.evaluate("fetch('/timetable/export').then(file => file.text())");
    let exported: Timetable = toml::from_str(exported.as_str().unwrap()).unwrap();
    assert_eq!(exported, timetable(&daemon));
    assert_eq!(exported.entries.len(), 1);
}
