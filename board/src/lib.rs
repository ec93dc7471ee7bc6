//! Hardware that exists, and the simulated room: the only place that picks an implementation.

pub mod linux;
pub mod ptz;
pub mod sim;
