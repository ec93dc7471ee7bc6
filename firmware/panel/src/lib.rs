//! The touchscreen of a classroom: a snapshot and a little state of its own in, a picture and places to touch out; touches in,
//! commands out. What is public here is pure: it reads no clock, opens nothing and sends nothing, so that every screen is a
//! picture in the tests. The program around it is `main.rs`.

mod action;
mod area;
mod checks;
mod cuts;
mod frame;
mod letters;
mod lock;
mod metrics;
mod painter;
pub mod pairing;
mod screens;
mod seen;
mod shape;
mod theme;
mod view;
mod words;

pub use action::{Action, Target};
pub use frame::Frame;
pub use letters::{Letters, LettersError};
pub use lock::{Door, Lock, LockState, NotAPin, Pin};
pub use metrics::FINGER;
pub use screens::draw;
pub use seen::{LastCut, Picture, Seen, Stage};
pub use theme::Theme;
pub use view::{Effect, Screen, Settings, UNDO, View};
pub use words::Language;
