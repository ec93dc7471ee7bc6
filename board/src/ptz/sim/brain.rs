//! How the simulated camera understands VISCA: messages in, replies out, two sockets, as Sony's command list has it.

use super::SCALE;
use super::body::Body;
use crate::ptz::scale;
use crate::ptz::visca::{Answer, Fault, Message, PAN_SPEED, Reply, TILT_SPEED, Version, ZOOM_SPEED, ZoomDrive};

/// Sockets for commands that take time.
const SOCKETS: usize = 2;
const VERSION: Version = Version { vendor: 0x0020, model: 0x0511, rom: 0x0100, sockets: SOCKETS as u8 };

/// A command that is being carried out: which orders of the body it waits for.
#[derive(Clone, Copy, Debug)]
struct Job {
    turn: Option<u64>,
    zoom: Option<u64>,
    /// The number of its message, where the line has numbers.
    number: u32,
}

/// One controller's side of a camera.
#[derive(Debug)]
pub(super) struct Brain {
    /// Its address on the line.
    camera: u8,
    sockets: [Option<Job>; SOCKETS],
}

impl Brain {
    pub(super) fn new() -> Self {
        Self { camera: 1, sockets: [None; SOCKETS] }
    }

    /// What it answers to a packet, as packets.
    pub(super) fn hear(&mut self, body: &mut Body, packet: &[u8], number: u32) -> Vec<Vec<u8>> {
        let replies = match Message::read(packet) {
            Some((camera, message)) if [self.camera, 8].contains(&camera) => self.obey(body, message, number),
            Some(_) => Vec::new(),
            // Addressed to it, but not understood.
            None if packet.first() == Some(&(0x80 | self.camera)) => vec![Reply::Error(0, Fault::Syntax)],
            None => Vec::new(),
        };
        replies.iter().map(|reply| reply.packet(self.camera)).collect()
    }

    /// What has come to its end: the number of the message, and a packet.
    pub(super) fn tick(&mut self, body: &Body) -> Vec<(u32, Vec<u8>)> {
        let mut said = Vec::new();
        for (index, place) in self.sockets.iter_mut().enumerate() {
            let (Some(job), socket) = (*place, index as u8 + 1) else { continue };
            let overtaken =
                job.turn.is_some_and(|turn| turn != body.turns()) || job.zoom.is_some_and(|zoom| zoom != body.zooms());
            let done = (job.turn.is_none() || body.turn_rests()) && (job.zoom.is_none() || body.zoom_rests());
            let reply = match (overtaken, done) {
                (true, _) => Reply::Error(socket, Fault::Cancelled),
                (false, true) => Reply::Done(socket),
                (false, false) => continue,
            };
            *place = None;
            said.push((job.number, reply.packet(self.camera)));
        }
        said
    }

    fn obey(&mut self, body: &mut Body, message: Message, number: u32) -> Vec<Reply> {
        match message {
            Message::AddressSet => return vec![Reply::AddressSet(self.camera + 1)],
            Message::ClearAll => {
                self.sockets = [None; SOCKETS];
                return vec![Reply::Cleared];
            }
            Message::AskVersion => return vec![Reply::Answer(Answer::Version(VERSION))],
            Message::AskPanTilt => {
                let view = body.view();
                let steps = |degrees| scale::steps(&SCALE, degrees);
                return vec![Reply::Answer(Answer::PanTilt(steps(view.pan), steps(view.tilt)))];
            }
            Message::AskZoom => {
                return vec![Reply::Answer(Answer::Zoom(scale::zoom_position(&SCALE, body.view().zoom)))];
            }
            Message::Cancel(socket) => return vec![self.cancel(body, socket)],
            _ => {}
        }
        let Some(free) = self.sockets.iter().position(Option::is_none) else {
            return vec![Reply::Error(0, Fault::Full)];
        };
        let socket = free as u8 + 1;
        let job = |turn, zoom| Some(Job { turn, zoom, number });
        let begun = match message {
            Message::GoTo { pan_speed, tilt_speed, pan, tilt } => {
                let degrees = |steps| scale::degrees(&SCALE, steps);
                let share = |speed: u8, greatest: u8| f64::from(speed) / f64::from(greatest);
                let speeds = (share(pan_speed, PAN_SPEED), share(tilt_speed, TILT_SPEED));
                body.turn_to((degrees(pan), degrees(tilt)), speeds);
                job(Some(body.turns()), None)
            }
            Message::ZoomTo(position) => {
                body.zoom_to(scale::zoom_factor(&SCALE, position));
                job(None, Some(body.zooms()))
            }
            Message::MemoryRecall(preset) => {
                if !body.recall(preset) {
                    return vec![Reply::Error(socket, Fault::NotNow)];
                }
                job(Some(body.turns()), Some(body.zooms()))
            }
            Message::MemorySet(preset) => {
                body.store(preset);
                None
            }
            Message::Drive { pan, tilt } => {
                let share = |speed: i8, greatest: u8| f64::from(speed) / f64::from(greatest);
                body.turn_on(share(pan, PAN_SPEED), share(tilt, TILT_SPEED));
                None
            }
            Message::Zoom(drive) => {
                let share = |speed: u8| f64::from(speed + 1) / f64::from(ZOOM_SPEED + 1);
                body.zoom_on(match drive {
                    ZoomDrive::Stop => 0.0,
                    ZoomDrive::Tele(speed) => share(speed),
                    ZoomDrive::Wide(speed) => -share(speed),
                });
                None
            }
            // Answered above.
            _ => return Vec::new(),
        };
        self.sockets[free] = begun;
        let done = begun.is_none().then_some(Reply::Done(socket));
        [Reply::Ack(socket)].into_iter().chain(done).collect()
    }

    fn cancel(&mut self, body: &mut Body, socket: u8) -> Reply {
        let place = usize::from(socket).checked_sub(1).and_then(|index| self.sockets.get_mut(index));
        let Some(job) = place.and_then(Option::take) else { return Reply::Error(socket, Fault::NoSocket) };
        if job.turn == Some(body.turns()) {
            body.turn_on(0.0, 0.0);
        }
        if job.zoom == Some(body.zooms()) {
            body.zoom_on(0.0);
        }
        Reply::Error(socket, Fault::Cancelled)
    }
}
