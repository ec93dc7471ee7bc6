//! Capture volumes and switches of a sound card, by the names that the card gives them. The device is the one that is recorded
//! from, such as `hw:1,0`: its card's mixer is meant.

use std::ffi::CString;

use alsa::mixer::{Mixer, Selem, SelemChannelId};
use alsa::{Output, mixer};
use ketang_hal::HalError;
use ketang_hal::sound::CaptureControl;

use super::sound::alsa_error;

/// The capture controls of a device's card.
pub(super) fn controls(device: &str) -> Result<Vec<CaptureControl>, HalError> {
    let mixer = open(device)?;
    Ok(capture_controls(&mixer).map(|(name, control)| read(name, &control)).collect())
}

/// Sets what is there of a control, on all channels.
pub(super) fn set(device: &str, wanted: &CaptureControl) -> Result<(), HalError> {
    let mixer = open(device)?;
    let has_it = |control: &Selem<'_>| {
        (wanted.percent.is_none() || control.has_capture_volume())
            && (wanted.on.is_none() || control.has_capture_switch())
    };
    let found = capture_controls(&mixer).find(|(name, control)| *name == wanted.name && has_it(control));
    let Some((name, control)) = found else {
        return Err(HalError::Absent { what: format!("capture control `{}` on the sound card {device}", wanted.name) });
    };
    if let Some(percent) = wanted.percent {
        let (min, max) = control.get_capture_volume_range();
        let value = min + ((max - min) * i64::from(percent.min(100)) + 50) / 100;
        control.set_capture_volume_all(value).map_err(|error| alsa_error(&name, "cannot set the volume", error))?;
    }
    if let Some(on) = wanted.on {
        control
            .set_capture_switch_all(i32::from(on))
            .map_err(|error| alsa_error(&name, "cannot switch the capture control", error))?;
    }
    Ok(())
}

/// The name of the mixer of a device's card. A name of the system's own configuration, such as `default`, has one of the same name.
fn card_of(device: &str) -> String {
    match device.split_once(':') {
        Some((_, card)) => format!("hw:{}", card.split(',').next().unwrap_or(card)),
        None => device.to_owned(),
    }
}

fn open(device: &str) -> Result<Mixer, HalError> {
    let _quiet = Output::local_error_handler();
    let card = card_of(device);
    // The crate panics on a name that C cannot hold.
    CString::new(card.as_str()).map_err(|_| HalError::NotThere { path: device.into() })?;
    Mixer::new(&card, true).map_err(|error| alsa_error(device, "cannot open the mixer", error))
}

fn capture_controls(mixer: &Mixer) -> impl Iterator<Item = (String, Selem<'_>)> {
    let controls = mixer.iter().filter_map(mixer::Selem::new);
    let controls = controls.filter(|control| control.has_capture_volume() || control.has_capture_switch());
    controls.filter_map(|control| Some((control.get_id().get_name().ok()?.to_owned(), control)))
}

/// Channels are set alike, so the first speaks for all.
fn read(name: String, control: &Selem<'_>) -> CaptureControl {
    let channel = SelemChannelId::mono();
    let percent = control.has_capture_volume().then(|| {
        let (min, max) = control.get_capture_volume_range();
        let value = control.get_capture_volume(channel).unwrap_or(min);
        (((value - min) * 100 + (max - min) / 2) / (max - min).max(1)).clamp(0, 100) as u8
    });
    let on = control.has_capture_switch().then(|| control.get_capture_switch(channel).unwrap_or(0) != 0);
    CaptureControl { name, percent, on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_of_a_card() {
        for (device, card) in [
            ("hw:1,0", "hw:1"),
            ("hw:Dummy", "hw:Dummy"),
            ("plughw:CARD=Device,DEV=0", "hw:CARD=Device"),
            ("default", "default"),
        ] {
            assert_eq!(card_of(device), card);
        }
    }

    #[test]
    fn a_card_that_is_not_there_is_said_to_be_so() {
        for device in ["hw:31,0", "hw:Nobody,0", "hw:\0"] {
            assert!(matches!(controls(device), Err(HalError::NotThere { .. })), "{device:?}: {:?}", controls(device));
        }
    }
}
