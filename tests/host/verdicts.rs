//! From a file to the clause: real files that each break one thing, measured and judged as a lesson's tracks are.
//!
//! `pipelines/tests/measure.rs` shows that the figures of such files are right, `lesson/src/verify/tests.rs` that each figure is judged by
//! its clause; this shows that both together name what is wrong with a file, and nothing else.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Size};
use ketang_lesson::verify;
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_protocol::lesson::{CheckResult, FORMAT, Lesson, LessonId, Outcome, Part, Track, Verdict};

/// A picture that moves everywhere, a sound of pleasant loudness, six seconds of each.
const MOVING: &str = "testsrc2=s=1280x720:r=25:d=6";
const SPEECH: &str = "anoisesrc=r=48000:a=0.1:d=6";
const H264: &str = "-c:v libx264 -preset ultrafast -bf 0 -g 50 -b:v 2500k -minrate 2500k -maxrate 2500k -bufsize 2500k \
                    -x264-params nal-hrd=cbr -pix_fmt yuv420p";
const AAC: &str = "-c:a aac -b:a 128k -ac 2 -ar 48000";
const FINISHED: &str = "-movflags +faststart";

/// Makes files in a folder of its own.
struct Bench(tempfile::TempDir);

impl Bench {
    /// `ffmpeg` with a drawn picture and a made sound; an empty source leaves the stream out.
    fn file(&self, name: &str, picture: &str, sound: &str, options: &[&str]) -> PathBuf {
        let path = self.0.path().join(name);
        let sources = [picture, sound].into_iter().filter(|source| !source.is_empty());
        let inputs: Vec<&str> = sources.flat_map(|source| ["-f", "lavfi", "-i", source]).collect();
        let options: Vec<&str> = options.iter().flat_map(|options| options.split_whitespace()).collect();
        run_ffmpeg(&[&inputs[..], &options, &[path.to_str().unwrap()]].concat(), &[]);
        path
    }

    /// A good file with one thing changed: later options win.
    fn good_but(&self, name: &str, changed: &str) -> PathBuf {
        self.file(name, MOVING, SPEECH, &[H264, AAC, FINISHED, changed])
    }

    /// A good file whose pictures carry `numbers`, with a beep `late` seconds after each flash.
    fn marked(&self, name: &str, numbers: &[u64], late: f64) -> PathBuf {
        const SIZE: Size = Size { width: 640, height: 360 };
        let (width, height) = (SIZE.width as usize, SIZE.height as usize);
        let mut pictures = Vec::new();
        for &number in numbers {
            let shade = |n: usize| (60 + (n * 7 + number as usize * 3) % 120) as u8;
            let mut luma: Vec<u8> = (0..width * height).map(|n| shade(n % width / 8 + n / width / 8)).collect();
            let mut chroma = vec![128; width * height / 2];
            mark::paint(number, &mut Nv12 { size: SIZE, stride: width, luma: &mut luma, chroma: &mut chroma });
            pictures.extend(luma);
            pictures.extend(chroma);
        }
        // Beeps go by the frame that is shown, so that a frame that is missing is not sound that is early too.
        let mut noise = 1u32;
        let samples = (0..numbers.len() as u64 * 1920).flat_map(|n| {
            let slot = ((n as f64 / 1920.0 - late * 25.0).max(0.0) * 1000.0).round() / 1000.0;
            let number = numbers[(slot as usize).min(numbers.len() - 1)];
            let beeps = number.is_multiple_of(25);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = 0.06 * ((noise >> 8) as f32 / (1 << 24) as f32 - 0.5);
            let tone = (std::f64::consts::TAU * 1000.0 * n as f64 / 48_000.0).sin() as f32;
            (if beeps { 0.5 * tone } else { hiss }).to_le_bytes()
        });
        let sound = self.0.path().join("sound.f32");
        std::fs::write(&sound, samples.collect::<Vec<u8>>()).unwrap();
        let path = self.0.path().join(name);
        let raw = "-f rawvideo -pix_fmt nv12 -s 640x360 -r 25 -i pipe:0 -f f32le -ar 48000 -ac 1 -i";
        let mut arguments: Vec<&str> = raw.split(' ').collect();
        arguments.extend([sound.to_str().unwrap(), "-vf", "scale=1280:720"]);
        arguments.extend([H264, AAC, FINISHED].iter().flat_map(|options| options.split_whitespace()));
        arguments.push(path.to_str().unwrap());
        run_ffmpeg(&arguments, &pictures);
        path
    }
}

fn run_ffmpeg(arguments: &[&str], input: &[u8]) {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y"]).args(arguments).stdin(Stdio::piped());
    let mut ffmpeg = ffmpeg.spawn().expect("ffmpeg is installed (`scripts/setup --tests` does)");
    ffmpeg.stdin.take().unwrap().write_all(input).unwrap();
    assert!(ffmpeg.wait().unwrap().success(), "ffmpeg {arguments:?}");
}

/// The verdict on a lesson of one track of these parts, which lasted as long as they do and `longer` seconds more.
fn judged(track: &str, parts: &[PathBuf], longer: f64) -> Verdict {
    ketang_pipelines::init().unwrap();
    let figures = measure::track(parts, &MeasureSettings::default(), &|_| {});
    let lasts = |part: &Result<ketang_hal::figures::FileFigures, String>| {
        part.as_ref().map_or(0.0, |file| file.video.as_ref().map_or(file.seconds, |video| video.ends))
    };
    let mut ends = 0.0;
    let part = |(file, figures): (&PathBuf, &Result<_, _>)| {
        let (begins_at, seconds) = (ends, lasts(figures));
        ends += seconds;
        let file = file.file_name().unwrap().to_string_lossy().into_owned();
        Part { file, begins_at, seconds, bytes: 1, finished: true, size: None }
    };
    let parts = parts.iter().zip(&figures.parts).map(part).collect();
    let started: Timestamp = "2026-11-22T08:15:00Z".parse().unwrap();
    let lesson = Lesson {
        format: FORMAT,
        id: LessonId("20261122-081500-0042".into()),
        host: "room-101".into(),
        title: None,
        teacher: None,
        started,
        ended: Some(started + SignedDuration::from_secs_f64(ends + longer)),
        planned_seconds: None,
        outcome: Outcome::Finishing,
        tracks: vec![Track { name: track.into(), codec: "h264".into(), parts, ..Track::default() }],
        gaps: Vec::new(),
        verdict: None,
        confirmed_upstream: false,
        attendance: None,
        recuts: Vec::new(),
    };
    verify::judge(&lesson, &BTreeMap::from([(track.to_owned(), figures)]), started)
}

/// What failed, as check and clause, by name.
fn failures(verdict: &Verdict) -> Vec<(&str, &str)> {
    let failed = verdict.checks.iter().filter(|check| check.result == CheckResult::Fail);
    let mut failed: Vec<_> = failed.map(|check| (check.check.as_str(), check.clause.as_str())).collect();
    failed.sort_unstable();
    failed
}

/// What is wrong, the track, its files, and what fails by which clause.
type Row<'a> = (&'a str, &'a str, Vec<PathBuf>, &'a [(&'a str, &'a str)]);

/// Tells of every row that is not judged as it should be, not of the first alone.
fn assert_table(table: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (what, track, parts, wanted) in table {
        let verdict = judged(track, parts, 0.0);
        if failures(&verdict) != *wanted || verdict.ok != wanted.is_empty() {
            let failed = verdict.checks.iter().filter(|check| check.result == CheckResult::Fail);
            let found: Vec<_> = failed.map(|check| (&check.check, &check.clause, &check.finding.english)).collect();
            wrong.push(format!("{what}: {wanted:?} wanted, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn bench() -> Bench {
    Bench(tempfile::tempdir().unwrap())
}

#[test]
fn containers_that_break_a_clause() {
    let bench = bench();
    let good = bench.good_but("good.mp4", "");
    let whole = std::fs::read(&good).unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = bench.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    // As large as no part may be: a box that players skip, of nothing.
    let large = written("large.mp4", &whole);
    let mut file = std::fs::File::options().append(true).open(&large).unwrap();
    file.write_all(&[&200_000_000u32.to_be_bytes()[..], b"free"].concat()).unwrap();
    file.set_len(whole.len() as u64 + 200_000_000).unwrap();
    // What a failing disk does.
    let media = whole.windows(4).position(|word| word == b"mdat").unwrap();
    let mut damaged = whole.clone();
    for n in 0..400 {
        damaged[media + (whole.len() - media) / 3 + n * 7] ^= 0x55;
    }
    let container = &[("container", "HB-5")][..];
    assert_table(&[
        ("good", "programme", vec![good.clone()], &[]),
        ("not MP4", "programme", vec![bench.good_but("matroska.mkv", "")], container),
        ("index behind", "programme", vec![bench.good_but("behind.mp4", "-movflags 0")], container),
        (
            "fragments",
            "programme",
            vec![bench.good_but("fragments.mp4", "-movflags frag_keyframe+delay_moov")],
            container,
        ),
        ("cut off", "programme", vec![written("cut.mp4", &whole[..whole.len() - 40_000])], container),
        ("200 MB", "programme", vec![large], &[("bytes", "HB-5")]),
        ("damaged", "programme", vec![written("damaged.mp4", &damaged)], &[("decodes", "")]),
        ("no video file", "programme", vec![written("text.mp4", &[b'x'; 9000])], &[("decodes", "")]),
    ]);
    assert_eq!(failures(&judged("programme", &[good], 10.0)), [("duration", "")], "ten seconds are missing");
}

#[test]
fn pictures_that_break_a_clause() {
    let bench = bench();
    let but = |name: &str, changed: &str| vec![bench.good_but(name, changed)];
    let drawn = |name: &str, picture: &str| vec![bench.file(name, picture, SPEECH, &[H264, AAC, FINISHED])];
    let slow = |kbit: u32| {
        format!("-b:v {kbit}k -minrate {kbit}k -maxrate {kbit}k -bufsize {kbit}k -vf scale=320:180,scale=1280:720")
    };
    assert_table(&[
        (
            "H.265",
            "programme",
            but("h265.mp4", "-c:v libx265 -x265-params log-level=error:bitrate=2500 -tag:v hvc1"),
            &[("codec", "HB-3")],
        ),
        ("no picture", "programme", vec![bench.file("dark.mp4", "", SPEECH, &[AAC, FINISHED])], &[("codec", "HB-3")]),
        ("4:3", "programme", drawn("4-3.mp4", "testsrc2=s=1024x768:r=25:d=6"), &[("size", "HB-1")]),
        ("pixels not square", "programme", but("wide.mp4", "-vf setsar=4/3"), &[("size", "HB-1")]),
        (
            "small",
            "programme",
            drawn("small.mp4", "testsrc2=s=640x360:r=25:d=6"),
            &[("courseware", "JT-1"), ("size", "HB-1")],
        ),
        (
            "interlaced",
            "programme",
            but("interlaced.mp4", "-flags +ilme+ildct -x264-params interlaced=1"),
            &[("scan", "HB-3")],
        ),
        ("30 fps", "programme", drawn("30.mp4", "testsrc2=s=1280x720:r=30:d=6"), &[("frame rate", "HB-3")]),
        (
            "ten frames left out",
            "programme",
            but("uneven.mp4", "-vf select='lt(n\\,50)+gt(n\\,59)' -vsync vfr"),
            &[("frame rate", "HB-3")],
        ),
        ("800 kbit/s", "programme", but("800.mp4", &slow(800)), &[("bit rate", "HB-3")]),
        ("300 kbit/s", "programme", but("300.mp4", &slow(300)), &[("bit rate", "HB-3"), ("courseware", "JT-1")]),
        (
            "black for three seconds",
            "programme",
            but("black.mp4", "-vf drawbox=c=black:t=fill:enable='between(t,1,4)'"),
            &[("black", "")],
        ),
        (
            "frozen for twelve seconds",
            "teacher-panorama",
            vec![bench.file("frozen.mp4", MOVING, "", &[H264, FINISHED, "-vf loop=loop=300:size=1:start=24"])],
            &[("frozen", "")],
        ),
    ]);
}

#[test]
fn sounds_that_break_a_clause() {
    let bench = bench();
    let but = |name: &str, changed: &str| vec![bench.good_but(name, changed)];
    let heard = |name: &str, sound: &str| vec![bench.file(name, MOVING, sound, &[H264, AAC, FINISHED])];
    let alone = |name: &str, sound: &str| vec![bench.file(name, "", sound, &[AAC, FINISHED])];
    let (form, rate) = (&[("sound", "HB-4")][..], &[("sound rate", "HB-4")][..]);
    assert_table(&[
        ("no sound", "programme", vec![bench.file("mute.mp4", MOVING, "", &[H264, FINISHED])], form),
        ("44.1 kHz", "programme", but("44.mp4", "-ar 44100"), form),
        ("MP3", "programme", but("mp3.mp4", "-c:a libmp3lame"), form),
        ("AAC Main", "programme", but("main.mp4", "-profile:a aac_main"), form),
        ("one channel", "programme", but("mono.mp4", "-ac 1"), form),
        ("64 kbit/s", "programme", but("64.mp4", "-b:a 64k"), rate),
        (
            "silent",
            "programme",
            heard("silent.mp4", "aevalsrc=0|0:s=48000:d=6"),
            &[("silence", "HB-2"), ("sound rate", "HB-4")],
        ),
        (
            "nothing from the teacher",
            "sound",
            alone("teacher.mp4", "aevalsrc='0|0.2*(random(0)-0.5)':s=48000:d=6"),
            &[("teacher silence", "HB-2")],
        ),
        (
            "clipped",
            "programme",
            heard("clipped.mp4", "aevalsrc='sgn(sin(1382*t))|0.2*(random(0)-0.5)':s=48000:d=6"),
            &[("clipping", "HB-2")],
        ),
        (
            "half a second left out",
            "programme",
            but("hole.mp4", "-af aselect='lt(t\\,2)+gt(t\\,2.5)'"),
            // What is missing is missing in the rate of its second too.
            &[("sound holes", "HB-2"), ("sound rate", "HB-4")],
        ),
        ("ends early", "programme", but("early.mp4", "-af atrim=end=5"), &[("ends", "HB-2")]),
    ]);
}

#[test]
fn frames_and_sync_that_break_a_clause() {
    let bench = bench();
    let counted = |from: u64, to: u64| (from..to).collect::<Vec<_>>();
    let missing: Vec<u64> = counted(1000, 1128).into_iter().filter(|number| !(1055..1058).contains(number)).collect();
    let mut repeated = counted(1000, 1124);
    repeated.insert(61, repeated[60]);
    let part = |name: &str, from, to| bench.marked(name, &counted(from, to), 0.0);
    let (first, second, third) = (part("1.mp4", 1000, 1075), part("2.mp4", 1075, 1150), part("3.mp4", 1160, 1235));
    let frames = &[("frames", "")][..];
    assert_table(&[
        ("good", "programme", vec![first.clone(), second.clone()], &[]),
        ("three frames missing", "programme", vec![bench.marked("missing.mp4", &missing, 0.0)], frames),
        ("one frame twice", "programme", vec![bench.marked("repeated.mp4", &repeated, 0.0)], frames),
        (
            "the sound 100 ms late",
            "programme",
            vec![bench.marked("late.mp4", &counted(1000, 1125), 0.1)],
            &[("sync", "HB-2")],
        ),
        ("frames missing between parts", "programme", vec![first.clone(), third], &[("joints", "HB-5")]),
        (
            "a part that is gone",
            "programme",
            vec![first, Path::new("/nowhere/2.mp4").to_owned(), second],
            &[("decodes", "")],
        ),
    ]);
}
