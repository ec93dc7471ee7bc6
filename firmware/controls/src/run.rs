//! The program from start to end, and its loop: presses and news of the host in, commands and lamps out.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ketang_board::linux::controls::{GpioButton, RemoteControls};
use ketang_client::Client;
use ketang_hal::HalError;
use ketang_hal::controls::{Button, KeyEvent, Keys};
use ketang_protocol::command::{Command, Ptz, PtzAction, Reply};
use ketang_protocol::snapshot::Snapshot;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::deed::Stage;
use crate::desk::{Desk, Order, Surface};
use crate::lamps::{Lamps, Lit};

/// The rhythm of what is held and of what blinks.
const TICK: Duration = Duration::from_millis(50);
/// Half the time of a blink.
const BEAT: Duration = Duration::from_millis(250);
/// How often a thread that waits for a device looks whether it is still wanted.
const WAIT: Duration = Duration::from_secs(1);
/// How long the host may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Between two tries to reach the host.
const RETRY: Duration = Duration::from_secs(1);
/// So many events wait at the most.
const QUEUE: usize = 64;

type Failure = Box<dyn Error + Send + Sync>;

enum News {
    Button(bool),
    Key(KeyEvent),
    /// A device failed.
    Failed(HalError),
    /// Whether the host did what turns a camera.
    Turned(bool),
    /// What the host tells; `None` when it does not answer.
    Host(Option<Box<Snapshot>>),
}

/// Runs until it is told to end, or until something fails that only a new start mends.
pub(crate) fn controls(socket: PathBuf, config: &Path) -> Result<(), Failure> {
    let config = Config::load(config)?;
    if config.pins.is_empty() && config.devices.is_empty() {
        tracing::info!("neither button, lamps nor remote controls are configured: nothing to do");
        return Ok(());
    }
    let button = config.pins.button.as_ref().map(GpioButton::open).transpose()?;
    let mut lamps = Lamps::open(&config.pins.lamps)?;
    let (tell, news) = mpsc::channel(QUEUE);
    if let Some(mut button) = button {
        listen(tell.clone(), move || Ok(button.next(WAIT)?.map(News::Button)));
    }
    if !config.devices.is_empty() {
        let mut remotes = RemoteControls::new(config.devices);
        listen(tell.clone(), move || Ok(remotes.next(WAIT)?.map(News::Key)));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(run(socket, Desk::new(config.keys), &mut lamps, tell, news));
    // A lamp keeps its light when its program ends.
    ended.and(lamps.show(Lit::DARK).map_err(Failure::from))
}

/// Hands on what a device tells, on a thread of its own, until nobody listens or it fails.
fn listen(to: mpsc::Sender<News>, mut next: impl FnMut() -> Result<Option<News>, HalError> + Send + 'static) {
    std::thread::spawn(move || {
        while !to.is_closed() {
            match next() {
                Ok(None) => {}
                Ok(Some(news)) => {
                    if to.blocking_send(news).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let _ = to.blocking_send(News::Failed(error));
                    return;
                }
            }
        }
    });
}

async fn run(
    socket: PathBuf,
    mut desk: Desk,
    lamps: &mut Lamps,
    tell: mpsc::Sender<News>,
    mut news: mpsc::Receiver<News>,
) -> Result<(), Failure> {
    let client = |from| Client::new(socket.clone(), from, ANSWER_LIMIT);
    let (as_button, as_remote) = (client("button"), client("remote"));
    tokio::spawn(follow(as_button.clone(), tell.clone()));
    let mut snapshot: Option<Box<Snapshot>> = None;
    let begun = Instant::now();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        // Whatever came is heard before time is: after a stall, a key that was let go of long ago was not held.
        let one = tokio::select! {
            biased;
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            one = news.recv() => one,
            _ = tick.tick() => None,
        };
        let (now, stage) = (begun.elapsed(), Stage::of(snapshot.as_deref()));
        let mut orders = Vec::new();
        match one {
            Some(News::Button(down)) => orders.extend(desk.button(down, now, stage)),
            Some(News::Key(event)) => orders.extend(desk.key(event, now, stage)),
            Some(News::Turned(done)) => desk.turned(done),
            Some(News::Host(told)) => snapshot = told,
            Some(News::Failed(error)) => return Err(error.into()),
            None => orders = desk.pass(now, stage),
        }
        for Order { from, command } in orders {
            let client = match from {
                Surface::Button => as_button.clone(),
                Surface::Remote => as_remote.clone(),
            };
            let tell = tell.clone();
            tokio::spawn(async move {
                let reply = client.command(command.clone()).await;
                let done = matches!(reply, Ok(Reply::Done { .. }));
                match reply {
                    Ok(Reply::Done { .. }) => tracing::info!("{from:?}: {command:?}"),
                    Ok(Reply::Refused(refusal)) => {
                        tracing::warn!("{from:?}: {command:?}: refused: {}", refusal.english)
                    }
                    Err(why) => tracing::warn!("{from:?}: {command:?}: the host was not reached: {why}"),
                }
                if let Command::Ptz(Ptz { action: PtzAction::Steer(_) | PtzAction::Stop {}, .. }) = command {
                    let _ = tell.send(News::Turned(done)).await;
                }
            });
        }
        let beat = (now.as_millis() / BEAT.as_millis()).is_multiple_of(2);
        lamps.show(Lit::of(snapshot.as_deref(), beat))?;
    }
}

/// Sends what the host tells, until nobody listens.
async fn follow(client: Client, to: mpsc::Sender<News>) {
    let mut told = true;
    while !to.is_closed() {
        let why = match follow_once(&client, &to, &mut told).await {
            Ok(()) => return,
            Err(why) => why,
        };
        if std::mem::take(&mut told) {
            tracing::warn!("the host does not answer: {why}");
        }
        if to.send(News::Host(None)).await.is_err() {
            return;
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Ends well when nobody listens any more.
async fn follow_once(client: &Client, to: &mpsc::Sender<News>, told: &mut bool) -> Result<(), ketang_client::Error> {
    let mut lines = client.stream("/v1/watch").await?;
    loop {
        let snapshot = lines.next().await?;
        *told = true;
        if to.send(News::Host(Some(snapshot))).await.is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use ketang_board::sim::controls::{SimButton, SimKeys, SimLamp};
    use ketang_protocol::command::{Request, Shot};
    use ketang_protocol::turning::Way;
    use serde_json::json;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{UnixListener, UnixStream};

    use super::*;
    use crate::config::KeyMap;

    /// Nothing takes so long; this only keeps a broken test from waiting for ever.
    const LIMIT: Duration = Duration::from_secs(20);

    fn paused() -> String {
        let shot = json!({"layout": "single", "inputs": ["hdmi"]});
        json!({
            "host": "room", "version": "1", "board": "sim", "pictures": [], "sounds": [], "jobs": [], "alarms": [],
            "programme": {"shot": shot, "scenes": [], "layouts": []},
            "storage": {"free_bytes": 1, "total_bytes": 1, "lessons_left": 1},
            "lesson": {
                "id": "20261122-081500-0042", "title": null, "outcome": {"state": "paused"}, "seconds": 1.0,
                "planned_seconds": null, "resumes_in_seconds": null, "tracks": [], "gaps": 0
            },
        })
        .to_string()
    }

    /// Answers one question as a host does that has a lesson paused, and hands on what it was asked to do.
    async fn answer(stream: UnixStream, to: mpsc::UnboundedSender<Request>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut line, mut length, mut watch) = (String::new(), 0, false);
        while stream.read_line(&mut line).await? > 2 {
            watch |= line.starts_with("GET /v1/watch ");
            if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
                length = bytes.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        if watch {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\ndata: {}\n\n", paused()).as_bytes()).await?;
            // Until the other end has enough.
            return stream.read_u8().await.map(|_| ());
        }
        let _ = to.send(serde_json::from_slice(&body).unwrap());
        let done = r#"{"done":{}}"#;
        let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{done}", done.len());
        stream.write_all(reply.as_bytes()).await
    }

    #[tokio::test]
    async fn presses_reach_the_host_and_its_state_the_lamps() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let (to, mut asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, to.clone()));
            }
        });

        let (hand, mut button) = SimButton::new();
        let (fingers, mut keys) = SimKeys::new();
        let (tell, news) = mpsc::channel(QUEUE);
        let wait = Duration::from_millis(10);
        listen(tell.clone(), move || Ok(button.next(wait)?.map(News::Button)));
        listen(tell.clone(), move || Ok(keys.next(wait)?.map(News::Key)));
        let lamp = SimLamp::default();
        let mut lamps = Lamps::new(None, Some(Box::new(lamp.clone())), None);
        let script = async {
            while !lamp.is_lit() {
                tokio::task::yield_now().await;
            }
            fingers.send(KeyEvent::Down { key: "KEY_1".into() }).unwrap();
            let cut = asked.recv().await.unwrap();
            let shot = Shot { layout: "single".into(), inputs: vec![ketang_hal::role::PictureRole::Hdmi] };
            assert_eq!(cut, Request { from: "remote".into(), command: Command::Layout(shot) });
            let input = ketang_hal::role::PictureRole::TeacherCloseup;
            let ptz = |action| Request { from: "remote".into(), command: Command::Ptz(Ptz { input, action }) };
            fingers.send(KeyEvent::Down { key: "KEY_UP".into() }).unwrap();
            // Said again, so it is answered.
            for _ in 0..2 {
                assert_eq!(asked.recv().await.unwrap(), ptz(PtzAction::Steer(Way::Up.steer())));
            }
            fingers.send(KeyEvent::Up { key: "KEY_UP".into() }).unwrap();
            let mut last = asked.recv().await.unwrap();
            while last == ptz(PtzAction::Steer(Way::Up.steer())) {
                last = asked.recv().await.unwrap();
            }
            assert_eq!(last, ptz(PtzAction::Stop {}));
            hand.send(true).unwrap();
            hand.send(false).unwrap();
            let pressed = asked.recv().await.unwrap();
            assert_eq!(pressed, Request { from: "button".into(), command: Command::Resume {} });
            // The button breaks.
            drop(hand);
        };
        let run = run(socket, Desk::new(KeyMap::shipped().unwrap()), &mut lamps, tell, news);
        let both = async { tokio::join!(run, script).0 };
        let ended = tokio::time::timeout(LIMIT, both).await.expect("it ends within the limit");
        assert!(ended.unwrap_err().to_string().contains("no button"));
    }
}
