//! The timetable at work: lessons that start and end by themselves, the name and end of those that somebody starts, and an
//! outcome for every period.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ketang_lesson::State;
use ketang_lesson::periods::{Held, due, held_in};
use ketang_protocol::command::{Command, Refusal, Reply, Request, Start};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::timetable::{EARLY, Period, PeriodOutcome, PeriodState, Starts, at_hand};

use super::{Host, tell};
use crate::folder::StoreError;

/// Who commands, in a lesson's events.
const FROM: &str = "timetable";
/// Between two tries to start a lesson that the host refused to start.
const RETRY: SignedDuration = SignedDuration::from_secs(10);
/// What is told of beforehand, and how far back a period may lie that somebody still asks about after the host was off.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
const BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Longer than any lesson: whoever started it before is not in today's periods.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// What the host remembers of the timetable.
#[derive(Debug)]
pub(super) struct Periods {
    /// When the host was opened.
    up_since: Timestamp,
    /// Until when every period has its outcome.
    accounted: Timestamp,
    /// Whether the ledger knows that, so that a period which the host sleeps through is found missing.
    is_kept: bool,
    /// The last lesson that could not be started: its period's beginning, when that was, and why.
    refused: Option<(Timestamp, Timestamp, Sentence)>,
    /// Those of today, with their outcomes, and the next.
    told: Vec<PeriodState>,
    /// The most lessons of one of the coming days; absent without a timetable.
    pub(super) most_a_day: Option<u64>,
}

impl Periods {
    pub(super) fn new(accounted: Option<Timestamp>, now: Timestamp) -> Self {
        // A clock that ran ahead once must not silence the timetable until then.
        let until = accounted.unwrap_or(now).min(now).max(now - BACK);
        let is_kept = accounted.is_some();
        Self { up_since: now, accounted: until, is_kept, refused: None, told: Vec::new(), most_a_day: None }
    }

    pub(super) fn told(&self) -> Vec<PeriodState> {
        self.told.clone()
    }
}

impl Host {
    /// The period that a lesson which starts now is held for.
    pub(super) fn period_at_hand(&self, now: Timestamp) -> Option<Period> {
        let zone = self.clock.zone();
        let periods = self.timetables.now().periods(&zone, now, now + EARLY + SignedDuration::from_secs(1));
        at_hand(&periods, now).cloned()
    }

    /// Once a second: what the timetable asks for now.
    pub(super) fn look_at_timetable(&mut self) {
        let now = self.clock.wall();
        if let Err(error) = self.follow_timetable(now) {
            tracing::error!(%error, "the periods of the timetable could not be accounted for");
        }
        self.end_by_itself();
    }

    fn follow_timetable(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let (zone, timetable) = (self.clock.zone(), self.timetables.now());
        let today = day_of(&zone, now);
        let since = self.periods.accounted.min(today.0);
        let periods = timetable.periods(&zone, since, now + AHEAD);
        let held = self.lessons.ledger.held_since(since - LONGEST)?;
        let due = due(&periods, &held, self.periods.accounted, self.lessons.running().is_some(), now);
        let is_over = |period: &Period| self.periods.accounted < period.ends && period.ends <= now;
        if periods.iter().any(is_over) || !self.periods.is_kept && !periods.is_empty() {
            let missed: Vec<_> = due.missed.into_iter().map(|period| self.without_lesson(period)).collect();
            for (period, outcome) in &missed {
                tracing::warn!(title = period.title, begins = %period.begins, ?outcome, "a period had no lesson");
            }
            self.lessons.ledger.account(&missed, now)?;
            (self.periods.accounted, self.periods.is_kept) = (now, true);
        }
        if let Some(period) = due.start {
            self.start_for(&period, now);
        }
        self.periods.most_a_day = most_a_day(&zone, &periods, now);
        let missed = self.lessons.ledger.missed_since(today.0)?;
        self.periods.told = told(&periods, &held, &missed, today, now);
        Ok(())
    }

    /// What became of a period that had no lesson.
    fn without_lesson(&self, period: Period) -> (Period, PeriodOutcome) {
        let refused = self.periods.refused.as_ref().filter(|(begins, ..)| *begins == period.begins);
        let outcome = match (refused, period.starts) {
            (Some((.., why)), _) => PeriodOutcome::Failed { why: why.clone() },
            _ if period.ends <= self.periods.up_since => {
                PeriodOutcome::Failed { why: Sentence::new("主机没有开机", "the host was off") }
            }
            (None, Starts::ByItself) => PeriodOutcome::Failed {
                why: Sentence::new("当时正在录制另一节课", "another lesson was being recorded"),
            },
            (None, Starts::ByTap) => PeriodOutcome::NotStarted,
        };
        (period, outcome)
    }

    fn start_for(&mut self, period: &Period, now: Timestamp) {
        let tried = self.periods.refused.as_ref().filter(|(begins, ..)| *begins == period.begins);
        if tried.is_some_and(|(_, at, _)| now.duration_since(*at) < RETRY) {
            return;
        }
        // Its name and its end are those of the period that is at hand.
        let reply = self.carry_out(Request { from: FROM.into(), command: Command::Start(Start::default()) });
        match reply {
            Reply::Done { .. } => {
                self.periods.refused = None;
                self.alarms.clear(tell::NOT_STARTED, None);
            }
            Reply::Refused(Refusal { chinese, english, .. }) => {
                self.alarms.raise(tell::not_started(&period.title, &chinese, &english));
                self.periods.refused = Some((period.begins, now, Sentence::new(chinese, english)));
            }
        }
    }

    /// Ends a lesson of a period that starts by itself at its planned end; whoever wants it longer extends it.
    fn end_by_itself(&mut self) {
        let Some((id, lesson)) = self.lessons.running() else { return };
        let (State::Recording { record, .. } | State::Paused { record, .. }) = lesson.machine.state() else { return };
        let (started, planned) = (record.lesson().started, record.lesson().planned_seconds);
        let is_over =
            planned.is_some_and(|planned| record.timeline().elapsed(self.clock.now().media).as_secs() >= planned);
        if !is_over || self.period_at_hand(started).is_none_or(|period| period.starts != Starts::ByItself) {
            return;
        }
        tracing::info!(lesson = %id, "the period is over");
        let reply = self.carry_out(Request { from: FROM.into(), command: Command::Stop {} });
        if let Reply::Refused(refusal) = reply {
            tracing::error!(why = refusal.english, "a lesson could not be ended by the timetable");
        }
    }

    /// A lesson's start with what the timetable knows of it: its name, its teacher, and how long it lasts from now.
    pub(super) fn as_the_timetable_has_it(&self, start: Start, now: Timestamp) -> Start {
        let Some(period) = self.period_at_hand(now) else { return start };
        let left = u64::try_from(period.ends.duration_since(now).as_secs()).unwrap_or(0).max(1);
        let named = start.title.is_some();
        Start {
            title: start.title.or(Some(period.title)),
            // Another lesson than that of the timetable has another teacher, perhaps.
            teacher: if named { start.teacher } else { start.teacher.or(period.teacher) },
            planned_seconds: start.planned_seconds.or((!start.open_end).then_some(left)),
            open_end: start.open_end,
        }
    }
}

/// The day of a time in a zone, from midnight to midnight.
fn day_of(zone: &TimeZone, now: Timestamp) -> (Timestamp, Timestamp) {
    let zoned = now.to_zoned(zone.clone());
    // Nothing but the end of the calendar is without a midnight.
    let midnight = zoned.start_of_day().unwrap_or(zoned);
    let next = midnight.tomorrow().map_or(Timestamp::MAX, |next| next.timestamp());
    (midnight.timestamp(), next)
}

/// Today's periods with what became of them, and after them the next, whatever day it is on.
fn told(
    periods: &[Period],
    held: &[Held],
    missed: &[PeriodState],
    (from, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Vec<PeriodState> {
    let state = |period: &Period| PeriodState {
        outcome: held_in(period, periods, held, now)
            .map(|held| PeriodOutcome::Lesson { lesson: held.lesson.clone() })
            .or_else(|| missed.iter().find(|other| other.period.begins == period.begins)?.outcome.clone()),
        period: period.clone(),
    };
    let today = |period: &&Period| period.begins >= from && period.begins < until;
    let mut told: Vec<_> = periods.iter().filter(today).map(state).collect();
    // The timetable may have changed since.
    let gone = missed.iter().filter(|other| !told.iter().any(|state| state.period.begins == other.period.begins));
    let gone: Vec<_> = gone.filter(|other| today(&&other.period)).cloned().collect();
    told.extend(gone);
    told.sort_by_key(|state| state.period.begins);
    if told.iter().all(|state| state.period.begins <= now) {
        told.extend(periods.iter().find(|period| period.begins > now).map(state));
    }
    told
}

/// The most lessons of one of the coming days.
fn most_a_day(zone: &TimeZone, periods: &[Period], now: Timestamp) -> Option<u64> {
    let mut days = std::collections::BTreeMap::<_, u64>::new();
    for period in periods.iter().filter(|period| period.ends > now) {
        *days.entry(zone.to_datetime(period.begins).date()).or_default() += 1;
    }
    days.into_values().max()
}
