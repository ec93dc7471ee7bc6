//! The director: what it is told goes in, cuts come out. No I/O and no clock; the same inputs give the same cuts.
//!
//! ```text
//!  Input ─► Known ─► Watch, one a rule ─► the first rule that is true and can be shown ─► Decision
//!                                          unless: a hand · a lost picture · minimum · maximum
//! ```
//!
//! Time alone changes things too: a delay passes, a maximum is reached. [`Director::next_wake`] says when. Whoever wakes
//! it late or oftener gets the same decisions with the same times, so that times need not be logged for a replay.

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Mode, Reason};

use crate::input::{Input, Order, What};
use crate::known::{Known, Trust};
use crate::rules::{Rule, Rules};
use crate::time::Ms;
use crate::watch::Watch;

/// Times are not lived through over a gap longer than this: 24 h. A damaged log shall not keep anybody busy.
const LONGEST_GAP: Ms = Ms::minutes(24 * 60);

/// A cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When it is due: the input's time, or an earlier one that time alone made due.
    pub at: Ms,
    pub shot: Shot,
    pub reason: Reason,
}

/// The shot that is shown.
#[derive(Clone, Debug)]
pub(crate) struct OnAir {
    pub(crate) shot: Shot,
    pub(crate) since: Ms,
    /// The rule that it stands for now; not for shots by hand and stopgaps.
    pub(crate) rule: Option<usize>,
    pub(crate) min: Ms,
    /// Put on air by an urgent rule: other urgent ones wait for its minimum.
    urgent: bool,
}

/// Something else has its turn, because a rule's shot had been shown for its maximum.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// The rule that steps back.
    pub(crate) spent: usize,
    pub(crate) spent_shot: Shot,
    /// Whose shot is shown instead: the same rule's relief, or the next rule's.
    owner: usize,
    shot: Shot,
    began: Ms,
    until: Ms,
}

/// A person has decided.
#[derive(Clone, Debug)]
struct Hand {
    shot: Shot,
    from: String,
    until: Option<Ms>,
}

/// What to cut to.
pub(crate) struct Next {
    pub(crate) shot: Shot,
    pub(crate) rule: Option<usize>,
    pub(crate) cause: Cause,
    turn: Option<Turn>,
}

/// See the module's words.
#[derive(Clone, Debug)]
pub struct Director {
    pub(crate) rules: Rules,
    pub(crate) known: Known,
    /// One a rule, in the same order.
    pub(crate) watches: Vec<Watch>,
    /// One a rule: which of its reliefs is the next.
    next_relief: Vec<usize>,
    mode: Mode,
    /// The mode that it begins in and returns to.
    home: Mode,
    hand: Option<Hand>,
    pub(crate) turn: Option<Turn>,
    on_air: Option<OnAir>,
    /// The latest time that everything was brought up to; `None` at the beginning.
    settled: Option<Ms>,
    now: Ms,
}

impl Director {
    /// A director who begins at `at` in a room with these picture inputs, all live until said otherwise.
    pub fn new(rules: Rules, inputs: &[PictureRole], at: Ms) -> Self {
        let timing = rules.timing();
        let trust = Trust {
            forget_after: timing.forget_after,
            trust_after: timing.trust_after,
            unsure_below: timing.unsure_below,
        };
        Self {
            known: Known::new(trust, inputs),
            watches: rules.rules().iter().map(Watch::new).collect(),
            next_relief: vec![0; rules.rules().len()],
            rules,
            mode: Mode::default(),
            home: Mode::default(),
            hand: None,
            turn: None,
            on_air: None,
            settled: None,
            now: at,
        }
    }

    /// Takes an input and tells the cuts that follow, in the order of their times. An input from the past counts as now.
    ///
    /// What time makes due at the very millisecond of an input comes after it: what is news decides.
    pub fn step(&mut self, input: Input) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let at = input.at.max(self.now);
        if at - self.now <= LONGEST_GAP {
            while let Some(due) = self.due().filter(|due| *due < at) {
                self.now = due;
                decisions.extend(self.settle());
            }
        } else {
            self.now = at;
        }
        match input.what {
            What::Time {} => return decisions,
            What::Seen(observation) => {
                self.now = at;
                self.known.learn(at, observation);
            }
            What::Told(order) => {
                self.now = at;
                self.obey(order);
            }
        }
        decisions.extend(self.settle());
        self.known.pass();
        decisions.extend(self.settle());
        decisions
    }

    /// Begins in this mode, and returns to it when a countdown ends.
    pub fn at_home_in(self, mode: Mode) -> Self {
        Self { mode, home: mode, ..self }
    }

    pub fn home(&self) -> Mode {
        self.home
    }

    /// Learns what was known or ordered before this director began. The first cut comes with the next step.
    pub fn recall(&mut self, what: What) {
        match what {
            What::Time {} => {}
            What::Seen(observation) => self.known.learn(self.now, observation),
            What::Told(order) => self.obey(order),
        }
    }

    /// When time alone changes something next: a millisecond after it is due, so that an input of the same moment comes
    /// first. Waking the director then, with [`What::Time`], keeps cuts punctual.
    pub fn next_wake(&self) -> Option<Ms> {
        self.due().map(|due| due + Ms(1))
    }

    fn due(&self) -> Option<Ms> {
        let Some(settled) = self.settled else { return Some(self.now) };
        let rules = self.rules.rules();
        let watches = self.watches.iter().zip(rules).filter_map(|(watch, rule)| watch.turn(rule));
        let on_air = self.on_air.iter().flat_map(|on| {
            let max = on.rule.and_then(|rule| rules[rule].max).map(|max| on.since + max);
            [Some(on.since + on.min), Some(on.since + self.rules.timing().shortest), max].into_iter().flatten()
        });
        let turn = self.turn.iter().map(|turn| turn.until);
        let hand = self.hand.iter().filter_map(|hand| hand.until);
        let all = self.known.turns().chain(watches).chain(on_air).chain(turn).chain(hand);
        all.filter(|time| *time > settled).min()
    }

    /// The latest time that it was told or woke at.
    pub fn now(&self) -> Ms {
        self.now
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether cameras are to follow people.
    pub fn is_tracking(&self) -> bool {
        self.mode != Mode::Manual
    }

    /// What is shown, and since when.
    pub fn shown(&self) -> Option<(&Shot, Ms)> {
        self.on_air.as_ref().map(|on| (&on.shot, on.since))
    }

    /// The rule that what is shown stands for.
    pub fn rule(&self) -> Option<&Rule> {
        self.on_air.as_ref()?.rule.map(|rule| &self.rules.rules()[rule])
    }

    /// What a person wants to be shown, whether it can be at present or not.
    pub fn by_hand(&self) -> Option<&Shot> {
        self.hand.as_ref().map(|hand| &hand.shot)
    }

    /// When the rules take over again, while a countdown runs.
    pub fn returns_at(&self) -> Option<Ms> {
        self.hand.as_ref()?.until
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Show { shot, from } => self.take_in_hand(shot, from),
            Order::Mode { mode, from } => {
                self.mode = mode;
                match (mode, &mut self.hand, &self.on_air) {
                    // Handed back: the countdown ends now.
                    (Mode::Automatic, Some(hand), _) => hand.until = Some(self.now),
                    (Mode::Automatic, None, _) | (_, _, None) => {}
                    (_, _, Some(on)) => {
                        let shot = on.shot.clone();
                        self.take_in_hand(shot, from);
                    }
                }
            }
        }
    }

    fn take_in_hand(&mut self, shot: Shot, from: String) {
        let timing = self.rules.timing();
        let back_after = match self.mode {
            Mode::Automatic => timing.hand_back_after,
            mode if mode == self.home => None,
            Mode::SemiAutomatic | Mode::Manual => timing.manual_back_after,
        };
        self.hand = Some(Hand { shot, from, until: back_after.map(|back_after| self.now + back_after) });
        self.turn = None;
    }

    fn watch(&mut self) {
        for (watch, rule) in self.watches.iter_mut().zip(self.rules.rules()) {
            watch.update(rule, &self.known, self.now);
        }
    }

    /// Brings everything up to now; does nothing when nothing has changed since.
    fn settle(&mut self) -> Option<Decision> {
        self.settled = Some(self.now);
        self.known.forget(self.now);
        self.watch();
        let by_hand = self.hand.is_some();
        if self.hand.take_if(|hand| hand.until.is_some_and(|until| self.now >= until)).is_some() {
            self.mode = if self.mode == Mode::Automatic { Mode::Automatic } else { self.home };
        }
        let handed_back = by_hand && self.hand.is_none();
        self.turn.take_if(|turn| {
            let is_true = |rule: usize| self.watches[rule].since().is_some();
            let met_anew = self.watches[turn.spent].since().is_some_and(|since| since > turn.began);
            self.now >= turn.until || met_anew || !is_true(turn.spent) || !is_true(turn.owner)
        });
        let next = self.choose(handed_back)?;
        Some(self.cut(next))
    }

    /// What to cut to now, if anything.
    fn choose(&mut self, handed_back: bool) -> Option<Next> {
        let gone = self.on_air.as_ref().and_then(|on| self.known.gone(&on.shot));
        if let Some(hand) = &self.hand {
            let shown = self.on_air.as_ref().is_some_and(|on| on.shot == hand.shot);
            if !shown && self.known.can_be_put_on(&hand.shot, self.now) {
                let cause = Cause::Hand { from: hand.from.clone() };
                return Some(Next { shot: hand.shot.clone(), rule: None, cause, turn: None });
            }
            if self.on_air.is_some() && gone.is_none() {
                return None;
            }
        }
        let best = self.best();
        let (Some(on), None) = (&self.on_air, gone) else {
            let shown = self.on_air.as_ref().map(|on| &on.shot);
            let single = |role| Shot { layout: "single".into(), inputs: vec![role] };
            let left_over = || self.known.left_over(shown, self.now).map(|role| (None, single(role)));
            let (rule, shot) = best.map(|(rule, shot)| (Some(rule), shot)).or_else(left_over)?;
            let cause = match gone {
                None => Cause::Start {},
                Some(input) if self.known.is_live(input) => Cause::CameraMoves { input },
                Some(input) => Cause::InputLost { input },
            };
            return (shown != Some(&shot)).then_some(Next { shot, rule, cause, turn: None });
        };
        let (rule, shot) = best?;
        let may_cut = self.may_cut(on, rule);
        if shot != on.shot {
            let cause = if handed_back { Cause::HandedBack {} } else { Cause::Rule {} };
            return may_cut.then_some(Next { shot, rule: Some(rule), cause, turn: None });
        }
        let on_for = self.now - on.since;
        let spent = self.rules.rules()[rule].max.is_some_and(|max| on_for >= max);
        if let Some(on) = &mut self.on_air {
            on.rule = Some(rule);
        }
        if spent && may_cut && self.turn.is_none() { self.relief(rule, shot) } else { None }
    }

    /// Whether the shot on air may end for one of this rule.
    fn may_cut(&self, on: &OnAir, rule: usize) -> bool {
        let urgent = self.rules.rules()[rule].urgent && !on.urgent;
        let min = if urgent { on.min.min(self.rules.timing().shortest) } else { on.min };
        self.now >= on.since + min
    }

    /// The first rule that is true and has something to show, and its shot.
    fn best(&self) -> Option<(usize, Shot)> {
        self.rules.rules().iter().enumerate().find_map(|(index, rule)| {
            self.watches[index].since()?;
            let turn = self.turn.as_ref().filter(|turn| turn.spent == index);
            match turn.filter(|turn| self.known.unfit(&turn.shot, self.now).is_none()) {
                Some(turn) => Some((turn.owner, turn.shot.clone())),
                None => Some((index, self.fit(&rule.show)?.clone())),
            }
        })
    }

    pub(crate) fn fit<'a>(&self, shots: &'a [Shot]) -> Option<&'a Shot> {
        shots.iter().find(|shot| self.known.unfit(shot, self.now).is_none())
    }

    /// What has its turn while the spent shot of a rule rests: the rule's own relief, or the next rule's shot.
    fn relief(&mut self, spent: usize, spent_shot: Shot) -> Option<Next> {
        let rules = self.rules.rules();
        let reliefs = &rules[spent].relief;
        let fit = |shot: &Shot| *shot != spent_shot && self.known.unfit(shot, self.now).is_none();
        let first = self.next_relief[spent];
        let own = (0..reliefs.len()).map(|step| (first + step) % reliefs.len()).find(|index| fit(&reliefs[*index]));
        let (owner, shot) = match own {
            Some(index) => {
                self.next_relief[spent] = index + 1;
                (spent, reliefs[index].clone())
            }
            None => rules.iter().enumerate().skip(spent + 1).find_map(|(index, rule)| {
                self.watches[index].since()?;
                rule.show.iter().find(|shot| fit(shot)).map(|shot| (index, shot.clone()))
            })?,
        };
        let until = self.now + rules[spent].relief_lasts;
        let turn = Turn { spent, spent_shot, owner, shot: shot.clone(), began: self.now, until };
        Some(Next { shot, rule: Some(owner), cause: Cause::Maximum {}, turn: Some(turn) })
    }

    fn cut(&mut self, next: Next) -> Decision {
        if next.turn.is_some() {
            self.turn = next.turn.clone();
        }
        let reason = self.reason(&next, self.on_air.as_ref(), self.now);
        let rule = next.rule.map(|rule| &self.rules.rules()[rule]);
        let min = match (&next.cause, rule) {
            (Cause::Hand { .. }, _) => Ms::ZERO,
            (_, Some(rule)) => rule.min,
            (_, None) => self.rules.timing().shortest,
        };
        let urgent = rule.is_some_and(|rule| rule.urgent);
        self.on_air = Some(OnAir { shot: next.shot.clone(), since: self.now, rule: next.rule, min, urgent });
        if let (true, None) = (self.mode != Mode::Automatic, &self.hand) {
            self.take_in_hand(next.shot.clone(), "start".into());
        }
        Decision { at: self.now, shot: next.shot, reason }
    }
}
