//! What reaches systemd's socket. The messages are sent by a second run of this program, whose environment is systemd's.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use ketang_hal::watchdog::Watchdog;
use ketangd::notify::{self, ServiceWatchdog};

#[test]
#[ignore = "run by the test below"]
fn as_a_service() {
    notify::ready("Recording nothing");
    let mut watchdog = ServiceWatchdog::from_environment().unwrap();
    assert_eq!(watchdog.interval(), Duration::from_secs(10));
    watchdog.feed().unwrap();
    notify::status("Recording 分数");
    notify::restarting();
    notify::stopping();
}

#[test]
fn systemd_is_told_of_each_step() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "as_a_service", "--ignored"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "20000000")
        .env_remove("WATCHDOG_PID")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    systemd.set_nonblocking(true).unwrap();
    let mut told = Vec::new();
    let mut buffer = [0; 1000];
    while let Ok(length) = systemd.recv(&mut buffer) {
        told.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    // What follows is the time, which is not for a test.
    let restarting = told.remove(3);
    assert!(restarting.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{restarting}");
    let wanted = ["READY=1\nSTATUS=Recording nothing\n", "WATCHDOG=1\n", "STATUS=Recording 分数\n", "STOPPING=1\n"];
    assert_eq!(told, wanted);
}

#[test]
fn without_systemd_nothing_happens() {
    assert_eq!(ServiceWatchdog::from_environment(), None);
    notify::ready("");
}
