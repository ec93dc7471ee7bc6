//! A USB camera that turns (UVC), through the kernel's controls: pan and tilt in arc seconds, zoom in units of its own.
//!
//! V4L2's camera control reference. Such cameras have no presets: the host keeps them in a file.

use std::io;
use std::path::Path;

use ketang_hal::ptz::{Limits, Ptz, PtzError, PtzState, Span, Steer, View};
use v4l::Device;

use super::memory::Memory;
use crate::linux::camera_controls::{Controls, Range};

const CAMERA_CLASS: u32 = 0x009a_0900;
pub(super) const PAN: u32 = CAMERA_CLASS + 8;
pub(super) const TILT: u32 = CAMERA_CLASS + 9;
pub(super) const ZOOM: u32 = CAMERA_CLASS + 13;
pub(super) const PAN_SPEED: u32 = CAMERA_CLASS + 32;
pub(super) const TILT_SPEED: u32 = CAMERA_CLASS + 33;

const ARC_SECONDS: f64 = 3600.0;
/// Where a driver's zoom begins at 0 its end is taken to be this factor.
const UNKNOWN_ZOOM: f64 = 10.0;

pub(super) fn open(device: &Path, address: String, memory: Memory) -> Result<UvcCamera<Device>, PtzError> {
    let not_there = |error: io::Error| PtzError::NotThere { address: address.clone(), why: error.to_string() };
    // The crate panics on a path that C cannot hold.
    if device.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(not_there(io::ErrorKind::InvalidInput.into()));
    }
    let device = Device::with_path(device).map_err(not_there)?;
    UvcCamera::new(device, address, memory)
}

pub(super) struct UvcCamera<C> {
    controls: C,
    address: String,
    memory: Memory,
    pan: Range,
    tilt: Range,
    zoom: Option<Range>,
    /// The speed controls that it has: pan's and tilt's.
    speeds: Option<(Range, Range)>,
}

impl<C: Controls> UvcCamera<C> {
    pub(super) fn new(controls: C, address: String, memory: Memory) -> Result<Self, PtzError> {
        let range = |id| {
            let not_there = |error: io::Error| PtzError::NotThere { address: address.clone(), why: error.to_string() };
            controls.range(id).map_err(not_there)
        };
        let (Some(pan), Some(tilt)) = (range(PAN)?, range(TILT)?) else {
            return Err(PtzError::Cannot { address, what: "turn" });
        };
        let speeds = range(PAN_SPEED)?.zip(range(TILT_SPEED)?);
        let zoom = range(ZOOM)?;
        Ok(Self { controls, address, memory, pan, tilt, zoom, speeds })
    }

    fn set(&self, id: u32, range: &Range, value: f64) -> Result<(), PtzError> {
        let step = f64::from(range.step.max(1));
        let least = f64::from(range.least);
        // Counted from the least, as the kernel does.
        let stepped = least + ((value - least) / step).round() * step;
        let value = Span::new(least, f64::from(range.greatest)).clamp(stepped) as i32;
        self.controls.set(id, value).map_err(|error| self.failed(&error))
    }

    fn get(&self, id: u32) -> Result<f64, PtzError> {
        self.controls.get(id).map(f64::from).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> PtzError {
        use nix::libc::{EBUSY, EINVAL, EIO, ERANGE};
        let (address, why) = (self.address.clone(), error.to_string());
        match error.raw_os_error() {
            // A camera that stalls a request answers EIO and lives on.
            Some(EBUSY | EINVAL | EIO | ERANGE) => PtzError::Refused { address, why },
            _ => PtzError::NotThere { address, why },
        }
    }

    fn factor(&self, value: f64) -> f64 {
        let Some(range) = self.zoom else { return 1.0 };
        match (f64::from(range.least), f64::from(range.greatest)) {
            (least, _) if least > 0.0 => value / least,
            (least, greatest) => 1.0 + (value - least) / (greatest - least).max(1.0) * (UNKNOWN_ZOOM - 1.0),
        }
    }

    fn zoom_value(&self, range: &Range, factor: f64) -> f64 {
        match (f64::from(range.least), f64::from(range.greatest)) {
            (least, _) if least > 0.0 => factor * least,
            (least, greatest) => least + (factor - 1.0) / (UNKNOWN_ZOOM - 1.0) * (greatest - least),
        }
    }

    /// Turns one axis on: at a speed, or without that to its end, which the camera's own speed makes a journey.
    fn steer_axis(&self, part: f64, id: u32, range: &Range, speed: Option<(u32, &Range)>) -> Result<(), PtzError> {
        match speed {
            Some((speed_id, speed)) => {
                let greatest = f64::from(if part < 0.0 { -speed.least } else { speed.greatest });
                self.set(speed_id, speed, part * greatest)
            }
            None if part == 0.0 => self.set(id, range, self.get(id)?),
            None => self.set(id, range, f64::from(if part < 0.0 { range.least } else { range.greatest })),
        }
    }

    fn view(&self) -> Result<View, PtzError> {
        Ok(View {
            pan: self.get(PAN)? / ARC_SECONDS,
            tilt: self.get(TILT)? / ARC_SECONDS,
            zoom: if self.zoom.is_some() { self.factor(self.get(ZOOM)?) } else { 1.0 },
        })
    }
}

impl<C: Controls> Ptz for UvcCamera<C> {
    fn name(&self) -> &str {
        "USB camera"
    }

    fn limits(&self) -> Limits {
        let degrees =
            |range: &Range| Span::new(f64::from(range.least) / ARC_SECONDS, f64::from(range.greatest) / ARC_SECONDS);
        let greatest = self.zoom.map_or(1.0, |range| self.factor(f64::from(range.greatest)));
        Limits { pan: degrees(&self.pan), tilt: degrees(&self.tilt), zoom: Span::new(1.0, greatest) }
    }

    fn go(&mut self, view: View, _speed: f64) -> Result<(), PtzError> {
        let view = self.limits().clamp(view);
        self.set(PAN, &self.pan, view.pan * ARC_SECONDS)?;
        self.set(TILT, &self.tilt, view.tilt * ARC_SECONDS)?;
        match &self.zoom {
            Some(range) => self.set(ZOOM, range, self.zoom_value(range, view.zoom)),
            None => Ok(()),
        }
    }

    fn steer(&mut self, steer: Steer) -> Result<(), PtzError> {
        let steer = steer.bounded();
        let (pan_speed, tilt_speed) = (self.speeds.as_ref(), self.speeds.as_ref());
        self.steer_axis(steer.pan, PAN, &self.pan, pan_speed.map(|(speed, _)| (PAN_SPEED, speed)))?;
        self.steer_axis(steer.tilt, TILT, &self.tilt, tilt_speed.map(|(_, speed)| (TILT_SPEED, speed)))?;
        match &self.zoom {
            Some(range) => self.steer_axis(steer.zoom, ZOOM, range, None),
            None => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<(), PtzError> {
        self.steer(Steer::STILL)
    }

    fn go_preset(&mut self, number: u8) -> Result<(), PtzError> {
        let none = PtzError::NoPreset { address: self.address.clone(), number };
        self.go(self.memory.get(number).ok_or(none)?, 1.0)
    }

    fn set_preset(&mut self, number: u8) -> Result<(), PtzError> {
        let view = self.view()?;
        let refused = |error: io::Error| PtzError::Refused { address: self.address.clone(), why: error.to_string() };
        self.memory.set(number, view).map_err(refused)
    }

    /// It does not say whether it moves; its view is read from the camera itself.
    fn state(&mut self) -> Result<PtzState, PtzError> {
        Ok(PtzState { view: self.view()?, moving: None })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// A device's controls: ranges and values. What the kernel refuses it refuses too.
    #[derive(Default)]
    struct Kept {
        ranges: BTreeMap<u32, Range>,
        values: RefCell<BTreeMap<u32, i32>>,
    }

    impl Controls for Kept {
        fn range(&self, id: u32) -> io::Result<Option<Range>> {
            Ok(self.ranges.get(&id).copied())
        }
        fn get(&self, id: u32) -> io::Result<i32> {
            let missing = || io::Error::from_raw_os_error(nix::libc::EINVAL);
            self.ranges.get(&id).ok_or_else(missing)?;
            Ok(self.values.borrow().get(&id).copied().unwrap_or_default())
        }
        fn set(&self, id: u32, value: i32) -> io::Result<()> {
            let range = self.ranges.get(&id).ok_or_else(|| io::Error::from_raw_os_error(nix::libc::EINVAL))?;
            if !(range.least..=range.greatest).contains(&value) || (value - range.least) % range.step != 0 {
                return Err(io::Error::from_raw_os_error(nix::libc::ERANGE));
            }
            self.values.borrow_mut().insert(id, value);
            Ok(())
        }
    }

    /// As a meeting room's camera has them: ±170°, −30° to 90°, zoom 100 to 1200.
    fn kept(speeds: bool) -> Kept {
        let range = |least, greatest, step| Range { least, greatest, step };
        let mut ranges = BTreeMap::from([
            (PAN, range(-170 * 3600, 170 * 3600, 3600)),
            (TILT, range(-30 * 3600, 90 * 3600, 3600)),
            (ZOOM, range(100, 1200, 1)),
        ]);
        if speeds {
            ranges.extend([(PAN_SPEED, range(-7, 7, 1)), (TILT_SPEED, range(-7, 7, 1))]);
        }
        Kept { ranges, values: RefCell::default() }
    }

    fn camera(kept: Kept) -> UvcCamera<Kept> {
        let file = tempfile::tempdir().unwrap().keep().join("presets.toml");
        UvcCamera::new(kept, "uvc:/dev/video0".into(), Memory::open(&file)).unwrap()
    }

    fn value(camera: &UvcCamera<Kept>, id: u32) -> Option<i32> {
        camera.controls.values.borrow().get(&id).copied()
    }

    #[test]
    fn views_become_arc_seconds_on_the_drivers_steps() {
        let mut camera = camera(kept(true));
        camera.go(View { pan: -12.4, tilt: 3.6, zoom: 2.5 }, 1.0).unwrap();
        assert_eq!([PAN, TILT, ZOOM].map(|id| value(&camera, id)), [Some(-12 * 3600), Some(4 * 3600), Some(250)]);
        let told = camera.state().unwrap();
        assert_eq!(told, PtzState { view: View { pan: -12.0, tilt: 4.0, zoom: 2.5 }, moving: None });
        camera.go(View { pan: 1e12, tilt: f64::NAN, zoom: 99.0 }, 1.0).unwrap();
        assert_eq!([PAN, TILT, ZOOM].map(|id| value(&camera, id)), [Some(170 * 3600), Some(-30 * 3600), Some(1200)]);
    }

    #[test]
    fn it_steers_by_speed_or_by_journeys_to_the_end() {
        let mut camera = camera(kept(true));
        camera.steer(Steer { pan: -1.0, tilt: 0.5, zoom: 0.0 }).unwrap();
        assert_eq!([PAN_SPEED, TILT_SPEED].map(|id| value(&camera, id)), [Some(-7), Some(4)]);
        camera.stop().unwrap();
        assert_eq!([PAN_SPEED, TILT_SPEED].map(|id| value(&camera, id)), [Some(0), Some(0)]);
        let mut camera = self::camera(kept(false));
        camera.steer(Steer { pan: 0.1, tilt: -0.1, zoom: 1.0 }).unwrap();
        assert_eq!([PAN, TILT, ZOOM].map(|id| value(&camera, id)), [Some(170 * 3600), Some(-30 * 3600), Some(1200)]);
        camera.controls.values.borrow_mut().insert(PAN, 7200);
        camera.stop().unwrap();
        assert_eq!(value(&camera, PAN), Some(7200), "it stays where it is");
    }

    #[test]
    fn presets_are_kept_by_the_host() {
        let mut camera = camera(kept(true));
        assert!(matches!(camera.go_preset(1), Err(PtzError::NoPreset { number: 1, .. })));
        camera.go(View { pan: 20.0, tilt: 5.0, zoom: 3.0 }, 1.0).unwrap();
        camera.set_preset(1).unwrap();
        camera.go(View { pan: 0.0, tilt: 0.0, zoom: 1.0 }, 1.0).unwrap();
        camera.go_preset(1).unwrap();
        assert_eq!(camera.state().unwrap().view, View { pan: 20.0, tilt: 5.0, zoom: 3.0 });
    }

    #[test]
    fn a_camera_without_a_motor_is_said_to_have_none() {
        let memory = Memory::open(Path::new("/nowhere"));
        let error = UvcCamera::new(Kept::default(), "uvc:/dev/video0".into(), memory).err().unwrap();
        assert!(error.to_string().contains("cannot turn"), "{error}");
    }

    #[test]
    fn a_zoom_that_begins_at_nothing_has_a_guessed_end() {
        let mut kept = kept(true);
        kept.ranges.insert(ZOOM, Range { least: 0, greatest: 90, step: 1 });
        let mut camera = camera(kept);
        assert_eq!(camera.limits().zoom, Span::new(1.0, 10.0));
        camera.go(View { pan: 0.0, tilt: 0.0, zoom: 5.5 }, 1.0).unwrap();
        assert_eq!(value(&camera, ZOOM), Some(45));
    }
}
