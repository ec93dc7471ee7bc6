//! The light behind a display (`/sys/class/backlight`), where the kernel can set it.

use std::fs;
use std::io;
use std::path::PathBuf;

use ketang_hal::HalError;

/// The light at 0 %, in percent of the greatest: it can still be read.
const LEAST: u64 = 5;

/// Of a machine's lights the first; setting one that is not there does nothing.
#[derive(Debug, Default)]
pub(super) struct Light(Option<PathBuf>);

impl Light {
    pub(super) fn first() -> Self {
        let entry = fs::read_dir("/sys/class/backlight").ok().and_then(|mut all| all.next()?.ok());
        Self(entry.map(|entry| entry.path()))
    }

    #[cfg(test)]
    pub(super) fn at(folder: PathBuf) -> Self {
        Self(Some(folder))
    }

    pub(super) fn set(&self, percent: u8) -> Result<(), HalError> {
        let Some(folder) = &self.0 else { return Ok(()) };
        let set = || -> io::Result<()> {
            let most = fs::read_to_string(folder.join("max_brightness"))?;
            let most: u64 = most.trim().parse().map_err(io::Error::other)?;
            let share = LEAST + u64::from(percent.min(100)) * (100 - LEAST) / 100;
            fs::write(folder.join("brightness"), (most * share).div_ceil(100).to_string())
        };
        set().map_err(|error| super::super::device_error(folder, "cannot set", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_light_can_still_be_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("max_brightness"), "255\n").unwrap();
        let light = Light::at(folder.path().into());
        for (percent, set) in [(0, "13"), (100, "255"), (255, "255")] {
            light.set(percent).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join("brightness")).unwrap(), set, "{percent} %");
        }
        Light::default().set(50).unwrap();
    }
}
