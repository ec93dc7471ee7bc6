//! ALSA capture devices: finding and probing them. Samples are the graph's business; volumes are `mixer`'s.

use std::ffi::CString;
use std::io;

use alsa::card;
use alsa::ctl::{Ctl, DeviceIter};
use alsa::pcm::{HwParams, PCM};
use alsa::{Direction, Output, ValueOr};
use ketang_hal::HalError;
use ketang_hal::address::Address;
use ketang_hal::board::FoundInput;
use ketang_hal::sound::SoundSource;
use ketang_hal::time::SAMPLE_RATE;

use super::device_error;

/// The rate and the channels that a device is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Probed {
    rate: u32,
    channels: u32,
}

/// Opens the device, to see that it is there and free, and finds the rate nearest to 48 kHz and its channels.
pub(super) fn open(device: &str) -> Result<SoundSource, HalError> {
    let Probed { rate, channels } = probe(device)?;
    Ok(SoundSource::Alsa { device: device.to_owned(), rate, channels })
}

fn probe(device: &str) -> Result<Probed, HalError> {
    // The library writes to standard error what it also returns.
    let _quiet = Output::local_error_handler();
    let name = CString::new(device).map_err(|_| HalError::NotThere { path: device.into() })?;
    let failed = |what| move |error: alsa::Error| alsa_error(device, what, error);
    let pcm = PCM::open(&name, Direction::Capture, true).map_err(failed("cannot open"))?;
    let modes = HwParams::any(&pcm).map_err(failed("cannot ask for its rates"))?;
    // A plug-in of the library would hide the true rate behind its own converter.
    modes.set_rate_resample(false).map_err(failed("cannot ask for its rates"))?;
    let rate = modes.set_rate_near(SAMPLE_RATE, ValueOr::Nearest).map_err(failed("has no usable rate"))?;
    let channels = [2, 1].into_iter().find(|&channels| modes.test_channels(channels).is_ok());
    let channels = match channels {
        Some(channels) => channels,
        None => modes.get_channels_min().map_err(failed("has no usable number of channels"))?,
    };
    Ok(Probed { rate, channels })
}

/// Every capture device of every card.
pub(super) fn find() -> Vec<FoundInput> {
    card::Iter::new().flatten().flat_map(|card| devices_of(&card)).collect()
}

fn devices_of(card: &alsa::Card) -> Vec<FoundInput> {
    let _quiet = Output::local_error_handler();
    let Ok(control) = Ctl::from_card(card, true) else { return Vec::new() };
    let card_name = card.get_name().unwrap_or_else(|_| format!("card {}", card.get_index()));
    let found = DeviceIter::new(&control).filter_map(|number| {
        let info = control.pcm_info(u32::try_from(number).ok()?, 0, Direction::Capture).ok()?;
        let device = format!("hw:{},{number}", card.get_index());
        let modes = match probe(&device) {
            Ok(Probed { rate, channels }) => vec![format!("{rate} Hz, {channels} channels")],
            Err(HalError::Busy { .. }) => vec!["in use".to_owned()],
            Err(_) => Vec::new(),
        };
        let name = format!("{card_name}: {}", info.get_name().unwrap_or("capture"));
        Some(FoundInput { address: Address::Alsa(device), name, modes })
    });
    found.collect()
}

pub(super) fn alsa_error(device: &str, what: &'static str, error: alsa::Error) -> HalError {
    // The library returns some errors with a sign and some without.
    device_error(device.as_ref(), what, io::Error::from_raw_os_error(error.errno().abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_is_not_there_is_said_to_be_so() {
        for device in ["hw:31,0", "hw:Nobody", "no such name", "hw:\0"] {
            assert!(matches!(open(device), Err(HalError::NotThere { .. })), "{device:?}: {:?}", open(device).err());
        }
    }
}
