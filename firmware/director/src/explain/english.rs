//! English sentences.

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::{Cause, Fact, Lost, Otherwise, Reason, RuleName};

use crate::time::Ms;

/// Below this, in percent, a sentence says how sure the observer was.
const WORTH_SAYING: u8 = 80;

pub(super) fn sentence(shot: &Shot, reason: &Reason) -> String {
    let facts = facts(&reason.facts);
    let because = match &reason.cause {
        Cause::Start {} => format!("as the first shot, because {facts}"),
        Cause::Rule {} => format!("because {facts}"),
        Cause::Maximum {} => {
            let before = reason.otherwise.as_ref().map_or("the shot before".into(), |before| pictures(&before.shot));
            format!("because {before} had been shown for {}, its longest", Ms(reason.before_ms))
        }
        Cause::Hand { from } => format!("by hand ({from})"),
        Cause::HandedBack {} => format!("because the rules cut again after a cut by hand, and {facts}"),
        Cause::InputLost { input } => format!("because {} is lost", picture(*input)),
        Cause::CameraMoves { input } => format!("because the camera of {} is on its way", picture(*input)),
    };
    let rule = reason.rule.as_ref().map(|rule| format!(" ({})", name(rule))).unwrap_or_default();
    let short = match reason.below_minimum {
        true => format!(", after only {} of the shot before", Ms(reason.before_ms)),
        false => String::new(),
    };
    let otherwise = match &reason.cause {
        Cause::Maximum {} => String::new(),
        _ => reason.otherwise.as_ref().map(otherwise).unwrap_or_default(),
    };
    format!("{}, {because}{rule}{short}{otherwise}", pictures(shot))
}

fn otherwise(Otherwise { rule, shot, lost }: &Otherwise) -> String {
    let why = match lost {
        Lost::Lower {} | Lost::ByHand {} => String::new(),
        Lost::Maximum {} => ", which had been shown for its longest".into(),
        Lost::NoPicture { input } => format!(", but {} cannot be shown now", picture(*input)),
    };
    format!("; otherwise {} ({}){why}", pictures(shot), name(rule))
}

fn name(RuleName { name, priority }: &RuleName) -> String {
    format!("rule {name}, priority {priority}")
}

fn picture(role: PictureRole) -> String {
    match role {
        PictureRole::TeacherCloseup => "the teacher close-up".into(),
        PictureRole::StudentsCloseup => "the student close-up".into(),
        other => format!("the {}", other.english().to_lowercase()),
    }
}

fn pictures(shot: &Shot) -> String {
    shot.inputs.iter().map(|role| picture(*role)).collect::<Vec<_>>().join(" with ")
}

fn facts(facts: &[Fact]) -> String {
    match facts {
        [] => "nothing asks for anything else".into(),
        facts => facts.iter().map(fact).collect::<Vec<_>>().join(" and "),
    }
}

fn fact(fact: &Fact) -> String {
    let ended = fact.ended_ms > 0;
    if (fact.what.as_str(), fact.is.as_str()) == ("computer", "slide-changed") {
        return if ended { format!("the slide changed {} ago", Ms(fact.ended_ms)) } else { "the slide changed".into() };
    }
    let mut words = plain(&fact.what, &fact.is);
    if ended {
        words = words.replacen(" has ", " had ", 1).replacen(" have ", " had ", 1);
    }
    if fact.for_ms > 0 {
        words += &format!(" for {}", Ms(fact.for_ms));
    }
    if ended {
        words += &format!(", until {} ago", Ms(fact.ended_ms));
    }
    match fact.sure {
        Some(sure) if sure < WORTH_SAYING => format!("{words} ({sure} % sure)"),
        _ => words,
    }
}

fn plain(what: &str, is: &str) -> String {
    let fixed = match (what, is) {
        ("teacher-known", "true") => "the teacher has been seen",
        ("teacher-known", "false") => "the teacher has not been found",
        ("teacher-zone", "podium") => "the teacher has been at the podium",
        ("teacher-zone", "board") => "the teacher has been at the board",
        ("teacher-zone", "students") => "the teacher has been among the students",
        ("teacher-zone", "absent") => "the teacher has been away",
        ("teacher-near", thing) => return format!("the teacher has been beside the {thing}"),
        ("teacher-writing", "true") => "the teacher has been writing",
        ("teacher-writing", _) => "the teacher has not been writing",
        ("teacher-walking", "true") => "the teacher has been walking",
        ("teacher-walking", _) => "the teacher has been standing still",
        ("teacher-speaks", "true") => "the teacher has been speaking",
        ("teacher-speaks", _) => "the teacher has been silent",
        ("room-speaks", "true") => "somebody in the class has been speaking",
        ("room-speaks", _) => "the class has been silent",
        ("students-standing", "0") => "no student has been standing",
        ("students-standing", "1") => "a student has been standing",
        ("students-standing", number) => return format!("{number} students have been standing"),
        ("hands-raised", "0") => "no hand has been raised",
        ("hands-raised", "1") => "a hand has been raised",
        ("hands-raised", number) => return format!("{number} hands have been raised"),
        ("computer", "unchanged") => "the computer's picture has been unchanged",
        ("computer", "video") => "the computer has been playing a video",
        ("computer", "pointer") => "the pointer has been moving",
        ("computer", "no-signal") => "the computer has given no picture",
        (what, is) => return format!("{what} has been {is}"),
    };
    fixed.to_owned()
}
