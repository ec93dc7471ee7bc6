//! What IT needs at the wall: what this host is, where its pages are, how its network, disk and clock are; and the switch of
//! the remote assistance. What takes more than a glance or a touch is on the pages.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::system;
use lucide_icons::Icon;

use super::pairing::by_phone;
use super::settings::setting;
use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::pairing::is_current;
use crate::seen::Seen;
use crate::words::clock;

/// An icon, what it is, and how it is.
type Fact = (Icon, &'static str, String);

pub(super) fn draw(p: &mut Painter, mut rest: Rectangle, seen: &Seen) {
    let c = p.colours;
    let high = p.sizes.button + p.sizes.gap * 2;
    let mut row = rest.cut_bottom(high);
    rest.cut_bottom(p.sizes.gap);
    let row = setting(p, &mut row, high, Icon::ScreenShare, p.pick("远程协助", "Remote assistance"));
    let on = seen.assistance.is_some();
    let choices =
        [(Action::EndAssistance, !on, p.pick("关闭", "Off")), (Action::BeginAssistance, on, p.pick("开启", "On"))];
    for (place, (action, chosen, words)) in row.columns(2, p.sizes.gap / 2).into_iter().zip(choices) {
        p.choice(place, action, chosen, None, words, c.surface);
    }

    p.card(rest, c.surface);
    let mut inside = rest.inset(p.sizes.pad, p.sizes.gap);
    if let Some(pages) = seen.pages {
        let right = inside.cut_right(inside.size.height.min(inside.size.width / 3));
        inside.cut_right(p.sizes.pad);
        by_phone(p, right, &pages.address);
    }
    let all = facts(p, seen);
    let share = inside.size.height / all.len() as u32;
    let size = if share >= p.sizes.body * 7 / 4 { p.sizes.body } else { p.sizes.small };
    let line = share.clamp(size * 5 / 4, size * 5 / 2);
    let fit = (inside.size.height / line).min(all.len() as u32);
    let mut block = inside.middle(Size::new(inside.size.width, line * fit));
    for fact in all.into_iter().take(fit as usize) {
        let row = block.cut_top(line);
        tell(p, row, fact, size);
    }
}

fn tell(p: &mut Painter, mut row: Rectangle, (icon, name, words): Fact, size: u32) {
    let c = p.colours;
    let mark = row.cut_left(size * 3 / 2).center();
    p.icon(mark, icon, size * 5 / 4, c.muted, c.surface);
    row.cut_left(p.sizes.gap);
    let label = row.cut_left(size * 6);
    p.say(label, name, p.regular(size, c.muted, c.surface), Align::Left);
    p.say(row, &words, p.bold(size, c.ink, c.surface), Align::Left);
}

/// The most wanted first: on a low screen the last ones have no room.
fn facts(p: &Painter, seen: &Seen) -> Vec<Fact> {
    let mut all = Vec::new();
    if let Some(pages) = seen.pages {
        let words = std::iter::once(&pages.address).chain(&pages.others).take(2).cloned().collect::<Vec<_>>();
        all.push((Icon::Globe, p.pick("管理站点", "Pages"), words.join("  ·  ")));
    }
    if let Some(code) = seen.pairing.filter(|code| is_current(code, seen.wall.timestamp())) {
        all.push((Icon::KeyRound, p.pick("配对码", "First access"), code.in_two()));
    }
    if let Some(at) = seen.assistance {
        all.push((Icon::ScreenShare, p.pick("协助网址", "Assistance"), format!("http://{at}/")));
    }
    if let Some(snapshot) = seen.snapshot {
        let Snapshot { host, version, board, .. } = snapshot;
        all.push((Icon::Server, p.pick("主机", "Host"), format!("{host}  ·  ketang {version}  ·  {board}")));
        all.extend(network(p, snapshot));
        all.push((Icon::HardDrive, p.pick("存储空间", "Disk"), disk(p, snapshot)));
        let told = p.language.say(snapshot.clock.told());
        let zone = snapshot.clock.zone.as_deref().unwrap_or_default();
        let words = format!("{}  ·  {zone}  ·  {told}", clock(seen.wall.time()));
        all.push((Icon::Clock, p.pick("时间", "Time"), words));
    }
    let Size { width, height } = p.frame.size();
    let glass = seen.millimetres.map(|glass| format!("  ·  {}×{} mm", glass.width, glass.height));
    let words = format!("{width}×{height}{}", glass.unwrap_or_default());
    all.push((Icon::Monitor, p.pick("屏幕", "Screen"), words));
    all
}

fn network(p: &Painter, snapshot: &Snapshot) -> Option<Fact> {
    let network = snapshot.network.as_ref()?;
    let mut words = p.language.say(system::network(network));
    if let Some(gateway) = network.gateway {
        words += &p.pick(format!("  ·  网关 {gateway}"), format!("  ·  gateway {gateway}"));
    }
    Some((Icon::Network, p.pick("网络", "Network"), words))
}

fn disk(p: &Painter, snapshot: &Snapshot) -> String {
    let giga = |bytes: u64| bytes / 1_000_000_000;
    let (free, total) = (giga(snapshot.storage.free_bytes), giga(snapshot.storage.total_bytes));
    let left = snapshot.storage.lessons_left;
    p.pick(
        format!("剩余 {free} GB，共 {total} GB  ·  还能录 {left} 节课"),
        format!("{free} of {total} GB free  ·  room for {left} lessons"),
    )
}
