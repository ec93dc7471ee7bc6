//! `ketangctl` from elsewhere: through the host's pages, with a token and the host's own certificate.

use ketang_protocol::lesson::Outcome;
use ketang_tests::{Admin, Ctl};

use super::chromium::Chromium;
use super::{daemon, pair};

#[test]
fn a_lesson_is_begun_seen_and_ended_from_another_machine() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let fingerprint = admin.fingerprint();
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/account");
    browser.fill("[name=label]", "laptop");
    browser.click("form[action='/account/token'] button");
    browser.see("#token");
    let token = browser.evaluate("document.querySelector('#token').innerText");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", token.as_str().unwrap())).unwrap();
    let token = file.path().to_str().unwrap();
    // There is no socket where it runs.
    let from_elsewhere = |fingerprint: &str, args: &[&str]| -> Ctl {
        let way =
            ["--socket", "/nowhere", "--host", admin.address(), "--token-file", token, "--fingerprint", fingerprint];
        daemon.ctl(&[&way[..], args].concat())
    };

    let begun = from_elsewhere(&fingerprint, &["start", "--title", "Mathe", "--open"]);
    assert_eq!(begun.code, 0, "{begun:?}");
    let now = daemon.wait("a lesson is recorded", |now| {
        now.lesson.as_ref().is_some_and(|lesson| lesson.outcome == Outcome::Recording)
    });
    assert_eq!(now.lesson.unwrap().planned_seconds, None);
    daemon.record_until(2.0);
    let told = from_elsewhere(&fingerprint, &["status"]);
    assert!(told.code == 0 && told.out.contains("Mathe"), "{told:?}");
    // It waits for the end on a stream.
    let ended = from_elsewhere(&fingerprint.to_lowercase().replace(':', ""), &["stop", "--wait"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let refused = from_elsewhere(&fingerprint, &["stop"]);
    assert!(refused.code == 1 && refused.err.contains("no lesson is being recorded"), "{refused:?}");

    let other = format!("00{}", &fingerprint[2..]);
    let stranger = from_elsewhere(&other, &["status"]);
    assert!(stranger.code == 3 && stranger.err.contains(&fingerprint), "it tells what it was shown: {stranger:?}");
    std::fs::write(file.path(), "not-a-token").unwrap();
    for args in [&["status"][..], &["status", "--watch"], &["stop"]] {
        let denied = from_elsewhere(&fingerprint, args);
        assert!(denied.code == 1 && denied.err.contains("does not take this token"), "{denied:?}");
    }
    let half = daemon.ctl(&["--host", admin.address(), "status"]);
    assert!(half.code == 2 && half.err.contains("--token-file"), "{half:?}");
}
