//! The panel's screens as pictures, and what touches do on them.

mod golden;
mod room;
mod touches;
