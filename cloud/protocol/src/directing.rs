//! Why the programme shows what it shows: the reason that goes into the lesson's events with each cut. Plain data; the
//! rules that make it and the sentences that tell it are in the `director` crate.

use ketang_hal::role::PictureRole;
use serde::{Deserialize, Serialize};

use crate::command::Shot;

/// Who cuts (JX-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The rules cut. A cut by hand holds until its countdown ends.
    #[default]
    Automatic,
    /// Cameras follow by themselves, a person cuts.
    SemiAutomatic,
    /// A person cuts, and cameras stay as they are.
    Manual,
}

/// Why a shot was put on air.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub cause: Cause,
    /// The rule that asked for the shot; absent for cuts by hand, and where no rule had a picture left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// What made the rule true; empty for a rule that is always true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// How long the shot before was shown, in milliseconds; 0 for the first.
    pub before_ms: u64,
    /// The shot before was ended below its minimum, which only a lost picture or a hand may do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub below_minimum: bool,
    /// What would have been shown otherwise, and why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
}

/// What brought a cut about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Cause {
    /// The first shot.
    Start {},
    /// The rule came first among those that were true.
    Rule {},
    /// The shot before had been shown for its maximum.
    Maximum {},
    /// Somebody asked for this shot.
    Hand { from: String },
    /// The countdown after a cut by hand ended, or somebody handed back.
    HandedBack {},
    /// Nothing came any more from an input that was shown.
    InputLost { input: PictureRole },
    /// A camera that was shown went to a preset; its picture is not shown on the way.
    CameraMoves { input: PictureRole },
}

/// A rule, and how it ranks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleName {
    pub name: String,
    /// The higher comes first.
    pub priority: u32,
}

/// A condition of a rule, with the value that met it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The condition's key, such as `teacher-zone`.
    pub what: String,
    /// The value that was seen, such as `board`.
    pub is: String,
    /// How long it had been so, in milliseconds.
    pub for_ms: u64,
    /// How long ago it ended, in milliseconds; 0 while it lasts. A rule may hold on after its conditions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ended_ms: u64,
    /// How sure whoever saw it was, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sure: Option<u8>,
}

/// The runner-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otherwise {
    pub rule: RuleName,
    pub shot: Shot,
    pub lost: Lost,
}

/// Why the runner-up was not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Lost {
    /// The rule that won ranks higher.
    Lower {},
    /// Its shot had been shown for its maximum.
    Maximum {},
    /// A person decides at present.
    ByHand {},
    /// This input gives no picture that can be shown.
    NoPicture { input: PictureRole },
}

fn is_zero(ms: &u64) -> bool {
    *ms == 0
}
