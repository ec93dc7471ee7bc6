//! Times and lengths of time: whole milliseconds, so that the same lesson is directed the same way on every machine.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A moment on the caller's own time line, or a length of time, in milliseconds. Adding and subtracting stop at the ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ms(pub u64);

impl Ms {
    pub const ZERO: Ms = Ms(0);

    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub const fn minutes(minutes: u64) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// The nearest millisecond; negative times are 0.
    pub fn from_seconds_f64(seconds: f64) -> Self {
        Self((seconds * 1000.0).round() as u64)
    }

    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Reads `"800ms"`, `"4s"`, `"1min30s"`, `"1h"`: whole numbers with units, each unit once, the larger first.
    pub fn read(text: &str) -> Option<Self> {
        let (mut total, mut last, mut rest) = (0u64, u64::MAX, text.trim());
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let number: u64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let units = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let unit = match &rest[..units] {
                "ms" => 1,
                "s" => 1000,
                "min" => 60_000,
                "h" => 3_600_000,
                _ => return None,
            };
            rest = &rest[units..];
            if unit >= last {
                return None;
            }
            last = unit;
            total = total.checked_add(number.checked_mul(unit)?)?;
        }
        (last != u64::MAX).then_some(Self(total))
    }
}

impl Add for Ms {
    type Output = Ms;
    fn add(self, length: Ms) -> Ms {
        Ms(self.0.saturating_add(length.0))
    }
}

impl Sub for Ms {
    type Output = Ms;
    fn sub(self, earlier: Ms) -> Ms {
        Ms(self.0.saturating_sub(earlier.0))
    }
}

/// Seconds with one digit behind the point: `1.4 s`.
impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.saturating_add(50) / 100;
        write!(f, "{}.{} s", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let read = |text| Ms::read(text).map(|ms| ms.0);
        assert_eq!(read("800ms"), Some(800));
        assert_eq!(read("4s"), Some(4000));
        assert_eq!(read("1min30s"), Some(90_000));
        assert_eq!(read("1h"), Some(3_600_000));
        assert_eq!(read("1s500ms"), Some(1500));
        for wrong in ["", "4", "s", "4 s", "1.5s", "-1s", "1s1s", "30s1min", "4sec", "99999999999999999999s"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_shown_in_tenths_of_a_second() {
        let shown = [Ms(0), Ms(49), Ms(50), Ms(1400), Ms(61_000)].map(|ms| ms.to_string());
        assert_eq!(shown, ["0.0 s", "0.0 s", "0.1 s", "1.4 s", "61.0 s"]);
    }
}
