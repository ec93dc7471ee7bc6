//! The wire types that every surface of a host shares: commands in, snapshots out, and the record of a lesson.
//!
//! The panel, the admin pages, `ketangctl` and the cloud speak these and nothing else.

pub mod arrange;
pub mod chapters;
pub mod command;
pub mod directing;
pub mod lesson;
pub mod live;
pub mod names;
pub mod pairing;
pub mod sentence;
pub mod settings;
pub mod snapshot;
pub mod system;
pub mod targets;
pub mod timetable;
pub mod turning;
pub mod update;
pub mod uploads;
