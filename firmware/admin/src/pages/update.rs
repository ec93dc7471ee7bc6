//! Updates of the system around the host: what is installed and runs, bundles and what is in them, and when one may be installed
//! and the machine started anew. The host decides all of it; a machine that is updated some other way says so.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::update::{Found, SlotState, UpdateActivity, UpdateState};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, Step, icon, on_the_host, page, place};
use crate::lang::{Lang, bytes, local};
use crate::site::Site;
use crate::who::Person;

/// Where no updater is.
const STEPS: [Step; 2] = [
    Step {
        words: ("更新系统的软件包", "Update the system's packages"), commands: "sudo apt update\nsudo apt upgrade"
    },
    Step {
        words: (
            "用新的源代码重新编译并安装录播程序（正在录的课会先存好）",
            "Build the programs of the host anew and install them (a lesson that is recorded is closed first)",
        ),
        commands: "git pull\n\
            cargo build --release --package ketangd --package ketangctl --package ketang-admin\n\
            sudo install target/release/ketangd target/release/ketangctl target/release/ketang-admin /usr/bin/\n\
            sudo systemctl restart ketangd ketang-admin",
    },
];

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let updated_here = snapshot.as_deref().is_some_and(|now| now.update.is_some());
    page(
        &site,
        &person,
        "/update",
        lang.pick("更新", "Update"),
        "update",
        &html! {
            section.card { (place(&fragment(&site, &person, snapshot.as_deref()))) }
            @if updated_here {
                section.card {
                    h2 { (lang.pick("上传更新包", "Upload a bundle")) }
                    (upload(lang))
                    form.inline method="post" action="/do/update/inspect" data-quiet {
                        input name="bundle" required maxlength="400" placeholder="/media/usb/ketang.raucb" aria-label=(lang.pick("主机上更新包的路径", "Path of a bundle on the host"));
                        button #inspect { (icon(Icon::Search)) (lang.pick("检查主机上的更新包", "Look into a bundle on the host")) }
                    }
                }
                p.muted { (lang.pick(
                    "更新写入没有运行的那一份系统，正在运行的不受影响；重新启动后主机找到原有输入、能写磁盘，才保留新系统，否则启动程序自动退回。更新包由 RAUC 用本机的密钥验证。",
                    "An update is written into the system that does not run and leaves the other as it is. After the machine was started anew the host keeps the new one when it has found its inputs and can write to the disk; else the boot loader goes back. RAUC checks bundles by the keys of this host."
                )) }
            }
        },
    )
}

fn upload(lang: Lang) -> Markup {
    html! {
        div.upload #upload data-folder="" data-purpose="update"
            data-sending=(lang.pick("正在上传", "Uploading")) data-waiting=(lang.pick("连接中断，自动继续…", "Connection lost, going on…"))
            data-stop=(lang.pick("取消", "Cancel")) {
            label.button.primary { (icon(Icon::Upload)) (lang.pick("上传更新包", "Upload a bundle")) input type="file" accept=".raucb" #files; }
            span.muted { (lang.pick("扩展名 .raucb；断线后重新选择同一文件会接着传", "Its name ends with .raucb; the same file goes on where it stopped")) }
            ul #sending {}
        }
    }
}

pub(crate) fn fragment(site: &Site, person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let content = match snapshot.map(|snapshot| (snapshot, &snapshot.update)) {
        None => super::overview::away(lang),
        Some((now, None)) => elsewhere(now, lang),
        Some((now, Some(update))) => told(site, now, update, lang),
    };
    ("update-all", content)
}

/// Of a host whose system this page does not update.
fn elsewhere(now: &Snapshot, lang: Lang) -> Markup {
    html! {
        ul.checks {
            li data-update="elsewhere" {
                (icon(Icon::Package))
                div {
                    b { (lang.pick("本机的系统不由本页更新", "The system of this machine is not updated by this page")) }
                    span { (lang.pick(
                        format!("这里没有 RAUC，或是模拟教室。录播程序版本 {}。", now.version),
                        format!("There is no RAUC here, or it is a simulated room. The host's programs are version {}.", now.version),
                    )) }
                }
            }
        }
        h2 { (lang.pick("怎样更新", "How it is updated")) }
        (on_the_host(lang, &STEPS))
    }
}

fn told(site: &Site, now: &Snapshot, update: &UpdateState, lang: Lang) -> Markup {
    let idle = update.activity == UpdateActivity::Idle && update.fault.is_none();
    html! {
        @if let Some(fault) = &update.fault { p.warn #fault { (icon(Icon::TriangleAlert)) " " (lang.say(fault)) } }
        // What runs on trial has been started: its own line says more.
        @if let Some(last) = update.last.as_ref().filter(|_| update.trial.is_none()) {
            ul.checks {
                li.good[last.outcome.is_good()].bad[!last.outcome.is_good()] #last {
                    (icon(if last.outcome.is_good() { Icon::CircleCheck } else { Icon::CircleAlert }))
                    div { b { (lang.say(&last.told())) } span { (local(last.at)) } }
                }
            }
        }
        @if let Some(why) = &update.trial {
            ul.checks {
                li.wraps #trial {
                    (icon(Icon::FlaskConical))
                    div { b { (lang.pick("新系统试运行中，还没有保留", "The new system is on trial and not kept yet")) } span { (lang.say(why)) } }
                    form method="post" action="/do/update/keep" data-quiet { button { (lang.pick("就这样保留", "Keep it as it is")) } }
                }
            }
        }
        (activity(&update.activity, lang))
        @if let Some(waits) = &update.waits {
            ul.checks {
                li.wraps #waits {
                    (icon(Icon::Hourglass))
                    div { b { (lang.say(&waits.told())) } @if let Some(from) = update.quiet.from { span { (lang.pick("最早 ", "From ")) (local(from)) } } }
                    form method="post" action="/do/update/cancel" data-quiet { button #cancel { (lang.pick("取消", "Cancel")) } }
                }
            }
        }
        h2 { (lang.pick("已安装", "Installed")) }
        ul.checks { @for one in &update.slots { (slot(one, lang)) } }
        p.muted { (lang.pick("机型 ", "Kind of machine: ")) code { (update.compatible) } " · " (lang.pick("录播程序 ", "Programs of the host: ")) (now.version) }
        h2 { (lang.pick("更新包", "Bundles")) }
        (quiet(update, lang))
        (bundles(site, update, idle, lang))
        h2 { (lang.pick("重新启动", "Start anew")) }
        div.buttons {
            @if update.quiet.why.is_none() {
                form method="post" action="/do/update/restart" data-quiet data-undo=(lang.pick("秒后重新启动", "s until the machine starts anew")) data-undo-word=(lang.pick("撤销", "Take back")) {
                    button #restart disabled[!idle] { (icon(Icon::RotateCcw)) (lang.pick("重新启动主机", "Start the machine anew")) }
                }
            } @else {
                form method="post" action="/do/update/restart" data-quiet {
                    input type="hidden" name="wait" value="true";
                    button #restart disabled[!idle] { (icon(Icon::RotateCcw)) (lang.pick("没有课时重新启动", "Start anew when no lesson is near")) }
                }
            }
        }
    }
}

fn activity(activity: &UpdateActivity, lang: Lang) -> Markup {
    html! {
        @match activity {
            UpdateActivity::Idle => {},
            UpdateActivity::Inspecting { bundle } => p #activity data-activity="inspecting" {
                (icon(Icon::Search)) " " (lang.pick("正在检查 ", "Looking into ")) (name(bundle)) "…"
            },
            UpdateActivity::Installing { percent, step } => div #activity data-activity="installing" {
                p { (icon(Icon::HardDriveDownload)) " " (lang.pick("正在安装：请不要断电", "Installing: leave the power on")) " · " (percent) " %" }
                progress max="100" value=(percent) {}
                p.muted { (step) }
            },
            UpdateActivity::Restarting => p #activity data-activity="restarting" {
                (icon(Icon::RotateCcw)) " " (lang.pick("正在重新启动：一两分钟后再打开本页", "Starting anew: open this page again in a minute or two"))
            },
        }
    }
}

fn slot(slot: &SlotState, lang: Lang) -> Markup {
    let version = slot.version.clone().map_or_else(
        || lang.pick("版本未知，不是由更新装上的", "Version not known: it came by no update").to_owned(),
        |version| lang.pick(format!("版本 {version}"), format!("Version {version}")),
    );
    html! {
        li.wraps data-slot=(slot.name) data-booted=(slot.booted) data-next=(slot.next) {
            (icon(if slot.booted { Icon::CircleDot } else { Icon::Circle }))
            div {
                b { (version) }
                span {
                    (slot.name)
                    @if let Some(installed) = slot.installed { " · " (lang.pick("安装于 ", "installed ")) (local(installed)) }
                }
            }
            @if slot.booted { span.pill.kept { (lang.pick("正在运行", "Runs now")) } }
            @if slot.next { span.pill { (lang.pick("下次启动", "Starts next")) } }
            @match slot.good {
                Some(true) => span.pill { (lang.pick("可启动", "Bootable")) },
                Some(false) if slot.booted => span.pill.paused { (lang.pick("还没有保留", "Not kept yet")) },
                Some(false) => span.pill.failed { (lang.pick("不可启动", "Not bootable")) },
                None => {},
            }
        }
    }
}

/// Whether anything may begin now, and when it may.
fn quiet(update: &UpdateState, lang: Lang) -> Markup {
    html! {
        @match &update.quiet.why {
            None => p.muted #quiet data-quiet-now="yes" { (lang.pick("现在没有课，可以安装和重新启动。", "No lesson is near: it can be installed and started anew now.")) },
            Some(why) => p.warn #quiet data-quiet-now="no" {
                (icon(Icon::CalendarClock)) " " (lang.say(why)) (lang.pick("，现在不安装也不重新启动", ": nothing is installed or started anew now"))
                @if let Some(from) = update.quiet.from { (lang.pick("；最早 ", "; at the earliest at ")) (local(from)) }
            },
        }
    }
}

fn bundles(site: &Site, update: &UpdateState, idle: bool, lang: Lang) -> Markup {
    let uploaded = site.bundles.list();
    let elsewhere: Vec<&Path> = update
        .bundles
        .iter()
        .map(|one| one.bundle.as_path())
        .filter(|path| !uploaded.iter().any(|bundle| bundle.path == *path) && !site.bundles.holds(path))
        .collect();
    html! {
        @if uploaded.is_empty() && elsewhere.is_empty() { p.muted { (lang.pick("还没有更新包", "There is none yet")) } }
        ul.rows {
            @for one in &uploaded {
                (bundle(&one.path, Some(one.bytes), update, idle, lang))
            }
            @for path in elsewhere { (bundle(path, None, update, idle, lang)) }
        }
    }
}

fn bundle(path: &Path, size: Option<u64>, update: &UpdateState, idle: bool, lang: Lang) -> Markup {
    let found = update.bundles.iter().find(|known| known.bundle == path).map(|known| &known.found);
    let quiet = update.quiet.why.is_none();
    let button = |restart: bool, id: &str, text: &str| {
        html! {
            form method="post" action="/do/update/install" data-quiet {
                input type="hidden" name="bundle" value=(path.display());
                input type="hidden" name="wait" value=(!quiet);
                input type="hidden" name="restart" value=(restart);
                button class=(id) disabled[!idle] { (text) }
            }
        }
    };
    html! {
        li data-bundle=(name(path)) {
            span.row {
                (icon(Icon::Package))
                span.main {
                    @if size.is_some() { (name(path)) } @else { (path.display()) }
                    small {
                        @if let Some(size) = size { (bytes(size)) " · " }
                        @match found {
                            None => (lang.pick("还没有检查", "Not looked into yet")),
                            Some(Found::Fits { version }) => span.tag data-found="fits" { (lang.pick("签名有效，版本 ", "Signed, version ")) (version) },
                            Some(Found::ForOthers { compatible, version }) => span.warn data-found="for-others" {
                                (lang.pick(format!("版本 {version} 是给机型 {compatible} 的，不能装在本机"), format!("Version {version} is for {compatible} and cannot be installed here")))
                            },
                            Some(Found::NotAccepted { why }) => span.warn data-found="not-accepted" { (lang.say(why)) },
                        }
                    }
                }
            }
            @match found {
                Some(Found::Fits { .. }) if quiet => {
                    (button(false, "install", lang.pick("安装", "Install")))
                    (button(true, "install-restart", lang.pick("安装并重新启动", "Install and start anew")))
                },
                Some(Found::Fits { .. }) => {
                    (button(false, "install", lang.pick("没有课时安装", "Install when no lesson is near")))
                    (button(true, "install-restart", lang.pick("没有课时安装并重新启动", "Then install and start anew")))
                },
                _ => form method="post" action="/do/update/inspect" data-quiet {
                    input type="hidden" name="bundle" value=(path.display());
                    button.inspect disabled[!idle] { (lang.pick("检查", "Look into it")) }
                },
            }
            @if size.is_some() {
                form method="post" action="/do/update/remove" data-quiet {
                    input type="hidden" name="name" value=(name(path));
                    button.plain title=(lang.pick("删除", "Remove")) { (icon(Icon::Trash2)) }
                }
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
