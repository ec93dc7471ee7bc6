//! `ketangctl export`: copies a track, or a piece of it, out of a lesson.

use std::path::PathBuf;

use ketang_protocol::command::{Command, Export};
use ketang_protocol::lesson::LessonId;

use super::{goes_on, reply};
use crate::error::Error;
use crate::host::Host;
use crate::time::seconds;
use crate::wait;

/// Copies a track of a lesson, or a piece of it, to a file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// The track, such as programme or hdmi
    #[arg(long, default_value = "programme")]
    track: String,
    /// The file to write; with --parts the stem of the files
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Where the piece begins, such as 12:30
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    from: Option<f64>,
    /// Where the piece ends, such as 14:00
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    until: Option<f64>,
    /// Writes several files below the part limit (HB-5) instead of one
    #[arg(long)]
    parts: bool,
    /// Waits until the file is written
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let to = std::path::absolute(&args.to).map_err(Error::Output)?;
    let export = Export {
        lesson: LessonId(args.lesson),
        track: args.track,
        to: to.clone(),
        from_seconds: args.from,
        to_seconds: args.until,
        parts: args.parts,
    };
    let begun = host.client.command(Command::Export(export)).await?;
    let Some(job) = begun.job.filter(|_| args.wait) else {
        return host.show(&reply(begun.clone()), |lang| goes_on(&begun, lang));
    };
    let job = wait::for_job(host, job).await?;
    let to = to.display();
    // The parts of the track differ in size or in the settings of their encoder.
    let encoded = job.what == "export-encoded";
    let (chinese, english) = if encoded {
        ("（各段画面格式不同，已重新编码）", "; its pictures were encoded anew, because its parts differ")
    } else {
        ("", "")
    };
    host.show(&job, |lang| lang.pick(format!("已导出 {to}{chinese}"), format!("Exported to {to}{english}")))
}
