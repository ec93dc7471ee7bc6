//! Pre-flight, item by item: the bad ones first, each with what to do; last what only IT can mend.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;

use crate::area::Cut;
use crate::checks::{Check, State, checks, for_it};
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let mut all = checks(snapshot, seen, view);
    all.sort_by_key(|check| check.state);
    let (bad, others) = all.split_at(all.partition_point(|check| check.state == State::Bad));
    let (good, of_it) = others.split_at(others.partition_point(|check| check.state == State::Good));
    let title = match bad.len() {
        0 => p.pick("课前检查：一切就绪".into(), "Pre-flight: all is ready".to_owned()),
        1 => p.pick("课前检查：1 项需要处理".into(), "Pre-flight: 1 thing needs a hand".into()),
        count => p.pick(format!("课前检查：{count} 项需要处理"), format!("Pre-flight: {count} things need a hand")),
    };
    let row = rest.cut_top(p.sizes.head * 8 / 5);
    p.say(row, &title, p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    rest.cut_top(p.sizes.gap / 2);

    // Bad ones take two lines for their words, good ones share a line, and what is for IT takes one.
    let high = p.sizes.button + p.sizes.gap;
    for check in bad {
        if rest.size.height < high {
            return;
        }
        let row = rest.cut_top(high);
        item(p, row, check);
        rest.cut_top(p.sizes.gap / 2);
    }
    let words = for_it(snapshot, p.language);
    let line = if words.is_some() { p.sizes.small * 2 } else { 0 };
    // Nothing is left out before each is as low as its words allow.
    let rows: Vec<&[Check]> = good.chunks(2).chain(of_it.chunks(1)).collect();
    let share = rest.size.height.saturating_sub(line) / u32::try_from(rows.len().max(1)).unwrap_or(u32::MAX);
    let high = share.saturating_sub(p.sizes.gap / 2).clamp(p.sizes.body * 3 / 2, p.sizes.button);
    for checks in rows {
        if rest.size.height < high + line {
            break;
        }
        let row = rest.cut_top(high);
        let columns = if checks[0].state == State::Good { 2 } else { 1 };
        for (column, check) in row.columns(columns, p.sizes.gap / 2).into_iter().zip(checks) {
            item(p, column, check);
        }
        rest.cut_top(p.sizes.gap / 2);
    }
    if let Some(words) = words {
        let row = rest.cut_top(line);
        p.say(row, &words, p.regular(p.sizes.small, c.muted, c.ground), Align::Left);
    }
}

fn item(p: &mut Painter, area: Rectangle, check: &Check) {
    let c = p.colours;
    let (fill, strong, mark) = match check.state {
        State::Bad => (c.record_soft, c.record_ink, Icon::CircleAlert),
        State::ForIt => (c.surface, c.muted, Icon::Wrench),
        State::Good => (c.surface, c.accent, Icon::CircleCheck),
    };
    p.card(area, fill);
    let mut inside = area.inset(p.sizes.pad * 3 / 4, 0);
    let size = p.sizes.title;
    let place = inside.cut_left(size).center();
    p.icon(place, mark, size, strong, fill);
    inside.cut_left(p.sizes.gap);
    let place = inside.cut_left(size).center();
    p.icon(place, check.icon, size * 7 / 8, c.muted, fill);
    inside.cut_left(p.sizes.gap);
    if check.state != State::Bad {
        let used = p.say(inside, &check.name, p.bold(p.sizes.body, c.ink, fill), Align::Left);
        inside.cut_left(used + p.sizes.gap);
        p.say(inside, &check.words, p.regular(p.sizes.small, c.muted, fill), Align::Right);
    } else {
        let [above, below] = [p.sizes.body * 3 / 2, p.sizes.body * 3 / 2];
        let mut block = inside.middle(Size::new(inside.size.width, above + below));
        let row = block.cut_top(above);
        p.say(row, &check.name, p.bold(p.sizes.body, c.ink, fill), Align::Left);
        p.say(block, &check.words, p.regular(p.sizes.body, c.ink, fill), Align::Left);
    }
}
