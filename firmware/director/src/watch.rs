//! Whether a rule is true: its conditions over time, with the delay before and the hold after.

use ketang_protocol::directing::Fact;

use crate::condition::Met;
use crate::known::Known;
use crate::rules::Rule;
use crate::time::Ms;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Off,
    /// The conditions are met, not yet for the delay.
    Waiting {
        since: Ms,
    },
    On {
        since: Ms,
    },
    /// The conditions are not met any more.
    Holding {
        since: Ms,
        ended: Ms,
    },
}

/// One rule's state.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    phase: Phase,
    /// One a condition: what meets it, and since when.
    met: Vec<Option<(Ms, Met)>>,
    /// The same when all were met last.
    last: Vec<(Ms, Met)>,
}

impl Watch {
    pub(crate) fn new(rule: &Rule) -> Self {
        Self { phase: Phase::Off, met: vec![None; rule.when.len()], last: Vec::new() }
    }

    /// Looks at what is known now.
    pub(crate) fn update(&mut self, rule: &Rule, known: &Known, now: Ms) {
        for (condition, met) in rule.when.iter().zip(&mut self.met) {
            let since = met.as_ref().map_or(now, |(since, _)| *since);
            *met = condition.met(known).map(|now_met| (since, now_met));
        }
        let all: Option<Vec<_>> = self.met.iter().cloned().collect();
        let is_met = all.is_some();
        if let Some(all) = all {
            self.last = all;
        }
        self.phase = match self.phase {
            Phase::Off if is_met && rule.delay == Ms::ZERO => Phase::On { since: now },
            Phase::Off if is_met => Phase::Waiting { since: now },
            Phase::Waiting { .. } if !is_met => Phase::Off,
            Phase::Waiting { since } if now >= since + rule.delay => Phase::On { since: now },
            Phase::On { .. } if !is_met && rule.hold == Ms::ZERO => Phase::Off,
            Phase::On { since } if !is_met => Phase::Holding { since, ended: now },
            Phase::Holding { .. } if is_met => Phase::On { since: now },
            Phase::Holding { ended, .. } if now >= ended + rule.hold => Phase::Off,
            unchanged => unchanged,
        };
    }

    /// Since when it has been true, if it is; what meets it anew begins anew.
    pub(crate) fn since(&self) -> Option<Ms> {
        match self.phase {
            Phase::On { since } | Phase::Holding { since, .. } => Some(since),
            Phase::Off | Phase::Waiting { .. } => None,
        }
    }

    /// When time alone changes it.
    pub(crate) fn turn(&self, rule: &Rule) -> Option<Ms> {
        match self.phase {
            Phase::Waiting { since } => Some(since + rule.delay),
            Phase::Holding { ended, .. } => Some(ended + rule.hold),
            Phase::Off | Phase::On { .. } => None,
        }
    }

    /// The values that make it true.
    pub(crate) fn facts(&self, rule: &Rule, now: Ms) -> Vec<Fact> {
        let ended = match self.phase {
            Phase::Holding { ended, .. } => ended,
            _ => now,
        };
        let fact = |(condition, (since, met)): (&crate::condition::Condition, &(Ms, Met))| Fact {
            what: condition.key().to_owned(),
            is: met.is.clone(),
            for_ms: (ended - *since).0,
            ended_ms: (now - ended).0,
            sure: met.sure.map(|sure| sure.0),
        };
        rule.when.iter().zip(&self.last).map(fact).collect()
    }
}
