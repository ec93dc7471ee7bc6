//! Live small pictures: the parts of a multipart stream (RFC 2046, 5.1), each with its length in its header.

use hyper::body::Incoming;
use tokio::time::timeout;

use super::{Error, SILENCE_LIMIT, next_data};

/// Larger than any small picture: the stream is not one of ours.
const PICTURE_LIMIT: usize = 8 << 20;

/// A small picture, XRGB8888 without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u32>,
}

/// The pictures of a feed, one by one.
#[derive(Debug)]
pub struct Pictures {
    pub(super) body: Incoming,
    /// What has come of the next part.
    pub(super) rest: Vec<u8>,
}

impl Pictures {
    /// Waits for the next picture; an error when the host ends or says what is not understood.
    pub async fn next(&mut self) -> Result<Picture, Error> {
        let header = loop {
            if let Some(end) = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break self.rest.drain(..end + 4).collect::<Vec<u8>>();
            }
            self.read().await?;
        };
        let length = length(&header).filter(|length| *length <= PICTURE_LIMIT);
        let length = length.ok_or_else(|| Error::NotUnderstood("a picture of unknown length".into()))?;
        while self.rest.len() < length {
            self.read().await?;
        }
        let picture = picture(&self.rest[..length]);
        self.rest.drain(..length);
        picture.ok_or_else(|| Error::NotUnderstood("a picture that is no PPM".into()))
    }

    async fn read(&mut self) -> Result<(), Error> {
        let data = timeout(SILENCE_LIMIT, next_data(&mut self.body)).await;
        self.rest.extend_from_slice(&data.map_err(|_| Error::broken("no picture came"))??);
        if self.rest.len() > 2 * PICTURE_LIMIT {
            return Err(Error::broken("a header of the stream has no end"));
        }
        Ok(())
    }
}

fn length(header: &[u8]) -> Option<usize> {
    let header = std::str::from_utf8(header).ok()?;
    let line = header
        .lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")));
    line?.1.trim().parse().ok()
}

/// Reads a portable pixmap (netpbm's `P6`) with a byte a colour.
fn picture(file: &[u8]) -> Option<Picture> {
    let mut rest = file;
    let mut word = || {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        let word = std::str::from_utf8(&rest[..end]).ok();
        rest = &rest[end + 1..];
        word
    };
    let (magic, width, height, most) = (word()?, word()?.parse().ok()?, word()?.parse().ok()?, word()?);
    let rgb = rest;
    let pixels: Vec<u32> = rgb.chunks_exact(3).map(|of| u32::from_be_bytes([0, of[0], of[1], of[2]])).collect();
    let fits = magic == "P6" && most == "255" && pixels.len() as u64 == u64::from(width) * u64::from(height);
    fits.then_some(Picture { width, height, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixmap_is_read_and_garbage_is_not() {
        let file = b"P6\n2 1\n255\n\x01\x02\x03\xff\x00\x80";
        assert_eq!(picture(file), Some(Picture { width: 2, height: 1, pixels: vec![0x01_02_03, 0xff_00_80] }));
        for broken in [&b"P6\n2 1\n255\n\x01"[..], b"P5\n2 1\n255\n123456", b"P6\n4294967295 9\n255\n", b"", b"P6"] {
            assert_eq!(picture(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn the_length_stands_in_the_header() {
        assert_eq!(length(b"--picture\r\nContent-Type: image/jpeg\r\ncontent-LENGTH: 12\r\n\r\n"), Some(12));
        assert_eq!(length(b"--picture\r\n\r\n"), None);
    }
}
