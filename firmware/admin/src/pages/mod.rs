//! The pages, drawn here and sent whole. One file a page; what changes by itself stands in fragments with a name, which
//! `live.rs` sends again when they change.

pub(crate) mod account;
pub(crate) mod cameras;
pub(crate) mod console;
pub(crate) mod edit;
pub(crate) mod enter;
pub(crate) mod files;
pub(crate) mod inputs;
pub(crate) mod lesson;
pub(crate) mod lessons;
pub(crate) mod logs;
pub(crate) mod network;
pub(crate) mod overview;
pub(crate) mod ready;
pub(crate) mod settings;
pub(crate) mod sound;
pub(crate) mod storage;
pub(crate) mod targets;
pub(crate) mod time;
pub(crate) mod timetable;
pub(crate) mod update;
pub(crate) mod users;
pub(crate) mod zones;

use axum::http::HeaderMap;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::targets::PushState;
use lucide_icons::Icon;
use maud::{DOCTYPE, Markup, html};
use percent_encoding::percent_decode_str;

use crate::assets::versioned;
use crate::lang::{Lang, counter};
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

/// A piece of a page that is sent again when it changes: its name, and what stands in it.
pub(crate) type Fragment = (&'static str, Markup);

/// A page of the menu: address, Chinese, English, icon, and who sees it.
const MENU: [(&str, &str, &str, Icon, Role); 15] = [
    ("/", "概览", "Overview", Icon::LayoutDashboard, Role::Viewer),
    ("/console", "导播", "Console", Icon::SlidersHorizontal, Role::Directing),
    ("/lessons", "课程", "Lessons", Icon::GraduationCap, Role::Viewer),
    ("/timetable", "课表", "Timetable", Icon::CalendarDays, Role::Viewer),
    ("/targets", "直播", "Live", Icon::Radio, Role::Directing),
    ("/files/", "媒体文件", "Files", Icon::FolderOpen, Role::Viewer),
    ("/inputs", "输入", "Inputs", Icon::Cable, Role::Viewer),
    ("/sound", "声音", "Sound", Icon::AudioLines, Role::Directing),
    ("/storage", "存储", "Storage", Icon::HardDrive, Role::Viewer),
    ("/network", "网络", "Network", Icon::Network, Role::It),
    ("/time", "时间", "Time", Icon::Clock, Role::It),
    ("/settings", "设置", "Settings", Icon::Settings2, Role::It),
    ("/update", "更新", "Update", Icon::CircleArrowUp, Role::It),
    ("/users", "用户", "Users", Icon::Users, Role::It),
    ("/logs", "日志", "Logs", Icon::ScrollText, Role::It),
];

pub(crate) fn icon(icon: Icon) -> Markup {
    html! { i.icon aria-hidden="true" { (char::from(icon)) } }
}

/// A fragment in its place on a page.
pub(crate) fn place((name, content): &Fragment) -> Markup {
    html! { div.live id=(name) { (content) } }
}

/// Live pictures of an input or of the programme; hidden where the host has none.
pub(crate) fn live_picture(feed: &str, alt: &str) -> Markup {
    html! { img.picture data-live-picture={ "/v1/pictures/" (feed) } alt=(alt) hidden; }
}

/// What people do on the host itself.
pub(crate) struct Step {
    /// In Chinese and in English.
    pub(crate) words: (&'static str, &'static str),
    /// One a line.
    pub(crate) commands: &'static str,
}

/// How something is changed that the host has no right to change: by the system's own commands.
pub(crate) fn on_the_host(lang: Lang, steps: &[Step]) -> Markup {
    html! {
        p.muted { (lang.pick(
            "录播程序无权改动系统的设置。请登录主机，运行系统自己的命令：",
            "The programs of the host have no right to change the system. Sign in to the host and use its own commands:"
        )) }
        @for Step { words, commands } in steps {
            h3 { (lang.pick(words.0, words.1)) }
            pre { (commands) }
        }
    }
}

/// The state of the lesson, in every page's head.
pub(crate) fn state_pill(lang: Lang, snapshot: Option<&Snapshot>) -> Fragment {
    let lesson = snapshot.and_then(|snapshot| snapshot.lesson.as_ref());
    let (class, text) = match (snapshot, lesson.map(|lesson| (&lesson.outcome, lesson.seconds))) {
        (None, _) => ("away", lang.pick("主机无应答", "Host is away").to_owned()),
        (_, Some((Outcome::Recording, seconds))) => {
            ("recording", format!("{} {}", lang.pick("录制中", "REC"), counter(seconds)))
        }
        (_, Some((Outcome::Paused, seconds))) => {
            ("paused", format!("{} {}", lang.pick("已暂停", "PAUSED"), counter(seconds)))
        }
        (_, Some((Outcome::Finishing, _))) => ("busy", lang.pick("整理中", "Finishing").to_owned()),
        _ => ("idle", lang.pick("空闲", "Idle").to_owned()),
    };
    let goes_out =
        |snapshot: &Snapshot| snapshot.live.iter().any(|target| matches!(target.push, PushState::Live { .. }));
    let troubles = |snapshot: &Snapshot| snapshot.alarms.iter().filter(|alarm| !alarm.for_it).count();
    let alarms = snapshot.map_or(0, troubles);
    let content = html! {
        span class={ "pill " (class) } { span.dot {} (text) }
        @if snapshot.is_some_and(goes_out) { span.pill.recording #live-pill { (icon(Icon::Radio)) (lang.pick("直播中", "LIVE")) } }
        @if alarms > 0 { a.pill.alarms href="/" { (icon(Icon::TriangleAlert)) (alarms) } }
    };
    ("state-pill", content)
}

/// A whole page with menu and head. `live` names the fragments that it gets.
pub(crate) fn page(site: &Site, person: &Person, here: &str, title: &str, live: &str, content: &Markup) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let host = snapshot.as_ref().map_or("ketang", |snapshot| snapshot.host.as_str());
    document(
        lang,
        title,
        host,
        &html! {
            header.top {
                a.brand href="/" { span.mark { (icon(Icon::School)) } span { (host) } }
                (place(&state_pill(lang, snapshot.as_deref())))
                span.space {}
                (language(lang, here))
                a.who href="/account" { (icon(Icon::CircleUser)) span { (person.name()) } }
            }
            nav.menu aria-label=(lang.pick("菜单", "Menu")) {
                @for (address, chinese, english, sign, least) in MENU {
                    @if person.may(least) {
                        a href=(address) aria-current=[(address == here).then_some("page")] {
                            (icon(sign)) span { (lang.pick(chinese, english)) }
                        }
                    }
                }
            }
            main data-live=(live) {
                h1 { (title) }
                (content)
            }
        },
        person.notice.as_ref(),
    )
}

/// A page for who is not signed in.
pub(crate) fn bare(lang: Lang, here: &str, title: &str, notice: Option<&Notice>, content: &Markup) -> Markup {
    document(
        lang,
        title,
        "ketang",
        &html! {
            main.bare {
                div.card {
                    div.brand { span.mark { (icon(Icon::School)) } span { (lang.pick("课堂录播主机", "Classroom recording host")) } span.space {} (language(lang, here)) }
                    h1 { (title) }
                    (content)
                }
            }
        },
        notice,
    )
}

/// A page with nothing but a message.
pub(crate) fn notice(lang: Lang, message: &str) -> Markup {
    bare(
        lang,
        "/",
        lang.pick("没有完成", "This was not done"),
        None,
        &html! {
            p { (message) }
            p { a.button href="/" { (lang.pick("回到首页", "To the first page")) } }
        },
    )
}

fn language(lang: Lang, here: &str) -> Markup {
    let (to, name) = lang.pick(("en", "English"), ("zh", "中文"));
    html! {
        form.language method="post" action="/language" {
            input type="hidden" name="to" value=(to);
            input type="hidden" name="back" value=(here);
            button.plain { (icon(Icon::Languages)) span { (name) } }
        }
    }
}

fn document(lang: Lang, title: &str, host: &str, body: &Markup, notice: Option<&Notice>) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.pick("zh-CN", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · " (host) }
                link rel="icon" href=(versioned("icon.svg"));
                link rel="stylesheet" href=(versioned("admin.css"));
                script src=(versioned("admin.js")) defer {}
                script src=(versioned("player.js")) defer {}
            }
            body {
                (body)
                div #toasts aria-live="polite" {
                    @if let Some(notice) = notice {
                        div.toast.bad[!notice.good] { (notice.text) }
                    }
                }
            }
        }
    }
}

/// What the page before wants said on this one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) good: bool,
    pub(crate) text: String,
}

impl Notice {
    /// From the cookie that `said.rs` sets.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let cookie = crate::who::cookie(headers, crate::said::NOTICE)?;
        let (good, text) =
            cookie.strip_prefix('+').map(|text| (true, text)).or_else(|| Some((false, cookie.strip_prefix('-')?)))?;
        Some(Self { good, text: percent_decode_str(text).decode_utf8().ok()?.into_owned() })
    }
}
