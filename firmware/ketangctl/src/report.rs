//! A lesson and its verdict as text.

use ketang_protocol::lesson::{Attendance, CheckResult, Gap, GapKind, Lesson, RecutNote, Verdict};
use ketang_protocol::names;

use crate::lang::Lang;
use crate::print::{bytes, clock, local, outcome, role, table};

/// A lesson whole: what it is, its tracks, its gaps and what was found in them.
pub(crate) fn lesson(lesson: &Lesson, lang: Lang) -> String {
    let row = |key: &str, value: String| vec![key.to_owned(), value];
    let mut facts = vec![row(lang.pick("课程", "Lesson"), lesson.id.to_string())];
    facts.extend(lesson.title.iter().map(|title| row(lang.pick("标题", "Title"), title.clone())));
    facts.extend(lesson.teacher.iter().map(|teacher| row(lang.pick("教师", "Teacher"), teacher.clone())));
    facts.push(row(lang.pick("主机", "Host"), lesson.host.clone()));
    facts.push(row(lang.pick("开始", "Started"), local(lesson.started)));
    facts.extend(lesson.ended.map(|ended| row(lang.pick("结束", "Ended"), local(ended))));
    facts.push(row(lang.pick("结果", "Outcome"), outcome(&lesson.outcome, lang)));
    facts.extend(lesson.attendance.iter().map(|it| row(lang.pick("到课人数", "Attendance"), attendance(it, lang))));
    facts.extend(lesson.recuts.last().map(|note| row(lang.pick("重新导播", "Cut anew"), recut(note, lang))));
    let confirmed = if lesson.confirmed_upstream {
        lang.pick("已确认", "confirmed")
    } else {
        lang.pick("未确认", "not confirmed")
    };
    facts.push(row(lang.pick("平台", "Platform"), confirmed.into()));
    let mut text = table(&facts, 0);

    text.push_str(lang.pick("\n轨道\n", "\nTracks\n"));
    text.push_str(&table(&lesson.tracks.iter().map(|track| self::track(track, lang)).collect::<Vec<_>>(), 2));
    if !lesson.gaps.is_empty() {
        text.push_str(lang.pick("\n缺口\n", "\nGaps\n"));
        text.push_str(&table(&lesson.gaps.iter().map(|gap| self::gap(gap, lang)).collect::<Vec<_>>(), 2));
    }
    text.push('\n');
    text.push_str(&match &lesson.verdict {
        Some(verdict) => self::verdict(verdict, lang),
        None => lang.pick("尚未检查：`ketangctl verify`", "Not verified yet: `ketangctl verify`").to_owned(),
    });
    text
}

fn recut(note: &RecutNote, lang: Lang) -> String {
    let rules = note.rules.as_deref().unwrap_or(lang.pick("这节课当时的导播", "as the lesson was directed"));
    format!("{} · {} · {rules}", local(note.time), note.from)
}

/// The highest number, and how it went.
fn attendance(attendance: &Attendance, lang: Lang) -> String {
    let number = |heads: &Option<u16>| heads.map_or("–".to_owned(), |heads| heads.to_string());
    let curve = attendance.curve.iter().map(number).collect::<Vec<_>>().join(" ");
    let (heads, minutes) = (attendance.heads, attendance.every_seconds / 60);
    lang.pick(format!("{heads}（每 {minutes} 分钟：{curve}）"), format!("{heads} (by {minutes} min: {curve})"))
}

fn track(track: &ketang_protocol::lesson::Track, lang: Lang) -> Vec<String> {
    let seconds = track.ends_at();
    let size = track.parts.iter().map(|part| part.bytes).sum();
    let parts = track.parts.len();
    vec![
        track.name.clone(),
        format!("{}×{} {}", track.width, track.height, track.codec),
        format!("{} kbit/s", track.kbit_s),
        clock(seconds),
        bytes(size),
        lang.pick(format!("{parts} 个文件"), format!("{parts} file{}", if parts == 1 { "" } else { "s" })),
        lang.say(track.lowered.clone().unwrap_or_default()),
    ]
}

fn gap(gap: &Gap, lang: Lang) -> Vec<String> {
    let what = match &gap.what {
        GapKind::InputLost { input } => {
            let input = role(*input, lang);
            lang.pick(format!("{input}丢失"), format!("{input} was lost"))
        }
        GapKind::Paused => lang.pick("暂停", "paused").into(),
        GapKind::HostDown => lang.pick("主机停机", "the host was down").into(),
        GapKind::TrackEnded { track, why } => lang.pick(
            format!("轨道 {track} 提前结束：{}", why.chinese),
            format!("the track {track} ended early: {}", why.english),
        ),
        GapKind::FramesDropped { track, frames } => {
            lang.pick(format!("轨道 {track} 丢 {frames} 帧"), format!("{frames} frames dropped of {track}"))
        }
    };
    let lasted =
        gap.seconds.map_or_else(|| lang.pick("仍在继续", "goes on").into(), |seconds| format!("{seconds:.1} s"));
    vec![clock(gap.at), lasted, what]
}

/// What a verification found, the verdict last.
pub(crate) fn verdict(verdict: &Verdict, lang: Lang) -> String {
    let mut text = lang.pick("检查\n", "Checks\n").to_owned();
    let rows = verdict.checks.iter().map(|check| {
        let result = match check.result {
            CheckResult::Pass => lang.pick("通过", "pass"),
            CheckResult::Note => lang.pick("注意", "note"),
            CheckResult::Explained => lang.pick("已说明", "explained"),
            CheckResult::Fail => lang.pick("不合格", "FAIL"),
        };
        let name = lang.say(names::check(&check.check));
        let finding = lang.say(check.finding.clone());
        vec![result.to_owned(), check.track.clone(), name, check.clause.clone(), finding]
    });
    text.push_str(&table(&rows.collect::<Vec<_>>(), 2));
    text.push_str(match verdict.ok {
        true => lang.pick("\n合格", "\nVerified: good"),
        false => lang.pick("\n不合格", "\nVerified: NOT GOOD"),
    });
    text
}
