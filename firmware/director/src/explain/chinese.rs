//! Chinese sentences.

use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Fact, Lost, Otherwise, Reason, RuleName};

/// Below this, in percent, a sentence says how sure the observer was.
const WORTH_SAYING: u8 = 80;

pub(super) fn sentence(shot: &Shot, reason: &Reason) -> String {
    let facts = facts(&reason.facts);
    let because = match &reason.cause {
        Cause::Start {} => format!("开场镜头，因为{facts}"),
        Cause::Rule {} => format!("因为{facts}"),
        Cause::Maximum {} => {
            let before = reason.otherwise.as_ref().map_or("上一镜头".into(), |before| pictures(&before.shot));
            format!("因为{before}已播出 {}，达到最长时间", seconds(reason.before_ms))
        }
        Cause::Hand { from } => format!("手动切换（{from}）"),
        Cause::HandedBack {} => format!("因为手动切换后恢复自动导播，且{facts}"),
        Cause::InputLost { input } => format!("因为{}信号丢失", input.chinese()),
        Cause::CameraMoves { input } => format!("因为{}摄像机正在转动", input.chinese()),
    };
    let rule = reason.rule.as_ref().map(|rule| format!("（{}）", name(rule))).unwrap_or_default();
    let short = match reason.below_minimum {
        true => format!("，上一镜头仅播出 {}", seconds(reason.before_ms)),
        false => String::new(),
    };
    let otherwise = match &reason.cause {
        Cause::Maximum {} => String::new(),
        _ => reason.otherwise.as_ref().map(otherwise).unwrap_or_default(),
    };
    format!("{}：{because}{rule}{short}{otherwise}", pictures(shot))
}

fn otherwise(Otherwise { rule, shot, lost }: &Otherwise) -> String {
    let why = match lost {
        Lost::Lower {} | Lost::ByHand {} => String::new(),
        Lost::Maximum {} => "，但已达到最长时间".into(),
        Lost::NoPicture { input } => format!("，但{}目前不可用", input.chinese()),
    };
    format!("；否则为{}（{}）{why}", pictures(shot), name(rule))
}

fn name(RuleName { name, priority }: &RuleName) -> String {
    format!("规则 {name}，优先级 {priority}")
}

fn pictures(shot: &Shot) -> String {
    shot.inputs.iter().map(|role| role.chinese()).collect::<Vec<_>>().join("＋")
}

fn seconds(ms: u64) -> String {
    crate::Ms(ms).to_string().replace('s', "秒")
}

fn facts(facts: &[Fact]) -> String {
    match facts {
        [] => "没有其他规则成立".into(),
        facts => facts.iter().map(fact).collect::<Vec<_>>().join("，且"),
    }
}

fn fact(fact: &Fact) -> String {
    let ended = fact.ended_ms > 0;
    if (fact.what.as_str(), fact.is.as_str()) == ("computer", "slide-changed") {
        return if ended {
            format!("幻灯片于 {}前切换", seconds(fact.ended_ms))
        } else {
            "幻灯片切换".into()
        };
    }
    let words = plain(&fact.what, &fact.is);
    let words = match (fact.for_ms > 0, ended) {
        (false, false) => words,
        (true, false) => format!("{words}已 {}", seconds(fact.for_ms)),
        (_, true) => format!("{words}持续了 {}，于 {}前结束", seconds(fact.for_ms), seconds(fact.ended_ms)),
    };
    match fact.sure {
        Some(sure) if sure < WORTH_SAYING => format!("{words}（把握 {sure}%）"),
        _ => words,
    }
}

fn plain(what: &str, is: &str) -> String {
    let fixed = match (what, is) {
        ("teacher-known", "true") => "看到教师",
        ("teacher-known", "false") => "未找到教师",
        ("teacher-zone", "podium") => "教师在讲台",
        ("teacher-zone", "board") => "教师在黑板前",
        ("teacher-zone", "students") => "教师在学生中间",
        ("teacher-zone", "absent") => "教师不在画面中",
        ("teacher-near", "lectern") => "教师在讲桌旁",
        ("teacher-near", "board") => "教师在黑板旁",
        ("teacher-near", "screen") => "教师在屏幕旁",
        ("teacher-writing", "true") => "教师板书",
        ("teacher-writing", _) => "教师未板书",
        ("teacher-walking", "true") => "教师走动",
        ("teacher-walking", _) => "教师站定",
        ("teacher-speaks", "true") => "教师讲话",
        ("teacher-speaks", _) => "教师未讲话",
        ("room-speaks", "true") => "学生发言",
        ("room-speaks", _) => "学生安静",
        ("students-standing", "0") => "无学生起立",
        ("students-standing", number) => return format!("{number} 名学生起立"),
        ("hands-raised", "0") => "无人举手",
        ("hands-raised", number) => return format!("{number} 人举手"),
        ("computer", "unchanged") => "电脑画面未变",
        ("computer", "video") => "电脑播放视频",
        ("computer", "pointer") => "鼠标指针移动",
        ("computer", "no-signal") => "电脑无信号",
        (what, is) => return format!("{what} 为 {is}"),
    };
    fixed.to_owned()
}
