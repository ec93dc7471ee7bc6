//! The simulated room as a board. What it does not simulate, such as clips and network cameras, it opens as any board does.

use std::path::Path;
use std::time::Duration;

use ketang_hal::HalError;
use ketang_hal::address::Address;
use ketang_hal::board::{Board, Credentials, DisplayOutput, FoundInput, Hotplug};
use ketang_hal::picture::{PictureSource, Signal};
use ketang_hal::ptz::{Ptz, PtzAddress, PtzError};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::SoundSource;

use super::Room;

/// Board `sim`.
pub struct SimBoard {
    room: Room,
}

impl SimBoard {
    pub fn new(room: Room) -> Self {
        Self { room }
    }
}

fn absent(address: &Address) -> HalError {
    HalError::Absent { what: format!("`{address}`: it is the simulated room") }
}

impl Board for SimBoard {
    fn name(&self) -> &str {
        "sim"
    }

    fn open_picture(
        &self,
        role: PictureRole,
        address: &Address,
        credentials: &Credentials,
        _mode: Option<&str>,
    ) -> Result<PictureSource, HalError> {
        match address {
            Address::Sim => Ok(PictureSource::Drawn(self.room.painter(role))),
            Address::Rtsp(url) => Ok(PictureSource::Rtsp {
                url: url.clone(),
                user: credentials.user.clone(),
                password: credentials.password.clone(),
            }),
            Address::File(path) => Ok(PictureSource::File { path: path.clone() }),
            Address::Pattern => Ok(PictureSource::Pattern),
            Address::V4l2(_) | Address::Alsa(_) => Err(absent(address)),
        }
    }

    fn open_sound(&self, role: SoundRole, address: &Address) -> Result<SoundSource, HalError> {
        match address {
            Address::Sim => Ok(SoundSource::Made(self.room.voice(role))),
            Address::File(path) => Ok(SoundSource::File { path: path.clone() }),
            Address::Pattern => Ok(SoundSource::Tone),
            Address::V4l2(_) | Address::Alsa(_) | Address::Rtsp(_) => Err(absent(address)),
        }
    }

    fn open_ptz(
        &self,
        address: &PtzAddress,
        credentials: &Credentials,
        memory: &Path,
    ) -> Result<Box<dyn Ptz>, PtzError> {
        crate::ptz::open(address, credentials, memory)
    }

    fn signal(&self, _address: &Address) -> Signal {
        Signal::Unknown
    }

    fn find_inputs(&self) -> Vec<FoundInput> {
        let found = |name: String| FoundInput { address: Address::Sim, name, modes: Vec::new() };
        let pictures = PictureRole::ALL.iter().map(|role| FoundInput {
            modes: vec!["NV12 1920×1080 25 fps".into()],
            ..found(format!("simulated {role}"))
        });
        let sounds = SoundRole::ALL
            .iter()
            .map(|role| FoundInput { modes: vec!["48 kHz mono".into()], ..found(format!("simulated {role}")) });
        pictures.chain(sounds).collect()
    }

    fn wait_for_hotplug(&self, limit: Duration) -> Option<Hotplug> {
        std::thread::sleep(limit);
        None
    }

    fn display(&self) -> DisplayOutput {
        DisplayOutput::None
    }
}
