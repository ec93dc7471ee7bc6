//! The sound: every microphone with its level, how loud people want it, what its sound card lets through, and how it is treated.
//! The console has the same faders.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::role::{Role as InputRole, SoundRole};
use ketang_protocol::command::Sound;
use ketang_protocol::snapshot::{CardControl, Snapshot, SoundState};
use lucide_icons::Icon;
use maud::{Markup, html};
use toml::Value;

use super::{Fragment, icon, page, place, ready};
use crate::lang::Lang;
use crate::settings::change::{get as at, key};
use crate::settings::fields::{Field, SECTIONS, defaults};
use crate::settings::table;
use crate::site::Site;
use crate::store;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let treatment = treatment(&site, lang).await;
    page(
        &site,
        &person,
        "/sound",
        lang.pick("声音", "Sound"),
        "sound",
        &html! {
            section.card {
                (place(&fragment(&person, snapshot.as_deref())))
                p.muted { (lang.pick(
                    "音量在所有混音、轨道和现场扩声中生效，重启后保留；静音到取消、下一节课开始或主机重启为止。",
                    "A volume holds in every mix, in all tracks and in the room, and is kept; a mute lasts until it is lifted, the next lesson begins or the host starts anew."
                )) }
            }
            section.card {
                h2 { (lang.pick("声音处理", "Treatment")) }
                (treatment)
                @if person.may(store::Role::It) {
                    p.muted { (lang.pick("在", "Changed on the page ")) a href="/settings" { (lang.pick("设置", "Settings")) } (lang.pick("页修改。", ".")) }
                }
            }
        },
    )
}

/// The microphones, as they are now.
pub(crate) fn fragment(person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let Some(snapshot) = snapshot else { return ("sound-all", super::overview::away(lang)) };
    let alarms =
        |role: SoundRole| snapshot.alarms.iter().filter(move |alarm| alarm.input == Some(InputRole::Sound(role)));
    let content = html! {
        div.sounds {
            @for sound in &snapshot.sounds {
                (strip(sound, lang))
                @for alarm in alarms(sound.role) { p.warn { (icon(Icon::TriangleAlert)) " " (lang.alarm(alarm)) } }
                @for control in &sound.card { (card(sound.role, control, lang)) }
            }
        }
        @if snapshot.sounds.is_empty() { p.muted { (lang.pick("没有配置话筒", "No microphone is configured")) } }
    };
    ("sound-all", content)
}

/// A microphone with its meter, its fader and its mute.
pub(crate) fn strip(sound: &SoundState, lang: Lang) -> Markup {
    let role = sound.role;
    let words = if sound.muted { lang.pick("已静音", "Muted") } else { lang.pick("静音", "Mute") };
    html! {
        div.sound.lost[!sound.live].muted-sound[sound.muted] data-sound=(role) data-muted=(sound.muted) {
            (icon(ready::role_icon(InputRole::Sound(role))))
            span { (lang.role(InputRole::Sound(role))) }
            // A level of −60 dBFS and less is an empty bar.
            meter min="-60" max="0" low="-50" high="-9" optimum="-20" value=(sound.level_dbfs.round() as i32) {}
            span.number {
                @if !sound.live { (lang.pick("无信号", "No signal")) }
                @else if sound.muted { (lang.pick("已静音", "Muted")) }
                @else { (sound.level_dbfs.round() as i32) " dB" }
            }
            @if sound.speech { (icon(Icon::Speech)) } @else { span {} }
            div.volume {
                form method="post" action={ "/do/mute/" (role) "/" (!sound.muted) } data-quiet {
                    button.muted-button[sound.muted] data-mute=(role) aria-pressed=(sound.muted) { (icon(if role == SoundRole::LineIn { Icon::VolumeX } else { Icon::MicOff })) (words) }
                }
                form.fader method="post" action="/do/volume" data-quiet {
                    // Named after the microphone, so that a page that changes knows which one had the focus.
                    input type="range" name=(role) min=(Sound::LEAST_DB as i32) max=(Sound::MOST_DB as i32) step="1" value=(sound.gain_db.round() as i32) data-fader aria-label=(lang.pick("音量", "Volume"));
                    output { (decibels(sound.gain_db)) }
                    noscript { button { (lang.pick("设定", "Set")) } }
                }
            }
        }
    }
}

fn decibels(gain: f32) -> String {
    let gain = gain.round() as i32;
    if gain > 0 { format!("+{gain} dB") } else { format!("{gain} dB") }
}

/// A control of the sound card itself.
fn card(role: SoundRole, control: &CardControl, lang: Lang) -> Markup {
    let action = format!("/do/sound-card/{role}");
    html! {
        div.card-control data-control=(control.name) {
            span { (lang.pick("声卡", "Sound card")) " · " (control.name) }
            @if let Some(on) = control.on {
                form method="post" action=(action) data-quiet {
                    input type="hidden" name="control" value=(control.name);
                    input type="hidden" name="on" value=(!on);
                    button.on[on].primary[!on] data-switch=(control.name) { @if on { (lang.pick("已打开", "On")) } @else { (lang.pick("打开录音", "Switch on")) } }
                }
            }
            @if let Some(percent) = control.percent {
                form.fader method="post" action=(action) data-quiet {
                    input type="hidden" name="control" value=(control.name);
                    input type="range" id={ "card-" (role) "-" (control.name) } name="percent" min="0" max="100" step="5" value=(percent) data-fader data-unit="%" aria-label=(lang.pick("录音音量", "Capture volume"));
                    output { (percent) " %" }
                    noscript { button { (lang.pick("设定", "Set")) } }
                }
            }
        }
    }
}

/// The switches of the treatment, as the settings have them.
async fn treatment(site: &Site, lang: Lang) -> Markup {
    let Ok(now) = site.client.settings().await else { return super::overview::away(lang) };
    let layers = [&table(&now.text), &table(&now.file), defaults()];
    let is_on = |field: &Field| {
        let of = key(field.key);
        layers.iter().find_map(|layer| at(layer, &of)).and_then(Value::as_bool).unwrap_or_default()
    };
    let fields = SECTIONS.iter().flat_map(|section| section.fields).filter(|field| field.key.starts_with("sound."));
    html! {
        ul.checks {
            @for field in fields {
                @let on = is_on(field);
                li.good[on] data-treatment=(field.key) {
                    (icon(if on { Icon::CircleCheck } else { Icon::Circle }))
                    div {
                        b { (lang.pick(field.name.0, field.name.1)) " · " (if on { lang.pick("开", "on") } else { lang.pick("关", "off") }) }
                        small.muted { (lang.pick(field.hint.0, field.hint.1)) }
                    }
                }
            }
        }
    }
}
