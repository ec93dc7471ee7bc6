//! Devices that fail and are pulled out while a lesson is recorded: slates and silence in their place, the rest goes on, and they
//! are back by themselves.

use std::collections::BTreeSet;

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_protocol::lesson::{EventKind, GapKind};
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Kept, TestHost};

use crate::{CAMERA, Computer, Unplugged, Whistle, gaps_of_good, inside_the_guest, settings, v4l2_ctl};

/// The inputs that are not live.
fn lost(now: &Snapshot) -> BTreeSet<Role> {
    let pictures = now.pictures.iter().filter(|picture| !picture.live).map(|picture| picture.role.into());
    pictures.chain(now.sounds.iter().filter(|sound| !sound.live).map(|sound| sound.role.into())).collect()
}

/// Records a lesson in which `inputs` are lost by `lose` and come back by `give_back`; `look` looks at it.
fn lesson<T>(inputs: &[Role], lose: impl FnOnce() -> T, give_back: impl FnOnce(T), look: impl FnOnce(&Kept)) {
    let _computer = Computer::sends_720p25();
    let _whistle = Whistle::begin();
    let host = TestHost::open(&settings());
    let id = host.start();
    host.record_for(2.0);
    let hold = lose();
    let all: BTreeSet<Role> = inputs.iter().copied().collect();
    host.wait("the loss is seen", |now| lost(now) == all);
    host.record_for(1.0);
    give_back(hold);
    let there = host.recorded();
    host.wait("everything is back", |now| lost(now).is_empty());
    // Not judged: GStreamer asks a device for all it can do, which takes seconds on the guest's one processor.
    eprintln!("{inputs:?} are live {:.1} s after they were there again", host.recorded() - there);
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);

    let gaps = gaps_of_good(&kept, inputs);
    let lost: BTreeSet<Role> = gaps
        .iter()
        .map(|gap| match &gap.what {
            GapKind::InputLost { input } => *input,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(lost, all, "{gaps:#?}");
    for input in inputs {
        let is = |event: &EventKind, back: bool| match event {
            EventKind::InputLost { input: lost, .. } => !back && lost == input,
            EventKind::InputBack { input: found } => back && found == input,
            _ => false,
        };
        let (lost, back) = (kept.count(|event| is(event, false)), kept.count(|event| is(event, true)));
        assert!(lost == back && lost >= 1, "{input} was lost {lost} times and back {back} times");
    }
    look(&kept);
}

#[test]
fn cameras_that_are_pulled_out_become_slates_and_come_back() {
    if !inside_the_guest() {
        return;
    }
    // All of vivid's devices hang on one that is unplugged as a whole.
    let pictures = [PictureRole::TeacherPanorama, PictureRole::StudentsPanorama, PictureRole::Hdmi].map(Role::from);
    let sound_goes_on =
        |kept: &Kept| assert!(kept.sound("programme").silence.is_empty(), "{:?}", kept.sound("programme"));
    lesson(&pictures, Unplugged::cameras, Unplugged::plug_in, sound_goes_on);
}

#[test]
fn a_camera_whose_stream_breaks_is_opened_anew_and_the_others_do_not_notice() {
    if !inside_the_guest() {
        return;
    }
    let _computer = Computer::sends_720p25();
    let _whistle = Whistle::begin();
    let host = TestHost::open(&settings());
    let id = host.start();
    host.record_for(2.0);
    v4l2_ctl(CAMERA, "inject_fatal_streaming_error=1");
    let broken = Role::from(PictureRole::TeacherPanorama);
    host.wait("the loss is seen", |now| lost(now) == BTreeSet::from([broken]));
    host.wait("it is back", |now| lost(now).is_empty());
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);
    assert!(!gaps_of_good(&kept, &[broken]).is_empty(), "{:#?}", kept.lesson.gaps);
}

#[test]
fn a_sound_card_that_vanishes_leaves_silence_and_comes_back() {
    if !inside_the_guest() {
        return;
    }
    let silent = |kept: &Kept| assert!(!kept.sound("sound").silence.is_empty(), "{:?}", kept.sound("sound"));
    lesson(&[Role::from(SoundRole::TeacherMic)], Unplugged::sound_card, Unplugged::plug_in, silent);
}
