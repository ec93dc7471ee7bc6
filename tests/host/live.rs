//! The programme pushed to RTMP servers: a real one, one that dies, one that hangs, and wrong addresses. No recording notices.

use std::path::Path;

use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_protocol::command::{Command, RefusalCode};
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::targets::{Key, PushState, Starts, Target, TargetState, Targets};
use ketang_tests::{
    Daemon, HostSettings, Kept, NeverReads, RtmpServer, Share, TestHost, assert_consecutive, free_port, pushed_as_mp4,
    shown_by_ffmpeg,
};
use nix::sys::signal::Signal;

const NAME: &str = "校园网";

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic"]).set("recording.tracks", "[]")
}

fn of<'a>(now: &'a Snapshot, name: &str) -> &'a TargetState {
    now.live.iter().find(|target| target.name == name).expect("the target is listed")
}

fn is_live(now: &Snapshot) -> bool {
    matches!(of(now, NAME).push, PushState::Live { .. })
}

fn is_failing(now: &Snapshot) -> bool {
    matches!(of(now, NAME).push, PushState::Failing { .. })
}

fn is_raised(now: &Snapshot, alarm: &str) -> bool {
    now.alarms.iter().any(|raised| raised.alarm == alarm)
}

/// The frame numbers of what a server got, as ffmpeg shows it.
fn pushed(file: &Path) -> Vec<Option<u64>> {
    shown_by_ffmpeg(file, &[Share::WHOLE]).iter().map(|frame| frame.number([0])).collect()
}

/// The recording has every frame, and its sound.
fn assert_unharmed(kept: &Kept) {
    kept.assert_outcome(Outcome::Kept);
    assert_consecutive(&kept.numbers("programme"));
    assert_eq!(kept.lesson.gaps, []);
}

/// A pause alone is missing in the recording.
fn assert_jumps_once(numbers: &[Option<u64>]) {
    let jumps = numbers.windows(2).filter(|pair| pair[1] != pair[0].map(|number| number + 1)).count();
    assert_eq!(jumps, 1, "in {} frames", numbers.len());
}

#[test]
fn a_lesson_goes_live_and_its_programme_arrives_with_its_sound() {
    let host = TestHost::open(&settings());
    let server = RtmpServer::start(&host.folder().join("server"));
    host.set_targets(vec![server.target(NAME, Starts::WithLessons)]);
    let id = host.start();
    host.wait("it goes live", is_live);
    host.record_for(6.0);
    let rate = host.wait("its rate is told", |now| of(now, NAME).kbit_s > 500);
    assert_eq!((of(&rate, NAME).dropped, rate.alarms.as_slice()), (0, &[][..]));
    host.stop();
    let kept = host.ended(&id);
    host.wait("it ends with the lesson", |now| of(now, NAME).push == PushState::Off);
    assert_unharmed(&kept);
    let began = |event: &EventKind| matches!(event, EventKind::LiveBegan { target } if target == NAME);
    assert_eq!(kept.count(began), 1, "{:#?}", kept.events);

    let key = server.key();
    let [file] = &server.end()[..] else { panic!("one push") };
    let numbers = pushed(file);
    assert_consecutive(&numbers);
    assert!(numbers.len() > 100, "{} frames", numbers.len());
    ketang_pipelines::init().unwrap();
    let figures = measure::file(&pushed_as_mp4(file), &MeasureSettings::default(), &|_| {}).unwrap();
    let (video, audio) = (figures.video.unwrap(), figures.audio.unwrap());
    assert_eq!((video.codec.as_str(), video.width, video.height, video.faults), ("h264", 1920, 1080, 0));
    assert!(video.key_interval <= 2.0, "a key frame every {} s", video.key_interval);
    assert_eq!((audio.codec.as_str(), audio.rate, audio.channels), ("aac", 48_000, 2));
    let sync = figures.sync.expect("beeps and flashes are in it");
    assert!(sync.pairs >= 3 && sync.worst_ms.abs() <= 40.0, "{sync:?}");

    // Nobody finds the key anywhere but in its own file.
    assert!(!serde_json::to_string(&*host.snapshot()).unwrap().contains(key));
    let mut with_key = Vec::new();
    look_for(key, host.data(), &mut with_key);
    assert_eq!(with_key, ["live-targets.toml"]);
}

/// Names of the files below a folder that hold a text.
fn look_for(text: &str, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            look_for(text, &path, found);
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
}

#[test]
fn live_goes_on_from_before_a_lesson_through_its_pause_to_its_end() {
    let host = TestHost::open(&settings());
    let mut server = RtmpServer::start(&host.folder().join("server"));
    host.set_targets(vec![server.target(NAME, Starts::ByHand)]);
    host.done(Command::LiveStart { target: NAME.into() });
    host.wait("it is live without a lesson", is_live);
    server.wait_for(400_000);
    let id = host.start();
    host.record_for(4.0);
    host.pause();
    server.wait_for(400_000);
    assert!(is_live(&host.snapshot()), "in the pause");
    host.resume();
    host.record_for(4.0);
    host.stop();
    let kept = host.ended(&id);
    host.wait("it ends with the lesson", |now| of(now, NAME).push == PushState::Off);
    kept.assert_outcome(Outcome::KeptWithGaps);
    let began = |event: &EventKind| matches!(event, EventKind::LiveBegan { .. });
    assert_eq!(kept.count(began), 1, "the lesson is told that it goes out: {:#?}", kept.events);
    assert_jumps_once(&kept.numbers("programme"));

    let [file] = &server.end()[..] else { panic!("one push, never interrupted") };
    let numbers: Vec<u64> = pushed(file).into_iter().map(|number| number.expect("every frame is readable")).collect();
    let missing: Vec<u64> =
        numbers.windows(2).map(|pair| pair[1].checked_sub(pair[0] + 1).expect("in order")).collect();
    // Until the pause is noticed and an encoder is open, nobody codes the programme.
    assert!(missing.iter().sum::<u64>() <= 50, "{missing:?}");
    assert!(missing.iter().filter(|missing| **missing > 0).count() <= 2, "{missing:?}");
}

#[test]
fn a_server_that_dies_gets_the_programme_again_when_it_is_back() {
    let host = TestHost::open(&settings());
    let folder = host.folder().join("server");
    let server = RtmpServer::start(&folder);
    host.set_targets(vec![server.target(NAME, Starts::WithLessons)]);
    let id = host.start();
    host.wait("it goes live", is_live);
    host.record_for(2.0);
    let port = server.port();
    drop(server);
    let lost = host.wait("it is lost", is_failing);
    let PushState::Failing { why, .. } = &of(&lost, NAME).push else { panic!("{lost:#?}") };
    assert!(!why.chinese.is_empty() && !why.english.is_empty());
    host.wait("an alarm tells", |now| is_raised(now, "live-failing"));
    host.record_for(2.0);
    let server = RtmpServer::start_on(port, &folder);
    host.wait("it is live again", is_live);
    host.wait("the alarm is taken back", |now| !is_raised(now, "live-failing"));
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);
    host.wait("it ends with the lesson", |now| of(now, NAME).push == PushState::Off);
    assert_unharmed(&kept);
    let story: Vec<_> = kept
        .events
        .iter()
        .filter_map(|event| match &event.what {
            EventKind::LiveBegan { .. } => Some("began"),
            EventKind::LiveLost { .. } => Some("lost"),
            EventKind::LiveBack { .. } => Some("back"),
            _ => None,
        })
        .collect();
    assert_eq!(story, ["began", "lost", "back"]);
    assert_consecutive(&pushed(server.end().last().expect("something came again")));
}

#[test]
fn a_server_that_hangs_costs_frames_of_its_own_and_none_of_the_recording() {
    let host = TestHost::open(&settings().set("recording.programme-kbit", "8000"));
    let server = RtmpServer::start(&host.folder().join("server"));
    host.set_targets(vec![server.target(NAME, Starts::WithLessons)]);
    let id = host.start();
    host.wait("it goes live", is_live);
    host.record_for(1.0);
    server.signal(Signal::SIGSTOP);
    let slow = host.wait("frames are let go", |now| of(now, NAME).dropped > 0);
    assert!(of(&slow, NAME).is_slow);
    host.wait("an alarm tells", |now| is_raised(now, "live-slow") || is_raised(now, "live-failing"));
    host.wait("it is given up", is_failing);
    server.signal(Signal::SIGCONT);
    host.wait("it is live again", is_live);
    host.stop();
    let kept = host.ended(&id);
    drop(server);
    assert_unharmed(&kept);
}

#[test]
fn what_is_wrong_with_a_target_is_told_in_words() {
    let host = TestHost::open(&settings());
    let server = RtmpServer::start(&host.folder().join("server"));
    let never_reads = NeverReads::start();
    let target = |name: &str, address: String, key: &str| Target {
        name: name.into(),
        address,
        key: Key(key.into()),
        starts: Starts::WithLessons,
    };
    host.set_targets(vec![
        target("port", format!("rtmp://127.0.0.1:{}/live", free_port()), server.key()),
        target("application", format!("rtmp://127.0.0.1:{}/nosuch", server.port()), server.key()),
        target("key", server.address(), "another-s3cret"),
        target("silent", never_reads.address(), server.key()),
    ]);
    let id = host.start();
    let why = |name: &str| {
        let told = host.wait(name, |now| matches!(of(now, name).push, PushState::Failing { .. }));
        let PushState::Failing { why, .. } = of(&told, name).push.clone() else { panic!("{told:#?}") };
        why.english
    };
    let table = [
        ("port", "refuses the connection"),
        ("application", "does not take this application"),
        ("key", "does not take the stream key"),
        ("silent", "cannot be reached"),
    ];
    for (name, words) in table {
        let why = why(name);
        assert!(why.contains(words), "{name}: {why}");
    }
    let told = serde_json::to_string(&*host.snapshot()).unwrap();
    assert!(!told.contains("s3cret"), "{told}");
    host.stop();
    let kept = host.ended(&id);
    assert_unharmed(&kept);
    let events = serde_json::to_string(&kept.events).unwrap();
    assert!(!events.contains("s3cret"), "{events}");

    // A test of one ends by itself and leaves its finding.
    host.done(Command::LiveTest { target: "port".into() });
    let tested = host.wait("the test is over", |now| of(now, "port").tested.is_some());
    assert_eq!(of(&tested, "port").push, PushState::Off);
    assert!(of(&tested, "port").tested.as_ref().unwrap().english.contains("the test failed"));
    assert_eq!(host.refused(Command::LiveStart { target: "x".into() }).code, RefusalCode::NotFound);
    assert_eq!(host.refused(Command::LiveStop { target: "key".into() }).code, RefusalCode::WrongState);
}

#[test]
fn a_lesson_that_goes_on_after_a_crash_goes_out_as_before() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let server = RtmpServer::start(&daemon.folder().path().join("server"));
    let by_itself = "区平台";
    // Nobody is there: it is tried for ever.
    let address = format!("rtmp://127.0.0.1:{}/live", free_port());
    let elsewhere = Target { address, ..server.target(by_itself, Starts::WithLessons) };
    let targets = vec![server.target(NAME, Starts::ByHand), elsewhere];
    daemon.set_targets(&Targets { targets });
    let id = daemon.start_lesson(&["--for", "10min"]);
    assert_eq!(daemon.ctl(&["live", "start", NAME]).code, 0);
    let begun = |now: &Snapshot| is_live(now) && of(now, by_itself).push != PushState::Off;
    daemon.wait("one is begun by hand, the other by itself", begun);
    assert_eq!(daemon.ctl(&["live", "stop", by_itself]).code, 0);
    daemon.wait("that is ended by hand", |now| of(now, by_itself).push == PushState::Off);
    daemon.record_until(2.0);

    let daemon = Daemon::start_in(daemon.kill(), &settings());
    let now = daemon.wait("it is live again", is_live);
    assert_eq!(now.lesson.as_ref().map(|lesson| &lesson.id), Some(&id));
    assert_eq!(of(&now, by_itself).push, PushState::Off, "what was ended stays so");
    assert_eq!(daemon.ctl(&["stop"]).code, 0);
    daemon.ended(&id);
    daemon.start_lesson(&[]);
    let now = daemon.wait("the next lesson begins as the targets say", |now| of(now, by_itself).push != PushState::Off);
    assert_eq!(of(&now, NAME).push, PushState::Off);
}

#[test]
fn targets_are_worked_with_at_the_command_line_and_changed_in_mid_lesson() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let mut server = RtmpServer::start(&daemon.folder().path().join("server"));
    assert!(daemon.ctl(&["--lang", "en", "live"]).out.contains("No live targets"));
    daemon.set_targets(&Targets { targets: vec![server.target(NAME, Starts::ByHand)] });
    let id = daemon.start_lesson(&[]);
    daemon.wait("it is listed", |now| !now.live.is_empty());
    assert_eq!(daemon.ctl(&["live", "start", NAME]).code, 0);
    daemon.wait("it is live", is_live);
    assert!(daemon.ctl(&["--lang", "en", "live", "list"]).out.contains("live since"));
    // The lesson's own frames have gone out so far; in its pause it makes none.
    daemon.record_until(1.0);
    assert_eq!(daemon.ctl(&["pause"]).code, 0);
    server.wait_for(400_000);
    assert_eq!(daemon.ctl(&["resume"]).code, 0);
    assert_eq!(daemon.ctl(&["live", "start", NAME]).code, 1, "it is live already");
    assert_eq!(daemon.ctl(&["live", "stop", NAME]).code, 0);
    daemon.wait("it is off", |now| of(now, NAME).push == PushState::Off);

    // Another key for a target that is live: it is pushed to anew, and the server does not take it.
    assert_eq!(daemon.ctl(&["live", "start", NAME]).code, 0);
    daemon.wait("it is live", is_live);
    let other = Target { key: Key("another-s3cret".into()), ..server.target(NAME, Starts::ByHand) };
    daemon.set_targets(&Targets { targets: vec![other] });
    daemon.wait("the other key is tried", is_failing);
    daemon.set_targets(&Targets::default());
    daemon.wait("it is gone", |now| now.live.is_empty());
    daemon.ctl(&["stop"]);
    let kept = daemon.ended(&id);
    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.lesson.gaps.len(), 1, "the pause alone: {:#?}", kept.lesson.gaps);
    assert_jumps_once(&kept.numbers("programme"));
    let ended = |event: &EventKind| matches!(event, EventKind::LiveEnded { .. });
    assert_eq!(kept.count(ended), 2, "{:#?}", kept.events);
    let log = daemon.log();
    assert!(log.contains("a push fails") && !log.contains("s3cret"), "{log}");
}
