//! Several people at the pages: roles, wrong passwords, two who edit the same, and one whose account is taken away.

use ketang_tests::Admin;

use super::chromium::Chromium;
use super::{PASSWORD, daemon, pair, sign_in};

fn add(browser: &Chromium, name: &str, role: &str) {
    browser.go("/users");
    browser.fill("form[action$=add] [name=name]", name);
    browser.evaluate(&format!("document.querySelector('form[action$=add] [name=role]').value = '{role}'; true"));
    browser.fill("form[action$=add] [name=password]", PASSWORD);
    browser.fill("form[action$=add] [name=again]", PASSWORD);
    browser.follow("form[action$=add] .primary");
    browser.see(&format!("[data-account={name}]"));
}

#[test]
fn a_viewer_sees_and_may_not_touch_until_it_is_given_the_right() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(it) = Chromium::open(&admin) else { return };
    pair(&admin, &it);
    add(&it, "wang", "viewer");
    let Some(other) = Chromium::open(&admin) else { return };
    // Wrong passwords first: limited, and written down.
    for _ in 0..5 {
        other.go("/sign-in");
        other.fill("[name=name]", "nobody");
        other.fill("[name=password]", "not the password");
        other.follow("main .primary");
        other.read("用户名或密码不对");
    }
    other.fill("[name=name]", "nobody");
    other.fill("[name=password]", "not the password");
    other.follow("main .primary");
    other.read("试错次数太多");
    sign_in(&other, "wang");
    other.see("#lesson .idle");
    other.see_no("a[href='/console']");
    other.go("/console");
    other.read("没有这个权限");
    it.go("/logs");
    it.read("sign-in, too many tries");
    it.read("GET /console");
    it.picture("logs");

    // Two who look at the same account: the second is told.
    let second = it.another();
    it.go("/users");
    second.go("/users");
    for browser in [&it, &second] {
        browser.evaluate("document.querySelector('[data-account=wang] details').open = true");
        browser.evaluate("document.querySelector('[data-account=wang] [name=role]').value = 'directing'; true");
    }
    it.follow("[data-account=wang] form[action$=role] button");
    it.read("权限已保存");
    second.follow("[data-account=wang] form[action$=role] button");
    second.read("刚才有其他人改动了它");

    // The right holds at once, and English is one tap away.
    other.go("/console");
    other.see("#start");
    other.follow(".language button");
    other.read("Start a lesson");
    other.picture("console-idle-english");
    // Whose account is removed is out.
    it.go("/users");
    it.evaluate("document.querySelector('[data-account=wang] details').open = true");
    it.follow("[data-account=wang] form[action$=remove] button");
    it.see_no("[data-account=wang]");
    other.go("/");
    assert_eq!(other.place(), "/sign-in?to=%2F");
}
