//! The lines that VISCA goes over: a serial line, TCP, and UDP with Sony's header.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serial2::SerialPort;

use super::conversation::{ANSWER, Heard, Line};
use super::visca::{Framer, LONGEST, Message, Reply};
use super::visca_ip::{Datagram, Kind, OUT_OF_STEP, RESET};

/// A connection that is not made in this time is not made.
const CONNECT: Duration = Duration::from_secs(2);
/// The shortest wait that a socket can be told.
const SHORTEST: Duration = Duration::from_millis(1);

/// Bytes there and back.
pub(super) trait Wire: Send {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Bytes that came within `limit`, which is not zero; an error of the kind `TimedOut` or `WouldBlock` if none did.
    fn receive(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize>;
}

impl Wire for SerialPort {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        SerialPort::write_all(self, bytes)
    }
    fn receive(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        self.set_read_timeout(limit)?;
        SerialPort::read(self, buffer)
    }
}

impl Wire for TcpStream {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
    fn receive(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        self.set_read_timeout(Some(limit))?;
        self.read(buffer)
    }
}

impl Wire for UnixStream {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }
    fn receive(&mut self, buffer: &mut [u8], limit: Duration) -> io::Result<usize> {
        self.set_read_timeout(Some(limit))?;
        self.read(buffer)
    }
}

/// A line of bytes, on which packets are found by their ends.
pub(super) struct ByteLine<W> {
    wire: W,
    /// The camera's address on it.
    camera: u8,
    framer: Framer,
    heard: VecDeque<Reply>,
}

impl<W: Wire> ByteLine<W> {
    pub(super) fn new(wire: W, camera: u8) -> Self {
        Self { wire, camera, framer: Framer::default(), heard: VecDeque::new() }
    }
}

impl<W: Wire> Line for ByteLine<W> {
    fn send(&mut self, message: &Message) -> io::Result<Option<u32>> {
        self.wire.send(&message.packet(self.camera)).map(|()| None)
    }

    fn hear(&mut self, until: Instant) -> io::Result<Option<Heard>> {
        let mut buffer = [0; 256];
        loop {
            if let Some(reply) = self.heard.pop_front() {
                return Ok(Some(Heard::Reply { number: None, reply }));
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.wire.receive(&mut buffer, left.max(SHORTEST)) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    let packets = buffer[..count].iter().filter_map(|byte| self.framer.push(*byte));
                    let replies = packets.filter_map(|packet| Reply::read(&packet));
                    // Other cameras hang on the same line; 0 is told of all.
                    self.heard
                        .extend(replies.filter(|(from, _)| [0, self.camera].contains(from)).map(|(_, reply)| reply));
                }
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
            if self.heard.is_empty() && Instant::now() >= until {
                return Ok(None);
            }
        }
    }
}

/// Sony's VISCA over IP.
pub(super) struct UdpLine {
    socket: UdpSocket,
    /// That of the message sent last.
    number: u32,
}

impl UdpLine {
    fn exchange(&mut self, datagram: &Datagram) -> io::Result<()> {
        self.socket.send(&datagram.bytes()).map(drop)
    }

    /// What comes until then; what is no datagram of this protocol is left out.
    fn receive(&mut self, until: Instant) -> io::Result<Option<Datagram>> {
        // One byte more than the longest, so that a longer one is seen to be that.
        let mut buffer = [0; 8 + LONGEST + 1];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.socket.set_read_timeout(Some(left.max(SHORTEST)))?;
            match self.socket.recv(&mut buffer) {
                Ok(count) => {
                    if let Some(datagram) = Datagram::read(&buffer[..count]) {
                        return Ok(Some(datagram));
                    }
                }
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= until {
                return Ok(None);
            }
        }
    }
}

impl Line for UdpLine {
    fn send(&mut self, message: &Message) -> io::Result<Option<u32>> {
        self.number = self.number.wrapping_add(1);
        let kind = if message.is_inquiry() { Kind::Inquiry } else { Kind::Command };
        self.exchange(&Datagram { kind, number: self.number, payload: message.packet(1) })?;
        Ok(Some(self.number))
    }

    fn hear(&mut self, until: Instant) -> io::Result<Option<Heard>> {
        while let Some(Datagram { kind, number, payload }) = self.receive(until)? {
            match kind {
                Kind::Reply => {
                    if let Some((_, reply)) = Reply::read(&payload) {
                        return Ok(Some(Heard::Reply { number: Some(number), reply }));
                    }
                }
                Kind::ControlReply if payload == OUT_OF_STEP && number == self.number => {
                    return Ok(Some(Heard::OutOfStep));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Some cameras do not answer to it, and need not.
    fn restart(&mut self) -> io::Result<()> {
        self.exchange(&Datagram { kind: Kind::Control, number: 0, payload: RESET.to_vec() })?;
        let until = Instant::now() + ANSWER;
        while let Some(datagram) = self.receive(until)? {
            if datagram.kind == Kind::ControlReply && datagram.payload == RESET {
                break;
            }
        }
        self.number = 0;
        Ok(())
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// A serial line as VISCA wants it: 8 bits, no parity, 1 stop bit, no flow control. What came before is thrown away.
pub(super) fn serial(device: &Path, baud: u32, camera: u8) -> io::Result<ByteLine<SerialPort>> {
    let mut port = SerialPort::open(device, |mut settings: serial2::Settings| {
        settings.set_raw();
        settings.set_baud_rate(baud)?;
        Ok(settings)
    })?;
    port.set_write_timeout(ANSWER)?;
    port.discard_buffers()?;
    Ok(ByteLine::new(port, camera))
}

pub(super) fn tcp(host: &str, port: u16) -> io::Result<ByteLine<TcpStream>> {
    let mut last = ErrorKind::NotFound.into();
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(ANSWER))?;
                return Ok(ByteLine::new(stream, 1));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Begins with the number 0, as the camera does after a reset.
pub(super) fn udp(host: &str, port: u16) -> io::Result<UdpLine> {
    let address = (host, port).to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    let mut line = UdpLine { socket, number: 0 };
    line.restart()?;
    Ok(line)
}
