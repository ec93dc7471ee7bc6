//! `ketangctl inputs`: what is configured, and what is there.

use ketang_hal::role::Role;
use ketang_protocol::snapshot::{CardControl, FoundInput, PtzState, Snapshot};
use serde_json::json;

use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{role, table};

/// Lists the configured inputs and every device that is there
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, host: &Host) -> Result<(), Error> {
    let snapshot: Snapshot = host.client.get("/v1/snapshot").await?;
    let found: Vec<FoundInput> = host.client.get("/v1/inputs").await?;
    let document = json!({"pictures": snapshot.pictures, "sounds": snapshot.sounds, "found": found});
    host.show(&document, |lang| text(&snapshot, &found, lang))
}

/// Where a camera looks, and its presets.
fn turning(ptz: &PtzState, lang: Lang) -> String {
    let at = match (&ptz.going_to, &ptz.at, ptz.pan.zip(ptz.tilt).zip(ptz.zoom)) {
        (Some(preset), ..) => lang.pick(format!("正转到 {preset}"), format!("on its way to {preset}")),
        (None, Some(preset), _) => preset.clone(),
        (None, None, Some(((pan, tilt), zoom))) => format!("{pan:+}° {tilt:+}° {zoom}×"),
        (None, None, None) => String::new(),
    };
    lang.pick(format!("{at}；预置位 {}", ptz.presets.join("、")), format!("{at}; presets {}", ptz.presets.join(", ")))
}

/// What a microphone passes through in its sound card.
fn card(control: &CardControl, lang: Lang) -> String {
    let volume = control.percent.map(|percent| format!("{percent} %"));
    let switch = control.on.map(|on| if on { lang.pick("打开", "on") } else { lang.pick("关闭", "OFF") }.to_owned());
    let all: Vec<String> = [Some(control.name.clone()), volume, switch].into_iter().flatten().collect();
    all.join(" ")
}

/// How well it is known where a camera must look, and who turns it now.
fn aiming(ptz: &PtzState, lang: Lang) -> Option<String> {
    let calibration = &ptz.calibration;
    calibration.panorama?;
    let points = calibration.points;
    let known = match (&calibration.fault, calibration.off_degrees) {
        (Some(fault), _) => lang.pick(fault.chinese.clone(), fault.english.clone()),
        (None, Some(off)) => lang.pick(
            format!("已标定（{points} 个点，偏差 {off}°）"),
            format!("calibrated ({points} points, off by {off}°)"),
        ),
        (None, None) => lang.pick(format!("未标定（{points} 个点）"), format!("not calibrated ({points} points)")),
    };
    let checked = calibration
        .checked_degrees
        .map(|off| lang.pick(format!("；检查时偏差 {off}°"), format!("; off by {off}° when it was checked")));
    let turned = match (ptz.follows, ptz.returns_in_seconds) {
        (true, _) => lang.pick("；由主机转动", "; the host turns it").to_owned(),
        (false, Some(seconds)) => {
            lang.pick(format!("；{seconds} 秒后由主机转动"), format!("; the host turns it again in {seconds} s"))
        }
        (false, None) => String::new(),
    };
    Some(format!("{known}{}{turned}", checked.unwrap_or_default()))
}

fn text(snapshot: &Snapshot, found: &[FoundInput], lang: Lang) -> String {
    let mut text = lang.pick("已配置的输入\n", "Configured inputs\n").to_owned();
    let mut used: Vec<(&str, &'static str)> = Vec::new();
    let mut rows = Vec::new();
    let pictures =
        snapshot.pictures.iter().map(|i| (Role::from(i.role), i.live, &i.address, &i.detail, i.ptz.as_ref()));
    let sounds = snapshot.sounds.iter().map(|i| (Role::from(i.role), i.live, &i.address, &i.detail, None));
    let state = |live| if live { lang.pick("正常", "live") } else { lang.pick("丢失", "LOST") };
    for (input, live, address, detail, ptz) in pictures.chain(sounds) {
        used.push((address, input.as_str()));
        rows.push([input.as_str(), role(input, lang), state(live), address, detail].map(str::to_owned).to_vec());
        if let Some(ptz) = ptz {
            let detail = if ptz.live { turning(ptz, lang) } else { ptz.detail.clone() };
            let row = ["", lang.pick("云台", "camera turns"), state(ptz.live), &ptz.address, &detail];
            rows.push(row.map(str::to_owned).to_vec());
            if let Some(aiming) = aiming(ptz, lang) {
                rows.push(["", lang.pick("标定", "calibration"), "", "", &aiming].map(str::to_owned).to_vec());
            }
        }
        let sound = snapshot.sounds.iter().find(|sound| Role::from(sound.role) == input);
        let controls: Vec<String> = sound.iter().flat_map(|sound| &sound.card).map(|one| card(one, lang)).collect();
        if !controls.is_empty() {
            let row = ["", lang.pick("录音控制", "capture"), "", &controls.join(", ")];
            rows.push(row.map(str::to_owned).to_vec());
        }
    }
    if rows.is_empty() {
        let none = lang.pick(
            "无：在 /etc/ketang/ketangd.toml 的 [inputs.<role>] 中配置",
            "none: write them below [inputs.<role>] in /etc/ketang/ketangd.toml",
        );
        rows.push(vec![none.to_owned()]);
    }
    text.push_str(&table(&rows, 2));

    text.push_str(lang.pick("\n找到的设备\n", "\nDevices found\n"));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for device in found {
        let roles: Vec<&str> =
            used.iter().filter(|(address, _)| *address == device.address).map(|(_, role)| *role).collect();
        let first = device.modes.first().cloned().unwrap_or_default();
        let more = match device.modes.len() {
            0 | 1 => String::new(),
            modes => lang.pick(format!("（另有 {} 种）", modes - 1), format!(" (and {} more)", modes - 1)),
        };
        rows.push(vec![device.address.clone(), device.name.clone(), format!("{first}{more}"), roles.join(", ")]);
    }
    if rows.is_empty() {
        rows.push(vec![lang.pick("无：检查线缆", "none: check the cables").to_owned()]);
    }
    text + &table(&rows, 2)
}
