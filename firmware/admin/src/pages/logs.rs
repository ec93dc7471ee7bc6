//! The logs for IT: who did what, the host's own log, and all of it in one file for whoever helps.

use std::io::{Cursor, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use ketang_protocol::snapshot::LessonSummary;
use lucide_icons::Icon;
use maud::{Markup, html};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::process::Command;
use tokio::time::timeout;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{icon, page, settings};
use crate::lang::local_exact;
use crate::said::Said;
use crate::site::Site;
use crate::store::Deed;
use crate::who::Person;

/// So many deeds are shown; the bundle has all.
const SHOWN: u32 = 200;
/// Lines of the host's log that are shown.
const LINES: usize = 200;
/// Lines of it in the bundle.
const BUNDLED: usize = 20_000;
/// So much of a log file is looked at, in bytes.
const TAIL: u64 = 4 << 20;
/// Whose lines of the journal are ours.
const UNITS: [&str; 4] = ["ketangd", "ketang-panel", "ketang-controls", "ketang-admin"];
/// So many lessons, the newest, are in the bundle: what they are and what happened in them.
const LESSONS: usize = 5;
/// How long the journal may take.
const JOURNAL_LIMIT: Duration = Duration::from_secs(10);

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Result<Markup, Said> {
    let lang = person.lang;
    let deeds = site.store.deeds(SHOWN)?;
    let log = log(&site, LINES).await;
    Ok(page(
        &site,
        &person,
        "/logs",
        lang.pick("日志", "Logs"),
        "none",
        &html! {
            p { a.button href="/logs/bundle" download { (icon(Icon::FileArchive)) (lang.pick("下载支持包（不含密码和画面）", "Download the support bundle (no passwords, no pictures)")) } }
            section.card {
                h2 { (lang.pick("谁做了什么", "Who did what")) }
                div.scrolls {
                    table.log {
                        @for deed in &deeds {
                            tr.warn[!deed.ok] { td.muted { (time(deed.at)) } td { b { (deed.who) } } td.muted { (deed.address) } td { (deed.what) @if !deed.ok { " — " (lang.pick("被拒绝", "refused")) } } }
                        }
                    }
                }
            }
            section.card {
                h2 { (lang.pick("主机日志", "The host's log")) }
                pre.log { (log) }
            }
        },
    ))
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(local_exact).unwrap_or_default()
}

/// The end of the host's log: of its file, or of the journal.
async fn log(site: &Site, lines: usize) -> String {
    let text = match &site.cli.log {
        Some(file) => tail(file).await.map_err(|error| format!("{}: {error}", file.display())),
        None => journal(lines).await,
    };
    let text = text.unwrap_or_else(|why| why);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

async fn tail(file: &std::path::Path) -> std::io::Result<String> {
    let mut file = tokio::fs::File::open(file).await?;
    let length = file.metadata().await?.len();
    file.seek(std::io::SeekFrom::Start(length.saturating_sub(TAIL))).await?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn journal(lines: usize) -> Result<String, String> {
    let mut command = Command::new("journalctl");
    command.args(UNITS.iter().flat_map(|unit| ["--unit", unit]));
    command.args(["--output", "short-iso", "--no-pager", "--lines"]).arg(lines.to_string());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(JOURNAL_LIMIT, command.output()).await.map_err(|_| "journalctl does not end".to_owned())?;
    let output = output.map_err(|error| format!("journalctl: {error}"))?;
    let said = if output.status.success() { output.stdout } else { output.stderr };
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// Everything that helps to find a fault, in one file.
pub(crate) async fn bundle(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
) -> Result<Response, Said> {
    site.note(person.name(), person.address, "downloaded the support bundle", true);
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, path) in [
        ("snapshot.json", "/v1/snapshot"),
        ("lessons.json", "/v1/lessons"),
        ("inputs.json", "/v1/inputs"),
        ("settings.json", "/v1/settings"),
        ("metrics.txt", "/metrics"),
    ] {
        let text = match site.client.ask(path).await {
            Ok(answer) => answer.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default(),
            Err(error) => error.to_string().into_bytes(),
        };
        parts.push((name.into(), text));
    }
    let newest: Vec<LessonSummary> = site.client.get("/v1/lessons").await.unwrap_or_default();
    for lesson in newest.iter().take(LESSONS) {
        let folder = site.cli.data.join("lessons").join(&lesson.id.0);
        for name in ["lesson.json", "events.jsonl"] {
            let bytes = tokio::fs::read(folder.join(name)).await.unwrap_or_else(|error| error.to_string().into_bytes());
            parts.push((format!("lessons/{}/{name}", lesson.id), bytes));
        }
    }
    let deed = |deed: Deed| format!("{}\t{}\t{}\t{}\t{}\n", time(deed.at), deed.who, deed.address, deed.ok, deed.what);
    let deeds: String = site.store.deeds(u32::MAX)?.into_iter().map(deed).collect();
    let config = settings::read(&site.cli.config).unwrap_or_else(|why| why);
    parts.push(("deeds.tsv".into(), deeds.into_bytes()));
    parts.push(("ketangd.toml".into(), config.into_bytes()));
    parts.push(("host.log".into(), log(&site, BUNDLED).await.into_bytes()));
    let packed = tokio::task::spawn_blocking(move || pack(&parts)).await;
    let packed = packed.map_err(|error| Said::failed(&error))?.map_err(|error| Said::failed(&error))?;
    let headers = [(CONTENT_TYPE, "application/zip"), (CONTENT_DISPOSITION, "attachment; filename=ketang-support.zip")];
    Ok((headers, packed).into_response())
}

fn pack(parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
