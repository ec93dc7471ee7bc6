//! The program from start to end, and its loop: news and touches in, pictures and commands out.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ketang_board::linux::ServiceWatchdog;
use ketang_client::Client;
use ketang_hal::panel::{Display, Touch, TouchEvent};
use ketang_hal::picture::Size;
use ketang_hal::watchdog::Watchdog;
use ketang_panel::{
    Door, Effect, Frame, LastCut, Letters, Lock, LockState, Picture, Pin, Screen, Seen, Settings, Stage, Target, View,
    draw, pairing,
};
use ketang_protocol::command::{Command, Refusal, RefusalCode, Reply};
use ketang_protocol::lesson::Lesson;
use ketang_protocol::live::Feed;
use ketang_protocol::pairing::{Pages, PairingCode};
use ketang_protocol::snapshot::{LessonSummary, Snapshot};
use tokio::sync::{mpsc, watch};

use crate::assistance::{self, Assistance, OwnFirst};
use crate::browser::{self, Fingers};
use crate::cli::Cli;
use crate::clock::Clock;
use crate::devices;
use crate::follow::{self, Gallery, News};
use crate::keep;

/// The rhythm of what moves without news, and of live pictures, which come as often.
const TICK: Duration = Duration::from_millis(80);
/// How long the host may take to answer: a person waits in front of the screen.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// So many touches wait at the most for the loop.
const TOUCHES: usize = 64;
/// How often the touch thread looks whether it is still wanted.
const TOUCH_WAIT: Duration = Duration::from_secs(1);

pub(crate) type Failure = Box<dyn Error + Send + Sync>;
pub(crate) type DisplayAndTouch = (Box<dyn Display>, Box<dyn Touch>);

/// Runs until something fails that only a new start mends.
pub(crate) fn panel(cli: &Cli) -> Result<(), Failure> {
    let letters = cli.font.as_deref().map_or_else(Letters::of_system, Letters::from_file)?;
    let devices = devices::Devices::of(cli)?;
    let pin = devices.pin_file.as_deref().map(pin_in).transpose()?;
    let pin_of_it = devices.it_pin_file.as_deref().map(pin_in).transpose()?;
    let settings = keep::load(&cli.settings);
    let doors = [(Door::Panel, "lock.toml"), (Door::It, "it-lock.toml")].map(|(door, name)| {
        let file = cli.settings.with_file_name(name);
        (door, Kept { state: keep::load(&file), file })
    });
    let doors = BTreeMap::from(doors);
    let lock = |door, pin| Lock::resumed(pin, doors[&door].state, Duration::ZERO);
    let view = View::new(settings, lock(Door::Panel, pin), lock(Door::It, pin_of_it));
    let told = devices.millimetres;
    let ((mut display, own), helped_at) = open(cli, devices)?;
    let (touches_to, touches) = mpsc::channel(TOUCHES);
    read(Box::new(OwnFirst::new(own)), touches_to.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new(cli.socket.clone(), "panel", ANSWER_LIMIT);
        let (news_to, news) = mpsc::channel(8);
        tokio::spawn(follow::snapshots(client.clone(), news_to.clone()));
        tokio::spawn(follow::cuts(client.clone(), news_to.clone()));
        tokio::spawn(follow::told(cli.pairing.clone(), pairing::read, News::Pairing, news_to.clone()));
        let pages = cli.pairing.with_file_name("pages.json");
        tokio::spawn(follow::told(pages, pairing::read_pages, News::Pages, news_to));
        let (replies_to, replies) = mpsc::channel(8);
        let mut show = Show {
            millimetres: told.or(display.millimetres()),
            display: display.as_mut(),
            helped_at: helped_at.unwrap_or(assistance::USUAL),
            assistance: None,
            assisted: false,
            touches_to,
            letters: &letters,
            keep: &mut |settings: &Settings| keep::save(&cli.settings, settings),
            client,
            replies_to,
            clock: Clock::start(),
            view,
            doors,
            known: Known::default(),
            followed: BTreeSet::new(),
            gallery: Gallery::default(),
            pictures_wanted: watch::channel(false).0,
            shown: None,
            spare: None,
            targets: Vec::new(),
        };
        if helped_at.is_some() {
            show.begin_assistance();
        }
        show.run(news, replies, touches).await
    })
}

/// The panel's own display and touchscreen, and where IT's page is to be beside them.
fn open(cli: &Cli, devices: devices::Devices) -> Result<(DisplayAndTouch, Option<SocketAddr>), Failure> {
    if let Some(listen) = cli.browser {
        let (screen, fingers, address) = browser::open(listen, cli.size)?;
        tracing::info!("the panel is at http://{address}/");
        return Ok(((Box::new(screen), Box::new(fingers)), cli.assistance));
    }
    let helped_at = devices.assistance;
    Ok((devices.open()?, helped_at))
}

/// A panel that should have a lock and cannot read its PIN does not begin without one.
fn pin_in(path: &Path) -> Result<Pin, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("the PIN cannot be read from {}: {error}: let the panel's user read it", path.display())
    })?;
    text.trim().parse::<Pin>().map_err(|error| format!("{}: {error}", path.display()).into())
}

/// What was last heard of the host.
#[derive(Default)]
struct Known {
    snapshot: Option<Snapshot>,
    lessons: Vec<LessonSummary>,
    ended: Option<Lesson>,
    cut: Option<LastCut>,
    pairing: Option<PairingCode>,
    pages: Option<Pages>,
}

/// A lock as it was kept last, and where.
struct Kept {
    state: LockState,
    file: PathBuf,
}

struct Show<'a> {
    display: &'a mut dyn Display,
    millimetres: Option<Size>,
    /// Where IT's page is to be.
    helped_at: SocketAddr,
    /// IT's page, until somebody at the panel ends it.
    assistance: Option<Assistance>,
    /// Whether somebody looks on there.
    assisted: bool,
    touches_to: mpsc::Sender<Result<TouchEvent, Failure>>,
    letters: &'a Letters,
    keep: &'a mut dyn FnMut(&Settings) -> std::io::Result<()>,
    client: Client,
    replies_to: mpsc::Sender<(Command, Reply)>,
    clock: Clock,
    view: View,
    doors: BTreeMap<Door, Kept>,
    known: Known,
    /// The feeds whose pictures are asked for.
    followed: BTreeSet<Feed>,
    gallery: Gallery,
    pictures_wanted: watch::Sender<bool>,
    /// What the display shows.
    shown: Option<Frame>,
    /// The picture before, to draw the next into: each screen is drawn whole.
    spare: Option<Frame>,
    targets: Vec<Target>,
}

impl Show<'_> {
    async fn run(
        &mut self,
        mut news: mpsc::Receiver<News>,
        mut replies: mpsc::Receiver<(Command, Reply)>,
        mut touches: mpsc::Receiver<Result<TouchEvent, Failure>>,
    ) -> Result<(), Failure> {
        self.light(self.view.settings.brightness);
        // Fed by the loop that draws: a display that takes no picture any more stops it.
        let mut watchdog = ServiceWatchdog::from_environment();
        let mut next_feed = Duration::ZERO;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            // A touch is answered at once; all else waits for the next tick.
            let effects = tokio::select! {
                touch = touches.recv() => {
                    let first = touch.ok_or("the touch screen's thread ended")?;
                    // What came with it meant the same picture.
                    let more = std::iter::from_fn(|| touches.try_recv().ok()).take(TOUCHES);
                    let mut effects = Vec::new();
                    for event in std::iter::once(first).chain(more) {
                        let event = event?;
                        effects.extend(self.with_seen(|view, seen, targets| view.touch(event, targets, seen)));
                    }
                    effects
                }
                Some((command, reply)) = replies.recv() => {
                    let effects = self.view.answered(&command, &reply, self.clock.now());
                    self.carry_out(effects);
                    continue;
                }
                Some(one) = news.recv() => {
                    self.hear(one);
                    continue;
                }
                _ = tick.tick() => {
                    self.look_for_assistance();
                    self.with_seen(|view, seen, _| view.pass(seen))
                }
            };
            self.carry_out(effects);
            self.show()?;
            let now = self.clock.now();
            if let Some(watchdog) = watchdog.as_mut().filter(|_| now >= next_feed) {
                next_feed = now + watchdog.interval();
                if let Err(error) = watchdog.feed() {
                    tracing::warn!("{error}");
                }
            }
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Snapshot(snapshot) => {
                self.follow_pictures(&snapshot);
                self.known.snapshot = Some(*snapshot);
            }
            News::Lessons(lessons) => self.known.lessons = lessons,
            News::Ended(lesson) => self.known.ended = Some(*lesson),
            News::Cut(cut) => self.known.cut = Some(*cut),
            News::Gone => self.known.snapshot = None,
            News::Pairing(code) => self.known.pairing = code,
            News::Pages(pages) => self.known.pages = pages,
        }
    }

    fn look_for_assistance(&mut self) {
        let assisted = self.assistance.as_ref().is_some_and(|page| page.screen.is_watched());
        if std::mem::replace(&mut self.assisted, assisted) != assisted {
            let told = if assisted { "somebody looks on" } else { "nobody looks on any more" };
            tracing::info!("remote assistance: {told}");
        }
    }

    fn begin_assistance(&mut self) {
        if self.assistance.is_some() {
            return;
        }
        let Some((page, fingers)) = assistance::open(self.helped_at, self.display.size()) else { return };
        read_page(fingers, self.touches_to.clone());
        self.assistance = Some(page);
    }

    fn end_assistance(&mut self) {
        if self.assistance.take().is_some() {
            self.assisted = false;
            tracing::info!(
                "remote assistance was ended at the panel: IT's settings there, or a new start, allow it again"
            );
        }
    }

    /// Inputs never go away; whether they deliver is another matter.
    fn follow_pictures(&mut self, snapshot: &Snapshot) {
        let inputs = snapshot.pictures.iter().map(|input| Feed::Input(input.role));
        for feed in inputs.chain([Feed::Programme]) {
            if self.followed.insert(feed) {
                let wanted = self.pictures_wanted.subscribe();
                tokio::spawn(follow::pictures(self.client.clone(), feed, self.gallery.clone(), wanted));
            }
        }
    }

    fn with_seen<T>(&mut self, what: impl FnOnce(&mut View, &Seen, &[Target]) -> T) -> T {
        let wall = Clock::wall();
        let gallery = self.gallery.pictures();
        let picture = |feed| {
            let of = gallery.get(&feed)?;
            Some(Picture { width: of.width, height: of.height, pixels: &of.pixels })
        };
        let seen = Seen {
            snapshot: self.known.snapshot.as_ref(),
            lessons: &self.known.lessons,
            ended: self.known.ended.as_ref(),
            cut: self.known.cut.as_ref(),
            pairing: self.known.pairing.as_ref(),
            pages: self.known.pages.as_ref(),
            assistance: self.assistance.as_ref().map(|page| page.at),
            assisted: self.assisted,
            millimetres: self.millimetres,
            thumbnails: &picture,
            now: self.clock.now(),
            wall: &wall,
        };
        let shown = matches!(seen.stage(), Stage::Recording | Stage::Paused) || self.view.screen == Screen::Cameras;
        self.pictures_wanted.send_if_modified(|wanted| std::mem::replace(wanted, shown) != shown);
        what(&mut self.view, &seen, &self.targets)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(command) => {
                    let (client, to) = (self.client.clone(), self.replies_to.clone());
                    // A host that cannot be asked counts as one that refuses.
                    let unavailable = |why: ketang_client::Error| {
                        let why = why.to_string();
                        Reply::Refused(Refusal::new(RefusalCode::Unavailable, why.clone(), why))
                    };
                    tokio::spawn(async move {
                        let reply = client.command(command.clone()).await.unwrap_or_else(unavailable);
                        to.send((command, reply)).await
                    });
                }
                Effect::KeepLock(door, lock) => self.keep_lock(door, lock),
                Effect::Keep(settings) => {
                    self.light(settings.brightness);
                    if let Err(error) = (self.keep)(&settings) {
                        tracing::warn!("the panel's settings cannot be kept: {error}");
                    }
                }
                Effect::BeginAssistance => self.begin_assistance(),
                Effect::EndAssistance => self.end_assistance(),
            }
        }
    }

    /// Writes down who came and went, and what must outlive a start anew.
    fn keep_lock(&mut self, door: Door, lock: LockState) {
        let Some(kept) = self.doors.get_mut(&door) else { return };
        let before = std::mem::replace(&mut kept.state, lock);
        let what = match door {
            Door::Panel => "the panel",
            Door::It => "the settings of IT at the panel",
        };
        match lock.shut {
            _ if lock.wrong > before.wrong => {
                tracing::warn!("a wrong PIN was typed at {what}, the {}. in a row", lock.wrong);
            }
            true => tracing::info!("{what}: locked"),
            false => tracing::info!("{what}: unlocked with the PIN"),
        }
        if let Err(error) = keep::save(&kept.file, &lock) {
            tracing::warn!("the state of the lock cannot be kept: {error}");
        }
    }

    /// A light that cannot be set is no reason to show nothing.
    fn light(&mut self, percent: u8) {
        if let Err(error) = self.display.set_brightness(percent) {
            tracing::warn!("the panel keeps its brightness: {error}");
        }
    }

    /// Draws, and shows what was drawn where it is another picture.
    fn show(&mut self) -> Result<(), Failure> {
        let size = self.display.size();
        let mut frame = self.spare.take().unwrap_or_else(|| Frame::new(size.width, size.height));
        let letters = self.letters;
        let targets = self.with_seen(|view, seen, _| draw(&mut frame, letters, seen, view));
        self.targets = targets;
        if self.shown.as_ref() != Some(&frame) {
            self.display.show(frame.pixels())?;
            // Whoever comes to look on is told of on the screen at once, which is another picture: nobody waits for one.
            if let Some(page) = self.assistance.as_mut().filter(|_| self.assisted) {
                page.screen.show(frame.pixels())?;
            }
            self.spare = self.shown.replace(frame);
        } else {
            self.spare = Some(frame);
        }
        Ok(())
    }
}

/// Reads a touchscreen on a thread of its own, until nobody listens or it fails.
fn read(mut touch: Box<dyn Touch>, to: mpsc::Sender<Result<TouchEvent, Failure>>) {
    std::thread::spawn(move || {
        while !to.is_closed() {
            let event = match touch.next(TOUCH_WAIT) {
                Ok(None) => continue,
                Ok(Some(event)) => Ok(event),
                Err(error) => Err(error.into()),
            };
            let failed = event.is_err();
            if to.blocking_send(event).is_err() || failed {
                return;
            }
        }
    });
}

/// Reads the fingers of IT's page until it is ended.
fn read_page(mut fingers: Fingers, to: mpsc::Sender<Result<TouchEvent, Failure>>) {
    std::thread::spawn(move || {
        while let Ok(event) = fingers.next(TOUCH_WAIT) {
            if event.is_some_and(|event| to.blocking_send(Ok(event)).is_err()) {
                return;
            }
        }
    });
}
