//! The live targets on the host's pages: listed, tested, started and ended, on a laptop and a phone, while a real server comes and goes.

use ketang_protocol::targets::{PushState, Starts};
use ketang_tests::{Admin, RtmpServer};

use super::chromium::Chromium;
use super::{daemon, pair};

const PAGE: &str = "/targets";
const ROW: &str = "[data-target='校园网']";

#[test]
fn a_target_is_added_tested_and_goes_live_and_nobody_sees_its_key() {
    let daemon = daemon();
    let folder = daemon.folder().path().join("server");
    let server = RtmpServer::start(&folder);
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.follow(".menu a[href='/targets']");
    browser.read("还没有直播目标");
    // The whole address as platforms give it: the key would be seen by everybody.
    browser.fill("#add [name=name]", "校园网");
    browser.fill("#add [name=address]", &format!("{}/{}?sign=1", server.address(), server.key()));
    browser.fill("#add [name=key]", "another-key");
    browser.follow("#add .primary");
    browser.read("填进“串流密钥”");
    browser.fill("#add [name=name]", "校园网");
    browser.fill("#add [name=address]", &server.address());
    browser.fill("#add [name=key]", "another-key");
    browser.follow("#add .primary");
    browser.see(&format!("{ROW}[data-state=off]"));

    // A wrong key is found by the test, and mended.
    browser.click(&format!("{ROW} [data-do=live-test]"));
    browser.read("测试失败：服务器不接受这个串流密钥");
    browser.see(&format!("{ROW}[data-state=off]"));
    browser.picture("targets-test");
    browser.click("[data-listed='校园网'] summary");
    browser.fill("[data-listed='校园网'] [name=key]", server.key());
    browser.follow("[data-listed='校园网'] .primary");
    browser.click(&format!("{ROW} [data-do=live-test]"));
    browser.read("测试成功");
    browser.see(&format!("{ROW}[data-state=off]"));

    // Saved with an empty field the key stays.
    browser.click("[data-listed='校园网'] summary");
    browser.evaluate("document.querySelector('[data-listed] [name=starts]').value = 'with-lessons'; true");
    browser.follow("[data-listed='校园网'] .primary");
    daemon.wait("it begins with lessons", |now| now.live.iter().any(|target| target.starts == Starts::WithLessons));
    daemon.start_lesson(&[]);
    browser.see(&format!("{ROW}[data-state=live]"));
    browser.see("#live-pill");
    browser.picture("targets-live");

    let port = server.port();
    drop(server);
    browser.see(&format!("{ROW}[data-state=failing]"));
    let phone = browser.another();
    phone.be_a_phone();
    phone.go(PAGE);
    phone.read("没有播出");
    let wide = phone.evaluate("document.documentElement.scrollWidth <= innerWidth");
    assert_eq!(wide, true, "nothing sticks out on a phone");
    phone.picture("targets-phone");
    let server = RtmpServer::start_on(port, &folder);
    phone.see(&format!("{ROW}[data-state=live]"));
    phone.click(&format!("{ROW} [data-do=live-stop]"));
    daemon.wait("it is off", |now| now.live.iter().all(|target| target.push == PushState::Off));
    browser.see(&format!("{ROW}[data-state=off]"));
    browser.see_no("#live-pill");
    let lesson = daemon.snapshot().lesson.unwrap();
    assert_eq!(lesson.gaps, 0, "the lesson has not noticed");

    for page in [PAGE, "/logs", "/settings", "/account"] {
        browser.go(page);
        let shown = browser.evaluate("document.documentElement.outerHTML");
        assert!(!shown.as_str().unwrap().contains(server.key()), "{page}");
    }
    browser.go("/logs");
    browser.read("live target 校园网: changed");
    browser.read("\"name\":\"live-stop\"");
    browser.go(PAGE);
    browser.follow("form.language button");
    browser.read("with every lesson");
    browser.click("[data-listed='校园网'] summary");
    browser.follow("[data-listed='校园网'] button.record");
    browser.read("There is no live target yet");
}
