//! Counts and times.

use std::time::Duration;

use ketang_hal::picture;
use ketang_hal::ptz::Span;
use serde::de::{self, Deserialize, Deserializer};

use super::{Rule, read_by_rule};

read_by_rule! {
    Count<MIN, MAX> where (const MIN: u32, const MAX: u32);
    TimeSpan<MIN, MAX> where (const MIN: u64, const MAX: u64);
    OrAuto<T> where (T: Rule);
    OrNever<T> where (T: Rule);
    Ppm;
}

/// A whole number from `MIN` to `MAX`; its unit stands in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// For defaults: refuses a value outside the rule when the program is compiled.
    pub const fn new(number: u32) -> Self {
        assert!(MIN <= number && number <= MAX, "a default keeps its own rule");
        Self(number)
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MAX: u32> Default for Count<0, MAX> {
    fn default() -> Self {
        Self(0)
    }
}

impl<const MIN: u32, const MAX: u32> Rule for Count<MIN, MAX> {
    fn expected() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }
    fn from_number(number: i64) -> Option<Self> {
        u32::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number)).map(Self)
    }
}

/// Two numbers, the less first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range(Span);

impl Range {
    pub fn get(self) -> Span {
        self.0
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [least, greatest] = <[f64; 2]>::deserialize(deserializer)
            .map_err(|_| de::Error::custom("expected two numbers, such as [-60, 60]"))?;
        if least.is_finite() && greatest.is_finite() && least <= greatest {
            return Ok(Self(Span::new(least, greatest)));
        }
        Err(de::Error::custom("the first of two limits is the less, such as [-60, 60]"))
    }
}

/// A length of time from `MIN` to `MAX` seconds, written `"30s"`, `"45min"` or `"1h30min"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan<const MIN: u64, const MAX: u64>(Duration);

impl<const MIN: u64, const MAX: u64> TimeSpan<MIN, MAX> {
    /// For defaults: refuses a value outside the rule when the program is compiled.
    pub const fn seconds(seconds: u64) -> Self {
        assert!(MIN <= seconds && seconds <= MAX, "a default keeps its own rule");
        Self(Duration::from_secs(seconds))
    }

    pub const fn get(self) -> Duration {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> Rule for TimeSpan<MIN, MAX> {
    fn expected() -> String {
        let text = |seconds: u64| match seconds {
            0 => "0s".to_owned(),
            s if s % 3600 == 0 => format!("{}h", s / 3600),
            s if s % 60 == 0 => format!("{}min", s / 60),
            s => format!("{s}s"),
        };
        format!("a time from {} to {}, written like \"30s\", \"45min\" or \"1h30min\"", text(MIN), text(MAX))
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        let span: jiff::SignedDuration = text.parse().map_err(|_| None)?;
        let span = Duration::try_from(span).map_err(|_| None)?;
        let allowed = Duration::from_secs(MIN)..=Duration::from_secs(MAX);
        if allowed.contains(&span) { Ok(Self(span)) } else { Err(None) }
    }
}

/// Something that may be switched off by writing `"never"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrNever<T> {
    Never,
    After(T),
}

impl<T: Rule> Rule for OrNever<T> {
    fn expected() -> String {
        format!("\"never\" or {}", T::expected())
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        if text == "never" { Ok(Self::Never) } else { T::from_text(text).map(Self::After) }
    }
}

/// Something that may be left to the camera by writing `"auto"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrAuto<T>(picture::OrAuto<T>);

impl<T> OrAuto<T> {
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> picture::OrAuto<U> {
        match self.0 {
            picture::OrAuto::Auto => picture::OrAuto::Auto,
            picture::OrAuto::Fixed(value) => picture::OrAuto::Fixed(of(value)),
        }
    }
}

impl<T: Rule> Rule for OrAuto<T> {
    fn expected() -> String {
        format!("\"auto\" or {}", T::expected())
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        if text == "auto" { Ok(Self(picture::OrAuto::Auto)) } else { Err(None) }
    }
    fn from_number(number: i64) -> Option<Self> {
        T::from_number(number).map(|value| Self(picture::OrAuto::Fixed(value)))
    }
}

/// The error of a clock, in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ppm(i32);

impl Ppm {
    pub fn get(self) -> i32 {
        self.0
    }
}

impl Rule for Ppm {
    fn expected() -> String {
        "a whole number from -1000 to 1000".into()
    }
    fn from_number(number: i64) -> Option<Self> {
        i32::try_from(number).ok().filter(|number| number.abs() <= 1000).map(Self)
    }
}
