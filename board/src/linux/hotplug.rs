//! Devices that come and go, from the kernel's own messages, so that no device manager need run.
//!
//! Where the kernel's socket cannot be had (some containers), the device folder is compared once a second. Only nodes that
//! capture pictures or sound are told of. A message may come before a device manager has set the node's owner or its links.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ketang_hal::board::Hotplug;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::socket::{AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom, socket};
use nix::sys::time::TimeSpec;

use super::camera;

/// The multicast group of the messages that the kernel sends, against those of a device manager.
const KERNEL_GROUP: u32 = 1;
/// The kernel's limit of one message is 2 KiB of variables beside the header.
const LONGEST_MESSAGE: usize = 8192;
/// How often the device folder is compared where there is no socket.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Watches for devices from its making on, so nothing that happens between two waits is missed.
pub(super) struct Watch {
    folder: PathBuf,
    /// `None`: the folder is compared instead.
    socket: Option<OwnedFd>,
    known: BTreeSet<PathBuf>,
    pending: VecDeque<Hotplug>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let socket = kernel_socket()
            .inspect_err(|error| tracing::warn!(%error, "no device messages from the kernel: looking every second"))
            .ok();
        Self::on(PathBuf::from("/dev"), socket)
    }

    fn on(folder: PathBuf, socket: Option<OwnedFd>) -> Self {
        let known = capture_nodes(&folder);
        Self { folder, socket, known, pending: VecDeque::new() }
    }

    /// The next device that comes or goes; `None` after `limit`.
    pub(super) fn next(&mut self, limit: Duration) -> Option<Hotplug> {
        let end = Instant::now() + limit;
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            match &self.socket {
                Some(socket) => {
                    if readable(socket, left) {
                        self.receive();
                    }
                }
                None => {
                    std::thread::sleep(left.min(LOOK_EVERY));
                    self.compare();
                }
            }
        }
    }

    /// Takes one message from the socket.
    fn receive(&mut self) {
        let Some(socket) = &self.socket else { return };
        let mut message = [0; LONGEST_MESSAGE];
        match recvfrom::<NetlinkAddr>(socket.as_raw_fd(), &mut message) {
            // Any process may send to the group; only the kernel's port is nought.
            Ok((length, Some(from))) if from.pid() == 0 => {
                if let Some(event) = parse(&message[..length], &self.folder) {
                    self.tell(event);
                }
            }
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => {}
            // Messages were lost in a burst: what is there now tells what happened, but for devices that went and came back.
            Err(Errno::ENOBUFS) => self.compare(),
            Err(error) => {
                tracing::warn!(%error, "device messages from the kernel ended: looking every second");
                self.socket = None;
            }
        }
    }

    /// Tells what differs between the device folder and what was known of it.
    fn compare(&mut self) {
        let now = capture_nodes(&self.folder);
        let gone: Vec<_> = self.known.difference(&now).cloned().collect();
        let came: Vec<_> = now.difference(&self.known).cloned().collect();
        for device in gone {
            self.tell(Hotplug { device, there: false });
        }
        for device in came {
            self.tell(Hotplug { device, there: true });
        }
    }

    fn tell(&mut self, event: Hotplug) {
        if event.there {
            self.known.insert(event.device.clone());
        } else {
            self.known.remove(&event.device);
        }
        self.pending.push_back(event);
    }
}

fn kernel_socket() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Netlink, SockType::Datagram, flags, SockProtocol::NetlinkKObjectUEvent)?;
    bind(socket.as_raw_fd(), &NetlinkAddr::new(0, KERNEL_GROUP))?;
    Ok(socket)
}

fn readable(socket: &OwnedFd, limit: Duration) -> bool {
    // Whole milliseconds, as poll(2) has them, would make the last one of each wait a busy one.
    let limit = TimeSpec::from_duration(limit);
    ppoll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)], Some(limit), None).is_ok_and(|ready| ready > 0)
}

/// The event of a message such as `add@/devices/…\0ACTION=add\0SUBSYSTEM=video4linux\0DEVNAME=video0\0…`; `None` for any other device
/// and for anything malformed.
fn parse(message: &[u8], folder: &Path) -> Option<Hotplug> {
    let mut fields = message.split(|&byte| byte == 0).map(std::str::from_utf8);
    fields.next()?.ok()?.split_once('@')?;
    let (mut action, mut subsystem, mut name) = (None, None, None);
    for field in fields {
        match field.ok()?.split_once('=') {
            Some(("ACTION", value)) => action = Some(value),
            Some(("SUBSYSTEM", value)) => subsystem = Some(value),
            Some(("DEVNAME", value)) => name = Some(value),
            _ => {}
        }
    }
    let there = match action? {
        "add" => true,
        "remove" => false,
        _ => return None,
    };
    let name = name?;
    let wanted = match subsystem? {
        "video4linux" => name.strip_prefix("video").is_some_and(|number| number.parse::<u32>().is_ok()),
        "sound" => name.strip_prefix("snd/").is_some_and(captures_sound),
        _ => false,
    };
    wanted.then(|| Hotplug { device: folder.join(name), there })
}

/// `pcmC1D0c` is device 0 of card 1, capture.
fn captures_sound(name: &str) -> bool {
    let numbers =
        name.strip_prefix("pcmC").and_then(|rest| rest.strip_suffix('c')).and_then(|rest| rest.split_once('D'));
    numbers.is_some_and(|(card, device)| card.parse::<u32>().is_ok() && device.parse::<u32>().is_ok())
}

fn capture_nodes(folder: &Path) -> BTreeSet<PathBuf> {
    let sound = fs::read_dir(folder.join("snd")).into_iter().flatten().flatten().map(|entry| entry.path());
    let sound = sound.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(captures_sound));
    camera::nodes(folder).into_iter().chain(sound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(action: &str, subsystem: &str, name: &str) -> Vec<u8> {
        format!("{action}@/devices/x\0ACTION={action}\0DEVPATH=/devices/x\0SUBSYSTEM={subsystem}\0MAJOR=81\0DEVNAME={name}\0SEQNUM=9\0")
            .into_bytes()
    }

    fn parsed(message: &[u8]) -> Option<Hotplug> {
        parse(message, Path::new("/dev"))
    }

    #[test]
    fn capture_devices_are_told_of_and_nothing_else() {
        let there = |device: &str, there| Some(Hotplug { device: device.into(), there });
        for (action, subsystem, name, event) in [
            ("add", "video4linux", "video0", there("/dev/video0", true)),
            ("remove", "video4linux", "video12", there("/dev/video12", false)),
            ("add", "sound", "snd/pcmC1D0c", there("/dev/snd/pcmC1D0c", true)),
            ("change", "video4linux", "video0", None),
            ("add", "video4linux", "v4l-subdev0", None),
            ("add", "video4linux", "video", None),
            ("add", "video4linux", "video0/../../etc", None),
            ("add", "sound", "snd/pcmC1D0p", None),
            ("add", "sound", "snd/controlC1", None),
            ("add", "usb", "video0", None),
        ] {
            assert_eq!(parsed(&message(action, subsystem, name)), event, "{action} {subsystem} {name}");
        }
    }

    #[test]
    fn garbage_is_no_event() {
        let whole = message("add", "video4linux", "video0");
        assert!(parsed(&whole).is_some());
        for garbage in
            [&b""[..], b"\0", b"@", b"libudev\0\xfe\xed\xca\xfe", b"add@/x", b"add@/x\0ACTION=add", &[0xff; 300]]
        {
            assert_eq!(parsed(garbage), None, "{garbage:?}");
        }
        // Cut anywhere, a message is the same event, no event, or a device of fewer letters: never another kind of answer.
        for end in 0..whole.len() {
            let event = parsed(&whole[..end]);
            assert!(event.is_none_or(|event| event.there && event.device == Path::new("/dev/video0")), "{end}");
        }
        // A letter that is not UTF-8 anywhere.
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            assert_eq!(parsed(&broken), None, "{at}");
        }
    }

    #[test]
    fn without_the_kernels_socket_the_folder_is_compared() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("snd")).unwrap();
        fs::write(path("video0"), "").unwrap();
        let mut watch = Watch::on(folder.path().into(), None);
        fs::remove_file(path("video0")).unwrap();
        fs::write(path("video1"), "").unwrap();
        fs::write(path("snd/pcmC0D0c"), "").unwrap();
        fs::write(path("snd/pcmC0D0p"), "").unwrap();
        watch.compare();
        let events: Vec<_> = watch.pending.iter().map(|event| (event.device.clone(), event.there)).collect();
        assert_eq!(events, [(path("video0"), false), (path("snd/pcmC0D0c"), true), (path("video1"), true)]);
        assert_eq!(watch.next(Duration::from_secs(9)).map(|event| event.there), Some(false));
    }
}
