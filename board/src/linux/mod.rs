//! A host on Linux: cameras and receivers through V4L2, sound through ALSA, hot-plug from the kernel.
//!
//! It opens and probes; moving frames is the graphs' business. It never waits but in `wait_for_hotplug`.

mod board_file;
mod camera;
pub(crate) mod camera_controls;
mod camera_picture;
pub mod controls;
mod edid;
mod hotplug;
mod ioctl;
mod mixer;
mod mode;
pub mod panel;
mod rauc;
mod receiver;
mod sound;
mod system;
mod watchdog;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::address::Address;
use ketang_hal::board::{Board, BoardEncoder, Credentials, DisplayOutput, FoundInput, Hotplug};
use ketang_hal::picture::{PictureSettings, PictureSource, Signal, Size};
use ketang_hal::ptz::{Ptz, PtzAddress, PtzError};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::{CaptureControl, SoundSource};
use ketang_hal::system::System;
use ketang_hal::update::Updater;

pub use board_file::{BoardFile, BoardFileError, Display, ProgrammeSize};
use hotplug::Watch;
pub use watchdog::{KernelWatchdog, ServiceWatchdog};

/// A board whose hardware is what its Linux kernel shows.
pub struct LinuxBoard {
    file: BoardFile,
    /// Held while one caller waits; a second one waits for the first.
    watch: Mutex<Watch>,
}

impl LinuxBoard {
    /// Devices that come or go from now on are told of by `wait_for_hotplug`.
    pub fn new(file: BoardFile) -> Self {
        Self { file, watch: Mutex::new(Watch::new()) }
    }

    pub fn file(&self) -> &BoardFile {
        &self.file
    }
}

impl Board for LinuxBoard {
    fn name(&self) -> &str {
        &self.file.name
    }

    fn open_picture(
        &self,
        role: PictureRole,
        address: &Address,
        credentials: &Credentials,
        mode: Option<&str>,
    ) -> Result<PictureSource, HalError> {
        match address {
            Address::V4l2(device) => camera::open(device, role, self.programme_size(), mode),
            Address::Rtsp(url) => Ok(PictureSource::Rtsp {
                url: url.clone(),
                user: credentials.user.clone(),
                password: credentials.password.clone(),
            }),
            Address::File(path) => Ok(PictureSource::File { path: readable(path)?.into() }),
            Address::Pattern => Ok(PictureSource::Pattern),
            Address::Alsa(_) => Err(wrong_kind(address, "a sound card has no picture")),
            Address::Sim => Err(no_room()),
        }
    }

    fn open_sound(&self, _role: SoundRole, address: &Address) -> Result<SoundSource, HalError> {
        match address {
            Address::Alsa(device) => sound::open(device),
            Address::File(path) => Ok(SoundSource::File { path: readable(path)?.into() }),
            Address::Pattern => Ok(SoundSource::Tone),
            Address::V4l2(_) => {
                Err(wrong_kind(address, "a V4L2 device has no sound; its sound card has an address of its own"))
            }
            Address::Rtsp(_) => Err(wrong_kind(address, "the sound of network cameras is not used")),
            Address::Sim => Err(no_room()),
        }
    }

    fn set_picture(&self, address: &Address, settings: &PictureSettings) -> Result<(), HalError> {
        match address {
            Address::V4l2(device) => camera_picture::set(&camera::Node::open(device)?, settings),
            _ => Err(HalError::NotSettable { device: address.to_string(), what: "picture".into() }),
        }
    }

    fn capture_controls(&self, address: &Address) -> Result<Vec<CaptureControl>, HalError> {
        let Address::Alsa(device) = address else { return Ok(Vec::new()) };
        mixer::controls(device)
    }

    fn set_capture(&self, address: &Address, control: &CaptureControl) -> Result<(), HalError> {
        match address {
            Address::Alsa(device) => mixer::set(device, control),
            _ => Err(HalError::Absent { what: format!("capture control `{}`", control.name) }),
        }
    }

    fn open_ptz(
        &self,
        address: &PtzAddress,
        credentials: &Credentials,
        memory: &Path,
    ) -> Result<Box<dyn Ptz>, PtzError> {
        match address {
            PtzAddress::Sim => {
                let why = "only the simulated room has simulated cameras".to_owned();
                Err(PtzError::BadAddress { address: address.to_string(), why })
            }
            real => crate::ptz::open(real, credentials, memory),
        }
    }

    fn signal(&self, address: &Address) -> Signal {
        let Address::V4l2(device) = address else { return Signal::Unknown };
        camera::Node::open(device).map_or(Signal::Unknown, |node| receiver::signal(&node))
    }

    fn find_inputs(&self) -> Vec<FoundInput> {
        camera::find(self.programme_size()).into_iter().chain(sound::find()).collect()
    }

    fn wait_for_hotplug(&self, limit: Duration) -> Option<Hotplug> {
        // A caller that panicked in a wait left nothing half-done.
        self.watch.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next(limit)
    }

    fn display(&self) -> DisplayOutput {
        self.file.display()
    }

    fn display_sound(&self) -> Option<String> {
        self.file.display_sound().map(str::to_owned)
    }

    fn encoders(&self) -> Vec<BoardEncoder> {
        self.file.encoders()
    }

    fn system(&self) -> System {
        system::look()
    }

    fn updater(&self) -> Option<Box<dyn Updater>> {
        rauc::Rauc::find().map(|rauc| Box::new(rauc) as Box<dyn Updater>)
    }

    fn programme_size(&self) -> Size {
        self.file.programme.0
    }
}

fn wrong_kind(address: &Address, why: &str) -> HalError {
    HalError::BadAddress { address: address.to_string(), why: why.to_owned() }
}

fn no_room() -> HalError {
    HalError::Absent { what: "simulated room".to_owned() }
}

/// A file that can be read now; whether it can be played is for the graph to find.
fn readable(path: &Path) -> Result<&Path, HalError> {
    std::fs::File::open(path).map(|_| path).map_err(|error| device_error(path, "cannot open", error))
}

/// The error of a device, by the kernel's number.
fn device_error(path: &Path, what: &'static str, error: io::Error) -> HalError {
    use nix::libc::{EACCES, EBUSY, ENODEV, ENOENT, ENXIO, EPERM};
    let device = path.display().to_string();
    match error.raw_os_error() {
        Some(ENOENT | ENODEV | ENXIO) => HalError::NotThere { path: path.into() },
        Some(EBUSY) => HalError::Busy { path: path.into() },
        Some(EACCES | EPERM) => HalError::Io {
            what: match device.as_str() {
                path if path.starts_with("/dev/input/") => "not allowed; put the program's user into the group `input`",
                path if path.starts_with("gpio:") => "not allowed; put the program's user into the group `gpio`",
                _ => "not allowed; put the host's user into the groups `video` and `audio`",
            },
            device,
            source: error,
        },
        _ => HalError::Io { device, what, source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> LinuxBoard {
        LinuxBoard::new(BoardFile::named("rk3588").unwrap())
    }

    fn picture(address: &str) -> Result<PictureSource, HalError> {
        board().open_picture(PictureRole::Board, &address.parse()?, &Credentials::default(), None)
    }

    fn sound(address: &str) -> Result<SoundSource, HalError> {
        board().open_sound(SoundRole::LineIn, &address.parse()?)
    }

    #[test]
    fn what_the_board_is_comes_from_its_file() {
        let board = board();
        assert_eq!(board.name(), "rk3588");
        assert_eq!(board.display(), DisplayOutput::Kms { driver: Some("rockchip".into()), connector: None });
        assert_eq!(board.programme_size(), Size::FULL_HD);
    }

    #[test]
    fn addresses_that_are_no_device_map_straight_to_sources() {
        let who = Credentials { user: Some("u".into()), password: Some("p".into()) };
        let address = Address::Rtsp("rtsp://camera/1".into());
        let source = board().open_picture(PictureRole::TeacherCloseup, &address, &who, None).unwrap();
        let PictureSource::Rtsp { url, user, password } = source else { panic!("not a network camera") };
        assert_eq!((url.as_str(), user.as_deref(), password.as_deref()), ("rtsp://camera/1", Some("u"), Some("p")));
        assert!(matches!(picture("pattern"), Ok(PictureSource::Pattern)));
        assert!(matches!(sound("pattern"), Ok(SoundSource::Tone)));
        let here = concat!("file:", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(matches!(picture(here), Ok(PictureSource::File { .. })));
        assert!(matches!(sound(here), Ok(SoundSource::File { .. })));
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        let said = |error: Option<HalError>| error.map(|error| error.to_string()).unwrap_or_default();
        assert!(said(picture("sim").err()).starts_with("this board has no simulated room"));
        assert!(said(sound("sim").err()).starts_with("this board has no simulated room"));
        assert!(said(picture("file:/no/such.mp4").err()).starts_with("no device at /no/such.mp4"));
        assert!(said(picture("alsa:hw:0").err()).contains("a sound card has no picture"));
        assert!(said(sound("v4l2:/dev/video0").err()).contains("has no sound"));
        assert!(said(sound("rtsp://camera/1").err()).contains("not used"));
    }

    #[test]
    fn only_a_device_can_tell_of_its_signal() {
        assert_eq!(board().signal(&Address::Pattern), Signal::Unknown);
        assert_eq!(board().signal(&Address::V4l2("/dev/none".into())), Signal::Unknown);
    }
}
