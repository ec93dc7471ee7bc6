//! `ketangctl ptz`: turns a camera.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use ketang_hal::ptz::Steer;
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Ptz, PtzAction};

use super::simple;
use crate::error::Error;
use crate::host::Host;

/// Turns a camera, sends it to a preset or stores one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The input whose camera it is
    #[arg(
        value_parser = PossibleValuesParser::new(PictureRole::ALL.map(PictureRole::as_str))
            .try_map(|text| text.parse::<PictureRole>())
    )]
    input: PictureRole,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    Go(PresetArgs),
    Set(SetArgs),
    Steer(SteerArgs),
    Stop(StopArgs),
}

/// Goes to a preset; the picture is not shown on the way
#[derive(Debug, clap::Args)]
pub(crate) struct PresetArgs {
    /// The preset's name; `ketangctl inputs` lists them
    preset: String,
}

/// Stores where it looks now as a preset
#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    /// The preset's name; `ketangctl inputs` lists them
    preset: String,
}

/// Turns for a second and a half; said again, it goes on
#[derive(Debug, clap::Args)]
pub(crate) struct SteerArgs {
    /// Speed to the right, from -1 to 1
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pan: f64,
    /// Speed upwards, from -1 to 1
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    tilt: f64,
    /// Speed closer, from -1 to 1
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    zoom: f64,
}

/// Ends every movement
#[derive(Debug, clap::Args)]
pub(crate) struct StopArgs {}

pub(crate) async fn run(Args { input, action }: Args, host: &Host) -> Result<(), Error> {
    let (action, chinese, english) = match action {
        Action::Go(PresetArgs { preset }) => {
            let (chinese, english) = (format!("正转到 {preset}"), format!("On its way to {preset}"));
            (PtzAction::Go { preset }, chinese, english)
        }
        Action::Set(SetArgs { preset }) => {
            let (chinese, english) = (format!("保存为 {preset}"), format!("Stores {preset}"));
            (PtzAction::Set { preset }, chinese, english)
        }
        Action::Steer(SteerArgs { pan, tilt, zoom }) => {
            (PtzAction::Steer(Steer { pan, tilt, zoom }), "正在转动".into(), "It turns".into())
        }
        Action::Stop(StopArgs {}) => (PtzAction::Stop {}, "停止转动".into(), "It stops".into()),
    };
    simple(host, Command::Ptz(Ptz { input, action }), |lang| {
        lang.pick(format!("{}：{chinese}", input.chinese()), format!("{}: {english}", input.english()))
    })
    .await
}
