//! How well a lesson was directed: cuts against what was really the case. Pure, so that the same figures come from the
//! simulated room, from a marked recording and from a test.
//!
//! - **Wrong subject**: no pane shows what a viewer wants ([`Situation`] says what is the case, [`wanted`](self) what that
//!   makes a viewer want). Whoever follows within [`GRACE`] was in time; a cut away from what is wanted has no grace.
//! - **Empty podium**: only cameras on the teacher, and the teacher is in none of them. No grace.
//! - **To follow**: from what is wanted being something else to a cut that shows it. From a student's standing up to the close-up.
//! - **Below the minimum**: shots that a rule ended sooner than rules allow. A lost picture or a hand may end any shot.

#[cfg(test)]
mod tests;
mod wanted;

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Cause;

use self::wanted::{Memory, Wanted};
pub use self::wanted::{POINTED_AT, READING, SILENCE, Situation, TALKED_ABOUT};
use crate::director::Decision;
use crate::rules::Rules;
use crate::time::Ms;

/// What may pass between a change and the cut that follows it, as with a standing student.
pub const GRACE: Ms = Ms(1500);

/// A lesson's cuts, and all that they are judged by.
pub struct Directed<'a> {
    pub rules: &'a Rules,
    pub inputs: &'a [PictureRole],
    /// In the order of their times.
    pub situations: &'a [Situation],
    pub cuts: &'a [Decision],
    pub end: Ms,
}

/// Sums, so that scores of several lessons can be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub length: Ms,
    pub wrong_subject: Ms,
    /// The same without any grace.
    pub wrong_at_all: Ms,
    pub empty_podium: Ms,
    /// The first shot is no cut.
    pub cuts: usize,
    pub shots_below_minimum: usize,
    /// One a change that needed a cut.
    pub follow_delays: Vec<Ms>,
    /// One a time that students stood up: until the close-up showed them, or until they sat down again without it.
    pub stand_up_delays: Vec<Ms>,
}

/// A stretch in which what is shown is not what is wanted.
struct Wrong {
    since: Ms,
    /// The picture was right until something happened, rather than until a cut.
    late: bool,
}

impl Score {
    pub fn of(directed: &Directed<'_>) -> Self {
        let mut score = Self {
            length: directed.end,
            cuts: directed.cuts.iter().filter(|cut| !matches!(cut.reason.cause, Cause::Start {})).count(),
            shots_below_minimum: below_minimum(directed.rules, directed.cuts),
            ..Self::default()
        };
        score.watch(directed);
        score
    }

    /// Looks at the lesson as a viewer does, from moment to moment.
    fn watch(&mut self, directed: &Directed<'_>) {
        let Directed { inputs, situations, cuts, end, .. } = *directed;
        let mut times: Vec<Ms> = situations.iter().map(|situation| situation.at).collect();
        times.extend(cuts.iter().map(|cut| cut.at));
        times.push(end);
        times.sort();
        times.dedup();
        let mut memory = Memory::default();
        let (mut wrong, mut standing): (Option<Wrong>, Option<Ms>) = (None, None);
        let mut before: Option<(Wanted, &Shot, usize)> = None;
        for span in times.windows(2) {
            let (now, length) = (span[0], span[1] - span[0]);
            let situation = situations.partition_point(|situation| situation.at <= now).checked_sub(1);
            let cut = cuts.partition_point(|cut| cut.at <= now).checked_sub(1);
            let (Some(situation), Some(cut)) = (situation, cut) else { continue };
            let (situation, shot) = (&situations[situation], &cuts[cut].shot);
            memory.note(situation);
            let wanted = memory.wanted(Situation { at: now, ..situation.clone() }, inputs);
            let right = wanted.is_met_by(shot);
            if right {
                self.follow_delays.extend(wrong.take().filter(|wrong| wrong.late).map(|wrong| now - wrong.since));
            } else if wrong.is_none() {
                let late = before.as_ref().is_none_or(|(wanted_before, ..)| *wanted_before != wanted);
                wrong = Some(Wrong { since: now, late });
            }
            if let Some(wrong) = &wrong {
                self.wrong_at_all = self.wrong_at_all + length;
                let graced = wrong.late && span[1] - wrong.since <= GRACE;
                let begins = if wrong.late { now.max(wrong.since + GRACE) } else { now };
                if !graced {
                    self.wrong_subject = self.wrong_subject + (span[1] - begins);
                }
            }
            if situation.shows_an_empty_podium(shot, inputs) {
                self.empty_podium = self.empty_podium + length;
            }
            let rose = situation.standing > 0 && before.as_ref().is_some_and(|(.., stood)| *stood == 0);
            if rose {
                standing = Some(now);
            }
            if let Some(since) = standing {
                let shown = shows_who_stands(shot, situation);
                // Who sits down again at once need not be shown; who does so later was missed.
                if shown || situation.standing == 0 && now - since > GRACE {
                    self.stand_up_delays.push(now - since);
                }
                standing = standing.filter(|_| !shown && situation.standing > 0);
            }
            before = Some((wanted, shot, situation.standing));
        }
        self.follow_delays.extend(wrong.filter(|wrong| wrong.late).map(|wrong| end - wrong.since));
        self.stand_up_delays.extend(standing.map(|since| end - since));
    }

    pub fn add(&mut self, other: &Score) {
        self.length = self.length + other.length;
        self.wrong_subject = self.wrong_subject + other.wrong_subject;
        self.wrong_at_all = self.wrong_at_all + other.wrong_at_all;
        self.empty_podium = self.empty_podium + other.empty_podium;
        self.cuts += other.cuts;
        self.shots_below_minimum += other.shots_below_minimum;
        self.follow_delays.extend(&other.follow_delays);
        self.stand_up_delays.extend(&other.stand_up_delays);
    }

    /// Shares of the time, 0 to 1.
    pub fn share(&self, of: Ms) -> f64 {
        if self.length == Ms::ZERO { 0.0 } else { of.0 as f64 / self.length.0 as f64 }
    }

    pub fn cuts_per_minute(&self) -> f64 {
        if self.length == Ms::ZERO { 0.0 } else { self.cuts as f64 * 60_000.0 / self.length.0 as f64 }
    }
}

/// The value that 95 of 100 do not exceed (nearest rank); 0 of none.
pub fn p95(delays: &[Ms]) -> Ms {
    let mut sorted = delays.to_vec();
    sorted.sort();
    let rank = (sorted.len() * 95).div_ceil(100);
    rank.checked_sub(1).and_then(|index| sorted.get(index).copied()).unwrap_or_default()
}

/// One student is shown by the close-up, as long as there is one; several are shown by the class too.
fn shows_who_stands(shot: &Shot, situation: &Situation) -> bool {
    let wide = situation.standing > 1 || situation.lost.contains(&PictureRole::StudentsCloseup);
    let shows = |role: &PictureRole| match role {
        PictureRole::StudentsCloseup => true,
        PictureRole::StudentsPanorama => wide,
        _ => false,
    };
    shot.inputs.iter().any(shows)
}

/// How many shots were ended by rules sooner than the rules' own words allow.
fn below_minimum(rules: &Rules, cuts: &[Decision]) -> usize {
    let shortest = rules.timing().shortest;
    let too_short = |pair: &&[Decision]| {
        let (shown, next) = (&pair[0], &pair[1]);
        let free =
            |cause: &Cause| matches!(cause, Cause::Hand { .. } | Cause::InputLost { .. } | Cause::CameraMoves { .. });
        if free(&next.reason.cause) || matches!(shown.reason.cause, Cause::Hand { .. }) {
            return false;
        }
        let rule = |cut: &Decision| cut.reason.rule.as_ref().and_then(|rule| rules.rule(&rule.name));
        let (rule, next_rule) = (rule(shown), rule(next));
        let urgent = next_rule.is_some_and(|next| next.urgent) && !rule.as_ref().is_some_and(|shown| shown.urgent);
        let min = if urgent { shortest } else { rule.map_or(shortest, |rule| rule.min) };
        next.at - shown.at < min
    };
    cuts.windows(2).filter(too_short).count()
}
