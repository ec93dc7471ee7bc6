//! `ketangctl update`: updates of the system around the host.

use std::path::PathBuf;

use ketang_protocol::command::Command;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::update::{Found, SlotState, UpdateAction, UpdateActivity, UpdateState};

use super::simple;
use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;

/// Updates the system around the host, and shows what is installed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    Inspect(InspectArgs),
    Install(InstallArgs),
    Restart(RestartArgs),
    Cancel(CancelArgs),
    Keep(KeepArgs),
}

/// Looks into a bundle on the host; `ketangctl update` shows what is found
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// The bundle, a file on the host
    bundle: PathBuf,
}

/// Installs a bundle that is on the host, where no lesson is near
#[derive(Debug, clap::Args)]
pub(crate) struct InstallArgs {
    /// The bundle, a file on the host
    bundle: PathBuf,
    /// Waits until no lesson is near
    #[arg(long)]
    wait: bool,
    /// And then starts the machine anew, when no lesson is near
    #[arg(long)]
    restart: bool,
}

/// Starts the machine anew, where no lesson is near
#[derive(Debug, clap::Args)]
pub(crate) struct RestartArgs {
    /// Waits until no lesson is near
    #[arg(long)]
    wait: bool,
}

/// Nothing is waited for any longer
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {}

/// Keeps the image that is on trial, although an input is missing
#[derive(Debug, clap::Args)]
pub(crate) struct KeepArgs {}

pub(crate) async fn run(Args { action }: Args, host: &Host) -> Result<(), Error> {
    let (action, chinese, english) = match action {
        None => return show(host).await,
        Some(Action::Inspect(InspectArgs { bundle })) => (
            UpdateAction::Inspect { bundle: here(bundle)? },
            "正在检查更新包，`ketangctl update` 显示结果",
            "It is looked into; `ketangctl update` shows what is found",
        ),
        Some(Action::Install(InstallArgs { bundle, wait, restart })) => (
            UpdateAction::Install { bundle: here(bundle)?, wait, restart },
            "主机收到了，`ketangctl update` 显示进度",
            "The host has taken it; `ketangctl update` shows how far it is",
        ),
        Some(Action::Restart(RestartArgs { wait })) => (
            UpdateAction::Restart { wait },
            "主机收到了，`ketangctl update` 显示何时重新启动",
            "The host has taken it; `ketangctl update` shows when it starts anew",
        ),
        Some(Action::Cancel(CancelArgs {})) => (UpdateAction::Cancel {}, "已取消等待", "Nothing waits any longer"),
        Some(Action::Keep(KeepArgs {})) => (UpdateAction::Keep {}, "正在保留", "It is being kept"),
    };
    simple(host, Command::Update { action }, |lang| lang.pick(chinese, english).to_owned()).await
}

/// The host does not know in which folder we are.
fn here(bundle: PathBuf) -> Result<PathBuf, Error> {
    std::path::absolute(bundle).map_err(Error::Output)
}

async fn show(host: &Host) -> Result<(), Error> {
    let snapshot: Snapshot = host.client.get("/v1/snapshot").await?;
    host.show(&snapshot.update, |lang| match &snapshot.update {
        None => lang
            .pick(
                "这台主机的系统不由 RAUC 更新：请用系统自己的软件包命令",
                "The system of this host is not updated by RAUC: use its own packages",
            )
            .to_owned(),
        Some(update) => text(update, lang),
    })
}

fn text(update: &UpdateState, lang: Lang) -> String {
    let say = |one: &ketang_protocol::sentence::Sentence| lang.pick(one.chinese.clone(), one.english.clone());
    let mut lines: Vec<String> = update.slots.iter().map(|one| slot(one, lang)).collect();
    lines.extend(update.fault.as_ref().map(say));
    match &update.activity {
        UpdateActivity::Idle => {}
        UpdateActivity::Inspecting { bundle } => {
            lines.push(format!("{}: {}", lang.pick("正在检查", "Looking into"), bundle.display()));
        }
        UpdateActivity::Installing { percent, step } => {
            lines.push(format!("{}: {percent} % {step}", lang.pick("正在安装", "Installing")));
        }
        UpdateActivity::Restarting => lines.push(lang.pick("正在重新启动", "Starting anew").to_owned()),
    }
    lines.extend(update.bundles.iter().map(|one| {
        let found = match &one.found {
            Found::Fits { version } => lang.pick(format!("版本 {version}"), format!("version {version}")),
            Found::ForOthers { compatible, .. } => {
                lang.pick(format!("是给 {compatible} 的"), format!("for {compatible}"))
            }
            Found::NotAccepted { why } => say(why),
        };
        format!("{}: {found}", one.bundle.display())
    }));
    lines.extend(update.trial.as_ref().map(|why| format!("{}: {}", lang.pick("试运行中", "On trial"), say(why))));
    lines.extend(update.waits.as_ref().map(|waits| say(&waits.told())));
    lines.extend(update.last.as_ref().map(|last| say(&last.told())));
    lines.join("\n")
}

fn slot(slot: &SlotState, lang: Lang) -> String {
    let mut words = vec![slot.name.clone()];
    words.extend(slot.version.clone());
    words.extend(slot.booted.then(|| lang.pick("正在运行", "runs now").to_owned()));
    words.extend(slot.next.then(|| lang.pick("下次启动", "starts next").to_owned()));
    words.extend((slot.good == Some(false)).then(|| lang.pick("不可启动", "is not bootable").to_owned()));
    words.join(" · ")
}
