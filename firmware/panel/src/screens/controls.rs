//! What is touched while a lesson is recorded, in one row: who cuts, the layouts, the rest, the break and the end.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::arrange::{self, Arrangement};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;
use ketang_protocol::snapshot::{Directing, Snapshot};
use lucide_icons::Icon;

use super::cameras;
use crate::action::Action;
use crate::area::Cut;
use crate::painter::{Align, Look, Painter};
use crate::shape::mix;
use crate::view::{Screen, View};

/// By how many minutes a lesson can be extended.
const EXTENDED_BY: [u32; 3] = [5, 10, 15];

pub(super) fn draw(p: &mut Painter, mut bar: Rectangle, snapshot: &Snapshot, view: &View) {
    let c = p.colours;
    let gap = p.sizes.gap;
    let stop = bar.cut_right(p.sizes.wide * 5 / 2);
    let look = Look { fill: c.ink, ink: c.ground, ground: c.ground };
    p.button_of(stop, Action::Stop, look, Some(Icon::Square), p.pick("下课", "End class"), p.sizes.title * 7 / 8);
    bar.cut_right(gap);
    if view.more {
        return more(p, bar, snapshot);
    }
    let quiet = p.quiet(c.ground);
    let pause = bar.cut_right(p.sizes.wide * 2);
    p.button_of(pause, Action::Pause, quiet, Some(Icon::Pause), p.pick("暂停", "Pause"), p.sizes.body);
    bar.cut_right(gap / 2);
    let rest = bar.cut_right(p.sizes.button);
    p.button_of(rest, Action::More(true), quiet, Some(Icon::Ellipsis), "", p.sizes.body);
    bar.cut_right(gap * 3 / 2);
    let who = bar.cut_left(p.sizes.wide * 5 / 2);
    directing(p, who, &snapshot.programme.directing);
    bar.cut_left(gap);
    layouts(p, bar, snapshot, view);
}

/// Who cuts: a touch changes it. After a cut by hand the countdown runs here.
fn directing(p: &mut Painter, area: Rectangle, directing: &Directing) {
    let c = p.colours;
    let automatic = directing.mode == Mode::Automatic && directing.returns_in_seconds.is_none();
    let next = if automatic { Mode::SemiAutomatic } else { Mode::Automatic };
    let fill = if automatic { c.accent_soft } else { c.warn_soft };
    let ink = if automatic { c.ink } else { c.warn_ink };
    let fill = p.touchable(area, Action::Direct(next), Look { fill, ink, ground: c.ground });
    let mut inside = area.inset(p.sizes.gap / 2, p.sizes.gap / 2);
    let icon = if automatic { Icon::WandSparkles } else { Icon::Hand };
    let mark = inside.cut_left(p.sizes.title).center();
    p.icon(mark, icon, p.sizes.title * 7 / 8, ink, fill);
    inside.cut_left(p.sizes.gap / 2);
    let head = if automatic { p.pick("自动导播", "Automatic") } else { p.pick("手动导播", "By hand") };
    let below = match (automatic, directing.returns_in_seconds) {
        (true, _) => p.pick("点按改为手动", "touch to cut").to_owned(),
        (false, Some(seconds)) => p.pick(format!("{} 后自动", span(seconds)), format!("auto in {}", span(seconds))),
        (false, None) => p.pick("点按改为自动", "touch for auto").to_owned(),
    };
    let mut block = inside.middle(Size::new(inside.size.width, p.sizes.body * 5 / 4 + p.sizes.small * 5 / 4));
    let row = block.cut_top(p.sizes.body * 5 / 4);
    p.say(row, head, p.bold(p.sizes.body, ink, fill), Align::Left);
    p.say(block, &below, p.regular(p.sizes.small * 7 / 8, ink, fill), Align::Left);
}

fn span(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What is wanted less often.
fn more(p: &mut Painter, mut bar: Rectangle, snapshot: &Snapshot) {
    let c = p.colours;
    let (quiet, gap) = (p.quiet(c.ground), p.sizes.gap / 2);
    let back = bar.cut_left(p.sizes.button);
    p.button_of(back, Action::More(false), quiet, Some(Icon::ArrowLeft), "", p.sizes.body);
    bar.cut_left(gap);
    let chapter = bar.cut_left(p.sizes.wide * 5 / 2);
    p.button_of(chapter, Action::Chapter, quiet, Some(Icon::Bookmark), p.pick("标记章节", "Chapter"), p.sizes.body);
    bar.cut_left(gap);
    if cameras::all(snapshot).next().is_some() {
        let turn = bar.cut_left(p.sizes.wide * 2);
        p.button_of(turn, Action::Open(Screen::Cameras), quiet, Some(Icon::Move), p.pick("云台", "Turn"), p.sizes.body);
        bar.cut_left(gap);
    }
    // A lesson without a planned end cannot be extended.
    if snapshot.lesson.as_ref().is_some_and(|lesson| lesson.planned_seconds.is_some()) {
        for minutes in EXTENDED_BY {
            let place = bar.cut_left(p.sizes.wide * 3 / 2);
            let words = p.pick(format!("+{minutes} 分钟"), format!("+{minutes} min"));
            p.button_of(place, Action::Extend(minutes), quiet, None, &words, p.sizes.body);
            bar.cut_left(gap);
        }
    }
}

/// The layouts; where not all fit, some at a time and a button that leads on, around.
fn layouts(p: &mut Painter, mut bar: Rectangle, snapshot: &Snapshot, view: &View) {
    let offered = arrange::offered(snapshot);
    let (gap, c) = (p.sizes.gap / 2, p.colours);
    let width = p.sizes.wide * 5 / 4;
    let fit = |room: u32| ((room + gap) / (width + gap)) as usize;
    let all = fit(bar.size.width) >= offered.len();
    let at_once = match all {
        true => offered.len(),
        false => fit(bar.size.width.saturating_sub(p.sizes.button + gap)),
    }
    .max(1);
    let pages = offered.len().div_ceil(at_once).max(1);
    let page = view.layouts % pages;
    for (one, shot) in offered.into_iter().skip(page * at_once).take(at_once) {
        let area = bar.cut_left(width);
        bar.cut_left(gap);
        layout(p, area, one, shot, snapshot);
    }
    if !all {
        let area = bar.cut_left(p.sizes.button);
        let (look, words) = (p.quiet(c.ground), format!("{}/{pages}", page + 1));
        let fill = p.touchable(area, Action::Layouts((page + 1) % pages), look);
        let mut inside = area.inset(4, p.sizes.gap / 2);
        let label = inside.cut_bottom(p.sizes.small * 5 / 4);
        p.say(label, &words, p.regular(p.sizes.small * 7 / 8, c.muted, fill), Align::Centre);
        p.icon(inside.center(), Icon::ChevronRight, p.sizes.title, c.ink, fill);
    }
}

/// A layout's button: its picture with its name beneath.
fn layout(p: &mut Painter, area: Rectangle, one: &Arrangement, shot: Shot, snapshot: &Snapshot) {
    let c = p.colours;
    let shown = snapshot.programme.shot.layout == one.name;
    let base = if shown { c.accent_soft } else { c.surface };
    let look = Look { fill: base, ink: c.ink, ground: c.ground };
    let fill = p.touchable(area, Action::Show(shot), look);
    let mut inside = area.inset(4, p.sizes.gap / 2);
    let label = inside.cut_bottom(p.sizes.small * 5 / 4);
    let how =
        if shown { p.bold(p.sizes.small * 7 / 8, c.ink, fill) } else { p.regular(p.sizes.small * 7 / 8, c.ink, fill) };
    p.say(label, p.pick(one.chinese, one.english), how, Align::Centre);
    let height = inside.size.height.saturating_sub(p.sizes.gap / 3);
    let picture = Rectangle::new(inside.top_left, Size::new(inside.size.width, height))
        .middle(Size::new(height * 16 / 9, height));
    let ink = if shown { c.accent } else { c.muted };
    for (index, (x, y, width, height)) in one.panes.iter().enumerate() {
        let at = |share: &u32, of: u32| (share * of + 50) / 100;
        let place = Point::new(at(x, picture.size.width) as i32, at(y, picture.size.height) as i32);
        let pane = Rectangle::new(
            picture.top_left + place,
            Size::new(at(width, picture.size.width), at(height, picture.size.height)),
        );
        // A pane on top of another has an edge of the button's colour around it.
        if index > 0 && one.panes[0] == (0, 0, 100, 100) {
            p.fill(pane.offset(2), fill);
        }
        p.rounded(pane, 3, if index == 0 { ink } else { mix(ink, fill, 150) }, fill);
    }
}
