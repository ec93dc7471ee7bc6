//! Begins the program anew in its own process, so that whoever started it need not know.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;

/// The first file that is not standard input, output or error.
const FIRST_OF_OURS: libc::c_uint = 3;

/// Becomes a new process of this program with the same flags; returns only where that fails, with the reason.
///
/// Nothing of the old one is left but its number. Files are closed that a library forgot or holds for good, such as a camera
/// that GStreamer 1.22 does not let go: the new process could not open it a second time.
pub fn anew() -> std::io::Error {
    let mut args = std::env::args_os();
    let Some(program) = args.next() else { return std::io::Error::other("the program does not know its own name") };
    // SAFETY: takes three numbers; it marks files to be closed when another program begins, and closes none now.
    let marked =
        unsafe { libc::syscall(libc::SYS_close_range, FIRST_OF_OURS, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if marked != 0 {
        tracing::warn!("open files cannot be left behind: {}", std::io::Error::last_os_error());
    }
    Command::new(program).args(args).exec()
}
