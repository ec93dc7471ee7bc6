//! `ketangctl inputs`: what is configured, and what is there.

use ketang_hal::role::Role;
use ketang_protocol::snapshot::{FoundInput, Snapshot};
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

fn text(snapshot: &Snapshot, found: &[FoundInput], lang: Lang) -> String {
    let mut text = lang.pick("已配置的输入\n", "Configured inputs\n").to_owned();
    let mut used: Vec<(&str, &'static str)> = Vec::new();
    let mut rows = Vec::new();
    let pictures = snapshot.pictures.iter().map(|i| (Role::from(i.role), i.live, &i.address, &i.detail));
    let sounds = snapshot.sounds.iter().map(|i| (Role::from(i.role), i.live, &i.address, &i.detail));
    for (input, live, address, detail) in pictures.chain(sounds) {
        used.push((address, input.as_str()));
        let state = if live { lang.pick("正常", "live") } else { lang.pick("丢失", "LOST") };
        rows.push([input.as_str(), role(input, lang), state, address, detail].map(str::to_owned).to_vec());
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
