//! VISCA as bytes: messages to a camera and its replies, both ways. No wire, no waiting, no camera.
//!
//! After Sony's VISCA command list (EVI-D70 technical manual, "Command List"; SRG-300H for VISCA over IP). A message is
//! `8x … FF`, x being the camera's address; a reply is `z0 … FF`, z being that address + 8. A command is answered by an
//! acknowledgement with the socket that carries it out, and by a completion when it is done; an inquiry by its answer.

/// The longest packet, with its first and last byte.
pub const LONGEST: usize = 16;
/// Ends every packet and stands nowhere else.
pub const END: u8 = 0xff;
/// The greatest speeds of pan and tilt.
pub const PAN_SPEED: u8 = 0x18;
pub const TILT_SPEED: u8 = 0x14;
/// The greatest speed of zoom.
pub const ZOOM_SPEED: u8 = 7;
/// The zoom's position at the end of its optics.
pub const ZOOM_TELE: u16 = 0x4000;

/// What a controller sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// To all cameras of a serial line: take addresses, the first 1.
    AddressSet,
    /// To all cameras of a serial line: forget what is not done.
    ClearAll,
    /// Ends the command in a socket.
    Cancel(u8),
    /// Turns on: speeds, right and up being positive, 0 standing still.
    Drive {
        pan: i8,
        tilt: i8,
    },
    /// Turns to a position at these speeds.
    GoTo {
        pan_speed: u8,
        tilt_speed: u8,
        pan: i16,
        tilt: i16,
    },
    Zoom(ZoomDrive),
    ZoomTo(u16),
    MemorySet(u8),
    MemoryRecall(u8),
    AskVersion,
    AskPanTilt,
    AskZoom,
}

/// How the zoom runs; speeds from 0 to [`ZOOM_SPEED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoomDrive {
    Stop,
    Tele(u8),
    Wide(u8),
}

impl Message {
    pub fn is_inquiry(&self) -> bool {
        matches!(self, Self::AskVersion | Self::AskPanTilt | Self::AskZoom)
    }

    /// Whether its completion means that the camera has arrived.
    pub fn is_journey(&self) -> bool {
        matches!(self, Self::GoTo { .. } | Self::ZoomTo(_) | Self::MemoryRecall(_))
    }

    /// The packet for the camera of this address, from 1 to 7.
    pub fn packet(&self, camera: u8) -> Vec<u8> {
        let body: Vec<u8> = match *self {
            Self::AddressSet => return vec![0x88, 0x30, 0x01, END],
            Self::ClearAll => return vec![0x88, 0x01, 0x00, 0x01, END],
            Self::Cancel(socket) => vec![0x20 | socket & 0x0f],
            Self::Drive { pan, tilt } => {
                let speed = |part: i8, greatest: u8| part.unsigned_abs().clamp(1, greatest);
                let way = |part: i8, back: u8, on: u8| match part.signum() {
                    0 => 0x03,
                    1 => on,
                    _ => back,
                };
                let (pan_speed, tilt_speed) = (speed(pan, PAN_SPEED), speed(tilt, TILT_SPEED));
                vec![0x01, 0x06, 0x01, pan_speed, tilt_speed, way(pan, 0x01, 0x02), way(tilt, 0x02, 0x01)]
            }
            Self::GoTo { pan_speed, tilt_speed, pan, tilt } => {
                let start = [0x01, 0x06, 0x02, pan_speed.clamp(1, PAN_SPEED), tilt_speed.clamp(1, TILT_SPEED)];
                [&start[..], &nibbles(pan as u16), &nibbles(tilt as u16)].concat()
            }
            Self::Zoom(drive) => vec![
                0x01,
                0x04,
                0x07,
                match drive {
                    ZoomDrive::Stop => 0x00,
                    ZoomDrive::Tele(speed) => 0x20 | speed.min(ZOOM_SPEED),
                    ZoomDrive::Wide(speed) => 0x30 | speed.min(ZOOM_SPEED),
                },
            ],
            Self::ZoomTo(position) => [&[0x01, 0x04, 0x47][..], &nibbles(position)].concat(),
            Self::MemorySet(number) => vec![0x01, 0x04, 0x3f, 0x01, number & 0x7f],
            Self::MemoryRecall(number) => vec![0x01, 0x04, 0x3f, 0x02, number & 0x7f],
            Self::AskVersion => vec![0x09, 0x00, 0x02],
            Self::AskPanTilt => vec![0x09, 0x06, 0x12],
            Self::AskZoom => vec![0x09, 0x04, 0x47],
        };
        [&[0x80 | camera & 0x07][..], &body, &[END]].concat()
    }

    /// Reads a packet as a camera does: the address it is for (8: all), and what it says; `None` if that is nothing known.
    pub fn read(packet: &[u8]) -> Option<(u8, Self)> {
        let [first, body @ .., END] = packet else { return None };
        let camera = first.checked_sub(0x80).filter(|camera| (1..=8).contains(camera))?;
        let message = match *body {
            [0x30, 0x01] => Self::AddressSet,
            [0x01, 0x00, 0x01] => Self::ClearAll,
            [cancel] if cancel & 0xf0 == 0x20 => Self::Cancel(cancel & 0x0f),
            [0x01, 0x06, 0x01, pan, tilt, pan_way, tilt_way] => {
                let part = |speed: u8, greatest: u8, way: u8, back: u8, on: u8| match way {
                    0x03 => Some(0),
                    _ if !(1..=greatest).contains(&speed) => None,
                    _ if way == on => Some(speed as i8),
                    _ if way == back => Some(-(speed as i8)),
                    _ => None,
                };
                let (pan, tilt) =
                    (part(pan, PAN_SPEED, pan_way, 0x01, 0x02)?, part(tilt, TILT_SPEED, tilt_way, 0x02, 0x01)?);
                Self::Drive { pan, tilt }
            }
            [0x01, 0x06, 0x02, pan_speed, tilt_speed, ref position @ ..] if position.len() == 8 => {
                let (pan, tilt) = (number(&position[..4])? as i16, number(&position[4..])? as i16);
                if !(1..=PAN_SPEED).contains(&pan_speed) || !(1..=TILT_SPEED).contains(&tilt_speed) {
                    return None;
                }
                Self::GoTo { pan_speed, tilt_speed, pan, tilt }
            }
            [0x01, 0x04, 0x07, 0x00] => Self::Zoom(ZoomDrive::Stop),
            [0x01, 0x04, 0x07, drive] if drive & 0x0f <= ZOOM_SPEED => match drive & 0xf0 {
                0x20 => Self::Zoom(ZoomDrive::Tele(drive & 0x0f)),
                0x30 => Self::Zoom(ZoomDrive::Wide(drive & 0x0f)),
                _ => return None,
            },
            [0x01, 0x04, 0x47, ref position @ ..] => Self::ZoomTo(number(position)?),
            [0x01, 0x04, 0x3f, 0x01, number] if number < 0x80 => Self::MemorySet(number),
            [0x01, 0x04, 0x3f, 0x02, number] if number < 0x80 => Self::MemoryRecall(number),
            [0x09, 0x00, 0x02] => Self::AskVersion,
            [0x09, 0x06, 0x12] => Self::AskPanTilt,
            [0x09, 0x04, 0x47] => Self::AskZoom,
            _ => return None,
        };
        // What goes to all cameras is these two alone, and they go to nobody else.
        let to_all = matches!(message, Self::AddressSet | Self::ClearAll);
        (to_all == (camera == 8)).then_some((camera, message))
    }
}

/// What a camera answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The command was taken; this socket carries it out.
    Ack(u8),
    /// The command of this socket is done. Some cameras know no sockets and say 0.
    Done(u8),
    Answer(Answer),
    /// The command of this socket is not done, or 0 where it never came into one.
    Error(u8, Fault),
    /// The line was set up anew: a camera was switched on or plugged in.
    NetworkChange,
    /// The addresses are set; one more than there are cameras.
    AddressSet(u8),
    Cleared,
}

/// The answer to an inquiry. Each has a length of its own, so that none is taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    PanTilt(i16, i16),
    Zoom(u16),
    Version(Version),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub vendor: u16,
    pub model: u16,
    pub rom: u16,
    pub sockets: u8,
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Length,
    Syntax,
    /// Both sockets are busy.
    Full,
    /// Another command took its place.
    Cancelled,
    /// There is nothing in that socket.
    NoSocket,
    /// Not in the camera's present state.
    NotNow,
    Other(u8),
}

impl Fault {
    const CODES: [(u8, Self); 6] = [
        (0x01, Self::Length),
        (0x02, Self::Syntax),
        (0x03, Self::Full),
        (0x04, Self::Cancelled),
        (0x05, Self::NoSocket),
        (0x41, Self::NotNow),
    ];

    fn of(code: u8) -> Self {
        Self::CODES.iter().find(|(known, _)| *known == code).map_or(Self::Other(code), |(_, fault)| *fault)
    }

    fn code(self) -> u8 {
        match self {
            Self::Other(code) => code,
            known => Self::CODES.iter().find(|(_, fault)| *fault == known).map_or(0x02, |(code, _)| *code),
        }
    }

    pub fn words(self) -> String {
        match self {
            Self::Length | Self::Syntax => "it does not know the command".into(),
            Self::Full => "it is busy".into(),
            Self::Cancelled => "another command took its place".into(),
            Self::NoSocket => "there is nothing to end".into(),
            Self::NotNow => "not in its present state".into(),
            Self::Other(code) => format!("code {code:02X}"),
        }
    }
}

impl Reply {
    /// Reads a packet from a camera: its address, and what it says; `None` if that is nothing known.
    pub fn read(packet: &[u8]) -> Option<(u8, Self)> {
        match *packet {
            [0x88, 0x30, next, END] if (2..=8).contains(&next) => return Some((0, Self::AddressSet(next))),
            [0x88, 0x01, 0x00, 0x01, END] => return Some((0, Self::Cleared)),
            _ => {}
        }
        let [first, body @ .., END] = packet else { return None };
        let camera = first.checked_sub(0x80).filter(|from| from & 0x0f == 0 && *from > 0)? >> 4;
        let reply = match *body {
            [0x38] => Self::NetworkChange,
            [ack] if ack & 0xf0 == 0x40 => Self::Ack(ack & 0x0f),
            [done] if done & 0xf0 == 0x50 => Self::Done(done & 0x0f),
            [error, code] if error & 0xf0 == 0x60 => Self::Error(error & 0x0f, Fault::of(code)),
            [0x50, ref answer @ ..] => Self::Answer(Answer::read(answer)?),
            _ => return None,
        };
        Some((camera, reply))
    }

    /// The packet that the camera of this address sends.
    pub fn packet(&self, camera: u8) -> Vec<u8> {
        let body = match *self {
            Self::AddressSet(next) => return vec![0x88, 0x30, next, END],
            Self::Cleared => return vec![0x88, 0x01, 0x00, 0x01, END],
            Self::Ack(socket) => vec![0x40 | socket & 0x0f],
            Self::Done(socket) => vec![0x50 | socket & 0x0f],
            Self::Error(socket, fault) => vec![0x60 | socket & 0x0f, fault.code()],
            Self::NetworkChange => vec![0x38],
            Self::Answer(answer) => [&[0x50][..], &answer.body()].concat(),
        };
        [&[0x80 | (camera & 0x07) << 4][..], &body, &[END]].concat()
    }
}

impl Answer {
    fn read(body: &[u8]) -> Option<Self> {
        match *body {
            [vendor, vendor_low, model, model_low, rom, rom_low, sockets] => Some(Self::Version(Version {
                vendor: u16::from_be_bytes([vendor, vendor_low]),
                model: u16::from_be_bytes([model, model_low]),
                rom: u16::from_be_bytes([rom, rom_low]),
                sockets,
            })),
            _ if body.len() == 4 => number(body).map(Self::Zoom),
            _ if body.len() == 8 => Some(Self::PanTilt(number(&body[..4])? as i16, number(&body[4..])? as i16)),
            _ => None,
        }
    }

    fn body(&self) -> Vec<u8> {
        match *self {
            Self::PanTilt(pan, tilt) => [nibbles(pan as u16), nibbles(tilt as u16)].concat(),
            Self::Zoom(position) => nibbles(position).to_vec(),
            Self::Version(version) => {
                let words = [version.vendor, version.model, version.rom].map(u16::to_be_bytes);
                [&words.concat()[..], &[version.sockets]].concat()
            }
        }
    }
}

/// A number as `0p 0q 0r 0s`.
fn nibbles(number: u16) -> [u8; 4] {
    [12, 8, 4, 0].map(|shift| (number >> shift) as u8 & 0x0f)
}

/// The number of four such bytes; `None` where one of them has a high half, so that the line has changed it.
fn number(bytes: &[u8]) -> Option<u16> {
    let whole = bytes.len() == 4 && bytes.iter().all(|byte| *byte <= 0x0f);
    whole.then(|| bytes.iter().fold(0, |number, byte| number << 4 | u16::from(*byte)))
}

/// Cuts a stream of bytes into packets. Whatever comes, it holds [`LONGEST`] bytes at most and finds the next packet.
#[derive(Debug, Default)]
pub struct Framer {
    packet: Vec<u8>,
    /// Too long to be a packet: skip to its end.
    skips: bool,
}

impl Framer {
    /// Takes a byte; a packet if that ended one. What precedes a first byte (8x to Fx) is left out.
    pub fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        if byte == END {
            let packet = std::mem::take(&mut self.packet);
            return (!std::mem::take(&mut self.skips) && !packet.is_empty()).then(|| [&packet[..], &[END]].concat());
        }
        if self.skips {
            return None;
        }
        // Only a packet's first byte has its highest bit set, but for bytes of versions.
        if self.packet.is_empty() && byte < 0x80 {
            return None;
        }
        self.packet.push(byte);
        if self.packet.len() >= LONGEST {
            self.packet.clear();
            self.skips = true;
        }
        None
    }
}
