//! The director as its users meet it: rules as tables, scripts of a lesson, and random lessons of everything.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod hand;
mod random;
mod room;
mod rule_files;
mod shipped;
mod timing;
