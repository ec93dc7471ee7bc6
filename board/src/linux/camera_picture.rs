//! How a camera makes its picture: brightness, exposure and the like, through the kernel's controls of the user and camera classes
//! (`V4L2_CID_*`, whose numbers and units are those of the kernel's userspace API, "User Controls" and "Camera Control Reference").

use std::io;

use ketang_hal::HalError;
use ketang_hal::picture::{OrAuto, PictureSettings, PowerLine};

use super::camera::Node;
use super::camera_controls::{Controls, Range};

const USER: u32 = 0x0098_0900;
const CAMERA: u32 = 0x009a_0900;

const BRIGHTNESS: u32 = USER;
const CONTRAST: u32 = USER + 1;
const SATURATION: u32 = USER + 2;
const AUTO_WHITE_BALANCE: u32 = USER + 12;
const AUTO_GAIN: u32 = USER + 18;
const GAIN: u32 = USER + 19;
const POWER_LINE: u32 = USER + 24;
const WHITE_BALANCE: u32 = USER + 26;
const SHARPNESS: u32 = USER + 27;
const BACKLIGHT: u32 = USER + 28;
const AUTO_EXPOSURE: u32 = CAMERA + 1;
const EXPOSURE: u32 = CAMERA + 2;
const FOCUS: u32 = CAMERA + 10;
const AUTO_FOCUS: u32 = CAMERA + 12;

/// Manual, and what cameras have of the automatic kinds: with a fixed aperture, or with everything.
const MANUAL_EXPOSURE: i32 = 1;
const AUTO_EXPOSURES: [i32; 2] = [3, 0];
/// `V4L2_CID_EXPOSURE_ABSOLUTE` counts these.
const EXPOSURE_MICROSECONDS: u32 = 100;

pub(super) fn set(node: &Node, settings: &PictureSettings) -> Result<(), HalError> {
    let refused = set_all(&node.device, settings);
    if refused.is_empty() {
        return Ok(());
    }
    Err(HalError::NotSettable { device: node.path.display().to_string(), what: refused.join(", ") })
}

/// Sets what is there, and names what is not.
fn set_all(device: &impl Controls, settings: &PictureSettings) -> Vec<&'static str> {
    let percents = [
        ("brightness", BRIGHTNESS, settings.brightness),
        ("contrast", CONTRAST, settings.contrast),
        ("saturation", SATURATION, settings.saturation),
        ("sharpness", SHARPNESS, settings.sharpness),
        ("backlight", BACKLIGHT, settings.backlight),
    ];
    let percents = percents.into_iter().filter_map(|(name, id, wanted)| Some((name, set_percent(device, id, wanted?))));
    let mut all: Vec<(&str, io::Result<()>)> = percents.collect();
    let lamps = settings.power_line.map(|wanted| ("power-line", device.set(POWER_LINE, power_line(wanted))));
    let gain = settings.gain.map(|wanted| {
        let done = switch(device, AUTO_GAIN, wanted, |percent| set_percent(device, GAIN, percent));
        ("gain", done)
    });
    let white = settings.white_balance.map(|wanted| {
        let done = switch(device, AUTO_WHITE_BALANCE, wanted, |kelvins| set_number(device, WHITE_BALANCE, kelvins));
        ("white-balance", done)
    });
    let focus = settings.focus.map(|wanted| {
        let done = switch(device, AUTO_FOCUS, wanted, |percent| set_percent(device, FOCUS, percent));
        ("focus", done)
    });
    let exposure = settings.exposure.map(|wanted| ("exposure", set_exposure(device, wanted)));
    all.extend([lamps, gain, white, focus, exposure].into_iter().flatten());
    all.into_iter().filter(|(_, done)| done.is_err()).map(|(name, _)| name).collect()
}

fn power_line(wanted: PowerLine) -> i32 {
    match wanted {
        PowerLine::Off => 0,
        PowerLine::Hz50 => 1,
        PowerLine::Hz60 => 2,
        PowerLine::Auto => 3,
    }
}

/// Lets a camera do it by itself or, before `fix` sets a value, not any more: a value that it governs cannot be set.
fn switch<T>(
    device: &impl Controls,
    automatic: u32,
    wanted: OrAuto<T>,
    fix: impl FnOnce(T) -> io::Result<()>,
) -> io::Result<()> {
    match wanted {
        OrAuto::Auto => device.set(automatic, 1),
        OrAuto::Fixed(value) => {
            // A camera that never does it by itself has no such switch.
            if device.range(automatic)?.is_some() {
                device.set(automatic, 0)?;
            }
            fix(value)
        }
    }
}

fn set_exposure(device: &impl Controls, wanted: OrAuto<u32>) -> io::Result<()> {
    match wanted {
        OrAuto::Auto => {
            let takes = AUTO_EXPOSURES.into_iter().any(|kind| device.set(AUTO_EXPOSURE, kind).is_ok());
            if takes { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
        }
        OrAuto::Fixed(microseconds) => {
            if device.range(AUTO_EXPOSURE)?.is_some() {
                device.set(AUTO_EXPOSURE, MANUAL_EXPOSURE)?;
            }
            set_number(device, EXPOSURE, microseconds / EXPOSURE_MICROSECONDS)
        }
    }
}

fn set_percent(device: &impl Controls, id: u32, percent: u8) -> io::Result<()> {
    let Range { least, greatest, step } = device.range(id)?.ok_or(io::ErrorKind::Unsupported)?;
    let (least, width, step) = (i64::from(least), i64::from(greatest) - i64::from(least), i64::from(step.max(1)));
    let steps = (width * i64::from(percent) / 100 + step / 2) / step;
    let value = least + (steps * step).min(width);
    device.set(id, i32::try_from(value).map_err(io::Error::other)?)
}

/// The nearest that the camera has.
fn set_number(device: &impl Controls, id: u32, number: u32) -> io::Result<()> {
    let Range { least, greatest, .. } = device.range(id)?.ok_or(io::ErrorKind::Unsupported)?;
    let number = i32::try_from(number).map_err(io::Error::other)?;
    device.set(id, number.clamp(least, greatest.max(least)))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// A camera that has these controls, and refuses a value outside their ranges as the kernel does.
    struct Camera {
        ranges: BTreeMap<u32, Range>,
        told: RefCell<Vec<(u32, i32)>>,
    }

    impl Camera {
        fn with(ranges: &[(u32, i32, i32, i32)]) -> Self {
            let ranges = ranges.iter().map(|&(id, least, greatest, step)| (id, Range { least, greatest, step }));
            Self { ranges: ranges.collect(), told: RefCell::default() }
        }

        fn told(&self, settings: &PictureSettings) -> (Vec<(u32, i32)>, Vec<&'static str>) {
            self.told.borrow_mut().clear();
            let refused = set_all(self, settings);
            (self.told.borrow().clone(), refused)
        }
    }

    impl Controls for Camera {
        fn range(&self, id: u32) -> io::Result<Option<Range>> {
            Ok(self.ranges.get(&id).copied())
        }
        fn get(&self, _: u32) -> io::Result<i32> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn set(&self, id: u32, value: i32) -> io::Result<()> {
            let range = self.ranges.get(&id).ok_or(io::ErrorKind::InvalidInput)?;
            if !(range.least..=range.greatest).contains(&value) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            self.told.borrow_mut().push((id, value));
            Ok(())
        }
    }

    #[test]
    fn per_cent_are_those_of_the_cameras_range() {
        let camera =
            Camera::with(&[(BRIGHTNESS, -64, 64, 1), (CONTRAST, 0, 10, 5), (SHARPNESS, i32::MIN, i32::MAX, 1)]);
        for (percent, brightness, contrast) in [(0, -64, 0), (50, 0, 5), (60, 12, 5), (100, 64, 10)] {
            let settings = PictureSettings {
                brightness: Some(percent),
                contrast: Some(percent),
                sharpness: Some(percent),
                ..PictureSettings::default()
            };
            let (told, refused) = camera.told(&settings);
            assert_eq!(told[..2], [(BRIGHTNESS, brightness), (CONTRAST, contrast)], "{percent} %");
            assert_eq!((told.len(), refused.len()), (3, 0), "{percent} %");
        }
    }

    #[test]
    fn a_value_that_the_camera_governs_is_taken_from_it_first() {
        let camera = Camera::with(&[
            (AUTO_WHITE_BALANCE, 0, 1, 1),
            (WHITE_BALANCE, 2800, 6500, 10),
            (AUTO_EXPOSURE, 0, 3, 1),
            (EXPOSURE, 3, 2047, 1),
            (FOCUS, 0, 250, 5),
        ]);
        let settings = PictureSettings {
            white_balance: Some(OrAuto::Fixed(4500)),
            exposure: Some(OrAuto::Fixed(10_000)),
            focus: Some(OrAuto::Fixed(0)),
            ..PictureSettings::default()
        };
        let wanted = [
            (AUTO_WHITE_BALANCE, 0),
            (WHITE_BALANCE, 4500),
            (FOCUS, 0),
            (AUTO_EXPOSURE, MANUAL_EXPOSURE),
            (EXPOSURE, 100),
        ];
        assert_eq!(camera.told(&settings), (wanted.to_vec(), vec![]));
        let settings = PictureSettings {
            white_balance: Some(OrAuto::Auto),
            exposure: Some(OrAuto::Auto),
            ..PictureSettings::default()
        };
        assert_eq!(camera.told(&settings), (vec![(AUTO_WHITE_BALANCE, 1), (AUTO_EXPOSURE, 3)], vec![]));
    }

    #[test]
    fn what_a_camera_lacks_is_named_and_the_rest_is_set() {
        let camera = Camera::with(&[(BRIGHTNESS, 0, 255, 1), (POWER_LINE, 0, 2, 1)]);
        let settings = PictureSettings {
            brightness: Some(100),
            saturation: Some(50),
            gain: Some(OrAuto::Auto),
            focus: Some(OrAuto::Fixed(3)),
            exposure: Some(OrAuto::Auto),
            power_line: Some(PowerLine::Hz50),
            ..PictureSettings::default()
        };
        let (told, refused) = camera.told(&settings);
        assert_eq!(told, [(BRIGHTNESS, 255), (POWER_LINE, 1)]);
        assert_eq!(refused, ["saturation", "gain", "focus", "exposure"]);
        let unknown = PictureSettings { power_line: Some(PowerLine::Auto), ..PictureSettings::default() };
        assert_eq!(camera.told(&unknown).1, ["power-line"], "a kind that it lacks");
    }
}
