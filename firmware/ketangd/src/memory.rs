//! Keeping what the C library's allocator holds close to what is used. Every lesson begins and ends dozens of threads, and
//! frames are megabytes: left to itself, glibc spreads them over eight arenas a core and keeps what each ever held.

use std::time::Duration;

use nix::libc;

/// Heaps that threads share. More gain nothing here: media threads allocate seldom.
#[cfg(target_env = "gnu")]
const ARENAS: libc::c_int = 2;

/// How often what is free is given back while the host runs: cuts and layouts leave holes in the course of a lesson.
const RHYTHM: Duration = Duration::from_secs(60);

/// To be called before a thread is begun.
pub fn share() {
    // SAFETY: takes two numbers and touches nothing of ours.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
    }
}

/// Gives back what is free from time to time, for as long as the program runs.
pub fn keep_small() -> std::io::Result<()> {
    let keep = || {
        loop {
            std::thread::sleep(RHYTHM);
            give_back();
        }
    };
    std::thread::Builder::new().name("memory".into()).spawn(keep).map(drop)
}

/// Gives what is free back to the system. Takes some milliseconds, in which other threads may wait for memory.
pub fn give_back() {
    // SAFETY: touches only memory that nobody has.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
