//! The lessons of the day, each with its outcome, and the periods of the timetable that have none, or none yet.

use embedded_graphics::primitives::Rectangle;
use jiff::Timestamp;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::LessonSummary;
use ketang_protocol::timetable::{PeriodOutcome, PeriodState, Starts};
use lucide_icons::Icon;

use super::pages;
use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;
use crate::words::{at, clock};

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let today = seen.wall.date();
    let lessons: Vec<_> = seen.lessons.iter().filter(|lesson| at(lesson.started, seen.wall).date() == today).collect();
    let mut head = rest.cut_top((p.sizes.head * 8 / 5).max(p.sizes.touch));
    let title = p.pick(format!("今天的课 · {} 节", lessons.len()), format!("Lessons today · {}", lessons.len()));
    rest.cut_top(p.sizes.gap / 2);
    let mut rows: Vec<Row> = lessons.into_iter().map(Row::Lesson).collect();
    let periods = seen.snapshot.map(|snapshot| snapshot.periods.as_slice()).unwrap_or_default();
    let of_today = periods.iter().filter(|state| at(state.period.begins, seen.wall).date() == today);
    rows.extend(of_today.filter(|state| !matches!(state.outcome, Some(PeriodOutcome::Lesson { .. }))).map(Row::Period));
    rows.sort_by_key(|row| std::cmp::Reverse(row.time()));
    let high = p.sizes.button + p.sizes.gap / 2;
    let fit = (((rest.size.height + p.sizes.gap / 2) / high) as usize).max(1);
    let pages = rows.len().div_ceil(fit).max(1);
    let page = view.page.min(pages - 1);
    pages::turn(p, &mut head, page, pages);
    p.say(head, &title, p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    if rows.is_empty() {
        let words = p.pick("今天还没有录课", "Nothing was recorded today yet");
        p.card(rest, c.surface);
        p.say(rest, words, p.regular(p.sizes.title, c.muted, c.surface), Align::Centre);
    }
    for one in rows.iter().skip(page * fit).take(fit) {
        let place = rest.cut_top(p.sizes.button);
        row(p, place, one, seen);
        rest.cut_top(p.sizes.gap / 2);
    }
}

#[derive(Clone, Copy)]
enum Row<'a> {
    Lesson(&'a LessonSummary),
    Period(&'a PeriodState),
}

impl<'a> Row<'a> {
    fn time(self) -> Timestamp {
        match self {
            Self::Lesson(lesson) => lesson.started,
            Self::Period(state) => state.period.begins,
        }
    }

    fn seconds(self) -> f64 {
        match self {
            Self::Lesson(lesson) => lesson.seconds,
            Self::Period(state) => state.period.ends.duration_since(state.period.begins).as_secs_f64(),
        }
    }

    fn title(self) -> Option<&'a str> {
        match self {
            Self::Lesson(lesson) => lesson.title.as_deref(),
            Self::Period(state) => Some(&state.period.title),
        }
    }

    fn teacher(self) -> Option<&'a str> {
        match self {
            Self::Lesson(lesson) => lesson.teacher.as_deref(),
            Self::Period(state) => state.period.teacher.as_deref(),
        }
    }
}

fn row(p: &mut Painter, area: Rectangle, row: &Row, seen: &Seen) {
    let c = p.colours;
    p.card(area, c.surface);
    let mut inside = area.inset(p.sizes.pad * 3 / 4, 0);
    let time = clock(at(row.time(), seen.wall).time());
    let how = p.bold(p.sizes.title, c.ink, c.surface);
    let width = p.width("00:00", how) + p.sizes.pad;
    let place = inside.cut_left(width);
    p.say(place, &time, how, Align::Left);

    let (icon, ink, words) = match row {
        Row::Lesson(lesson) => badge(p, lesson),
        Row::Period(state) => period_badge(p, state),
    };
    let how = p.bold(p.sizes.body, ink, c.surface);
    let place = inside.cut_right(p.sizes.body * 15 / 2);
    let mut place = place;
    let mark = place.cut_left(p.sizes.title).center();
    p.icon(mark, icon, p.sizes.body * 5 / 4, ink, c.surface);
    place.cut_left(p.sizes.gap / 2);
    p.say(place, &words, how, Align::Left);
    inside.cut_right(p.sizes.gap);
    if seen.snapshot.is_some_and(|snapshot| snapshot.uploads.is_some()) {
        let place = inside.cut_right(p.sizes.title).center();
        if matches!(row, Row::Lesson(lesson) if lesson.confirmed_upstream) {
            p.icon(place, Icon::CloudCheck, p.sizes.body * 5 / 4, c.muted, c.surface);
        }
        inside.cut_right(p.sizes.gap);
    }
    let length = p.language.minutes(row.seconds());
    let place = inside.cut_right(p.sizes.body * 4);
    p.say(place, &length, p.regular(p.sizes.body, c.muted, c.surface), Align::Left);
    inside.cut_right(p.sizes.gap);
    let name = row.title().unwrap_or(p.pick("未命名的课", "Without a name")).to_owned();
    let used = p.say(inside, &name, p.regular(p.sizes.title * 7 / 8, c.ink, c.surface), Align::Left);
    inside.cut_left(used + p.sizes.gap);
    if let Some(teacher) = row.teacher()
        && inside.size.width > p.sizes.body * 2
    {
        p.say(inside, teacher, p.regular(p.sizes.body, c.muted, c.surface), Align::Left);
    }
}

fn badge(p: &Painter, lesson: &LessonSummary) -> (Icon, embedded_graphics::pixelcolor::Rgb888, String) {
    let c = p.colours;
    match &lesson.outcome {
        Outcome::Recording => (Icon::Circle, c.record_ink, p.pick("正在录制", "Recording").into()),
        Outcome::Paused => (Icon::Pause, c.warn_ink, p.pick("已暂停", "Paused").into()),
        Outcome::Finishing => (Icon::Loader, c.muted, p.pick("检查中", "Checking").into()),
        Outcome::Kept => (Icon::CircleCheck, c.accent, p.pick("已保存", "Kept").into()),
        Outcome::KeptWithGaps => {
            let gaps = lesson.gaps;
            let several = if gaps == 1 { "1 gap".to_owned() } else { format!("{gaps} gaps") };
            (Icon::TriangleAlert, c.warn_ink, p.pick(format!("{gaps} 处缺口"), several))
        }
        Outcome::NobodyCame => (Icon::Users, c.muted, p.pick("没有人来", "Nobody came").into()),
        Outcome::Failed { .. } => (Icon::CircleX, c.record_ink, p.pick("有问题", "Failed").into()),
    }
}

/// What becomes, or became, of a period without a lesson.
fn period_badge(p: &Painter, state: &PeriodState) -> (Icon, embedded_graphics::pixelcolor::Rgb888, String) {
    let c = p.colours;
    match (&state.outcome, state.period.starts) {
        (Some(PeriodOutcome::NotStarted), _) => (Icon::CircleMinus, c.muted, p.pick("没有录", "Not started").into()),
        (Some(_), _) => (Icon::CircleX, c.record_ink, p.pick("没录上", "Not recorded").into()),
        (None, Starts::ByItself) => (Icon::Clock, c.muted, p.pick("自动录制", "By itself").into()),
        (None, Starts::ByTap) => (Icon::Clock, c.muted, p.pick("待上课", "To come").into()),
    }
}
