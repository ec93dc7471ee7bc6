//! `ketangctl sound`: how loud a microphone is, and whether it is heard at all.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use ketang_hal::role::SoundRole;
use ketang_protocol::command::{Command, Sound};

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Sets how loud a microphone is in every mix, or mutes it
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["gain", "mute", "unmute"]))]
pub(crate) struct Args {
    /// The microphone
    #[arg(value_parser = sound_role())]
    role: SoundRole,
    /// Decibels, from -60 to 20; 0 is how the host mixes it
    #[arg(long, allow_negative_numbers = true, value_name = "DB")]
    gain: Option<f32>,
    /// It is heard nowhere until it is unmuted, the next lesson begins or the host starts anew
    #[arg(long, conflicts_with = "unmute")]
    mute: bool,
    /// It is heard again
    #[arg(long)]
    unmute: bool,
}

pub(super) fn sound_role() -> impl TypedValueParser<Value = SoundRole> {
    PossibleValuesParser::new(SoundRole::ALL.map(SoundRole::as_str)).try_map(|text| text.parse::<SoundRole>())
}

pub(crate) async fn run(Args { role, gain, mute, unmute }: Args, host: &Host) -> Result<(), Error> {
    let muted = (mute || unmute).then_some(mute);
    let loud = gain.map(|gain| (format!("音量 {gain:+} dB"), format!("{gain:+} dB")));
    let open = muted.map(|muted| match muted {
        true => ("已静音".to_owned(), "muted".to_owned()),
        false => ("已取消静音".to_owned(), "heard again".to_owned()),
    });
    let (chinese, english): (Vec<_>, Vec<_>) = loud.into_iter().chain(open).unzip();
    simple(host, Command::Sound(Sound { role, gain_db: gain, muted }), |lang| {
        lang.pick(
            format!("{}：{}", role.chinese(), chinese.join("，")),
            format!("{}: {}", role.english(), english.join(", ")),
        )
    })
    .await
}
