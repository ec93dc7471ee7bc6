//! What the programme shows, and why: observations and orders in, shots out. Used live by the daemon, and offline to cut
//! a lesson anew and to score rules.
//!
//! - [`observation`] what is known of the room · [`input`] observations and orders with their times · [`rules`] rules as
//!   data, `rules/*.toml` the shipped ones · [`Director`] the state machine · [`explain`] a cut's reason as a sentence ·
//!   [`replay`] a lesson again from its log · [`score`] how well it was directed.
//!
//! No I/O, no clock, no floating point in decisions: the same inputs give the same cuts, bit for bit. It does not see:
//! who watches pictures and listens is elsewhere. It does not know layouts: a shot names one.

mod condition;
mod director;
pub mod explain;
pub mod input;
mod known;
pub mod observation;
mod read;
mod reason;
pub mod replay;
pub mod rules;
pub mod score;

mod steady;
mod time;
mod watch;

pub use condition::{Condition, Count};
pub use director::{Decision, Director};
pub use input::{Input, Order, What};
pub use replay::replay;
pub use rules::{Rule, RuleError, Rules, Timing};
pub use time::Ms;
