//! The whole host on real kernel devices: run by `scripts/devices` inside its guest, skipped elsewhere.
//!
//! The guest has two cameras, an HDMI input, a multi-planar device (all `vivid`), the sound cards Dummy and Loopback, and a
//! display (`vkms`); touchscreens, remote controls and GPIO lines are made by the tests that need them. The tests run one after the
//! other and leave the devices as they found them. `day` and `each` have a guest whose idle time is skipped, `power` and `hang` one
//! with a disk each, which survives its end.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod controls;
mod day;
mod display;
mod each;
mod gear;
mod hang;
mod lesson;
mod modes;
mod panel;
mod picture;
mod power;
mod room;
mod sound;
mod touch;
mod watchdog;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ketang_hal::role::Role;
use ketang_protocol::lesson::{Gap, GapKind, Outcome};
use ketang_tests::{HostSettings, Kept, LIMIT};

const CAMERA: &str = "/dev/video20";
const OTHER_CAMERA: &str = "/dev/video21";
const HDMI: &str = "/dev/video22";

fn inside_the_guest() -> bool {
    let inside = std::env::var_os("KETANG_DEVICES").is_some();
    if !inside {
        eprintln!("skipped: needs the devices of `scripts/devices`");
    }
    inside
}

/// Whether idle time is skipped and computing takes none: what is measured in time is then the host's doing alone, however slow or
/// busy the machine.
fn time_travels() -> bool {
    let travels = fs::read_to_string("/proc/cmdline").unwrap().contains("time-travel=inf-cpu");
    if !travels {
        eprintln!("skipped: needs the guest of `scripts/devices` whose idle time is skipped");
    }
    travels
}

/// Where the disk of a guest that has one is mounted, and the folder that outlives the guest.
fn disk_and_scratch() -> Option<(PathBuf, PathBuf)> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let both = folder("KETANG_DISK").zip(folder("KETANG_SCRATCH"));
    if both.is_none() {
        eprintln!("skipped: needs the guest of `scripts/devices` that has a disk");
    }
    both
}

/// Two cameras, a computer and a microphone. Pictures are mixed at 720p: the guest has one processor.
fn settings() -> HostSettings {
    HostSettings::generic()
        .set("board.name", "raspberrypi4")
        .set("programme.output-sound", "none")
        .set("inputs.teacher-panorama.source", format!("v4l2:{CAMERA}"))
        .set("inputs.students-panorama.source", format!("v4l2:{OTHER_CAMERA}"))
        .set("inputs.hdmi.source", format!("v4l2:{HDMI}"))
        .set("inputs.teacher-mic.source", "alsa:hw:Loopback,1")
        .set("recording.tracks", "[\"hdmi\"]")
}

/// What the guest's one processor may leave undone on a busy machine, in seconds: frames of a track, or an input's.
const STALL: f64 = 1.5;

/// Asserts that the lesson is good, and gives the gaps of `inputs`. Any other gap must be a short one, as such a processor makes them.
fn gaps_of_good(kept: &Kept, inputs: &[Role]) -> Vec<Gap> {
    assert_eq!(kept.faults(), Vec::<String>::new(), "{:#?}\ngaps: {:#?}", kept.lesson.tracks, kept.lesson.gaps);
    let outcome = &kept.lesson.outcome;
    assert!(matches!(outcome, Outcome::Kept | Outcome::KeptWithGaps), "{outcome:?}, gaps: {:#?}", kept.lesson.gaps);
    let is_of = |gap: &Gap| matches!(gap.what, GapKind::InputLost { input } if inputs.contains(&input));
    let (wanted, others): (Vec<Gap>, Vec<Gap>) = kept.lesson.gaps.iter().cloned().partition(is_of);
    for gap in others {
        let short = gap.seconds.is_some_and(|seconds| seconds < STALL);
        assert!(short || matches!(gap.what, GapKind::FramesDropped { .. }), "{gap:?}");
    }
    wanted
}

fn v4l2_ctl(device: &str, control: &str) {
    let done = Command::new("v4l2-ctl").args(["-d", device, "-c", control]).output().expect("v4l-utils are installed");
    assert!(done.status.success(), "v4l2-ctl {control}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The computer at the HDMI input; dropping it sets it to what the other tests expect.
struct Computer;

impl Computer {
    /// The numbers are those of vivid's menus.
    fn sends_720p25() -> Self {
        v4l2_ctl(HDMI, "dv_timings_signal_mode=4");
        v4l2_ctl(HDMI, "dv_timings=6");
        Self
    }

    fn sends_1080i50(&self) {
        v4l2_ctl(HDMI, "dv_timings_signal_mode=4");
        v4l2_ctl(HDMI, "dv_timings=13");
    }

    fn sends_1024x768(&self) {
        v4l2_ctl(HDMI, "dv_timings_signal_mode=4");
        v4l2_ctl(HDMI, "dv_timings=31");
    }

    fn sleeps(&self) {
        v4l2_ctl(HDMI, "dv_timings_signal_mode=1");
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        v4l2_ctl(HDMI, "dv_timings_signal_mode=4");
        v4l2_ctl(HDMI, "dv_timings=16");
    }
}

/// Somebody who whistles into the microphone, which is the other end of the loopback.
struct Whistle(Child);

impl Whistle {
    fn begin() -> Self {
        let mut player = Command::new("gst-launch-1.0");
        player.args([
            "-q",
            "--no-position",
            "audiotestsrc",
            "wave=sine",
            "freq=440",
            "volume=0.2",
            "is-live=true",
            "!",
            "audioconvert",
        ]);
        player.args(["!", "audio/x-raw,format=S16LE,rate=48000,channels=2", "!", "alsasink", "device=hw:Loopback,0"]);
        Self(player.stdin(Stdio::null()).spawn().expect("GStreamer's tools are installed"))
    }
}

impl Drop for Whistle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One of vivid's devices that is gone for everybody until this is dropped; those beside it do not notice.
struct PulledOut {
    _held: File,
}

impl PulledOut {
    /// The driver gives the device back when nobody has it open any more, so whoever pulls it out holds it.
    fn of(device: &str) -> Self {
        let held = File::open(device).unwrap();
        v4l2_ctl(device, "disconnect=1");
        Self { _held: held }
    }
}

/// A device's driver lets go of it, as when it is pulled out; dropping this plugs it in.
struct Unplugged {
    driver: &'static str,
    device: &'static str,
}

impl Unplugged {
    fn cameras() -> Self {
        Self::pull("vivid", "vivid.0")
    }

    fn sound_card() -> Self {
        Self::pull("snd_aloop", "snd_aloop.0")
    }

    fn pull(driver: &'static str, device: &'static str) -> Self {
        fs::write(format!("/sys/bus/platform/drivers/{driver}/unbind"), device).unwrap();
        Self { driver, device }
    }

    /// A device that somebody still holds open keeps its number, so the host must have let go of it first.
    fn plug_in(self) {
        let begun = Instant::now();
        while let Some(held) = gone_but_open() {
            assert!(begun.elapsed() < LIMIT, "the host holds on to {}", held.display());
            // Nothing tells of it; and where idle time is skipped, only sleeping lets time pass.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A device that is not there any more and that this process holds open.
fn gone_but_open() -> Option<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let mut open = open.filter(|file| file.to_string_lossy().starts_with("/dev/"));
    open.find(|file| file.to_string_lossy().ends_with(" (deleted)"))
}

impl Drop for Unplugged {
    fn drop(&mut self) {
        fs::write(format!("/sys/bus/platform/drivers/{}/bind", self.driver), self.device).unwrap();
    }
}
