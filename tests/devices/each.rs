//! Each device alone fails or is pulled out while a lesson is recorded: a slate or silence in its place, the rest goes on as if
//! nothing were, and it is back by itself. In the guest where computing takes no time, so that every frame of the others and the
//! host's own delays can be judged.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_pipelines::measure;
use ketang_protocol::lesson::{EventKind, GapKind, Outcome};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Kept, TestHost};

use crate::{
    CAMERA, Computer, HDMI, OTHER_CAMERA, PulledOut, Unplugged, Whistle, inside_the_guest, settings, time_travels,
    v4l2_ctl,
};

/// The devices that give pictures, each with its role.
const PICTURES: [(PictureRole, &str); 3] =
    [(PictureRole::TeacherPanorama, CAMERA), (PictureRole::StudentsPanorama, OTHER_CAMERA), (PictureRole::Hdmi, HDMI)];
/// DESIGN §4: a slate within half a second of the loss, and back within five seconds of the return.
const SLATE_WITHIN: f64 = 0.5;
const BACK_WITHIN: f64 = 5.0;
/// Snapshots tell of every tenth of a second of a lesson: the moment of a deed is known that well.
const TOLD_EVERY: f64 = 0.1;

/// The inputs that are not live.
fn lost(now: &Snapshot) -> BTreeSet<Role> {
    let pictures = now.pictures.iter().filter(|picture| !picture.live).map(|picture| picture.role.into());
    pictures.chain(now.sounds.iter().filter(|sound| !sound.live).map(|sound| sound.role.into())).collect()
}

/// Pictures of a track that are the same as the one before. Each of vivid's own has its time and number written in its corner.
fn repeats(kept: &Kept, track: &str) -> usize {
    const CORNER: (usize, usize) = (320, 40);
    // Digits are white on black; what coding leaves of a picture that is repeated differs by less.
    const DIGIT: u8 = 40;
    let (mut before, mut repeats): (Vec<u8>, usize) = (Vec::new(), 0);
    for file in kept.files(track) {
        let shown = measure::luma_frames(&file, |_, luma| {
            let corner: Vec<u8> =
                (0..CORNER.1).flat_map(|row| &luma.data[row * luma.stride..][..CORNER.0]).copied().collect();
            let same = before.len() == corner.len() && before.iter().zip(&corner).all(|(a, b)| a.abs_diff(*b) < DIGIT);
            repeats += usize::from(same);
            before = corner;
            ControlFlow::Continue(())
        });
        shown.unwrap();
    }
    repeats
}

/// Records a lesson in which `inputs` are lost by `lose` and come back by `give_back`, and judges that within their limits; of the
/// other inputs not a frame may be missing.
fn lesson<T>(inputs: &[Role], lose: impl FnOnce() -> T, give_back: impl FnOnce(T)) -> Kept {
    let _computer = Computer::sends_720p25();
    let host = TestHost::open(&settings().set("recording.tracks", "\"all\""));
    let id = host.start();
    host.record_for(2.0);
    let gone_from = host.recorded();
    let hold = lose();
    let all: BTreeSet<Role> = inputs.iter().copied().collect();
    host.wait("the loss is seen", |now| lost(now) == all);
    host.record_for(1.0);
    let there_from = host.recorded();
    give_back(hold);
    host.wait("everything is back", |now| lost(now).is_empty());
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);

    assert_eq!(kept.faults(), Vec::<String>::new());
    assert_eq!(kept.lesson.outcome, Outcome::KeptWithGaps, "{:#?}", kept.lesson.gaps);
    let told: BTreeSet<Role> = kept
        .lesson
        .gaps
        .iter()
        .map(|gap| match &gap.what {
            GapKind::InputLost { input } => *input,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, all, "{:#?}", kept.lesson.gaps);
    for input in inputs {
        judge(&kept, *input, (gone_from, there_from));
    }
    for (role, _) in PICTURES {
        let track = kept.track(role.as_str());
        let figures = kept.figures(role.as_str());
        let frames: u64 = figures.parts.iter().flatten().flat_map(|part| &part.video).map(|video| video.decoded).sum();
        assert_eq!(frames, (kept.seconds(role.as_str()) * 25.0).round() as u64, "{track:?}");
        if !all.contains(&role.into()) {
            assert_eq!(repeats(&kept, role.as_str()), 0, "pictures of {role} that were repeated");
        }
    }
    let silent = !kept.sound("sound").silence.is_empty();
    assert_eq!(silent, all.contains(&SoundRole::TeacherMic.into()), "{:?}", kept.sound("sound"));
    kept
}

/// An input was lost and is back in time, as the lesson's events say.
fn judge(kept: &Kept, input: Role, (gone_from, there_from): (f64, f64)) {
    let lost = |event: &EventKind| matches!(event, EventKind::InputLost { input: lost, .. } if *lost == input);
    let back = |event: &EventKind| matches!(event, EventKind::InputBack { input: found } if *found == input);
    assert!(kept.count(lost) >= 1 && kept.count(lost) == kept.count(back), "{input}: {:#?}", kept.events);
    let slate = kept.when(lost) - gone_from;
    let last = kept.events.iter().rfind(|event| back(&event.what)).unwrap();
    let returned = last.at - there_from;
    eprintln!("{input}: a slate after {slate:.2} s, back after {returned:.2} s");
    assert!(slate <= SLATE_WITHIN + TOLD_EVERY, "{input}: a slate after {slate:.2} s");
    assert!(returned <= BACK_WITHIN + TOLD_EVERY, "{input}: back after {returned:.2} s");
}

#[test]
fn all_cameras_pulled_out_at_once_become_slates_and_come_back() {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    let _whistle = Whistle::begin();
    // All of vivid's devices hang on one that is unplugged as a whole.
    lesson(&PICTURES.map(|(role, _)| role.into()), Unplugged::cameras, Unplugged::plug_in);
}

/// Each in a process of its own: vivid gives a device back when nobody has it open any more, and GStreamer 1.22.0 keeps one of an
/// earlier host open.
fn pulled_out_alone(role: PictureRole) {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    let (_, device) = PICTURES.into_iter().find(|(its, _)| *its == role).unwrap();
    let _whistle = Whistle::begin();
    lesson(&[role.into()], || PulledOut::of(device), drop);
}

#[test]
fn the_teachers_camera_pulled_out_alone_comes_back_and_the_others_do_not_notice() {
    pulled_out_alone(PictureRole::TeacherPanorama);
}

#[test]
fn the_students_camera_pulled_out_alone_comes_back_and_the_others_do_not_notice() {
    pulled_out_alone(PictureRole::StudentsPanorama);
}

#[test]
fn the_computer_pulled_out_alone_comes_back_and_the_others_do_not_notice() {
    pulled_out_alone(PictureRole::Hdmi);
}

#[test]
fn each_stream_that_breaks_is_opened_anew_and_the_others_do_not_notice() {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    let _whistle = Whistle::begin();
    for (role, device) in PICTURES {
        let kept = lesson(&[role.into()], || v4l2_ctl(device, "inject_fatal_streaming_error=1"), |()| ());
        // The device was there all the time.
        let away = kept.lesson.gaps.iter().filter_map(|gap| gap.seconds).sum::<f64>();
        assert!(away <= BACK_WITHIN, "{role} was away for {away:.2} s");
    }
}

#[test]
fn a_sound_card_that_vanishes_leaves_silence_and_comes_back() {
    if !inside_the_guest() || !time_travels() {
        return;
    }
    // A player whose card is gone tries again and again, for which there is no time here.
    let whistle = RefCell::new(Some(Whistle::begin()));
    let lose = || {
        whistle.take();
        Unplugged::sound_card()
    };
    let give_back = |card: Unplugged| {
        card.plug_in();
        whistle.replace(Some(Whistle::begin()));
    };
    lesson(&[Role::from(SoundRole::TeacherMic)], lose, give_back);
}
