//! Capture nodes of V4L2: finding, probing and opening them. Frames are the graph's business; the receiver's signal is `receiver`'s.

use std::fs;
use std::path::{Path, PathBuf};

use ketang_hal::HalError;
use ketang_hal::address::Address;
use ketang_hal::board::FoundInput;
use ketang_hal::picture::{PictureSource, Size};
use ketang_hal::role::PictureRole;
use ketang_hal::time::FRAMES_PER_SECOND;
use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::{Device, FourCC};

use super::ioctl::{self, Queue, Timings};
use super::mode::{self, Mode};
use super::{device_error, receiver};

const BY_PATH: &str = "/dev/v4l/by-path";
/// A list for people needs no more.
const MODES_LISTED: usize = 8;

const USUAL_RATE: (u32, u32) = (FRAMES_PER_SECOND as u32, 1);

/// An open capture node.
pub(super) struct Node {
    pub(super) path: PathBuf,
    pub(super) device: Device,
    pub(super) queue: Queue,
    name: String,
}

impl Node {
    /// Opens a node, which must be one that captures pictures.
    pub(super) fn open(path: &Path) -> Result<Self, HalError> {
        // The crate panics on a path that C cannot hold.
        if path.as_os_str().as_encoded_bytes().contains(&0) {
            return Err(HalError::NotThere { path: path.into() });
        }
        let device = Device::with_path(path).map_err(|error| device_error(path, "cannot open", error))?;
        let caps = ioctl::caps(&device).map_err(|error| match error.raw_os_error() {
            Some(nix::libc::ENOTTY | nix::libc::EINVAL) => no_mode(path, "it is not a V4L2 device"),
            _ => device_error(path, "cannot ask what it is", error),
        })?;
        let queue = if caps.flags.intersects(Flags::VIDEO_M2M | Flags::VIDEO_M2M_MPLANE) {
            return Err(no_mode(path, "it is a codec, not a camera"));
        } else if caps.flags.contains(Flags::VIDEO_CAPTURE) {
            Queue::SinglePlane
        } else if caps.flags.contains(Flags::VIDEO_CAPTURE_MPLANE) {
            Queue::MultiPlane
        } else {
            return Err(no_mode(path, "it does not capture pictures"));
        };
        Ok(Self { path: path.into(), device, queue, name: format!("{} ({})", caps.card, caps.bus) })
    }

    /// Everything that a camera says it can deliver, in formats that a graph reads.
    fn modes(&self) -> Vec<Mode> {
        let mut modes = Vec::new();
        for code in ioctl::formats(&self.device, self.queue) {
            let Some(format) = mode::format_of(code) else { continue };
            for size in self.sizes(code) {
                modes.extend(self.rates(code, size).into_iter().map(|fps| Mode { format, size, fps }));
            }
        }
        modes
    }

    /// The modes of a receiver: its signal decides size and rate.
    fn modes_of_signal(&self, signal: &Timings) -> Vec<Mode> {
        // The driver rounds the rate in its own way, and a graph must ask for it in the same spelling.
        let rate = || ioctl::rate(&self.device, self.queue).filter(|_| receiver::is_locked_to(self, signal));
        let (size, fps) = (signal.size(), rate().or_else(|| signal.fps()).unwrap_or(USUAL_RATE));
        let codes = ioctl::formats(&self.device, self.queue);
        codes.into_iter().filter_map(mode::format_of).map(|format| Mode { format, size, fps }).collect()
    }

    fn sizes(&self, code: [u8; 4]) -> Vec<Size> {
        let offered = self.device.enum_framesizes(FourCC::new(&code)).unwrap_or_default();
        if offered.is_empty() {
            // A driver that does not list sizes has the one that is set.
            return ioctl::format(&self.device, self.queue).map(|(_, size)| size).into_iter().collect();
        }
        let sizes = offered.into_iter().flat_map(|offer| match offer.size {
            FrameSizeEnum::Discrete(size) => vec![Size { width: size.width, height: size.height }],
            FrameSizeEnum::Stepwise(range) => {
                let holds = |value: u32, min: u32, max: u32, step: u32| {
                    (min..=max).contains(&value) && (value - min).is_multiple_of(step.max(1))
                };
                let usual = [Size::FULL_HD, Size::HD].into_iter().filter(|size| {
                    holds(size.width, range.min_width, range.max_width, range.step_width)
                        && holds(size.height, range.min_height, range.max_height, range.step_height)
                });
                usual.chain([Size { width: range.max_width, height: range.max_height }]).collect()
            }
        });
        sizes.collect()
    }

    /// Frames per second as fractions.
    fn rates(&self, code: [u8; 4], size: Size) -> Vec<(u32, u32)> {
        let offered = self.device.enum_frameintervals(FourCC::new(&code), size.width, size.height).unwrap_or_default();
        if offered.is_empty() {
            // A driver that does not list its rates has the one that is set; one that does not even tell that is taken to fit.
            return vec![ioctl::rate(&self.device, self.queue).unwrap_or(USUAL_RATE)];
        }
        let rates = offered.into_iter().flat_map(|offer| match offer.interval {
            FrameIntervalEnum::Discrete(interval) => vec![(interval.denominator, interval.numerator)],
            FrameIntervalEnum::Stepwise(range) => {
                let fastest = (range.min.denominator, range.min.numerator);
                let seconds =
                    |interval: &v4l::Fraction| f64::from(interval.numerator) / f64::from(interval.denominator);
                let frame = 1.0 / FRAMES_PER_SECOND as f64;
                let usual = (seconds(&range.min)..=seconds(&range.max)).contains(&frame);
                usual.then_some(USUAL_RATE).into_iter().chain([fastest]).collect()
            }
        });
        rates.filter_map(|(frames, seconds)| ioctl::reduced(frames.into(), seconds.into())).collect()
    }

    /// Sets the best of `modes`, or that which is wanted, and returns it, so that what the graph asks for is known to work.
    fn set_best(&self, modes: &[Mode], mixed: Size, wanted: Option<&str>) -> Result<Mode, HalError> {
        let best = match wanted {
            None => mode::best(modes, mixed),
            Some(words) => Some(mode::named(modes, words).ok_or_else(|| HalError::NotAMode {
                path: self.path.clone(),
                mode: words.to_owned(),
                modes: listed(modes, mixed).join(", "),
            })?),
        };
        let Some(best) = best else {
            let codes = ioctl::formats(&self.device, self.queue);
            let codes: Vec<_> = codes.iter().map(|code| String::from_utf8_lossy(code).trim().to_owned()).collect();
            let biggest = modes.iter().map(|mode| mode.size).max_by_key(|size| size.width);
            let why = match biggest {
                Some(size) => format!("its largest picture is {}×{}", size.width, size.height),
                None => format!("its formats are {}", if codes.is_empty() { "none".into() } else { codes.join(", ") }),
            };
            return Err(no_mode(&self.path, &why));
        };
        // Several codes may stand for one format; the driver's own spelling is the one it takes.
        let code = ioctl::formats(&self.device, self.queue)
            .into_iter()
            .find(|&code| mode::format_of(code) == Some(best.format))
            .expect("the mode was made from one of these");
        let (got_code, got_size) = ioctl::set_format(&self.device, self.queue, code, best.size)
            .map_err(|error| device_error(&self.path, "cannot set the picture format", error))?;
        if got_code == code && got_size == best.size {
            Ok(best)
        } else {
            Err(no_mode(&self.path, &format!("it lists {best} but gives {}×{}", got_size.width, got_size.height)))
        }
    }
}

/// Opens the device, chooses its mode and sets it; for a receiver, locks it to the signal that comes in. `mixed` is the size that
/// pictures are mixed at.
///
/// `wanted` is a mode in the words of [`FoundInput::modes`]; a receiver goes by its signal whatever is wanted.
pub(super) fn open(
    path: &Path,
    role: PictureRole,
    mixed: Size,
    wanted: Option<&str>,
) -> Result<PictureSource, HalError> {
    let node = Node::open(path)?;
    if role == PictureRole::Hdmi {
        receiver::select_input(&node)?;
        receiver::introduce(&node)?;
    }
    let (modes, wanted) = match receiver::lock(&node)? {
        Some(signal) => (node.modes_of_signal(&signal), None),
        None => (node.modes(), wanted),
    };
    let Mode { format, size, fps } = node.set_best(&modes, mixed, wanted)?;
    Ok(PictureSource::V4l2 { device: path.into(), format, size, fps })
}

/// The modes that people are told of, in words.
fn listed(modes: &[Mode], mixed: Size) -> Vec<String> {
    mode::usable(modes, mixed).iter().take(MODES_LISTED).map(Mode::to_string).collect()
}

/// Every node that captures pictures; metadata, output and codec nodes are passed over.
pub(super) fn find(mixed: Size) -> Vec<FoundInput> {
    let stable = links_by_target(Path::new(BY_PATH));
    let found = nodes(Path::new("/dev")).into_iter().filter_map(|path| {
        let node = Node::open(&path).ok()?;
        let modes = match receiver::detect(&node) {
            Some(signal) => node.modes_of_signal(&signal),
            None => node.modes(),
        };
        let modes = listed(&modes, mixed);
        let address = stable.iter().find(|(target, _)| *target == path).map_or(path, |(_, link)| link.clone());
        Some(FoundInput { address: Address::V4l2(address), name: node.name, modes })
    });
    found.collect()
}

/// The video nodes of a device folder, in the order of their numbers.
pub(super) fn nodes(folder: &Path) -> Vec<PathBuf> {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut nodes: Vec<(u32, PathBuf)> = entries.filter_map(|path| Some((number(&path)?, path))).collect();
    nodes.sort();
    nodes.into_iter().map(|(_, path)| path).collect()
}

/// Links that name a device by where it is plugged in and so outlive a restart (udev makes them): what each points to, and the link.
fn links_by_target(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let links = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut links: Vec<_> = links.filter_map(|link| Some((fs::canonicalize(&link).ok()?, link))).collect();
    links.sort();
    links
}

fn no_mode(path: &Path, why: &str) -> HalError {
    HalError::NoUsableMode { path: path.into(), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_in_the_order_of_their_numbers_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video10", "video2", "video", "videox", "v4l-subdev0", "media0", "video4294967296"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = nodes(folder.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["video2", "video10"]);
        assert!(nodes(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn a_link_leads_to_its_device() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().canonicalize().unwrap().join("video0");
        fs::write(&device, "").unwrap();
        let links = folder.path().join("by-path");
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink("../video0", links.join("usb-1-video-index0")).unwrap();
        std::os::unix::fs::symlink("../gone", links.join("usb-2-video-index0")).unwrap();
        assert_eq!(links_by_target(&links), [(device, links.join("usb-1-video-index0"))]);
    }

    #[test]
    fn what_is_not_a_camera_is_said() {
        let said = |path: &str| Node::open(Path::new(path)).err().unwrap().to_string();
        assert!(said("/dev/video-that-is-not").starts_with("no device at /dev/video-that-is-not"));
        assert!(said("/dev/null").contains("it is not a V4L2 device"));
        assert!(said("/dev/nu\0ll").starts_with("no device at"));
    }
}
