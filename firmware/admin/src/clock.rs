//! The one place that reads a clock: everything else takes the time as a parameter.

use jiff::Timestamp;

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
