//! A real RAUC on a bus of its own: its slots are two files, its boot loader is a script, and the machine is never started anew; the
//! test says what is booted.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};

use tokio::runtime::{self, Runtime};
use zbus::{Connection, connection};

use crate::LIMIT;

/// The kind of machine.
const COMPATIBLE: &str = "ketang-test";
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=FOLDER/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"#;
const SYSTEM: &str = "[system]
compatible=ketang-test
bootloader=custom
statusfile=FOLDER/status
mountprefix=FOLDER/mnt

[handlers]
bootloader-custom-backend=FOLDER/boot-loader
pre-install=FOLDER/before

[keyring]
path=FOLDER/ours.pem

[slot.rootfs.0]
device=FOLDER/A
type=raw
bootname=A

[slot.rootfs.1]
device=FOLDER/B
type=raw
bootname=B
";
/// As RAUC asks one: which slot is next, and which may be started.
const BOOT_LOADER: &str = r#"#!/bin/sh
cd FOLDER
case "$1" in
    get-primary) cat next ;;
    set-primary) echo "$2" > next; echo good > "state-$2" ;;
    get-state) cat "state-$2" ;;
    set-state) echo "$3" > "state-$2" ;;
esac
"#;
/// Waits for whoever holds the installation.
const BEFORE: &str = "#!/bin/sh\n[ ! -p FOLDER/gate ] || read -r _ < FOLDER/gate || true\n";
/// Of a slot.
const SLOT_BYTES: u64 = 4 << 20;

/// The updater and its bus. Dropping it ends both.
pub struct Rauc {
    folder: tempfile::TempDir,
    bus: Child,
    service: Option<Child>,
    boots: u32,
    restarts: Receiver<()>,
    _logind: Connection,
    /// What serves it.
    _runtime: Runtime,
}

/// Takes orders to start the machine anew, and does nothing about them.
struct Logind(Mutex<Sender<()>>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn reboot(&self, interactive: bool) {
        assert!(!interactive, "nobody is there to be asked");
        let told = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A test that has ended does not want to know.
        let _ = told.send(());
    }
}

async fn serve(bus: &str, logind: Logind) -> zbus::Result<Connection> {
    let bus = connection::Builder::address(bus)?.name("org.freedesktop.login1")?;
    bus.serve_at("/org/freedesktop/login1", logind)?.build().await
}

impl Rauc {
    /// `None` where RAUC is not installed or may not mount bundles.
    pub fn start() -> Option<Self> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !nix::unistd::geteuid().is_root() || !["rauc", "dbus-daemon", "openssl", "unsquashfs"].into_iter().all(has) {
            eprintln!("skipped: RAUC needs root, `rauc`, `dbus-daemon`, `openssl` and `squashfs-tools`");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |name: &str, text: &str| {
            let text = text.replace("FOLDER", &folder.path().display().to_string());
            fs::write(folder.path().join(name), text).expect("it can be written");
        };
        for (name, text) in
            [("bus.conf", BUS), ("system.conf", SYSTEM), ("boot-loader", BOOT_LOADER), ("before", BEFORE)]
        {
            write(name, text);
        }
        for (name, text) in [("next", "A"), ("state-A", "good"), ("state-B", "bad")] {
            write(name, text);
        }
        for program in ["boot-loader", "before"] {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(folder.path().join(program), mode).expect("it is ours");
        }
        for slot in ["A", "B"] {
            let file = fs::File::create(folder.path().join(slot)).and_then(|file| file.set_len(SLOT_BYTES));
            file.expect("a slot can be made");
        }
        for whose in ["ours", "theirs"] {
            let (key, certificate) = (format!("{whose}.key"), format!("{whose}.pem"));
            let subject = format!("/O=ketang/CN={whose}");
            run(Command::new("openssl")
                .current_dir(folder.path())
                .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
                .args(["-days", "3650", "-subj", &subject, "-keyout", &key, "-out", &certificate]));
        }
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--nofork").arg("--print-address").arg("--config-file").arg(folder.path().join("bus.conf"));
        // It says that it may not open more files than others, where it may not.
        let mut bus = bus.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a bus can be started");
        // It says where it is when it is there.
        let mut address = String::new();
        let told = BufReader::new(bus.stdout.take().expect("it was piped")).read_line(&mut address);
        told.expect("the bus tells its address");
        let (tell, restarts) = mpsc::channel();
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be started");
        let address = format!("unix:path={}/bus", folder.path().display());
        let logind = runtime.block_on(serve(&address, Logind(Mutex::new(tell)))).expect("the bus takes it");
        let mut rauc = Self { folder, bus, service: None, boots: 0, restarts, _logind: logind, _runtime: runtime };
        rauc.boot("A");
        Some(rauc)
    }

    /// What a program's `DBUS_SYSTEM_BUS_ADDRESS` is to be.
    pub fn bus(&self) -> String {
        format!("unix:path={}/bus", self.folder.path().display())
    }

    /// A machine that is booted from this slot, `A` or `B`: RAUC and the number of the start are others.
    pub fn boot(&mut self, slot: &str) {
        self.boots += 1;
        fs::write(self.boot_id(), format!("boot-{}\n", self.boots)).expect("it can be written");
        self.start_service(slot);
    }

    /// The file that says which start of the machine it is.
    pub fn boot_id(&self) -> PathBuf {
        self.path("boot-id")
    }

    /// Starts RAUC, as the bus does when it has ended.
    pub fn start_service(&mut self, slot: &str) {
        self.end_service();
        let mut service = Command::new("rauc");
        service.arg("--conf").arg(self.path("system.conf")).arg(format!("--override-boot-slot={slot}")).arg("service");
        let log = fs::File::options().create(true).append(true).open(self.path("rauc.log")).expect("a log can be made");
        let service = service.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus()).stdout(Stdio::null()).stderr(log).spawn();
        self.service = Some(service.expect("rauc can be started"));
        // It is there when it has its name.
        run(Command::new("gdbus")
            .args(["wait", "--system", "--timeout"])
            .arg(LIMIT.as_secs().to_string())
            .arg("de.pengutronix.rauc")
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus()));
    }

    /// Ends RAUC, as if it had crashed.
    pub fn end_service(&mut self) {
        if let Some(mut service) = self.service.take() {
            let _ = service.kill();
            let _ = service.wait();
        }
    }

    /// A bundle for this kind of machine.
    pub fn bundle(&self, name: &str, version: &str, content: &[u8]) -> PathBuf {
        self.bundle_of(name, COMPATIBLE, version, content, "ours")
    }

    /// A bundle for any machine, by our key or by `theirs`.
    pub fn bundle_of(&self, name: &str, compatible: &str, version: &str, content: &[u8], key: &str) -> PathBuf {
        let inside = tempfile::tempdir().expect("a temporary folder can be made");
        // RAUC's other format needs the kernel's device mapper.
        let manifest = format!(
            "[update]\ncompatible={compatible}\nversion={version}\n\n[bundle]\nformat=plain\n\n[image.rootfs]\nfilename=rootfs.img\n"
        );
        fs::write(inside.path().join("manifest.raucm"), manifest).expect("it can be written");
        fs::write(inside.path().join("rootfs.img"), content).expect("it can be written");
        let bundle = self.path(name);
        run(Command::new("rauc")
            .arg(format!("--cert={}", self.path(&format!("{key}.pem")).display()))
            .arg(format!("--key={}", self.path(&format!("{key}.key")).display()))
            .arg("bundle")
            .args([inside.path(), &bundle]));
        bundle
    }

    /// What a slot holds.
    pub fn slot(&self, slot: &str) -> Vec<u8> {
        fs::read(self.path(slot)).expect("it is there")
    }

    /// What the boot loader was told of a slot.
    pub fn state(&self, slot: &str) -> String {
        fs::read_to_string(self.path(&format!("state-{slot}"))).unwrap_or_default().trim().to_owned()
    }

    /// The boot loader has begun to try a slot, which counts as bad until it is marked good.
    pub fn try_slot(&self, slot: &str) {
        fs::write(self.path(&format!("state-{slot}")), "bad").expect("it can be written");
    }

    /// The boot loader starts this slot from now on.
    pub fn fall_back(&self, slot: &str) {
        fs::write(self.path("next"), slot).expect("it can be written");
    }

    /// Installations stop before their first write, until [`Rauc::let_go`].
    pub fn hold(&self) {
        nix::unistd::mkfifo(&self.path("gate"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
    }

    /// Lets the one go that is held, and those that come.
    pub fn let_go(&self) {
        let gate = self.path("gate");
        // Waits until it is read.
        fs::write(&gate, "go\n").expect("the pipe is there");
        fs::remove_file(&gate).expect("it is ours");
    }

    /// Waits until the machine is told to start anew.
    pub fn wait_for_restart(&self) {
        self.restarts.recv_timeout(LIMIT).expect("the machine is told to start anew");
    }

    /// Whether it was told so since it was asked.
    pub fn was_told_to_restart(&self) -> bool {
        self.restarts.try_recv().is_ok()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("rauc.log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Rauc {
    fn drop(&mut self) {
        self.end_service();
        let _ = self.bus.kill();
        let _ = self.bus.wait();
        // A bundle that was mounted when RAUC was ended.
        let mounted = self.path("mnt/bundle");
        if mounted.exists() {
            let _ = Command::new("umount").args(["--quiet", "--lazy"]).arg(mounted).stderr(Stdio::null()).status();
        }
    }
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the program can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Breaks a file in its middle.
pub fn break_file(path: &Path) {
    let mut bytes = fs::read(path).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(path, bytes).expect("it can be written");
}
