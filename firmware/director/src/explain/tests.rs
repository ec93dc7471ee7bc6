use ketang_hal::role::PictureRole::{self, Board, Hdmi, TeacherCloseup, TeacherPanorama};
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Fact, Lost, Otherwise, Reason, RuleName};

use super::{Language, explain};

fn shot(inputs: &[PictureRole]) -> Shot {
    Shot { layout: "single".into(), inputs: inputs.to_vec() }
}

fn rule(name: &str, priority: u32) -> RuleName {
    RuleName { name: name.into(), priority }
}

fn fact(what: &str, is: &str, for_ms: u64) -> Fact {
    Fact { what: what.into(), is: is.into(), for_ms, ended_ms: 0, sure: None }
}

fn reason(cause: Cause) -> Reason {
    Reason {
        cause,
        rule: Some(rule("board-writing", 60)),
        facts: vec![fact("teacher-writing", "true", 1400)],
        before_ms: 8200,
        below_minimum: false,
        otherwise: Some(Otherwise { rule: rule("teacher", 40), shot: shot(&[TeacherCloseup]), lost: Lost::Lower {} }),
    }
}

#[track_caller]
fn assert_told(inputs: &[PictureRole], reason: &Reason, english: &str, chinese: &str) {
    let told = |language| explain("10:03:12", &shot(inputs), reason, language);
    assert_eq!(told(Language::English), format!("10:03:12 {english}"));
    assert_eq!(told(Language::Chinese), format!("10:03:12 {chinese}"));
}

#[test]
fn a_rule_is_told_with_what_made_it_true_and_what_came_second() {
    assert_told(
        &[Board],
        &reason(Cause::Rule {}),
        "the board, because the teacher has been writing for 1.4 s (rule board-writing, priority 60); \
         otherwise the teacher close-up (rule teacher, priority 40)",
        "板书：因为教师板书已 1.4 秒（规则 board-writing，优先级 60）；否则为教师特写（规则 teacher，优先级 40）",
    );
}

#[test]
fn a_rule_that_holds_on_tells_how_long_ago_its_reason_ended() {
    let ended = Fact { ended_ms: 2000, sure: Some(61), ..fact("teacher-writing", "true", 5000) };
    let slide = Fact { ended_ms: 2000, ..fact("computer", "slide-changed", 0) };
    assert_told(
        &[Board],
        &Reason { facts: vec![ended, slide], otherwise: None, ..reason(Cause::Rule {}) },
        "the board, because the teacher had been writing for 5.0 s, until 2.0 s ago (61 % sure) and the slide changed \
         2.0 s ago (rule board-writing, priority 60)",
        "板书：因为教师板书持续了 5.0 秒，于 2.0 秒前结束（把握 61%），且幻灯片于 2.0 秒前切换（规则 \
         board-writing，优先级 60）",
    );
}

#[test]
fn a_hand_is_told_by_the_surface_it_came_from() {
    assert_told(
        &[Hdmi, TeacherCloseup],
        &Reason {
            rule: None,
            facts: vec![],
            below_minimum: true,
            before_ms: 600,
            ..reason(Cause::Hand { from: "panel".into() })
        },
        "the computer with the teacher close-up, by hand (panel), after only 0.6 s of the shot before; otherwise the \
         teacher close-up (rule teacher, priority 40)",
        "电脑画面＋教师特写：手动切换（panel），上一镜头仅播出 0.6 秒；否则为教师特写（规则 teacher，优先级 40）",
    );
}

#[test]
fn every_other_cause_has_its_words() {
    let no_picture = Otherwise { rule: rule("slide", 65), shot: shot(&[Hdmi]), lost: Lost::NoPicture { input: Hdmi } };
    assert_told(
        &[TeacherPanorama],
        &Reason { otherwise: Some(no_picture), ..reason(Cause::InputLost { input: TeacherCloseup }) },
        "the teacher panorama, because the teacher close-up is lost (rule board-writing, priority 60); otherwise the \
         computer (rule slide, priority 65), but the computer cannot be shown now",
        "教师全景：因为教师特写信号丢失（规则 board-writing，优先级 60）；否则为电脑画面（规则 slide，优先级 \
         65），但电脑画面目前不可用",
    );
    let spent = Otherwise { rule: rule("teacher", 40), shot: shot(&[TeacherCloseup]), lost: Lost::Maximum {} };
    assert_told(
        &[TeacherPanorama],
        &Reason { otherwise: Some(spent), before_ms: 30_000, ..reason(Cause::Maximum {}) },
        "the teacher panorama, because the teacher close-up had been shown for 30.0 s, its longest (rule \
         board-writing, priority 60)",
        "教师全景：因为教师特写已播出 30.0 秒，达到最长时间（规则 board-writing，优先级 60）",
    );
    let plain = |cause| Reason { otherwise: None, rule: None, facts: vec![], ..reason(cause) };
    assert_told(
        &[TeacherPanorama],
        &plain(Cause::Start {}),
        "the teacher panorama, as the first shot, because nothing asks for anything else",
        "教师全景：开场镜头，因为没有其他规则成立",
    );
    assert_told(
        &[TeacherPanorama],
        &plain(Cause::CameraMoves { input: TeacherCloseup }),
        "the teacher panorama, because the camera of the teacher close-up is on its way",
        "教师全景：因为教师特写摄像机正在转动",
    );
    assert_told(
        &[TeacherPanorama],
        &Reason { facts: vec![fact("teacher-known", "false", 500)], ..plain(Cause::HandedBack {}) },
        "the teacher panorama, because the rules cut again after a cut by hand, and the teacher has not been found for \
         0.5 s",
        "教师全景：因为手动切换后恢复自动导播，且未找到教师已 0.5 秒",
    );
}

#[test]
fn every_condition_has_words_of_its_own_in_both_languages() {
    let values = [
        ("teacher-known", "true"),
        ("teacher-known", "false"),
        ("teacher-zone", "podium"),
        ("teacher-zone", "board"),
        ("teacher-zone", "students"),
        ("teacher-zone", "absent"),
        ("teacher-near", "lectern"),
        ("teacher-near", "board"),
        ("teacher-near", "screen"),
        ("teacher-writing", "false"),
        ("teacher-walking", "true"),
        ("teacher-walking", "false"),
        ("teacher-speaks", "true"),
        ("teacher-speaks", "false"),
        ("room-speaks", "true"),
        ("room-speaks", "false"),
        ("students-standing", "0"),
        ("students-standing", "1"),
        ("students-standing", "3"),
        ("hands-raised", "0"),
        ("hands-raised", "1"),
        ("hands-raised", "2"),
        ("computer", "unchanged"),
        ("computer", "slide-changed"),
        ("computer", "video"),
        ("computer", "pointer"),
        ("computer", "no-signal"),
    ];
    for key in crate::Condition::KEYS {
        assert!(values.iter().any(|(what, _)| *what == key), "{key} is not tried here");
    }
    for language in [Language::English, Language::Chinese] {
        let told = |(what, is)| {
            let reason = Reason { facts: vec![fact(what, is, 1000)], ..reason(Cause::Rule {}) };
            explain("", &shot(&[Hdmi]), &reason, language)
        };
        let mut sentences: Vec<_> = values.into_iter().map(told).collect();
        assert!(values.iter().zip(&sentences).all(|((what, _), told)| *what == "computer" || !told.contains(what)));
        sentences.sort();
        sentences.dedup();
        assert_eq!(sentences.len(), values.len(), "{sentences:#?}");
    }
}
