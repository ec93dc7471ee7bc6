//! A board: the one place that turns an address into a source.

use std::path::{Path, PathBuf};

use crate::HalError;
use crate::address::Address;
use crate::picture::{PictureSettings, PictureSource, Signal, Size};
use crate::ptz::{Ptz, PtzAddress, PtzError};
use crate::role::{PictureRole, SoundRole};
use crate::sound::{CaptureControl, SoundSource};
use crate::system::System;
use crate::update::Updater;

/// Who may look at a network camera.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    pub user: Option<String>,
    pub password: Option<String>,
}

/// A device that was found, for lists and for set-up.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundInput {
    pub address: Address,
    /// What the device calls itself.
    pub name: String,
    /// What it can deliver, in words, best first.
    pub modes: Vec<String>,
}

/// Something was plugged in or pulled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hotplug {
    pub device: PathBuf,
    pub there: bool,
}

/// Where the programme is shown in the room (JX-13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayOutput {
    /// A kernel display: its driver's name and, where there are several, the connector.
    Kms { driver: Option<String>, connector: Option<i32> },
    /// A window on the desktop.
    Window,
    /// The board has no display, or none is wanted.
    None,
}

/// An H.264 encoder that a board has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardEncoder {
    /// The name of its GStreamer element.
    pub element: String,
    /// How much it encodes at once, where that is limited and known.
    pub pixels_a_second: Option<u64>,
}

/// The hardware of one host. Opening an input may fail at any time; the host tries again for ever.
pub trait Board: Send + Sync {
    fn name(&self) -> &str;

    /// Opens and probes a picture input. Called again after each loss. `mode` is one of [`FoundInput::modes`], for a camera that is not
    /// to be used in its best.
    fn open_picture(
        &self,
        role: PictureRole,
        address: &Address,
        credentials: &Credentials,
        mode: Option<&str>,
    ) -> Result<PictureSource, HalError>;

    /// Opens and probes a sound input. Called again after each loss.
    fn open_sound(&self, role: SoundRole, address: &Address) -> Result<SoundSource, HalError>;

    /// Sets how a camera makes its picture, where anything of it is set. What it has is set even where something else is refused; the error names that.
    fn set_picture(&self, address: &Address, _settings: &PictureSettings) -> Result<(), HalError> {
        Err(HalError::NotSettable { device: address.to_string(), what: "picture".into() })
    }

    /// The controls of the card that a sound input comes through; none where it has no such card.
    fn capture_controls(&self, _address: &Address) -> Result<Vec<CaptureControl>, HalError> {
        Ok(Vec::new())
    }

    /// Sets what is there of a control.
    fn set_capture(&self, _address: &Address, control: &CaptureControl) -> Result<(), HalError> {
        Err(HalError::Absent { what: format!("capture control `{}`", control.name) })
    }

    /// Reaches a camera that turns, which may take some seconds. Called again after each loss. `memory` is a file for the
    /// presets of cameras that keep none themselves.
    fn open_ptz(
        &self,
        address: &PtzAddress,
        credentials: &Credentials,
        memory: &Path,
    ) -> Result<Box<dyn Ptz>, PtzError>;

    /// What an input's receiver says of its signal now.
    fn signal(&self, address: &Address) -> Signal;

    /// Every input that can be seen.
    fn find_inputs(&self) -> Vec<FoundInput>;

    /// Waits for a device to come or go; `None` after `limit`, so that the caller can look at its stop signal.
    fn wait_for_hotplug(&self, limit: std::time::Duration) -> Option<Hotplug>;

    fn display(&self) -> DisplayOutput;

    /// The ALSA device that the programme is heard on, such as the display's own loudspeakers.
    fn display_sound(&self) -> Option<String> {
        None
    }

    /// H.264 encoders, the best first; the ones that are known anyway follow them.
    fn encoders(&self) -> Vec<BoardEncoder> {
        Vec::new()
    }

    /// What the system around the host tells of its clock and its networks now. May take a moment.
    fn system(&self) -> System {
        System::default()
    }

    /// What updates the system around the host; none where it is updated some other way.
    fn updater(&self) -> Option<Box<dyn Updater>> {
        None
    }

    /// The size that pictures are mixed at.
    fn programme_size(&self) -> Size {
        Size::FULL_HD
    }
}
