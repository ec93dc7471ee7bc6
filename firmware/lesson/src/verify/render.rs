//! A verdict as a table for people. The findings are in English as the judge wrote them; headings, checks and results speak
//! the reader's language.

use ketang_hal::role::PictureRole;
use ketang_protocol::lesson::{CheckResult, Verdict};
use unicode_width::UnicodeWidthStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Chinese,
}

/// The checks by name, as Chinese calls them.
const CHECKS: [(&str, &str); 24] = [
    ("decodes", "可解码"),
    ("container", "封装"),
    ("bytes", "文件大小"),
    ("codec", "视频编码"),
    ("size", "画面尺寸"),
    ("scan", "扫描方式"),
    ("courseware", "课件要求"),
    ("bit rate", "视频码率"),
    ("frame rate", "帧率"),
    ("black", "黑场"),
    ("frozen", "静帧"),
    ("frames", "丢帧重帧"),
    ("sound", "音频编码"),
    ("sound holes", "音频断点"),
    ("sound rate", "音频码率"),
    ("silence", "静音"),
    ("teacher silence", "教师声道静音"),
    ("room silence", "教室声道静音"),
    ("clipping", "削波"),
    ("loudness", "响度"),
    ("sync", "音画同步"),
    ("ends", "音画长度"),
    ("joints", "分段衔接"),
    ("duration", "时长"),
];
const WHOLE_CHECKS: [(&str, &str); 3] = [("tracks", "轨道"), ("gaps", "缺失"), ("slot", "课时")];

/// The verdict as lines of text, faults first to be seen: a sentence, then a table.
pub fn render(verdict: &Verdict, language: Language) -> String {
    let heading = match language {
        Language::English => ["Track", "Check", "Clause", "Result", "Finding"],
        Language::Chinese => ["轨道", "检查", "条款", "结果", "说明"],
    };
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(verdict.checks.iter().map(|check| {
        [
            track(&check.track, language),
            name(&check.check, language),
            check.clause.clone(),
            result(check.result, language).to_owned(),
            check.finding.clone(),
        ]
    }));
    let wide = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths = [wide(0), wide(1), wide(2), wide(3)];
    let mut text = sentence(verdict, language) + "\n\n";
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.push_str(&row[4]);
        text.push('\n');
    }
    text
}

fn sentence(verdict: &Verdict, language: Language) -> String {
    let faults = verdict.checks.iter().filter(|check| check.result == CheckResult::Fail).count();
    let checks = verdict.checks.len();
    match (language, verdict.ok) {
        (Language::English, true) => format!("Verified: {checks} checks, no faults."),
        (Language::English, false) => format!("Not verified: {faults} of {checks} checks failed."),
        (Language::Chinese, true) => format!("校验通过：{checks} 项检查，无不合格项。"),
        (Language::Chinese, false) => format!("校验未通过：{checks} 项检查中 {faults} 项不合格。"),
    }
}

fn track(track: &str, language: Language) -> String {
    if language == Language::English {
        return track.to_owned();
    }
    match track {
        "programme" => "导播画面",
        "sound" => "声音",
        "sound-fallback" => "备用声音",
        "lesson" => "全课",
        role => return role.parse().map_or(role, |role: PictureRole| role.chinese()).to_owned(),
    }
    .to_owned()
}

fn name(check: &str, language: Language) -> String {
    let mut names = CHECKS.iter().chain(&WHOLE_CHECKS);
    let chinese = names.find(|(english, _)| *english == check).map(|(_, chinese)| *chinese);
    chinese.filter(|_| language == Language::Chinese).unwrap_or(check).to_owned()
}

fn result(result: CheckResult, language: Language) -> &'static str {
    match (language, result) {
        (Language::English, CheckResult::Pass) => "pass",
        (Language::English, CheckResult::Note) => "note",
        (Language::English, CheckResult::Explained) => "explained",
        (Language::English, CheckResult::Fail) => "FAIL",
        (Language::Chinese, CheckResult::Pass) => "通过",
        (Language::Chinese, CheckResult::Note) => "提示",
        (Language::Chinese, CheckResult::Explained) => "已说明",
        (Language::Chinese, CheckResult::Fail) => "不合格",
    }
}
