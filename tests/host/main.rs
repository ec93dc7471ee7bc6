//! End to end: a whole host on the simulated room, with content that is known and measured in the recorded files.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

mod bad_input;
mod checking;
mod closeup;
mod cuts;
mod directing;
mod disk;
mod drift;
mod export;
mod following;
mod kill;
mod layouts;
mod live;
mod losses;
mod open;
mod panel;
mod parts;
mod pause;
mod pictures;
mod rtsp;
mod running;
mod settings;
mod shelf;
mod slow;
mod soak;
mod sound;
mod timetable;
mod turning;
mod uploads;
mod verdicts;
