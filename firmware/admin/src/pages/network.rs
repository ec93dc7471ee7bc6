//! The networks that the host is on, where its pages are, and the system's own commands that change that. The host itself may not.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::system::{Interface, Network};
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::system;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, Step, icon, on_the_host, page, place};
use crate::lang::Lang;
use crate::site::Site;
use crate::who::Person;

const STEPS: [Step; 3] = [
    Step {
        words: ("看网卡由谁管理，从哪里得到地址", "Who manages the interfaces, and where their addresses are from"),
        commands: "networkctl status --all",
    },
    Step {
        words: (
            "设置固定地址（换成学校分配的值；eth0 换成上面的网卡）",
            "Set a fixed address (with what the school gave you; an interface from above in the place of eth0)",
        ),
        commands: "sudo tee /etc/systemd/network/10-school.network <<'END'\n\
            [Match]\nName=eth0\n\n\
            [Network]\nAddress=192.168.1.20/24\nGateway=192.168.1.1\nDNS=192.168.1.1\nEND\n\
            sudo networkctl reload\n\
            sudo networkctl reconfigure eth0",
    },
    Step {
        words: (
            "系统使用 NetworkManager 时（networkctl 显示 unmanaged）",
            "Where NetworkManager does it (networkctl says unmanaged)",
        ),
        commands: "sudo nmtui",
    },
];

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    page(
        &site,
        &person,
        "/network",
        lang.pick("网络", "Network"),
        "network",
        &html! {
            section.card { (place(&fragment(&site, &person, snapshot.as_deref()))) }
            section.card {
                h2 { (lang.pick("怎样更改", "How it is changed")) }
                (on_the_host(lang, &STEPS))
                p.muted { (lang.pick(
                    "改地址后请在新地址打开本站；证书会为新地址重新生成，浏览器再问一次，指纹以触摸屏或本页为准。网络断开时课程照常录制。",
                    "Open this site at its new address then: the certificate is made anew for it, browsers ask again, and the touchscreen and this page have its fingerprint. Lessons are recorded without a network all the same."
                )) }
                p.muted { (lang.pick("教室没有网络时，在", "A room without a network is told of on the page ")) a href="/settings" { (lang.pick("设置", "Settings")) } (lang.pick("页说明，主机就不再提醒。", "; the host then reminds nobody.")) }
            }
        },
    )
}

pub(crate) fn fragment(site: &Site, person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let Some(snapshot) = snapshot else { return ("network-all", super::overview::away(lang)) };
    let face = site.face().clone();
    let content = html! {
        @match &snapshot.network {
            None => p.muted { (lang.pick("这块主板不报告网络", "This board tells of no network")) },
            Some(network) => (told(network, lang)),
        }
        h2 { (lang.pick("本站的地址", "Where this site is")) }
        ul.plain { @for address in &face.addresses { li { a href=(address) { (address) } } } }
        p { (lang.pick("证书的 SHA-256 指纹：", "The SHA-256 fingerprint of its certificate:")) }
        p { code.fingerprint { (face.fingerprint) } }
    };
    ("network-all", content)
}

fn told(network: &Network, lang: Lang) -> Markup {
    let up = network.is_up();
    let unknown = || lang.pick("没有", "None").to_owned();
    let servers: Vec<String> = network.name_servers.iter().map(ToString::to_string).collect();
    html! {
        ul.checks {
            li.good[up].bad[!up] data-network=(if up { "up" } else { "down" }) {
                (icon(if up { Icon::CircleCheck } else { Icon::CircleAlert }))
                div { b { (lang.say(&system::network(network))) } }
            }
        }
        h2 { (lang.pick("网卡", "Interfaces")) }
        ul.checks { @for one in &network.interfaces { (interface(one, lang)) } }
        table {
            tr { td { (lang.pick("默认网关", "Default gateway")) } td #gateway { (network.gateway.map_or_else(unknown, |gateway| gateway.to_string())) } }
            tr { td { (lang.pick("域名服务器", "Name servers")) } td #name-servers { @if servers.is_empty() { (unknown()) } @else { (servers.join(", ")) } } }
        }
    }
}

/// One that has no cable may be meant to have none.
fn interface(Interface { name, up, carrier, addresses }: &Interface, lang: Lang) -> Markup {
    let state = match (up, carrier) {
        (true, true) => lang.pick("已连接", "Connected"),
        (true, false) => lang.pick("没有连接", "Not connected"),
        (false, _) => lang.pick("已关闭", "Switched off"),
    };
    html! {
        li data-interface=(name) {
            (icon(if *up && *carrier { Icon::EthernetPort } else { Icon::Unplug }))
            div {
                b { (name) }
                span { (state) }
                @if !addresses.is_empty() { small { @for address in addresses { code { (address) } " " } } }
            }
        }
    }
}
