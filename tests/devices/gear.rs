//! Devices that a test makes: a touchscreen and a remote control (`uinput`), a chip with lines (`gpio-sim`), and a look at what the
//! display (`vkms`) shows.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use evdev::uinput::VirtualDevice;
use evdev::{AbsInfo, AbsoluteAxisCode, AttributeSet, EventType, InputEvent, KeyCode, PropType, UinputAbsSetup};
use ketang_tests::{Daemon, HostSettings, LIMIT, program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub(crate) const CARD: &str = "/dev/dri/card0";
/// What the touchscreen measures on each axis.
pub(crate) const RANGE: i32 = 4096;

/// Asks until it is so: the kernel makes a device's node a moment after the device.
pub(crate) fn soon<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::yield_now();
    }
}

/// A screen of ten fingers; dropping it pulls it out.
pub(crate) struct Screen(VirtualDevice);

impl Screen {
    pub(crate) fn plug_in(name: &str) -> Self {
        let axis = |code, most| UinputAbsSetup::new(code, AbsInfo::new(0, 0, most, 0, 0, 0));
        let device = VirtualDevice::builder().unwrap().name(name);
        let device = device.with_keys(&AttributeSet::from_iter([KeyCode::BTN_TOUCH])).unwrap();
        let device = device.with_properties(&AttributeSet::from_iter([PropType::DIRECT])).unwrap();
        let device = device.with_absolute_axis(&axis(AbsoluteAxisCode::ABS_MT_SLOT, 9)).unwrap();
        let device = device.with_absolute_axis(&axis(AbsoluteAxisCode::ABS_MT_TRACKING_ID, 65535)).unwrap();
        let device = device.with_absolute_axis(&axis(AbsoluteAxisCode::ABS_MT_POSITION_X, RANGE)).unwrap();
        let device = device.with_absolute_axis(&axis(AbsoluteAxisCode::ABS_MT_POSITION_Y, RANGE)).unwrap();
        Self(with_node(device.build().unwrap()))
    }

    fn tell(&mut self, events: &[(AbsoluteAxisCode, i32)]) {
        let events: Vec<_> =
            events.iter().map(|(code, value)| InputEvent::new(EventType::ABSOLUTE.0, code.0, *value)).collect();
        self.0.emit(&events).unwrap();
    }

    /// A finger comes down at a place as the screen measures it.
    pub(crate) fn down(&mut self, finger: i32, (x, y): (i32, i32)) {
        self.tell(&[
            (AbsoluteAxisCode::ABS_MT_SLOT, finger),
            (AbsoluteAxisCode::ABS_MT_TRACKING_ID, 100 + finger),
            (AbsoluteAxisCode::ABS_MT_POSITION_X, x),
            (AbsoluteAxisCode::ABS_MT_POSITION_Y, y),
        ]);
    }

    pub(crate) fn up(&mut self, finger: i32) {
        self.tell(&[(AbsoluteAxisCode::ABS_MT_SLOT, finger), (AbsoluteAxisCode::ABS_MT_TRACKING_ID, -1)]);
    }
}

/// A remote control; dropping it pulls it out.
pub(crate) struct Remote(VirtualDevice);

impl Remote {
    pub(crate) fn plug_in(name: &str, keys: &[KeyCode]) -> Self {
        let device = VirtualDevice::builder().unwrap().name(name);
        let device = device.with_keys(&AttributeSet::from_iter(keys.iter().copied())).unwrap();
        Self(with_node(device.build().unwrap()))
    }

    pub(crate) fn node(&mut self) -> PathBuf {
        self.0.enumerate_dev_nodes_blocking().unwrap().next().unwrap().unwrap()
    }

    pub(crate) fn key(&mut self, key: KeyCode, down: bool) {
        self.0.emit(&[InputEvent::new(EventType::KEY.0, key.0, down.into())]).unwrap();
    }

    pub(crate) fn press(&mut self, key: KeyCode) {
        self.key(key, true);
        self.key(key, false);
    }
}

fn with_node(mut device: VirtualDevice) -> VirtualDevice {
    soon("the kernel makes a node", || {
        let node = device.enumerate_dev_nodes_blocking().ok()?.next()?.ok()?;
        node.exists().then_some(())
    });
    device
}

/// A chip with lines of these names; dropping it takes it away.
pub(crate) struct Chip {
    config: PathBuf,
    lines: PathBuf,
    names: Vec<String>,
}

impl Chip {
    pub(crate) fn with(names: &[&str]) -> Self {
        let config = PathBuf::from("/sys/kernel/config/gpio-sim/ketang");
        let bank = config.join("bank");
        fs::create_dir_all(&bank).unwrap();
        fs::write(bank.join("label"), "ketang-pins").unwrap();
        fs::write(bank.join("num_lines"), names.len().to_string()).unwrap();
        for (number, name) in names.iter().enumerate() {
            let line = bank.join(format!("line{number}"));
            fs::create_dir(&line).unwrap();
            fs::write(line.join("name"), name).unwrap();
        }
        fs::write(config.join("live"), "1").unwrap();
        let read = |file: PathBuf| fs::read_to_string(file).unwrap().trim().to_owned();
        let lines =
            Path::new("/sys/devices/platform").join(read(config.join("dev_name"))).join(read(bank.join("chip_name")));
        Self { config, lines, names: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn file(&self, name: &str, file: &str) -> PathBuf {
        let number = self.names.iter().position(|one| one == name).expect("the chip has such a line");
        self.lines.join(format!("sim_gpio{number}")).join(file)
    }

    /// What hangs at a line pulls it up or down.
    pub(crate) fn pull(&self, name: &str, up: bool) {
        fs::write(self.file(name, "pull"), if up { "pull-up" } else { "pull-down" }).unwrap();
    }

    /// The level of a line.
    pub(crate) fn level(&self, name: &str) -> bool {
        fs::read_to_string(self.file(name, "value")).unwrap().trim() == "1"
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        let _ = fs::write(self.config.join("live"), "0");
        let bank = self.config.join("bank");
        for number in 0..self.names.len() {
            let _ = fs::remove_dir(bank.join(format!("line{number}")));
        }
        let _ = fs::remove_dir(bank);
        let _ = fs::remove_dir(&self.config);
    }
}

/// A host whose inputs are test pictures, mixed at 720p: the guest has one processor.
pub(crate) fn pattern_room() -> HostSettings {
    let settings = HostSettings::generic().set("board.name", "raspberrypi4").set("recording.tracks", "[]");
    ["teacher-panorama", "hdmi", "teacher-mic"]
        .into_iter()
        .fold(settings, |settings, role| settings.set(format!("inputs.{role}.source"), "pattern"))
}

/// A running program that is a client of the daemon. Dropping it kills it.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(name: &str, daemon: &Daemon, args: &[&str]) -> Self {
        let mut command = Command::new(program(name));
        command.args(args).arg("--socket").arg(daemon.socket()).stdin(Stdio::null());
        Self(command.spawn().expect("the program can be started"))
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.0.try_wait().expect("its state can be asked").is_none()
    }

    /// Ends it as systemd does.
    pub(crate) fn terminate(mut self) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), Signal::SIGTERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The display's own check sums of the pictures that it composes, one for each that goes out.
pub(crate) struct CheckSums(BufReader<File>);

impl CheckSums {
    pub(crate) fn begin() -> Self {
        let folder = Path::new("/sys/kernel/debug/dri/0/crtc-0/crc");
        fs::write(folder.join("control"), "auto").unwrap();
        Self(BufReader::new(File::open(folder.join("data")).unwrap()))
    }

    /// Of the next picture that goes out. The picture before the first may still be on its way.
    pub(crate) fn next(&mut self) -> u32 {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let sum = line.split_whitespace().nth(1).and_then(|sum| sum.strip_prefix("0x"));
        u32::from_str_radix(sum.expect("a frame and its check sum"), 16).unwrap()
    }

    /// Waits until a picture of this check sum goes out.
    pub(crate) fn until(&mut self, sum: u32) {
        soon("the picture is shown", || (self.next() == sum).then_some(()));
    }
}

/// The check sum that `vkms` makes of a picture (vkms_composer.c): `crc32_le` from nought over its pixels as four words of 16 bits,
/// alpha, red, green and blue.
pub(crate) fn check_sum(picture: &[u32]) -> u32 {
    let table: Vec<u32> = (0..256)
        .map(|byte| (0..8).fold(byte, |sum, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 }))
        .collect();
    let mut sum = 0;
    for pixel in picture {
        let [blue, green, red, _] = pixel.to_le_bytes();
        // A word of 16 bits is the byte twice.
        for byte in [255, 255, red, red, green, green, blue, blue] {
            sum = table[((sum ^ u32::from(byte)) & 255) as usize] ^ (sum >> 8);
        }
    }
    sum
}
