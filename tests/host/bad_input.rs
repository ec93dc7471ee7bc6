//! Bad input: each time a clear error that says what to do; nothing is lost, nothing is half-started.

use std::sync::Arc;

use ketang_hal::role::PictureRole::Hdmi;
use ketang_hal::role::Role;
use ketang_protocol::command::{Command, RefusalCode};
use ketang_protocol::lesson::{GapKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Daemon, HostSettings, Kept, TestHost};

/// A quiet host whose lessons cost little.
fn small() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic"]).set("recording.tracks", "[]")
}

#[test]
fn an_unknown_key_is_named_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Daemon::run(folder.path(), &small().set("recording.colour", "blue"));
    assert_eq!(ran.code, 78, "{ran:?}");
    for part in ["recording.colour", "docs/reference/configuration.md"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn an_unwritable_data_directory_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Daemon::run(folder.path(), &small().set("host.data", "/proc/ketang"));
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in ["/proc/ketang", "check that the disk is mounted"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn a_host_without_any_h264_encoder_says_what_it_looked_for_and_what_to_install() {
    // A machine on which everything of GStreamer is installed but what encodes H.264.
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    for file in plugins_of_gstreamer() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !["x264", "openh264", "gstva.", "vaapi", "libav", "rockchip"].iter().any(|encoder| name.contains(encoder)) {
            std::os::unix::fs::symlink(&file, plugins.join(name)).unwrap();
        }
    }
    let registry = folder.path().join("registry");
    let nothing = folder.path().join("nothing");
    let environment = [
        ("GST_PLUGIN_SYSTEM_PATH_1_0", plugins.as_path()),
        ("GST_PLUGIN_PATH_1_0", nothing.as_path()),
        ("GST_REGISTRY_1_0", registry.as_path()),
    ];
    let ran = Daemon::run_in(&environment, folder.path(), &small());
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in ["an H.264 encoder is missing", "x264enc is not installed", "openh264enc is not installed"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(ran.err.contains("install the packages that `scripts/setup` names"), "{}", ran.err);
}

fn plugins_of_gstreamer() -> Vec<std::path::PathBuf> {
    let asked = std::process::Command::new("pkg-config").args(["--variable=pluginsdir", "gstreamer-1.0"]).output();
    let folder = String::from_utf8(asked.expect("pkg-config is installed").stdout).unwrap();
    let files = std::fs::read_dir(folder.trim()).expect("GStreamer's plug-ins are installed");
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn a_camera_that_is_not_there_becomes_a_slate_with_an_alarm() {
    let settings = HostSettings::generic()
        .set("inputs.teacher-panorama.source", "pattern")
        .set("inputs.hdmi.source", "v4l2:/dev/video99")
        .set("inputs.teacher-mic.source", "pattern")
        .set("recording.tracks", "[\"hdmi\"]");
    let host = TestHost::open_as_it_is(&settings);
    let now = host.wait("the absent camera is told of, the other lives", |now| {
        let live = now.pictures.iter().filter(|picture| picture.live).count();
        live == 1 && now.sounds.iter().all(|sound| sound.live) && now.alarms.iter().any(|alarm| alarm.input.is_some())
    });
    let hdmi = now.pictures.iter().find(|picture| picture.role == Hdmi).unwrap();
    assert!(hdmi.detail.contains("/dev/video99"), "{hdmi:?}");
    // A disk that is nearly full is told of too, wherever this runs.
    let of_inputs: Vec<_> = now.alarms.iter().filter(|alarm| alarm.input.is_some()).collect();
    let [alarm] = of_inputs[..] else { panic!("{:#?}", now.alarms) };
    assert_eq!((alarm.alarm.as_str(), alarm.input), ("input-lost", Some(Role::from(Hdmi))));
    assert!(alarm.english.contains("check its cable"), "{alarm:?}");

    let kept = host.record_lesson(4.0);
    let [gap] = &kept.lesson.gaps[..] else { panic!("one gap: {:#?}", kept.lesson.gaps) };
    assert_eq!((gap.at, &gap.what), (0.0, &GapKind::InputLost { input: Hdmi.into() }));
    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.track("hdmi").parts.len(), 1, "its slate is recorded: {:?}", kept.track("hdmi"));
}

#[test]
fn a_display_and_a_loudspeaker_that_are_not_there_touch_nothing_else() {
    let settings = small().set("programme.output", "kms:nothing").set("programme.output-sound", "alsa:hw:99");
    let host = TestHost::open(&settings);
    host.record_lesson(4.0).assert_outcome(Outcome::Kept);
}

#[test]
fn damaged_records_are_rebuilt_and_no_lesson_is_lost() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let host = TestHost::open_in(folder.clone(), &small()).unwrap();
    let is_live = |now: &Snapshot| now.pictures.iter().any(|picture| picture.live);
    host.wait("the camera is live", is_live);
    let good = host.record_lesson(2.0);
    let torn = host.record_lesson(2.0);
    let data = host.data().to_owned();
    drop(host);

    // The disk lost half of one lesson's record, and the ledger altogether.
    let record = torn.folder.join("lesson.json");
    let text = std::fs::read(&record).unwrap();
    std::fs::write(&record, &text[..text.len() / 2]).unwrap();
    std::fs::write(data.join("ledger.sqlite"), [0x55; 8192]).unwrap();
    for leftover in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = std::fs::remove_file(data.join(leftover));
    }
    let host = TestHost::open_in(folder, &small()).unwrap();

    let rebuilt = host.ended(&torn.lesson.id);
    assert_eq!(host.lessons(), [torn.lesson.id.clone(), good.lesson.id.clone()]);
    assert_eq!(host.lesson(&good.lesson.id).lesson, good.lesson, "the good lesson is as it was");
    assert_eq!(rebuilt.numbers("programme"), torn.numbers("programme"));
    let now = host.snapshot();
    let alarm = now.alarms.iter().find(|alarm| alarm.english.contains("ledger")).unwrap_or_else(|| panic!("{now:#?}"));
    assert!(alarm.english.contains("Check the disk"), "{alarm:?}");
    let aside = std::fs::read_dir(&data).unwrap().filter_map(Result::ok);
    assert!(aside.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("corrupt")), "it is kept");
    host.wait("the camera is live", is_live);
    host.record_lesson(2.0).assert_outcome(Outcome::Kept);
}

#[test]
fn what_is_not_a_lesson_is_refused_and_left_as_it_is() {
    let host = TestHost::open(&small());
    let stranger = host.folder().join("holiday");
    std::fs::create_dir(&stranger).unwrap();
    std::fs::write(stranger.join("lesson.json"), "{\"beach\": true}").unwrap();
    let refusal = host.refused(Command::VerifyFolder { folder: stranger.clone() });
    assert!(refusal.english.contains("is not a lesson"), "{refusal:?}");
    let refusal = host.refused(Command::VerifyFolder { folder: host.folder().join("nowhere") });
    assert!(refusal.english.contains("nowhere"), "{refusal:?}");
    assert_eq!(std::fs::read_to_string(stranger.join("lesson.json")).unwrap(), "{\"beach\": true}");
    let refusal =
        host.refused(Command::Verify { lesson: ketang_protocol::lesson::LessonId("19990101-000000-0001".into()) });
    assert_eq!(refusal.code, RefusalCode::NotFound, "{refusal:?}");

    // A lesson with a file that is none is a bad lesson, and its other files stay what they are.
    let kept = host.record_lesson(2.0);
    std::fs::write(&kept.files("sound")[0], "not a film").unwrap();
    let sizes = kept.sizes();
    host.job(host.done(Command::Verify { lesson: kept.lesson.id.clone() }).job);
    let again: Kept = host.lesson(&kept.lesson.id);
    assert!(again.faults().iter().any(|fault| fault.starts_with("sound decodes")), "{:?}", again.faults());
    let files = |sizes: &std::collections::BTreeMap<String, u64>| {
        sizes
            .iter()
            .filter(|(name, _)| name.ends_with(".mp4"))
            .map(|(name, size)| (name.clone(), *size))
            .collect::<Vec<_>>()
    };
    assert_eq!(files(&again.sizes()), files(&sizes));
}
