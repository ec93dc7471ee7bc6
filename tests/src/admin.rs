//! The real `ketang-admin` beside a daemon.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use ketang_protocol::pairing::PairingCode;

use crate::daemon::program;
use crate::{Daemon, LIMIT};

/// A running `ketang-admin`. Dropping it kills it.
pub struct Admin {
    child: Child,
    address: String,
    state: PathBuf,
    runtime: PathBuf,
}

impl Admin {
    /// Starts it beside a daemon, with what it keeps in the daemon's folder.
    pub fn start(daemon: &Daemon, flags: &[&str]) -> Self {
        let state = daemon.socket().with_file_name("admin");
        Self::start_in(daemon, &state, flags)
    }

    /// Starts it with what it keeps in a folder.
    pub fn start_in(daemon: &Daemon, state: &Path, flags: &[&str]) -> Self {
        let runtime = daemon.socket().with_file_name("admin-run");
        let mut command = Command::new(program("ketang-admin"));
        command.args(["--listen", "127.0.0.1:0"]).args(flags).env("NO_COLOR", "1");
        command.arg("--socket").arg(daemon.socket()).arg("--data").arg(daemon.data());
        command.arg("--log").arg(daemon.socket().with_file_name("log"));
        command.arg("--config").arg(daemon.socket().with_file_name("ketangd.toml"));
        command.arg("--state").arg(state).arg("--runtime").arg(&runtime);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("ketang-admin can be started");
        let lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
        let (tell, said) = mpsc::channel();
        // Reads on, so that the program never waits for somebody to listen.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        let mut before = String::new();
        let address = loop {
            let line = said.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{error}; it said:\n{before}"));
            if let Some((_, address)) = line.split_once("the pages are at ") {
                break address.trim().trim_end_matches('/').to_owned();
            }
            before.push_str(&line);
        };
        Self { child, address, state: state.to_owned(), runtime }
    }

    /// Such as `https://127.0.0.1:39999`.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The code for the first access.
    pub fn code(&self) -> String {
        self.told().code
    }

    /// The fingerprint of the certificate, before the first access.
    pub fn fingerprint(&self) -> String {
        self.told().certificate
    }

    fn told(&self) -> PairingCode {
        let told = std::fs::read(self.runtime.join("pairing.json")).expect("the code is written before it listens");
        serde_json::from_slice(&told).expect("it is JSON")
    }

    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("its state can be asked").is_none()
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
