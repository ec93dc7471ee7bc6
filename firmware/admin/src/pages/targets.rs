//! The live targets: how each is doing, by itself; who directs starts and ends them, IT lists and tests them. Stream keys go in here
//! and never out.

use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use ketang_protocol::settings::KEPT;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::targets::{Key, MOST, PushState, Starts, Target, TargetState, Targets, Versioned};
use lucide_icons::Icon;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Fragment, icon, page, place};
use crate::lang::{Lang, local_exact};
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

const HERE: &str = "/targets";

type S = State<Arc<Site>>;
type P = Extension<Person>;

pub(crate) async fn get(State(site): S, Extension(person): P) -> Result<Markup, Said> {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let listed: Option<Versioned> = match person.may(Role::It) {
        true => Some(site.client.get("/v1/targets").await?),
        false => None,
    };
    Ok(page(
        &site,
        &person,
        HERE,
        lang.pick("直播", "Live"),
        "targets",
        &html! {
            section.card {
                (place(&fragment(&person, snapshot.as_deref())))
                p.muted { (lang.pick(
                    "直播的画面和声音与节目轨相同。下课时所有直播一起结束；网络出问题不影响录制。",
                    "What goes out is the programme with its sound. Every push ends with the lesson; trouble with the network does not touch the recording."
                )) }
            }
            @if let Some(listed) = &listed {
                @if !listed.targets.is_empty() {
                    section.card #listed {
                        h2 { (icon(Icon::Settings2)) " " (lang.pick("目标的设置", "Settings of the targets")) }
                        ul.rows { @for target in &listed.targets { (row(target, &listed.version, lang)) } }
                    }
                }
                section.card {
                    h2 { (icon(Icon::Plus)) " " (lang.pick("添加直播目标", "Add a target")) }
                    @if listed.targets.len() < MOST {
                        form.fields.across #add method="post" action="/targets/save" autocomplete="off" {
                            (fields(None, &listed.version, lang))
                            button.primary { (icon(Icon::Plus)) (lang.pick("添加", "Add")) }
                        }
                    } @else {
                        p.muted { (lang.pick(format!("最多 {MOST} 个：要添加，请先删除一个。"), format!("There are {MOST} at the most: remove one to add another."))) }
                    }
                }
            }
        },
    ))
}

/// The targets, as they are now.
pub(crate) fn fragment(person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let Some(snapshot) = snapshot else { return ("targets-all", super::overview::away(lang)) };
    let content = html! {
        @if snapshot.live.is_empty() {
            p.muted { (lang.pick("还没有直播目标，由管理员在本页添加。", "There is no live target yet; IT adds them on this page.")) }
        }
        ul.rows { @for target in &snapshot.live { (state(target, person)) } }
    };
    ("targets-all", content)
}

fn state(target: &TargetState, person: &Person) -> Markup {
    let lang = person.lang;
    let (class, words) = match &target.push {
        PushState::Off => ("idle", lang.pick("未直播", "Off")),
        PushState::Connecting => ("busy", lang.pick("正在连接", "Connecting")),
        PushState::Live { .. } => ("recording", lang.pick("直播中", "Live")),
        PushState::Failing { .. } => ("failed", lang.pick("没有播出", "Not live")),
    };
    let is_off = target.push == PushState::Off;
    let button = |action: &str, class: &str, sign: Icon, words: &str| {
        html! {
            form method="post" action={ "/do/" (action) } data-quiet {
                input type="hidden" name="target" value=(target.name);
                button class=(class) data-do=(action) { (icon(sign)) (words) }
            }
        }
    };
    html! {
        li data-target=(target.name) data-state=(target.push.as_str()) {
            span.row {
                (icon(Icon::Radio))
                span.main {
                    b { (target.name) } " " span class={ "pill " (class) } { span.dot {} (words) }
                    small {
                        (target.address) " · " (starts(target.starts, lang))
                        @if let PushState::Live { since } = target.push {
                            " · " (lang.pick("开始于 ", "since ")) (local_exact(since)) " · " (target.kbit_s) " kbit/s"
                        }
                        @if target.dropped > 0 {
                            " · " span.warn[target.is_slow] data-dropped=(target.dropped) { (lang.pick(format!("网络太慢，丢了 {} 帧", target.dropped), format!("{} frames let go: the network is too slow", target.dropped))) }
                        }
                    }
                    @if let PushState::Failing { why, since } = &target.push {
                        small.warn { (local_exact(*since)) " · " (lang.say(why)) }
                    }
                    @if let Some(tested) = &target.tested { small data-tested { (lang.say(tested)) } }
                }
            }
            @if is_off {
                @if person.may(Role::It) { (button("live-test", "plain", Icon::Activity, lang.pick("测试", "Test"))) }
                (button("live-start", "primary", Icon::Radio, lang.pick("开始直播", "Go live")))
            } @else {
                (button("live-stop", "record", Icon::Square, lang.pick("停止直播", "End")))
            }
        }
    }
}

fn starts(starts: Starts, lang: Lang) -> &'static str {
    match starts {
        Starts::WithLessons => lang.pick("每节课自动直播", "with every lesson"),
        Starts::ByHand => lang.pick("手动开始", "by hand"),
    }
}

/// A target's settings, with the forms that change and remove it.
fn row(target: &Target, version: &str, lang: Lang) -> Markup {
    html! {
        li data-listed=(target.name) {
            details {
                summary { (icon(Icon::Pencil)) (target.name) }
                form.fields.across method="post" action="/targets/save" autocomplete="off" {
                    (fields(Some(target), version, lang))
                    button.primary { (icon(Icon::Save)) (lang.pick("保存", "Save")) }
                }
                form method="post" action="/targets/remove" {
                    input type="hidden" name="version" value=(version);
                    input type="hidden" name="was" value=(target.name);
                    button.record { (icon(Icon::Trash2)) (lang.pick("删除", "Remove")) }
                }
            }
        }
    }
}

fn fields(target: Option<&Target>, version: &str, lang: Lang) -> Markup {
    let by = target.map(|target| target.starts).unwrap_or_default();
    html! {
        input type="hidden" name="version" value=(version);
        @if let Some(target) = target { input type="hidden" name="was" value=(target.name); }
        label { (lang.pick("名称", "Name")) input name="name" required maxlength="60" value=[target.map(|target| &target.name)]; }
        label { (lang.pick("推流地址", "Address"))
            input name="address" required maxlength="400" inputmode="url" spellcheck="false" placeholder="rtmp://live.example.edu.cn/live" value=[target.map(|target| &target.address)];
            small { (lang.pick("直播平台给出的服务器地址，不含密钥", "The server's address as the platform gives it, without the key")) }
        }
        label { (lang.pick("串流密钥", "Stream key"))
            input type="password" name="key" required[target.is_none()] maxlength="400" autocomplete="off" placeholder=[target.map(|_| KEPT)];
            small {
                @if target.is_some() { (lang.pick("不填则不变；改了地址要重新填写", "Left empty it stays; for another address type it again")) }
                @else { (lang.pick("也叫流名称、播放码；只存在主机里，不再显示", "Also called stream name; it stays in the host and is not shown again")) }
            }
        }
        label { (lang.pick("什么时候直播", "When"))
            select name="starts" {
                @for (value, starts_when) in [("by-hand", Starts::ByHand), ("with-lessons", Starts::WithLessons)] {
                    option value=(value) selected[by == starts_when] { (starts(starts_when, lang)) }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct TargetForm {
    version: String,
    /// What the target is called that is changed; absent where one is added.
    #[serde(default)]
    was: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    starts: Starts,
}

/// Adds a target, or changes the one that was called so.
pub(crate) async fn save(State(site): S, Extension(person): P, Form(form): Form<TargetForm>) -> Result<Said, Said> {
    let key = match (form.key.trim(), &form.was) {
        ("", Some(_)) => KEPT,
        (key, _) => key,
    };
    let target = Target {
        name: form.name.trim().to_owned(),
        address: form.address.trim().to_owned(),
        key: Key(key.to_owned()),
        starts: form.starts,
    };
    let what = match &form.was {
        Some(was) if *was != target.name => format!("live target {was}: changed, called {} now", target.name),
        Some(was) => format!("live target {was}: changed"),
        None => format!("live target {}: added", target.name),
    };
    change(&site, &person, &form.version, &what, |targets| match &form.was {
        None => {
            targets.push(target);
            Ok(())
        }
        Some(was) => {
            let old = targets.iter_mut().find(|old| old.name == *was).ok_or_else(|| Said::meanwhile().at(HERE))?;
            *old = target;
            Ok(())
        }
    })
    .await
}

pub(crate) async fn remove(State(site): S, Extension(person): P, Form(form): Form<TargetForm>) -> Result<Said, Said> {
    let was = form.was.unwrap_or_default();
    change(&site, &person, &form.version, &format!("live target {was}: removed"), |targets| {
        targets.retain(|target| target.name != was);
        Ok(())
    })
    .await
}

/// Makes a change of the targets that somebody saw, unless another has changed them meanwhile.
async fn change(
    site: &Site,
    person: &Person,
    seen: &str,
    what: &str,
    change: impl FnOnce(&mut Vec<Target>) -> Result<(), Said>,
) -> Result<Said, Said> {
    let Versioned { mut targets, version } = site.client.get("/v1/targets").await?;
    if seen != version {
        return Err(Said::meanwhile().at(HERE));
    }
    change(&mut targets)?;
    let replaced = site.client.replace_targets(&version, &Targets { targets }).await;
    site.note(person.name(), person.address, what, replaced.is_ok());
    replaced.map_err(|error| Said::from(error).at(HERE))?;
    Ok(Said::done(HERE, "直播目标已保存", "The live targets are saved"))
}
