//! `scripts/eval attendance [SCENARIO …]`: the class of the simulated room counted by the host's own eyes, against how many sit there.

use std::path::PathBuf;

use ketang_director::Ms;
use ketang_hal::role::PictureRole;
use ketang_tracker::attendance::Attendance;
use ketang_tracker::detector::Detector;
use ketang_tracker::room::Room as Zones;
use ketang_tracker::watcher::Watcher;
use ketangd::eyes::{COUNTING_EVERY, STUDENTS_EVERY};
use serde::Serialize;

use crate::clip::cpu_seconds;
use crate::scenario::{ROOM, Scenario, shipped, zone};
use crate::tracking::{models, open_detector};
use crate::watching::{Camera, SLOTS, seen};

pub(crate) const HELP: &str = "attendance [SCENARIO …] [--by-hand] [--rows]
  SCENARIO    a script of the simulated room, by file or shipped name; the shipped ones that last longest where none is named
  --by-hand   looks as rarely as while nobody asks the eyes for more than the number
  --rows      prints what was counted every 10 s";

/// So much of a student must be in the picture to count as in it.
const IN_SIGHT: f32 = 0.5;
const SHORTEST: Ms = Ms::seconds(175);

/// The figures of all scenarios together; counts are judged once a second from the first that was told on.
#[derive(Debug, Default, Serialize)]
struct Figures {
    evaluation: &'static str,
    scenarios: usize,
    seconds: f64,
    /// Heads at a time, on average: in the picture, in a single look's tracks, in places, and as told.
    heads_true: f64,
    heads_at_a_time: f64,
    heads_in_places: f64,
    heads_counted: f64,
    mean_error: f64,
    worst_error: i32,
    exact: f64,
    within_one: f64,
    /// The number that a lesson keeps, less the truth, for each scenario.
    lesson_errors: Vec<i32>,
    told_after_seconds: f64,
    cpu_of_a_core: f64,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (by_hand, rows) =
        (arguments.iter().any(|argument| argument == "--by-hand"), arguments.iter().any(|it| it == "--rows"));
    let mut named = Vec::new();
    for argument in arguments.iter().filter(|argument| !["--by-hand", "--rows"].contains(&argument.as_str())) {
        if argument.starts_with("--") {
            return Err(format!("there is no {argument}: use\n{HELP}"));
        }
        let file = PathBuf::from(argument);
        let known = shipped().into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == argument.as_str()));
        named.push(known.unwrap_or(file));
    }
    let by_length = named.is_empty();
    let files = if by_length { shipped() } else { named };
    let mut scenarios = Vec::new();
    for file in files {
        let scenario = Scenario::play(&file, ROOM)?;
        if !by_length || scenario.length >= SHORTEST {
            scenarios.push(scenario);
        }
    }
    if scenarios.is_empty() {
        return Err("none of the shipped scenarios lasts long enough".into());
    }
    let mut figures = Figures { evaluation: "attendance", scenarios: scenarios.len(), ..Figures::default() };
    let mut judged = 0.0;
    for scenario in &scenarios {
        count(scenario, by_hand, rows, &mut figures, &mut judged)?;
    }
    for sum in [
        &mut figures.heads_true,
        &mut figures.heads_at_a_time,
        &mut figures.heads_in_places,
        &mut figures.heads_counted,
        &mut figures.mean_error,
        &mut figures.exact,
        &mut figures.within_one,
    ] {
        *sum = (*sum / judged * 1000.0).round() / 1000.0;
    }
    figures.cpu_of_a_core = (figures.cpu_of_a_core / figures.seconds * 1000.0).round() / 1000.0;
    println!("{}", serde_json::to_string(&figures).map_err(|error| error.to_string())?);
    Ok(())
}

fn count(
    scenario: &Scenario,
    by_hand: bool,
    rows: bool,
    figures: &mut Figures,
    judged: &mut f64,
) -> Result<(), String> {
    let mut detector = open_detector(&models())?;
    let mut camera = Camera::new(scenario, PictureRole::StudentsPanorama);
    let mut watcher = Watcher::of_class(Zones::default());
    let mut attendance = Attendance::default();
    let every = if by_hand { COUNTING_EVERY } else { STUDENTS_EVERY };
    let (mut told, mut highest, mut present) = (None, 0, 0);
    for slot in (0..scenario.length.0 * SLOTS / 1000).filter(|slot| slot.is_multiple_of(every)) {
        let at = Ms(slot * 1000 / SLOTS);
        let truth = &scenario.truths[(at.0 / crate::scenario::STEP.0) as usize];
        let Some(picture) = camera.shoot(slot).and_then(seen) else { continue };
        let before = cpu_seconds();
        let seen = watcher.see(at, &picture, Some(&mut detector as &mut dyn Detector));
        let counted =
            attendance.step(&seen, watcher.room(), zone(truth) == ketang_director::observation::Zone::Students);
        figures.cpu_of_a_core += cpu_seconds() - before;
        let in_sight = |student: &&ketang_board::sim::StudentTruth| {
            student.seen.get(&PictureRole::StudentsPanorama).is_some_and(|outline| outline.inside >= IN_SIGHT)
        };
        let real = truth.students.iter().filter(in_sight).count();
        present = present.max(real);
        if rows && at.0.is_multiple_of(10_000) {
            println!(
                "{} {:>6.1} s: {real} there, {} at a time, {} in places, told {counted:?}",
                scenario.name,
                at.as_seconds_f64(),
                seen.people.len(),
                attendance.now(at),
            );
        }
        let Some(counted) = counted else { continue };
        highest = highest.max(counted);
        told.get_or_insert(at);
        if at.0.is_multiple_of(1000) {
            let error = i32::from(counted) - real as i32;
            *judged += 1.0;
            figures.heads_true += real as f64;
            figures.heads_at_a_time += seen.people.len() as f64;
            figures.heads_in_places += f64::from(attendance.now(at));
            figures.heads_counted += f64::from(counted);
            figures.mean_error += f64::from(error.abs());
            figures.exact += f64::from(u8::from(error == 0));
            figures.within_one += f64::from(u8::from(error.abs() <= 1));
            figures.worst_error = if error.abs() > figures.worst_error.abs() { error } else { figures.worst_error };
        }
    }
    figures.seconds += scenario.length.as_seconds_f64();
    figures.lesson_errors.push(i32::from(highest) - present as i32);
    figures.told_after_seconds = told.map_or(f64::NAN, Ms::as_seconds_f64).max(figures.told_after_seconds);
    Ok(())
}
