//! The panel's own display and touchscreen: which they are, by flags and by the file `/etc/ketang/panel.toml`; and whether IT
//! helps from a page beside them.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ketang_board::linux::panel::{Calibration, DisplayPlace, TouchSettings, WatchedTouch};
use ketang_hal::panel::Rotation;
use ketang_hal::picture::Size;
use serde::Deserialize;

use crate::cli::Cli;
use crate::run::{DisplayAndTouch, Failure};

#[derive(Debug, thiserror::Error)]
pub(crate) enum DevicesError {
    #[error("the panel's devices cannot be read from {path}: {error}")]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{path} says wrongly which devices the panel has: {why}")]
    Wrong { path: PathBuf, why: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    display: Option<String>,
    touch: Option<String>,
    /// Degrees clockwise.
    rotate: Option<u32>,
    calibration: Option<[f64; 6]>,
    /// Width and height of the display, before it is turned.
    size_mm: Option<[u32; 2]>,
    assistance: Option<SocketAddr>,
    pin_file: Option<PathBuf>,
    it_pin_file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Devices {
    display: DisplayPlace,
    touch: Option<String>,
    rotation: Rotation,
    calibration: Calibration,
    /// How large the display is, where it does not tell or tells wrongly; as it hangs.
    pub(crate) millimetres: Option<Size>,
    /// Where IT's page is served.
    pub(crate) assistance: Option<SocketAddr>,
    /// The files with the PINs of the lock and of IT.
    pub(crate) pin_file: Option<PathBuf>,
    pub(crate) it_pin_file: Option<PathBuf>,
}

impl Devices {
    /// Flags come before the file, which need not be there.
    pub(crate) fn of(cli: &Cli) -> Result<Self, DevicesError> {
        let text = match std::fs::read_to_string(&cli.config) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|error| DevicesError::Unreadable { path: cli.config.clone(), error })?,
        };
        let file = Self::parse(&cli.config, &text)?;
        Ok(Self {
            display: cli.display.clone().unwrap_or(file.display),
            touch: cli.touch.clone().or(file.touch),
            rotation: cli.rotate.unwrap_or(file.rotation),
            calibration: file.calibration,
            millimetres: file.millimetres.map(|size| cli.rotate.unwrap_or(file.rotation).size(size)),
            assistance: cli.assistance.or(file.assistance),
            pin_file: cli.pin_file.clone().or(file.pin_file),
            it_pin_file: cli.it_pin_file.clone().or(file.it_pin_file),
        })
    }

    fn parse(path: &Path, text: &str) -> Result<Self, DevicesError> {
        let wrong = |why: String| DevicesError::Wrong { path: path.into(), why };
        let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let display = file.display.as_deref().map(str::parse).transpose();
        let rotation = file.rotate.map_or(Some(Rotation::None), Rotation::from_degrees);
        let calibration = file.calibration.map_or(Some(Calibration::default()), Calibration::new);
        Ok(Self {
            display: display.map_err(|error| wrong(format!("display: {error}")))?.unwrap_or_default(),
            touch: file.touch,
            rotation: rotation.ok_or_else(|| wrong("rotate: use 0, 90, 180 or 270".into()))?,
            calibration: calibration
                .ok_or_else(|| wrong("calibration: these numbers leave no surface to touch".into()))?,
            millimetres: file.size_mm.map(|[width, height]| Size { width, height }),
            assistance: file.assistance,
            pin_file: file.pin_file,
            it_pin_file: file.it_pin_file,
        })
    }

    /// Opens the display, which must be there, and the touchscreen, which may come later.
    pub(crate) fn open(self) -> Result<DisplayAndTouch, Failure> {
        let Self { display, touch, rotation, calibration, .. } = self;
        let display = display.open(rotation)?;
        let settings = TouchSettings { device: touch, calibration, rotation, size: display.size() };
        Ok((display, Box::new(WatchedTouch::new(settings))))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn flags_come_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("panel.toml");
        let of = |flags: &[&str]| {
            let start = ["ketang-panel", "--config", file.to_str().unwrap()];
            Devices::of(&Cli::try_parse_from(start.iter().chain(flags)).unwrap()).unwrap()
        };
        assert_eq!(of(&[]).display, DisplayPlace::Auto, "without a file");
        let text = "display = 'fb1'\ntouch = 'ILITEK'\nrotate = 180\ncalibration = [-1, 0, 1, 0, 1, 0]\nsize-mm = [217, 136]\n\
                    assistance = '127.0.0.1:8800'\npin-file = '/etc/ketang/panel-pin'\nit-pin-file = '/etc/ketang/it-pin'";
        std::fs::write(&file, text).unwrap();
        let calibration = Calibration::new([-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
        let (touch, rotation) = (Some("ILITEK".to_owned()), Rotation::Half);
        let display = DisplayPlace::FrameBuffer("fb1".into());
        let assistance = "127.0.0.1:8800".parse().ok();
        let pin_file = Some(PathBuf::from("/etc/ketang/panel-pin"));
        let it_pin_file = Some(PathBuf::from("/etc/ketang/it-pin"));
        let millimetres = Some(Size { width: 217, height: 136 });
        let read = Devices { display, touch, rotation, calibration, millimetres, assistance, pin_file, it_pin_file };
        assert_eq!(of(&[]), read);
        let devices = ["--display", "auto", "--rotate", "0", "--touch", "/dev/input/event3"];
        let others = ["--assistance", "127.0.0.1:9000", "--pin-file", "pin", "--it-pin-file", "it-pin"];
        let flags = of(&[&devices[..], &others].concat());
        let (touch, assistance) = (Some("/dev/input/event3".to_owned()), "127.0.0.1:9000".parse().ok());
        let (display, rotation, pin_file) = (DisplayPlace::Auto, Rotation::None, Some(PathBuf::from("pin")));
        let it_pin_file = Some(PathBuf::from("it-pin"));
        assert_eq!(
            flags,
            Devices { display, touch, rotation, calibration, millimetres, assistance, pin_file, it_pin_file }
        );
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        for (text, named) in [
            ("dispaly = 'fb0'", "dispaly"),
            ("display = 'hdmi'", "hdmi"),
            ("rotate = 45", "rotate"),
            ("calibration = [1, 0, 0, 0, 1]", "calibration"),
            ("calibration = [0, 0, 0, 0, 0, 0]", "calibration"),
            ("size-mm = [217]", "size-mm"),
            ("assistance = true", "assistance"),
            ("assistance = '127.0.0.1'", "assistance"),
        ] {
            let error = Devices::parse(Path::new("panel.toml"), text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
