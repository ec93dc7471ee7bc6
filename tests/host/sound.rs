//! The microphones' volumes: what is muted is in no track, a lesson begins with every microphone open, and volumes are kept. And what
//! the keys of `[sound]` and `recording.sound` make of them.

use ketang_hal::role::SoundRole::{self, LineIn, RoomMic, TeacherMic};
use ketang_protocol::command::{Command, RefusalCode, Sound, SoundCard};
use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_protocol::snapshot::SoundState;
use ketang_tests::{HostSettings, TestHost};

/// Even a quiet room is louder than this once its sound was coded; what is muted leaves nothing.
const NOTHING_DBFS: f64 = -90.0;

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
        .set("recording.tracks", "[]")
        .beside_others()
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

/// The levels of both channels of the programme that a host with these settings records, in dBFS.
fn channels(settings: &HostSettings) -> [f64; 2] {
    let host = TestHost::open(settings);
    let kept = host.record_lesson(3.0);
    kept.assert_ended(Outcome::Kept);
    let channels = kept.sound("programme").by_channel;
    let [left, right] = &channels[..] else { panic!("two channels: {channels:?}") };
    [left.rms_dbfs, right.rms_dbfs]
}

#[test]
fn the_teacher_is_on_one_channel_or_everything_on_both() {
    let settings = settings().set("sim.beeps", false);
    let [teacher, room] = channels(&settings);
    // The room hears the teacher from afar.
    assert!((teacher - room).abs() > 1.0, "HB-2: {teacher:.1} and {room:.1} dBFS");
    let [left, right] = channels(&settings.set("recording.sound", "mixed"));
    assert!((left - right).abs() < 0.2 && left > -40.0, "HB-4: {left:.1} and {right:.1} dBFS");
}

/// The teacher's channel with a key of `[sound]` and without it, in dBFS.
fn with_and_without(key: &str, settings: &HostSettings) -> [f64; 2] {
    [true, false].map(|on| channels(&settings.clone().set(format!("sound.{key}"), on))[0])
}

#[test]
fn a_quiet_room_is_quieter_with_noise_suppression() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("quiet.toml");
    std::fs::write(&script, "length = 3600.0\n").unwrap();
    let quiet = settings().set("sim.beeps", false).set("sim.script", format!("{script:?}"));
    let [with, without] = with_and_without("noise-suppression", &quiet);
    assert!(without - with > 6.0, "{with:.1} dBFS with it, {without:.1} without");
}

#[test]
fn speech_comes_to_the_loudness_that_is_wanted_with_gain_control() {
    // −23 dBFS while somebody speaks; the pauses count too here.
    const WANTED: std::ops::Range<f64> = -28.0..-23.0;
    let [with, without] = with_and_without("gain-control", &settings().set("sim.beeps", false));
    assert!(WANTED.contains(&with), "{with:.1} dBFS");
    assert!((with - without).abs() > 2.0, "the simulated teacher is not as loud as that: {without:.1} dBFS");
}
