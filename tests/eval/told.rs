//! What was seen of a scenario, line by line where it changed, beside what was really the case.

use ketang_board::sim::Truth;
use ketang_director::observation::{Computer, Observation, Student, Students, Teacher};
use ketang_director::{Input, What};
use ketang_hal::role::PictureRole;

use crate::scenario::{self, Scenario};

/// So near a head's place must be, in shares of the picture, to be that student's.
const NEAR: f32 = 0.05;

pub(crate) fn print(scenario: &Scenario, told: &[Input]) {
    let mut before = (String::new(), String::new(), String::new());
    for input in told {
        let seconds = input.at.as_seconds_f64();
        let Some(truth) = scenario.truths.iter().take_while(|truth| truth.seconds <= seconds).last() else { continue };
        let (old, line) = match &input.what {
            What::Seen(Observation::Teacher(teacher)) => (&mut before.0, of_teacher(teacher, truth)),
            What::Seen(Observation::Students(students)) => (&mut before.1, of_students(students, truth)),
            What::Seen(Observation::Computer(computer)) => (&mut before.2, of_computer(computer, truth)),
            _ => continue,
        };
        if *old != line {
            eprintln!("  {seconds:7.2} {line}");
            *old = line;
        }
    }
}

fn of_teacher(seen: &Teacher, truth: &Truth) -> String {
    let sure = if seen.sure.0 < 50 { " unsure" } else { "" };
    format!(
        "teacher {:?} {:?}{}{sure}; is {:?} {:?}{}",
        seen.zone,
        seen.near,
        if seen.writing == Some(true) { " writes" } else { "" },
        scenario::zone(truth),
        scenario::near(truth),
        if truth.teacher.writing { " writes" } else { "" },
    )
}

fn of_computer(seen: &Computer, truth: &Truth) -> String {
    let told = seen.screen.map_or("unknown", |screen| screen.as_str());
    let (film, points) = (if truth.film { " film" } else { "" }, if truth.pointing { " pointing" } else { "" });
    format!("computer {told}; is slide {}{film}{points}", truth.slide)
}

fn of_students(seen: &Students, truth: &Truth) -> String {
    let head = |student: &ketang_board::sim::StudentTruth| {
        let seen = student.seen.get(&PictureRole::StudentsPanorama)?;
        Some((seen.x + seen.width / 2.0, seen.y))
    };
    // Whoever is nearest, and whether they do it.
    let whose = |student: &Student, does: &dyn Fn(&ketang_board::sim::StudentTruth) -> bool| {
        let (x, y) = (f32::from(student.x) / 1000.0, f32::from(student.y) / 1000.0);
        let apart = |other: &(f32, f32)| (other.0 - x).hypot(other.1 - y);
        let all = truth.students.iter().filter_map(|one| Some((apart(&head(one)?), one)));
        let wrong = match all.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((far, one)) if far < NEAR => format!("{}{}", one.student, if does(one) { "" } else { " WRONG" }),
            _ => "WRONG".to_owned(),
        };
        format!("({x:.2} {y:.2} {wrong}{})", if student.sure.0 < 50 { " unsure" } else { "" })
    };
    let standing = |one: &ketang_board::sim::StudentTruth| one.standing;
    let hands = |one: &ketang_board::sim::StudentTruth| one.hand_raised;
    let list = |some: &Option<Vec<Student>>, does: &dyn Fn(&ketang_board::sim::StudentTruth) -> bool| {
        some.iter().flatten().map(|student| whose(student, does)).collect::<String>()
    };
    let real = |does: &dyn Fn(&ketang_board::sim::StudentTruth) -> bool| {
        truth.students.iter().filter(|one| does(one)).map(|one| format!("{} ", one.student)).collect::<String>()
    };
    format!(
        "stand {} hands {}; stand {}hands {}",
        list(&seen.standing, &standing),
        list(&seen.hands, &hands),
        real(&standing),
        real(&|one| one.hand_raised && !one.standing)
    )
}
