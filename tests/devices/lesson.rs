//! A lesson from cameras, a computer and a sound card.

use ketang_hal::role::PictureRole::Hdmi;
use ketang_protocol::lesson::EventKind;
use ketang_tests::TestHost;

use crate::{Computer, Whistle, gaps_of_good, inside_the_guest, settings};

#[test]
fn a_lesson_is_recorded_from_two_cameras_hdmi_and_a_sound_card() {
    if !inside_the_guest() {
        return;
    }
    let _computer = Computer::sends_720p25();
    let _whistle = Whistle::begin();
    let host = TestHost::open(&settings().set("recording.tracks", "\"all\""));
    let kept = host.record_lesson(6.0);

    gaps_of_good(&kept, &[]);
    assert!(kept.track_names().contains(&"programme"), "{:?}", kept.track_names());
    // How many inputs have a track of their own depends on the machine; what the plan left out is told of.
    let names = kept.track_names();
    let left_out =
        |event: &EventKind| matches!(event, EventKind::TrackLowered { track, .. } if !names.contains(&track.as_str()));
    assert_eq!(names.len() + kept.count(left_out), 6, "{:?}", kept.lesson.tracks);
    let sound = kept.sound("programme");
    assert!(sound.loudness_lufs.is_some_and(|loudness| loudness > -40.0), "{sound:?}");
    assert!(sound.silence.is_empty(), "{sound:?}");
}

#[test]
fn a_computer_that_changes_its_resolution_and_sleeps_is_followed() {
    if !inside_the_guest() {
        return;
    }
    let computer = Computer::sends_720p25();
    let _whistle = Whistle::begin();
    let host = TestHost::open(&settings());
    let hdmi = |live: bool| {
        host.wait("the computer comes or goes", |now| {
            now.pictures.iter().any(|picture| picture.role == Hdmi && picture.live == live)
        })
    };
    let id = host.start();
    host.record_for(2.0);
    computer.sends_1024x768();
    // It may be back before anybody looks.
    host.wait("another size is a loss", |now| {
        now.pictures.iter().any(|picture| picture.role == Hdmi && picture.losses > 0)
    });
    hdmi(true);
    host.record_for(2.0);
    computer.sleeps();
    let asleep = hdmi(false);
    let told = asleep.pictures.iter().find(|picture| picture.role == Hdmi).unwrap();
    assert!(!told.detail.is_empty(), "{told:?}");
    host.record_for(2.0);
    let awake = Computer::sends_720p25();
    hdmi(true);
    host.record_for(1.0);
    host.stop();
    let kept = host.ended(&id);
    drop((computer, awake));

    let gaps = gaps_of_good(&kept, &[Hdmi.into()]);
    assert!(gaps.len() >= 2, "{gaps:#?}");
    // Another size, asleep, awake; what comes in between two sizes may be told of as well.
    assert!(kept.count(|event| matches!(event, EventKind::SignalChanged { .. })) >= 3, "{:#?}", kept.events);
}

#[test]
fn a_computer_that_sends_fields_is_told_to_send_pictures() {
    if !inside_the_guest() {
        return;
    }
    let computer = Computer::sends_720p25();
    computer.sends_1080i50();
    let host = TestHost::open_as_it_is(&settings());
    let told = host.wait("the interlaced picture is refused in words", |now| {
        now.alarms.iter().any(|alarm| alarm.input == Some(Hdmi.into()))
    });
    let alarm = told.alarms.iter().find(|alarm| alarm.input == Some(Hdmi.into())).unwrap();
    assert!(alarm.english.contains("choose a progressive picture"), "{alarm:?}");
    let _back = Computer::sends_720p25();
    host.wait("the computer is seen", |now| now.pictures.iter().all(|picture| picture.live));
}
