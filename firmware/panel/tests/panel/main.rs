//! The panel's screens as pictures, and what touches do on them.

#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod cameras;
mod cuts;
mod golden;
mod it;
mod room;
mod touches;
