//! `ketangctl live`: where the programme goes by RTMP, and going live by hand.

use ketang_protocol::command::Command;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::targets::{PushState, Starts, TargetState};

use super::simple;
use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{local, table};

/// Lists the live targets, or starts and stops a push
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists the targets with what becomes of each
    List,
    /// Pushes the programme to a target, until it is stopped or the lesson ends
    Start {
        /// The target's name
        name: String,
    },
    /// Ends the push to a target
    Stop {
        /// The target's name
        name: String,
    },
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    match args.what {
        None | Some(What::List) => {
            let snapshot: Snapshot = host.client.get("/v1/snapshot").await?;
            let targets = snapshot.live;
            host.show(&targets, |lang| match targets.as_slice() {
                [] => lang
                    .pick("没有直播目标：管理员在“直播”页添加", "No live targets: IT adds them on the page Live")
                    .into(),
                targets => table(&targets.iter().map(|target| row(target, lang)).collect::<Vec<_>>(), 0),
            })
        }
        Some(What::Start { name }) => {
            simple(host, Command::LiveStart { target: name.clone() }, |lang| {
                lang.pick(
                    format!("正在连接“{name}”：`ketangctl live` 显示结果"),
                    format!("Connecting to {name}: `ketangctl live` shows what becomes of it"),
                )
            })
            .await
        }
        Some(What::Stop { name }) => {
            simple(host, Command::LiveStop { target: name.clone() }, |lang| {
                lang.pick(format!("已停止直播到“{name}”"), format!("Nothing goes to {name} any more"))
            })
            .await
        }
    }
}

pub(super) fn row(target: &TargetState, lang: Lang) -> Vec<String> {
    let starts = match target.starts {
        Starts::WithLessons => lang.pick("每节课", "with lessons"),
        Starts::ByHand => lang.pick("手动", "by hand"),
    };
    let mut state = lang.say(target.push.told());
    if let PushState::Live { since } = target.push {
        state.push_str(&format!(" {}{} · {} kbit/s", lang.pick("自 ", "since "), local(since), target.kbit_s));
    }
    if target.dropped > 0 {
        state.push_str(&lang.pick(
            format!(" · 网络太慢，丢了 {} 帧", target.dropped),
            format!(" · {} frames let go: too slow", target.dropped),
        ));
    }
    vec![target.name.clone(), target.address.clone(), starts.into(), state]
}
