//! What a lesson is like: frames, sync, delay, cuts, and what a kill loses.

use std::collections::BTreeMap;
use std::time::Duration;

use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_protocol::command::Command;
use ketang_protocol::lesson::{EventKind, Outcome, Part};
use ketang_tests::{Daemon, Frame, HostSettings, Kept, Share};

use crate::Figure;

/// Length of the lesson, in seconds; `KETANG_BENCH_SECONDS` sets another.
const LESSON: f64 = 600.0;
const SLOT: f64 = 0.04;
/// Two frames in a row that differ by more luma than this on average are of different inputs: cuts differ by 48 and more, a close-up on its
/// way by up to 14.
const ANOTHER_PICTURE: f64 = 20.0;

pub(crate) fn lesson_seconds() -> f64 {
    std::env::var("KETANG_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(LESSON)
}

/// A lesson of all inputs with cuts every ten seconds.
pub(crate) fn measure() -> Vec<Figure> {
    let length = lesson_seconds();
    let daemon = Daemon::start(&HostSettings::room());
    daemon.wait_until_live();
    crate::peers::settle();
    let id = daemon.start_lesson(&["--for", "2h"]);
    // The first cut, too, leaves a picture that is seen.
    daemon.record_until(1.0);
    let scenes = ["hdmi", "teacher-closeup", "students-panorama", "teacher-panorama"];
    for scene in scenes.iter().cycle() {
        let at = recorded(&daemon);
        if at >= length {
            break;
        }
        daemon.ctl(&["scene", scene]);
        daemon.record_until((at + 10.0).min(length));
    }
    let snapshot = daemon.snapshot();
    daemon.ctl(&["stop"]);
    // Verifying ten minutes takes a while on two cores.
    let kept = daemon.ended_within(&id, Duration::from_secs(1800));
    let what = format!("a lesson of {length:.0} s: {}", tracks(&kept));

    let delay =
        snapshot.lesson.iter().flat_map(|lesson| &lesson.tracks).map(|track| track.delay_p99_ms).max().unwrap_or(0);
    let frames = frames(&kept);
    let wrong: u64 = frames.values().map(|frames| out_of_order(frames)).sum();
    let (offset, pairs) = offset(&kept);
    let (cut, cuts) = worst_cut(&kept, &frames["programme"]);
    vec![
        Figure::at_most(
            "frames_wrong",
            wrong as f64,
            0.0,
            format!("missing, repeated or unreadable frame numbers in all tracks; {what}"),
        )
        .if_only(frames.values().all(|frames| frames.len() as f64 * SLOT > length - 1.0)),
        Figure::at_most(
            "sound_offset_ms",
            offset,
            40.0,
            format!("worst of {pairs} flashes against their beeps; {what}"),
        )
        .if_only(pairs as f64 > length / 2.0),
        Figure::at_most(
            "encode_delay_p99_ms",
            f64::from(delay),
            80.0,
            format!("capture to encoded form, worst track; {what}"),
        )
        .if_only(delay > 0),
        Figure::at_most(
            "cut_frames",
            cut,
            2.0,
            format!(
                "frames from a command's arrival to the first picture of the programme that shows it, worst of {cuts}"
            ),
        ),
    ]
}

pub(crate) fn recorded(daemon: &Daemon) -> f64 {
    daemon.snapshot().lesson.map_or(0.0, |lesson| lesson.seconds)
}

fn tracks(kept: &Kept) -> String {
    let pictures = kept.lesson.tracks.iter().filter(|track| track.width > 0);
    pictures.map(|track| format!("{} {}p", track.name, track.height)).collect::<Vec<_>>().join(", ")
}

/// The frames of every track that has pictures, by its name.
fn frames(kept: &Kept) -> BTreeMap<String, Vec<Frame>> {
    let pictures = kept.lesson.tracks.iter().filter(|track| track.width > 0);
    pictures.map(|track| (track.name.clone(), kept.frames(&track.name, &[Share::WHOLE]))).collect()
}

/// Frames that do not follow the one before.
fn out_of_order(frames: &[Frame]) -> u64 {
    let follow = |pair: &&[Frame]| match (pair[0].number([0]), pair[1].number([0])) {
        (Some(before), Some(after)) => after == before + 1,
        _ => false,
    };
    frames.windows(2).filter(|pair| !follow(pair)).count() as u64
}

/// The worst offset of sound in ms, and how many seconds told it.
fn offset(kept: &Kept) -> (f64, u64) {
    let tracks = kept.lesson.tracks.iter().filter(|track| track.width > 0);
    tracks
        .map(|track| kept.offset(&track.name))
        .fold((0.0, 0), |(worst, pairs), offset| (f64::max(worst, offset.worst_ms.abs()), pairs + offset.pairs))
}

/// The most frames between the arrival of a command and the first frame of the programme that is another picture than the one before it,
/// and how many commands told it. Frames of one input differ by more only where a slide changes, which it seldom does just then.
fn worst_cut(kept: &Kept, programme: &[Frame]) -> (f64, usize) {
    let is_scene = |what: &EventKind| matches!(what, EventKind::Command { command: Command::Scene { .. }, .. });
    let asked: Vec<f64> = kept.events.iter().filter(|event| is_scene(&event.what)).map(|event| event.at).collect();
    let waited = asked.iter().map(|at| {
        // The frame in whose slot the command came may show it already.
        let is_cut = |pair: &&[Frame]| pair[1].at + SLOT > *at && pair[0].differs(&pair[1]) >= ANOTHER_PICTURE;
        programme.windows(2).find(is_cut).map_or(f64::INFINITY, |pair| (pair[1].at - at).max(0.0) / SLOT)
    });
    let none = if asked.is_empty() { f64::INFINITY } else { 0.0 };
    (waited.fold(none, f64::max), asked.len())
}

/// What `kill -9` in mid-lesson loses: seconds that the host had told of and that are not in the lesson afterwards.
pub(crate) fn measure_kill() -> Vec<Figure> {
    let settings = HostSettings::room();
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "1h"]);
    daemon.record_until(12.0);
    let told = recorded(&daemon);
    let folder = daemon.kill();
    let daemon = Daemon::start_in(folder, &settings);
    daemon.record_until(told + 3.0);
    daemon.ctl(&["stop"]);
    let kept = daemon.ended_within(&id, Duration::from_secs(600));
    let programme = kept.lesson.tracks.iter().find(|track| track.name == "programme");
    let first_part = programme.and_then(|track| track.parts.first());
    let reached = first_part.map_or(0.0, Part::ends_at);
    let plays = plays(&kept);
    let how = format!(
        "told {told:.2} s before the kill, {reached:.2} s are in the part; the lesson {}; outcome {}",
        if plays { "plays whole" } else { "does NOT play" },
        kept.lesson.outcome.as_str()
    );
    let figure = Figure::at_most("lost_by_kill_s", (told - reached).max(0.0), 1.0, how);
    vec![Figure { ok: figure.ok && plays, ..figure }]
}

/// Whether the lesson is kept and every frame of every part of it decodes.
fn plays(kept: &Kept) -> bool {
    ketang_pipelines::init().expect("GStreamer is installed");
    let whole = |name: &str| {
        let figures = measure::track(&kept.files(name), &MeasureSettings::default(), &|_| {});
        !figures.parts.is_empty()
            && figures.parts.iter().all(|part| {
                let Ok(part) = part else { return false };
                part.video
                    .as_ref()
                    .is_none_or(|video| video.frames > 0 && video.decoded == video.frames && video.faults == 0)
                    && part.audio.as_ref().is_none_or(|audio| audio.faults == 0)
            })
    };
    matches!(kept.lesson.outcome, Outcome::Kept | Outcome::KeptWithGaps)
        && kept.lesson.tracks.iter().all(|track| whole(&track.name))
}
