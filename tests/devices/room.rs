//! The programme on a display and on loudspeakers in the room (JX-13).

use std::path::Path;
use std::process::Command;

use ketang_hal::figures::AudioFigures;
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_tests::{LIMIT, TestHost};

use crate::{Computer, Whistle, inside_the_guest, settings};

/// The display's size is what its kernel console has set.
const WIDTH: usize = 1024;
const HEIGHT: usize = 768;

/// What the planes of the display show: one picture each, 4 bytes a pixel.
fn planes(folder: &Path) -> Vec<Vec<u8>> {
    let state = std::fs::read_to_string("/sys/kernel/debug/dri/0/state").unwrap();
    let ids = state.lines().filter_map(|line| line.strip_prefix("plane[")?.split(']').next()?.parse::<u32>().ok());
    let grab = |id: u32| {
        let file = folder.join("shown.raw");
        let _ = std::fs::remove_file(&file);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-device", "/dev/dri/card0", "-f", "kmsgrab", "-plane_id", &id.to_string()]);
        ffmpeg.args(["-i", "-", "-frames:v", "1", "-vf", "hwdownload,format=bgr0", "-f", "rawvideo"]).arg(&file);
        ffmpeg.output().expect("ffmpeg is installed");
        std::fs::read(&file).ok().filter(|bytes| bytes.len() == WIDTH * HEIGHT * 4)
    };
    ids.filter_map(grab).collect()
}

/// Whether a picture has the colours of the test card in its middle, where a console is black.
fn is_lively(picture: &[u8]) -> bool {
    let row = &picture[HEIGHT / 2 * WIDTH * 4..][..WIDTH * 4];
    let bright = row.chunks_exact(4).filter(|pixel| pixel[..3].iter().any(|&channel| channel > 64)).count();
    bright > WIDTH / 2
}

/// Two seconds of what comes out of the loudspeakers, whose other end is the loopback's.
fn heard(folder: &Path) -> AudioFigures {
    let file = folder.join("heard.mp4");
    let mut record = Command::new("ffmpeg");
    record.args(["-v", "error", "-y", "-f", "alsa", "-channels", "2", "-sample_rate", "48000"]);
    record.args(["-i", "hw:Loopback,1,1", "-t", "2", "-c:a", "aac"]).arg(&file);
    let recorded = record.output().expect("ffmpeg is installed");
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    let settings = MeasureSettings { silence_seconds: 0.5, ..MeasureSettings::default() };
    measure::file(&file, &settings, &|_| {}).unwrap().audio.unwrap()
}

#[test]
fn the_programme_is_seen_and_heard_in_the_room() {
    if !inside_the_guest() {
        return;
    }
    let _computer = Computer::sends_720p25();
    let _whistle = Whistle::begin();
    let settings = settings().set("programme.output", "kms:vkms").set("programme.output-sound", "alsa:hw:Loopback,0,1");
    let host = TestHost::open(&settings);
    let begun = std::time::Instant::now();
    while !planes(host.folder()).iter().any(|picture| is_lively(picture)) {
        assert!(begun.elapsed() < LIMIT, "the display shows nothing");
    }
    let sound = heard(host.folder());
    assert!(sound.silence.is_empty() && sound.loudness_lufs.is_some_and(|lufs| lufs > -40.0), "{sound:?}");
}
