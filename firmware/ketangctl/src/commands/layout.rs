//! `ketangctl layout`: shows inputs in a layout.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Shot};

use super::simple;
use crate::error::Error;
use crate::host::Host;
use crate::print;

/// Shows inputs in a layout
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The layout's name, such as single or side-by-side; `ketangctl status` lists them
    layout: String,
    /// The inputs, one a pane
    #[arg(
        required = true,
        value_parser = PossibleValuesParser::new(PictureRole::ALL.map(PictureRole::as_str))
            .try_map(|text| text.parse::<PictureRole>())
    )]
    inputs: Vec<PictureRole>,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let shot = Shot { layout: args.layout, inputs: args.inputs };
    let text = print::shot(&shot);
    simple(host, Command::Layout(shot), |lang| {
        lang.pick(format!("节目画面：{text}"), format!("The programme shows {text}"))
    })
    .await
}
