//! Pre-flight, item by item: the bad ones first, each with what to do.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;

use crate::area::Cut;
use crate::checks::{Check, checks, for_it};
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let mut all = checks(snapshot, view, seen.now);
    all.sort_by_key(|check| check.good);
    let bad = all.iter().filter(|check| !check.good).count();
    let title = match bad {
        0 => p.pick("课前检查：一切就绪".into(), "Pre-flight: all is ready".to_owned()),
        1 => p.pick("课前检查：1 项需要处理".into(), "Pre-flight: 1 thing needs a hand".into()),
        _ => p.pick(format!("课前检查：{bad} 项需要处理"), format!("Pre-flight: {bad} things need a hand")),
    };
    let row = rest.cut_top(p.sizes.head * 8 / 5);
    p.say(row, &title, p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    rest.cut_top(p.sizes.gap / 2);

    // Bad ones take the whole width for their words; good ones share it.
    let high = p.sizes.button + p.sizes.gap;
    for check in all.iter().filter(|check| !check.good) {
        if rest.size.height < high {
            return;
        }
        let row = rest.cut_top(high);
        item(p, row, check);
        rest.cut_top(p.sizes.gap / 2);
    }
    let good: Vec<_> = all.iter().filter(|check| check.good).collect();
    for pair in good.chunks(2) {
        if rest.size.height < p.sizes.button {
            return;
        }
        let row = rest.cut_top(p.sizes.button);
        for (column, check) in row.columns(2, p.sizes.gap / 2).into_iter().zip(pair) {
            item(p, column, check);
        }
        rest.cut_top(p.sizes.gap / 2);
    }
    if let Some(words) = for_it(snapshot, p.language).filter(|_| rest.size.height >= p.sizes.small * 2) {
        let row = rest.cut_top(p.sizes.small * 2);
        p.say(row, &words, p.regular(p.sizes.small, c.muted, c.ground), Align::Left);
    }
}

fn item(p: &mut Painter, area: Rectangle, check: &Check) {
    let c = p.colours;
    let (fill, strong, mark) = match check.good {
        true => (c.surface, c.accent, Icon::CircleCheck),
        false => (c.record_soft, c.record_ink, Icon::CircleAlert),
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
    if check.good {
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
