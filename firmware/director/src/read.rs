//! Reads rule sets, and refuses what is unknown or contradicts itself, with the rule, the key and what to write.

use std::collections::BTreeMap;

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use crate::condition::{self, Condition};
use crate::observation::Sure;
use crate::rules::{Rule, RuleError, Rules, Timing};
use crate::time::Ms;

const RULE_KEYS: &str =
    "priority, when, show, relief, delay, hold, min, max, relief-lasts, urgent, off (docs/reference/directing.md)";
const TIMING_KEYS: &str = "shortest, hand-back-after, manual-back-after, trust-after, forget-after, unsure-below";
const DEFAULT_MIN: Ms = Ms::seconds(4);
const LONGEST_NAME: usize = 40;

/// The two tables of a file, not yet understood.
struct File {
    timing: Table,
    rules: BTreeMap<String, Table>,
}

pub(crate) fn rules(set: &str, room: Option<&str>) -> Result<Rules, RuleError> {
    let mut file = File::read(set)?;
    if let Some(room) = room {
        let room = File::read(room)?;
        file.timing.extend(room.timing);
        for (name, table) in room.rules {
            file.rules.entry(name).or_default().extend(table);
        }
    }
    let timing = timing(file.timing)?;
    let mut rules = Vec::new();
    for (name, table) in file.rules {
        rules.extend(Reader { rule: name, table }.rule(timing)?);
    }
    if !rules.iter().any(|rule| rule.when.is_empty()) {
        return Err(RuleError::NothingAlways);
    }
    // The names are in order, and sorting keeps the order of equals.
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    Ok(Rules { timing, rules })
}

impl File {
    fn read(text: &str) -> Result<Self, RuleError> {
        let mut whole: Table = text.parse().map_err(|error: toml::de::Error| RuleError::Form(error.to_string()))?;
        let timing = match whole.remove("director") {
            None => Table::new(),
            Some(Value::Table(timing)) => timing,
            Some(_) => return Err(RuleError::Table("director".into())),
        };
        let mut rules = BTreeMap::new();
        match whole.remove("rules") {
            None => {}
            Some(Value::Table(tables)) => {
                for (name, table) in tables {
                    let Value::Table(table) = table else {
                        return Err(RuleError::Table(format!("rules.{name}")));
                    };
                    rules.insert(name, table);
                }
            }
            Some(_) => return Err(RuleError::Table("rules".into())),
        }
        match whole.into_iter().next() {
            Some((unknown, _)) => Err(RuleError::Table(unknown)),
            None => Ok(Self { timing, rules }),
        }
    }
}

/// A length of time as rules write it.
struct Length(Ms);

/// A length of time, or `"never"`.
struct Limit(Option<Ms>);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wanted = "write a time such as \"800ms\", \"4s\" or \"1min30s\"";
        Ms::read(&text).map(Self).ok_or_else(|| serde::de::Error::custom(wanted))
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wanted = "write a time such as \"30s\" or \"1min30s\", or \"never\"";
        match text.as_str() {
            "never" => Ok(Self(None)),
            _ => Ms::read(&text).map(|ms| Self(Some(ms))).ok_or_else(|| serde::de::Error::custom(wanted)),
        }
    }
}

/// `"hdmi"` alone, or `{ layout = "side-by-side", inputs = ["hdmi", "board"] }`.
fn shot(value: Value) -> Result<Shot, String> {
    match value {
        Value::String(role) => {
            let role: PictureRole = condition::read(Value::String(role))?;
            Ok(Shot { layout: "single".into(), inputs: vec![role] })
        }
        table @ Value::Table(_) => {
            let shot: Shot = condition::read(table)?;
            if shot.inputs.is_empty() {
                return Err("`inputs` names at least one picture input".into());
            }
            Ok(shot)
        }
        other => Err(format!("`{other}` is no shot: write \"hdmi\", or {{ layout = \"…\", inputs = [\"…\"] }}")),
    }
}

fn shots(value: Value) -> Result<Vec<Shot>, String> {
    match value {
        Value::Array(values) => values.into_iter().map(shot).collect(),
        single => Ok(vec![shot(single)?]),
    }
}

fn timing(mut table: Table) -> Result<Timing, RuleError> {
    let wrong = |key: &str, why: String| RuleError::Timing { key: key.into(), why };
    let mut taken = |key: &'static str| table.remove(key).map(|value| (key, value));
    let mut timing = Timing::default();
    for (key, field) in [
        ("shortest", &mut timing.shortest),
        ("trust-after", &mut timing.trust_after),
        ("forget-after", &mut timing.forget_after),
    ] {
        if let Some((key, value)) = taken(key) {
            *field = condition::read::<Length>(value).map_err(|why| wrong(key, why))?.0;
        }
    }
    for (key, field) in
        [("hand-back-after", &mut timing.hand_back_after), ("manual-back-after", &mut timing.manual_back_after)]
    {
        if let Some((key, value)) = taken(key) {
            *field = condition::read::<Limit>(value).map_err(|why| wrong(key, why))?.0;
        }
    }
    if let Some((key, value)) = taken("unsure-below") {
        let percent: u8 = condition::read(value).map_err(|why| wrong(key, why))?;
        if percent > 100 {
            return Err(wrong(key, format!("{percent} is more than 100 percent: write 0 to 100")));
        }
        timing.unsure_below = Sure(percent);
    }
    if let Some((unknown, _)) = table.into_iter().next() {
        return Err(wrong(&unknown, format!("there is no such key: use {TIMING_KEYS}")));
    }
    if timing.shortest < Ms(200) {
        return Err(wrong("shortest", "a shot below 200 ms is a flash: write \"1s\"".into()));
    }
    if timing.forget_after < Ms::seconds(1) {
        return Err(wrong("forget-after", "what is seen is renewed every two seconds or so: write \"6s\"".into()));
    }
    if [timing.hand_back_after, timing.manual_back_after].contains(&Some(Ms::ZERO)) {
        let why = "a cut by hand that ends at once is none: write \"30s\", or \"never\"";
        let key = if timing.hand_back_after == Some(Ms::ZERO) { "hand-back-after" } else { "manual-back-after" };
        return Err(wrong(key, why.into()));
    }
    Ok(timing)
}

/// Takes the keys of a rule out of its table, one after the other.
struct Reader {
    rule: String,
    table: Table,
}

impl Reader {
    fn wrong(&self, key: &str, why: impl Into<String>) -> RuleError {
        RuleError::Rule { rule: self.rule.clone(), key: key.into(), why: why.into() }
    }

    fn take<T>(&mut self, key: &str, read: impl Fn(Value) -> Result<T, String>) -> Result<Option<T>, RuleError> {
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        read(value).map(Some).map_err(|why| self.wrong(key, why))
    }

    fn length(&mut self, key: &str) -> Result<Option<Ms>, RuleError> {
        self.take(key, |value| condition::read::<Length>(value).map(|length| length.0))
    }

    /// The rule, or nothing where it is switched off.
    fn rule(mut self, timing: Timing) -> Result<Option<Rule>, RuleError> {
        let named = !self.rule.is_empty()
            && self.rule.len() <= LONGEST_NAME
            && self.rule.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !named {
            return Err(self.wrong("name", "a rule's name is 1 to 40 small letters, digits and dashes"));
        }
        let off = self.take("off", condition::read)?.unwrap_or(false);
        let priority = self.take("priority", condition::read)?;
        let when = self.when()?;
        let show = self.take("show", shots)?.unwrap_or_default();
        let relief = self.take("relief", shots)?.unwrap_or_default();
        let min = self.length("min")?.unwrap_or(DEFAULT_MIN);
        let rule = Rule {
            priority: priority.ok_or_else(|| self.wrong("priority", "every rule has one: write a number"))?,
            when,
            show,
            relief,
            delay: self.length("delay")?.unwrap_or_default(),
            hold: self.length("hold")?.unwrap_or_default(),
            min,
            max: self.take("max", |value| condition::read::<Limit>(value).map(|limit| limit.0))?.unwrap_or(None),
            relief_lasts: self.length("relief-lasts")?.unwrap_or(min),
            urgent: self.take("urgent", condition::read)?.unwrap_or(false),
            name: self.rule.clone(),
        };
        if let Some((unknown, _)) = self.table.iter().next() {
            return Err(self.wrong(unknown, format!("there is no such key: use {RULE_KEYS}")));
        }
        self.check(&rule, timing)?;
        Ok((!off).then_some(rule))
    }

    fn when(&mut self) -> Result<Vec<Condition>, RuleError> {
        let table = match self.table.remove("when") {
            None => return Ok(Vec::new()),
            Some(Value::Table(table)) => table,
            Some(other) => {
                let why = format!("`{other}` is no table of conditions: write {{ teacher-writing = true }}");
                return Err(self.wrong("when", why));
            }
        };
        let known = || format!("there is no such condition: use {}", Condition::KEYS.join(", "));
        let read = |(key, value): (String, Value)| {
            let read = Condition::read(&key, value).unwrap_or_else(|| Err(known()));
            read.map_err(|why| self.wrong(&format!("when.{key}"), why))
        };
        table.into_iter().map(read).collect()
    }

    /// What each key allows by itself, and the keys do not allow together.
    fn check(&self, rule: &Rule, timing: Timing) -> Result<(), RuleError> {
        let Rule { min, relief_lasts, delay, .. } = *rule;
        let shortest = timing.shortest;
        if rule.show.is_empty() {
            return Err(self.wrong("show", "a rule shows something: write a list such as [\"teacher-panorama\"]"));
        }
        if min < shortest {
            let why = format!("{min} is below director.shortest, {shortest}: write at least that");
            return Err(self.wrong("min", why));
        }
        if let Some(max) = rule.max.filter(|max| *max < min) {
            let why = format!("{max} is below `min`, {min}: write more, or \"never\"");
            return Err(self.wrong("max", why));
        }
        if relief_lasts < min {
            let why = format!("{relief_lasts} is below `min`, {min}, which holds for the relief too: write more");
            return Err(self.wrong("relief-lasts", why));
        }
        if delay > Ms::ZERO && rule.when.is_empty() {
            return Err(self.wrong("delay", "the rule is always true: take `delay` out, or give it a `when`"));
        }
        if delay > Ms::ZERO && rule.when.iter().any(Condition::is_momentary) {
            let why =
                "a change of slide is a moment and cannot last: take `delay` out; `hold` says for how long it counts";
            return Err(self.wrong("delay", why));
        }
        Ok(())
    }
}
