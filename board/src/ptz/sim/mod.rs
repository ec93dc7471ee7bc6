//! A simulated camera that turns. It answers byte for byte as real ones do, over a pseudo terminal, a socket pair, TCP, UDP with
//! Sony's header, and ONVIF over HTTP, all at once if need be; it has inertia; and it loses, delays and garbles what it says when
//! it is told to.
//!
//! - `body.rs` what moves, a function of time · `brain.rs` VISCA · `words.rs` ONVIF · `tricks.rs` what goes wrong · `serve.rs`
//!   the threads that stand on the wires.
//!
//! It has no picture: the cameras of the simulated room stand still.

mod body;
mod brain;
mod serve;
mod tricks;
mod words;

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ketang_hal::ptz::{Limits, Span, View, ViscaScale};

use body::Body;
pub use tricks::Trick;
use tricks::Tricks;

/// What its VISCA numbers mean.
pub const SCALE: ViscaScale = ViscaScale { steps_per_degree: 14.4, zoom: 20.0 };
/// How far it turns: as most cameras do.
pub const LIMITS: Limits =
    Limits { pan: Span::new(-170.0, 170.0), tilt: Span::new(-30.0, 90.0), zoom: Span::new(1.0, SCALE.zoom) };

/// What camera it is.
#[derive(Clone, Debug)]
pub struct SimSettings {
    /// The greatest speed of pan and tilt, in degrees a second.
    pub speed: f64,
    /// Degrees a second more in each second.
    pub acceleration: f64,
    /// Seconds from one end of the zoom to the other.
    pub zoom_seconds: f64,
    /// What it remembers when it is switched on: number and view.
    pub presets: Vec<(u8, View)>,
    /// Who may command it by ONVIF; anybody where absent.
    pub login: Option<(String, String)>,
    /// What its own clock shows when it is switched on, in seconds since 1970: cameras often know no better.
    pub clock: i64,
}

impl Default for SimSettings {
    /// Fast, and with presets where the simulated room has its podium, its board and its whole front.
    fn default() -> Self {
        let view = |pan, tilt, zoom| View { pan, tilt, zoom };
        Self {
            speed: 100.0,
            acceleration: 250.0,
            zoom_seconds: 2.5,
            presets: vec![
                (1, view(-12.0, -4.0, 4.0)),
                (2, view(-8.0, 2.0, 2.5)),
                (3, view(8.0, 2.0, 2.5)),
                (4, view(0.0, 0.0, 1.0)),
            ],
            login: None,
            clock: 1_262_304_000,
        }
    }
}

/// What all wires of a camera share. The mutexes guard plain values and are never held together.
struct Shared {
    body: Mutex<Body>,
    tricks: Mutex<Tricks>,
    switched_on: Instant,
    /// Hears and says nothing.
    dead: AtomicBool,
    stop: AtomicBool,
    heard: AtomicU64,
    settings: SimSettings,
}

impl Shared {
    /// What moves, as it is now.
    fn body(&self) -> MutexGuard<'_, Body> {
        let mut body = lock(&self.body);
        body.advance(self.switched_on.elapsed());
        body
    }

    fn trick(&self) -> Option<Trick> {
        lock(&self.tricks).next()
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn note_heard(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    /// What its own clock shows, in seconds since 1970.
    fn clock(&self) -> i64 {
        self.settings.clock + self.switched_on.elapsed().as_secs() as i64
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked left a whole value: each change is one assignment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A camera and its wires; dropping it unplugs all of them.
pub struct SimCamera {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl SimCamera {
    pub fn new(settings: SimSettings) -> Self {
        let shared = Shared {
            body: Mutex::new(Body::new(&settings)),
            tricks: Mutex::default(),
            switched_on: Instant::now(),
            dead: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            heard: AtomicU64::new(0),
            settings,
        };
        Self { shared: Arc::new(shared), threads: Mutex::default() }
    }

    /// Where it looks now.
    pub fn view(&self) -> View {
        self.shared.body().view()
    }

    /// Whether anything of it moves now.
    pub fn is_moving(&self) -> bool {
        !self.shared.body().rests()
    }

    /// The degrees a second that it pans with now.
    pub fn pan_speed(&self) -> f64 {
        self.shared.body().pan_speed()
    }

    /// Its next replies are treated so, one each; `None` leaves one alone.
    pub fn play(&self, tricks: impl IntoIterator<Item = Option<Trick>>) {
        lock(&self.shared.tricks).queue(tricks);
    }

    /// From now on so many replies of 100 go wrong, each in some way that follows from the seed.
    pub fn play_at_random(&self, seed: u64, percent: u64) {
        lock(&self.shared.tricks).at_random(seed, percent);
    }

    /// Whether it is as if unplugged: it hears and says nothing, and stays where it is.
    pub fn set_dead(&self, dead: bool) {
        self.shared.dead.store(dead, Ordering::Relaxed);
    }

    /// Messages that it has heard.
    pub fn heard(&self) -> u64 {
        self.shared.heard.load(Ordering::Relaxed)
    }

    /// Stands on a pseudo terminal; the device to open.
    pub fn serve_pty(&self) -> io::Result<PathBuf> {
        let (wire, device) = serve::pseudo_terminal()?;
        self.stand_on("sim ptz serial", move |shared| serve::bytes(shared, wire));
        Ok(device)
    }

    /// Stands on one end of a pair of sockets; the other end. Ends when that is closed, or with the program: the other end may
    /// outlive the camera's owner.
    pub fn serve_pair(&self) -> io::Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        let shared = self.shared.clone();
        std::thread::Builder::new().name("sim ptz".into()).spawn(move || serve::bytes(&shared, ours))?;
        Ok(theirs)
    }

    /// Listens for VISCA over TCP on the loopback device, for one controller at a time.
    pub fn serve_tcp(&self) -> io::Result<SocketAddr> {
        let (listener, address) = serve::listener()?;
        self.stand_on("sim ptz tcp", move |shared| serve::tcp(shared, &listener));
        Ok(address)
    }

    /// Listens for VISCA over IP on the loopback device.
    pub fn serve_udp(&self) -> io::Result<SocketAddr> {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        self.stand_on("sim ptz udp", move |shared| serve::udp(shared, &socket));
        Ok(address)
    }

    /// Listens for ONVIF on the loopback device; the device service is at `/onvif/device_service`.
    pub fn serve_onvif(&self) -> io::Result<SocketAddr> {
        let (listener, address) = serve::listener()?;
        self.stand_on("sim ptz onvif", move |shared| serve::http(shared, &listener));
        Ok(address)
    }

    fn stand_on(&self, name: &str, work: impl FnOnce(&Shared) + Send + 'static) {
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || work(&shared));
        lock(&self.threads).push(thread.expect("the system can start a thread"));
    }
}

impl Drop for SimCamera {
    fn drop(&mut self) {
        let threads = std::mem::take(&mut *lock(&self.threads));
        if threads.is_empty() {
            return;
        }
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in threads {
            let _ = thread.join();
        }
    }
}

/// How often a camera looks at its wires and says that it has arrived.
const TICK: Duration = Duration::from_millis(5);
