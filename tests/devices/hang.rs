//! A host that hangs starves the watchdog, which starts the machine anew.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use ketang_protocol::command::{self, Start};
use ketang_tests::TestHost;

use crate::disk_and_scratch;
use crate::gear::pattern_room;
use crate::watchdog::WATCHDOG;

/// A host feeds it twice within the 30 s that it waits.
const BITES_AFTER: std::ops::RangeInclusive<u64> = 14..=30;

#[test]
fn a_host_that_hangs_is_started_anew_with_its_machine() {
    let Some((disk, scratch)) = disk_and_scratch() else { return };
    let told = scratch.join("hangs");
    if let Ok(text) = fs::read_to_string(&told) {
        // This is the second start of the machine.
        let console = String::from_utf8_lossy(&fs::read(scratch.join("console")).unwrap()).into_owned();
        assert!(
            console.contains("softdog: Initiating system reboot"),
            "something else started the machine:\n{console}"
        );
        let seconds: u64 = text.parse().unwrap();
        eprintln!("the watchdog bit in the second after {seconds} s");
        assert!(BITES_AFTER.contains(&seconds), "the watchdog bit after {seconds} s");
        return;
    }
    let settings = pattern_room()
        .set("host.data", format!("{:?}", disk.join("data")))
        .set("host.watchdog", format!("{WATCHDOG:?}"));
    let host = TestHost::open(&settings);
    // A disk that does not answer any more: whoever writes to it waits for ever, which is the host's owner as a lesson starts.
    let frozen = Command::new("fsfreeze").arg("--freeze").arg(&disk).status().expect("util-linux is installed");
    assert!(frozen.success());
    std::thread::spawn(move || {
        let hangs = Instant::now();
        loop {
            // Closed each time: what is only buffered goes with the machine.
            fs::write(&told, hangs.elapsed().as_secs().to_string()).unwrap();
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let answer = host.ask(command::Command::Start(Start::default()));
    panic!("a host that hangs answered: {answer:?}");
}
