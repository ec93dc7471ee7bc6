//! Cameras that turn (PTZ): VISCA over a serial line, UDP and TCP, ONVIF, and USB cameras through the kernel's controls.
//!
//! ```text
//!  visca_camera.rs ─► conversation.rs ─► lines.rs ─► serial line · TCP · UDP
//!   (what)            (tries, late replies)
//!   scale.rs (angles)  visca.rs, visca_ip.rs (bytes)
//!
//!  onvif.rs ─► soap.rs (words) ─► HTTP              uvc.rs ─► the kernel's controls · memory.rs (presets)
//!  travel.rs: has it arrived?                       sim/: a camera that answers to all of these but UVC
//! ```
//!
//! What a host does with them, and who is let in front of the camera's picture when, is not decided here.

mod conversation;
pub mod fuzz;
mod lines;
mod memory;
mod onvif;
mod scale;
pub mod sim;
pub mod soap;
mod travel;
mod uvc;
pub mod visca;
mod visca_camera;
pub mod visca_ip;

use std::io;
use std::path::Path;

use ketang_hal::board::Credentials;
use ketang_hal::ptz::{Ptz, PtzAddress, PtzError};

pub use travel::{Progress, Travel};

use lines::ByteLine;
use memory::Memory;
use onvif::OnvifCamera;
use sim::{SimCamera, SimSettings};
use visca_camera::ViscaCamera;

/// Reaches the camera at an address. `memory` is the file of its presets, where the camera keeps none itself.
pub fn open(address: &PtzAddress, credentials: &Credentials, memory: &Path) -> Result<Box<dyn Ptz>, PtzError> {
    let text = address.to_string();
    let not_there = |error: io::Error| PtzError::NotThere { address: text.clone(), why: error.to_string() };
    Ok(match address {
        PtzAddress::Visca { device, baud, camera, scale } => {
            let line = lines::serial(device, *baud, *camera).map_err(not_there)?;
            Box::new(ViscaCamera::open(line, text.clone(), *scale, true)?)
        }
        PtzAddress::ViscaUdp { host, port, scale } => {
            let line = lines::udp(host, *port).map_err(not_there)?;
            Box::new(ViscaCamera::open(line, text.clone(), *scale, false)?)
        }
        PtzAddress::ViscaTcp { host, port, scale } => {
            let line = lines::tcp(host, *port).map_err(not_there)?;
            Box::new(ViscaCamera::open(line, text.clone(), *scale, false)?)
        }
        PtzAddress::Onvif(url) => Box::new(OnvifCamera::open(url, text.clone(), credentials)?),
        PtzAddress::Uvc(device) => Box::new(uvc::open(device, text.clone(), Memory::open(memory))?),
        PtzAddress::Sim => {
            let camera = SimCamera::new(SimSettings::default());
            let line = ByteLine::new(camera.serve_pair().map_err(not_there)?, 1);
            Box::new(ViscaCamera::open(line, text.clone(), sim::SCALE, true)?)
        }
    })
}
