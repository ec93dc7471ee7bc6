//! Where a camera that turns is, as the configuration writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::PtzError;

/// Sony's port of VISCA over IP.
const VISCA_UDP_PORT: u16 = 52381;
/// The port of VISCA over TCP on most cameras that have it; others use 1259.
const VISCA_TCP_PORT: u16 = 5678;
/// What cameras are set to when they are new.
const BAUD: u32 = 9600;
/// Rates that VISCA knows.
const BAUDS: [u32; 4] = [9600, 19_200, 38_400, 115_200];

/// What VISCA's numbers mean on a camera: they differ from maker to maker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViscaScale {
    /// Units of pan and tilt in a degree: 14.4 on most cameras, 13.33 on Sony's EVI-D70.
    pub steps_per_degree: f64,
    /// The longest optical zoom, as a factor.
    pub zoom: f64,
}

impl Default for ViscaScale {
    fn default() -> Self {
        Self { steps_per_degree: 14.4, zoom: 20.0 }
    }
}

/// The address of a camera that turns: `visca:/dev/ttyUSB0`, `visca-udp:HOST`, `visca-tcp:HOST`, `onvif:http://…`,
/// `uvc:/dev/video0` or `sim`. The VISCA ones take options: `visca:/dev/ttyUSB0?baud=38400&camera=2&steps=13.33&zoom=18`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PtzAddress {
    Visca {
        device: PathBuf,
        baud: u32,
        /// Its place in the chain, from 1 to 7.
        camera: u8,
        scale: ViscaScale,
    },
    ViscaUdp {
        host: String,
        port: u16,
        scale: ViscaScale,
    },
    ViscaTcp {
        host: String,
        port: u16,
        scale: ViscaScale,
    },
    /// The URL of its device service, without credentials; those stand in keys of their own.
    Onvif(String),
    Uvc(PathBuf),
    /// A simulated camera inside the host.
    Sim,
}

impl FromStr for PtzAddress {
    type Err = PtzError;

    fn from_str(text: &str) -> Result<Self, PtzError> {
        let bad = |why: &str| PtzError::BadAddress { address: text.to_owned(), why: why.to_owned() };
        if text.contains(char::is_control) {
            return Err(bad("it is not one line"));
        }
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match (scheme, rest) {
            ("sim", "") => return Ok(Self::Sim),
            (_, "") => return Err(bad("its kind or its place is missing")),
            ("uvc", device) => return Ok(Self::Uvc(device.into())),
            ("onvif", url) => return onvif(url).map_err(bad),
            _ => {}
        }
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let mut options = Options::read(options).map_err(bad)?;
        let address = match scheme {
            "visca" if place.is_empty() => return Err(bad("the device is missing")),
            "visca" => Self::Visca {
                device: place.into(),
                baud: options.baud.take().unwrap_or(BAUD),
                camera: options.camera.take().unwrap_or(1),
                scale: options.scale,
            },
            "visca-udp" => {
                let (host, port) = host_and_port(place, VISCA_UDP_PORT).map_err(bad)?;
                Self::ViscaUdp { host, port, scale: options.scale }
            }
            "visca-tcp" => {
                let (host, port) = host_and_port(place, VISCA_TCP_PORT).map_err(bad)?;
                Self::ViscaTcp { host, port, scale: options.scale }
            }
            _ => return Err(bad("its kind is not known")),
        };
        if options.baud.is_some() || options.camera.is_some() {
            return Err(bad("`baud` and `camera` belong to a serial line"));
        }
        Ok(address)
    }
}

fn onvif(url: &str) -> Result<PtzAddress, &'static str> {
    let Some(rest) = url.strip_prefix("http://") else { return Err("write http://HOST/onvif/device_service") };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() || authority.contains(char::is_whitespace) {
        return Err("the host is missing");
    }
    if authority.contains('@') {
        return Err("the user and password belong in the keys `user` and `password`");
    }
    Ok(PtzAddress::Onvif(url.to_owned()))
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
fn host_and_port(place: &str, usual: u16) -> Result<(String, u16), &'static str> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or("the port is written after a colon")?)),
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err("the host is missing");
    }
    let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| "the port is not a number"))?;
    Ok((host.to_owned(), port))
}

#[derive(Default)]
struct Options {
    baud: Option<u32>,
    camera: Option<u8>,
    scale: ViscaScale,
}

impl Options {
    fn read(text: &str) -> Result<Self, &'static str> {
        let mut options = Self::default();
        for option in text.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').ok_or("an option is written KEY=VALUE")?;
            let number = || value.parse::<f64>().ok().filter(|number| number.is_finite());
            match key {
                "baud" => {
                    let baud = value.parse().ok().filter(|baud| BAUDS.contains(baud));
                    options.baud = Some(baud.ok_or("`baud` is 9600, 19200, 38400 or 115200")?);
                }
                "camera" => {
                    let camera = value.parse().ok().filter(|camera| (1..=7).contains(camera));
                    options.camera = Some(camera.ok_or("`camera` is its place in the chain, from 1 to 7")?);
                }
                "steps" => {
                    let steps = number().filter(|steps| (1.0..=200.0).contains(steps));
                    options.scale.steps_per_degree = steps.ok_or("`steps` in a degree are 1 to 200")?;
                }
                "zoom" => {
                    let zoom = number().filter(|zoom| (1.0..=100.0).contains(zoom));
                    options.scale.zoom = zoom.ok_or("`zoom` is a factor from 1 to 100")?;
                }
                _ => return Err("the options are baud, camera, steps and zoom"),
            }
        }
        Ok(options)
    }
}

impl TryFrom<String> for PtzAddress {
    type Error = PtzError;
    fn try_from(text: String) -> Result<Self, PtzError> {
        text.parse()
    }
}

impl From<PtzAddress> for String {
    fn from(address: PtzAddress) -> String {
        address.to_string()
    }
}

impl fmt::Display for PtzAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = Vec::new();
        let mut scaled = |scale: &ViscaScale| {
            let usual = ViscaScale::default();
            if scale.steps_per_degree != usual.steps_per_degree {
                options.push(format!("steps={}", scale.steps_per_degree));
            }
            if scale.zoom != usual.zoom {
                options.push(format!("zoom={}", scale.zoom));
            }
        };
        let place = |host: &str, port: u16, usual: u16| {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            if port == usual { host } else { format!("{host}:{port}") }
        };
        match self {
            Self::Sim => return f.write_str("sim"),
            Self::Onvif(url) => return write!(f, "onvif:{url}"),
            Self::Uvc(device) => return write!(f, "uvc:{}", device.display()),
            Self::Visca { device, baud, camera, scale } => {
                scaled(scale);
                if *baud != BAUD {
                    options.push(format!("baud={baud}"));
                }
                if *camera != 1 {
                    options.push(format!("camera={camera}"));
                }
                write!(f, "visca:{}", device.display())?;
            }
            Self::ViscaUdp { host, port, scale } => {
                scaled(scale);
                write!(f, "visca-udp:{}", place(host, *port, VISCA_UDP_PORT))?;
            }
            Self::ViscaTcp { host, port, scale } => {
                scaled(scale);
                write!(f, "visca-tcp:{}", place(host, *port, VISCA_TCP_PORT))?;
            }
        }
        if options.is_empty() { Ok(()) } else { write!(f, "?{}", options.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were_written() {
        for text in [
            "visca:/dev/ttyUSB0",
            "visca:/dev/serial/by-id/x?steps=13.33&zoom=18&baud=38400&camera=2",
            "visca-udp:192.168.10.12",
            "visca-udp:camera-1:1259?zoom=12",
            "visca-tcp:[fe80::1]",
            "visca-tcp:[::1]:1259",
            "onvif:http://192.168.10.12:8080/onvif/device_service",
            "uvc:/dev/video0",
            "sim",
        ] {
            assert_eq!(text.parse::<PtzAddress>().unwrap().to_string(), text);
        }
        let usual = "visca-tcp:host".parse::<PtzAddress>().unwrap();
        assert_eq!(usual, PtzAddress::ViscaTcp { host: "host".into(), port: 5678, scale: ViscaScale::default() });
    }

    #[test]
    fn a_wrong_address_says_what_to_write() {
        for text in [
            "",
            "sim:1",
            "visca",
            "visca:",
            "visca:?baud=9600",
            "pelco:/dev/ttyUSB0",
            "visca-udp:",
            "visca-udp:host:port",
            "visca-udp:host:70000",
            "visca-udp:[::1]5",
            "visca-udp:host?baud=9600",
            "visca:/dev/tty?baud=1",
            "visca:/dev/tty?camera=8",
            "visca:/dev/tty?zoom",
            "visca:/dev/tty?steps=NaN",
            "onvif:https://host",
            "onvif:http://",
            "onvif:http://a:b@host/",
            "uvc:/dev/video0\n",
        ] {
            let error =
                text.parse::<PtzAddress>().map(|address| panic!("{text}: {address:?}")).unwrap_err().to_string();
            assert!(error.contains("use visca:/dev/ttyUSB0"), "{error}");
        }
    }
}
