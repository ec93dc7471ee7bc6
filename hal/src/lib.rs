//! What a classroom host needs from hardware: small traits and plain types with units.
//!
//! Drivers and their simulated twins live in `ketang-board`, the graphs that move frames in `ketang-pipelines`;
//! this crate is the vocabulary both use and depends on neither. It knows no operating system.

pub mod address;
pub mod board;
pub mod controls;
pub mod error;
pub mod figures;
pub mod mark;
pub mod panel;
pub mod picture;
pub mod ptz;
pub mod role;
pub mod sound;
pub mod system;
pub mod time;
pub mod update;
pub mod watchdog;

pub use error::HalError;
