//! `ketangctl timetable`: what the room's timetable says of today, the whole of it, or another one.

use std::path::PathBuf;

use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::timetable::{Day, Entry, PeriodOutcome, PeriodState, Starts, Timetable, Versioned};

use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{local, table};

/// Shows the timetable, or sets another
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Shows today's periods, and what became of them
    #[arg(long, conflicts_with = "set")]
    today: bool,
    /// Sets the timetable of this file, in TOML, in the place of the one that there is
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
    /// Prints it as TOML, as --set reads it
    #[arg(long, conflicts_with_all = ["set", "today", "json"])]
    toml: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    if args.today {
        let snapshot: Snapshot = host.client.get("/v1/snapshot").await?;
        let periods = snapshot.periods;
        return host.show(&periods, |lang| match periods.as_slice() {
            [] => none(lang),
            periods => table(&periods.iter().map(|state| period_row(state, lang)).collect::<Vec<_>>(), 0),
        });
    }
    let mut now: Versioned = host.client.get("/v1/timetable").await?;
    if let Some(file) = args.set {
        let unreadable = |why: String| Error::FileUnreadable { file: file.clone(), why };
        let text = std::fs::read_to_string(&file).map_err(|error| unreadable(error.to_string()))?;
        let timetable: Timetable = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        timetable.check().map_err(Error::Refused)?;
        now = host.client.replace_timetable(&now.version, &timetable).await?;
    }
    if args.toml {
        let text = toml::to_string(&now.timetable).expect("a timetable has plain values only");
        return host.say(&text);
    }
    host.show(&now, |lang| match now.timetable.entries.as_slice() {
        [] => none(lang),
        entries => table(&entries.iter().map(|entry| entry_row(entry, lang)).collect::<Vec<_>>(), 0),
    })
}

fn none(lang: Lang) -> String {
    lang.pick(
        "没有课表：`ketangctl timetable --set FILE` 设置",
        "No timetable: `ketangctl timetable --set FILE` sets one",
    )
    .into()
}

fn entry_row(entry: &Entry, lang: Lang) -> Vec<String> {
    let day = |day: &Day| lang.pick(day.chinese(), day.english());
    let when = match entry.date {
        Some(date) => date.to_string(),
        None => entry.days.iter().map(day).collect::<Vec<_>>().join(" "),
    };
    let term = match (entry.from, entry.until) {
        (None, None) => String::new(),
        (from, until) => {
            let date = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string()).unwrap_or_default();
            format!("{} – {}", date(from), date(until))
        }
    };
    let title = [Some(&entry.title), entry.teacher.as_ref()].into_iter().flatten().map(String::as_str);
    vec![
        when,
        format!("{}–{}", entry.begins.strftime("%H:%M"), entry.ends.strftime("%H:%M")),
        title.collect::<Vec<_>>().join(" · "),
        starts(entry.starts, lang).into(),
        term,
    ]
}

fn period_row(state: &PeriodState, lang: Lang) -> Vec<String> {
    let outcome = match &state.outcome {
        None => String::new(),
        Some(PeriodOutcome::Lesson { lesson }) => lesson.to_string(),
        Some(PeriodOutcome::NotStarted) => lang.pick("无人开始", "nobody started it").into(),
        Some(PeriodOutcome::Failed { why }) => {
            lang.pick(format!("没有录制：{}", why.chinese), format!("NOT RECORDED: {}", why.english))
        }
    };
    vec![local(state.period.begins), state.period.title.clone(), starts(state.period.starts, lang).into(), outcome]
}

fn starts(starts: Starts, lang: Lang) -> &'static str {
    match starts {
        Starts::ByTap => lang.pick("教师开始", "by tap"),
        Starts::ByItself => lang.pick("自动录制", "by itself"),
    }
}
