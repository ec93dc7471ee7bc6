//! The sound desk as its users see it: known sound in, measured sound out, on the real clock.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as tests do")]

use std::f32::consts::TAU;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ketang_hal::role::SoundRole::{self, LineIn, RoomMic, TeacherMic};
use ketang_hal::sound::{Heard, SoundSource, Voice};
use ketang_hal::time::BLOCK_SAMPLES;
use ketang_pipelines::clock::MediaClock;
use ketang_pipelines::sound::{BlockSubscription, Reopen, SoundDesk, SoundEvent, SoundSettings, Treatment, Variant};

/// No test waits longer for anything.
const LIMIT: Duration = Duration::from_secs(20);

/// A beep of 20 ms in each second of true time, from a card that is `ppm` off, until it is unplugged.
struct Beeper {
    ppm: f64,
    plugged: Arc<AtomicBool>,
}

impl Voice for Beeper {
    fn fill(&mut self, number: u64, block: &mut [f32; BLOCK_SAMPLES]) -> Heard {
        if !self.plugged.load(Ordering::Relaxed) {
            return Heard::Nothing;
        }
        for (i, sample) in block.iter_mut().enumerate() {
            let card = number * BLOCK_SAMPLES as u64 + i as u64;
            let moment = card as f64 / (48_000.0 * (1.0 + self.ppm * 1e-6));
            let within = moment.fract() as f32;
            *sample = if within < 0.02 { 0.3 * (within * 1000.0 * TAU).sin() } else { 0.0 };
        }
        Heard::Samples
    }

    fn clock_error_ppm(&self) -> f64 {
        self.ppm
    }
}

fn beeper(ppm: f64, plugged: &Arc<AtomicBool>) -> Reopen {
    let plugged = plugged.clone();
    Box::new(move || Ok(SoundSource::Made(Box::new(Beeper { ppm, plugged: plugged.clone() }))))
}

fn tone() -> Reopen {
    Box::new(|| Ok(SoundSource::Tone))
}

/// Settings that leave sound as it is.
fn plain() -> SoundSettings {
    SoundSettings { teacher: Treatment::NONE, room: Treatment::NONE, line: Treatment::NONE, ..SoundSettings::default() }
}

fn open(inputs: Vec<(SoundRole, Reopen)>) -> (SoundDesk, Receiver<SoundEvent>) {
    ketang_pipelines::init().unwrap();
    let (events_to, events) = channel();
    let tell = move |event| drop(events_to.send(event));
    (SoundDesk::open(&MediaClock::start(), plain(), inputs, tell).unwrap(), events)
}

/// Waits for an event other than levels.
fn next_event(events: &Receiver<SoundEvent>) -> SoundEvent {
    loop {
        match events.recv_timeout(LIMIT).expect("an event") {
            SoundEvent::Levels(_) => {}
            event => return event,
        }
    }
}

/// Blocks until `seconds` of sound have come; they must follow each other.
fn listen(blocks: &BlockSubscription, seconds: f64) -> Vec<(u64, Vec<f32>)> {
    let heard: Vec<_> = (0..(seconds * 100.0) as usize)
        .map(|_| blocks.next(LIMIT).expect("a block"))
        .map(|block| (block.number, block.samples.iter().step_by(2).copied().collect()))
        .collect();
    assert!(heard.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
    heard
}

#[test]
fn beeps_are_mixed_at_their_true_seconds() {
    let plugged = Arc::new(AtomicBool::new(true));
    let (desk, _events) = open(vec![(TeacherMic, beeper(100.0, &plugged))]);
    let mut quiet_since = 0;
    let mut beeps = 0;
    for (number, samples) in listen(&desk.subscribe(Variant::Mixed), 3.5) {
        for (i, sample) in samples.iter().enumerate() {
            let at = number * BLOCK_SAMPLES as u64 + i as u64;
            if sample.abs() < 0.02 {
                continue;
            }
            if at - quiet_since > 24_000 && number > 20 {
                let off = (at % 48_000).min(48_000 - at % 48_000);
                assert!(off < 96, "a beep is {off} samples off");
                beeps += 1;
            }
            quiet_since = at;
        }
    }
    assert!(beeps >= 2, "{beeps} beeps");
}

#[test]
fn a_tone_passes_whole() {
    const HERTZ: f64 = 440.0;
    /// Of the phase: two samples. On a busy machine the desk may begin so far off, and then bends the pitch a little.
    const OFF: f64 = 2.0 * HERTZ / 48_000.0 * std::f64::consts::TAU;
    let (desk, _events) = open(vec![(TeacherMic, tone())]);
    let heard = listen(&desk.subscribe(Variant::Mixed), 1.5);
    // Ten blocks hold 44 whole waves.
    for blocks in heard[50..].chunks_exact(10) {
        let from = blocks[0].0 * BLOCK_SAMPLES as u64;
        let samples: Vec<f64> =
            blocks.iter().flat_map(|(_, samples)| samples).map(|sample| f64::from(*sample)).collect();
        let angle = |i: usize| (from + i as u64) as f64 * HERTZ / 48_000.0 * std::f64::consts::TAU;
        let part = |wave: fn(f64) -> f64| {
            let sum: f64 = samples.iter().enumerate().map(|(i, sample)| sample * wave(angle(i))).sum();
            2.0 * sum / samples.len() as f64
        };
        let (sine, cosine) = (part(f64::sin), part(f64::cos));
        let (amplitude, phase) = (sine.hypot(cosine), cosine.atan2(sine));
        assert!((amplitude - 0.1).abs() < 1e-3 && phase.abs() < OFF, "{from}: {amplitude} at {phase}");
        let left = |(i, sample): (usize, &f64)| (sample - sine * angle(i).sin() - cosine * angle(i).cos()).abs();
        let worst = samples.iter().enumerate().map(left).fold(0.0, f64::max);
        assert!(worst < 0.1 * OFF, "{from}: a sample is {worst} off the wave");
    }
}

#[test]
fn a_microphone_that_dies_is_reported_and_comes_back_by_itself() {
    let plugged = Arc::new(AtomicBool::new(true));
    let (desk, events) = open(vec![(TeacherMic, beeper(0.0, &plugged)), (RoomMic, tone())]);
    let blocks = desk.subscribe(Variant::Roles);
    listen(&blocks, 0.5);
    plugged.store(false, Ordering::Relaxed);
    assert!(matches!(next_event(&events), SoundEvent::Lost { role: TeacherMic, .. }));
    assert!(desk.levels().microphones.iter().any(|level| level.role == RoomMic && level.live));
    // The other microphone is heard meanwhile.
    let silence = listen(&blocks, 0.3);
    assert!(silence.iter().all(|(_, samples)| samples.iter().all(|sample| sample.abs() < 0.5)));
    plugged.store(true, Ordering::Relaxed);
    assert!(matches!(next_event(&events), SoundEvent::Back { role: TeacherMic, .. }));
    let heard = listen(&desk.subscribe(Variant::Roles), 1.5);
    assert!(heard.iter().any(|(_, samples)| samples.iter().any(|sample| *sample > 0.2)), "no beep after the return");
}

#[test]
fn a_source_that_is_not_there_is_looked_for_until_it_is() {
    let found = Arc::new(AtomicBool::new(false));
    let reopen = {
        let found = found.clone();
        Box::new(move || match found.load(Ordering::Relaxed) {
            true => Ok(SoundSource::Tone),
            false => Err("no such card".to_owned()),
        })
    };
    let (_desk, events) = open(vec![(RoomMic, reopen)]);
    let SoundEvent::Lost { role: RoomMic, why, .. } = next_event(&events) else { panic!("not lost") };
    assert_eq!(why, "no such card");
    found.store(true, Ordering::Relaxed);
    assert!(matches!(next_event(&events), SoundEvent::Back { role: RoomMic, .. }));
}

#[test]
fn a_card_that_cannot_be_opened_says_so() {
    let reopen = Box::new(|| Ok(SoundSource::Alsa { device: "hw:77,0".into(), rate: 48_000, channels: 1 }));
    let (_desk, events) = open(vec![(LineIn, reopen)]);
    let SoundEvent::Lost { role: LineIn, why, .. } = next_event(&events) else { panic!("not lost") };
    assert!(!why.is_empty());
}

#[test]
fn a_file_plays_again_and_again() {
    let folder = std::env::temp_dir().join(format!("ketang-sound-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("beep.wav");
    // 0.3 s at 16 kHz, of which the first 0.1 s sound: the file has to be played three times a second.
    let samples: Vec<i16> =
        (0..4800).map(|i| if i < 1600 { ((i as f32 / 16.0 * TAU).sin() * 8000.0) as i16 } else { 0 }).collect();
    std::fs::write(&path, wav(&samples)).unwrap();
    let missing = folder.join("missing.wav");
    let (desk, events) = open(vec![
        (LineIn, Box::new(move || Ok(SoundSource::File { path: path.clone() }))),
        (RoomMic, Box::new(move || Ok(SoundSource::File { path: missing.clone() }))),
    ]);
    assert!(matches!(next_event(&events), SoundEvent::Lost { role: RoomMic, .. }));
    let heard = listen(&desk.subscribe(Variant::Mixed), 2.5);
    let loud: Vec<bool> = heard.iter().map(|(_, samples)| samples.iter().any(|sample| *sample > 0.05)).collect();
    let begins = loud.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert!((6..=9).contains(&begins), "{begins} beginnings in 2.5 s");
    drop(desk);
    std::fs::remove_dir_all(folder).unwrap();
}

fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    for field in [1u16, 1] {
        file.extend(field.to_le_bytes());
    }
    file.extend(16_000u32.to_le_bytes());
    file.extend(32_000u32.to_le_bytes());
    file.extend(2u16.to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend(sample.to_le_bytes()));
    file
}

#[test]
fn subscribers_come_and_go_and_share_an_encoder() {
    let (desk, _events) = open(vec![(TeacherMic, tone())]);
    let first = desk.encode(Variant::Mixed).unwrap();
    let second = desk.encode(Variant::Mixed).unwrap();
    let packets: Vec<_> = (0..50).map(|_| first.next(LIMIT).expect("a packet")).collect();
    assert!(packets.windows(2).all(|pair| (pair[1].pts - pair[0].pts).abs_diff(21_333_333) < 2));
    drop(first);
    let other = second.next(LIMIT).expect("a packet");
    // Packets of another encoder would begin at other samples.
    assert!(packets.iter().any(|packet| packet.pts == other.pts), "both get the same packets");
    let roles = desk.encode(Variant::Roles).unwrap();
    roles.next(LIMIT).expect("a packet");
    drop(desk);
    // What is left is handed over, then it ends.
    let left = std::iter::from_fn(|| second.next(LIMIT).ok()).count();
    assert!(left > 0);
}

#[test]
fn the_desk_tells_levels_and_takes_microphones_in_and_out() {
    let (desk, events) = open(vec![]);
    desk.add(TeacherMic, tone()).unwrap();
    let levels = events.iter().find_map(|event| match event {
        SoundEvent::Levels(levels) if levels.microphones.iter().any(|level| level.rms_db > -24.0) => Some(levels),
        _ => None,
    });
    let teacher = levels.expect("levels").microphones[0];
    assert!((teacher.peak_db + 20.0).abs() < 0.5 && (teacher.rms_db + 23.0).abs() < 0.5, "{teacher:?}");
    desk.remove(TeacherMic);
    events
        .iter()
        .find(|event| matches!(event, SoundEvent::Levels(levels) if levels.microphones.is_empty()))
        .expect("none");
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Runs the test of this name in a process of its own, where nobody else's threads are counted; `true` inside of it.
fn in_a_process_of_its_own(test: &str) -> bool {
    if std::env::var_os("KETANG_ALONE").is_some() {
        return true;
    }
    let mut run = std::process::Command::new(std::env::current_exe().unwrap());
    let run = run.args(["--exact", test, "--nocapture"]).env("KETANG_ALONE", "1").output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    false
}

#[test]
fn a_hundred_openings_leave_nothing_behind() {
    if !in_a_process_of_its_own("a_hundred_openings_leave_nothing_behind") {
        return;
    }
    let once = || {
        let events = Arc::new(Mutex::new(0));
        let count = events.clone();
        ketang_pipelines::init().unwrap();
        let inputs = vec![(TeacherMic, tone()), (RoomMic, tone()), (LineIn, tone())];
        let callback = move |_| *count.lock().unwrap() += 1;
        let desk = SoundDesk::open(&MediaClock::start(), SoundSettings::default(), inputs, callback).unwrap();
        let coded = desk.encode(Variant::Mixed).unwrap();
        coded.next(LIMIT).expect("a packet");
        desk.subscribe(Variant::Fallback).next(LIMIT).expect("a block");
        drop(desk);
    };
    once();
    let before = threads();
    (0..100).for_each(|_| once());
    // GStreamer keeps a few threads of its own for the next graph.
    assert!(threads() < before + 10, "{before} threads have become {}", threads());
}
