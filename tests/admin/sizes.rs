//! Every page on a phone and on the smallest laptop, in both languages: nothing is wider than the screen. And live pictures that really move.

use ketang_protocol::targets::{Key, Starts, Target, Targets};
use ketang_tests::Admin;

use super::chromium::Chromium;
use super::{daemon, pair};

/// A week with long names, a lesson that is held once, and a day off.
const TIMETABLE: &str = r#"
off = ["2026-10-01", "2026-10-02"]

[[entries]]
title = "一节名字特别长的公开课：光的折射与全反射在日常生活中的应用"
teacher = "李雪梅"
days = ["mon", "tue", "wed", "thu", "fri"]
begins = "08:00"
ends = "08:45"
from = "2026-09-01"
until = "2027-01-20"

[[entries]]
title = "Unit 5: The weather"
days = ["sat", "sun"]
begins = "23:50"
ends = "23:59"
starts = "by-itself"

[[entries]]
title = "Open day"
date = "2031-01-02"
begins = "09:00"
ends = "10:00"
"#;

/// So many pictures within two seconds are ten a second.
const PICTURES: u64 = 20;

#[test]
fn no_page_is_wider_than_a_phone_or_a_small_laptop() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &["--keep-free-mb=0"]);
    let Some(browser) = Chromium::open(&admin) else { return };
    let id =
        daemon.start_lesson(&["--title", "一节名字特别长的公开课：光的折射与全反射在日常生活中的应用（第二课时）"]);
    daemon.record_until(2.0);
    daemon.ctl(&["stop"]);
    daemon.ended(&id);
    let file = daemon.socket().with_file_name("timetable.toml");
    std::fs::write(&file, TIMETABLE).unwrap();
    assert_eq!(daemon.ctl(&["timetable", "--set", file.to_str().unwrap()]).code, 0);
    let address = format!("rtmps://live-{}.example.edu.cn/live/instance", "a-host-with-a-long-name-".repeat(3));
    let name = "一个名字特别长的直播目标：市教育局公开课直播平台的备用线路".to_owned();
    let target = Target { name, address, key: Key("key".into()), starts: Starts::WithLessons };
    daemon.set_targets(&Targets { targets: vec![target] });
    let fits = |browser: &Chromium, page: &str, on: &str| {
        let wider = browser.evaluate("document.documentElement.scrollWidth - innerWidth").as_i64().unwrap();
        assert!(wider <= 0, "{page} is {wider} pixels wider than {on}");
    };
    browser.go("/pair");
    fits(&browser, "/pair", "a laptop");
    pair(&admin, &browser);
    // A file with a name as long as names may be.
    browser.go(&format!("/lessons/{id}"));
    browser.follow("form[action^='/do/keep/'] button");
    browser.see("[data-work] [data-done]");
    browser.go("/files/");
    let links = "[...document.querySelectorAll(\"main a[href^='/files/'], main a[href^='/edit/'], .menu a, a.who\")]\
                 .map((link) => link.getAttribute('href')).filter((link) => !link.includes('?'))";
    let told = browser.evaluate(links);
    let mut pages: Vec<String> =
        told.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect();
    pages.extend([format!("/lessons/{id}"), "/lessons?when=this-week".into()]);
    pages.sort();
    pages.dedup();
    for wanted in [
        "/",
        "/account",
        "/console",
        "/files/",
        "/inputs",
        "/lessons",
        "/logs",
        "/settings",
        "/storage",
        "/update",
        "/targets",
        "/users",
    ] {
        assert!(pages.iter().any(|page| page == wanted), "{wanted} is not reached: {pages:?}");
    }
    for on in ["a laptop", "a phone"] {
        if on == "a phone" {
            browser.be_a_phone();
        }
        for _ in ["of both languages"; 2] {
            browser.go("/");
            browser.follow("form.language button");
            let language = browser.evaluate("document.documentElement.lang");
            for page in &pages {
                browser.go(page);
                browser.see("main h1");
                // What is folded away is a part of the page too.
                browser.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; }); true");
                fits(&browser, page, on);
                let name: String =
                    page.trim_matches('/').replace(['/', '?', '=', '%'], "-").chars().take(100).collect();
                let language = language.as_str().unwrap();
                browser.picture(&format!("{}-{language}-{name}", on.trim_start_matches("a ")));
            }
        }
    }
    browser.go("/account");
    browser.follow("form[action='/sign-out'] button");
    fits(&browser, "/sign-in", "a phone");
}

#[test]
fn live_pictures_move_ten_times_a_second_in_the_page() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/console");
    browser.wait("a picture is there", "document.querySelector('.stage .picture').naturalWidth > 0");
    // The page itself counts pictures that differ, until so many have come within two seconds.
    let counted = browser.evaluate(&format!(
        "new Promise((done) => {{
           const picture = document.querySelector('.stage .picture'), times = [];
           const canvas = document.createElement('canvas'), on = canvas.getContext('2d', {{ willReadFrequently: true }});
           [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
           let before = 0;
           const look = () => {{
             on.drawImage(picture, 0, 0);
             let sum = 0;
             for (const value of on.getImageData(0, 0, canvas.width, canvas.height).data) sum = (sum * 31 + value) | 0;
             if (sum !== before) {{
               before = sum;
               times.push(performance.now());
               while (times[0] < times.at(-1) - 2000) times.shift();
               if (times.length >= {PICTURES}) return done([times.length, picture.naturalWidth]);
             }}
             requestAnimationFrame(look);
           }};
           look();
         }})"
    ));
    assert_eq!(counted[0], PICTURES);
    assert!(counted[1].as_u64().unwrap() >= 160, "{counted}");
}
