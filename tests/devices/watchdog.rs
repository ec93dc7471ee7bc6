//! The kernel's watchdog is the host's as long as it runs. That the host feeds it shows in `day.rs`: unfed it ends the guest.

use std::fs::File;

use ketang_tests::{HostSettings, TestHost};

use crate::inside_the_guest;

pub(crate) const WATCHDOG: &str = "/dev/watchdog1";

#[test]
fn the_host_holds_the_watchdog_and_calls_it_off_when_it_ends() {
    if !inside_the_guest() {
        return;
    }
    let settings = HostSettings::generic()
        .set("inputs.teacher-panorama.source", "pattern")
        .set("inputs.teacher-mic.source", "pattern")
        .set("host.watchdog", format!("{WATCHDOG:?}"));
    let host = TestHost::open(&settings);
    let open = || File::options().write(true).open(WATCHDOG);
    assert_eq!(open().unwrap_err().kind(), std::io::ErrorKind::ResourceBusy, "the host has it");
    drop(host);
    std::io::Write::write_all(&mut open().unwrap(), b"V").unwrap();
}
