//! Settings that change while the real host runs: a lesson does not notice them, and what is broken keeps no host from starting.

use ketang_hal::role::PictureRole::TeacherPanorama;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::settings::State;
use ketang_tests::{Daemon, HostSettings, assert_consecutive};

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
}

/// With a scene of its own, which tells whether the settings are in force.
const WITH_SCENE: &str = "[scenes.\"板书\"]\nlayout = \"single\"\ninputs = [\"teacher-panorama\"]\n";

fn has_scene(snapshot: &ketang_protocol::snapshot::Snapshot) -> bool {
    snapshot.programme.scenes.iter().any(|scene| scene == "板书")
}

#[test]
fn a_lesson_is_untouched_and_the_settings_hold_after_it() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let process = daemon.pid();
    let id = daemon.start_lesson(&["--for", "10min"]);
    daemon.record_until(2.0);
    let before = daemon.settings();
    let told = daemon.replace_settings(&before.version, WITH_SCENE).expect("they are taken");
    assert_eq!(told.state, State::Waiting);
    daemon.wait("it is told that settings wait", |now| now.settings_wait);
    // Of two writers the second is told, in a lesson too.
    let refused = daemon.replace_settings(&before.version, "").unwrap_err();
    assert!(refused.refusal.english.contains("somebody else"), "{refused:?}");
    let recorded = daemon.snapshot().lesson.unwrap().seconds;
    daemon.record_until(recorded + 4.0);
    let now = daemon.snapshot();
    assert!(now.settings_wait && !has_scene(&now), "the lesson goes on as it began");
    // Whoever waits for the lesson's end learns it before the host begins anew.
    let stopped = daemon.ctl(&["stop", "--wait"]);
    assert_eq!(stopped.code, 0, "{stopped:?}");
    daemon.wait_again("the settings are in force", |now| has_scene(now) && !now.settings_wait);
    let kept = daemon.lesson(&id);
    kept.assert_outcome(Outcome::Kept);
    assert_consecutive(&kept.numbers("programme"));
    assert_eq!((daemon.pid(), daemon.settings().state), (process, State::InForce));
    assert_eq!(daemon.lessons().len(), 1);
    // At once where nothing is in hand.
    let now = daemon.settings();
    assert_eq!(now.text, "[scenes.\"板书\"]\ninputs = [\"teacher-panorama\"]\nlayout = \"single\"\n");
    assert_eq!(daemon.replace_settings(&now.version, "").expect("they are taken").state, State::Restarting);
    daemon.wait_again("the scene is gone", |now| !has_scene(now));
    daemon.wait_until_live();
    assert!(daemon.snapshot().pictures.iter().any(|picture| picture.role == TeacherPanorama));
    assert!(daemon.terminate().success(), "it still ends as it is told");
}

#[test]
fn a_power_cut_brings_them_no_earlier() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "10min"]);
    daemon.record_until(2.0);
    daemon.replace_settings("none", WITH_SCENE).expect("they are taken");
    let daemon = Daemon::start_in(daemon.kill(), &settings());
    daemon.record_until(4.0);
    let now = daemon.snapshot();
    assert_eq!((&now.lesson.as_ref().unwrap().id, now.settings_wait, has_scene(&now)), (&id, true, false));
    assert_eq!(daemon.ctl(&["stop"]).code, 0);
    daemon.wait_again("the settings are in force", |now| has_scene(now) && !now.settings_wait);
    daemon.lesson(&id).assert_outcome(Outcome::KeptWithGaps);
}

#[test]
fn broken_settings_are_put_aside_and_the_host_starts() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for (number, broken, why) in [
        (1, "[recording]\ntrack-kbit = 3000\nparts = 7\n", "line 3: `recording.parts`"),
        // Right to read, but no host can be opened with it.
        (2, "[directing]\nroom-rules = \"/nowhere/rules.toml\"\n", "/nowhere/rules.toml"),
    ] {
        std::fs::write(data.join("settings.toml"), broken).unwrap();
        let daemon = Daemon::start_in(folder.clone(), &settings());
        let now = daemon.snapshot();
        let alarm = now.alarms.iter().find(|alarm| alarm.alarm == "settings-broken");
        let alarm = alarm.unwrap_or_else(|| panic!("{:#?}", now.alarms));
        let aside = data.join(format!("settings.broken-{number}.toml"));
        for words in [&alarm.english, &alarm.chinese] {
            assert!(words.contains(why) && words.contains(&aside.display().to_string()), "{words}");
        }
        assert_eq!(std::fs::read_to_string(aside).unwrap(), broken);
        assert_eq!((daemon.settings().text.as_str(), daemon.settings().version.as_str()), ("", "none"));
    }
}
