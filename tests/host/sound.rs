//! The microphones' volumes: what is muted is in no track, a lesson begins with every microphone open, and volumes are kept.

use ketang_hal::role::SoundRole::{self, LineIn, RoomMic, TeacherMic};
use ketang_protocol::command::{Command, RefusalCode, Sound, SoundCard};
use ketang_protocol::lesson::EventKind;
use ketang_protocol::snapshot::SoundState;
use ketang_tests::{HostSettings, TestHost};

/// Even a quiet room is louder than this once its sound was coded; what is muted leaves nothing.
const NOTHING_DBFS: f64 = -90.0;

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"]).set("recording.tracks", "[]")
}

fn set(host: &TestHost, role: SoundRole, gain_db: Option<f32>, muted: Option<bool>) {
    host.done(Command::Sound(Sound { role, gain_db, muted }));
}

fn sound(host: &TestHost, role: SoundRole) -> SoundState {
    host.snapshot().sounds.iter().find(|sound| sound.role == role).unwrap().clone()
}

/// Whether an event says that a microphone was muted or opened, and by whom.
fn says(event: &EventKind, by: &str, of: SoundRole, is: bool) -> bool {
    matches!(event, EventKind::Command { from, command: Command::Sound(Sound { role, muted: Some(muted), .. }) }
        if from == by && *role == of && *muted == is)
}

#[test]
fn what_is_muted_is_in_no_track_and_a_lesson_begins_with_every_microphone_open() {
    let host = TestHost::open(&settings());
    set(&host, TeacherMic, None, Some(true));
    host.wait("its level says so", |now| now.sounds.iter().any(|sound| sound.muted && sound.level_dbfs <= -100.0));
    let id = host.start();
    assert!(!sound(&host, TeacherMic).muted, "a forgotten mute does not cost a lesson");
    host.record_for(3.0);
    for role in [TeacherMic, RoomMic] {
        set(&host, role, None, Some(true));
    }
    let muted = host.recorded();
    host.record_for(3.0);
    let open = host.recorded();
    for role in [TeacherMic, RoomMic] {
        set(&host, role, None, Some(false));
    }
    host.record_for(3.0);
    host.stop();
    let kept = host.ended(&id);

    assert_eq!(
        kept.count(|event| says(event, "ketangd", TeacherMic, false)),
        1,
        "it says that it opened the microphone"
    );
    for track in ["programme", "sound", "sound-fallback"] {
        let silence: Vec<_> =
            kept.sound_above(track, NOTHING_DBFS).silence.into_iter().filter(|of| of.seconds() > 1.0).collect();
        let [one] = &silence[..] else { panic!("{track}: one silence: {silence:?}") };
        // The snapshot tells of the lesson's time now and then only.
        assert!((one.from - muted).abs() < 1.0 && (one.to - open).abs() < 1.0, "{track}: {one:?}, not {muted}–{open}");
    }
}

#[test]
fn volumes_are_kept_over_a_restart_and_mutes_are_not() {
    let host = TestHost::open(&settings());
    set(&host, RoomMic, Some(-9.0), Some(true));
    set(&host, TeacherMic, Some(3.0), None);
    let host = host.restart(&settings());
    let told = |role| (sound(&host, role).gain_db, sound(&host, role).muted);
    assert_eq!((told(TeacherMic), told(RoomMic)), ((3.0, false), (-9.0, false)));
    let refused = host.refused(Command::Sound(Sound { role: LineIn, gain_db: None, muted: Some(true) }));
    assert_eq!(refused.code, RefusalCode::NotFound);
    for gain in [f32::NAN, 21.0, -61.0] {
        let refused = host.refused(Command::Sound(Sound { role: RoomMic, gain_db: Some(gain), muted: None }));
        assert_eq!(refused.code, RefusalCode::Invalid);
    }
    let card = SoundCard { role: RoomMic, control: "Mic".into(), percent: None, on: Some(true) };
    let refused = host.refused(Command::SoundCard(card));
    assert!(refused.english.contains("no capture control `Mic`"), "{refused:?}");
}
