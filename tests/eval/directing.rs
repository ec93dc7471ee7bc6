//! `scripts/eval directing [SCENARIO …]`: the director on scripted scenarios of the simulated room, scored against what is
//! really the case there.
//!
//! A line for each rule set over all scenarios, then one for all scenarios each under the rules that it was written for;
//! the latter is the last.

use std::path::PathBuf;

use ketang_director::explain::{Language, explain};
use ketang_director::score::{Directed, Score, p95};
use ketang_director::{Decision, Input, Ms, Rules, replay};
use serde::Serialize;

use crate::eyes::Eyes;
use crate::scenario::{INPUTS, ROOM, Scenario, shipped};
use crate::told;
use crate::tracking::models;
use crate::watching::watch;

pub(crate) const HELP: &str =
    "directing [SCENARIO.toml …] [--delay-ms 400] [--mistakes 0] [--seed 1] [--look] [--room 1] [--rules FILE] [--explain] [--told]
  SCENARIO    scripts of the simulated room; without any the shipped ones (firmware/director/scenarios)
  --delay-ms  from what happens to its being seen
  --mistakes  of a thousand looks so many go wrong
  --look      the host's own eyes look at the room's pictures; takes about half the scenarios' length on a core
  --room      the seed of the room: another one has other people and other fidgets
  --rules     a rule set instead of the shipped ones
  --explain   prints every cut with its reason
  --told      prints what was seen of teacher, class and computer, and what was the case";

struct Settings {
    files: Vec<PathBuf>,
    eyes: Eyes,
    look: bool,
    room: u64,
    rules: Option<Rules>,
    explain: bool,
    told: bool,
}

/// The last line, and those before it.
#[derive(Serialize)]
struct Figures {
    evaluation: &'static str,
    /// `perfect`: observations are made of the truth, so rules are tried and not eyes. `own`: the host's eyes look.
    eyes: &'static str,
    rules: String,
    scenarios: usize,
    seconds: f64,
    wrong_subject: f64,
    wrong_subject_without_grace: f64,
    shots_below_minimum: usize,
    empty_podium_s: f64,
    cuts_per_minute: f64,
    follow_delay_s_p95: f64,
    stand_ups: usize,
    stand_up_delay_s_p95: f64,
    stand_up_delay_s_max: f64,
}

impl Figures {
    fn of(eyes: &'static str, rules: &str, scenarios: usize, score: &Score) -> Self {
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        Self {
            evaluation: "directing",
            eyes,
            rules: rules.to_owned(),
            scenarios,
            seconds: score.length.as_seconds_f64(),
            wrong_subject: rounded(score.share(score.wrong_subject)),
            wrong_subject_without_grace: rounded(score.share(score.wrong_at_all)),
            shots_below_minimum: score.shots_below_minimum,
            empty_podium_s: score.empty_podium.as_seconds_f64(),
            cuts_per_minute: rounded(score.cuts_per_minute()),
            follow_delay_s_p95: p95(&score.follow_delays).as_seconds_f64(),
            stand_ups: score.stand_up_delays.len(),
            stand_up_delay_s_p95: p95(&score.stand_up_delays).as_seconds_f64(),
            stand_up_delay_s_max: score.stand_up_delays.iter().max().copied().unwrap_or_default().as_seconds_f64(),
        }
    }
}

/// Directs a scenario by what was told of it, and scores it.
pub(crate) fn direct(scenario: &Scenario, rules: &Rules, told: Vec<Input>) -> (Vec<Decision>, Score) {
    let end = scenario.length;
    let cuts = replay(rules.clone(), &INPUTS, told, Ms::ZERO..end);
    let situations = scenario.situations();
    let directed = Directed { rules, inputs: &INPUTS, situations: &situations, cuts: &cuts, end };
    let score = Score::of(&directed);
    (cuts, score)
}

/// Plays scenarios and keeps their order.
pub(crate) fn play(files: &[PathBuf], room: u64) -> Result<Vec<Scenario>, String> {
    each(files, |file| Scenario::play(file, room))
}

/// Does something to all, one a core at a time, and keeps their order.
fn each<T: Sync, R: Send>(all: &[T], does: impl Fn(&T) -> Result<R, String> + Sync) -> Result<Vec<R>, String> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(all.len().max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(one) = all.get(index) else { return done };
            done.push((index, does(one)));
        }
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().expect("it does not panic");
        threads.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, done)| done).collect()
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let settings = read(arguments)?;
    let scenarios = play(&settings.files, settings.room)?;
    let eyes = if settings.look { "own" } else { "perfect" };
    let told = each(&scenarios, |scenario| match settings.look {
        true => watch(scenario, &models()),
        false => Ok(settings.eyes.watch(&scenario.truths)),
    })?;
    let scenarios: Vec<_> = scenarios.iter().zip(told).collect();
    let own = |scenario: &Scenario| match &settings.rules {
        Some(rules) => Ok((rules.clone(), "given".to_owned())),
        None => Rules::shipped(scenario.own_rules())
            .map(|rules| (rules, scenario.own_rules().to_owned()))
            .map_err(|error| error.to_string()),
    };
    if settings.rules.is_none() {
        for name in Rules::names() {
            let rules = Rules::shipped(name).map_err(|error| error.to_string())?;
            let mut total = Score::default();
            for (scenario, told) in &scenarios {
                total.add(&direct(scenario, &rules, told.clone()).1);
            }
            say(&Figures::of(eyes, name, scenarios.len(), &total));
        }
    }
    let mut total = Score::default();
    for (scenario, seen) in &scenarios {
        let (rules, name) = own(scenario)?;
        let (cuts, score) = direct(scenario, &rules, seen.clone());
        let figures = Figures::of(eyes, &name, 1, &score);
        let line = serde_json::to_string(&figures).expect("figures are plain data");
        eprintln!("{:34} {line}", scenario.name);
        if settings.told {
            told::print(scenario, seen);
        }
        if settings.explain {
            for cut in &cuts {
                let seconds = format!("{:8.2}", cut.at.as_seconds_f64());
                eprintln!("  {}", explain(&seconds, &cut.shot, &cut.reason, Language::English));
            }
        }
        total.add(&score);
    }
    say(&Figures::of(eyes, if settings.rules.is_some() { "given" } else { "own" }, scenarios.len(), &total));
    Ok(())
}

fn read(arguments: &[String]) -> Result<Settings, String> {
    let eyes = Eyes { delay: Ms(400), mistakes: 0, seed: 1 };
    let mut settings =
        Settings { files: Vec::new(), eyes, look: false, room: ROOM, rules: None, explain: false, told: false };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` lacks its value\n{HELP}"));
        let number = |text: &String| text.parse::<u64>().map_err(|_| format!("`{text}` is not a number\n{HELP}"));
        match argument.as_str() {
            "--delay-ms" => settings.eyes.delay = Ms(number(value()?)?),
            "--mistakes" => settings.eyes.mistakes = number(value()?)?,
            "--seed" => settings.eyes.seed = number(value()?)?,
            "--rules" => {
                let file = value()?;
                let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
                settings.rules = Some(Rules::read(&text, None).map_err(|error| format!("{file}: {error}"))?);
            }
            "--room" => settings.room = number(value()?)?,
            "--look" => settings.look = true,
            "--explain" => settings.explain = true,
            "--told" => settings.told = true,
            unknown if unknown.starts_with('-') => return Err(format!("there is no `{unknown}`\n{HELP}")),
            file => settings.files.push(file.into()),
        }
    }
    if settings.files.is_empty() {
        settings.files = shipped();
    }
    Ok(settings)
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
fn say(figures: &Figures) {
    println!("{}", serde_json::to_string(figures).expect("figures are plain data"));
}
