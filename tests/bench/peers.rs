//! What a lesson costs, against the bare encoders and against the same job as one `ffmpeg` command.
//!
//! All three encode the same frames of the simulated room with the same encoder at the same settings: the host's plan for this
//! machine. The host's CPU includes drawing the room, so it is counted against it.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use ketang_board::sim::{Room, RoomSettings};
use ketang_hal::picture::{Nv12, Size};
use ketang_hal::role::PictureRole;
use ketang_pipelines::encode::{self, EncoderKind, H264Settings, Preset};
use ketang_protocol::lesson::Track;
use ketang_tests::{Daemon, HostSettings, Kept};

use crate::{Figure, cpu};

/// The frames of each input that the encoders get, again and again: those of the middle of what the host is measured over, 40 s
/// after the room began.
const FIRST_FRAME: u64 = 1000;
const FRAMES: u64 = 250;
/// Frames that the bare encoders and ffmpeg encode a track.
const COUNT: u64 = 500;
const SECONDS: f64 = COUNT as f64 / 25.0;
/// The host is measured over this much of a lesson, in seconds.
const MEASURED: f64 = 30.0;
/// All three are measured in turn so many times, and the cheapest of each counts: what disturbs a machine makes work dearer.
const ROUNDS: usize = 3;
const INPUTS: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

pub(crate) fn measure() -> Vec<Figure> {
    ketang_pipelines::init().expect("GStreamer is installed");
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder can be made");
    draw(folder.path());
    let (mut host, mut encoders, mut ffmpeg) = (f64::MAX, f64::MAX, f64::MAX);
    let mut dropped = 0;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kept = (0..ROUNDS).map(|_| {
        let (cost, kept, round_dropped) = host_cost();
        dropped += round_dropped;
        host = host.min(cost);
        encoders = encoders.min(encoders_cost(folder.path(), &kept));
        ffmpeg = ffmpeg.min(ffmpeg_cost(folder.path(), &kept));
        kept
    });
    let kept = kept.last().expect("there is a round");
    let tracks: Vec<_> = kept
        .lesson
        .tracks
        .iter()
        .filter(|track| track.width > 0)
        .map(|track| format!("{} {}p", track.name, track.height))
        .collect();
    let job = format!("{} on {cores} cores; {dropped} frames dropped", tracks.join(", "));
    vec![
        Figure::at_most(
            "host_over_encoders",
            host / encoders,
            1.25,
            format!(
                "CPU a second of lesson, {host:.2} of the whole host with the drawn room over {encoders:.2} of the encoders alone; {job}"
            ),
        )
        .if_only(dropped == 0),
        Figure::at_least(
            "ffmpeg_over_host",
            ffmpeg / host,
            1.0,
            format!(
                "CPU a second, {ffmpeg:.2} of one ffmpeg command (raw frames from memory, libx264 at the same settings, noise removal, level and limiter, AAC, fragmented MP4; it uses one core, and above 1 lags behind the lesson) over {host:.2} of the host with the drawn room, on all cores; {job}"
            ),
        )
        .if_only(dropped == 0),
    ]
}

/// CPU of the host for one second of lesson, and the frames that it dropped in the measured time.
fn host_cost() -> (f64, Kept, u64) {
    // All tracks at full size, whatever the machine: these figures are about the work itself.
    let daemon = Daemon::start(&HostSettings::room().set("recording.fit-machine", false));
    daemon.wait_until_live();
    settle();
    let id = daemon.start_lesson(&["--for", "1h"]);
    daemon.record_until(5.0);
    let dropped_before = dropped(&daemon);
    let (from, before) = (recorded(&daemon), cpu::of(daemon.pid()));
    daemon.record_until(5.0 + MEASURED);
    let (to, after) = (recorded(&daemon), cpu::of(daemon.pid()));
    let dropped = dropped(&daemon) - dropped_before;
    let kept = daemon.lesson(&id);
    ((after - before).as_secs_f64() / (to - from), kept, dropped)
}

/// Lets the host learn how much of the machine is free once everything is open; it plans by that.
pub(crate) fn settle() {
    std::thread::sleep(std::time::Duration::from_secs(20));
}

fn dropped(daemon: &Daemon) -> u64 {
    daemon.snapshot().lesson.iter().flat_map(|lesson| &lesson.tracks).map(|track| track.dropped).sum()
}

fn recorded(daemon: &Daemon) -> f64 {
    daemon.snapshot().lesson.map_or(0.0, |lesson| lesson.seconds)
}

/// Writes the frames of every input to `ROLE.nv12`.
fn draw(folder: &Path) {
    // As `HostSettings::room` has it.
    let room = Room::new(RoomSettings { marks: true, beeps: true, ..RoomSettings::default() });
    for role in INPUTS {
        let mut painter = room.painter(role);
        let mut file = std::fs::File::create(folder.join(format!("{role}.nv12"))).expect("a file can be made");
        let mut frame = vec![0; 1920 * 1080 * 3 / 2];
        for number in FIRST_FRAME..FIRST_FRAME + FRAMES {
            let (luma, chroma) = frame.split_at_mut(1920 * 1080);
            let before = (number > FIRST_FRAME).then(|| number - 1);
            painter.paint(number, &mut Nv12 { size: Size::FULL_HD, stride: 1920, luma, chroma }, before);
            file.write_all(&frame).expect("there is room in memory");
        }
    }
}

/// The input whose frames a track shows.
fn input(track: &Track) -> &str {
    if track.name == "programme" { INPUTS[0].as_str() } else { &track.name }
}

/// The tracks that have a picture.
fn pictures(kept: &Kept) -> impl Iterator<Item = &Track> {
    kept.lesson.tracks.iter().filter(|track| track.width > 0)
}

/// CPU of the encoders alone for one second of all tracks, all at once, frames already at the right size and in memory.
fn encoders_cost(folder: &Path, kept: &Kept) -> f64 {
    let ready = |track: &Track| {
        let size = Size { width: track.width, height: track.height };
        let settings = H264Settings {
            kind: EncoderKind::X264,
            preset: Preset::Ultrafast,
            size,
            kbit_s: track.kbit_s,
            floor_kbit_s: None,
        };
        let raw = folder.join(format!("{}.nv12", input(track)));
        let scaled = folder.join("scaled.nv12");
        let scale = format!("scale={}:{}", track.width, track.height);
        let raw_video = ["-f", "rawvideo", "-pix_fmt", "nv12", "-s", "1920x1080", "-i"];
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y"]).args(raw_video).arg(raw);
        command.args(["-vf", &scale, "-f", "rawvideo"]).arg(&scaled);
        cpu::of_commands(vec![command]);
        let bytes = std::fs::read(&scaled).expect("ffmpeg wrote it");
        let frames = bytes.chunks_exact((size.width * size.height * 3 / 2) as usize).map(<[u8]>::to_vec).collect();
        (settings, frames)
    };
    encode::cost(pictures(kept).map(ready).collect(), COUNT).expect("the encoders work").as_secs_f64() / SECONDS
}

/// CPU for one second of an ffmpeg command that does the same job.
fn ffmpeg_cost(folder: &Path, kept: &Kept) -> f64 {
    let output = tempfile::tempdir_in(folder).expect("a folder can be made");
    cpu::of_commands(vec![ffmpeg(folder, kept, output.path())]).as_secs_f64() / SECONDS
}

fn ffmpeg(folder: &Path, kept: &Kept, output: &Path) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-filter_threads", "1"]);
    for role in INPUTS {
        command.args([
            "-stream_loop",
            "-1",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "nv12",
            "-s",
            "1920x1080",
            "-r",
            "25",
            "-threads",
            "1",
            "-i",
        ]);
        command.arg(folder.join(format!("{role}.nv12")));
    }
    for frequency in [440, 660, 880] {
        command.args(["-f", "lavfi", "-i", &format!("sine=frequency={frequency}:sample_rate=48000")]);
    }
    let tracks: Vec<_> = pictures(kept).collect();
    command.args(["-filter_complex", &sound_filters(tracks.len())]);
    for (index, track) in tracks.iter().enumerate() {
        let source = INPUTS.iter().position(|role| role.as_str() == input(track)).expect("a track of an input");
        command.args(["-map", &format!("{source}:v"), "-map", &format!("[a{index}]")]);
        command.args(["-vf", &format!("scale={}:{}", track.width, track.height)]);
        command.args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0", "-g", "50"]);
        command.args([
            "-threads",
            "1",
            "-b:v",
            &format!("{}k", track.kbit_s),
            "-maxrate",
            &format!("{}k", track.kbit_s),
        ]);
        command.args(["-bufsize", &format!("{}k", 2 * track.kbit_s), "-x264-params", "aud=1:qpmin=4"]);
        sound_and_file(&mut command, &output.join(format!("{}.mp4", track.name)));
    }
    for name in ["roles", "fallback"] {
        command.args(["-map", &format!("[{name}]")]);
        sound_and_file(&mut command, &output.join(format!("{name}.mp4")));
    }
    command
}

/// What the host does to sound: each microphone is freed of noise and brought to one level, and three mixes are limited.
fn sound_filters(pictures: usize) -> String {
    let first = INPUTS.len();
    let microphone = |name: &str, index: usize, copies: usize| {
        let copied: String = (0..copies).map(|copy| format!("[{name}{copy}]")).collect();
        let input = first + index;
        format!("[{input}:a]afftdn,dynaudnorm,aformat=channel_layouts=mono,asplit={copies}{copied}")
    };
    let microphones = [microphone("teacher", 0, 2), microphone("room", 1, 3), microphone("line", 2, 3)];
    let mixed: String = (0..pictures).map(|index| format!("[a{index}]")).collect();
    format!(
        "{};[teacher0][room0][line0]amix=inputs=3,pan=stereo|c0=c0|c1=c0,alimiter,asplit={pictures}{mixed};\
         [room1][line1]amix=inputs=2,pan=stereo|c1=c0[others];[teacher1]pan=stereo|c0=c0[teacher];\
         [teacher][others]amix=inputs=2:normalize=0,alimiter[roles];\
         [room2][line2]amix=inputs=2,pan=stereo|c0=c0|c1=c0,alimiter[fallback]",
        microphones.join(";")
    )
}

fn sound_and_file(command: &mut Command, file: &Path) {
    command.args(["-c:a", "aac", "-b:a", "128k", "-t", &SECONDS.to_string()]);
    command.args(["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"]).arg(file);
}
