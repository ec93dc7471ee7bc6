//! Which of a camera's modes a lesson uses: a pure choice, tested as a table. It asks no device.

use std::cmp::Reverse;
use std::fmt;

use ketang_hal::picture::{Size, V4l2Format};
use ketang_hal::time::FRAMES_PER_SECOND;

/// Below this a lesson's picture cannot be read, so the mode is not used at all.
const SMALLEST: Size = Size { width: 640, height: 360 };

/// One thing that a camera can deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) format: V4l2Format,
    pub(super) size: Size,
    /// Frames per second as a fraction; the denominator is not nought.
    pub(super) fps: (u32, u32),
}

/// A mode's place in the order of preference: smaller is better.
type Rank = (u8, (u8, Reverse<u64>), u8, (u8, u64));

impl Mode {
    pub(super) fn is_usable(&self) -> bool {
        self.size.width >= SMALLEST.width && self.size.height >= SMALLEST.height && self.fps.0 > 0 && self.fps.1 > 0
    }

    /// Enough frames first, then the size, then the cheapest format, then the rate that fits 25 fps best.
    fn rank(&self, mixed: Size) -> Rank {
        (self.slowness(), self.size_rank(mixed), self.format_rank(), self.fps_rank())
    }

    /// Whether every slot gets a new frame, every second one, or fewer.
    fn slowness(&self) -> u8 {
        let (frames, seconds) = (u64::from(self.fps.0), u64::from(self.fps.1));
        match frames {
            _ if frames >= FRAMES_PER_SECOND * seconds => 0,
            _ if 2 * frames >= FRAMES_PER_SECOND * seconds => 1,
            _ => 2,
        }
    }

    /// The size that pictures are mixed at, which needs no scaling; then full HD, HD, whatever is larger than HD (nearest first),
    /// and what is smaller (largest first).
    fn size_rank(&self, mixed: Size) -> (u8, Reverse<u64>) {
        let area = |size: Size| u64::from(size.width) * u64::from(size.height);
        match self.size {
            size if size == mixed => (0, Reverse(0)),
            Size::FULL_HD => (1, Reverse(0)),
            Size::HD => (2, Reverse(0)),
            size if area(size) > area(Size::HD) => (3, Reverse(u64::MAX - area(size))),
            size => (4, Reverse(area(size))),
        }
    }

    /// What costs least to bring into NV12 without loss.
    fn format_rank(&self) -> u8 {
        match self.format {
            V4l2Format::Nv12 => 0,
            V4l2Format::Yuyv | V4l2Format::Uyvy => 1,
            V4l2Format::I420 => 2,
            V4l2Format::H264 => 3,
            V4l2Format::Mjpeg => 4,
            V4l2Format::Rgb3 | V4l2Format::Bgr3 => 5,
        }
    }

    /// 25 fps itself, then an even multiple of it (frames are dropped evenly), then the slowest that is fast enough; among those
    /// that are too slow, the fastest.
    fn fps_rank(&self) -> (u8, u64) {
        let milli = u64::from(self.fps.0) * 1000 / u64::from(self.fps.1.max(1));
        match milli {
            25_000 => (0, 0),
            50_000 => (1, 0),
            25_001.. => (2, milli),
            _ => (3, u64::MAX - milli),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fps = f64::from(self.fps.0) / f64::from(self.fps.1.max(1));
        let fps = (fps * 100.0).round() / 100.0;
        write!(f, "{}×{} {:?} at {fps} fps", self.size.width, self.size.height, self.format)
    }
}

/// The modes that a lesson can use, best first, one for each format and size; `mixed` is the size that pictures are mixed at.
pub(super) fn usable(modes: &[Mode], mixed: Size) -> Vec<Mode> {
    let mut usable: Vec<Mode> = modes.iter().copied().filter(Mode::is_usable).collect();
    usable.sort_by_key(|mode| mode.rank(mixed));
    let mut seen = std::collections::HashSet::new();
    usable.retain(|mode| seen.insert((mode.format, mode.size)));
    usable
}

/// The mode that a lesson uses.
pub(super) fn best(modes: &[Mode], mixed: Size) -> Option<Mode> {
    modes.iter().copied().filter(Mode::is_usable).min_by_key(|mode| mode.rank(mixed))
}

/// The mode that is written so, by whoever may have no `×` on the keyboard.
pub(super) fn named(modes: &[Mode], words: &str) -> Option<Mode> {
    let plain = |words: &str| words.to_lowercase().replace('×', "x").split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = plain(words);
    modes.iter().copied().find(|mode| mode.is_usable() && plain(&mode.to_string()) == wanted)
}

/// The format of a four-character code; `None` for one that no graph reads.
pub(super) fn format_of(code: [u8; 4]) -> Option<V4l2Format> {
    Some(match &code {
        b"NV12" | b"NM12" => V4l2Format::Nv12,
        b"YUYV" => V4l2Format::Yuyv,
        b"UYVY" => V4l2Format::Uyvy,
        b"YU12" | b"YM12" => V4l2Format::I420,
        b"BGR3" => V4l2Format::Bgr3,
        b"RGB3" => V4l2Format::Rgb3,
        b"MJPG" | b"JPEG" => V4l2Format::Mjpeg,
        b"H264" => V4l2Format::H264,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use V4l2Format::{Bgr3, H264, I420, Mjpeg, Nv12, Rgb3, Uyvy, Yuyv};

    fn mode((format, width, height, fps): (V4l2Format, u32, u32, u32)) -> Mode {
        Mode { format, size: Size { width, height }, fps: (fps, 1) }
    }

    #[test]
    fn the_better_mode_is_chosen() {
        // (why, better, worse)
        let table = [
            ("the larger of the two usual sizes", (Yuyv, 1920, 1080, 25), (Yuyv, 1280, 720, 25)),
            ("a raw format that is slow loses", (Mjpeg, 1920, 1080, 30), (Yuyv, 1920, 1080, 5)),
            ("a size that is slow loses", (Yuyv, 1280, 720, 25), (Nv12, 1920, 1080, 24)),
            ("half the frames beat a slide show", (Yuyv, 1280, 720, 15), (Yuyv, 1920, 1080, 5)),
            ("coded full HD beats raw HD", (Mjpeg, 1920, 1080, 25), (Yuyv, 1280, 720, 25)),
            ("no conversion", (Nv12, 1920, 1080, 25), (Yuyv, 1920, 1080, 25)),
            ("raw beats coded", (I420, 1920, 1080, 25), (H264, 1920, 1080, 25)),
            ("4:2:2 before I420", (Uyvy, 1920, 1080, 25), (I420, 1920, 1080, 25)),
            ("H.264 before Motion JPEG", (H264, 1920, 1080, 25), (Mjpeg, 1920, 1080, 25)),
            ("RGB last", (Mjpeg, 1920, 1080, 25), (Rgb3, 1920, 1080, 25)),
            ("RGB before too few frames", (Bgr3, 1920, 1080, 60), (Nv12, 1920, 1080, 20)),
            ("exactly 25", (Nv12, 1920, 1080, 25), (Nv12, 1920, 1080, 30)),
            ("an even multiple", (Nv12, 1920, 1080, 50), (Nv12, 1920, 1080, 30)),
            ("not more than needed", (Nv12, 1920, 1080, 30), (Nv12, 1920, 1080, 60)),
            ("the fastest of the slow", (Nv12, 1920, 1080, 20), (Nv12, 1920, 1080, 15)),
            ("full HD rather than 4K", (Yuyv, 1920, 1080, 25), (Nv12, 3840, 2160, 25)),
            ("HD rather than 4K", (Yuyv, 1280, 720, 25), (Nv12, 3840, 2160, 25)),
            ("larger than HD rather than smaller", (Yuyv, 3840, 2160, 25), (Nv12, 800, 600, 25)),
            ("nearer to HD", (Yuyv, 1600, 1200, 25), (Nv12, 3840, 2160, 25)),
            ("largest of the small", (Yuyv, 1024, 768, 25), (Nv12, 800, 600, 25)),
        ];
        for (why, better, worse) in table {
            let (better, worse) = (mode(better), mode(worse));
            assert_eq!(best(&[better, worse], Size::FULL_HD), Some(better), "{why}");
            assert_eq!(best(&[worse, better], Size::FULL_HD), Some(better), "{why}");
        }
    }

    #[test]
    fn a_host_that_mixes_at_720p_takes_720p() {
        let modes = [(Nv12, 1920, 1080, 25), (Yuyv, 1280, 720, 25)].map(mode);
        assert_eq!(best(&modes, Size::HD), Some(modes[1]));
        assert_eq!(best(&modes[..1], Size::HD), Some(modes[0]));
    }

    #[test]
    fn a_mode_is_known_by_the_words_that_it_is_listed_with() {
        let modes = [(Nv12, 1920, 1080, 25), (Mjpeg, 1280, 720, 30), (Mjpeg, 320, 240, 30)].map(mode);
        for words in [modes[1].to_string().as_str(), "1280x720 MJPEG at 30 fps", " 1280×720  mjpeg AT 30 fps"] {
            assert_eq!(named(&modes, words), Some(modes[1]), "{words}");
        }
        for words in ["", "1280×720", "1280×720 Nv12 at 30 fps", "320×240 Mjpeg at 30 fps"] {
            assert_eq!(named(&modes, words), None, "{words}");
        }
    }

    #[test]
    fn nothing_usable_is_none() {
        assert_eq!(best(&[], Size::FULL_HD), None);
        let modes = [(Nv12, 320, 240, 30), (Nv12, 640, 359, 30), (Nv12, 1920, 1080, 0)].map(mode);
        assert_eq!(best(&modes, Size::FULL_HD), None);
    }

    #[test]
    fn the_list_has_each_format_and_size_once_at_its_best_rate() {
        let modes =
            [(Yuyv, 1280, 720, 60), (Yuyv, 1280, 720, 25), (Mjpeg, 1920, 1080, 30), (Yuyv, 320, 240, 25)].map(mode);
        let list: Vec<String> = usable(&modes, Size::FULL_HD).iter().map(Mode::to_string).collect();
        assert_eq!(list, ["1920×1080 Mjpeg at 30 fps", "1280×720 Yuyv at 25 fps"]);
    }

    #[test]
    fn fractions_of_frames_are_shown() {
        let ntsc = Mode { format: Nv12, size: Size::HD, fps: (30_000, 1001) };
        assert_eq!(ntsc.to_string(), "1280×720 Nv12 at 29.97 fps");
    }
}
