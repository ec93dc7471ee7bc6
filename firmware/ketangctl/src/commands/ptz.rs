//! `ketangctl ptz`: turns a camera.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use ketang_hal::ptz::Steer;
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Point, Ptz, PtzAction};

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
    Look(LookArgs),
    Follow(FollowArgs),
    Calibrate(CalibrateArgs),
    Check(CheckArgs),
    Uncalibrate(UncalibrateArgs),
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

/// Turns so that a point of the panorama is in the middle; needs a calibration
#[derive(Debug, clap::Args)]
pub(crate) struct LookArgs {
    #[command(flatten)]
    point: PointArgs,
}

/// Says which point of the panorama is in the middle of its picture now; four or more make a calibration
#[derive(Debug, clap::Args)]
pub(crate) struct CalibrateArgs {
    #[command(flatten)]
    point: PointArgs,
}

/// The same, but only tells how far the calibration is off there
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    point: PointArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PointArgs {
    /// Share of the panorama's width from its left edge, 0 to 1
    x: f64,
    /// Share of its height from its upper edge, 0 to 1
    y: f64,
}

impl From<PointArgs> for Point {
    fn from(PointArgs { x, y }: PointArgs) -> Self {
        Self { x, y }
    }
}

/// Lets the host turn it by itself again, at once
#[derive(Debug, clap::Args)]
pub(crate) struct FollowArgs {}

/// Forgets every point of its calibration
#[derive(Debug, clap::Args)]
pub(crate) struct UncalibrateArgs {}

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
        Action::Look(LookArgs { point }) => {
            (PtzAction::Look(point.into()), "正在转过去".into(), "It turns there".into())
        }
        Action::Follow(FollowArgs {}) => {
            (PtzAction::Follow {}, "恢复由主机转动".into(), "The host turns it again".into())
        }
        Action::Calibrate(CalibrateArgs { point }) => (
            PtzAction::Calibrate(point.into()),
            "已记下标定点，`ketangctl inputs` 显示标定结果".into(),
            "The point is noted; `ketangctl inputs` tells what came of it".into(),
        ),
        Action::Check(CheckArgs { point }) => (
            PtzAction::Check(point.into()),
            "已检查，`ketangctl inputs` 显示偏差".into(),
            "Checked; `ketangctl inputs` tells how far it is off".into(),
        ),
        Action::Uncalibrate(UncalibrateArgs {}) => {
            (PtzAction::Uncalibrate {}, "已清除标定".into(), "It is not calibrated any more".into())
        }
    };
    simple(host, Command::Ptz(Ptz { input, action }), |lang| {
        lang.pick(format!("{}：{chinese}", input.chinese()), format!("{}: {english}", input.english()))
    })
    .await
}
