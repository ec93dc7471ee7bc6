//! A camera that speaks VISCA, over whatever line.

use ketang_hal::ptz::{Limits, Ptz, PtzError, PtzState, Steer, View, ViscaScale};

use super::conversation::{Conversation, Line, version};
use super::scale;
use super::visca::{Answer, Message, PAN_SPEED, TILT_SPEED, Version, ZOOM_SPEED, ZoomDrive};

/// Memories that VISCA's one byte can name.
const LAST_MEMORY: u8 = 127;

pub(super) struct ViscaCamera<L> {
    talk: Conversation<L>,
    address: String,
    name: String,
    scale: ViscaScale,
}

impl<L: Line> ViscaCamera<L> {
    /// Makes sure that a camera is there. On a serial line the cameras are told their addresses first.
    pub(super) fn open(line: L, address: String, scale: ViscaScale, is_serial: bool) -> Result<Self, PtzError> {
        let mut talk = Conversation::new(line, address.clone());
        if is_serial {
            talk.announce(Message::AddressSet)?;
            talk.announce(Message::ClearAll)?;
        }
        let version = talk.ask(Message::AskVersion, version)?;
        Ok(Self { talk, address, name: name(version), scale })
    }

    fn check(&self, number: u8) -> Result<(), PtzError> {
        match number {
            0..=LAST_MEMORY => Ok(()),
            _ => Err(PtzError::NoPreset { address: self.address.clone(), number }),
        }
    }
}

fn name(Version { vendor, model, rom, .. }: Version) -> String {
    let vendor = if vendor == 0x0020 { "Sony".to_owned() } else { format!("vendor {vendor:04X}") };
    format!("VISCA camera, {vendor}, model {model:04X}, version {rom:04X}")
}

impl<L: Line> Ptz for ViscaCamera<L> {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        scale::limits(&self.scale)
    }

    fn go(&mut self, view: View, speed: f64) -> Result<(), PtzError> {
        let view = self.limits().clamp(view);
        // Saturates, and makes 1 of what is no number.
        let of = |greatest: u8| ((f64::from(greatest) * speed).round() as u8).clamp(1, greatest);
        let (pan, tilt) = (scale::steps(&self.scale, view.pan), scale::steps(&self.scale, view.tilt));
        let turn = Message::GoTo { pan_speed: of(PAN_SPEED), tilt_speed: of(TILT_SPEED), pan, tilt };
        let socket = self.talk.command_beside(turn, None)?;
        let zoom = Message::ZoomTo(scale::zoom_position(&self.scale, view.zoom));
        self.talk.command_beside(zoom, socket).map(drop)
    }

    fn steer(&mut self, steer: Steer) -> Result<(), PtzError> {
        let steer = steer.bounded();
        let speed = |part: f64, greatest: u8| (part * f64::from(greatest)).round() as i8;
        self.talk.command(Message::Drive { pan: speed(steer.pan, PAN_SPEED), tilt: speed(steer.tilt, TILT_SPEED) })?;
        let zoom = (steer.zoom.abs() * f64::from(ZOOM_SPEED)).round() as u8;
        self.talk.command(Message::Zoom(match steer.zoom {
            part if part > 0.0 => ZoomDrive::Tele(zoom),
            part if part < 0.0 => ZoomDrive::Wide(zoom),
            _ => ZoomDrive::Stop,
        }))
    }

    fn stop(&mut self) -> Result<(), PtzError> {
        self.steer(Steer::STILL)?;
        self.talk.forget_journeys();
        Ok(())
    }

    fn go_preset(&mut self, number: u8) -> Result<(), PtzError> {
        self.check(number)?;
        self.talk.command(Message::MemoryRecall(number))
    }

    fn set_preset(&mut self, number: u8) -> Result<(), PtzError> {
        self.check(number)?;
        self.talk.command(Message::MemorySet(number))
    }

    fn state(&mut self) -> Result<PtzState, PtzError> {
        let pan_tilt = self.talk.ask(Message::AskPanTilt, |answer| match answer {
            Answer::PanTilt(pan, tilt) => Some((pan, tilt)),
            _ => None,
        })?;
        let zoom = self.talk.ask(Message::AskZoom, |answer| match answer {
            Answer::Zoom(position) => Some(position),
            _ => None,
        })?;
        // Last, so that a completion that came meanwhile is known.
        let moving = self.talk.is_moving()?;
        Ok(PtzState { view: scale::view(&self.scale, pan_tilt, zoom), moving: Some(moving) })
    }
}
