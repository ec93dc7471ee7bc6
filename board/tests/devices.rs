//! The Linux board on real kernel devices: run by `scripts/devices` inside its guest, skipped elsewhere.
//!
//! The guest has two cameras, an HDMI input, a multi-planar device with a camera and two HDMI sockets, and an output (all
//! `vivid`), and the sound cards Dummy and Loopback. The tests run one after the other and leave the devices as they found them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ketang_board::linux::{BoardFile, KernelWatchdog, LinuxBoard};
use ketang_hal::HalError;
use ketang_hal::address::Address;
use ketang_hal::board::{Board, Credentials};
use ketang_hal::picture::{PictureSource, Signal, Size, V4l2Format};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::{CaptureControl, SoundSource};
use ketang_hal::watchdog::Watchdog;
use v4l::buffer::Type;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::{Device, FourCC, prelude::MmapStream};

const CAMERA: &str = "/dev/video20";
const HDMI: &str = "/dev/video22";
/// Multi-planar: input 0 is a camera, 1 and 2 are HDMI.
const MANY_INPUTS: &str = "/dev/video23";
/// The kernel answers within milliseconds; this only keeps a broken test from waiting for ever.
const LIMIT: Duration = Duration::from_secs(20);

fn inside_the_guest() -> bool {
    let inside = std::env::var_os("KETANG_DEVICES").is_some();
    if !inside {
        eprintln!("skipped: needs the devices of `scripts/devices`");
    }
    inside
}

fn board() -> LinuxBoard {
    LinuxBoard::new(BoardFile::named("generic").expect("it is built in"))
}

fn open(role: PictureRole, device: &str) -> Result<PictureSource, HalError> {
    open_in(role, device, None)
}

fn open_in(role: PictureRole, device: &str, mode: Option<&str>) -> Result<PictureSource, HalError> {
    board().open_picture(role, &Address::V4l2(device.into()), &Credentials::default(), mode)
}

fn open_sound(device: &str) -> Result<SoundSource, HalError> {
    board().open_sound(SoundRole::TeacherMic, &Address::Alsa(device.into()))
}

/// The parts of a V4L2 source, to compare it whole.
fn mode(source: PictureSource) -> (String, V4l2Format, Size, (u32, u32)) {
    let PictureSource::V4l2 { device, format, size, fps } = source else { panic!("not a V4L2 source") };
    (device.display().to_string(), format, size, fps)
}

fn signal(device: &str) -> Signal {
    board().signal(&Address::V4l2(device.into()))
}

fn v4l2_ctl(device: &str, arguments: &[&str]) {
    let done = Command::new("v4l2-ctl").args(["-d", device]).args(arguments).output().expect("v4l-utils are installed");
    assert!(done.status.success(), "v4l2-ctl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What the computer at the HDMI input does.
enum Computer {
    Off,
    /// It sends what cannot be locked to.
    Garbled,
    Sends1080p60,
    Sends1080p25,
    Sends1024x768,
}

fn computer(device: &str, does: Computer) {
    // The numbers are those of vivid's menus.
    let (mode, timings) = match does {
        Computer::Off => (1, None),
        Computer::Garbled => (2, None),
        Computer::Sends1080p60 => (4, Some(16)),
        Computer::Sends1080p25 => (4, Some(11)),
        Computer::Sends1024x768 => (4, Some(31)),
    };
    v4l2_ctl(device, &["-c", &format!("dv_timings_signal_mode={mode}")]);
    if let Some(timings) = timings {
        v4l2_ctl(device, &["-c", &format!("dv_timings={timings}")]);
    }
}

fn strings<const N: usize>(of: [&str; N]) -> BTreeSet<String> {
    of.map(str::to_owned).into()
}

#[test]
fn every_capture_device_is_found_and_no_other() {
    if !inside_the_guest() {
        return;
    }
    let found = board().find_inputs();
    // /dev/video24 is an output.
    let expected = [
        "v4l2:/dev/video20",
        "v4l2:/dev/video21",
        "v4l2:/dev/video22",
        "v4l2:/dev/video23",
        "alsa:hw:0,0",
        "alsa:hw:1,0",
        "alsa:hw:1,1",
    ];
    assert_eq!(found.iter().map(|input| input.address.to_string()).collect::<Vec<_>>(), expected);
    assert_eq!(found[0].name, "vivid (platform:vivid-000)");
    assert_eq!(found[0].modes[..2], ["1920×1080 Nv12 at 25 fps", "1920×1080 Yuyv at 25 fps"]);
    assert_eq!(
        (found[6].name.as_str(), found[6].modes.join("; ")),
        ("Loopback: Loopback PCM", "48000 Hz, 2 channels".into())
    );
}

#[test]
fn a_camera_opens_in_the_mode_that_a_lesson_uses_and_delivers_it() {
    if !inside_the_guest() {
        return;
    }
    let source = open(PictureRole::TeacherPanorama, CAMERA).unwrap();
    assert_eq!(mode(source), (CAMERA.into(), V4l2Format::Nv12, Size::FULL_HD, (25, 1)));
    let device = Device::with_path(CAMERA).unwrap();
    let format = device.format().unwrap();
    assert_eq!((format.fourcc, format.width, format.height), (FourCC::new(b"NV12"), 1920, 1080));
    let mut stream = MmapStream::with_buffers(&device, Type::VideoCapture, 4).unwrap();
    stream.set_timeout(LIMIT);
    for _ in 0..3 {
        let (_, frame) = stream.next().unwrap();
        assert_eq!(frame.bytesused, 1920 * 1080 * 3 / 2);
    }
    assert_eq!(signal(CAMERA), Signal::Unknown);
}

#[test]
fn a_camera_opens_in_the_mode_that_was_chosen_and_in_no_other() {
    if !inside_the_guest() {
        return;
    }
    let listed = &board().find_inputs()[0].modes;
    let other = listed.iter().find(|mode| mode.starts_with("1280×720 Yuyv")).unwrap();
    let source = open_in(PictureRole::TeacherPanorama, CAMERA, Some(other)).unwrap();
    let (_, format, size, _) = mode(source);
    assert_eq!((format, size), (V4l2Format::Yuyv, Size::HD));
    let format = Device::with_path(CAMERA).unwrap().format().unwrap();
    assert_eq!((format.fourcc, format.width, format.height), (FourCC::new(b"YUYV"), 1280, 720));
    let error = open_in(PictureRole::TeacherPanorama, CAMERA, Some("8×6 Yuyv at 1 fps")).err().unwrap().to_string();
    assert!(error.contains("has no mode `8×6 Yuyv at 1 fps`") && error.contains(other), "{error}");
    // A receiver goes by its signal.
    computer(HDMI, Computer::Sends1080p60);
    open_in(PictureRole::Hdmi, HDMI, Some("8×6 Yuyv at 1 fps")).unwrap();
}

#[test]
fn a_camera_that_streams_elsewhere_is_busy() {
    if !inside_the_guest() {
        return;
    }
    let other = Device::with_path(CAMERA).unwrap();
    let mut stream = MmapStream::with_buffers(&other, Type::VideoCapture, 4).unwrap();
    stream.set_timeout(LIMIT);
    stream.next().unwrap();
    let error = open(PictureRole::Board, CAMERA).err().unwrap();
    assert!(matches!(&error, HalError::Busy { path } if path == Path::new(CAMERA)), "{error}");
    drop(stream);
    open(PictureRole::Board, CAMERA).unwrap();
}

#[test]
fn what_is_no_camera_is_refused() {
    if !inside_the_guest() {
        return;
    }
    assert!(matches!(open(PictureRole::Board, "/dev/video99"), Err(HalError::NotThere { .. })));
    assert!(matches!(open(PictureRole::Board, "/dev/video24"), Err(HalError::NoUsableMode { .. })));
    assert!(matches!(open(PictureRole::Board, "/dev/snd/controlC1"), Err(HalError::NoUsableMode { .. })));
}

#[test]
fn the_hdmi_signal_is_seen_and_locked_to() {
    if !inside_the_guest() {
        return;
    }
    let locked = |width, height| Signal::Locked(Size { width, height });
    computer(HDMI, Computer::Sends1080p60);
    assert_eq!(signal(HDMI), locked(1920, 1080));
    let source = open(PictureRole::Hdmi, HDMI).unwrap();
    assert_eq!(mode(source), (HDMI.into(), V4l2Format::Nv12, Size::FULL_HD, (60, 1)));

    computer(HDMI, Computer::Sends1024x768);
    assert_eq!(signal(HDMI), locked(1024, 768));
    let source = open(PictureRole::Hdmi, HDMI).unwrap();
    // The driver's own spelling of 60.004 fps, without which a graph cannot ask for it.
    assert_eq!(mode(source), (HDMI.into(), V4l2Format::Nv12, Size { width: 1024, height: 768 }, (40_625, 677)));

    computer(HDMI, Computer::Off);
    assert_eq!(signal(HDMI), Signal::None);
    let error = open(PictureRole::Hdmi, HDMI).err().unwrap().to_string();
    assert!(error.starts_with("no signal at /dev/video22 (nothing comes in)"), "{error}");

    computer(HDMI, Computer::Garbled);
    assert_eq!(signal(HDMI), Signal::Unstable);
    let error = open(PictureRole::Hdmi, HDMI).err().unwrap().to_string();
    assert!(error.starts_with("no signal at /dev/video22 (what comes in cannot be locked to)"), "{error}");

    computer(HDMI, Computer::Sends1080p25);
    let source = open(PictureRole::Hdmi, HDMI).unwrap();
    assert_eq!(mode(source), (HDMI.into(), V4l2Format::Nv12, Size::FULL_HD, (25, 1)));
}

#[test]
fn a_signal_that_changes_while_it_streams_is_seen() {
    if !inside_the_guest() {
        return;
    }
    computer(HDMI, Computer::Sends1080p60);
    open(PictureRole::Hdmi, HDMI).unwrap();
    let device = Device::with_path(HDMI).unwrap();
    let mut stream = MmapStream::with_buffers(&device, Type::VideoCapture, 4).unwrap();
    stream.set_timeout(LIMIT);
    stream.next().unwrap();
    assert_eq!(signal(HDMI), Signal::Locked(Size::FULL_HD));
    computer(HDMI, Computer::Sends1024x768);
    assert_eq!(signal(HDMI), Signal::Locked(Size { width: 1024, height: 768 }));
    let error = open(PictureRole::Hdmi, HDMI).err().unwrap();
    assert!(matches!(error, HalError::Busy { .. }), "{error}");
    computer(HDMI, Computer::Off);
    assert_eq!(signal(HDMI), Signal::None);
    drop(stream);
    computer(HDMI, Computer::Sends1080p60);
    open(PictureRole::Hdmi, HDMI).unwrap();
}

#[test]
fn a_receiver_without_an_edid_is_given_one_and_keeps_its_own() {
    if !inside_the_guest() {
        return;
    }
    let told = || {
        let told = Command::new("v4l2-ctl").args(["-d", HDMI, "--get-edid", "pad=0,format=hex"]).output().unwrap();
        String::from_utf8_lossy(&told.stdout).split_whitespace().collect::<String>()
    };
    computer(HDMI, Computer::Sends1080p60);
    let own = told();
    assert!(own.contains("00ffffffffffff00"), "{own}");
    open(PictureRole::Hdmi, HDMI).unwrap();
    assert_eq!(told(), own, "a receiver keeps the EDID that it has");

    v4l2_ctl(HDMI, &["--clear-edid", "0"]);
    // It may take the computer a moment to see it.
    let begun = Instant::now();
    while open(PictureRole::Hdmi, HDMI).is_err() {
        assert!(begun.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(20));
    }
    // "ketang", the name in it.
    assert!(told().contains("6b6574616e67"), "{}", told());
    v4l2_ctl(HDMI, &["--set-edid", "pad=0,type=hdmi"]);
}

#[test]
fn of_several_sockets_the_one_with_a_signal_is_chosen() {
    if !inside_the_guest() {
        return;
    }
    let select = |input: &str| v4l2_ctl(MANY_INPUTS, &["-i", input]);
    let selected = || {
        let told = Command::new("v4l2-ctl").args(["-d", MANY_INPUTS, "-I"]).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    };
    select("1");
    computer(MANY_INPUTS, Computer::Off);
    select("2");
    computer(MANY_INPUTS, Computer::Sends1080p25);
    select("0");
    assert_eq!(signal(MANY_INPUTS), Signal::Unknown, "the camera's input");
    let (_, format, size, fps) = mode(open(PictureRole::Hdmi, MANY_INPUTS).unwrap());
    assert_eq!((format, size, fps), (V4l2Format::Nv12, Size::FULL_HD, (25, 1)));
    assert!(selected().contains(": 2"), "{}", selected());

    computer(MANY_INPUTS, Computer::Off);
    assert!(matches!(open(PictureRole::Hdmi, MANY_INPUTS), Err(HalError::NoSignal { .. })));
    // A camera's role leaves the input as it is set.
    select("0");
    let (_, format, size, fps) = mode(open(PictureRole::Board, MANY_INPUTS).unwrap());
    assert_eq!((format, size, fps), (V4l2Format::Nv12, Size::FULL_HD, (25, 1)));
    assert!(selected().contains(": 0"), "{}", selected());
}

#[test]
fn unplugging_and_plugging_in_are_told_of_and_the_camera_opens_again() {
    if !inside_the_guest() {
        return;
    }
    let board = board();
    // All of vivid's devices hang on one that is unplugged as a whole.
    let nodes = strings([CAMERA, "/dev/video21", HDMI, MANY_INPUTS, "/dev/video24"]);
    let driver = Path::new("/sys/bus/platform/drivers/vivid");
    for (file, there) in [("unbind", false), ("bind", true), ("unbind", false), ("bind", true)] {
        fs::write(driver.join(file), "vivid.0").unwrap();
        let mut told = BTreeSet::new();
        while told.len() < nodes.len() {
            let event = board.wait_for_hotplug(LIMIT).unwrap_or_else(|| panic!("{file}: only {told:?} were told of"));
            assert_eq!(event.there, there, "{event:?}");
            told.insert(event.device.display().to_string());
        }
        assert_eq!(told, nodes);
        match open(PictureRole::TeacherCloseup, CAMERA) {
            Ok(source) => assert!(there, "opened {:?} after it was unplugged", mode(source)),
            Err(HalError::NotThere { .. }) => assert!(!there, "not there after it was plugged in"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(board.wait_for_hotplug(Duration::ZERO), None);
}

#[test]
fn a_sound_card_opens_at_48_khz_and_one_in_use_is_busy() {
    if !inside_the_guest() {
        return;
    }
    let SoundSource::Alsa { device, rate, channels } = open_sound("hw:Loopback,1").unwrap() else {
        panic!("not a sound card")
    };
    assert_eq!((device.as_str(), rate, channels), ("hw:Loopback,1", 48_000, 2));
    for unknown in ["hw:9", "hw:1,7", "hw:Nobody"] {
        assert!(matches!(open_sound(unknown), Err(HalError::NotThere { .. })), "{unknown}");
    }
    let held = alsa::PCM::new("hw:Loopback,1,3", alsa::Direction::Capture, true).unwrap();
    assert!(matches!(open_sound("hw:Loopback,1,3"), Err(HalError::Busy { .. })));
    drop(held);
    open_sound("hw:Loopback,1,3").unwrap();
}

#[test]
fn a_card_with_another_rate_says_so() {
    if !inside_the_guest() {
        return;
    }
    // The two ends of the loopback share their format, as a card with one clock does.
    let playing = alsa::PCM::new("hw:Loopback,0,2", alsa::Direction::Playback, true).unwrap();
    let format = alsa::pcm::HwParams::any(&playing).unwrap();
    format.set_access(alsa::pcm::Access::RWInterleaved).unwrap();
    format.set_format(alsa::pcm::Format::s16()).unwrap();
    format.set_channels(1).unwrap();
    format.set_rate(44_100, alsa::ValueOr::Nearest).unwrap();
    playing.hw_params(&format).unwrap();
    let SoundSource::Alsa { rate, channels, .. } = open_sound("hw:Loopback,1,2").unwrap() else {
        panic!("not a sound card")
    };
    assert_eq!((rate, channels), (44_100, 1));
}

#[test]
fn a_watchdog_waits_again_after_its_food_and_is_called_off_at_the_end() {
    if !inside_the_guest() {
        return;
    }
    let path = Path::new("/dev/watchdog1");
    let mut watchdog = KernelWatchdog::open(path, Duration::from_secs(10)).unwrap();
    assert_eq!(watchdog.limit(), Duration::from_secs(10));
    assert!(KernelWatchdog::open(path, LIMIT).is_err(), "one program feeds it");
    let begun = Instant::now();
    while watchdog.left().unwrap() > Duration::from_secs(7) {
        assert!(begun.elapsed() < LIMIT, "it does not wait: {:?} left", watchdog.left());
        std::thread::yield_now();
    }
    watchdog.feed().unwrap();
    assert!(watchdog.left().unwrap() > Duration::from_secs(7));
    drop(watchdog);
    let again = KernelWatchdog::open(path, LIMIT).unwrap();
    assert_eq!(again.limit(), LIMIT);
    let error = KernelWatchdog::open(Path::new("/dev/null"), LIMIT).err().unwrap();
    assert!(error.to_string().contains("it is not a watchdog"), "{error}");
}

#[test]
fn capture_volume_and_switch_are_set_and_read_back() {
    if !inside_the_guest() {
        return;
    }
    let (board, card) = (board(), "alsa:hw:Dummy,0".parse().unwrap());
    let mic = || {
        let all = board.capture_controls(&card).unwrap();
        all.into_iter().find(|control| control.name == "Mic").expect("it has a microphone")
    };
    let before = mic();
    let set = |name: &str, percent, on| board.set_capture(&card, &CaptureControl { name: name.into(), percent, on });
    set("Mic", Some(50), Some(true)).unwrap();
    assert_eq!((mic().percent, mic().on), (Some(50), Some(true)));
    set("Mic", None, Some(false)).unwrap();
    assert_eq!((mic().percent, mic().on), (Some(50), Some(false)));
    let error = set("Trumpet", Some(50), None).unwrap_err();
    assert!(matches!(error, HalError::Absent { .. }), "{error}");
    let nobody = board.capture_controls(&"alsa:hw:Nobody,0".parse().unwrap());
    assert!(matches!(nobody, Err(HalError::NotThere { .. })), "{nobody:?}");
    board.set_capture(&card, &before).unwrap();
    assert_eq!(mic(), before);
}

/// The guest's cameras have no motor; that a real driver is asked and answers so is what can be tried here.
#[test]
fn a_camera_without_a_motor_is_said_to_have_none() {
    if !inside_the_guest() {
        return;
    }
    for device in [CAMERA, HDMI, MANY_INPUTS] {
        let address = format!("uvc:{device}").parse().expect("it is an address");
        let opened = board().open_ptz(&address, &Credentials::default(), Path::new("/tmp/presets.toml"));
        let error = opened.err().expect("it has no motor").to_string();
        assert!(error.starts_with("this camera cannot turn"), "{error}");
    }
}
