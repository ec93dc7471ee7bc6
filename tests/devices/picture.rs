//! How a camera makes its picture: set at each opening, and what it lacks is told.

use std::process::Command;

use ketang_hal::role::PictureRole::TeacherPanorama;
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{HostSettings, TestHost};

use crate::{CAMERA, inside_the_guest, v4l2_ctl};

fn brightness() -> String {
    let told = Command::new("v4l2-ctl").args(["-d", CAMERA, "-C", "brightness"]).output().unwrap();
    String::from_utf8_lossy(&told.stdout).trim().to_owned()
}

fn is_live(now: &Snapshot) -> bool {
    now.pictures.iter().any(|picture| picture.role == TeacherPanorama && picture.live)
}

/// Sets the camera to what the other tests expect.
struct AsBefore;

impl Drop for AsBefore {
    fn drop(&mut self) {
        v4l2_ctl(CAMERA, "brightness=128");
    }
}

#[test]
fn a_camera_is_set_at_each_opening_and_what_it_lacks_is_told() {
    if !inside_the_guest() {
        return;
    }
    let _as_before = AsBefore;
    let host = TestHost::open(
        &HostSettings::generic()
            .set("board.name", "raspberrypi4")
            .set("programme.output-sound", "none")
            .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
            .set("inputs.teacher-panorama.picture.brightness", "75")
            .set("inputs.teacher-panorama.picture.power-line", "50hz")
            .set("recording.tracks", "[]"),
    );
    let now = host.wait("it is live", is_live);
    assert_eq!(brightness(), "brightness: 191");
    let alarm = now.alarms.iter().find(|alarm| alarm.alarm == "picture-not-set").expect("it has no such filter");
    assert!(alarm.english.contains("power-line") && !alarm.english.contains("brightness"), "{alarm:?}");
    // As a camera does that was without power.
    v4l2_ctl(CAMERA, "brightness=128");
    v4l2_ctl(CAMERA, "inject_fatal_streaming_error=1");
    host.wait("it is lost", |now| !is_live(now));
    host.wait("it is back", is_live);
    assert_eq!(brightness(), "brightness: 191");
}
