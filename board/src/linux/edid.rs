//! What a receiver tells a computer that it can show (VESA E-EDID 1.3, CTA-861): 1080p at 50 frames a second first, because the
//! lesson has 25 and two lanes of a camera socket carry no more; sound in stereo. A receiver that forgets it at power-off
//! gets it again; without it computers send nothing.

/// Two blocks of 128 bytes: the display, and its CTA extension.
pub(super) const LENGTH: usize = 256;
const BLOCK: usize = 128;

/// Video identification codes of CTA-861, the best first.
const PICTURES: [u8; 9] = [31, 16, 33, 34, 19, 4, 18, 3, 1];
/// Linear PCM, two channels, 32 to 48 kHz, 16 bits.
const SOUND: [u8; 3] = [0x09, 0x07, 0x01];
/// Front left and right.
const SPEAKERS: [u8; 3] = [0x01, 0, 0];
/// HDMI Licensing's number, and address 1.0.0.0.
const HDMI: [u8; 5] = [0x03, 0x0c, 0x00, 0x10, 0x00];
/// Full and limited range can be chosen; nothing is cut off at the edges.
const CAPABILITY: [u8; 2] = [0x00, 0xca];

const FULL_HD_50: Detailed =
    Detailed { clock: 14850, across: Timing::new(1920, 528, 44, 148), down: Timing::new(1080, 4, 5, 36) };
const HD_50: Detailed =
    Detailed { clock: 7425, across: Timing::new(1280, 440, 40, 220), down: Timing::new(720, 5, 5, 20) };

struct Timing {
    active: u16,
    front: u16,
    sync: u16,
    blank: u16,
}

impl Timing {
    const fn new(active: u16, front: u16, sync: u16, back: u16) -> Self {
        Self { active, front, sync, blank: front + sync + back }
    }
}

/// A detailed timing; the pixel clock in steps of 10 kHz.
struct Detailed {
    clock: u16,
    across: Timing,
    down: Timing,
}

impl Detailed {
    /// E-EDID 1.3, 3.10.2: progressive, separate sync, both positive, no size, since a recorder has none.
    fn bytes(&self) -> [u8; 18] {
        let (a, d) = (&self.across, &self.down);
        let high = |value: u16, to: u16| (value >> 8 << to) as u8;
        let [low, clock] = self.clock.to_le_bytes();
        [
            low,
            clock,
            a.active as u8,
            a.blank as u8,
            high(a.active, 4) | high(a.blank, 0),
            d.active as u8,
            d.blank as u8,
            high(d.active, 4) | high(d.blank, 0),
            a.front as u8,
            a.sync as u8,
            (d.front << 4 | d.sync) as u8,
            high(a.front, 6) | high(a.sync, 4),
            0,
            0,
            0,
            0,
            0,
            0x1e,
        ]
    }
}

/// The whole of it, with its checksums.
pub(super) fn blob() -> [u8; LENGTH] {
    let mut edid = [0; LENGTH];
    let (display, extension) = edid.split_at_mut(BLOCK);
    fill_display(display);
    fill_extension(extension);
    for block in [display, extension] {
        let sum = block.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        block[BLOCK - 1] = sum.wrapping_neg();
    }
    edid
}

fn fill_display(block: &mut [u8]) {
    block[..8].copy_from_slice(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]);
    // "LNX", as the kernel's own: three letters of five bits.
    block[8..10].copy_from_slice(&0x31d8u16.to_be_bytes());
    block[10] = 1;
    // Made in 2026, to version 1.3.
    block[17..20].copy_from_slice(&[36, 1, 3]);
    // Digital; no size; gamma 2.2; RGB, sRGB, the first timing is the preferred one.
    block[20..25].copy_from_slice(&[0x80, 0, 0, 120, 0x0e]);
    // The colours of sRGB.
    block[25..35].copy_from_slice(&[0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54]);
    // 640×480, 800×600 and 1024×768 at 60.
    block[35..38].copy_from_slice(&[0x21, 0x08, 0]);
    // 1920×1080, 1280×720, 1280×800 and 1280×1024 at 60; the rest is unused.
    block[38..54].copy_from_slice(&[0xd1, 0xc0, 0x81, 0xc0, 0x81, 0, 0x81, 0x80, 1, 1, 1, 1, 1, 1, 1, 1]);
    block[54..72].copy_from_slice(&FULL_HD_50.bytes());
    block[72..90].copy_from_slice(&HD_50.bytes());
    block[90..108].copy_from_slice(b"\0\0\0\xfc\0ketang\n      ");
    // 24 to 61 Hz, 15 to 84 kHz, 150 MHz at most.
    block[108..126].copy_from_slice(b"\0\0\0\xfd\0\x18\x3d\x0f\x54\x0f\0\n      ");
    // One extension.
    block[126] = 1;
}

fn fill_extension(block: &mut [u8]) {
    let mut at = 4;
    let data: [(u8, &[u8]); 5] = [(2, &PICTURES), (1, &SOUND), (4, &SPEAKERS), (3, &HDMI), (7, &CAPABILITY)];
    for (tag, data) in data {
        block[at] = tag << 5 | data.len() as u8;
        block[at + 1..at + 1 + data.len()].copy_from_slice(data);
        at += 1 + data.len();
    }
    // CTA-861, third version; nothing is cut off at the edges, basic sound, 4:4:4 and 4:2:2, one native timing.
    block[..4].copy_from_slice(&[2, 3, at as u8, 0xf1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_right_and_the_first_timing_is_1080p50() {
        let edid = blob();
        for block in edid.chunks(BLOCK) {
            assert_eq!(block.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)), 0);
        }
        // As CTA-861 spells format 31.
        let first = [2, 0x3a, 0x80, 0xd0, 0x72, 0x38, 0x2d, 0x40, 0x10, 0x2c, 0x45, 0x80, 0, 0, 0, 0, 0, 0x1e];
        assert_eq!(edid[54..72], first);
        assert_eq!(edid[BLOCK + 2], 4 + 10 + 4 + 4 + 6 + 3, "where the data blocks end");
    }

    #[test]
    fn it_is_as_the_standards_want_it() {
        use std::process::{Command, Stdio};
        let mut decoder = Command::new("edid-decode");
        decoder.arg("--check").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut decoder) = decoder.spawn() else {
            println!("skipped: edid-decode is not installed");
            return;
        };
        std::io::Write::write_all(&mut decoder.stdin.take().unwrap(), &blob()).unwrap();
        let said = decoder.wait_with_output().unwrap().stdout;
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("EDID conformity: PASS"), "{said}");
    }
}
