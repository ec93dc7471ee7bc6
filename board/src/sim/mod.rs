//! The simulated room: a classroom that a program draws, seen by four cameras that agree with each other, with the computer's
//! picture and the sound of each microphone, all driven by one script.
//!
//! ```text
//!   script.rs ─► story.rs ─► scene.rs ─┬─► cameras.rs ─► studio.rs ─► frames
//!   (what)      (state)     (people)   ├─► computer.rs ───────────► frames
//!   Room::tell ────┘                   ├─► voice.rs ─► sound
//!                                      └─► truth.rs
//!   drawn once and kept:  posture.rs ─► body.rs (looks.rs) ─► sculpt.rs ─► sprites (blit.rs)
//!                         scenery.rs, slides.rs (easel.rs, lettering.rs) ─► plates (blit.rs)
//! ```
//!
//! A frame is a function of the seed, the script, its number and what was told: it does not matter who looks first. Nothing
//! here knows the host: everything behind it works on these pictures as on those of real cameras.

mod blit;
mod board;
mod body;
mod cameras;
mod computer;
mod easel;
mod lettering;
mod looks;
mod plan;
mod posture;
mod room;
mod scene;
mod scenery;
mod script;
mod sculpt;
mod slides;
mod space;
mod speech;
mod story;
mod studio;
#[cfg(test)]
mod tests;
mod truth;
mod voice;

pub use board::SimBoard;
pub use room::{Room, RoomSettings};
pub use script::{Happening, Script, ScriptError, Timed, Zone};
pub use truth::{Outline, Speaker, StudentTruth, TeacherTruth, Truth};
