//! A type for each rule that a value of the configuration must keep: what was read is right.
//!
//! Rules that join several keys stand in `check.rs`.

mod choice;
mod input;
mod number;
mod text;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Unexpected, Visitor};

pub use choice::{DirectingMode, PowerLine, ProgrammeSize, RecordedSound, VerifiedTracks};
pub(super) use input::roles;
pub use input::{Output, OutputSound, PictureAddress, PtzPlace, SoundAddress, Tracks};
pub use number::{Count, OrAuto, OrNever, Ppm, Range, TimeSpan};
pub use text::{AbsolutePath, Identifier, Listen, LogFilter, Name, Secret, Text, WebAddress};

/// A value that is written as one TOML string or integer, and what it must be.
pub trait Rule: Sized {
    /// Completes the sentence "expected …".
    fn expected() -> String;
    /// The value of a string; `Err` may add a reason of its own to what is expected.
    fn from_text(_text: &str) -> Result<Self, Option<String>> {
        Err(None)
    }
    fn from_number(_number: i64) -> Option<Self> {
        None
    }
}

struct RuleVisitor<T>(PhantomData<T>);

impl<T: Rule> Visitor<'_> for RuleVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(|why| match why {
            Some(why) => E::custom(format!("{why}; expected {}", T::expected())),
            None => E::invalid_value(Unexpected::Str(text), &self),
        })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        T::from_number(number).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}

/// Makes types with a [`Rule`] readable. `deserialize_any` because TOML tells strings from integers by itself.
macro_rules! read_by_rule {
    ($($type:ty $(where ($($generic:tt)*))?;)*) => {$(
        impl<'de $(, $($generic)*)?> serde::Deserialize<'de> for $type
        where
            $type: Rule,
        {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::config::rule::RuleVisitor(std::marker::PhantomData))
            }
        }
    )*};
}

use read_by_rule;
