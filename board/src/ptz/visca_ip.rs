//! Sony's VISCA over IP as bytes: each UDP datagram is a header of eight bytes and one VISCA packet. No wire.
//!
//! SRG-300H command list, "VISCA over IP": payload type (2 bytes), payload length (2), sequence number (4), all with the
//! highest byte first. A reply bears the number of the message that it answers.

use super::visca::LONGEST;

const HEADER: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command,
    Inquiry,
    Reply,
    /// To the protocol itself, such as [`RESET`].
    Control,
    ControlReply,
}

/// Sets the sequence number to 0, as the payload of [`Kind::Control`]; the reply to it is the same.
pub const RESET: &[u8] = &[0x01];
/// The payload of a [`Kind::ControlReply`] to a number that was not expected.
pub const OUT_OF_STEP: &[u8] = &[0x0f, 0x01];
/// The payload of a [`Kind::ControlReply`] to what is no message.
pub const NOT_UNDERSTOOD: &[u8] = &[0x0f, 0x02];

impl Kind {
    const CODES: [(u16, Self); 5] = [
        (0x0100, Self::Command),
        (0x0110, Self::Inquiry),
        (0x0111, Self::Reply),
        (0x0200, Self::Control),
        (0x0201, Self::ControlReply),
    ];

    fn code(self) -> u16 {
        Self::CODES.iter().find(|(_, kind)| *kind == self).map_or(0, |(code, _)| *code)
    }
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    pub kind: Kind,
    pub number: u32,
    /// 1 to 16 bytes.
    pub payload: Vec<u8>,
}

impl Datagram {
    pub fn bytes(&self) -> Vec<u8> {
        let length = self.payload.len().min(LONGEST);
        let (kind, number) = (self.kind.code().to_be_bytes(), self.number.to_be_bytes());
        [&kind[..], &(length as u16).to_be_bytes(), &number, &self.payload[..length]].concat()
    }

    /// Reads a datagram; `None` if its length is not what it says or its kind is not known.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (header, payload) = bytes.split_at_checked(HEADER)?;
        let half = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let (_, kind) = *Kind::CODES.iter().find(|(code, _)| *code == half(0))?;
        let length = usize::from(half(2));
        if payload.len() != length || !(1..=LONGEST).contains(&length) {
            return None;
        }
        let number = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        Some(Self { kind, number, payload: payload.to_vec() })
    }
}
