//! The real programs: a `ketangd` that can be killed, and the `ketangctl` that it is worked with.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use ketang_client::Client;
use ketang_protocol::lesson::LessonId;
use ketang_protocol::settings::{NotTaken, Settings};
use ketang_protocol::snapshot::{LessonSummary, Snapshot};
use ketang_protocol::targets::{self, Targets};
use ketang_protocol::timetable::{Timetable, Versioned};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::host::all_live;
use crate::{HostSettings, Kept, LIMIT, Turn};

/// Between two looks at a host that may not answer for a while.
const LOOK: Duration = Duration::from_millis(200);

/// Becomes a program that sees another number of the machine's start.
const IN_ANOTHER_BOOT: &str = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";

/// A running `ketangd`. Dropping it kills it.
pub struct Daemon {
    child: Child,
    folder: Arc<tempfile::TempDir>,
    data: PathBuf,
    _turn: Turn,
}

/// What one `ketangctl` said.
#[derive(Debug)]
pub struct Ctl {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Daemon {
    /// Starts a daemon on a folder of its own and waits until it is ready.
    pub fn start(settings: &HostSettings) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().expect("a temporary folder can be made")), settings)
    }

    /// Starts a daemon on a folder that may hold something already.
    pub fn start_in(folder: Arc<tempfile::TempDir>, settings: &HostSettings) -> Self {
        let turn = settings.turn();
        let data = settings.config(folder.path()).host.data.as_path().to_owned();
        let notify = folder.path().join("notify");
        let _ = std::fs::remove_file(&notify);
        // As systemd does: the daemon says there when it is ready.
        let ready = UnixDatagram::bind(&notify).expect("a socket can be made");
        let mut command = command(folder.path(), settings);
        let log = File::options().create(true).append(true).open(folder.path().join("log")).expect("a log can be made");
        command.env("NOTIFY_SOCKET", &notify).stderr(log);
        let child = command.spawn().expect("ketangd can be started");
        let mut daemon = Self { child, folder, data, _turn: turn };
        daemon.wait_until_ready(&ready);
        daemon
    }

    fn wait_until_ready(&mut self, ready: &UnixDatagram) {
        let mut told = [0; 4096];
        let begun = Instant::now();
        ready.set_read_timeout(Some(LIMIT / 60)).expect("a limit can be set");
        loop {
            if let Ok(length) = ready.recv(&mut told)
                && String::from_utf8_lossy(&told[..length]).contains("READY=1")
            {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("its state can be asked") {
                panic!("ketangd ended with {status} before it was ready:\n{}", self.log());
            }
            assert!(begun.elapsed() < LIMIT, "ketangd is not ready after {LIMIT:?}:\n{}", self.log());
        }
    }

    /// Runs `ketangd` where it is to end by itself, and gives its exit status and what it said.
    pub fn run(folder: &Path, settings: &HostSettings) -> Ctl {
        Self::run_in(&[], folder, settings)
    }

    /// As [`Daemon::run`], with these variables in its environment.
    pub fn run_in(environment: &[(&str, &Path)], folder: &Path, settings: &HostSettings) -> Ctl {
        let _turn = settings.turn();
        finish(command(folder, settings).envs(environment.iter().copied()))
    }

    /// The folder that holds its data, socket and log; hand it to the next daemon.
    pub fn folder(&self) -> Arc<tempfile::TempDir> {
        self.folder.clone()
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("process numbers are small"))
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// As `kill -9` does, or a power cut as far as the program can tell.
    pub fn kill(mut self) -> Arc<tempfile::TempDir> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it can be waited for");
        self.folder.clone()
    }

    /// Ends it as systemd does.
    pub fn terminate(mut self) -> ExitStatus {
        kill(self.pid(), Signal::SIGTERM).expect("it runs");
        self.child.wait().expect("it can be waited for")
    }

    /// Runs `ketangctl` with these arguments.
    pub fn ctl(&self, args: &[&str]) -> Ctl {
        finish(&mut self.ketangctl(args))
    }

    /// Runs `ketangctl --json`, which must end well, and gives what it printed.
    pub fn json<T: DeserializeOwned>(&self, args: &[&str]) -> T {
        let ran = self.ctl(&[&["--json"], args].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}{}\n{}", ran.out, ran.err, self.log());
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.out))
    }

    pub fn start_lesson(&self, args: &[&str]) -> LessonId {
        let reply: Value = self.json(&[&["start"], args].concat());
        serde_json::from_value(reply["done"]["lesson"].clone()).unwrap_or_else(|error| panic!("{error}: {reply}"))
    }

    pub fn snapshot(&self) -> Snapshot {
        self.json(&["status"])
    }

    pub fn lessons(&self) -> Vec<LessonSummary> {
        self.json(&["lessons"])
    }

    /// Waits until a snapshot fulfils `condition`, and gives that one.
    pub fn wait(&self, what: &str, condition: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        self.wait_within(LIMIT, what, condition)
    }

    /// As [`Daemon::wait`] with a limit of its own. Looks at what `ketangctl status --watch` shows.
    pub fn wait_within(&self, limit: Duration, what: &str, mut condition: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let mut watch = self.ketangctl(&["--json", "status", "--watch"]);
        let mut watch = watch.stdout(Stdio::piped()).spawn().expect("ketangctl can be started");
        let lines = BufReader::new(watch.stdout.take().expect("it was piped"));
        let (told, seen) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        let begun = Instant::now();
        let mut last = None;
        let found = loop {
            match seen.recv_timeout(limit.saturating_sub(begun.elapsed())) {
                Ok(line) => {
                    let now: Snapshot = serde_json::from_str(&line).expect("a snapshot a line");
                    if condition(&now) {
                        break Ok(now);
                    }
                    last = Some(now);
                }
                Err(RecvTimeoutError::Timeout) => break Err("not within the limit"),
                Err(RecvTimeoutError::Disconnected) => break Err("the daemon does not answer any more"),
            }
        };
        drop(seen);
        watch.kill().expect("the watch can be ended");
        watch.wait().expect("it can be waited for");
        reader.join().expect("the reader does not panic");
        found.unwrap_or_else(|why| panic!("{what}: {why}; last {last:#?}\n{}", self.log()))
    }

    /// As [`Daemon::wait`], of a host that may begin anew meanwhile.
    pub fn wait_again(&self, what: &str, mut condition: impl FnMut(&Snapshot) -> bool) {
        let begun = Instant::now();
        loop {
            let said = self.ctl(&["--json", "status"]);
            if serde_json::from_str(&said.out).is_ok_and(|now| condition(&now)) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}: {said:?}\n{}", self.log());
            std::thread::park_timeout(LOOK);
        }
    }

    /// The settings, as the host has them.
    pub fn settings(&self) -> Settings {
        block_on(self.client().settings()).expect("the host answers")
    }

    /// Replaces the settings that had this version.
    pub fn replace_settings(&self, version: &str, text: &str) -> Result<Settings, NotTaken> {
        block_on(self.client().replace_settings(version, text.into())).expect("the host answers")
    }

    /// Sets the timetable in the place of the one that there is.
    pub fn set_timetable(&self, timetable: &Timetable) {
        let client = self.client();
        let set = async {
            let now: Versioned = client.get("/v1/timetable").await?;
            client.replace_timetable(&now.version, timetable).await
        };
        block_on(set).expect("it is right");
    }

    /// Sets the live targets in the place of those that there are.
    pub fn set_targets(&self, targets: &Targets) {
        let client = self.client();
        block_on(async {
            let now: targets::Versioned = client.get("/v1/targets").await.expect("the host answers");
            client.replace_targets(&now.version, targets).await.expect("they are right");
        });
    }

    fn client(&self) -> Client {
        Client::new(self.socket(), "test", LIMIT)
    }

    /// Waits until every input is live.
    pub fn wait_until_live(&self) {
        self.wait("every input is live", all_live);
    }

    /// Waits until so many seconds of the lesson are recorded.
    pub fn record_until(&self, seconds: f64) {
        let limit = LIMIT + Duration::from_secs_f64(seconds);
        self.wait_within(limit, "the recording goes on", |now| {
            now.lesson.as_ref().is_some_and(|lesson| lesson.seconds >= seconds)
        });
    }

    /// Waits until the lesson has its outcome, and gives it as it lies on disk.
    pub fn ended(&self, id: &LessonId) -> Kept {
        self.ended_within(id, LIMIT)
    }

    /// As [`Daemon::ended`], for a lesson that takes long to check.
    pub fn ended_within(&self, id: &LessonId, limit: Duration) -> Kept {
        // Each snapshot is a moment to look: the lesson need not be the one that snapshots tell of.
        self.wait_within(limit, "the lesson has its outcome", |_| self.lesson(id).lesson.outcome.is_end());
        self.lesson(id)
    }

    /// A lesson as it lies on disk now.
    pub fn lesson(&self, id: &LessonId) -> Kept {
        Kept::read(&self.data.join("lessons").join(&id.0))
    }

    fn ketangctl(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("ketangctl"));
        command.args(args).env("LANG", "C.UTF-8").env("KETANG_SOCKET", self.socket());
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be started").block_on(what)
}

fn command(folder: &Path, settings: &HostSettings) -> Command {
    let file = folder.join("ketangd.toml");
    std::fs::write(&file, settings.file()).expect("the configuration can be written");
    let ketangd = program("ketangd");
    let mut command = match &settings.boot_id {
        None => Command::new(ketangd),
        // In a view of its own of the kernel's files; the process is the same in the end.
        Some(boot_id) => {
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", IN_ANOTHER_BOOT]).arg(boot_id).arg(ketangd);
            command
        }
    };
    command.arg("--config").arg(file).stdin(Stdio::null()).envs(settings.environment.iter().cloned());
    for set in settings.overrides(folder) {
        command.arg("--set").arg(set);
    }
    command
}

fn finish(command: &mut Command) -> Ctl {
    let output = command.output().expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ctl { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A program of the workspace, which lies beside this one or, as tests lie in `deps`, above it.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it lies");
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|program| program.exists());
    beside.unwrap_or_else(|| {
        panic!("{name} does not lie beside {}: build it (`cargo build --bins`; `scripts/test` does)", own.display())
    })
}
