//! A real tus server, that of the protocol's authors for Node.js, which takes uploads.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The only key that the server lets anybody in by.
const KEY: &str = "upl0ad-key";

/// A running server. Dropping it kills it.
pub struct TusServer {
    node: Child,
    folder: PathBuf,
    port: u16,
}

impl TusServer {
    /// Starts one that keeps what it takes in `folder`; `compares` what it takes by check sums, if it is to. `None`, with a word why,
    /// where there is none on this machine.
    pub fn start(folder: &Path, compares: bool) -> Option<Self> {
        Self::start_on(0, folder, compares)
    }

    /// Starts one where another was, with the same folder.
    pub fn start_on(port: u16, folder: &Path, compares: bool) -> Option<Self> {
        let Some(peers) = std::env::var_os("KETANG_PEERS").map(PathBuf::from) else {
            eprintln!("skipped: no tus server: run scripts/peers and set KETANG_PEERS");
            return None;
        };
        std::fs::create_dir_all(folder).expect("a folder can be made");
        let mut node = Command::new("node");
        node.arg(peers.join("tus/server.js")).arg(port.to_string()).arg(folder).args(["--key", KEY]);
        node.args(compares.then_some("--compare")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut node = node.spawn().expect("node is installed (`scripts/peers` does)");
        let mut said = String::new();
        let out = node.stdout.take().expect("its output is a pipe");
        BufReader::new(out).read_line(&mut said).expect("it says where it listens");
        let port = said.trim().strip_prefix("listening on ").and_then(|port| port.parse().ok());
        Some(Self { node, folder: folder.to_owned(), port: port.unwrap_or_else(|| panic!("it says {said:?}")) })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/files", self.port)
    }

    pub fn key(&self) -> &'static str {
        KEY
    }

    /// What it has of a lesson, by the names of files; each as often as it was begun.
    pub fn files(&self, lesson: &str) -> BTreeMap<String, Vec<Vec<u8>>> {
        let mut files: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        let entries = std::fs::read_dir(&self.folder).expect("its folder can be listed").flatten();
        for about in
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        {
            let told: Value = serde_json::from_slice(&std::fs::read(&about).unwrap_or_default()).unwrap_or_default();
            if told["metadata"]["lesson"] == lesson {
                let name = told["metadata"]["filename"].as_str().expect("files have names").to_owned();
                files.entry(name).or_default().push(std::fs::read(about.with_extension("")).unwrap_or_default());
            }
        }
        files
    }
}

impl Drop for TusServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
