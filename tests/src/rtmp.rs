//! A real RTMP server, nginx with its RTMP module, that keeps what is pushed to it. And a bad one.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ketang_protocol::targets::{Key, Starts, Target};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::LIMIT;

/// Between two looks at a server, which tells nobody what it does.
const LOOK: Duration = Duration::from_millis(50);
/// The only stream key that the server takes.
const KEY: &str = "s3cret-stream-key";

/// A running server. Dropping it kills it.
pub struct RtmpServer {
    nginx: Child,
    folder: PathBuf,
    port: u16,
}

impl RtmpServer {
    /// Starts one on a port that is free; `folder` is its own.
    pub fn start(folder: &Path) -> Self {
        Self::start_on(free_port(), folder)
    }

    /// Starts one where another was, with the same folder.
    pub fn start_on(port: u16, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder can be made");
        let (asks, place) = (free_port(), folder.display());
        // One process, so that it can be killed and stopped whole.
        let config = format!(
            "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
             daemon off; master_process off; worker_processes 1; user root; pid {place}/pid; error_log {place}/log info;
             events {{}}
             rtmp {{
                 server {{
                     listen 127.0.0.1:{port};
                     access_log off;
                     application live {{
                         live on; record all; record_path {place}; record_unique on;
                         notify_method get; on_publish http://127.0.0.1:{asks}/publish;
                     }}
                 }}
             }}
             http {{
                 access_log off;
                 server {{
                     listen 127.0.0.1:{asks};
                     location /publish {{ if ($arg_name != \"{KEY}\") {{ return 403; }} return 200; }}
                 }}
             }}"
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).expect("the configuration can be written");
        let said = File::create(folder.join("said")).expect("a log can be made");
        let mut nginx = Command::new("/usr/sbin/nginx");
        nginx.arg("-p").arg(folder).arg("-c").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let nginx = nginx.spawn().expect("nginx is installed (`scripts/setup --tests` does)");
        let mut server = Self { nginx, folder: folder.to_owned(), port };
        server.wait("it listens", |server| {
            let ended = server.nginx.try_wait().expect("its state can be asked");
            assert!(ended.is_none(), "nginx ended: install libnginx-mod-rtmp (`scripts/setup --tests` does)");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        server
    }

    fn wait(&mut self, what: &str, mut is: impl FnMut(&mut Self) -> bool) {
        let since = Instant::now();
        while !is(self) {
            assert!(since.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
            std::thread::park_timeout(LOOK);
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> String {
        format!("rtmp://127.0.0.1:{}/live", self.port)
    }

    /// A target that this server takes.
    pub fn target(&self, name: &str, starts: Starts) -> Target {
        Target { name: name.into(), address: self.address(), key: Key(KEY.into()), starts }
    }

    /// The key that it takes, which nobody is to find anywhere.
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// It hangs, or goes on.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.nginx.id()).expect("process numbers are small")), signal)
            .expect("it runs");
    }

    /// Waits until it has got so many more bytes.
    pub fn wait_for(&mut self, bytes: u64) {
        let until = self.bytes() + bytes;
        self.wait("more is pushed", |server| server.bytes() >= until);
    }

    fn bytes(&self) -> u64 {
        self.files().iter().map(|file| file.metadata().map_or(0, |meta| meta.len())).sum()
    }

    /// Ends it, and gives what was pushed: one file a connection.
    pub fn end(mut self) -> Vec<PathBuf> {
        self.signal(Signal::SIGTERM);
        self.nginx.wait().expect("it can be waited for");
        self.files()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).expect("the folder can be read").flatten();
        let is_flv = |path: &PathBuf| path.extension().is_some_and(|end| end == "flv");
        let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(is_flv).collect();
        files.sort();
        files
    }
}

impl Drop for RtmpServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// What was pushed as an MP4 beside it, nothing of it encoded again: what else reads files here knows no FLV.
pub fn pushed_as_mp4(flv: &Path) -> PathBuf {
    let mp4 = flv.with_extension("mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-i"]).arg(flv).args(["-c", "copy"]).arg(&mp4).stdin(Stdio::null());
    let ended = ffmpeg.status().expect("ffmpeg is installed (`scripts/setup --tests` does)");
    assert!(ended.success(), "ffmpeg cannot read {}", flv.display());
    mp4
}

/// Takes connections and never reads from them.
pub struct NeverReads(TcpListener);

impl NeverReads {
    pub fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a port is free"))
    }

    pub fn address(&self) -> String {
        format!("rtmp://{}/live", self.0.local_addr().expect("it listens"))
    }
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it listens").port()
}
