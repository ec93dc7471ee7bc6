//! What a lesson is: its states, its time line, its gaps, its outcome, and the rules for keeping and deleting it.
//!
//! Pure: nothing here does I/O or reads a clock. The daemon brings events and the time, and carries out what is decided.

pub mod alarms;
mod attendance;
pub mod gaps;
pub mod machine;
pub mod outcome;
pub mod periods;
pub mod quiet;
pub mod record;
pub mod resume;
pub mod retention;
pub mod settings;
pub mod step;
pub mod timeline;
pub mod tracks;
pub mod verify;

pub use machine::{Action, Input, LessonMachine, State, What};
pub use settings::Settings;
pub use step::{nothing_recorded, step};
pub use timeline::{Moment, Timeline};
