//! The test kit: a whole host on the simulated room, told what to do in the words of the domain, and its recordings measured.
//!
//! ```text
//!  TestHost   the host inside the test's process: commands, snapshots, the room
//!  Daemon     the real `ketangd` and `ketangctl`: what can be killed
//!  Panel      the real `ketang-panel` in a page, and a hand in front of it
//!  Admin      the real `ketang-admin` beside a daemon
//!  Rauc       the real RAUC on a bus of its own
//!  RtmpServer a real one, that keeps what is pushed to it
//!  TusServer  a real one, that takes uploads
//!  Kept       a lesson on disk: record, events, frame numbers and figures of its files
//! ```
//!
//! The tests themselves stand in `host/` and `admin/`. Nothing here knows a crate's internals: what a test sees, an operator can see too.

mod admin;
mod clips;
mod daemon;
mod host;
mod kept;
mod layouts;
mod panel;
mod rauc;
mod rtmp;
mod settings;
mod tus;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

pub use admin::Admin;
pub use clips::{NOISE, film};
pub use daemon::{Ctl, Daemon, program};
pub use host::{Done, TestHost};
pub use kept::{Frame, Kept, Offset, assert_consecutive, frames_of, shown_by_ffmpeg};
pub use layouts::{Share, panes};
pub use panel::{Assistant, Panel};
pub use rauc::{Rauc, break_file};
pub use rtmp::{NeverReads, RtmpServer, free_port, pushed_as_mp4};
pub use settings::HostSettings;
pub use tus::TusServer;

/// No test waits longer for anything that is to happen: far more than it takes on a machine that is busy with other things.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A host's turn at the machine, which is another's when this is dropped.
pub enum Turn {
    Alone(RwLockWriteGuard<'static, ()>),
    BesideOthers(RwLockReadGuard<'static, ()>),
}

static MACHINE: RwLock<()> = RwLock::new(());

/// A host whose every frame is looked at needs the machine for itself.
// A test that failed has dropped its host all the same, so poison says nothing.
pub fn alone() -> Turn {
    Turn::Alone(MACHINE.write().unwrap_or_else(PoisonError::into_inner))
}

/// As many as the test runner has threads.
pub(crate) fn beside_others() -> Turn {
    Turn::BesideOthers(MACHINE.read().unwrap_or_else(PoisonError::into_inner))
}
