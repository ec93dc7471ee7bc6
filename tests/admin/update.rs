//! Updates of the system: the real RAUC on a bus of its own, installed, refused and started anew by the page; and a host without it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Day, Entry, Starts, Timetable};
use ketang_protocol::update::{Found, UpdateActivity, UpdateOutcome, UpdateState};
use ketang_tests::{Admin, Daemon, HostSettings, Rauc, break_file};
use tempfile::TempDir;

use super::chromium::Chromium;
use super::{daemon, pair};

fn settings(rauc: &Rauc) -> HostSettings {
    // A machine like any other, whose picture is made by itself.
    HostSettings::generic()
        .set("inputs.hdmi.source", "pattern")
        .set("recording.tracks", "[]")
        .with("DBUS_SYSTEM_BUS_ADDRESS", rauc.bus())
        .with_boot_id(rauc.boot_id())
        .beside_others()
}

fn update(now: &Snapshot) -> UpdateState {
    now.update.clone().unwrap_or_default()
}

fn waits_for(daemon: &Daemon, what: &str, condition: impl Fn(&UpdateState) -> bool) -> UpdateState {
    update(&daemon.wait(what, |now| condition(&update(now))))
}

fn outcome(update: &UpdateState) -> Option<&UpdateOutcome> {
    update.last.as_ref().map(|last| &last.outcome)
}

/// What a slot is to hold, unlike anything else.
fn image(version: u8) -> Vec<u8> {
    (0..1_000_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8 ^ version).collect()
}

#[test]
fn an_update_is_uploaded_installed_started_and_kept() {
    let Some(mut rauc) = Rauc::start() else { return };
    let settings = settings(&rauc);
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let admin = Admin::start(&daemon, &["--keep-free-mb", "0"]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.follow(".menu a[href='/update']");
    browser.see("[data-slot='rootfs.0'][data-booted=true][data-next=true]");
    browser.see("[data-slot='rootfs.1'][data-booted=false]");
    browser.see("[data-quiet-now=yes]");
    browser.picture("update");

    // What is not for this machine, not signed for it, or not whole, is told as such and has no button to install it.
    for (name, found) in
        [("others.raucb", "for-others"), ("theirs.raucb", "not-accepted"), ("broken.raucb", "not-accepted")]
    {
        let bundle = match name {
            "others.raucb" => rauc.bundle_of(name, "another-machine", "2", &image(2), "ours"),
            "theirs.raucb" => rauc.bundle_of(name, "ketang-test", "2", &image(2), "theirs"),
            _ => rauc.bundle(name, "2", &image(2)),
        };
        if name == "broken.raucb" {
            break_file(&bundle);
        }
        browser.choose("#files", &bundle);
        browser.see(&format!("[data-bundle={name:?}] [data-found={found}]"));
        browser.see_no(&format!("[data-bundle={name:?}] button.install"));
        let path = admin.state().join("updates").join(name);
        let refused = daemon.ctl(&["update", "install", path.to_str().unwrap()]);
        assert_eq!(refused.code, 1, "{refused:?}");
    }
    browser.picture("update-refused");
    browser.click("[data-bundle='others.raucb'] form[action$=remove] button");
    browser.see_no("[data-bundle='others.raucb']");

    // The right one, whose progress is seen while it is held.
    let bundle = rauc.bundle("ketang-2.raucb", "2026.12", &image(2));
    browser.choose("#files", &bundle);
    browser.see("[data-bundle='ketang-2.raucb'] [data-found=fits]");
    browser.read("2026.12");
    rauc.hold();
    browser.click("[data-bundle='ketang-2.raucb'] button.install");
    browser.see("[data-activity=installing] progress");
    let seen = waits_for(
        &daemon,
        "it installs",
        |update| matches!(&update.activity, UpdateActivity::Installing { percent, .. } if (1..100).contains(percent)),
    );
    assert!(matches!(seen.activity, UpdateActivity::Installing { step, .. } if !step.is_empty()));
    browser.picture("update-installing");
    assert_eq!(daemon.ctl(&["update", "restart"]).code, 1, "not in the middle of it");
    assert!(!rauc.slot("B").starts_with(&image(2)), "nothing is written yet");
    rauc.let_go();
    let now = waits_for(&daemon, "it is installed", |update| outcome(update) == Some(&UpdateOutcome::Installed));
    assert!(rauc.slot("B").starts_with(&image(2)), "{}", rauc.log());
    assert!(!rauc.slot("A").starts_with(&image(2)));
    let next: Vec<_> = now.slots.iter().filter(|slot| slot.next).map(|slot| slot.version.as_deref()).collect();
    assert_eq!(next, [Some("2026.12")]);
    browser.see("#last.good");
    browser.see("[data-slot='rootfs.1'][data-next=true]");

    // It can be taken back for some seconds, then the machine is told; it is the test that boots it.
    browser.click("#restart");
    rauc.wait_for_restart();
    browser.see("[data-activity=restarting]");
    assert_ne!(daemon.ctl(&["start"]).code, 0, "no lesson begins now");
    let folder = daemon.folder();
    assert!(daemon.terminate().success());
    rauc.try_slot("B");
    rauc.boot("B");
    let daemon = Daemon::start_in(folder, &settings);
    waits_for(&daemon, "it is kept", |update| outcome(update) == Some(&UpdateOutcome::Kept));
    assert_eq!(rauc.state("B"), "good", "and the boot loader knows");
    browser.go("/update");
    browser.see("[data-slot='rootfs.1'][data-booted=true][data-next=true]");
    browser.see("#last.good");
    browser.see_no("#trial");
    browser.picture("update-kept");
    browser.go("/logs");
    browser.read("ketang-2.raucb");

    browser.be_a_phone();
    browser.go("/update");
    browser.see("[data-slot='rootfs.1']");
    let fits = browser.evaluate("document.documentElement.scrollWidth <= innerWidth");
    assert_eq!(fits, true, "it sticks out on a phone");
    browser.picture("update-phone");
}

#[test]
fn nothing_is_installed_in_a_lesson_but_after_it_by_itself() {
    let Some(rauc) = Rauc::start() else { return };
    let daemon = Daemon::start(&settings(&rauc));
    daemon.wait_until_live();
    waits_for(&daemon, "the updater has answered", |update| !update.slots.is_empty());
    let bundle = rauc.bundle("ketang-3.raucb", "3", &image(3));
    let bundle = bundle.to_str().unwrap();
    daemon.start_lesson(&["--open"]);
    daemon.record_until(3.0);
    let refused = daemon.ctl(&["update", "install", bundle]);
    assert!(refused.code == 1 && refused.err.contains("a lesson is recorded"), "{refused:?}");
    let refused = daemon.ctl(&["update", "restart"]);
    assert!(refused.code == 1 && refused.err.contains("a lesson is recorded"), "{refused:?}");
    let taken = daemon.ctl(&["update", "install", bundle, "--wait", "--restart"]);
    assert_eq!(taken.code, 0, "{taken:?}");
    // To look into it disturbs nobody.
    assert_eq!(daemon.ctl(&["update", "inspect", bundle]).code, 0);
    let fits = Found::Fits { version: "3".into() };
    let now = waits_for(&daemon, "it is looked into", |update| update.bundles.iter().any(|one| one.found == fits));
    assert!(now.waits.is_some() && now.quiet.why.is_some() && now.last.is_none(), "{now:?}");

    // It waits over the end of the host too.
    let folder = daemon.kill();
    let daemon = Daemon::start_in(folder, &settings(&rauc));
    assert!(update(&daemon.snapshot()).waits.is_some());
    assert!(!rauc.slot("B").starts_with(&image(3)));
    let running = daemon.wait("the lesson goes on", |now| now.lesson.is_some()).lesson.unwrap();
    daemon.ctl(&["stop"]);
    daemon.ended(&running.id);
    waits_for(&daemon, "it is installed", |update| outcome(update) == Some(&UpdateOutcome::Installed));
    assert!(rauc.slot("B").starts_with(&image(3)));
    rauc.wait_for_restart();
}

/// A lesson that is held once; not over midnight.
fn lesson(begins: &Zoned, minutes: i64) -> Entry {
    let ends = begins.checked_add(minutes.minutes()).unwrap();
    Entry {
        title: "数学".into(),
        teacher: None,
        days: Vec::<Day>::new(),
        date: Some(begins.date()),
        begins: begins.time(),
        ends: ends.time(),
        from: None,
        until: None,
        starts: Starts::ByTap,
    }
}

#[test]
fn a_lesson_of_the_timetable_that_is_near_is_in_the_way_and_its_end_is_told() {
    let Some(rauc) = Rauc::start() else { return };
    // As near as half a day is.
    let daemon = Daemon::start(&settings(&rauc).set("update.before-lesson", "12h"));
    daemon.wait_until_live();
    waits_for(&daemon, "the updater has answered and all is quiet", |update| {
        !update.slots.is_empty() && update.quiet.why.is_none()
    });
    let begins = Timestamp::now() + SignedDuration::from_mins(60);
    let begins = begins.to_zoned(jiff::tz::TimeZone::system()).round(jiff::Unit::Minute).unwrap();
    // Not over midnight.
    let begins = if begins.hour() == 23 { begins.checked_add(1.hour()).unwrap() } else { begins };
    let timetable = Timetable { entries: vec![lesson(&begins, 45)], off: Vec::new() };
    daemon.set_timetable(&timetable);
    let now = waits_for(&daemon, "the timetable is in the way", |update| update.quiet.why.is_some());
    let from = now.quiet.from.unwrap();
    assert!(from > begins.timestamp(), "{now:?}");
    let bundle = rauc.bundle("ketang-4.raucb", "4", &image(4));
    let refused = daemon.ctl(&["update", "install", bundle.to_str().unwrap()]);
    let at = from.to_zoned(jiff::tz::TimeZone::system()).strftime("%m-%d %H:%M").to_string();
    assert!(refused.code == 1 && refused.err.contains("数学") && refused.err.contains(&at), "{refused:?}");
    // Whoever takes the lesson away makes room.
    assert_eq!(daemon.ctl(&["update", "install", bundle.to_str().unwrap(), "--wait"]).code, 0);
    assert!(update(&daemon.snapshot()).waits.is_some());
    daemon.set_timetable(&Timetable::default());
    waits_for(&daemon, "it is installed", |update| outcome(update) == Some(&UpdateOutcome::Installed));
    assert!(rauc.slot("B").starts_with(&image(4)));
    assert!(!rauc.was_told_to_restart(), "nobody asked for that");
}

/// A host whose update is written and waits for the machine's start, ended; and its folder.
fn updated(rauc: &Rauc, version: u8) -> Arc<TempDir> {
    let daemon = Daemon::start(&settings(rauc));
    daemon.wait_until_live();
    waits_for(&daemon, "the updater has answered", |update| !update.slots.is_empty());
    let bundle = rauc.bundle("ketang.raucb", &version.to_string(), &image(version));
    assert_eq!(daemon.ctl(&["update", "install", bundle.to_str().unwrap()]).code, 0);
    waits_for(&daemon, "it is installed", |update| outcome(update) == Some(&UpdateOutcome::Installed));
    let folder = daemon.folder();
    assert!(daemon.terminate().success());
    rauc.try_slot("B");
    folder
}

#[test]
fn an_image_that_does_not_start_makes_way_for_the_one_before_and_it_is_told() {
    let Some(mut rauc) = Rauc::start() else { return };
    let folder = updated(&rauc, 6);
    // The boot loader has tried it, and goes back.
    rauc.fall_back("A");
    rauc.boot("A");
    let daemon = Daemon::start_in(folder, &settings(&rauc));
    let now = waits_for(&daemon, "it is told", |update| outcome(update) == Some(&UpdateOutcome::FellBack));
    assert_eq!(now.last.unwrap().version.as_deref(), Some("6"));
    daemon.wait("IT is told", |now| now.alarms.iter().any(|alarm| alarm.alarm == "update-fell-back" && alarm.for_it));
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/update");
    browser.see("#last.bad");
    browser.read("已自动退回原来的系统");
    browser.picture("update-fell-back");
    // Lessons are recorded as before.
    daemon.start_lesson(&["--open"]);
    daemon.record_until(1.0);
}

#[test]
fn an_image_that_misses_an_input_is_kept_by_hand_alone() {
    let Some(mut rauc) = Rauc::start() else { return };
    let folder = updated(&rauc, 7);
    rauc.boot("B");
    let blind = settings(&rauc).set("inputs.hdmi.source", "v4l2:/dev/no-such-camera");
    let daemon = Daemon::start_in(folder, &blind);
    let now = waits_for(&daemon, "it says what is missing", |update| {
        update.trial.as_ref().is_some_and(|trial| trial.english.contains("no signal yet"))
    });
    assert_eq!((outcome(&now), rauc.state("B").as_str()), (Some(&UpdateOutcome::Installed), "bad"));
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/update");
    browser.see("#trial");
    browser.picture("update-trial");
    browser.click("#trial button");
    browser.see("#last.good");
    browser.see_no("#trial");
    assert_eq!(rauc.state("B"), "good");
}

#[test]
fn an_updater_that_vanishes_is_told_of_and_what_it_did_is_no_success() {
    let Some(mut rauc) = Rauc::start() else { return };
    let daemon = Daemon::start(&settings(&rauc));
    daemon.wait_until_live();
    waits_for(&daemon, "the updater has answered", |update| !update.slots.is_empty());
    let bundle = rauc.bundle("ketang-5.raucb", "5", &image(5));
    rauc.hold();
    assert_eq!(daemon.ctl(&["update", "install", bundle.to_str().unwrap()]).code, 0);
    waits_for(
        &daemon,
        "it installs",
        |update| matches!(&update.activity, UpdateActivity::Installing { percent, .. } if *percent > 0),
    );
    rauc.end_service();
    waits_for(&daemon, "it is told", |update| update.fault.is_some());
    let refused = daemon.ctl(&["update", "restart"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    rauc.start_service("A");
    let now = waits_for(&daemon, "it is back", |update| update.fault.is_none() && update.last.is_some());
    assert!(matches!(outcome(&now), Some(UpdateOutcome::NotInstalled { .. })), "{now:?}");
    assert!(now.slots.iter().any(|slot| slot.booted && slot.next), "{now:?}");
}

#[test]
fn a_host_without_an_updater_says_how_it_is_updated() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    browser.go("/update");
    browser.see("[data-update=elsewhere]");
    browser.read("sudo apt upgrade");
    browser.see_no("#upload");
    browser.picture("update-elsewhere");
    let refused = daemon.ctl(&["update", "restart"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert_eq!(daemon.json::<serde_json::Value>(&["update"]), serde_json::Value::Null);
}
