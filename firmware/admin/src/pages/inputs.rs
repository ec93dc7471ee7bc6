//! The inputs: those that are configured, with their state, and the devices that the host can see.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::role::Role;
use ketang_protocol::snapshot::{FoundInput, Snapshot};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, icon, live_picture, page, place, ready, zones};
use crate::site::Site;
use crate::store;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let found: Result<Vec<FoundInput>, _> = site.client.get("/v1/inputs").await;
    let snapshot = site.snapshots.borrow().clone();
    page(
        &site,
        &person,
        "/inputs",
        lang.pick("输入", "Inputs"),
        "inputs",
        &html! {
            section.card {
                h2 { (lang.pick("已配置的输入", "Configured")) }
                (place(&fragment(&person, snapshot.as_deref())))
                @if person.may(store::Role::It) && snapshot.iter().any(|now| now.pictures.iter().any(|picture| picture.ptz.is_some())) {
                    p { a href="/cameras" { (lang.pick("标定云台摄像机", "Calibrate cameras that turn")) } }
                }
                @if person.may(store::Role::It) {
                    div.buttons {
                        @for role in zones::watched(snapshot.as_deref()) {
                            a.button href={ "/zones/" (role) } { (icon(Icon::SquareDashed)) (lang.pick(format!("{}：画区域和遮挡", role.chinese()), format!("{}: draw zones and masks", role.english()))) }
                        }
                    }
                }
                div.wall {
                    @for picture in snapshot.iter().flat_map(|now| &now.pictures) { (live_picture(picture.role.as_str(), lang.picture(picture.role))) }
                }
            }
            section.card {
                h2 { (lang.pick("主机找到的设备", "Devices that the host can see")) }
                @match found {
                    Err(_) => p.muted { (lang.pick("主机没有应答", "The host does not answer")) },
                    Ok(found) if found.is_empty() => p.muted { (lang.pick("没有找到：检查线缆、电源和驱动", "None: look at cables, power and drivers")) },
                    Ok(found) => ul.plain {
                        @for device in &found {
                            li {
                                b { (device.name) } " " code { (device.address) }
                                @if let Some((best, others)) = device.modes.split_first() {
                                    " · " (best)
                                    @if !others.is_empty() {
                                        details {
                                            summary { (lang.pick(format!("另有 {} 种模式", others.len()), format!("{} more modes", others.len()))) }
                                            ul.plain { @for mode in others { li { (mode) } } }
                                        }
                                    }
                                }
                            }
                        }
                    },
                }
                @if person.may(store::Role::It) {
                    p.muted { (lang.pick("哪个设备作哪个输入、用哪种模式，在", "Which device is which input, and in which mode, is set on the page ")) a href="/settings#inputs" { (lang.pick("设置", "Settings")) } (lang.pick("页选择。", ".")) }
                }
            }
        },
    )
}

pub(crate) fn fragment(person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let Some(snapshot) = snapshot else { return ("inputs", super::overview::away(lang)) };
    let pictures =
        snapshot.pictures.iter().map(|one| (Role::Picture(one.role), one.live, &one.detail, &one.address, one.losses));
    let sounds =
        snapshot.sounds.iter().map(|one| (Role::Sound(one.role), one.live, &one.detail, &one.address, one.losses));
    let content = html! {
        ul.checks {
            @for (role, live, detail, address, losses) in pictures.chain(sounds) {
                li.good[live].bad[!live] data-input=(role.as_str()) {
                    (icon(ready::role_icon(role)))
                    div {
                        b { (lang.role(role)) }
                        span { (detail) }
                        small.muted { code { (address) } @if losses > 0 { " · " (lang.pick(format!("断过 {losses} 次"), format!("lost {losses} times"))) } }
                    }
                }
            }
        }
    };
    ("inputs", content)
}
