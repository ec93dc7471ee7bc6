//! Walks the top-level boxes of an MP4: what kind of file it is, where its index lies, whether it is whole.
//!
//! Reads box headers and brands alone; the samples are the demultiplexer's business.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use ketang_hal::figures::Container;

/// A day of fragments of 1 s has some 170 000 boxes; a file with more is not read further.
const MOST_BOXES: u32 = 1_000_000;
const MOST_BRANDS: usize = 32;

pub(super) fn walk(file: &mut File) -> io::Result<Container> {
    let length = file.metadata()?.len();
    let mut container = Container::default();
    let (mut index, mut media) = (None, None);
    let mut at = 0u64;
    for _ in 0..MOST_BOXES {
        if at >= length {
            break;
        }
        let Some((kind, header, size)) = header(file, at, length)? else {
            container.truncated = true;
            break;
        };
        match &kind {
            b"ftyp" => {
                container.mp4 = true;
                container.brands = brands(file, at + header, size.saturating_sub(header))?;
            }
            b"moov" => index = index.or(Some(at)),
            b"mdat" => media = media.or(Some(at)),
            b"moof" => container.fragmented = true,
            // A file without `ftyp` that has another first box is QuickTime of old, or nothing of the kind.
            _ => {}
        }
        let Some(next) = at.checked_add(size) else { break };
        if next > length {
            container.truncated = true;
        }
        at = next;
    }
    container.mp4 |= index.is_some();
    container.truncated |= index.is_none();
    container.index_in_front = matches!((index, media), (Some(index), Some(media)) if index < media);
    Ok(container)
}

/// Type, length of the header and length of the whole box at `at`; `None` where no box can be.
fn header(file: &mut File, at: u64, length: u64) -> io::Result<Option<([u8; 4], u64, u64)>> {
    let mut bytes = [0u8; 16];
    let room = length - at;
    if room < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    let wanted = room.min(16) as usize;
    file.read_exact(&mut bytes[..wanted])?;
    let [a, b, c, d, k, i, n, e, ..] = bytes;
    let kind = [k, i, n, e];
    if !kind.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | 0xa9)) {
        return Ok(None);
    }
    Ok(match u32::from_be_bytes([a, b, c, d]) {
        // To the end of the file.
        0 => Some((kind, 8, room)),
        1 if wanted == 16 => {
            let mut large = [0u8; 8];
            large.copy_from_slice(&bytes[8..]);
            Some((kind, 16, u64::from_be_bytes(large))).filter(|(_, header, size)| size >= header)
        }
        size if size >= 8 => Some((kind, 8, u64::from(size))),
        _ => None,
    })
}

fn brands(file: &mut File, at: u64, size: u64) -> io::Result<Vec<String>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(size.min(8 + 4 * MOST_BRANDS as u64)).read_to_end(&mut bytes)?;
    let words = bytes.chunks_exact(4).enumerate();
    // The second word is the minor version.
    Ok(words.filter(|(n, _)| *n != 1).map(|(_, word)| String::from_utf8_lossy(word).trim().to_owned()).collect())
}
