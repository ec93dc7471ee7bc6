//! Inputs that are lost and regained in mid-lesson: everything else goes on, and the lesson says what is missing where.

use ketang_board::sim::Happening::{self, PluggedIn, Unplugged};
use ketang_hal::role::PictureRole::{Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_hal::role::SoundRole::{LineIn, RoomMic, TeacherMic};
use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_protocol::lesson::{EventKind, GapKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Frame, HostSettings, Kept, Share, TestHost, assert_consecutive, film, panes};

/// A loss is noticed within 0.5 s; this is as seen in files, with a frame or two of grace.
const NOTICED: f64 = 0.6;

/// Records a lesson in whose middle `input` is unplugged for two seconds.
fn lesson_that_loses(host: &TestHost, input: Role) -> Kept {
    let id = host.start();
    host.record_for(3.0);
    host.tell(Unplugged { input });
    host.wait("the input is lost", |now| !is_live(now, input));
    assert!(host.snapshot().alarms.iter().any(|alarm| alarm.input == Some(input)), "an alarm names the lost input");
    host.record_for(2.0);
    host.tell(PluggedIn { input });
    host.wait("the input is back", |now| is_live(now, input));
    assert_eq!(host.snapshot().alarms, [], "its alarm is taken back");
    host.record_for(3.0);
    host.stop();
    host.ended(&id)
}

fn is_live(now: &ketang_protocol::snapshot::Snapshot, input: Role) -> bool {
    now.pictures.iter().any(|picture| Role::Picture(picture.role) == input && picture.live)
        || now.sounds.iter().any(|sound| Role::Sound(sound.role) == input && sound.live)
}

/// Begin and length of the one gap, which is the loss of `input`.
fn gap(kept: &Kept, input: Role) -> (f64, f64) {
    let [gap] = &kept.lesson.gaps[..] else { panic!("one gap: {:#?}", kept.lesson.gaps) };
    assert_eq!(gap.what, GapKind::InputLost { input });
    let lost = kept.when(|event| matches!(event, EventKind::InputLost { input: lost, .. } if *lost == input));
    let back = kept.when(|event| matches!(event, EventKind::InputBack { input: back } if *back == input));
    let seconds = gap.seconds.expect("it is over");
    assert!((gap.at - lost).abs() < 0.1 && (gap.at + seconds - back).abs() < 0.1, "{gap:?}, {lost} to {back}");
    (gap.at, seconds)
}

#[test]
fn a_camera_that_is_lost_becomes_a_slate_and_comes_back() {
    let host = TestHost::open(
        &HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"]).set("recording.tracks", "[\"hdmi\"]"),
    );
    host.show("side-by-side", &[TeacherPanorama, Hdmi]);
    let kept = lesson_that_loses(&host, Hdmi.into());

    kept.assert_outcome(Outcome::KeptWithGaps);
    let (at, seconds) = gap(&kept, Hdmi.into());
    // The camera beside it misses nothing: it is shown alone until the lost picture can be trusted again.
    let programme = kept.frames("programme", &[panes("single"), panes("side-by-side")].concat());
    let (alone, beside) = (0, 1);
    let camera = |frame: &Frame| frame.number([alone]).or_else(|| frame.number([beside]));
    assert_consecutive(&programme.iter().map(camera).collect::<Vec<_>>());
    let replaced: Vec<_> = programme.iter().filter(|frame| frame.number([alone]).is_some()).collect();
    let (first, last) = (replaced[0].at, replaced[replaced.len() - 1].at);
    assert!(
        (0.0..0.5).contains(&(first - at)) && (0.0..2.0).contains(&(last - at - seconds)),
        "alone from {first} to {last}, lost at {at} for {seconds}"
    );
    assert_eq!(replaced.len(), ((last - first) / 0.04).round() as usize + 1, "it is one stretch");

    // In the lost one's own track stands its slate: no numbers, and the same picture until it is back.
    let track = kept.frames("hdmi", &[Share::WHOLE]);
    assert_eq!(track.len(), programme.len(), "it has a frame for every slot");
    let slate: Vec<_> = track.iter().filter(|frame| frame.number([0]).is_none()).collect();
    let (first, last) = (slate[0].at, slate[slate.len() - 1].at);
    assert!((first - at).abs() < 0.1 && (last - at - seconds).abs() < 0.1, "slate {first} to {last}, {at} + {seconds}");
    assert_eq!(slate.len(), ((last - first) / 0.04).round() as usize + 1, "the slate is one stretch");
    let before: Vec<_> = track.iter().take_while(|frame| frame.at < first).map(|frame| frame.number([0])).collect();
    let stood_still = before.windows(2).rev().take_while(|pair| pair[0] == pair[1]).count();
    assert!(stood_still as f64 * 0.04 <= NOTICED, "the last picture stood still for {stood_still} frames");
}

#[test]
fn a_microphone_that_is_lost_leaves_its_channel_silent_and_the_next_best_is_kept() {
    let host = TestHost::open(&HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"]));
    let kept = lesson_that_loses(&host, TeacherMic.into());

    kept.assert_outcome(Outcome::KeptWithGaps);
    let (at, seconds) = gap(&kept, TeacherMic.into());
    assert_consecutive(&kept.numbers("teacher-panorama"));
    assert_consecutive(&kept.numbers("programme"));
    let roles = kept.sound("sound");
    let silent = &roles.by_channel[0].silence;
    let covers = |from: f64, to: f64| silent.iter().any(|stretch| stretch.from <= from && stretch.to >= to);
    assert!(covers(at + 0.1, at + seconds - 0.1), "channel 1 is silent from {at} for {seconds}: {silent:?}");
    let quiet_room = -70.0;
    let room = &kept.sound_above("sound", quiet_room).by_channel[1];
    assert_eq!(room.silence, [], "the room goes on in channel 2");
    let fallback = kept.sound_above("sound-fallback", quiet_room);
    assert_eq!(fallback.silence, [], "the room is heard in the fallback track all the time");
    assert!(fallback.by_channel[0].rms_dbfs > -50.0, "{:?}", fallback.by_channel);
}

#[test]
fn a_microphone_that_dies_while_somebody_teaches_is_told_on_the_wall() {
    let host = TestHost::open(&HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"]));
    let id = host.start();
    host.record_for(1.0);
    host.tell(Happening::MicrophoneDies { role: TeacherMic });
    let told = |now: &Snapshot| now.alarms.iter().any(|alarm| alarm.alarm == "microphone-silent");
    host.wait("the silent microphone is told of", told);
    host.tell(Happening::MicrophoneReturns { role: TeacherMic });
    host.wait("the alarm is taken back", |now| !told(now));
    host.stop();
    let kept = host.ended(&id);
    let alarms =
        |raised: bool| kept.count(|event| *event == EventKind::Alarm { alarm: "microphone-silent".into(), raised });
    assert_eq!((alarms(true), alarms(false)), (1, 1), "{:#?}", kept.events);
}

#[test]
fn a_computers_picture_that_turns_black_is_told_of_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let picture = "testsrc2=s=640x360:r=25:d=12,drawbox=c=black:t=fill:enable='gte(t,4)'";
    let clip = film(folder.path(), "protected.mp4", picture);
    let settings = HostSettings::generic()
        .set("inputs.hdmi.source", format!("file:{}", clip.display()))
        .set("inputs.teacher-mic.source", "pattern")
        .set("recording.tracks", "[]");
    let host = TestHost::open(&settings);
    let is_black = |now: &Snapshot| {
        now.alarms.iter().any(|alarm| alarm.alarm == "picture-black" && alarm.input == Some(Hdmi.into()))
    };
    // The clip is played again and again: bright, then black.
    host.wait("the picture is bright", |now| !is_black(now));
    let id = host.start();
    host.wait("the black picture is told of", is_black);
    assert!(is_live(&host.snapshot(), Hdmi.into()), "its signal is there");
    host.wait("the alarm is taken back", |now| !is_black(now));
    host.stop();
    let kept = host.ended(&id);
    let alarms =
        |raised: bool| kept.count(|event| *event == EventKind::Alarm { alarm: "picture-black".into(), raised });
    assert_eq!((alarms(true), alarms(false)), (1, 1), "{:#?}", kept.events);
    assert_eq!(kept.count(|event| matches!(event, EventKind::InputLost { .. })), 0, "nothing was lost");
}

/// When an input was unplugged and plugged in again, in seconds of the lesson, as the snapshot told them.
struct Outage {
    input: Role,
    unplugged: f64,
    plugged: f64,
}

/// Every role of a room, in two lessons: two cores do not carry five tracks in a test build.
#[test]
fn each_input_is_lost_and_regained_while_the_others_do_not_notice() {
    loses_each_in_turn(&[TeacherPanorama, Hdmi], &[TeacherMic, RoomMic, LineIn]);
    loses_each_in_turn(&[TeacherCloseup, StudentsPanorama, StudentsCloseup], &[TeacherMic]);
}

/// A lesson of these inputs, in which each is unplugged and plugged in again, one after the other.
fn loses_each_in_turn(pictures: &[PictureRole], sounds: &[SoundRole]) {
    let (of_pictures, of_sounds) = (pictures.iter().copied().map(Role::from), sounds.iter().copied().map(Role::from));
    let inputs: Vec<Role> = of_pictures.chain(of_sounds).collect();
    let names: Vec<_> = inputs.iter().map(|input| input.as_str()).collect();
    let settings = HostSettings::simulated(&names)
        .set("programme.size", "1280x720")
        .set("recording.programme", false)
        .set("recording.fit-machine", false);
    let host = TestHost::open(&settings);
    let id = host.start();
    host.record_for(1.0);
    let outage = |&input: &Role| {
        let unplugged = host.recorded();
        host.tell(Unplugged { input });
        host.wait("the input is lost", |now| !is_live(now, input));
        host.record_for(0.8);
        let plugged = host.recorded();
        host.tell(PluggedIn { input });
        host.wait("the input is back", |now| is_live(now, input));
        host.record_for(0.8);
        Outage { input, unplugged, plugged }
    };
    let outages: Vec<_> = inputs.iter().map(outage).collect();
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.lesson.gaps.len(), inputs.len(), "a gap each: {:#?}", kept.lesson.gaps);
    let mut away = Vec::new();
    for Outage { input, unplugged, plugged } in &outages {
        let times = |is: &dyn Fn(&EventKind) -> bool| -> Vec<f64> {
            kept.events.iter().filter(|event| is(&event.what)).map(|event| event.at).collect()
        };
        let lost = times(&|event| matches!(event, EventKind::InputLost { input: lost, .. } if lost == input));
        let back = times(&|event| matches!(event, EventKind::InputBack { input: back } if back == input));
        let ([lost], [back]) = (&lost[..], &back[..]) else { panic!("{input}: lost at {lost:?}, back at {back:?}") };
        assert!((-0.2..NOTICED).contains(&(lost - unplugged)), "{input}: unplugged at {unplugged}, lost at {lost}");
        assert!((0.0..5.0).contains(&(back - plugged)), "{input}: plugged in at {plugged}, back at {back}");
        let [gap] = kept.gaps(|gap| *gap == GapKind::InputLost { input: *input })[..] else { panic!("one gap") };
        let ends = gap.at + gap.seconds.expect("it is over");
        assert!((gap.at - lost).abs() < 0.1 && (ends - back).abs() < 0.1, "{gap:?}, {lost} to {back}");
        away.push((*input, *unplugged, *back));
    }

    let mut slots = None;
    for &role in pictures {
        let (_, from, to) = away.iter().find(|(input, ..)| *input == Role::from(role)).expect("it was away");
        let frames = kept.frames(role.as_str(), &[Share::WHOLE]);
        // On a machine that is full a track may end a frame before the others.
        let apart = frames.len().abs_diff(*slots.get_or_insert(frames.len()));
        assert!(apart <= 1, "{role} has a frame for every slot: {} of {slots:?}", frames.len());
        let slate: Vec<f64> = frames.iter().filter(|frame| frame.number([0]).is_none()).map(|frame| frame.at).collect();
        let (first, last) = (slate[0], slate[slate.len() - 1]);
        assert!((-0.2..NOTICED).contains(&(first - from)), "{role}: unplugged at {from}, slate at {first}");
        assert!(last <= to + 0.1, "{role}: back at {to}, slate until {last}");
        assert_eq!(slate.len(), ((last - first) / 0.04).round() as usize + 1, "{role}: it is one stretch");
        // Its own loss apart, every frame is there once: whatever became of the others.
        let before: Vec<_> =
            frames.iter().filter(|frame| frame.at < from - 0.2).map(|frame| frame.number([0])).collect();
        let after: Vec<_> =
            frames.iter().filter(|frame| frame.at > last + 0.02).map(|frame| frame.number([0])).collect();
        assert_consecutive(&before);
        assert_consecutive(&after);
    }
    let (_, from, to) = away.iter().find(|(input, ..)| *input == Role::from(TeacherMic)).expect("it was away");
    let silent = &kept.sound("sound").by_channel[0].silence;
    let covers = silent.iter().any(|stretch| stretch.from < from + NOTICED && stretch.to > to - 0.2);
    assert!(covers, "the teacher's channel is silent from {from} to {to}: {silent:?}");
}
