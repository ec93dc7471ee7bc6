//! What a fuzzer feeds: one entry for each parser of bytes that come from outside. `fuzz/` calls them from cargo-fuzz, and an
//! ordinary test calls them with many seeded random and mutated inputs. They must not panic, hang or grow, and say what must hold.

use super::soap;
use super::visca::{END, Framer, LONGEST, Message, Reply};
use super::visca_ip::Datagram;

/// The bytes of a serial line or a TCP connection, as both ends read them.
pub fn visca(data: &[u8]) {
    let mut framer = Framer::default();
    for packet in data.iter().filter_map(|byte| framer.push(*byte)) {
        assert!(packet.len() <= LONGEST && packet.last() == Some(&END), "{packet:02X?}");
        if let Some((camera, message)) = Message::read(&packet) {
            // Not the same bytes: the speed of what stands still may be any.
            assert_eq!(Message::read(&message.packet(camera)), Some((camera, message)), "{packet:02X?}");
        }
        if let Some((camera, reply)) = Reply::read(&packet) {
            assert_eq!(reply.packet(camera), packet, "{reply:?} is written as it is read");
        }
    }
    // Packets that no framer has cut.
    let _ = (Message::read(data), Reply::read(data));
}

/// A datagram of VISCA over IP.
pub fn visca_ip(data: &[u8]) {
    if let Some(datagram) = Datagram::read(data) {
        assert_eq!(datagram.bytes(), data, "{datagram:?} is written as it is read");
        visca(&datagram.payload);
    }
}

/// An ONVIF camera's reply.
pub fn onvif(data: &[u8]) {
    soap::read_anything(&String::from_utf8_lossy(data));
}

/// The address of a camera, as a person writes it.
pub fn address(data: &[u8]) {
    if let Ok(address) = String::from_utf8_lossy(data).parse::<ketang_hal::ptz::PtzAddress>() {
        let text = address.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&address), "`{text}` means what was written");
    }
}

/// Repeatable chance: SplitMix64.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ word >> 31) % end
    }

    /// Changes a few bytes, takes some away, puts some in or repeats a piece.
    pub fn mutate(&mut self, data: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(data.len() as u64 + 1) as usize;
            match self.below(5) {
                0 if at < data.len() => data[at] ^= 1 << self.below(8),
                1 if at < data.len() => data[at] = self.below(256) as u8,
                2 => data.truncate(at),
                3 => data.insert(at, self.below(256) as u8),
                _ if at < data.len() => {
                    let end = at + 1 + self.below((data.len() - at) as u64) as usize;
                    let piece = data[at..end].to_vec();
                    data.splice(at..at, piece);
                }
                _ => data.push(END),
            }
        }
    }
}
