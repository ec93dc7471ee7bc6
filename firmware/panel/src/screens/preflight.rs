//! Pre-flight, item by item: the bad ones first, each with what to do; last what only IT can mend. What does not fit is on a
//! page of its own, and while a lesson runs the same list says what spoils it.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;

use super::pages;
use crate::area::Cut;
use crate::checks::{Check, State, checks, for_it};
use crate::painter::{Align, Painter};
use crate::seen::{Seen, Stage};
use crate::view::View;

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let gap = p.sizes.gap / 2;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let mut all = checks(snapshot, seen, view);
    all.sort_by_key(|check| check.state);
    let (bad, others) = all.split_at(all.partition_point(|check| check.state == State::Bad));
    let (good, of_it) = others.split_at(others.partition_point(|check| check.state == State::Good));
    // Bad ones have lines for their words, good ones share a line, and what is for IT takes one.
    let least = p.sizes.body * 3 / 2;
    let high = (p.sizes.button + p.sizes.gap).max(3 * least + p.sizes.gap);
    let bad_rows = bad.chunks(1).map(|checks| Row { checks, least: high });
    let other_rows = good.chunks(2).chain(of_it.chunks(1)).map(|checks| Row { checks, least });
    let rows: Vec<Row> = bad_rows.chain(other_rows).collect();
    let words = for_it(snapshot, p.language);
    let line = if words.is_some() { p.sizes.small * 2 } else { 0 };

    let low = p.sizes.head * 8 / 5;
    let room = |head: u32| rest.size.height.saturating_sub(head + gap + line);
    // The buttons that turn pages need a higher headline, and so less room is left where they are needed.
    let pages = match paged(&rows, room(low), gap) {
        all if all.len() < 2 => all,
        _ => paged(&rows, room(low.max(p.sizes.touch)), gap),
    };
    let page = view.page.min(pages.len().saturating_sub(1));
    let mut head = rest.cut_top(if pages.len() < 2 { low } else { low.max(p.sizes.touch) });
    pages::turn(p, &mut head, page, pages.len());
    let title = title(p, bad.len(), seen);
    p.say(head, &title, p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    rest.cut_top(gap);

    let rows = pages.get(page).copied().unwrap_or_default();
    // What the bad ones leave the others share.
    let fixed: u32 = rows.iter().filter(|row| row.is_bad()).map(|row| row.least + gap).sum();
    let shared = rows.iter().filter(|row| !row.is_bad()).count();
    let share = rest.size.height.saturating_sub(line + fixed) / u32::try_from(shared.max(1)).unwrap_or(u32::MAX);
    let high = share.saturating_sub(gap).clamp(least, p.sizes.button);
    for row in rows {
        let place = rest.cut_top(if row.is_bad() { row.least } else { high });
        let columns = if row.checks[0].state == State::Good { 2 } else { 1 };
        for (column, check) in place.columns(columns, gap).into_iter().zip(row.checks) {
            item(p, column, check);
        }
        rest.cut_top(gap);
    }
    if let Some(words) = words.filter(|_| page + 1 >= pages.len()) {
        let row = rest.cut_top(line);
        p.say(row, &words, p.regular(p.sizes.small, c.muted, c.ground), Align::Left);
    }
}

fn title(p: &Painter, bad: usize, seen: &Seen) -> String {
    let of = match seen.stage() {
        Stage::Recording | Stage::Paused => p.pick("本节课", "This lesson"),
        Stage::Idle | Stage::Ended | Stage::Unreachable => p.pick("课前检查", "Pre-flight"),
    };
    match bad {
        0 => p.pick(format!("{of}：一切就绪"), format!("{of}: all is ready")),
        1 => p.pick(format!("{of}：1 项需要处理"), format!("{of}: 1 thing needs a hand")),
        count => p.pick(format!("{of}：{count} 项需要处理"), format!("{of}: {count} things need a hand")),
    }
}

/// One or two items beside each other.
struct Row<'a> {
    checks: &'a [Check],
    least: u32,
}

impl Row<'_> {
    fn is_bad(&self) -> bool {
        self.checks[0].state == State::Bad
    }
}

/// The rows by pages, as many on each as its height holds, and one at least.
fn paged<'a, 'b>(mut rows: &'a [Row<'b>], room: u32, gap: u32) -> Vec<&'a [Row<'b>]> {
    let mut pages = Vec::new();
    while !rows.is_empty() {
        let mut used = 0;
        let mut fits = |row: &Row| {
            used += row.least + gap;
            used <= room + gap
        };
        let (page, others) = rows.split_at(rows.iter().take_while(|row| fits(row)).count().max(1).min(rows.len()));
        pages.push(page);
        rows = others;
    }
    pages
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
        let how = p.regular(p.sizes.body, c.ink, fill);
        let above = p.sizes.body * 3 / 2;
        let below = p.height(&check.words, how, inside.size.width, 2);
        let mut block = inside.middle(Size::new(inside.size.width, above + below));
        let row = block.cut_top(above);
        p.say(row, &check.name, p.bold(p.sizes.body, c.ink, fill), Align::Left);
        p.paragraph(block, &check.words, how, Align::Left, 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_on_one_page_and_pages_are_no_higher_than_the_screen() {
        let check = |state| Check { icon: Icon::Mic, name: String::new(), state, words: String::new() };
        let all: Vec<Check> = (0..9).map(|index| check(if index < 6 { State::Bad } else { State::Good })).collect();
        let rows: Vec<Row> = all
            .chunks(1)
            .map(|checks| Row { checks, least: if checks[0].state == State::Bad { 96 } else { 31 } })
            .collect();
        for room in [0, 31, 96, 97, 204, 300, 900] {
            let pages = paged(&rows, room, 6);
            assert_eq!(pages.iter().map(|page| page.len()).sum::<usize>(), rows.len(), "{room}");
            for page in pages {
                let used = page.iter().map(|row| row.least + 6).sum::<u32>() - 6;
                assert!(used <= room || page.len() == 1, "{room}: {used}");
            }
        }
        assert!(paged(&[], 100, 6).is_empty());
    }
}
