//! Updates of the system around the host: when they may be, what waits for that, and whether an image that runs for the first time
//! is kept. It is when the host has found its inputs again and can write to its disk; else the boot loader goes back by itself.

mod state;

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ketang_hal::role::Role;
use ketang_hal::update::UpdateError;
use ketang_lesson::State;
use ketang_lesson::quiet::quiet;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::update::{Found, Quiet, UpdateAction, UpdateActivity, UpdateWaits};

use super::commands::Began;
use super::{Host, tell};
use crate::updates::{Order, UpdateNews};
pub(super) use state::Updating;
use state::{TRIAL_SECONDS, waited_for, worded};

/// How far ahead the timetable is looked at for a quiet time.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A machine that is told to start anew has ended us by then.
const RESTART_SECONDS: u32 = 120;

impl Host {
    pub(super) fn update_news(&mut self, news: UpdateNews) {
        let (live, now) = (self.live_inputs(), self.clock.wall());
        self.updating.news(news, live, now);
    }

    fn live_inputs(&self) -> Vec<Role> {
        let pictures = self.inputs.pictures().filter(|(_, state)| state.live).map(|(role, _)| Role::Picture(role));
        let sounds = self.inputs.sounds().filter(|(_, state)| state.live).map(|(role, _)| Role::Sound(role));
        pictures.chain(sounds).collect()
    }

    /// Once a second: does what waits for a quiet time, and keeps an image that is ready.
    pub(super) fn look_at_updates(&mut self) {
        if self.updating.keeper.is_none() {
            return;
        }
        self.updating.quiet = self.quiet();
        let live = self.live_inputs();
        self.updating.keep(&live);
        let missing = Some(&self.updating.missing).filter(|_| self.updating.trial_seconds > TRIAL_SECONDS);
        let not_kept = missing.map(|missing| tell::update_not_kept(&waited_for(missing)));
        self.alarms.set(tell::UPDATE_NOT_KEPT, not_kept);
        self.alarms.set(tell::UPDATE_FELL_BACK, self.updating.has_fallen_back.then(tell::update_fell_back));
        if self.updating.restarts() {
            self.updating.restart_seconds += 1;
            if self.updating.restart_seconds > RESTART_SECONDS {
                let why =
                    Sentence::new("系统接受了请求，但没有重新启动", "the system took the order and did not do it");
                self.updating.not_restarted(why, self.clock.wall());
            }
        }
        let may = self.updating.quiet.why.is_none()
            && self.updating.fault.is_none()
            && self.updating.installed.is_some()
            && self.updating.activity == UpdateActivity::Idle;
        if may && let Some(UpdateWaits { action, from }) = self.updating.record.waits.take() {
            tracing::info!(from, ?action, "no lesson is near");
            self.updating.save();
            match action {
                UpdateAction::Install { bundle, restart, .. } => self.updating.install(bundle, restart.then_some(from)),
                _ => self.updating.restart(live),
            }
        }
    }

    /// Whether a lesson is in the way now, and when none is.
    fn quiet(&self) -> Quiet {
        let (now, zone) = (self.clock.wall(), self.clock.zone());
        let lead = self.config.update.before_lesson.get();
        let lead = SignedDuration::try_from(lead).unwrap_or(SignedDuration::ZERO);
        let periods = self.timetables.now().periods(&zone, now, now + AHEAD);
        let running = self.lessons.running().map(|(_, lesson)| lesson);
        let ends = running.and_then(|lesson| match lesson.machine.state() {
            State::Recording { record, .. } | State::Paused { record, .. } => {
                let elapsed = record.timeline().elapsed(self.clock.now().media).as_secs();
                let left = record.lesson().planned_seconds?.checked_sub(elapsed).filter(|left| *left > 0)?;
                now.checked_add(SignedDuration::try_from(std::time::Duration::from_secs(left)).ok()?).ok()
            }
            _ => None,
        });
        let (from, first) = quiet(now, ends, &periods, lead);
        match (running, first) {
            (Some(_), _) => {
                Quiet { why: Some(Sentence::new("正在录课", "a lesson is recorded")), from: ends.map(|_| from) }
            }
            (None, _) if !self.has_nothing_in_hand() => Quiet {
                why: Some(Sentence::new("正在整理、检查或导出课程", "a lesson is being finished, checked or exported")),
                from: first.map(|_| from),
            },
            (None, Some(period)) => {
                let when = local(period.begins, &zone);
                let why = Sentence::new(
                    format!("课表上 {when} 有课“{}”", period.title),
                    format!("`{}` is in the timetable at {when}", period.title),
                );
                Quiet { why: Some(why), from: Some(from) }
            }
            (None, None) => Quiet::default(),
        }
    }

    pub(super) fn update(&mut self, action: UpdateAction, from: &str) -> Result<Began, Refusal> {
        let waits = UpdateWaits { action: action.clone(), from: from.to_owned() };
        self.may_update(&action)?;
        match action {
            UpdateAction::Inspect { bundle } => {
                self.updating.activity = UpdateActivity::Inspecting { bundle: bundle.clone() };
                self.updating.order(Order::Inspect(bundle));
            }
            UpdateAction::Cancel {} => {
                let none = || wrong_state("没有等待中的更新或重新启动", "nothing waits for a quiet time");
                self.updating.record.waits.take().ok_or_else(none)?;
                self.updating.save();
            }
            UpdateAction::Keep {} if self.updating.runs_on_trial() => self.updating.ask_to_keep(),
            UpdateAction::Keep {} => {
                return Err(wrong_state("没有试运行中的系统", "no image is on trial"));
            }
            UpdateAction::Install { bundle, wait, restart } => {
                self.is_installable(&bundle)?;
                match self.is_quiet() {
                    Ok(()) => self.updating.install(bundle, restart.then(|| from.to_owned())),
                    Err(refusal) if !wait => return Err(refusal),
                    Err(_) => self.wait_for_quiet(waits),
                }
            }
            UpdateAction::Restart { wait } => match self.is_quiet() {
                Ok(()) => {
                    let live = self.live_inputs();
                    self.updating.restart(live);
                }
                Err(refusal) if !wait => return Err(refusal),
                Err(_) => self.wait_for_quiet(waits),
            },
        }
        Ok(Began::default())
    }

    fn wait_for_quiet(&mut self, waits: UpdateWaits) {
        self.updating.record.waits = Some(waits);
        self.updating.save();
    }

    /// Refuses what the updater cannot do now, whatever the hour.
    fn may_update(&self, action: &UpdateAction) -> Result<(), Refusal> {
        let updating = &self.updating;
        if updating.keeper.is_none() {
            return Err(wrong_state(
                "这台主机的系统不由 RAUC 更新：请用系统自己的软件包命令",
                "the system of this host is not updated by RAUC: use its own packages",
            ));
        }
        if matches!(action, UpdateAction::Cancel {}) {
            return Ok(());
        }
        if let Some(fault) = &updating.fault {
            let Sentence { chinese, english } = fault.clone();
            return Err(Refusal::new(RefusalCode::Unavailable, chinese, english));
        }
        match &updating.activity {
            _ if updating.installed.is_none() => Err(Refusal::new(
                RefusalCode::Unavailable,
                "主机刚启动，更新服务还没有应答：请稍候再试",
                "the updater has not answered yet: try again in a moment",
            )),
            UpdateActivity::Idle => Ok(()),
            UpdateActivity::Inspecting { .. } => {
                Err(wrong_state("正在检查更新包：请稍候", "a bundle is being looked into: wait a moment"))
            }
            UpdateActivity::Installing { .. } => {
                Err(wrong_state("正在安装更新：请等它完成", "an update is being installed: wait until it has ended"))
            }
            UpdateActivity::Restarting => Err(wrong_state("主机正在重新启动", "the machine is about to start anew")),
        }
    }

    /// Refuses a bundle that is known not to be for this machine.
    fn is_installable(&self, bundle: &Path) -> Result<(), Refusal> {
        let known = self.updating.bundles.iter().find(|known| known.bundle == bundle);
        let Sentence { chinese, english } = match known.map(|known| &known.found) {
            None | Some(Found::Fits { .. }) => return Ok(()),
            Some(Found::NotAccepted { why }) => why.clone(),
            Some(Found::ForOthers { compatible, .. }) => {
                let ours = self.updating.installed.as_ref().map(|now| now.compatible.clone()).unwrap_or_default();
                let bundle = bundle.to_owned();
                worded(&UpdateError::ForOthers { bundle, compatible: compatible.clone(), ours })
            }
        };
        Err(Refusal::new(RefusalCode::Invalid, chinese, english))
    }

    /// Refuses what a lesson is in the way of, and says when it is not.
    fn is_quiet(&self) -> Result<(), Refusal> {
        let Quiet { why, from } = self.quiet();
        let Some(why) = why else { return Ok(()) };
        let from = from.map(|from| local(from, &self.clock.zone()));
        let (then, at_last) = match from {
            Some(from) => (format!("最早 {from} 可以"), format!("it can be done from {from} on")),
            None => ("结束后可以".into(), "it can be done when that has ended".into()),
        };
        Err(wrong_state(
            &format!("{}，现在不更新也不重新启动：{then}，也可以让主机到时自己做", why.chinese),
            &format!(
                "{}, so nothing is installed or started anew now: {at_last}, or by itself with `wait`",
                why.english
            ),
        ))
    }
}

fn wrong_state(chinese: &str, english: &str) -> Refusal {
    Refusal::new(RefusalCode::WrongState, chinese, english)
}

fn local(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string()
}
