//! The programme on a display and on loudspeakers in the room (JX-13).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ketang_hal::figures::AudioFigures;
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_tests::{LIMIT, TestHost};

use crate::gear::{CheckSums, soon};
use crate::{Computer, Whistle, inside_the_guest, settings};

/// Whether the display shows a frame buffer in NV12; the kernel's console is in another format.
fn shows_pictures() -> bool {
    let state = fs::read_to_string("/sys/kernel/debug/dri/0/state").expect("the kernel tells of its displays");
    state.split("plane[").skip(1).any(|plane| plane.contains("format=NV12") && !plane.contains("crtc=(null)"))
}

/// Two seconds of what comes out of the loudspeakers, whose other end is the loopback's.
fn heard(folder: &Path) -> AudioFigures {
    let file = folder.join("heard.mp4");
    // The two ends of the loopback share their format, which GStreamer finds out.
    let mut record = Command::new("gst-launch-1.0");
    record.args([
        "-q",
        "--no-position",
        "alsasrc",
        "device=hw:Loopback,1,1",
        "num-buffers=200",
        "!",
        "audioconvert",
        "!",
    ]);
    record.args(["audioresample", "!", "avenc_aac", "!", "mp4mux", "!", "filesink"]);
    let recorded =
        record.arg(format!("location={}", file.display())).output().expect("GStreamer's tools are installed");
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
    soon("the display shows the programme", || shows_pictures().then_some(()));
    let sound = heard(host.folder());
    assert!(sound.silence.is_empty() && sound.loudness_lufs.is_some_and(|lufs| lufs > -40.0), "{sound:?}");
    // Last, for summing up takes the guest's processor, which sound needs. What goes out is another picture again and again: neither black nor frozen.
    let (mut sums, begun, mut pictures) = (CheckSums::begin(), Instant::now(), BTreeSet::new());
    while pictures.len() < 10 {
        pictures.insert(sums.next());
        assert!(begun.elapsed() < LIMIT, "the display shows {} pictures", pictures.len());
    }
}
