//! `ketangctl sound-card`: the controls that a microphone's sound card has itself.

use ketang_hal::role::SoundRole;
use ketang_protocol::command::{Command, SoundCard};

use super::{simple, sound::sound_role};
use crate::error::Error;
use crate::host::Host;

/// Sets a capture control of a microphone's sound card
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["volume", "on", "off"]))]
pub(crate) struct Args {
    /// The microphone whose card it is
    #[arg(value_parser = sound_role())]
    role: SoundRole,
    /// What the card calls it, such as Mic; `ketangctl inputs` lists them
    control: String,
    /// Percent of its range
    #[arg(long, value_name = "PERCENT")]
    volume: Option<u8>,
    /// Switches it on
    #[arg(long, conflicts_with = "off")]
    on: bool,
    /// Switches it off
    #[arg(long)]
    off: bool,
}

pub(crate) async fn run(Args { role, control, volume, on, off }: Args, host: &Host) -> Result<(), Error> {
    let done = format!("{}: {control}", role.english());
    let done_chinese = format!("{}：{control}", role.chinese());
    let set = SoundCard { role, control, percent: volume, on: (on || off).then_some(on) };
    simple(host, Command::SoundCard(set), |lang| lang.pick(format!("{done_chinese} 已设置"), format!("{done} is set")))
        .await
}
