//! The test kit: a whole host on the simulated room, told what to do in the words of the domain, and its recordings measured.
//!
//! ```text
//!  TestHost   the host inside the test's process: commands, snapshots, the room
//!  Daemon     the real `ketangd` and `ketangctl`: what can be killed
//!  Panel      the real `ketang-panel` in a page, and a hand in front of it
//!  Admin      the real `ketang-admin` beside a daemon
//!  Rauc       the real RAUC on a bus of its own
//!  RtmpServer a real one, that keeps what is pushed to it
//!  Kept       a lesson on disk: record, events, frame numbers and figures of its files
//! ```
//!
//! The tests themselves stand in `host/` and `admin/`. Nothing here knows a crate's internals: what a test sees, an operator can see too.

mod admin;
mod daemon;
mod host;
mod kept;
mod layouts;
mod panel;
mod rauc;
mod rtmp;
mod settings;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use admin::Admin;
pub use daemon::{Ctl, Daemon, program};
pub use host::{Done, TestHost};
pub use kept::{Frame, Kept, Offset, assert_consecutive, frames_of, shown_by_ffmpeg};
pub use layouts::{Share, panes};
pub use panel::{Assistant, Panel};
pub use rauc::{Rauc, break_file};
pub use rtmp::{NeverReads, RtmpServer, free_port, pushed_as_mp4};
pub use settings::HostSettings;

/// No test waits longer for anything that is to happen: far more than it takes on a machine that is busy with other things.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A host needs the machine for itself: whoever opens one holds this.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed has dropped its host all the same.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
