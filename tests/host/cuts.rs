//! A lesson with cuts, dissolves and layouts: every frame is there once, sound and picture belong together, every cut is where the
//! log says.

use ketang_hal::role::PictureRole::{Hdmi, TeacherPanorama};
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_tests::{Frame, HostSettings, Kept, Share, TestHost, assert_consecutive, panes};

/// The places where frame numbers can be seen in this lesson.
const WHOLE: usize = 0;
const LEFT: usize = 1;
const RIGHT: usize = 2;
const INSET: usize = 3;

const SLOT: f64 = 0.04;

fn frames(kept: &Kept) -> Vec<Frame> {
    let places = [panes("single"), panes("side-by-side"), panes("picture-in-picture")[1..].to_vec()].concat();
    kept.frames("programme", &places)
}

/// The layout that a picture shows, as its frame numbers tell.
fn layout(frame: &Frame) -> &'static str {
    match (frame.number([WHOLE]), frame.number([LEFT, RIGHT]), frame.number([WHOLE, INSET])) {
        (_, _, Some(_)) => "picture-in-picture",
        (Some(_), None, None) => "single",
        (None, Some(_), None) => "side-by-side",
        other => panic!("at {:.2} s the panes' numbers {other:?} fit no layout: {:?}", frame.at, frame.marks),
    }
}

#[test]
fn every_frame_is_there_once_and_every_cut_is_where_the_log_says() {
    let host = TestHost::open(
        &HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic", "room-mic"])
            .set("recording.tracks", "[\"hdmi\"]"),
    );
    let id = host.start();
    let shots: [(&str, &[_]); 4] = [
        ("side-by-side", &[TeacherPanorama, Hdmi]),
        ("picture-in-picture", &[Hdmi, TeacherPanorama]),
        ("single", &[Hdmi]),
        ("single", &[TeacherPanorama]),
    ];
    host.record_for(2.0);
    for (layout, inputs) in shots {
        host.show(layout, inputs);
        host.record_for(1.6);
    }
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    assert_eq!(kept.track_names(), ["programme", "hdmi", "sound", "sound-fallback"]);
    let frames = frames(&kept);
    let numbers: Vec<_> = frames
        .iter()
        .map(|frame| match layout(frame) {
            "side-by-side" => frame.number([LEFT, RIGHT]),
            "picture-in-picture" => frame.number([WHOLE, INSET]),
            _ => frame.number([WHOLE]),
        })
        .collect();
    assert_consecutive(&numbers);
    assert_eq!(kept.numbers("hdmi"), numbers, "the track has the programme's frames");

    // The changes of layout show in the numbers, the one from the computer to the camera in the picture itself.
    let mut cuts = kept.cuts();
    let at_start = cuts.remove(0);
    assert_eq!((at_start.0, at_start.1.as_str()), (0.0, "single"), "what the lesson begins with is logged too");
    let wanted: Vec<_> = shots.iter().map(|(layout, _)| *layout).collect();
    assert_eq!(cuts.iter().map(|(_, layout, _)| layout.as_str()).collect::<Vec<_>>(), wanted);
    assert!(cuts.iter().all(|(.., reason)| reason.contains("test")), "{cuts:?}");
    let changes = |from: &Frame, to: &Frame| layout(from) != layout(to) || from.differs(to) > 20.0;
    let seen: Vec<f64> = frames.windows(2).filter(|pair| changes(&pair[0], &pair[1])).map(|pair| pair[1].at).collect();
    assert_eq!(seen.len(), cuts.len(), "{seen:?} for {cuts:?}");
    let commands = kept.events.iter().filter(|event| {
        matches!(&event.what, EventKind::Command { command: ketang_protocol::command::Command::Layout(_), .. })
    });
    for ((seen, (logged, ..)), command) in seen.iter().zip(&cuts).zip(commands) {
        assert!((seen - logged).abs() < SLOT / 2.0, "the cut at {seen:.2} s is logged at {logged:.2} s");
        assert!(seen - command.at <= 2.0 * SLOT, "told at {:.3} s, seen at {seen:.2} s", command.at);
    }
}

#[test]
fn sound_belongs_to_the_picture() {
    let host = TestHost::open(&HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"]));
    let kept = host.record_lesson(8.0);

    kept.assert_outcome(Outcome::Kept);
    for track in ["programme", "teacher-panorama"] {
        let offset = kept.offset(track);
        assert!(offset.pairs >= 7 && offset.worst_ms.abs() <= 40.0, "{track}: {offset:?}");
    }
}

#[test]
fn a_dissolve_lasts_as_long_as_it_is_set_to() {
    const DISSOLVE_MS: u32 = 400;
    let host = TestHost::open(
        &HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"])
            .set("recording.tracks", "[]")
            .set("sim.beeps", false)
            .set("programme.dissolve-ms", DISSOLVE_MS),
    );
    let id = host.start();
    host.record_for(1.6);
    host.show("single", &[Hdmi]);
    host.record_for(1.6);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    let frames = kept.frames("programme", &[Share::WHOLE]);
    assert_consecutive(&frames.iter().map(|frame| frame.number([WHOLE])).collect::<Vec<_>>());
    let (camera, computer) = (&frames[0], &frames[frames.len() - 1]);
    // How far a picture is from the camera's to the computer's, at the places where these differ; frame numbers change some of them.
    let share = |frame: &Frame| {
        let places = frame.look.iter().zip(camera.look.iter().zip(&computer.look));
        let places = places.map(|(now, (from, to))| (f64::from(*now), f64::from(*from), f64::from(*to)));
        let differ = places.filter(|(_, from, to)| (to - from).abs() > 40.0);
        let mut shares: Vec<_> = differ.map(|(now, from, to)| (now - from) / (to - from)).collect();
        assert!(shares.len() >= 16, "the pictures differ at {} places", shares.len());
        shares.sort_by(f64::total_cmp);
        shares[shares.len() / 2]
    };
    let shares: Vec<f64> = frames.iter().map(share).collect();
    let begun = shares.iter().position(|share| *share > 0.05).unwrap();
    let over = shares.iter().position(|share| *share > 0.95).unwrap();
    let logged = kept.cuts()[1].0;
    assert!(
        (frames[begun].at - logged).abs() <= 2.0 * SLOT,
        "it begins at {:.2} s, not {logged:.2} s",
        frames[begun].at
    );
    let between = &shares[begun..over];
    let wanted = f64::from(DISSOLVE_MS) / 1000.0 / SLOT;
    assert!((between.len() as f64 - wanted).abs() <= 2.0, "{between:.2?}");
    assert!(between.windows(2).all(|pair| pair[1] > pair[0]), "it goes one way: {between:.2?}");
}
