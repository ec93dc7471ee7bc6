//! The host's clock: what it shows, what keeps it right, and the system's own commands that set it. The host itself may not.

use std::sync::Arc;

use axum::extract::{Extension, State};
use jiff::Timestamp;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, Step, icon, on_the_host, page, place};
use crate::clock;
use crate::lang::local_exact;
use crate::site::Site;
use crate::who::Person;

const STEPS: [Step; 4] = [
    Step {
        words: ("看时间服务器是否应答", "Whether a time server answers"),
        commands: "timedatectl status\ntimedatectl timesync-status",
    },
    Step {
        words: (
            "用学校的时间服务器（把 ntp.school.example 换成它的名称或地址）",
            "Use the school's time server (its name or address in the place of ntp.school.example)",
        ),
        commands: "sudo mkdir --parents /etc/systemd/timesyncd.conf.d\n\
            printf '[Time]\\nNTP=ntp.school.example\\n' | sudo tee /etc/systemd/timesyncd.conf.d/school.conf\n\
            sudo systemctl restart systemd-timesyncd\n\
            sudo timedatectl set-ntp true",
    },
    Step { words: ("设置时区", "Set the time zone"), commands: "sudo timedatectl set-timezone Asia/Shanghai" },
    Step {
        words: ("没有时间服务器时手动设置", "Set it by hand where there is no time server"),
        commands: "sudo timedatectl set-ntp false\nsudo timedatectl set-time '2026-11-23 08:00:00'",
    },
];

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    page(
        &site,
        &person,
        "/time",
        lang.pick("时间", "Time"),
        "time",
        &html! {
            section.card { (place(&fragment(&person, snapshot.as_deref(), clock::now()))) }
            section.card {
                h2 { (lang.pick("怎样校准", "How it is set")) }
                (on_the_host(lang, &STEPS))
                p.muted { (lang.pick(
                    "请在两节课之间改：正在录的课按开始时的日期归档，时长不受影响。时区最迟五分钟后在各页面生效。",
                    "Do it between lessons: one that is recorded keeps the day that it began on, and its length. A time zone is on all pages within five minutes."
                )) }
            }
        },
    )
}

pub(crate) fn fragment(person: &Person, snapshot: Option<&Snapshot>, now: Timestamp) -> Fragment {
    let lang = person.lang;
    let Some(Snapshot { clock, alarms, .. }) = snapshot else { return ("time-all", super::overview::away(lang)) };
    let bad = clock.wrong.is_some() || clock.synchronised == Some(false);
    let content = html! {
        div.big { span.number #now { (local_exact(now)) } }
        ul.checks {
            li.bad[bad] data-synchronised=(clock.synchronised.map_or("unknown", |is| if is { "yes" } else { "no" })) {
                (icon(if bad { Icon::ClockAlert } else { Icon::Clock }))
                div { b { (lang.say(&clock.told())) } }
            }
        }
        @for alarm in alarms.iter().filter(|alarm| alarm.alarm.starts_with("clock-")) {
            p.warn { (icon(Icon::TriangleAlert)) " " (lang.alarm(alarm)) }
        }
        table {
            tr { td { (lang.pick("时区", "Time zone")) } td #zone { (clock.zone.as_deref().unwrap_or_else(|| lang.pick("未设置", "None is set"))) } }
            tr { td { (lang.pick("由谁校准", "Kept by")) } td #source { (clock.source.as_deref().unwrap_or_else(|| lang.pick("未知", "Not known"))) } }
        }
    };
    ("time-all", content)
}
