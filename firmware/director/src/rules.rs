//! Rules are data: TOML with a table a rule, and a second one laid over it for a room. What a rule is stands here, how it
//! is read in [`crate::read`], what it does in [`crate::director`].

use ketang_protocol::command::Shot;

use crate::condition::Condition;
use crate::observation::Sure;
use crate::time::Ms;

/// The rule sets that ketang ships, by name.
const SHIPPED: [(&str, &str); 5] = [
    ("lecture", include_str!("../rules/lecture.toml")),
    ("board-work", include_str!("../rules/board-work.toml")),
    ("discussion", include_str!("../rules/discussion.toml")),
    ("group-work", include_str!("../rules/group-work.toml")),
    ("common", include_str!("../rules/common.toml")),
];

/// A rule: when to show what, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    /// The higher comes first; of equal ones the name decides.
    pub priority: u32,
    /// All must be met. None: always true.
    pub when: Vec<Condition>,
    /// In order of preference; the first of which every input can be shown.
    pub show: Vec<Shot>,
    /// What takes turns with `show` after `max`. Where none can be shown, the next rule that is true has a turn.
    pub relief: Vec<Shot>,
    /// For how long the conditions must be met first.
    pub delay: Ms,
    /// For how long the rule stays true after its conditions.
    pub hold: Ms,
    /// How long a shot of it is shown at least.
    pub min: Ms,
    /// How long a shot of it is shown at most, if something else can be shown.
    pub max: Option<Ms>,
    /// How long something else is shown then.
    pub relief_lasts: Ms,
    /// May end the shot of a rule that is not urgent below its minimum, but never below [`Timing::shortest`].
    pub urgent: bool,
}

/// What holds for all rules of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// No rule makes any shot shorter than this.
    pub shortest: Ms,
    /// How long after a cut by hand the rules take over again; `None`: only when told.
    pub hand_back_after: Option<Ms>,
    /// The same in the modes semi-automatic and manual, counted from the last order.
    pub manual_back_after: Option<Ms>,
    /// For how long an input that was lost must be well before a rule shows it again.
    pub trust_after: Ms,
    /// What is not renewed for so long is not known any more.
    pub forget_after: Ms,
    /// Who is less sure than this has not seen anything.
    pub unsure_below: Sure,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            shortest: Ms::seconds(1),
            hand_back_after: Some(Ms::seconds(30)),
            manual_back_after: Some(Ms::minutes(15)),
            trust_after: Ms::seconds(1),
            forget_after: Ms::seconds(6),
            unsure_below: Sure(50),
        }
    }
}

/// A rule set that was checked. Its rules stand in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub(crate) timing: Timing,
    pub(crate) rules: Vec<Rule>,
}

/// What is wrong with rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("the directing rules are not TOML as they should be: {0}")]
    Form(String),
    #[error("the directing rules have no table `{0}`: use [director] and [rules.NAME]")]
    Table(String),
    #[error("rule `{rule}` of the directing rules: key `{key}`: {why}")]
    Rule { rule: String, key: String, why: String },
    #[error("the table [director] of the directing rules: key `{key}`: {why}")]
    Timing { key: String, why: String },
    #[error(
        "no directing rule is always true: add one without `when`, such as [rules.wide], so that something is shown"
    )]
    NothingAlways,
    #[error("there is no rule set `{0}`: use lecture, board-work, discussion, group-work or common")]
    NoSuchSet(String),
}

impl Rules {
    /// The names of the shipped rule sets; the first is what a room begins with.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// The text of a shipped rule set.
    pub fn shipped_text(name: &str) -> Result<&'static str, RuleError> {
        let found = SHIPPED.iter().find(|(shipped, _)| *shipped == name);
        found.map(|(_, text)| *text).ok_or_else(|| RuleError::NoSuchSet(name.to_owned()))
    }

    /// A shipped rule set.
    pub fn shipped(name: &str) -> Result<Self, RuleError> {
        Self::read(Self::shipped_text(name)?, None)
    }

    /// Reads a rule set, and lays the room's own over it: of a rule that both have, the keys that the room names are
    /// replaced; rules that only the room has are added.
    pub fn read(set: &str, room: Option<&str>) -> Result<Self, RuleError> {
        crate::read::rules(set, room)
    }

    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// In the order in which they are asked.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// Refuses shots that cannot be drawn. `panes` tells how many inputs a layout takes, `None` where there is no such layout.
    pub fn check_layouts(&self, panes: impl Fn(&str) -> Option<usize>) -> Result<(), RuleError> {
        for rule in &self.rules {
            for (key, shot) in
                rule.show.iter().map(|shot| ("show", shot)).chain(rule.relief.iter().map(|shot| ("relief", shot)))
            {
                let (layout, given) = (&shot.layout, shot.inputs.len());
                let why = match panes(layout) {
                    None => format!("there is no layout `{layout}`: `ketangctl status` lists those that there are"),
                    Some(panes) if panes != given => {
                        format!("layout `{layout}` has {panes} panes and {given} inputs are given: give one a pane")
                    }
                    Some(_) => continue,
                };
                return Err(RuleError::Rule { rule: rule.name.clone(), key: key.into(), why });
            }
        }
        Ok(())
    }
}
