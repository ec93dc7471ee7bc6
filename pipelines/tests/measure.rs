//! Files that break each clause, made by the `ffmpeg` command, and what `measure` finds in them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ketang_hal::figures::{FileFigures, MarkFigures, SlipKind, TrackFigures};
use ketang_hal::mark::{self, Pane};
use ketang_hal::picture::{Nv12, Size};
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_pipelines::{MediaError, init};
use tempfile::TempDir;

const SIZE: Size = Size { width: 640, height: 360 };
const MOVING: &str = "testsrc2=s=320x180:r=25:d=4";
const SPEECH: &str = "anoisesrc=r=48000:a=0.1:d=4";
const H264: &str = "-c:v libx264 -preset ultrafast -g 50";
const AAC: &str = "-c:a aac -b:a 128k -ac 2";

fn settings() -> MeasureSettings {
    MeasureSettings { black_seconds: 1.0, frozen_seconds: 1.0, silence_seconds: 1.0, ..Default::default() }
}

fn ffmpeg(arguments: &[&str], input: Option<&[u8]>) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y"]).args(arguments).stdin(Stdio::piped());
    let mut child = command.spawn().expect("the ffmpeg command is installed");
    child.stdin.take().unwrap().write_all(input.unwrap_or_default()).unwrap();
    assert!(child.wait().unwrap().success(), "ffmpeg {arguments:?}");
}

/// A file of a drawn picture and a made sound; an empty source leaves the stream out.
fn made(folder: &TempDir, name: &str, picture: &str, sound: &str, options: &str) -> PathBuf {
    let path = folder.path().join(name);
    let mut arguments = Vec::new();
    for source in [picture, sound].into_iter().filter(|source| !source.is_empty()) {
        arguments.extend(["-f", "lavfi", "-i", source]);
    }
    arguments.extend(options.split_whitespace());
    arguments.push(path.to_str().unwrap());
    ffmpeg(&arguments, None);
    path
}

fn good(folder: &TempDir) -> PathBuf {
    made(folder, "good.mp4", MOVING, SPEECH, &format!("{H264} {AAC} -movflags +faststart"))
}

fn figures(path: &Path) -> FileFigures {
    init().unwrap();
    measure::file(path, &settings(), &|_| {}).unwrap()
}

fn refused(path: &Path) -> MediaError {
    init().unwrap();
    measure::file(path, &settings(), &|_| {}).unwrap_err()
}

/// A file whose pictures carry `numbers`, with a beep wherever a flash should be, `late` seconds after it.
fn marked(path: &Path, numbers: &[u64], late: f64, options: &str) {
    let (width, height) = (SIZE.width as usize, SIZE.height as usize);
    let mut pictures = Vec::with_capacity(numbers.len() * width * height * 3 / 2);
    for &number in numbers {
        let shade = |n: usize| (60 + (n * 7 + number as usize * 3) % 120) as u8;
        let mut luma: Vec<u8> = (0..width * height).map(|n| shade(n % width / 8 + n / width / 8)).collect();
        let mut chroma = vec![128; width * height / 2];
        mark::paint(number, &mut Nv12 { size: SIZE, stride: width, luma: &mut luma, chroma: &mut chroma });
        pictures.extend(luma);
        pictures.extend(chroma);
    }
    let first = numbers[0];
    let sound = path.with_extension("f32");
    let seconds = numbers.len() as f64 / 25.0;
    let samples = (0..(seconds * 48_000.0) as u64).flat_map(|n| {
        let at = n as f64 / 48_000.0 - late + first as f64 / 25.0;
        let into = at.rem_euclid(1.0);
        let value = if into < 0.04 { 0.4 * (std::f64::consts::TAU * 1000.0 * into).sin() as f32 } else { 0.0 };
        value.to_le_bytes()
    });
    std::fs::write(&sound, samples.collect::<Vec<u8>>()).unwrap();
    let size = format!("{width}x{height}");
    let mut arguments = vec!["-f", "rawvideo", "-pix_fmt", "nv12", "-s", &size, "-r", "25", "-i", "pipe:0"];
    arguments.extend(["-f", "f32le", "-ar", "48000", "-ac", "1", "-i", sound.to_str().unwrap()]);
    arguments.extend(options.split_whitespace());
    arguments.push(path.to_str().unwrap());
    ffmpeg(&arguments, Some(&pictures));
}

fn marks(figures: &FileFigures) -> &MarkFigures {
    figures.video.as_ref().unwrap().marks[0].as_ref().unwrap()
}

fn close(value: f64, expected: f64, off: f64) -> bool {
    (value - expected).abs() <= off
}

#[test]
fn a_good_file_is_described_whole() {
    let folder = TempDir::new().unwrap();
    let reached = Cell::new(0.0);
    init().unwrap();
    let path = good(&folder);
    let file = measure::file(&path, &settings(), &|done| {
        assert!((0.0..=1.0).contains(&done));
        reached.set(done);
    })
    .unwrap();
    assert_eq!(reached.get(), 1.0);
    assert!(file.container.mp4 && file.container.index_in_front, "{:?}", file.container);
    assert!(!file.container.fragmented && !file.container.truncated, "{:?}", file.container);
    assert_eq!(file.container.brands[0], "isom");
    assert_eq!(file.complaints, Vec::<String>::new());
    assert_eq!(file.bytes, std::fs::metadata(&path).unwrap().len());

    let video = file.video.unwrap();
    assert_eq!((video.codec.as_str(), video.profile.as_deref()), ("h264", Some("constrained-baseline")));
    assert_eq!((video.width, video.height, video.pixel_aspect), (320, 180, (1, 1)));
    assert_eq!((video.frames, video.decoded, video.faults), (100, 100, 0));
    assert!(video.progressive && video.monotone && !video.reordered);
    assert!(close(video.fps, 25.0, 0.001) && close(video.key_interval, 2.0, 0.001), "{video:?}");
    assert!(close(video.shortest_interval, 0.04, 1e-6) && close(video.longest_interval, 0.04, 1e-6), "{video:?}");
    assert!(close(video.begins, 0.0, 1e-6) && close(video.ends, 4.0, 1e-6), "{video:?}");
    assert_eq!((video.black, video.frozen, video.holes, video.marks), (vec![], vec![], vec![], vec![None]));

    let audio = file.audio.unwrap();
    assert_eq!((audio.codec.as_str(), audio.profile.as_deref()), ("aac", Some("lc")));
    assert_eq!((audio.rate, audio.channels, audio.faults), (48_000, 2, 0));
    assert!(close(audio.kbit_s, 128.0, 8.0), "{audio:?}");
    assert!(audio.kbit_s_lowest <= audio.kbit_s_highest && audio.kbit_s_lowest > 100.0, "{audio:?}");
    assert!(close(audio.begins, 0.0, 1e-3) && close(audio.ends, 4.0, 0.03), "{audio:?}");
    assert_eq!((audio.silence, audio.holes), (vec![], vec![]));
    assert!(audio.by_channel.iter().all(|channel| channel.clipped_share == 0.0), "{:?}", audio.by_channel);
}

#[test]
fn picture_streams_that_break_a_clause_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let video = |name: &str, picture: &str, options: &str| {
        figures(&made(&folder, name, picture, "", options)).video.expect("it has a picture")
    };
    let odd = video("odd.mp4", "testsrc2=s=352x288:r=30:d=2", &format!("{H264} -aspect 4:3"));
    assert_eq!((odd.width, odd.height, odd.pixel_aspect), (352, 288, (12, 11)));
    assert!(close(odd.fps, 30.0, 0.001), "{odd:?}");

    let interlaced = video("interlaced.mp4", MOVING, &format!("{H264} -flags +ilme+ildct -x264-params interlaced=1"));
    assert!(!interlaced.progressive);

    let reordered = video("reordered.mp4", MOVING, "-c:v libx264 -preset veryfast -bf 2 -g 75");
    assert!(reordered.reordered && reordered.monotone);
    assert_eq!((reordered.frames, reordered.decoded), (100, 100));
    assert!(close(reordered.begins, 0.0, 1e-6) && close(reordered.key_interval, 3.0, 0.001), "{reordered:?}");

    let low = video("low.mp4", MOVING, "-c:v libx264 -preset ultrafast -b:v 100k -maxrate 100k -bufsize 50k");
    assert!(close(low.kbit_s, 100.0, 30.0), "{}", low.kbit_s);

    let uneven = video("uneven.mp4", MOVING, &format!("{H264} -vf select='lt(n\\,50)+gt(n\\,59)' -vsync vfr"));
    assert_eq!(uneven.frames, 90);
    assert_eq!(uneven.holes.len(), 1, "{:?}", uneven.holes);
    assert!(close(uneven.holes[0].from, 2.0, 1e-3) && close(uneven.holes[0].to, 2.4, 1e-3), "{:?}", uneven.holes);
    assert!(close(uneven.longest_interval, 0.44, 1e-3), "{uneven:?}");

    let newer = video("newer.mp4", MOVING, "-c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1");
    assert_eq!((newer.codec.as_str(), newer.decoded), ("h265", 100));
}

#[test]
fn sound_streams_that_break_a_clause_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let audio = |name: &str, sound: &str, options: &str| {
        let file = figures(&made(&folder, name, "", sound, options));
        assert_eq!(file.video, None);
        file.audio.expect("it has sound")
    };
    let mono = audio("mono.mp4", SPEECH, "-c:a aac -ac 1 -b:a 64k");
    assert_eq!((mono.channels, mono.by_channel.len()), (1, 1));
    let slow = audio("slow.mp4", SPEECH, "-c:a aac -ar 44100 -ac 2");
    assert_eq!(slow.rate, 44_100);
    let other = audio("mp3.mp4", SPEECH, "-c:a libmp3lame -b:a 128k -ac 2");
    assert_eq!((other.codec.as_str(), other.channels), ("mp3", 2));

    let silent = audio("silent.mp4", "aevalsrc=0|0:s=48000:d=4", AAC);
    assert_eq!(silent.silence.len(), 1);
    assert!(close(silent.silence[0].seconds(), 4.0, 0.05), "{:?}", silent.silence);
    assert_eq!(silent.loudness_lufs, None);

    let pause = "aevalsrc='if(between(t,1,3),0,0.1*sin(2764*t))|0.1*sin(2764*t)':s=48000:d=4";
    let pause = audio("pause.mp4", pause, AAC);
    assert_eq!((pause.silence, &pause.by_channel[1].silence), (vec![], &vec![]), "the second channel sounds");
    let left = &pause.by_channel[0].silence;
    assert!(left.len() == 1 && close(left[0].from, 1.0, 0.05) && close(left[0].to, 3.0, 0.05), "{left:?}");

    let clipped = audio("clipped.wav", "aevalsrc='clip(3*sin(1382*t),-1,1)|0.1*sin(1382*t)':s=48000:d=2", "-ac 2");
    assert!(clipped.by_channel[0].clipped_share > 0.5, "{:?}", clipped.by_channel);
    assert!(clipped.by_channel[0].clipped_longest > 20, "{:?}", clipped.by_channel);
    assert_eq!(clipped.by_channel[1].clipped_share, 0.0);

    // EBU Tech 3341: a stereo sine of 1 kHz at −23 dBFS has −23 LUFS.
    let level = "aevalsrc='0.07079*sin(6283.19*t)|0.07079*sin(6283.19*t)':s=48000:d=4";
    let level = audio("level.wav", level, "-ac 2 -c:a pcm_f32le");
    assert!(close(level.loudness_lufs.unwrap(), -23.0, 0.2), "{:?}", level.loudness_lufs);
    assert!(close(level.by_channel[0].peak_dbfs, -23.0, 0.1) && close(level.by_channel[0].rms_dbfs, -26.0, 0.1));
}

#[test]
fn black_and_frozen_pictures_are_found_to_the_frame() {
    let folder = TempDir::new().unwrap();
    let shown = |name: &str, filter: &str| {
        let options = format!("-c:v libx264 -preset veryfast -crf 20 -vf {filter}");
        figures(&made(&folder, name, MOVING, "", &options)).video.unwrap()
    };
    let black = shown("black.mp4", "drawbox=c=black:t=fill:enable='between(t,1,2.99)'");
    assert_eq!(black.black.len(), 1, "{:?}", black.black);
    assert!(close(black.black[0].from, 1.0, 1e-3) && close(black.black[0].to, 3.0, 1e-3), "{:?}", black.black);

    // The loop filter repeats the 25th frame 50 times.
    let frozen = shown("frozen.mp4", "loop=loop=50:size=1:start=24");
    assert_eq!((frozen.black, frozen.frozen.len()), (vec![], 1), "{:?}", frozen.frozen);
    let still = frozen.frozen[0];
    assert!(close(still.from, 0.96, 0.05) && still.seconds() >= 2.0, "{still:?}");
    // A still room before a camera that makes noise is no frozen picture.
    let room = shown("room.mp4", "loop=loop=50:size=1:start=24,noise=c0s=4:c0f=t");
    assert_eq!(room.frozen, []);
}

#[test]
fn containers_that_are_not_as_they_should_be_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let options = format!("{H264} {AAC}");
    let behind = figures(&made(&folder, "behind.mp4", MOVING, SPEECH, &options)).container;
    assert!(behind.mp4 && !behind.index_in_front && !behind.truncated, "{behind:?}");
    let options = format!("{H264} {AAC} -movflags frag_keyframe+empty_moov");
    let fragments = figures(&made(&folder, "fragments.mp4", MOVING, SPEECH, &options));
    assert!(fragments.container.fragmented, "{fragments:?}");
    assert_eq!(fragments.video.unwrap().decoded, 100);
    let other = figures(&made(&folder, "other.mkv", MOVING, SPEECH, &format!("{H264} {AAC}")));
    assert!(!other.container.mp4 && other.video.is_some(), "{:?}", other.container);
}

#[test]
fn files_that_cannot_be_played_are_refused_with_a_reason() {
    let folder = TempDir::new().unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let whole = std::fs::read(made(&folder, "behind.mp4", MOVING, SPEECH, &format!("{H264} {AAC}"))).unwrap();
    let half = written("half.mp4", &whole[..whole.len() / 2]);
    for path in [written("empty.mp4", b""), written("text.mp4", "这不是视频\n".repeat(500).as_bytes()), half] {
        let error = refused(&path);
        assert!(matches!(&error, MediaError::NotPlayable { why, .. } if !why.is_empty()), "{error:?}");
    }
    assert!(matches!(refused(&folder.path().join("absent.mp4")), MediaError::Io { .. }));
    assert!(measure::luma_frames(&folder.path().join("text.mp4"), |_, _| ControlFlow::Continue(())).is_err());
}

#[test]
fn damage_is_counted_though_the_decoder_conceals_it() {
    let folder = TempDir::new().unwrap();
    let mut bytes = std::fs::read(good(&folder)).unwrap();
    let media = bytes.windows(4).position(|word| word == b"mdat").unwrap() + 4;
    let third = media + (bytes.len() - media) / 3;
    for n in 0..200 {
        bytes[third + n * 7] ^= 0x55;
    }
    let path = folder.path().join("damaged.mp4");
    std::fs::write(&path, &bytes).unwrap();
    let file = figures(&path);
    let video = file.video.unwrap();
    let found = video.faults + file.audio.map_or(0, |audio| audio.faults) + (video.frames - video.decoded);
    assert!(found > 0, "{video:?}");
    assert!(video.faults == 0 || (0.5..3.0).contains(&video.faults_at[0]), "{:?}", video.faults_at);

    let path = folder.path().join("cut.mp4");
    std::fs::write(&path, &std::fs::read(good(&folder)).unwrap()[..third]).unwrap();
    let cut = figures(&path);
    assert!(cut.container.truncated);
    assert!(cut.video.unwrap().frames < 100);
}

#[test]
fn garbage_never_panics() {
    let folder = TempDir::new().unwrap();
    let whole = std::fs::read(good(&folder)).unwrap();
    let index = whole.windows(4).position(|word| word == b"moov").unwrap();
    let mut seed = 7u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize
    };
    init().unwrap();
    for round in 0..40 {
        let mut bytes = whole.clone();
        match round % 4 {
            0 => bytes = (0..random() % 20_000).map(|_| random() as u8).collect(),
            1 => bytes.truncate(random() % whole.len()),
            2 => (0..8).for_each(|_| bytes[index + random() % 3000] = random() as u8),
            _ => (0..300).for_each(|_| bytes[random() % whole.len()] = random() as u8),
        }
        let path = folder.path().join(format!("{round}.mp4"));
        std::fs::write(&path, &bytes).unwrap();
        let key_frames_only = round % 8 > 3;
        match measure::file(&path, &MeasureSettings { key_frames_only, ..settings() }, &|_| {}) {
            Ok(file) => assert!(file.seconds.is_finite() && file.video.iter().all(|video| video.kbit_s.is_finite())),
            Err(error) => assert!(matches!(error, MediaError::NotPlayable { .. }), "{error}"),
        }
    }
}

#[test]
fn frame_numbers_tell_what_is_missing_and_repeated() {
    let folder = TempDir::new().unwrap();
    let options = format!("{H264} {AAC} -movflags +faststart");
    let path = folder.path().join("marked.mp4");
    let mut numbers: Vec<u64> = (1010..1110).collect();
    marked(&path, &numbers, 0.0, &options);
    let file = figures(&path);
    let found = marks(&file);
    assert_eq!((found.read, found.unread, found.first, found.last), (100, 0, 1010, 1109));
    assert_eq!((found.missing, found.repeated, found.backwards), (0, 0, 0));

    numbers.remove(20);
    numbers.remove(20);
    numbers.insert(60, numbers[60]);
    marked(&path, &numbers, 0.0, &options);
    let file = figures(&path);
    let found = marks(&file);
    assert_eq!((found.missing, found.repeated, found.backwards), (2, 1, 0));
    let slips: Vec<_> = found.slips.iter().map(|slip| (slip.what, slip.frames, (slip.at * 25.0).round())).collect();
    assert_eq!(slips, [(SlipKind::Missing, 2, 20.0), (SlipKind::Repeated, 1, 61.0)]);
}

#[test]
fn frame_numbers_are_read_in_panes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("marked.mp4");
    let numbers: Vec<u64> = (500..560).collect();
    // Scaled to three quarters, at the right of a picture that is otherwise grey.
    let layout = "-vf scale=480:270,pad=640:360:160:40:gray";
    marked(&path, &numbers, 0.0, &format!("{H264} {AAC} {layout}"));
    let panes = vec![Pane { x: 160, y: 40, width: 480, height: 270 }, Pane { x: 0, y: 0, width: 160, height: 90 }];
    init().unwrap();
    let file = measure::file(&path, &MeasureSettings { panes, ..settings() }, &|_| {}).unwrap();
    let video = file.video.unwrap();
    assert_eq!(video.marks.len(), 2);
    assert_eq!(video.marks[1], None);
    let found = video.marks[0].as_ref().unwrap();
    assert_eq!((found.read, found.first, found.last, found.missing), (60, 500, 559, 0));
}

#[test]
fn sound_that_is_late_is_measured_in_milliseconds() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("beeping.mp4");
    let numbers: Vec<u64> = (1010..1160).collect();
    for (late, options) in [
        (0.0, format!("{H264} {AAC}")),
        (0.06, format!("{H264} {AAC}")),
        (-0.0335, "-c:v libx264 -preset veryfast -bf 2 -c:a aac -b:a 128k -ac 2 -ar 44100".to_owned()),
    ] {
        marked(&path, &numbers, late, &options);
        let sync = figures(&path).sync.expect("it flashes and beeps");
        assert_eq!(sync.pairs, 6, "{sync:?}");
        let (median, worst) = (sync.median_ms, sync.worst_ms);
        assert!(close(median, late * 1e3, 3.0) && close(worst, late * 1e3, 3.0), "{late}: {sync:?}");
    }
    marked(&path, &numbers, 0.0, &format!("{H264} -an"));
    assert_eq!(figures(&path).sync, None);
}

#[test]
fn parts_are_measured_with_their_joints() {
    let folder = TempDir::new().unwrap();
    let options = format!("{H264} {AAC} -movflags +faststart");
    let part = |name: &str, numbers: std::ops::Range<u64>| {
        let path = folder.path().join(name);
        marked(&path, &numbers.collect::<Vec<_>>(), 0.0, &options);
        path
    };
    let parts =
        [part("1.mp4", 0..50), part("2.mp4", 50..100), folder.path().join("absent.mp4"), part("4.mp4", 103..150)];
    init().unwrap();
    let track: TrackFigures = measure::track(&parts, &settings(), &|_| {});
    assert_eq!(track.parts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(track.joints.iter().map(|joint| joint.frames_missing).collect::<Vec<_>>(), [Some(0), None, None]);
    assert!(close(track.joints[0].picture_gap.unwrap(), 0.0, 0.025), "{:?}", track.joints);
    assert!(close(track.joints[0].sound_gap.unwrap(), 0.0, 0.025), "{:?}", track.joints);
    let track = measure::track(&[parts[1].clone(), parts[3].clone()], &settings(), &|_| {});
    assert_eq!(track.joints[0].frames_missing, Some(3));
}

#[test]
fn key_frames_alone_tell_what_they_can() {
    let folder = TempDir::new().unwrap();
    init().unwrap();
    let settings = MeasureSettings { key_frames_only: true, ..settings() };
    let file = measure::file(&good(&folder), &settings, &|_| {}).unwrap();
    let video = file.video.unwrap();
    assert!(file.key_frames_only);
    assert_eq!((video.frames, video.decoded, video.marks.len()), (100, 2, 0));
    assert!(close(video.fps, 25.0, 0.001) && close(video.ends, 4.0, 1e-6));
}

#[test]
fn a_measurement_in_a_hurry_goes_on_with_key_frames_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("marked.mp4");
    // A minute: long enough to be in the middle of when the first progress is told.
    let options = format!("-stream_loop 19 {H264} -an");
    let looped = folder.path().join("looped.mp4");
    marked(&path, &(300..375).collect::<Vec<_>>(), 0.0, &format!("{H264} -an"));
    let mut arguments: Vec<&str> = options.split_whitespace().take(2).collect();
    arguments.extend(["-i", path.to_str().unwrap(), "-c", "copy", looped.to_str().unwrap()]);
    ffmpeg(&arguments, None);
    init().unwrap();
    let settings = settings();
    let track = measure::track(&[looped.clone(), looped], &settings, &|_| settings.hurry.up());
    let [Ok(hurried), Ok(after)] = &track.parts[..] else { panic!("{track:?}") };
    let decoded = |file: &FileFigures| file.video.as_ref().map(|video| (video.frames, video.decoded)).unwrap();
    assert!(hurried.key_frames_only && after.key_frames_only);
    assert_eq!(decoded(hurried).0, 1500);
    assert!((40..=1500).contains(&decoded(hurried).1), "{:?}", decoded(hurried));
    assert_eq!(decoded(after), (1500, 40), "two key frames a round");
    assert_eq!(hurried.video.as_ref().map(|video| video.faults), Some(0));
}

#[test]
fn pictures_are_shown_one_by_one_until_enough() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("marked.mp4");
    marked(&path, &(300..340).collect::<Vec<_>>(), 0.0, "-c:v libx264 -preset veryfast -bf 2 -an");
    init().unwrap();
    let mut shown = Vec::new();
    measure::luma_frames(&path, |number, luma| {
        assert_eq!((luma.width, luma.height, luma.pts_ns), (640, 360, number * 40_000_000));
        shown.extend(luma.mark(luma.whole()).map(|mark| mark.number));
        if shown.len() == 30 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(shown, (300..330).collect::<Vec<_>>());
}

#[test]
fn real_clips_are_measured() {
    let shared = std::env::var_os("KETANG_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
    let Ok(folder) = std::fs::read_dir(shared.join("media")) else {
        println!("skipped: no clips in {} (set KETANG_SHARED)", shared.display());
        return;
    };
    init().unwrap();
    let mut measured = 0;
    for entry in folder {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|kind| kind == "mp4" || kind == "mov") {
            continue;
        }
        let file = measure::file(&path, &MeasureSettings::default(), &|_| {}).unwrap();
        let video = file.video.expect("each clip has a picture");
        let complaints = &file.complaints;
        assert!(video.decoded > 0 && video.marks == [None], "{}", path.display());
        assert_eq!((video.faults, complaints.len()), (0, 0), "{}: {complaints:?}", path.display());
        assert_eq!(video.frames, video.decoded, "{}", path.display());
        measured += 1;
    }
    assert!(measured > 0);
}
