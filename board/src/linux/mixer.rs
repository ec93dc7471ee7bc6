//! Capture volumes and switches of a sound card, by the names that the card gives them.

use std::ffi::CString;

use alsa::mixer::{Mixer, Selem, SelemChannelId};
use alsa::{Output, mixer};
use ketang_hal::HalError;

use super::sound::alsa_error;

/// One control of a card's capture side.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What the card calls it: `Mic`, `Capture`, `Line` …
    pub name: String,
    /// 0 to 1 of the control's range; `None` where it has none. Channels are set alike, so the first speaks for all.
    pub volume: Option<f64>,
    /// `None` where it has no switch.
    pub muted: Option<bool>,
}

/// The capture controls of a card, such as `hw:1`.
pub fn levels(card: &str) -> Result<Vec<Level>, HalError> {
    let mixer = open(card)?;
    Ok(capture_controls(&mixer).map(|(name, control)| level(name, &control)).collect())
}

/// Sets a capture volume, 0 to 1 of the control's range, on all channels.
pub fn set_volume(card: &str, name: &str, volume: f64) -> Result<(), HalError> {
    let mixer = open(card)?;
    let control = named(&mixer, card, name, Selem::has_capture_volume)?;
    let (min, max) = control.get_capture_volume_range();
    let value = min + ((max - min) as f64 * volume.clamp(0.0, 1.0)).round() as i64;
    control.set_capture_volume_all(value).map_err(|error| alsa_error(card, "cannot set the capture volume", error))
}

/// Switches a capture control off or on, on all channels.
pub fn set_muted(card: &str, name: &str, muted: bool) -> Result<(), HalError> {
    let mixer = open(card)?;
    let control = named(&mixer, card, name, Selem::has_capture_switch)?;
    control
        .set_capture_switch_all(i32::from(!muted))
        .map_err(|error| alsa_error(card, "cannot switch the capture control", error))
}

fn open(card: &str) -> Result<Mixer, HalError> {
    let _quiet = Output::local_error_handler();
    // The crate panics on a name that C cannot hold.
    CString::new(card).map_err(|_| HalError::NotThere { path: card.into() })?;
    Mixer::new(card, true).map_err(|error| alsa_error(card, "cannot open the mixer", error))
}

fn capture_controls(mixer: &Mixer) -> impl Iterator<Item = (String, Selem<'_>)> {
    let controls = mixer.iter().filter_map(mixer::Selem::new);
    let controls = controls.filter(|control| control.has_capture_volume() || control.has_capture_switch());
    controls.filter_map(|control| Some((control.get_id().get_name().ok()?.to_owned(), control)))
}

fn named<'a>(
    mixer: &'a Mixer,
    card: &str,
    name: &str,
    has_it: impl Fn(&Selem<'a>) -> bool,
) -> Result<Selem<'a>, HalError> {
    let mut controls = capture_controls(mixer);
    let found = controls.find_map(|(its_name, control)| (its_name == name && has_it(&control)).then_some(control));
    found.ok_or_else(|| HalError::Absent { what: format!("capture control `{name}` on the sound card {card}") })
}

fn level(name: String, control: &Selem<'_>) -> Level {
    let channel = SelemChannelId::mono();
    let volume = control.has_capture_volume().then(|| {
        let (min, max) = control.get_capture_volume_range();
        let value = control.get_capture_volume(channel).unwrap_or(min);
        (value - min) as f64 / (max - min).max(1) as f64
    });
    let muted = control.has_capture_switch().then(|| control.get_capture_switch(channel).unwrap_or(0) == 0);
    Level { name, volume, muted }
}
