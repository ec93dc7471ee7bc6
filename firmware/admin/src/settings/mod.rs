//! What the page of the settings does: saves a form or a text, hands them out, and tells what came of it. The host checks and
//! keeps them; here they are tables of keys, and what two people made of them at the same time is brought together.

pub(crate) mod change;
pub(crate) mod fields;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Form, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::settings::{NotTaken, Settings, State as Running};
use toml::Table;

use crate::pages;
use crate::said::{Said, status_of};
use crate::site::Site;
use crate::who::Person;
use change::{Change, changes, laid_over};

/// Between two looks at a host that starts itself anew.
const LOOK: Duration = Duration::from_millis(300);
/// Looks that it may take, 30 s: it opens its cameras and its encoder first.
const LOOKS: u32 = 100;

type S = State<Arc<Site>>;
type P = Extension<Person>;

/// What somebody is about to make of the settings.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The settings that it was made from.
    pub(crate) version: String,
    pub(crate) before: String,
    /// What they are to become.
    pub(crate) text: String,
    /// Why the host did not take it.
    pub(crate) fault: Option<NotTaken>,
    /// What somebody else has changed meanwhile.
    pub(crate) theirs: Vec<Change>,
}

impl Draft {
    /// Nothing is changed yet.
    pub(crate) fn of(now: &Settings) -> Self {
        let (version, text) = (now.version.clone(), now.text.clone());
        Self { version, before: text.clone(), text, fault: None, theirs: Vec::new() }
    }

    /// The same after the host said no: with all that was typed. Where somebody else has saved meanwhile it is laid over what
    /// they made of the settings, for its author to look at.
    fn not_taken(self, fault: NotTaken, now: &Settings) -> Self {
        if fault.refusal.code != RefusalCode::ChangedMeanwhile {
            return Self { fault: Some(fault), ..self };
        }
        let (before, theirs) = (table(&self.before), table(&now.text));
        match self.text.parse::<Table>() {
            Ok(mine) => Self {
                text: laid_over(&before, &mine, &theirs).to_string(),
                theirs: changes(&before, &theirs),
                ..Self::of(now)
            },
            Err(error) => Self { fault: Some(no_toml(&self.text, &error)), theirs: changes(&before, &theirs), ..self },
        }
    }

    /// The settings that are to be; as they were where the text cannot be read.
    pub(crate) fn table(&self) -> Table {
        self.text.parse().unwrap_or_else(|_| table(&self.before))
    }
}

/// What a host tells is TOML; of anything else nothing is known.
pub(crate) fn table(text: &str) -> Table {
    text.parse().unwrap_or_default()
}

fn no_toml(text: &str, error: &toml::de::Error) -> NotTaken {
    let before = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(before).filter(|byte| *byte == b'\n').count() + 1;
    let why = error.message().trim();
    let chinese = format!("第 {line} 行不是 TOML（{why}）：在 [节] 下面写“键 = 值”");
    let english = format!("line {line} is not TOML ({why}): write `key = value` below a [section]");
    NotTaken { line: Some(line), ..Refusal::new(RefusalCode::Invalid, chinese, english).into() }
}

/// The host's settings; waits for a host that somebody else's settings have just made start itself anew.
async fn of_host(site: &Site) -> Result<Settings, Said> {
    for _ in 1..LOOKS {
        match site.client.settings().await {
            Ok(settings) => return Ok(settings),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
    Ok(site.client.settings().await?)
}

/// Hands new settings to the host, and writes down what they change.
async fn replace(
    site: &Site,
    person: &Person,
    version: &str,
    text: String,
) -> Result<Result<Settings, NotTaken>, Said> {
    let before = of_host(site).await?;
    let changed = changes(&table(&before.text), &table(&text));
    let replaced = site.client.replace_settings(version, text).await?;
    match &replaced {
        Ok(_) => {
            for change in &changed {
                site.note(person.name(), person.address, &format!("settings: {}", change.words()), true);
            }
        }
        // Why is not written down: it may name what was typed, and that may be a password.
        Err(why) => {
            let what = why.key.as_deref().unwrap_or(status_of(why.refusal.code).1);
            site.note(person.name(), person.address, &format!("settings, not taken: {what}"), false);
        }
    }
    Ok(replaced)
}

/// Saves a draft; the page again with all that was typed where the host says no.
async fn save(site: &Arc<Site>, person: &Person, draft: Draft) -> Result<Response, Said> {
    match replace(site, person, &draft.version, draft.text.clone()).await? {
        Ok(saved) => Ok(taken_up(site, saved).await.into_response()),
        Err(fault) => {
            let (status, _) = status_of(fault.refusal.code);
            let now = of_host(site).await?;
            let draft = draft.not_taken(fault, &now);
            Ok((status, pages::settings::drawn(site, person, &now, &draft).await).into_response())
        }
    }
}

/// What becomes of settings that were saved: waits for a host that starts itself anew.
async fn taken_up(site: &Site, saved: Settings) -> Said {
    let mut now = saved.clone();
    for _ in 0..LOOKS {
        match now.state {
            Running::Restarting => {}
            Running::Waiting => {
                return Said::done(
                    "/settings",
                    "已保存：等这节课或正在进行的工作结束后生效",
                    "Saved: they hold when the lesson, or the work that is in hand, has ended",
                );
            }
            Running::InForce if now.version == saved.version => {
                return Said::done("/settings", "已保存，主机按此运行", "Saved, and the host runs by them");
            }
            Running::InForce => {
                return Said::no(
                    StatusCode::CONFLICT,
                    "not-in-force",
                    "主机现在不按这些设置运行：请看概览页的告警，或是否有其他人刚刚改动",
                    "The host does not run by these settings: look at the alarms of the overview, or whether somebody else has just changed them",
                )
                .at("/settings");
            }
        }
        tokio::time::sleep(LOOK).await;
        // Until it answers again it starts.
        if let Ok(settings) = site.client.settings().await {
            now = settings;
        }
    }
    Said::done("/settings", "已保存：主机正在按新设置重新启动", "Saved: the host is starting itself anew with them")
}

/// What was typed into a field of a form.
fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}

/// A form's draft: with it comes the state of the settings that it was made from.
fn draft(form: &[(String, String)], text: String) -> Draft {
    let (version, before) = (field(form, "version").to_owned(), field(form, "before").to_owned());
    Draft { version, before, text, fault: None, theirs: Vec::new() }
}

pub(crate) async fn save_fields(
    State(site): S,
    Extension(person): P,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Said> {
    let settings = fields::typed(&table(field(&form, "before")), &form);
    save(&site, &person, draft(&form, settings.to_string())).await
}

pub(crate) async fn save_text(
    State(site): S,
    Extension(person): P,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Said> {
    let text = field(&form, "text").to_owned();
    save(&site, &person, draft(&form, text)).await
}

/// The settings as a file, without passwords.
pub(crate) async fn export(State(site): S, Extension(person): P) -> Result<Response, Said> {
    let settings = site.client.settings().await?;
    site.note(person.name(), person.address, "exported the settings", true);
    let headers = [
        (CONTENT_TYPE, "application/toml; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=ketang-settings.toml"),
    ];
    Ok((headers, settings.text).into_response())
}

/// `PUT /v1/settings`, for programs: as the host's own, by role and written down.
pub(crate) async fn put(
    State(site): S,
    Extension(person): P,
    headers: HeaderMap,
    text: String,
) -> Result<Response, Said> {
    let version = headers.get(IF_MATCH).and_then(|version| version.to_str().ok()?.strip_prefix('"')?.strip_suffix('"'));
    let version = version.ok_or_else(|| {
        Said::no(
            StatusCode::PRECONDITION_REQUIRED,
            "invalid",
            "请在 If-Match 中写明修改自哪个版本：GET /v1/settings 给出版本",
            "Say in If-Match which version this was made from: GET /v1/settings tells it",
        )
    })?;
    Ok(match replace(&site, &person, version, text).await? {
        Ok(settings) => ([(ETAG, format!("\"{}\"", settings.version))], Json(settings)).into_response(),
        Err(fault) => (status_of(fault.refusal.code).0, Json(fault)).into_response(),
    })
}
