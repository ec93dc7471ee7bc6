//! The threads that stand on a simulated camera's wires.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use serial2::SerialPort;

use super::brain::Brain;
use super::tricks::garble;
use super::{Shared, TICK, Trick, words};
use crate::ptz::lines::Wire;
use crate::ptz::visca::Framer;
use crate::ptz::visca_ip::{Datagram, Kind, NOT_UNDERSTOOD, OUT_OF_STEP, RESET};

/// A request over HTTP comes within this time and is no longer than this.
const REQUEST: Duration = Duration::from_secs(2);
const LONGEST_REQUEST: usize = 64 * 1024;

/// What is still to be said, and when.
struct Outbox<T> {
    queue: VecDeque<(Instant, T)>,
    /// Whether a late one holds up those behind it.
    in_order: bool,
}

impl<T: Clone> Outbox<T> {
    fn new(in_order: bool) -> Self {
        Self { queue: VecDeque::new(), in_order }
    }

    /// Says something now, or as the camera's next trick has it; `garbled` makes another of it.
    fn say(&mut self, shared: &Shared, said: T, garbled: impl FnOnce(T, u64) -> T) {
        let (said, delay) = match shared.trick() {
            None => (said, Duration::ZERO),
            Some(Trick::Lose) => return,
            Some(Trick::Late(delay)) => (said, delay),
            Some(Trick::Garble(seed)) => (garbled(said, seed), Duration::ZERO),
        };
        let mut due = Instant::now() + delay;
        if let (true, Some((before, _))) = (self.in_order, self.queue.back()) {
            due = due.max(*before);
        }
        self.queue.push_back((due, said));
    }

    /// What is due now.
    fn due(&mut self) -> Vec<T> {
        let now = Instant::now();
        let (due, later) = self.queue.drain(..).partition::<Vec<_>, _>(|(at, _)| *at <= now);
        self.queue = later.into();
        due.into_iter().map(|(_, said)| said).collect()
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The master's side of a pseudo terminal.
pub(super) struct PtyWire {
    master: PtyMaster,
    /// Kept open, so that the master does not see an end whenever a controller lets go.
    _device: SerialPort,
}

impl Wire for PtyWire {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.master.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        let mut wanted = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut wanted, limit)? {
            0 => Err(ErrorKind::TimedOut.into()),
            _ => self.master.read(buffer),
        }
    }
}

pub(super) fn pseudo_terminal() -> io::Result<(PtyWire, PathBuf)> {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let device = PathBuf::from(ptsname_r(&master)?);
    // Raw from the beginning: a terminal would send back what it hears.
    let port = SerialPort::open(&device, |mut settings: serial2::Settings| {
        settings.set_raw();
        Ok(settings)
    })?;
    Ok((PtyWire { master, _device: port }, device))
}

/// Listens without waiting, so that the thread sees when to end.
pub(super) fn listener() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Stands on a line of bytes until the camera is dropped or the line ends.
pub(super) fn bytes(shared: &Shared, mut wire: impl Wire) {
    let (mut brain, mut framer, mut outbox) = (Brain::new(), Framer::default(), Outbox::new(true));
    let mut buffer = [0; 256];
    while !shared.stops() {
        let count = match wire.receive(&mut buffer, TICK) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if is_timeout(&error) => 0,
            Err(_) => return,
        };
        let packets: Vec<_> = buffer[..count].iter().filter_map(|byte| framer.push(*byte)).collect();
        if shared.is_dead() {
            continue;
        }
        let garbled = |packet: Vec<u8>, seed| garble(&packet, seed);
        for packet in packets {
            shared.note_heard();
            let replies = brain.hear(&mut shared.body(), &packet, 0);
            replies.into_iter().for_each(|reply| outbox.say(shared, reply, garbled));
        }
        let ended = brain.tick(&shared.body());
        ended.into_iter().for_each(|(_, reply)| outbox.say(shared, reply, garbled));
        for packet in outbox.due() {
            if wire.send(&packet).is_err() {
                return;
            }
        }
    }
}

/// One controller at a time.
pub(super) fn tcp(shared: &Shared, listener: &TcpListener) {
    while let Some(stream) = accept(shared, listener) {
        bytes(shared, stream);
    }
}

/// The next connection; `None` when the camera is dropped.
fn accept(shared: &Shared, listener: &TcpListener) -> Option<TcpStream> {
    while !shared.stops() {
        match listener.accept() {
            Ok((stream, _)) => {
                if stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true)).is_ok() {
                    return Some(stream);
                }
            }
            Err(_) => std::thread::sleep(TICK),
        }
    }
    None
}

/// Sony's VISCA over IP: the number of the message that was heard last is not taken twice.
pub(super) fn udp(shared: &Shared, socket: &UdpSocket) {
    if socket.set_read_timeout(Some(TICK)).is_err() {
        return;
    }
    let (mut brain, mut outbox) = (Brain::new(), Outbox::new(false));
    let (mut last, mut peer): (Option<u32>, Option<SocketAddr>) = (None, None);
    let mut buffer = [0; 64];
    let garbled = |(number, kind, payload): (u32, Kind, Vec<u8>), seed| (number, kind, garble(&payload, seed));
    while !shared.stops() {
        let heard = match socket.recv_from(&mut buffer) {
            Ok((count, from)) => Some((buffer[..count].to_vec(), from)),
            Err(_) => None,
        };
        if shared.is_dead() {
            continue;
        }
        if let Some((bytes, from)) = heard {
            shared.note_heard();
            if peer != Some(from) {
                // Another controller: what was begun for the one before is nobody's business any more.
                (brain, outbox, last, peer) = (Brain::new(), Outbox::new(false), None, Some(from));
            }
            match Datagram::read(&bytes) {
                None => outbox.say(shared, (0, Kind::ControlReply, NOT_UNDERSTOOD.to_vec()), garbled),
                Some(Datagram { kind: Kind::Control, number, payload }) if payload == RESET => {
                    last = None;
                    outbox.say(shared, (number, Kind::ControlReply, RESET.to_vec()), garbled);
                }
                Some(Datagram { kind: Kind::Command | Kind::Inquiry, number, .. }) if last == Some(number) => {
                    outbox.say(shared, (number, Kind::ControlReply, OUT_OF_STEP.to_vec()), garbled);
                }
                Some(Datagram { kind: Kind::Command | Kind::Inquiry, number, payload }) => {
                    last = Some(number);
                    for reply in brain.hear(&mut shared.body(), &payload, number) {
                        outbox.say(shared, (number, Kind::Reply, reply), garbled);
                    }
                }
                Some(_) => {}
            }
        }
        for (number, reply) in brain.tick(&shared.body()) {
            outbox.say(shared, (number, Kind::Reply, reply), garbled);
        }
        for (number, kind, payload) in outbox.due() {
            if let Some(peer) = peer {
                // A controller that is gone does not hear it.
                let _ = socket.send_to(&Datagram { kind, number, payload }.bytes(), peer);
            }
        }
    }
}

/// ONVIF over HTTP/1.1, a connection a request.
pub(super) fn http(shared: &Shared, listener: &TcpListener) {
    while let Some(mut stream) = accept(shared, listener) {
        let Some(request) = request(&mut stream) else { continue };
        if shared.is_dead() {
            continue;
        }
        shared.note_heard();
        let (status, body) = words::answer(shared, &request);
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let reply = match shared.trick() {
            None => reply.into_bytes(),
            Some(Trick::Lose) => continue,
            Some(Trick::Late(delay)) => {
                let until = Instant::now() + delay;
                while !shared.stops() && Instant::now() < until {
                    std::thread::sleep(TICK);
                }
                reply.into_bytes()
            }
            Some(Trick::Garble(seed)) => garble(reply.as_bytes(), seed),
        };
        let _ = stream.write_all(&reply);
    }
}

/// The body of a request over HTTP.
fn request(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(REQUEST)).ok()?;
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&heard);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            })?;
            if body.len() >= length {
                return Some(body.to_owned());
            }
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0 && heard.len() < LONGEST_REQUEST)?;
        heard.extend_from_slice(&buffer[..count]);
    }
}
