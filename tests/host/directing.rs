//! The host directs by itself: every cut says why, what it was told is enough to direct again, and a lesson can be cut anew.

use ketang_board::sim::Happening::{PluggedIn, SlideChanges, Unplugged};
use ketang_hal::role::PictureRole::{Hdmi, TeacherPanorama};
use ketang_protocol::command::{Command, RefusalCode, Shot};
use ketang_protocol::directing::{Cause, Mode, Reason};
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Daemon, HostSettings, Kept, Share, TestHost, assert_consecutive, shown_by_ffmpeg};
use ketangd::director_log;

fn directed(inputs: &[&str]) -> HostSettings {
    // Nobody has to be found here: people are known by movement.
    HostSettings::simulated(inputs).set("directing.mode", "automatic").set("directing.models", "/nowhere")
}

fn shows(now: &Snapshot, role: ketang_hal::role::PictureRole) -> bool {
    now.programme.shot.inputs == [role]
}

/// The lesson's cuts with their reasons, which every one has.
fn reasons(kept: &Kept) -> Vec<(Shot, Reason)> {
    let cuts = kept.events.iter().filter_map(|event| match &event.what {
        EventKind::Cut { shot, why, reason } => {
            assert!(!reason.is_empty());
            Some((shot.clone(), why.clone().expect("every cut says why")))
        }
        _ => None,
    });
    cuts.collect()
}

#[test]
fn a_cut_on_its_way_when_a_lesson_begins_is_one_of_its_cuts_once() {
    let settings = HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"]).set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    // Not every one is on its way at that moment.
    for input in [Hdmi, TeacherPanorama].into_iter().cycle().take(6) {
        host.show("single", &[input]);
        let kept = host.record_lesson(0.4);
        let [(shot, why)] = &reasons(&kept)[..] else { panic!("one cut: {:#?}", kept.events) };
        assert_eq!((&shot.inputs[..], &why.cause), (&[input][..], &Cause::Hand { from: "start".into() }));
    }
}

#[test]
fn a_lost_picture_is_replaced_a_hand_is_obeyed_and_the_log_directs_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let room = folder.path().join("rules.toml");
    // Frame numbers on the computer's picture look like a pointer.
    std::fs::write(&room, "[rules.pointer]\noff = true\n[rules.video]\noff = true\n").unwrap();
    let settings = directed(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("directing.room-rules", format!("{room:?}"));
    let host = TestHost::open(&settings);
    let wide = host.wait("the host directs", |now| now.programme.directing.rule.is_some());
    assert_eq!(wide.programme.directing.mode, Mode::Automatic);
    assert!(wide.alarms.iter().any(|alarm| alarm.alarm == "no-detector"), "{:?}", wide.alarms);
    let id = host.start();
    host.record_for(1.0);

    host.show("single", &[Hdmi]);
    let by_hand = host.wait("the cut by hand", |now| shows(now, Hdmi));
    assert!(by_hand.programme.directing.returns_in_seconds.is_some_and(|left| (1..=30).contains(&left)));
    host.done(Command::Direct { mode: Mode::Automatic });
    host.wait("the rules have taken over", |now| now.programme.directing.returns_in_seconds.is_none());
    host.wait("the teacher is shown again", |now| shows(now, TeacherPanorama));

    host.tell(Unplugged { input: TeacherPanorama.into() });
    let replaced = host.wait("the lost picture is replaced", |now| shows(now, Hdmi));
    assert!(replaced.programme.directing.why.as_ref().is_some_and(|why| !why.chinese.is_empty()));
    host.tell(PluggedIn { input: TeacherPanorama.into() });
    host.wait("it is shown again", |now| shows(now, TeacherPanorama));
    host.record_for(1.0);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_ended(Outcome::KeptWithGaps);
    let logged = reasons(&kept);
    let [start, hand, back, lost, ..] = &logged[..] else { panic!("{logged:#?}") };
    assert_eq!(start.1.cause, Cause::Start {});
    assert_eq!(hand.1.cause, Cause::Hand { from: "test".into() });
    assert_eq!(back.1.cause, Cause::HandedBack {});
    assert_eq!(lost.1.cause, Cause::InputLost { input: TeacherPanorama });

    let [segment] = &director_log::read(&kept.folder).unwrap()[..] else { panic!("one segment") };
    let again: Vec<_> = segment.direct_again().unwrap().into_iter().map(|cut| (cut.shot, cut.reason)).collect();
    assert_eq!(again, logged, "the log directs the same again");
}

#[test]
fn a_lesson_is_explained_and_cut_anew_by_other_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("computer.toml");
    std::fs::write(&rules, "[rules.computer]\npriority = 1\nshow = [\"hdmi\"]\n").unwrap();
    let settings = directed(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("recording.tracks", "[\"hdmi\", \"teacher-panorama\"]")
        .set("directing.mode", "manual");
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&[]);
    daemon.record_until(3.0);
    assert_eq!(daemon.ctl(&["scene", "hdmi"]).code, 0);
    daemon.record_until(6.0);
    assert_eq!(daemon.ctl(&["director", "mode", "semi-automatic"]).code, 0);
    daemon.wait("directing is semi-automatic", |now| now.programme.directing.mode == Mode::SemiAutomatic);
    assert_eq!(daemon.ctl(&["stop", "--wait"]).code, 0);
    let kept = daemon.ended(&id);

    let told = daemon.ctl(&["director", "explain", &id.0, "0:05"]);
    assert!(told.code == 0 && told.out.contains("ketangctl") && told.out.lines().count() == 1, "{told:?}");
    let told = daemon.ctl(&["director", "explain", &id.0, "--lang", "zh"]);
    assert_eq!(told.out.lines().count(), reasons(&kept).len(), "{told:?}");

    let anew = folder.path().join("anew.mp4");
    let ran =
        daemon.ctl(&["recut", &id.0, "--rules", rules.to_str().unwrap(), "--to", anew.to_str().unwrap(), "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let frames = shown_by_ffmpeg(&anew, &[Share::WHOLE]);
    let shown: Vec<_> = frames.iter().map(|frame| frame.number([0])).collect();
    assert_consecutive(&shown);
    assert_eq!(shown, kept.numbers("hdmi"), "frame by frame");
    let tracks = ["hdmi", "teacher-panorama"].map(|track| kept.frames(track, &[Share::WHOLE]));
    for (frame, (computer, teacher)) in frames.iter().zip(tracks[0].iter().zip(&tracks[1])) {
        assert!(frame.differs(computer) < frame.differs(teacher), "the computer is shown all the time: {}", frame.at);
    }
    let wrong = daemon.ctl(&["recut", &id.0, "--rules", "nobody", "--to", anew.to_str().unwrap()]);
    assert!(wrong.code == 1 && wrong.err.contains("name a file that can be read"), "{wrong:?}");
    assert_eq!(daemon.lesson(&id).lesson, kept.lesson, "a file changes no lesson");
}

#[test]
fn a_lesson_gets_another_programme_and_its_own_back() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("class.toml");
    // The teacher's picture is not recorded: what is left is the computer.
    std::fs::write(&rules, "[rules.teacher]\npriority = 2\nshow = [\"teacher-panorama\"]\n").unwrap();
    let settings = directed(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("recording.tracks", "[\"hdmi\"]")
        .set("directing.mode", "manual");
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&[]);
    daemon.record_until(4.0);
    assert_eq!(daemon.ctl(&["stop", "--wait"]).code, 0);
    let kept = daemon.ended(&id);
    let files = |kept: &Kept| {
        let mut names: Vec<String> = std::fs::read_dir(&kept.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("programme") || name.starts_with('.'))
            .collect();
        names.sort();
        names
    };
    assert_eq!(files(&kept), ["programme-0001.mp4"]);

    let ran = daemon.ctl(&["recut", &id.0, "--rules", rules.to_str().unwrap(), "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let anew = daemon.lesson(&id);
    assert_eq!(files(&anew), ["programme-0002.mp4"], "the old one went when the new one was whole and checked");
    assert_eq!(anew.numbers("programme"), kept.numbers("hdmi"), "the computer, and no slate of the teacher");
    let [note] = &anew.lesson.recuts[..] else { panic!("{:?}", anew.lesson.recuts) };
    assert_eq!((note.from.as_str(), note.rules.as_deref()), ("ketangctl", rules.to_str()));
    let passed = |kept: &Kept| kept.lesson.verdict.as_ref().map(|verdict| verdict.ok);
    assert_eq!((passed(&anew), &anew.lesson.outcome), (passed(&kept), &kept.lesson.outcome));

    let ran = daemon.ctl(&["recut", &id.0, "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let back = daemon.lesson(&id);
    assert_eq!(files(&back), ["programme-0003.mp4"]);
    assert_eq!((back.lesson.recuts.len(), back.lesson.recuts[1].rules.as_deref()), (2, None));
}

#[test]
fn rules_that_do_not_exist_are_named_before_anything_is_started() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let open = |key: &str, value: &str| {
        let settings = directed(&["teacher-panorama"]).set(key, value);
        TestHost::open_in(folder.clone(), &settings).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(open("directing.rules", "nobody").contains("there is no rule set `nobody`: use lecture"));
    assert!(open("directing.zones", "/nowhere/zones.toml").contains("name a file that can be read"));
    let host = TestHost::open_in(folder, &directed(&["teacher-panorama"])).unwrap();
    let absent = Shot { layout: "single".into(), inputs: vec![Hdmi] };
    assert_eq!(host.refused(Command::Layout(absent)).code, RefusalCode::Invalid);
}

#[test]
fn another_slide_is_shown_and_is_a_chapter_with_its_picture() {
    let settings = directed(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("sim.marks", false)
        .set("sim.beeps", false);
    let host = TestHost::open(&settings);
    let id = host.start();
    host.record_for(2.0);
    host.tell(SlideChanges { to: 3 });
    let slide = |now: &Snapshot| shows(now, Hdmi) && now.programme.directing.rule.as_deref() == Some("slide");
    host.wait("the slide is shown", slide);
    host.record_for(1.0);
    host.stop();
    let kept = host.ended(&id);

    let slides: Vec<_> = kept.events.iter().filter(|event| matches!(event.what, EventKind::Slide { .. })).collect();
    let [first, slide] = &slides[..] else { panic!("the slide that was up, and another: {slides:?}") };
    assert!(first.at < 1.0, "{first:?}");
    let EventKind::Slide { picture: Some(picture) } = &first.what else { panic!("{first:?}") };
    assert!(std::fs::read(kept.folder.join(picture)).unwrap().starts_with(b"\x89PNG"));
    let EventKind::Slide { picture: Some(picture) } = &slide.what else { panic!("{slide:?}") };
    let png = std::fs::read(kept.folder.join(picture)).unwrap();
    assert!(png.starts_with(b"\x89PNG"), "{} bytes", png.len());
    // It may have begun with the pointer that moved before it.
    assert!((1.0..3.5).contains(&slide.at), "{slide:?}");
}
