//! The daemon of the classroom recording host: the parts that `main` puts together.

pub mod api;
pub mod calibration;
pub mod cli;
pub mod closeup;
pub mod config;
pub mod director_log;
pub mod eyes;
pub mod folder;
pub mod host;
pub mod ledger;
pub mod live;
pub mod memory;
pub mod metrics;
pub mod notify;
pub mod ptz;
pub mod recovery;
pub mod recut;
pub mod restart;
pub mod settings;
pub mod storage;
pub mod targets;
pub mod timetable;
pub mod updates;
pub mod uploads;
mod versioned;
pub mod volumes;
pub mod zones;
