//! The capture side of a sound card: a microphone that the card itself keeps shut is told of, and opened by a command.

use ketang_board::linux::{BoardFile, LinuxBoard};
use ketang_hal::board::Board;
use ketang_hal::role::SoundRole::TeacherMic;
use ketang_hal::sound::CaptureControl;
use ketang_protocol::command::{Command, SoundCard};
use ketang_protocol::snapshot::{CardControl, Snapshot};
use ketang_tests::{HostSettings, TestHost};

use crate::{CAMERA, inside_the_guest};

/// Every source of the card.
const SOURCES: [&str; 5] = ["Master", "Synth", "Line", "Mic", "CD"];

/// What somebody sets behind the host's back, with a tool of the system.
fn set_by_hand(name: &str, percent: Option<u8>, on: Option<bool>) {
    let board = LinuxBoard::new(BoardFile::named("generic").unwrap());
    let control = CaptureControl { name: name.into(), percent, on };
    board.set_capture(&"alsa:hw:Dummy,0".parse().unwrap(), &control).unwrap();
}

fn is_shut(now: &Snapshot) -> bool {
    now.alarms.iter().any(|alarm| alarm.alarm == "microphone-shut" && alarm.input == Some(TeacherMic.into()))
}

fn mic(now: &Snapshot) -> CardControl {
    let mut controls = now.sounds.iter().flat_map(|sound| &sound.card);
    controls.find(|control| control.name == "Mic").expect("the card has it").clone()
}

#[test]
fn a_card_that_lets_nothing_through_is_told_of_and_opened() {
    if !inside_the_guest() {
        return;
    }
    for source in SOURCES {
        set_by_hand(source, None, Some(false));
    }
    let host = TestHost::open(
        &HostSettings::generic()
            .set("board.name", "raspberrypi4")
            .set("programme.output-sound", "none")
            .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
            .set("inputs.teacher-mic.source", "alsa:hw:Dummy,0")
            .set("recording.tracks", "[]"),
    );
    let now = host.wait("it is told", is_shut);
    assert_eq!(mic(&now).on, Some(false), "{:?}", now.sounds);
    let set = |percent, on| {
        host.done(Command::SoundCard(SoundCard { role: TeacherMic, control: "Mic".into(), percent, on }));
        host.snapshot()
    };
    let now = set(Some(60), Some(true));
    assert!(!is_shut(&now) && mic(&now).on == Some(true) && mic(&now).percent == Some(60), "{:?}", now.sounds);
    assert!(is_shut(&set(Some(0), None)), "a volume of nothing is no better than a switch that is off");
    // Seen without a restart.
    set_by_hand("Mic", Some(80), None);
    let now = host.wait("it is taken back", |now| !is_shut(now));
    assert_eq!(mic(&now).percent, Some(80));
    let refused = host.refused(Command::SoundCard(SoundCard {
        role: TeacherMic,
        control: "Trumpet".into(),
        percent: None,
        on: Some(true),
    }));
    assert!(refused.english.contains("no capture control `Trumpet`"), "{refused:?}");
}
