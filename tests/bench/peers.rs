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
use ketang_pipelines::encode::{self, EncoderKind, H264Settings};
use ketang_protocol::lesson::Track;
use ketang_tests::{Daemon, HostSettings, Kept};

use crate::{Figure, cpu};

/// Frames of each input that the encoders get, again and again: as many as lie between two key frames.
const FRAMES: u64 = 50;
/// Frames that the bare encoders and ffmpeg encode a track.
const COUNT: u64 = 500;
const SECONDS: f64 = COUNT as f64 / 25.0;
/// The host is measured over this much of a lesson, in seconds.
const MEASURED: f64 = 30.0;
const INPUTS: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

pub(crate) fn measure() -> Vec<Figure> {
    ketang_pipelines::init().expect("GStreamer is installed");
    let (host, kept) = host();
    let folder = tempfile::tempdir_in("/dev/shm").expect("a temporary folder can be made");
    draw(folder.path());
    let encoders = encoders(folder.path(), &kept);
    let ffmpeg = ffmpeg(folder.path(), &kept);
    let tracks: Vec<_> = kept
        .lesson
        .tracks
        .iter()
        .filter(|track| track.width > 0)
        .map(|track| format!("{} {}p", track.name, track.height))
        .collect();
    let job = format!("{} on {} cores", tracks.join(", "), std::thread::available_parallelism().map_or(1, usize::from));
    vec![
        Figure::at_most(
            "host_over_encoders",
            host / encoders,
            1.25,
            format!(
                "CPU a second of lesson, {host:.2} of the whole host with the drawn room over {encoders:.2} of the encoders alone; {job}"
            ),
        ),
        Figure::at_least(
            "ffmpeg_over_host",
            ffmpeg / host,
            1.0,
            format!(
                "CPU a second, {ffmpeg:.2} of ffmpeg (raw frames from memory, libx264 ultrafast, AAC, fragmented MP4) over {host:.2} of the host; {job}"
            ),
        ),
    ]
}

/// CPU of the host for one second of lesson.
fn host() -> (f64, Kept) {
    let daemon = Daemon::start(&HostSettings::room());
    daemon.wait_until_live();
    settle();
    let id = daemon.start_lesson(&["--for", "1h"]);
    daemon.record_until(5.0);
    let (from, before) = (recorded(&daemon), cpu::of(daemon.pid()));
    daemon.record_until(5.0 + MEASURED);
    let (to, after) = (recorded(&daemon), cpu::of(daemon.pid()));
    let kept = daemon.lesson(&id);
    ((after - before).as_secs_f64() / (to - from), kept)
}

/// Lets the host learn how much of the machine is free once everything is open; it plans by that.
pub(crate) fn settle() {
    std::thread::sleep(std::time::Duration::from_secs(20));
}

fn recorded(daemon: &Daemon) -> f64 {
    daemon.snapshot().lesson.map_or(0.0, |lesson| lesson.seconds)
}

/// Writes the frames of every input to `ROLE.nv12`.
fn draw(folder: &Path) {
    let room = Room::new(RoomSettings::default());
    for role in INPUTS {
        let mut painter = room.painter(role);
        let mut file = std::fs::File::create(folder.join(format!("{role}.nv12"))).expect("a file can be made");
        let mut frame = vec![0; 1920 * 1080 * 3 / 2];
        for number in 0..FRAMES {
            let (luma, chroma) = frame.split_at_mut(1920 * 1080);
            painter.paint(number, &mut Nv12 { size: Size::FULL_HD, stride: 1920, luma, chroma }, number.checked_sub(1));
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

/// CPU of the encoders alone for one second of all tracks, frames already at the right size.
fn encoders(folder: &Path, kept: &Kept) -> f64 {
    let one = |track: &Track| {
        let size = Size { width: track.width, height: track.height };
        let settings = H264Settings { kind: EncoderKind::X264, size, kbit_s: track.kbit_s, floor_kbit_s: None };
        let raw = folder.join(format!("{}.nv12", input(track)));
        let scaled = folder.join("scaled.nv12");
        let scale = format!("scale={}:{}", track.width, track.height);
        let raw_video = ["-f", "rawvideo", "-pix_fmt", "nv12", "-s", "1920x1080", "-i"];
        cpu::of_command(
            Command::new("ffmpeg")
                .args(["-v", "error", "-y"])
                .args(raw_video)
                .arg(raw)
                .args(["-vf", &scale, "-f", "rawvideo"])
                .arg(&scaled),
        );
        let bytes = std::fs::read(&scaled).expect("ffmpeg wrote it");
        let frames = bytes.chunks_exact((size.width * size.height * 3 / 2) as usize).map(<[u8]>::to_vec).collect();
        encode::cost(&settings, frames, COUNT).expect("the encoder works").as_secs_f64() / SECONDS
    };
    pictures(kept).map(one).sum()
}

/// CPU of one ffmpeg command that does the same job, for one second.
fn ffmpeg(folder: &Path, kept: &Kept) -> f64 {
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
    let sound = INPUTS.len();
    let inputs = format!(
        "[{sound}:a][{}:a][{}:a]amix=inputs=3,pan=stereo|c0=c0|c1=c0,asplit={}",
        sound + 1,
        sound + 2,
        pictures(kept).count()
    );
    let outputs: String = (0..pictures(kept).count()).map(|index| format!("[a{index}]")).collect();
    command.args(["-filter_complex", &format!("{inputs}{outputs}")]);
    for (index, track) in pictures(kept).enumerate() {
        let source = INPUTS.iter().position(|role| role.as_str() == input(track)).expect("a track of an input");
        command.args(["-map", &format!("{source}:v"), "-map", &format!("[a{index}]")]);
        command.args(["-vf", &format!("scale={}:{}", track.width, track.height)]);
        command.args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-bf",
            "0",
            "-g",
            "50",
            "-threads",
            "1",
        ]);
        command.args([
            "-b:v",
            &format!("{}k", track.kbit_s),
            "-c:a",
            "aac",
            "-b:a",
            "128k",
            "-t",
            &SECONDS.to_string(),
        ]);
        command.args(["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"]);
        command.arg(folder.join(format!("{}.mp4", track.name)));
    }
    cpu::of_command(&mut command).as_secs_f64() / SECONDS
}
