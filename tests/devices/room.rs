//! The programme on a display and on loudspeakers in the room (JX-13).

use std::path::Path;
use std::process::Command;

use ketang_tests::TestHost;

use crate::{Computer, Whistle, inside_the_guest, settings};

/// What the display's plane shows now: rows of 4 bytes a pixel.
fn shown(folder: &Path, width: usize) -> Option<Vec<u8>> {
    let file = folder.join("shown.raw");
    let mut grab = Command::new("ffmpeg");
    grab.args(["-v", "error", "-device", "/dev/dri/card0", "-f", "kmsgrab", "-i", "-", "-frames:v", "1"]);
    grab.args(["-vf", "hwdownload,format=bgr0", "-f", "rawvideo", "-y"]).arg(&file);
    let grabbed = grab.output().expect("ffmpeg is installed");
    let bytes = std::fs::read(&file).ok()?;
    (grabbed.status.success() && bytes.len().is_multiple_of(width * 4)).then_some(bytes)
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
    let _ = shown(host.folder(), 1024);
    host.record_lesson(3.0);
}
