//! Watches receivers and devices: HDMI signals that change while frames keep coming, and devices that come and go. And the system
//! around them, whose clock and networks are asked for off the owner's thread too.
//!
//! A receiver that loses its signal may deliver noise or old frames (seen with V4L2 drivers), and one whose resolution changes may
//! scale; so the signal is asked for and the input opened anew when it changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use ketang_hal::address::Address;
use ketang_hal::board::Board;
use ketang_hal::picture::Signal;
use ketang_hal::role::PictureRole;
use ketang_hal::system::System;

use super::Message;

/// How often receivers are asked; a slate is due within 0.5 s of a loss.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// Of so many such times the system is asked once: every five seconds.
const SYSTEM_EVERY: u32 = 20;

/// What was seen.
#[derive(Clone, Debug)]
pub enum SignalNews {
    Changed {
        role: PictureRole,
        signal: Signal,
    },
    /// A device came or went.
    Hotplug {
        device: PathBuf,
        there: bool,
    },
}

/// The watching threads; dropping this ends them.
pub(super) struct Receivers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Receivers {
    /// Watches the receivers among `inputs`, the system, and hot-plug.
    pub(super) fn watch(board: &Arc<dyn Board>, inputs: Vec<(PictureRole, Address)>, news: &Sender<Message>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let receivers: Vec<_> = inputs.into_iter().filter(|(_, address)| matches!(address, Address::V4l2(_))).collect();
        let mut threads = Vec::new();
        if !receivers.is_empty() {
            let (board, news, stop) = (board.clone(), news.clone(), stop.clone());
            threads.push(spawn("signals", move || signals(board.as_ref(), &receivers, &news, &stop)));
        }
        let (asked, told, stopped) = (board.clone(), news.clone(), stop.clone());
        threads.push(spawn("system", move || system(asked.as_ref(), &told, &stopped)));
        let (board, news, stopped) = (board.clone(), news.clone(), stop.clone());
        threads.push(spawn("hot-plug", move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Some(seen) = board.wait_for_hotplug(ASK_EVERY) {
                    let _ = news.send(Message::Signal(SignalNews::Hotplug { device: seen.device, there: seen.there }));
                }
            }
        }));
        Self { stop, threads }
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).expect("the system can start a thread")
}

fn signals(board: &dyn Board, receivers: &[(PictureRole, Address)], news: &Sender<Message>, stop: &AtomicBool) {
    let mut known: Vec<Option<Signal>> = vec![None; receivers.len()];
    while !stop.load(Ordering::Relaxed) {
        for ((role, address), known) in receivers.iter().zip(&mut known) {
            let signal = board.signal(address);
            // The first answer tells nothing new: the input was opened by it.
            if known.is_some_and(|known| known != signal) {
                let _ = news.send(Message::Signal(SignalNews::Changed { role: *role, signal }));
            }
            *known = Some(signal);
        }
        std::thread::sleep(ASK_EVERY);
    }
}

fn system(board: &dyn Board, news: &Sender<Message>, stop: &AtomicBool) {
    let mut known = System::default();
    for look in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if look.is_multiple_of(SYSTEM_EVERY) {
            let system = board.system();
            if system != known {
                let _ = news.send(Message::System(system.clone()));
                known = system;
            }
        }
        std::thread::sleep(ASK_EVERY);
    }
}
