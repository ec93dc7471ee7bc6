//! What the host knows of updates, and what follows from what it is told; it reads no clock, and every second is counted for it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ketang_hal::role::Role;
use ketang_hal::update::{Activity, Bundle, Installed, UpdateError};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::update::{
    BundleState, Found, Quiet, SlotState, UpdateAction, UpdateActivity, UpdateOutcome, UpdateState, UpdateTold,
    UpdateWaits,
};

use crate::updates::{Fate, Installing, Keeper, Order, Record, Trial, UpdateNews};

/// Cameras that come up with the machine are there by then; after it IT is told what is missing.
pub(super) const TRIAL_SECONDS: u32 = 300;
/// Between two tries to keep the image that runs.
const KEEP_AGAIN_SECONDS: u32 = 60;
/// So many bundles are told of.
const BUNDLES: usize = 16;

/// Whether the boot loader was told to keep what runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keeping {
    #[default]
    Not,
    /// It is tried again in so many seconds.
    In(u32),
    Asked,
    Done,
}

/// What the host knows of updates.
#[derive(Default)]
pub(in crate::host) struct Updating {
    /// Absent where the system is updated some other way.
    pub(super) keeper: Option<Keeper>,
    /// Where it is remembered, and what the disk is tried with.
    folder: PathBuf,
    pub(super) record: Record,
    pub(super) installed: Option<Installed>,
    pub(super) fault: Option<Sentence>,
    pub(super) bundles: Vec<BundleState>,
    pub(super) activity: UpdateActivity,
    pub(super) quiet: Quiet,
    keeping: Keeping,
    /// Inputs that an image on trial has not found again.
    pub(super) missing: Vec<Role>,
    pub(super) trial_seconds: u32,
    pub(super) restart_seconds: u32,
    /// Who wants a restart after the installation that is about to begin.
    restart_after: Option<String>,
    pub(super) has_fallen_back: bool,
}

impl Updating {
    pub(in crate::host) fn new(keeper: Option<Keeper>, folder: &Path) -> Self {
        let record = Record::open(folder);
        Self { keeper, folder: folder.to_owned(), record, ..Self::default() }
    }

    pub(in crate::host) fn told(&self) -> Option<UpdateState> {
        self.keeper.as_ref()?;
        let installed = self.installed.clone().unwrap_or_default();
        let slots = installed.slots.into_iter().map(|slot| SlotState {
            name: slot.name,
            booted: slot.is_booted,
            next: slot.is_next,
            good: slot.is_good,
            version: slot.version,
            installed: slot.installed.and_then(|when| when.parse().ok()),
        });
        Some(UpdateState {
            fault: self.fault.clone(),
            compatible: installed.compatible,
            slots: slots.collect(),
            bundles: self.bundles.clone(),
            activity: self.activity.clone(),
            waits: self.record.waits.clone(),
            quiet: self.quiet.clone(),
            trial: self.runs_on_trial().then(|| waited_for(&self.missing)),
            last: self.record.last.clone(),
        })
    }

    /// Whether the machine is about to start anew.
    pub(in crate::host) fn restarts(&self) -> bool {
        self.activity == UpdateActivity::Restarting
    }

    fn fate(&self) -> Option<Fate> {
        Some(self.record.trial.as_ref()?.fate(self.installed.as_ref()?))
    }

    pub(super) fn runs_on_trial(&self) -> bool {
        self.fate() == Some(Fate::Runs)
    }

    pub(super) fn order(&self, order: Order) {
        if let Some(keeper) = &self.keeper {
            keeper.order(order);
        }
    }

    /// Whatever is decided holds, even where it cannot be remembered.
    pub(super) fn save(&self) {
        if let Err(error) = self.record.save(&self.folder) {
            tracing::error!(%error, "what is known of the update is not remembered");
        }
    }

    fn ended(&mut self, at: Timestamp, version: Option<String>, outcome: UpdateOutcome) {
        let told = UpdateTold { at, version, outcome };
        tracing::info!("{}", told.told().english);
        self.record.last = Some(told);
        self.save();
    }

    pub(super) fn install(&mut self, bundle: PathBuf, restart: Option<String>) {
        self.has_fallen_back = false;
        self.activity = UpdateActivity::Installing { percent: 0, step: String::new() };
        // Remembered when it has begun.
        self.record.installing = None;
        self.restart_after = restart;
        self.order(Order::Install(bundle));
    }

    pub(super) fn restart(&mut self, inputs: Vec<Role>) {
        if let Some(trial) = &mut self.record.trial {
            trial.inputs = inputs.into_iter().collect();
        }
        self.save();
        self.activity = UpdateActivity::Restarting;
        self.restart_seconds = 0;
        self.order(Order::Restart);
    }

    /// Takes note of news; `live` are the inputs that live now.
    pub(super) fn news(&mut self, news: UpdateNews, live: Vec<Role>, now: Timestamp) {
        match news {
            UpdateNews::Away(error) => self.fault = Some(worded(&error)),
            UpdateNews::Installed(installed) => {
                self.fault = None;
                self.installed = Some(installed);
                if self.fate() == Some(Fate::FellBack) {
                    let trial = self.record.trial.take();
                    self.has_fallen_back = true;
                    self.ended(now, trial.and_then(|trial| trial.version), UpdateOutcome::FellBack);
                }
            }
            UpdateNews::Inspected(bundle, found) => self.found(bundle, found),
            UpdateNews::Begun(bundle, Ok(())) => {
                let version = self.bundles.iter().find(|one| one.bundle == bundle).and_then(|one| match &one.found {
                    Found::Fits { version } => Some(version.clone()),
                    _ => None,
                });
                self.record.installing = Some(Installing { version, restart: self.restart_after.take() });
                self.save();
            }
            UpdateNews::Begun(bundle, Err(error)) => {
                self.activity = UpdateActivity::Idle;
                let name = bundle.file_name().map(|name| name.to_string_lossy().into_owned());
                self.ended(now, name, UpdateOutcome::NotInstalled { why: worded(&error) });
            }
            UpdateNews::Activity(Activity::Installing { percent, step }) => {
                self.fault = None;
                self.activity = UpdateActivity::Installing { percent, step };
                // Begun by somebody at the host itself.
                self.record.installing.get_or_insert_default();
            }
            UpdateNews::Activity(Activity::Idle(ended)) => {
                self.fault = None;
                if let Some(installing) = self.record.installing.take() {
                    self.activity = UpdateActivity::Idle;
                    self.installed(installing, ended, live, now);
                }
            }
            UpdateNews::Kept(Ok(())) => {
                self.keeping = Keeping::Done;
                if self.runs_on_trial() {
                    let trial = self.record.trial.take();
                    self.ended(now, trial.and_then(|trial| trial.version), UpdateOutcome::Kept);
                }
            }
            UpdateNews::Kept(Err(error)) => {
                tracing::warn!(%error, "what runs is not kept yet");
                self.keeping = Keeping::In(KEEP_AGAIN_SECONDS);
            }
            UpdateNews::Restarts(Ok(())) => tracing::info!("the machine starts anew"),
            UpdateNews::Restarts(Err(error)) => self.not_restarted(worded(&error), now),
        }
    }

    pub(super) fn not_restarted(&mut self, why: Sentence, now: Timestamp) {
        self.activity = UpdateActivity::Idle;
        self.ended(now, None, UpdateOutcome::NotRestarted { why });
    }

    fn found(&mut self, bundle: PathBuf, found: Result<Bundle, UpdateError>) {
        if self.activity == (UpdateActivity::Inspecting { bundle: bundle.clone() }) {
            self.activity = UpdateActivity::Idle;
        }
        let ours = self.installed.as_ref().map(|installed| installed.compatible.as_str());
        let found = match found {
            Ok(Bundle { compatible, version }) if ours == Some(compatible.as_str()) => Found::Fits { version },
            Ok(Bundle { compatible, version }) => Found::ForOthers { compatible, version },
            Err(error) => Found::NotAccepted { why: worded(&error) },
        };
        self.bundles.retain(|other| other.bundle != bundle);
        self.bundles.push(BundleState { bundle, found });
        if self.bundles.len() > BUNDLES {
            self.bundles.remove(0);
        }
    }

    /// An installation has ended.
    fn installed(
        &mut self,
        installing: Installing,
        ended: Option<Result<(), String>>,
        live: Vec<Role>,
        now: Timestamp,
    ) {
        let Installing { version, restart } = installing;
        let why = match ended {
            Some(Ok(())) => {
                self.record.trial = self.trial(version.clone(), live);
                if let Some(from) = restart {
                    self.record.waits = Some(UpdateWaits { action: UpdateAction::Restart { wait: true }, from });
                }
                return self.ended(now, version, UpdateOutcome::Installed);
            }
            Some(Err(why)) => why.as_str().into(),
            None => Sentence::new(
                "更新服务中途重新启动过，请再装一次",
                "the updater was started anew in the middle of it: install it again",
            ),
        };
        self.ended(now, version, UpdateOutcome::NotInstalled { why });
    }

    fn trial(&self, version: Option<String>, live: Vec<Role>) -> Option<Trial> {
        let installed = self.installed.as_ref()?;
        let (booted, next) = (installed.booted()?, installed.next()?);
        (booted.name != next.name).then(|| Trial {
            version,
            before: booted.name.clone(),
            slot: next.name.clone(),
            boot: installed.boot.clone(),
            inputs: live.into_iter().collect(),
        })
    }

    /// Once a second: keeps what runs, when it is ready. An image that has been kept before needs nothing but a disk: no camera that
    /// was unplugged since makes a machine go back.
    pub(super) fn keep(&mut self, live: &[Role]) {
        let Some(installed) = &self.installed else { return };
        if installed.booted().is_none() {
            return;
        }
        let wanted = self.record.trial.as_ref().filter(|_| self.runs_on_trial()).map(|trial| &trial.inputs);
        self.missing = wanted.into_iter().flatten().filter(|role| !live.contains(role)).copied().collect();
        self.trial_seconds = if self.runs_on_trial() { self.trial_seconds.saturating_add(1) } else { 0 };
        match self.keeping {
            Keeping::In(0) | Keeping::Not if self.missing.is_empty() => self.ask_to_keep(),
            Keeping::In(seconds) => self.keeping = Keeping::In(seconds.saturating_sub(1)),
            _ => {}
        }
    }

    pub(super) fn ask_to_keep(&mut self) {
        self.keeping = Keeping::Asked;
        self.order(Order::Keep(self.folder.clone()));
    }
}

/// What an image on trial is kept after.
pub(super) fn waited_for(missing: &[Role]) -> Sentence {
    let name = |role: &Role| match role {
        Role::Picture(role) => (role.chinese(), role.english()),
        Role::Sound(role) => (role.chinese(), role.english()),
    };
    let (chinese, english): (Vec<_>, Vec<_>) = missing.iter().map(name).unzip();
    match missing {
        [] => Sentence::new("正在试写磁盘", "the disk is being tried"),
        _ => Sentence::new(
            format!("还没有信号：{}", chinese.join("、")),
            format!("no signal yet: {}", english.join(", ")),
        ),
    }
}

/// An updater's error in both languages; what it says itself stays as it says it.
pub(super) fn worded(error: &UpdateError) -> Sentence {
    let name = |bundle: &Path| bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let chinese = match error {
        UpdateError::Away { why } => format!("更新服务没有应答（{why}）：用 systemctl status rauc 查看"),
        UpdateError::NotAccepted { bundle, why } => {
            format!("更新包 {} 不被接受（{why}）：签名不属于本机的密钥，或文件不完整", name(bundle))
        }
        UpdateError::ForOthers { bundle, compatible, ours } => {
            format!("更新包 {} 是给 {compatible} 的，本机是 {ours}：请用本机的更新包", name(bundle))
        }
        UpdateError::Refused { why } => {
            format!("更新服务拒绝了请求（{why}）：请等它空闲，或用 journalctl -u rauc 查看")
        }
        UpdateError::NotWritable { why } => format!("磁盘写不进去（{why}）：不能录课的系统不会保留"),
        UpdateError::NotRestarted { why } => {
            format!("不能从这里重新启动（{why}）：请允许 ketangd 的用户重启，或用 sudo systemctl reboot")
        }
    };
    Sentence::new(chinese, error.to_string())
}

#[cfg(test)]
mod tests {
    use ketang_hal::role::PictureRole;
    use ketang_hal::update::Slot;

    use super::*;

    const HDMI: Role = Role::Picture(PictureRole::Hdmi);
    const PANORAMA: Role = Role::Picture(PictureRole::TeacherPanorama);

    fn now() -> Timestamp {
        "2026-12-01T10:00:00Z".parse().unwrap()
    }

    fn machine(booted: &str, next: &str, boot: &str) -> UpdateNews {
        let slot = |name: &str| Slot {
            name: name.into(),
            is_booted: name == booted,
            is_next: name == next,
            ..Slot::default()
        };
        UpdateNews::Installed(Installed {
            compatible: "a".into(),
            slots: vec![slot("A"), slot("B")],
            boot: boot.into(),
        })
    }

    fn installs() -> UpdateNews {
        UpdateNews::Activity(Activity::Installing { percent: 40, step: "Copying".into() })
    }

    fn ended(how: Result<(), String>) -> UpdateNews {
        UpdateNews::Activity(Activity::Idle(Some(how)))
    }

    fn outcome(updating: &Updating) -> Option<&UpdateOutcome> {
        updating.record.last.as_ref().map(|last| &last.outcome)
    }

    /// An updater that has just installed version 2 into slot B, with both inputs there.
    fn installed(folder: &Path, restart: Option<&str>) -> Updating {
        let mut updating = Updating::new(None, folder);
        updating.news(machine("A", "A", "one"), vec![], now());
        updating.keep(&[HDMI, PANORAMA]);
        updating.news(UpdateNews::Kept(Ok(())), vec![], now());
        let bundle = Bundle { compatible: "a".into(), version: "2".into() };
        updating.install("/2.raucb".into(), restart.map(str::to_owned));
        updating.news(UpdateNews::Inspected("/2.raucb".into(), Ok(bundle)), vec![], now());
        updating.news(UpdateNews::Begun("/2.raucb".into(), Ok(())), vec![], now());
        updating.news(installs(), vec![], now());
        updating.news(machine("A", "B", "one"), vec![], now());
        updating.news(ended(Ok(())), vec![HDMI, PANORAMA], now());
        updating
    }

    /// The host after another start of the machine.
    fn started(folder: &Path, booted: &str) -> Updating {
        let mut updating = Updating::new(None, folder);
        updating.news(machine(booted, booted, "two"), vec![], now());
        updating.news(ended(Ok(())), vec![], now());
        updating
    }

    #[test]
    fn an_image_is_kept_when_its_inputs_are_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let before = installed(folder.path(), Some("admin:li"));
        assert_eq!(outcome(&before), Some(&UpdateOutcome::Installed));
        assert_eq!(before.record.last.as_ref().unwrap().version.as_deref(), Some("2"));
        assert_eq!(before.record.waits.as_ref().unwrap().action, UpdateAction::Restart { wait: true });
        assert!(!before.runs_on_trial());

        let mut updating = started(folder.path(), "B");
        assert!(updating.runs_on_trial());
        for _ in 0..=TRIAL_SECONDS {
            updating.keep(&[PANORAMA]);
        }
        assert_eq!((updating.missing.as_slice(), updating.keeping), (&[HDMI][..], Keeping::Not));
        assert!(updating.trial_seconds > TRIAL_SECONDS);
        updating.keep(&[PANORAMA, HDMI]);
        assert_eq!(updating.keeping, Keeping::Asked);
        // A disk that fails once is tried again, after a while.
        updating.news(UpdateNews::Kept(Err(UpdateError::NotWritable { why: "full".into() })), vec![], now());
        updating.keep(&[PANORAMA, HDMI]);
        assert_eq!(updating.keeping, Keeping::In(KEEP_AGAIN_SECONDS - 1));
        for _ in 0..KEEP_AGAIN_SECONDS {
            updating.keep(&[PANORAMA, HDMI]);
        }
        assert_eq!(updating.keeping, Keeping::Asked);
        updating.news(UpdateNews::Kept(Ok(())), vec![], now());
        assert_eq!(outcome(&updating), Some(&UpdateOutcome::Kept));
        assert!(!updating.runs_on_trial() && updating.record.trial.is_none());
        updating.keep(&[]);
        assert_eq!((updating.keeping, updating.trial_seconds), (Keeping::Done, 0));
        assert_eq!(Record::open(folder.path()), updating.record, "and all of it is remembered");
    }

    #[test]
    fn a_machine_that_came_back_with_the_old_image_says_so_once() {
        let folder = tempfile::tempdir().unwrap();
        installed(folder.path(), None);
        let again = started(folder.path(), "A");
        assert_eq!(outcome(&again), Some(&UpdateOutcome::FellBack));
        assert!(again.has_fallen_back && again.record.trial.is_none());
        assert!(!started(folder.path(), "A").has_fallen_back);
    }

    #[test]
    fn a_camera_that_was_unplugged_makes_no_kept_image_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut updating = started(folder.path(), "A");
        updating.keep(&[]);
        assert_eq!(updating.keeping, Keeping::Asked);
    }

    #[test]
    fn an_installation_that_fails_changes_nothing_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let mut updating = Updating::new(None, folder.path());
        updating.news(machine("A", "A", "one"), vec![], now());
        for (news, said) in [
            (ended(Err("no space".into())), "no space"),
            (UpdateNews::Activity(Activity::Idle(None)), "in the middle"),
            (UpdateNews::Begun("/2.raucb".into(), Err(UpdateError::Refused { why: "busy".into() })), "busy"),
        ] {
            updating.install("/2.raucb".into(), Some("it".into()));
            // An answer to an older question ends nothing.
            updating.news(UpdateNews::Activity(Activity::Idle(None)), vec![], now());
            assert_ne!(updating.activity, UpdateActivity::Idle);
            if !matches!(news, UpdateNews::Begun(..)) {
                updating.news(UpdateNews::Begun("/2.raucb".into(), Ok(())), vec![], now());
                updating.news(installs(), vec![], now());
            }
            updating.news(news, vec![], now());
            let Some(UpdateOutcome::NotInstalled { why }) = outcome(&updating) else { panic!("{said}") };
            assert!(why.english.contains(said), "{why:?}");
            assert!(updating.record.trial.is_none() && updating.record.waits.is_none());
            assert_eq!(updating.activity, UpdateActivity::Idle);
        }
    }

    #[test]
    fn an_installation_that_somebody_began_at_the_host_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let mut updating = Updating::new(None, folder.path());
        updating.news(machine("A", "A", "one"), vec![], now());
        updating.news(installs(), vec![], now());
        assert!(matches!(updating.activity, UpdateActivity::Installing { percent: 40, .. }));
        // The host itself ends and comes back meanwhile.
        let mut updating = Updating { record: updating.record, ..Updating::new(None, folder.path()) };
        updating.news(machine("A", "B", "one"), vec![], now());
        updating.news(ended(Ok(())), vec![HDMI], now());
        assert_eq!(outcome(&updating), Some(&UpdateOutcome::Installed));
        assert_eq!(updating.record.trial.as_ref().unwrap().slot, "B");
    }
}
