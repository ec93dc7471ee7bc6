//! `ketangctl verify`: checks a lesson again, or a folder of another host.

use std::path::{Path, PathBuf};

use ketang_protocol::command::Command;
use ketang_protocol::lesson::{Lesson, LessonId};

use super::{goes_on, reply};
use crate::error::Error;
use crate::host::Host;
use crate::{report, wait};

/// Checks a lesson against HB-1 to HB-5: by its id, or by its folder when it is of another host
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id, or a lesson's folder
    #[arg(value_name = "LESSON|FOLDER")]
    lesson: String,
    /// Waits for the verdict and prints it
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    let folder = folder(&args.lesson)?;
    let command = match &folder {
        Some(folder) => Command::VerifyFolder { folder: folder.clone() },
        None => Command::Verify { lesson: LessonId(args.lesson.clone()) },
    };
    let begun = host.client.command(command).await?;
    let Some(job) = begun.job.filter(|_| args.wait) else {
        return host.show(&reply(begun.clone()), |lang| goes_on(&begun, lang));
    };
    wait::for_job(host, job).await?;
    let lesson = match &folder {
        Some(folder) => read(folder)?,
        // The host took the id, so it is one.
        None => host.client.get::<Lesson>(&format!("/v1/lessons/{}", args.lesson)).await?,
    };
    let verdict = lesson.verdict.ok_or_else(|| Error::NotUnderstood { why: "it left no verdict".into() })?;
    host.show(&verdict, |lang| report::verdict(&verdict, lang))?;
    if verdict.ok { Ok(()) } else { Err(Error::Bad) }
}

/// The folder that is meant, if it is one: what has a slash or is there, for no id is either.
fn folder(text: &str) -> Result<Option<PathBuf>, Error> {
    let path = Path::new(text);
    if !text.contains('/') && !path.is_dir() {
        return Ok(None);
    }
    let absolute = std::path::absolute(path);
    absolute.map(Some).map_err(|error| Error::NotALesson { folder: path.into(), why: error.to_string() })
}

fn read(folder: &Path) -> Result<Lesson, Error> {
    let not = |why: String| Error::NotALesson { folder: folder.into(), why };
    let text = std::fs::read(folder.join("lesson.json")).map_err(|error| not(format!("lesson.json: {error}")))?;
    serde_json::from_slice(&text).map_err(|error| not(format!("lesson.json: {error}")))
}
