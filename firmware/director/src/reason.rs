//! Why a cut was made, put together at the moment of the cut: what made the rule true, and what came second.

use ketang_protocol::directing::{Cause, Lost, Otherwise, Reason, RuleName};

use crate::director::{Director, Next, OnAir};
use crate::rules::Rule;
use crate::time::Ms;

impl Director {
    pub(crate) fn reason(&self, next: &Next, before: Option<&OnAir>, now: Ms) -> Reason {
        let rules = self.rules.rules();
        let shown_for = before.map_or(Ms::ZERO, |on| now - on.since);
        Reason {
            cause: next.cause.clone(),
            rule: next.rule.map(|rule| name(&rules[rule])),
            facts: next.rule.map(|rule| self.watches[rule].facts(&rules[rule], now)).unwrap_or_default(),
            before_ms: shown_for.0,
            below_minimum: before.is_some_and(|on| shown_for < on.min),
            otherwise: self.otherwise(next),
        }
    }

    /// The first other rule that is true: it ranks lower, or has nothing to show, or was kept back.
    fn otherwise(&self, next: &Next) -> Option<Otherwise> {
        let rules = self.rules.rules();
        let true_ones = rules.iter().enumerate().filter(|(index, _)| self.watches[*index].since().is_some());
        if let (Cause::Maximum {}, Some(turn)) = (&next.cause, &self.turn) {
            let rule = name(&rules[turn.spent]);
            return Some(Otherwise { rule, shot: turn.spent_shot.clone(), lost: Lost::Maximum {} });
        }
        true_ones.filter(|(index, _)| Some(*index) != next.rule).find_map(|(index, rule)| {
            match self.fit(&rule.show) {
                Some(shot) if *shot != next.shot => {
                    let by_hand = matches!(next.cause, Cause::Hand { .. });
                    let lost = if by_hand { Lost::ByHand {} } else { Lost::Lower {} };
                    Some(Otherwise { rule: name(rule), shot: shot.clone(), lost })
                }
                Some(_) => None,
                // A rule that ranks lower and has nothing to show would not have been shown anyway.
                None if next.rule.is_some_and(|winner| winner < index) => None,
                None => {
                    let shot = rule.show.first()?.clone();
                    let input = self.known.unfit(&shot, self.now())?;
                    Some(Otherwise { rule: name(rule), shot, lost: Lost::NoPicture { input } })
                }
            }
        })
    }
}

fn name(rule: &Rule) -> RuleName {
    RuleName { name: rule.name.clone(), priority: rule.priority }
}
