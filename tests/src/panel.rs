//! The real `ketang-panel` in a page, and a hand in front of it. What can be touched, and where, comes from the panel's own
//! drawing of what the daemon tells; a touch waits until the page shows just that there.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use embedded_graphics::prelude::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use ketang_hal::panel::{Finger, TouchEvent};
use ketang_panel::{Action, Effect, Frame, Letters, Lock, LockState, Seen, Settings, Target, View, draw, pairing};
use ketang_protocol::command::Reply;
use nix::unistd::Pid;
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocket;
use tungstenite::{Error, Message};

use crate::daemon::program;
use crate::{Daemon, LIMIT};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 800;
/// So long a page that shows nothing new is waited for before the daemon is looked at again.
const LOOK: Duration = Duration::from_millis(200);

/// A running `ketang-panel` with one page. Dropping it kills it.
pub struct Panel<'a> {
    daemon: &'a Daemon,
    child: Child,
    said: Receiver<String>,
    page: WebSocket<TcpStream>,
    /// What the page shows, as XRGB8888.
    picture: Vec<u32>,
    /// Where it looks for the code of IT's first access, which is where [`Admin`](crate::Admin) writes it.
    pairing: PathBuf,
    /// Where IT's page is, where there is one, and whether somebody looks on there.
    assistance: Option<SocketAddr>,
    assisted: bool,
    /// The panel's own state, which the same touches change.
    view: View,
    letters: Rc<Letters>,
    begun: Instant,
}

impl<'a> Panel<'a> {
    /// Starts a panel and opens its page.
    pub fn start(daemon: &'a Daemon) -> Self {
        Self::start_with(daemon, &[])
    }

    /// Starts one with a PIN, whose lock is to be as it was left.
    pub fn start_with_pin(daemon: &'a Daemon, pin: &str, left: LockState) -> Self {
        let file = daemon.socket().with_file_name("pin");
        std::fs::write(&file, pin).expect("the file can be written");
        let mut panel = Self::start_with(daemon, &["--pin-file", file.to_str().expect("it is text")]);
        let lock = Lock::resumed(pin.trim().parse().ok(), left, Duration::ZERO);
        panel.view = View::new(Settings::default(), lock, Lock::default());
        panel
    }

    /// Waits until its log has these words.
    pub fn until_said(&self, words: &str) {
        let mut log = String::new();
        while !log.contains(words) {
            let line = self.said.recv_timeout(LIMIT);
            log += &line.unwrap_or_else(|error| panic!("it does not say {words:?}: {error}\n{log}"));
        }
    }

    /// Starts one with a PIN for IT's settings.
    pub fn start_with_pin_of_it(daemon: &'a Daemon, pin: &str) -> Self {
        let file = daemon.socket().with_file_name("it-pin");
        std::fs::write(&file, pin).expect("the file can be written");
        let flags = ["--it-pin-file", file.to_str().expect("it is text"), "--assistance", "127.0.0.1:0"];
        let mut panel = Self::start_with(daemon, &flags);
        panel.assistance = Some(address(&panel.said));
        panel.view = View::new(Settings::default(), Lock::default(), Lock::new(pin.trim().parse().ok()));
        panel
    }

    /// Somebody at the panel let IT's page in again.
    pub fn is_assisted_anew(&mut self) {
        self.assistance = Some(address(&self.said));
    }

    /// Starts one that IT may help at.
    pub fn start_with_assistance(daemon: &'a Daemon) -> Self {
        let mut panel = Self::start_with(daemon, &["--assistance", "127.0.0.1:0"]);
        panel.assistance = Some(address(&panel.said));
        panel
    }

    /// Starts one that a service manager watches, which ends it where it tells nothing at `notify` for two seconds.
    pub fn start_watched(daemon: &'a Daemon, notify: &Path) -> Self {
        let mut command = Command::new(program("ketang-panel"));
        command.env("NOTIFY_SOCKET", notify).env("WATCHDOG_USEC", "2000000");
        Self::start_as(daemon, command)
    }

    fn start_with(daemon: &'a Daemon, flags: &[&str]) -> Self {
        let mut command = Command::new(program("ketang-panel"));
        command.args(flags);
        Self::start_as(daemon, command)
    }

    fn start_as(daemon: &'a Daemon, mut command: Command) -> Self {
        let socket = daemon.socket();
        let pairing = socket.with_file_name("admin-run").join("pairing.json");
        command.arg("--pairing").arg(&pairing);
        command.args(["--browser", "127.0.0.1:0", "--size", &format!("{WIDTH}x{HEIGHT}")]);
        command.arg("--settings").arg(socket.with_file_name("panel.toml")).arg("--socket").arg(socket);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("ketang-panel can be started");
        let lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let address = address(&said);
        let letters = Letters::of_system().expect("scripts/setup installs the typeface").into();
        let picture = vec![0; (WIDTH * HEIGHT) as usize];
        let view = View::new(Settings::default(), Lock::default(), Lock::default());
        let (page, begun) = (join(address), Instant::now());
        let (assistance, assisted) = (None, false);
        Self { daemon, child, said, page, picture, pairing, assistance, assisted, view, letters, begun }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("process numbers are small"))
    }

    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("its state can be asked").is_none()
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it can be waited for");
    }

    /// What the panel would show now, and where it can be touched.
    fn drawn(&mut self) -> (Frame, Vec<Target>) {
        let mut frame = Frame::new(WIDTH, HEIGHT);
        let letters = Rc::clone(&self.letters);
        let targets = self.with_seen(|view, seen| {
            view.pass(seen);
            draw(&mut frame, &letters, seen, view)
        });
        (frame, targets)
    }

    fn with_seen<T>(&mut self, what: impl FnOnce(&mut View, &Seen) -> T) -> T {
        let (snapshot, lessons) = (self.daemon.snapshot(), self.daemon.lessons());
        let pairing = std::fs::read(&self.pairing).ok().and_then(|file| pairing::read(&file));
        let pages = std::fs::read(self.pairing.with_file_name("pages.json")).ok();
        let pages = pages.and_then(|file| pairing::read_pages(&file));
        let seen = Seen {
            snapshot: Some(&snapshot),
            lessons: &lessons,
            ended: None,
            cut: None,
            pairing: pairing.as_ref(),
            pages: pages.as_ref(),
            assistance: self.assistance,
            assisted: self.assisted,
            millimetres: None,
            thumbnails: &|_| None,
            now: self.begun.elapsed(),
            wall: &jiff::Zoned::now(),
        };
        what(&mut self.view, &seen)
    }

    /// Waits until the page shows what is touched for an action, and tells where.
    pub fn find(&mut self, action: &Action) -> Rectangle {
        let since = Instant::now();
        loop {
            let (frame, targets) = self.drawn();
            let area = targets.iter().find(|target| target.action == *action).map(|target| target.area);
            let shown = |area: &Rectangle| {
                let still = without_live_picture(action, area);
                piece(frame.pixels(), &still) == piece(&self.picture, &still)
            };
            if let Some(area) = area.filter(shown) {
                return area;
            }
            if since.elapsed() > LIMIT {
                let log: Vec<String> = self.said.try_iter().collect();
                panic!("the page does not show {action:?}; there should be {targets:#?}\n{log:#?}");
            }
            self.look();
        }
    }

    /// IT opens its page, and is told of on the panel from then on.
    pub fn assist(&mut self) -> Assistant {
        self.assisted = true;
        Assistant(join(self.assistance.expect("it was started with assistance")))
    }

    /// Waits until an action cannot be touched any more, by what the host says. What is found after it is found on the panel as it is then.
    pub fn until_gone(&mut self, action: &Action) {
        let since = Instant::now();
        while self.drawn().1.iter().any(|target| target.action == *action) {
            assert!(since.elapsed() < LIMIT, "{action:?} can be touched still");
            self.look();
        }
    }

    /// Waits until an action can be touched, and touches it.
    pub fn tap(&mut self, action: Action) {
        let area = self.find(&action);
        self.tap_at(area.center());
        if action == Action::EndAssistance {
            (self.assistance, self.assisted) = (None, false);
        }
        // The same touch for our own view; its commands have been sent by the panel.
        let targets = [Target { area, action }];
        let finger = Finger(0);
        let Point { x, y } = area.center();
        self.with_seen(|view, seen| {
            view.touch(TouchEvent::Down { finger, x, y }, &targets, seen);
            for effect in view.touch(TouchEvent::Up { finger }, &targets, seen) {
                if let Effect::Send(command) = effect {
                    view.answered(&command, &Reply::Done { lesson: None, job: None }, seen.now);
                }
            }
        });
    }

    /// One finger at a place, whatever is there.
    pub fn tap_at(&mut self, place: Point) {
        self.down(0, place);
        self.up(0);
    }

    pub fn down(&mut self, finger: u8, Point { x, y }: Point) {
        self.say(&json!({"is": "down", "finger": finger, "x": x, "y": y}));
    }

    pub fn slide(&mut self, finger: u8, Point { x, y }: Point) {
        self.say(&json!({"is": "move", "finger": finger, "x": x, "y": y}));
    }

    pub fn up(&mut self, finger: u8) {
        self.say(&json!({"is": "up", "finger": finger}));
    }

    /// Sends what a page, or something that claims to be one, may say.
    pub fn say(&mut self, what: &Value) {
        self.page.send(Message::text(what.to_string())).expect("the panel takes it");
    }

    /// Draws what comes next; false if it was no picture, or nothing.
    pub fn look(&mut self) -> bool {
        match self.page.read() {
            Ok(Message::Binary(message)) => {
                apply(&message, &mut self.picture);
                self.say(&json!({"is": "drawn"}));
                true
            }
            Ok(_) => false,
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => false,
            Err(error) => panic!("the page was left alone: {error}; {:#?}", self.said.try_iter().collect::<Vec<_>>()),
        }
    }

    /// Waits until another picture is seen at a place, and tells for how long.
    pub fn until_changed(&mut self, area: &Rectangle) -> Duration {
        let (since, before) = (Instant::now(), piece(&self.picture, area));
        while piece(&self.picture, area) == before {
            assert!(since.elapsed() < LIMIT, "nothing changes at {area:?}");
            self.look();
        }
        since.elapsed()
    }
}

impl Drop for Panel<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody from IT in front of a page beside the panel's own.
pub struct Assistant(WebSocket<TcpStream>);

impl Assistant {
    /// One finger at a place, whatever is there.
    pub fn tap_at(&mut self, Point { x, y }: Point) {
        for said in [json!({"is": "down", "finger": 0, "x": x, "y": y}), json!({"is": "up", "finger": 0})] {
            self.0.send(Message::text(said.to_string())).expect("the panel takes it");
        }
    }

    /// Waits until the panel shuts the page out for good.
    pub fn wait_until_sent_away(mut self) {
        let since = Instant::now();
        while since.elapsed() < LIMIT {
            match self.0.read() {
                Ok(Message::Close(Some(why))) if u16::from(why.code) == 4001 => return,
                Ok(Message::Close(why)) => panic!("it is shut out as if it might come again: {why:?}"),
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("the page was left alone: {error}"),
                Ok(_) => {}
            }
        }
        panic!("IT still looks on");
    }
}

/// Where the panel says that its page is.
fn address(said: &Receiver<String>) -> SocketAddr {
    let mut log = String::new();
    loop {
        let line = said.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("the panel has no page:\n{log}"));
        if let Some((_, rest)) = line.split_once("http://")
            && let Some(address) = rest.split('/').next().and_then(|address| address.parse().ok())
        {
            return address;
        }
        log += &line;
    }
}

fn join(address: SocketAddr) -> WebSocket<TcpStream> {
    let mut request = format!("ws://{address}/panel").into_client_request().expect("it is an address");
    request.headers_mut().insert("origin", format!("http://{address}").parse().expect("it is plain"));
    let stream = TcpStream::connect(address).expect("the page's port is open");
    let (page, _) = tungstenite::client(request, stream).expect("the panel lets its own page in");
    page.get_ref().set_read_timeout(Some(LOOK)).expect("a limit can be set");
    page
}

/// The part of an action's place that stays as it is drawn: the name beneath the live picture of an input.
fn without_live_picture(action: &Action, area: &Rectangle) -> Rectangle {
    const NAME: u32 = 30;
    if !matches!(action, Action::Show(shot) if shot.layout == "single") {
        return *area;
    }
    let above = area.size.height.saturating_sub(NAME);
    Rectangle::new(area.top_left + Point::new(0, above as i32), Size::new(area.size.width, area.size.height - above))
}

fn piece(picture: &[u32], area: &Rectangle) -> Vec<u32> {
    let rows = area.rows().map(|y| (y * WIDTH as i32 + area.top_left.x) as usize);
    rows.flat_map(|start| &picture[start..start + area.size.width as usize]).copied().collect()
}

/// Draws the pieces of one message (`firmware/panel/src/browser/changes.rs` says how they lie in it).
fn apply(mut message: &[u8], picture: &mut [u32]) {
    while let [x0, x1, y0, y1, l0, l1, l2, l3, rest @ ..] = message {
        let (x, y) = (u16::from_le_bytes([*x0, *x1]), u16::from_le_bytes([*y0, *y1]));
        let (piece, others) = rest.split_at(u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize);
        let mut reader = png::Decoder::new(std::io::Cursor::new(piece)).read_info().expect("a piece is a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
        let info = reader.next_frame(&mut pixels).expect("the PNG is whole");
        for (row, y) in pixels.chunks_exact(info.width as usize * 3).zip(usize::from(y)..) {
            for (pixel, x) in row.chunks_exact(3).zip(usize::from(x)..) {
                picture[y * WIDTH as usize + x] = u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]);
            }
        }
        message = others;
    }
}
