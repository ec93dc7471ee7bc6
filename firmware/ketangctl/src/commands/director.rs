//! `ketangctl director`: who cuts, and why it was cut so.

use clap::ValueEnum;
use ketang_director::explain::{Language, explain};
use ketang_protocol::command::Command;
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::{Event, EventKind, LessonId};

use super::simple;
use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{self, clock, table};
use crate::time;

/// Says who cuts, or tells why the programme of a lesson was cut so
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    Mode(ModeArgs),
    Explain(ExplainArgs),
}

/// Lets the host cut, a person, or a person alone
#[derive(Debug, clap::Args)]
pub(crate) struct ModeArgs {
    /// automatic: the rules cut; semi-automatic: cameras follow, a person cuts; manual: cameras stay as they are
    mode: ModeName,
}

/// Tells each cut of a lesson in a sentence, or the one that was on air at a time
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The lesson's id; `ketangctl lessons` lists them
    lesson: String,
    /// The time in the lesson, such as 12:30
    #[arg(value_parser = time::seconds)]
    time: Option<f64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeName {
    Automatic,
    SemiAutomatic,
    Manual,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Automatic => Mode::Automatic,
            ModeName::SemiAutomatic => Mode::SemiAutomatic,
            ModeName::Manual => Mode::Manual,
        }
    }
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    match args.action {
        Action::Mode(args) => {
            let mode = args.mode.into();
            simple(host, Command::Direct { mode }, |lang| {
                let name = print::mode(mode, lang);
                lang.pick(format!("导播方式：{name}"), format!("Directing is {name}"))
            })
            .await
        }
        Action::Explain(args) => explain_lesson(args, host).await,
    }
}

async fn explain_lesson(args: ExplainArgs, host: &Host) -> Result<(), Error> {
    let id = LessonId(args.lesson);
    id.check().map_err(Error::Refused)?;
    let events: Vec<Event> = host.client.get(&format!("/v1/lessons/{id}/events")).await?;
    let mut cuts: Vec<Event> = events.into_iter().filter(|event| matches!(event.what, EventKind::Cut { .. })).collect();
    if let Some(time) = args.time {
        let on_air = cuts.iter().rposition(|cut| cut.at <= time).unwrap_or(0);
        cuts = cuts.into_iter().skip(on_air).take(1).collect();
    }
    host.show(&cuts, |lang| match cuts.as_slice() {
        [] => lang.pick("这节课没有切换", "The lesson has no cut").into(),
        cuts => table(&cuts.iter().map(|cut| row(cut, lang)).collect::<Vec<_>>(), 0),
    })
}

fn row(cut: &Event, lang: Lang) -> Vec<String> {
    let language = lang.pick(Language::Chinese, Language::English);
    let sentence = match &cut.what {
        EventKind::Cut { shot, why: Some(why), .. } => explain("", shot, why, language),
        EventKind::Cut { shot, reason, .. } => format!("{}: {reason}", print::shot(shot)),
        _ => String::new(),
    };
    vec![clock(cut.at), sentence]
}
