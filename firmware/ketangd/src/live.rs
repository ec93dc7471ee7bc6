//! Live small pictures of the programme and of every input, for panels and pages. What nobody looks at is not made.
//!
//! One thread a feed: glances in, parts of a multipart stream out (RFC 2046, 5.1; as cameras do with `multipart/x-mixed-replace`).
//! Whoever is slow misses some and always gets the newest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use ketang_hal::picture::Size;
use ketang_pipelines::glance::{Gate, Glances, SmallPicture};
use ketang_pipelines::priority;
use ketang_pipelines::studio::Studio;
use ketang_protocol::live::Feed;
use serde::Deserialize;
use tokio::sync::watch;

/// The programme is looked at, the inputs are glanced at.
const PROGRAMME: Size = Size { width: 640, height: 360 };
const INPUT: Size = Size { width: 320, height: 180 };
/// Slots from one picture to the next: 12.5 a second.
const EVERY: u64 = 2;
/// Recording comes first.
const NICENESS: i32 = 5;
/// How often a thread looks whether its input is still there and whether anybody still looks.
const WAIT: Duration = Duration::from_secs(1);
/// Of 100: faces are told apart, and a picture of an input is some 8 kB.
const JPEG_QUALITY: u8 = 70;

/// The forms that a picture comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// For browsers.
    #[default]
    Jpeg,
    /// Portable pixmap (netpbm's `P6`), red, green and blue, a byte each: for programs on this machine, which need not decode it.
    Ppm,
}

/// The pictures of a host, by feed.
#[derive(Debug, Default)]
pub struct LivePictures(BTreeMap<Feed, Live>);

#[derive(Debug)]
struct Live {
    gate: Gate,
    made: Arc<Made>,
}

/// The newest part of each form.
#[derive(Debug, Default)]
struct Made {
    jpeg: watch::Sender<Bytes>,
    ppm: watch::Sender<Bytes>,
}

impl LivePictures {
    /// Every feed of a studio. The threads end with it.
    pub fn open(studio: &Studio) -> Self {
        let mut all = Self::default();
        all.add(Feed::Programme, studio.watch_programme(PROGRAMME, EVERY));
        for role in studio.roles() {
            if let Some(glances) = studio.watch(role, INPUT, EVERY) {
                all.add(Feed::Input(role), glances);
            }
        }
        all
    }

    fn add(&mut self, feed: Feed, glances: Glances) {
        let live = Live { gate: glances.gate(), made: Arc::default() };
        live.gate.open(false);
        let made = live.made.clone();
        let thread = std::thread::Builder::new().name(format!("live {feed}")).spawn(move || {
            priority::set(NICENESS);
            while let Ok(glance) = glances.next(WAIT) {
                let wanted = made.is_wanted();
                glances.gate().open(wanted);
                if let Some(picture) = glance.filter(|_| wanted).and_then(|glance| glance.shown()) {
                    made.publish(&picture);
                }
            }
        });
        match thread {
            Ok(_) => drop(self.0.insert(feed, live)),
            Err(error) => tracing::warn!(%feed, %error, "there are no live pictures of this"),
        }
    }

    pub fn feeds(&self) -> impl Iterator<Item = Feed> {
        self.0.keys().copied()
    }

    /// The parts of a feed as they are made, each the header, the picture and the boundary of the next.
    pub fn follow(&self, feed: Feed, form: Form) -> Option<watch::Receiver<Bytes>> {
        let live = self.0.get(&feed)?;
        let parts = live.made.of(form).subscribe();
        live.gate.open(true);
        Some(parts)
    }
}

/// The boundary between the parts.
pub const BOUNDARY: &str = "picture";

impl Made {
    fn of(&self, form: Form) -> &watch::Sender<Bytes> {
        match form {
            Form::Jpeg => &self.jpeg,
            Form::Ppm => &self.ppm,
        }
    }

    fn is_wanted(&self) -> bool {
        [&self.jpeg, &self.ppm].iter().any(|parts| parts.receiver_count() > 0)
    }

    fn publish(&self, picture: &SmallPicture) {
        if self.ppm.receiver_count() > 0 {
            self.ppm.send_replace(part("image/x-portable-pixmap", &ppm(picture)));
        }
        if self.jpeg.receiver_count() > 0 {
            match jpeg(picture) {
                Ok(bytes) => drop(self.jpeg.send_replace(part("image/jpeg", &bytes))),
                Err(error) => tracing::debug!(%error, "a live picture was not made"),
            }
        }
    }
}

fn part(kind: &str, picture: &[u8]) -> Bytes {
    let length = picture.len();
    let mut part = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    part.extend_from_slice(picture);
    // The next one's boundary ends this: browsers show a part when they see its end.
    part.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
    part.into()
}

fn ppm(picture: &SmallPicture) -> Vec<u8> {
    let mut file = format!("P6\n{} {}\n255\n", picture.size.width, picture.size.height).into_bytes();
    file.extend_from_slice(&picture.rgb);
    file
}

fn jpeg(picture: &SmallPicture) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut file = Vec::new();
    let (width, height) = (picture.size.width as u16, picture.size.height as u16);
    jpeg_encoder::Encoder::new(&mut file, JPEG_QUALITY).encode(
        &picture.rgb,
        width,
        height,
        jpeg_encoder::ColorType::Rgb,
    )?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey() -> SmallPicture {
        SmallPicture { size: Size { width: 16, height: 8 }, rgb: vec![128; 16 * 8 * 3] }
    }

    #[test]
    fn what_nobody_wants_is_not_made() {
        let made = Made::default();
        made.publish(&grey());
        assert!(made.jpeg.borrow().is_empty() && made.ppm.borrow().is_empty() && !made.is_wanted());
        let looks = made.of(Form::Ppm).subscribe();
        assert!(made.is_wanted());
        made.publish(&grey());
        assert!(looks.borrow().windows(11).any(|bytes| bytes == b"P6\n16 8\n255"));
        assert!(made.jpeg.borrow().is_empty());
    }

    #[test]
    fn a_part_tells_its_length_and_ends_with_the_next_ones_boundary() {
        let picture = jpeg(&grey()).unwrap();
        let part = part("image/jpeg", &picture);
        let text = String::from_utf8_lossy(&part);
        assert!(text.starts_with(&format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len())));
        assert!(text.ends_with("\r\n--picture\r\n"));
        assert_eq!(picture[..2], [0xff, 0xd8], "a JPEG begins so");
    }
}
