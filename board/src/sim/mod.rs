//! The simulated room: a classroom that a program draws, seen by four cameras that agree with each other, with the computer's
//! picture and the sound of each microphone, all driven by one script.
//!
//! ```text
//!   script.rs ─► story.rs ─► scene.rs ─┬─► cameras.rs ─► studio.rs ─► frames
//!   (what)      (state)     (people)   ├─► computer.rs ───────────► frames
//!   Room::tell ────┘                   ├─► voice.rs ─► sound
//!                                      └─► truth.rs
//!   drawn once and kept:  posture.rs ─► body.rs (looks.rs) ─► sculpt.rs ─► sprites (gallery.rs, blit.rs, plane.rs)
//!                         scenery.rs, slides.rs (easel.rs, lettering.rs) ─► plates (blit.rs)
//!   each frame:           collage.rs draws what differs from the frame that the memory holds (zoom.rs: who walks)
//! ```
//!
//! In the product a camera costs nothing, so what these cost must stay small: `cargo run --release -p ketang-board --example
//! room -- bench` tells.
//!
//! A frame is a function of the seed, the script, its number and what was told: it does not matter who looks first. Nothing
//! here knows the host: everything behind it works on these pictures as on those of real cameras.

mod area;
mod blit;
mod board;
mod body;
mod cameras;
mod collage;
mod computer;
pub mod controls;
mod drawing;
mod easel;
mod gallery;
mod lettering;
mod looks;
pub mod panel;
mod plan;
mod plane;
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
mod zoom;

/// Zones and masks of the teacher's panorama, in the words of `ketang-tracker`.
pub const ZONES: &str = include_str!("zones.toml");

pub use board::SimBoard;
pub use room::{Room, RoomSettings};
pub use script::{Happening, Script, ScriptError, Timed, Zone};
pub use truth::{Outline, Speaker, StudentTruth, TeacherTruth, Truth};
