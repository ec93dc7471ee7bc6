//! After the lesson: being checked, then its one explained outcome with what is missing.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_hal::role::Role;
use ketang_protocol::lesson::{Gap, GapKind, Lesson, Outcome};
use ketang_protocol::snapshot::{LessonState, Snapshot};
use lucide_icons::Icon;

use crate::action::Action;
use crate::area::Cut;
use crate::checks::{picture_name, sound_name};
use crate::painter::{Align, Painter};
use crate::seen::Seen;
use crate::view::View;
use crate::words::{Language, counter};

/// So many gaps are listed, or as many as there is room for; the report of the lesson has all.
const LISTED: usize = 4;

pub(super) fn draw(p: &mut Painter, area: Rectangle, snapshot: &Snapshot, seen: &Seen, view: &View) {
    let c = p.colours;
    let Some(lesson) = seen.lesson() else { return };
    let record = seen.ended.filter(|record| record.id == lesson.id);
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let bar = rest.cut_bottom(p.sizes.button * 5 / 4);
    rest.cut_bottom(p.sizes.gap);
    buttons(p, bar, lesson, view);

    let (ink, soft, icon, headline) = outcome(p, lesson);
    p.card(rest, c.surface);
    let inside = rest.inset(p.sizes.pad, p.sizes.pad);
    let gaps = record.map(|record| record.gaps.as_slice()).unwrap_or_default();
    let mut lines = lines(p, lesson, record);
    lines.extend(uploaded(p, lesson, snapshot, seen));
    let big = p.bold(p.sizes.head, c.ink, c.surface);
    let body = p.regular(p.sizes.title * 4 / 5, c.muted, c.surface);
    let mark = p.sizes.clock * 3 / 4;
    let mut text = inside;
    let left = text.cut_left(mark + p.sizes.pad);
    let why = match &lesson.outcome {
        Outcome::Failed { why } => Some(p.pick(&why.chinese, &why.english).clone()),
        _ => None,
    };
    if why.is_some() {
        lines.insert(
            0,
            p.pick("已录的内容都还在，请告诉管理员", "What was recorded is still there: tell your administrator")
                .into(),
        );
    }
    let whys = why
        .as_ref()
        .map_or(0, |why| p.height(why, p.regular(p.sizes.title * 4 / 5, c.ink, c.surface), text.size.width, 3));
    let row = body.size * 17 / 10;
    let progress = if lesson.outcome.is_end() { 0 } else { p.sizes.pad * 2 };
    let head = p.sizes.head * 3 / 2;
    let above = head + whys + row * lines.len() as u32 + progress;
    let fit = text.size.height.saturating_sub(above + p.sizes.gap * 2) / row;
    let listed = gaps.len().min(LISTED).min(fit as usize);
    let total = above + if listed > 0 { listed as u32 * row + p.sizes.gap * 2 } else { 0 };
    let mut block = text.middle(Size::new(text.size.width, total));
    let centre = Point::new(left.top_left.x + mark as i32 / 2, block.top_left.y + mark as i32 / 2);
    p.disc(centre, mark as f32 / 2.0, soft, c.surface);
    p.icon(centre, icon, mark / 2, ink, soft);

    let place = block.cut_top(head);
    p.say(place, &headline, big, Align::Left);
    if let Some(why) = &why {
        let place = block.cut_top(whys);
        p.paragraph(place, why, p.regular(p.sizes.title * 4 / 5, c.ink, c.surface), Align::Left, 3);
    }
    for line in lines {
        let place = block.cut_top(row);
        p.say(place, &line, body, Align::Left);
    }
    if progress > 0 {
        let place = block.cut_top(progress);
        bar_of(p, place, done(snapshot, lesson));
    }
    if listed > 0 {
        block.cut_top(p.sizes.gap);
        for gap in gaps.iter().take(listed) {
            let place = block.cut_top(row);
            one_gap(p, place, gap);
        }
    }
}

fn outcome(
    p: &Painter,
    lesson: &LessonState,
) -> (embedded_graphics::pixelcolor::Rgb888, embedded_graphics::pixelcolor::Rgb888, Icon, String) {
    let c = p.colours;
    let gaps = lesson.gaps;
    match &lesson.outcome {
        Outcome::Kept => (c.accent, c.accent_soft, Icon::Check, p.pick("已保存，检查合格", "Kept and checked").into()),
        Outcome::KeptWithGaps => {
            let several = if gaps == 1 { "1 gap".to_owned() } else { format!("{gaps} gaps") };
            let words = p.pick(format!("已保存，有 {gaps} 处缺口"), format!("Kept, with {several}"));
            (c.warn_ink, c.warn_soft, Icon::TriangleAlert, words)
        }
        Outcome::NobodyCame => (c.muted, c.raised, Icon::Users, p.pick("没有人来上课", "Nobody came").into()),
        Outcome::Failed { .. } => {
            (c.record_ink, c.record_soft, Icon::X, p.pick("这节课有问题", "This lesson failed").into())
        }
        _ => (c.accent, c.accent_soft, Icon::ShieldCheck, p.pick("正在整理和检查…", "Finishing and checking…").into()),
    }
}

fn lines(p: &Painter, lesson: &LessonState, record: Option<&Lesson>) -> Vec<String> {
    let name = lesson.title.clone().unwrap_or_else(|| p.pick("未命名的课", "A lesson without a name").into());
    let mut lines = vec![format!("{name} · {}", p.language.length(lesson.seconds))];
    if let Some(record) = record
        && let Some(verdict) = &record.verdict
    {
        let (tracks, checks) = (record.tracks.len(), verdict.checks.len());
        lines.push(p.pick(
            format!("{tracks} 个轨道，做了 {checks} 项检查"),
            format!("{tracks} tracks, {checks} checks were made"),
        ));
    }
    if !lesson.outcome.is_end() {
        lines.push(p.pick("不用等，可以直接开始下一节", "No need to wait: the next class may start").into());
    }
    lines
}

/// Whether the platform has it; nothing where the host uploads nowhere, or the lesson has not ended.
fn uploaded(p: &Painter, lesson: &LessonState, snapshot: &Snapshot, seen: &Seen) -> Option<String> {
    let uploads = snapshot.uploads.as_ref().filter(|_| lesson.outcome.is_end())?;
    let is_there = seen.lessons.iter().any(|row| row.id == lesson.id && row.confirmed_upstream);
    Some(match (is_there, uploads.progress_of(&lesson.id), &uploads.failing) {
        (true, ..) => p.pick("已上传到平台", "The platform has it").into(),
        (false, Some(share), None) => {
            let percent = (share * 100.0).floor();
            p.pick(format!("正在上传到平台：{percent} %"), format!("On its way to the platform: {percent} %"))
        }
        (false, None, None) => p.pick("等待上传到平台", "Waits to be uploaded").into(),
        (false, _, Some(_)) => p
            .pick("暂时连不上平台，会自动再上传", "The platform cannot be reached now; the host tries again by itself")
            .into(),
    })
}

/// How far the host is with this lesson, from 0 to 1.
fn done(snapshot: &Snapshot, lesson: &LessonState) -> f64 {
    let jobs = snapshot.jobs.iter().filter(|job| job.lesson == lesson.id);
    jobs.map(|job| job.progress).fold(0.0, f64::max).clamp(0.0, 1.0)
}

fn bar_of(p: &mut Painter, area: Rectangle, share: f64) {
    let c = p.colours;
    let mut bar = area.middle(Size::new(area.size.width, p.sizes.gap));
    let radius = p.sizes.gap / 2;
    p.rounded(bar, radius, c.raised, c.surface);
    let width = (f64::from(bar.size.width) * share) as u32;
    if width > radius {
        let passed = bar.cut_left(width);
        p.rounded(passed, radius, c.accent, c.raised);
    }
}

fn one_gap(p: &mut Painter, mut area: Rectangle, gap: &Gap) {
    let c = p.colours;
    let size = p.sizes.body;
    let at = area.cut_left(p.width("00:00:00", p.bold(size, c.ink, c.surface)) + p.sizes.pad);
    p.say(at, &counter(gap.at), p.bold(size, c.ink, c.surface), Align::Left);
    p.say(area, &told(gap, p.language), p.regular(size, c.ink, c.surface), Align::Left);
}

fn told(gap: &Gap, language: Language) -> String {
    let what = match &gap.what {
        GapKind::InputLost { input: Role::Picture(role) } => {
            let name = picture_name(*role, language);
            language.pick(format!("{name}没有信号"), format!("{name} had no signal"))
        }
        GapKind::InputLost { input: Role::Sound(role) } => {
            let name = sound_name(*role, language);
            language.pick(format!("{name}断开"), format!("{name} was lost"))
        }
        GapKind::Paused => language.pick("暂停", "Paused").into(),
        GapKind::HostDown => language.pick("停电或主机重启", "Power cut or restart").into(),
        GapKind::TrackEnded { track, .. } => {
            language.pick(format!("{track} 轨提前结束"), format!("Track {track} ended"))
        }
        GapKind::FramesDropped { track, frames } => {
            language.pick(format!("{track} 轨丢了 {frames} 帧"), format!("Track {track} lost {frames} frames"))
        }
    };
    match gap.seconds {
        Some(seconds) => format!("{what}{}{}", language.pick("，", ", "), language.length(seconds)),
        None => what,
    }
}

fn buttons(p: &mut Painter, mut bar: Rectangle, lesson: &LessonState, view: &View) {
    let c = p.colours;
    let close = bar.cut_right(bar.size.width / 2 - p.sizes.gap / 2);
    bar.cut_right(p.sizes.gap);
    let look = p.quiet(c.ground);
    p.button_of(bar, Action::Seen(lesson.id.clone()), look, None, p.pick("知道了", "Close"), p.sizes.title);
    let look = p.primary(c.ground);
    let words = if view.waits() {
        p.pick("正在开始…", "Starting…")
    } else {
        p.pick("开始下一节", "Start next class")
    };
    p.button_of(close, Action::Start, look, Some(Icon::Video), words, p.sizes.title);
}
